//! The table of prefixes, and the look-up.

use std::sync::LazyLock;

use crate::domain::Place;

/// Made by `shared/data/numbers/generate.py`.
const PLACES: &str = include_str!("../../../data/numbers/places.txt");
/// Digits of a number that are looked at; no prefix has more.
const DIGITS: usize = 9;
/// Digits by which the search begins.
const FIRST_DIGITS: usize = 3;

pub(super) static TABLE: LazyLock<Table> =
    LazyLock::new(|| Table::read(PLACES).expect("a test reads the table that is compiled in"));

/// Prefixes as stretches of the line of all numbers, cut off after `DIGITS` digits: each begins where the one before ends.
pub(super) struct Table {
    /// By the first digits of a number: how many stretches begin before all numbers with these.
    begin_before: Vec<u16>,
    /// Where stretches begin, in order, the first at 0.
    begins: Vec<u32>,
    /// The place of each.
    places: Vec<u16>,
    /// What the numbers of places stand for; the first is nowhere.
    all: Vec<Place>,
}

impl Table {
    /// Reads lines `zones|regions prefix …`; those that begin with `#` are remarks.
    pub(super) fn read(text: &str) -> Result<Self, String> {
        let mut all = vec![Place::default()];
        let mut prefixes = Vec::new();
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            let (place, listed) = line.split_once(' ').ok_or_else(|| format!("no prefixes: {line}"))?;
            let number = u16::try_from(all.len()).map_err(|_| "too many places")?;
            all.push(place.parse()?);
            prefixes.extend(listed.split(' ').map(|prefix| (prefix, number)));
        }
        // A prefix comes before those that are longer, which begin within it or where it begins.
        prefixes.sort_unstable();
        let mut line = Line::default();
        for (prefix, place) in prefixes {
            let (from, end) = span(prefix).ok_or_else(|| format!("`{prefix}` is no prefix"))?;
            line.close(from);
            line.begin(from, place);
            line.open.push((end, place));
        }
        line.close(u32::MAX);
        let Line { begins, places, .. } = line;
        Ok(Self { begin_before: first_digits(&begins), begins, places, all })
    }

    /// The place of a number, whose digits come without `+`.
    pub(super) fn find(&self, digits: &str) -> u16 {
        let digits = digits.as_bytes();
        let (mut key, mut first) = (0, 0);
        for at in 0..DIGITS {
            let digit = digits.get(at).map_or(0, |digit| u32::from(digit.wrapping_sub(b'0')).min(9));
            key = key * 10 + digit;
            if at + 1 == FIRST_DIGITS {
                first = key as usize;
            }
        }
        let range = usize::from(self.begin_before[first])..usize::from(self.begin_before[first + 1]);
        // What begins before these digits may reach into them.
        let within = self.begins[range.clone()].partition_point(|begin| *begin <= key);
        self.places[range.start + within - 1]
    }

    pub(super) fn place(&self, number: u16) -> &Place {
        &self.all[usize::from(number)]
    }

    #[cfg(test)]
    pub(super) fn all(&self) -> &[Place] {
        &self.all
    }
}

/// The stretches so far, and the prefixes that reach further, each within the one before, with their ends.
struct Line {
    begins: Vec<u32>,
    places: Vec<u16>,
    open: Vec<(u32, u16)>,
}

impl Default for Line {
    fn default() -> Self {
        Self { begins: vec![0], places: vec![0], open: Vec::new() }
    }
}

impl Line {
    fn begin(&mut self, at: u32, place: u16) {
        if self.begins.last() == Some(&at) {
            self.begins.pop();
            self.places.pop();
        }
        if self.places.last() != Some(&place) {
            self.begins.push(at);
            self.places.push(place);
        }
    }

    /// Ends the prefixes that reach no further than this: what lies behind them is the one's around them.
    fn close(&mut self, until: u32) {
        while let Some((end, _)) = self.open.pop_if(|(end, _)| *end <= until) {
            let around = self.open.last().map_or(0, |(_, place)| *place);
            self.begin(end, around);
        }
    }
}

/// The numbers with a prefix: from one, up to another.
fn span(prefix: &str) -> Option<(u32, u32)> {
    let missing = u32::try_from(DIGITS.checked_sub(prefix.len())?).ok()?;
    let scale = 10_u32.pow(missing);
    let value: u32 = prefix.parse().ok()?;
    Some((value * scale, (value + 1) * scale))
}

fn first_digits(begins: &[u32]) -> Vec<u16> {
    let step = 10_u32.pow((DIGITS - FIRST_DIGITS) as u32);
    let count = 10_u32.pow(FIRST_DIGITS as u32);
    (0..=count).map(|first| begins.partition_point(|begin| *begin < first * step) as u16).collect()
}
