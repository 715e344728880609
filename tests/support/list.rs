//! Contact lists whose phones answer as a test has chosen.

use std::collections::BTreeMap;

use redial_simulator::{Outcome, SimulatorConfig, generate_contacts};

/// Always the same list.
const SEED: u64 = 7;

/// How some of a list's phones answer: their first ring by the first word, and so on; the last one repeats.
#[derive(Debug, Clone, Copy)]
pub struct Pattern {
    /// How many of the pattern's turns go to it.
    pub share: usize,
    /// The outcomes.
    pub outcomes: &'static [&'static str],
}

/// A list of contacts with one fictitious number each.
pub struct ScriptedList {
    /// The list.
    pub csv: String,
    /// How each phone answers.
    pub scripts: BTreeMap<String, &'static [&'static str]>,
}

impl ScriptedList {
    /// So many contacts, the patterns taking turns.
    ///
    /// # Panics
    /// When there are not so many fictitious numbers.
    pub fn new(count: usize, patterns: &[Pattern]) -> Self {
        let mut csv = Vec::new();
        generate_contacts(count as u64, SEED, &mut csv).expect("there are enough fictitious numbers");
        let csv = String::from_utf8(csv).expect("a list is text");
        let turns: Vec<_> = patterns.iter().flat_map(|pattern| vec![pattern.outcomes; pattern.share]).collect();
        let scripts = phones(&csv).map(str::to_owned).zip(turns.iter().copied().cycle()).collect();
        Self { csv, scripts }
    }

    /// Two lists: the first `count` contacts, and the others.
    ///
    /// # Panics
    /// When there are not so many.
    pub fn split(self, count: usize) -> (Self, Self) {
        let at = self.csv.match_indices('\n').nth(count).expect("the list has as many rows").0 + 1;
        let (header, _) = self.csv.split_once('\n').expect("a list has a header");
        let second = Self::of(format!("{header}\n{}", &self.csv[at..]), &self.scripts);
        (Self::of(self.csv[..at].to_owned(), &self.scripts), second)
    }

    /// The contacts of which this says so, by their place in the list, from 0, and their phone.
    pub fn part(&self, is_wanted: impl Fn(usize, &str) -> bool) -> Self {
        let (header, rows) = self.csv.split_once('\n').unwrap_or_default();
        let is_wanted = |(place, row): &(usize, &str)| is_wanted(*place, row.split(',').next().unwrap_or_default());
        let rows: Vec<&str> = rows.lines().enumerate().filter(is_wanted).map(|(_, row)| row).collect();
        Self::of(format!("{header}\n{}\n", rows.join("\n")), &self.scripts)
    }

    fn of(csv: String, scripts: &BTreeMap<String, &'static [&'static str]>) -> Self {
        let scripts = phones(&csv).map(|phone| (phone.to_owned(), scripts[phone])).collect();
        Self { csv, scripts }
    }

    /// Whether a number is in the list.
    pub fn has(&self, phone: &str) -> bool {
        self.scripts.contains_key(phone)
    }

    /// A simulator that answers so.
    ///
    /// # Panics
    /// When a pattern has a word that is no outcome.
    pub fn simulator(&self) -> SimulatorConfig {
        let outcome = |word: &&str| word.parse::<Outcome>().expect("a pattern's words are outcomes");
        let script = self.scripts.iter().map(|(phone, words)| (phone.clone(), words.iter().map(outcome).collect()));
        SimulatorConfig { script: script.collect(), ..SimulatorConfig::default() }
    }
}

/// The first column, without its header.
fn phones(csv: &str) -> impl Iterator<Item = &str> {
    csv.lines().skip(1).map(|line| line.split(',').next().unwrap_or_default())
}
