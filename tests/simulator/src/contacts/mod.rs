//! Contact lists of any size, made fast and always the same for the same seed.

mod numbers;

use std::io::{self, Write};

use crate::plan::{mix, scale};
use numbers::Numbers;
pub use numbers::{CONTACTS_MAX, FICTITIOUS_MAX};

const HEADER: &str = "phone,id,timezone,first_name,last_name,city,product,balance,due_date\n";
const BUFFER_BYTES: usize = 64 * 1024;

const FIRST_NAMES: [&str; 32] = [
    "Amelia", "Noah", "Chloé", "Lucas", "Priya", "Omar", "Ingrid", "Mateo", "Hannah", "Kenji", "Sofía", "Daniel",
    "Aisha", "Patrick", "Mei", "Grace", "Étienne", "Naomi", "Oliver", "Fatima", "Jürgen", "Isla", "Samuel", "Leila",
    "Victor", "Camille", "Ravi", "Eleanor", "Tomás", "Ruth", "Callum", "Zoë",
];
const LAST_NAMES: [&str; 32] = [
    "Nguyen",
    "Martin",
    "O'Brien",
    "Okafor",
    "Schmidt",
    "Garcia",
    "Kowalski",
    "Lefèvre",
    "Thompson",
    "Singh",
    "Rossi",
    "Campbell",
    "Yamamoto",
    "Haddad",
    "Svensson",
    "Williams",
    "Dubois",
    "Moreau",
    "Fernández",
    "Clarke",
    "Ibrahim",
    "Patel",
    "Jansen",
    "Murphy",
    "Da Silva",
    "Andersson",
    "Walker",
    "Bernard",
    "Costa",
    "Young",
    "Achebe",
    "Fischer",
];
const PRODUCTS: [&str; 8] = [
    "home insurance",
    "car insurance",
    "energy plan",
    "mobile contract",
    "gym membership",
    "boiler service",
    "dental cover",
    "fibre broadband",
];

/// Writes a contact list as CSV: a header and `count` rows of about 100 bytes, `phone,id,timezone,first_name,last_name,
/// city,product,balance,due_date`. All phones and ids differ, the time zone is the number's own, and the same seed gives
/// the same list, of which a smaller count is the beginning.
///
/// All numbers are valid by libphonenumber's rules. The first [`FICTITIOUS_MAX`] (about 160,000) are those which regulators
/// keep for fiction: +1 NPA 555 01xx, and the drama ranges of Britain, France and Australia. Those after them are North
/// American numbers in exchanges without subscribers: the rest of 555, and the test lines 958 and 959. They are meant for
/// simulators; do not dial them.
///
/// Fails when `out` does, or with `InvalidInput` if `count` exceeds [`CONTACTS_MAX`] (about 12 million).
pub fn generate_contacts(count: u64, seed: u64, mut out: impl Write) -> io::Result<()> {
    if count > CONTACTS_MAX {
        let message = format!("at most {CONTACTS_MAX} contacts can be generated, not {count}");
        return Err(io::Error::new(io::ErrorKind::InvalidInput, message));
    }
    let numbers = Numbers::new();
    let fictitious = Shuffle::new(0, FICTITIOUS_MAX, seed);
    let spare = Shuffle::new(FICTITIOUS_MAX, CONTACTS_MAX - FICTITIOUS_MAX, seed);
    let mut buffer = Vec::with_capacity(BUFFER_BYTES + 256);
    buffer.extend_from_slice(HEADER.as_bytes());
    for row in 0..count {
        let shuffle = if row < FICTITIOUS_MAX { &fictitious } else { &spare };
        write_row(&mut buffer, row, seed, numbers.get(shuffle.get(row)));
        if buffer.len() >= BUFFER_BYTES {
            out.write_all(&buffer)?;
            buffer.clear();
        }
    }
    out.write_all(&buffer)?;
    out.flush()
}

fn write_row(row: &mut Vec<u8>, index: u64, seed: u64, (number, zone): (u64, &numbers::Zone)) {
    let mut draws = mix(seed ^ index.rotate_left(32));
    let mut draw = |width: usize| {
        let drawn = scale(draws, width as u64);
        draws = mix(draws);
        drawn as usize
    };
    row.push(b'+');
    push_digits(row, number, 1);
    row.extend_from_slice(b",C");
    push_digits(row, index + 1, 8);
    let words = [
        zone.name,
        FIRST_NAMES[draw(FIRST_NAMES.len())],
        LAST_NAMES[draw(LAST_NAMES.len())],
        zone.cities[draw(zone.cities.len())],
        PRODUCTS[draw(PRODUCTS.len())],
    ];
    for word in words {
        row.push(b',');
        row.extend_from_slice(word.as_bytes());
    }
    row.push(b',');
    push_digits(row, 5 + draw(2_000) as u64, 1);
    row.push(b'.');
    push_digits(row, draw(100) as u64, 2);
    row.extend_from_slice(b",2027-");
    push_digits(row, 1 + draw(12) as u64, 2);
    row.push(b'-');
    push_digits(row, 1 + draw(28) as u64, 2);
    row.push(b'\n');
}

/// Appends a number in decimal with at least `width` digits.
fn push_digits(out: &mut Vec<u8>, mut value: u64, width: usize) {
    let mut digits = [b'0'; 20];
    let mut begin = digits.len();
    while value > 0 {
        begin -= 1;
        digits[begin] = b'0' + (value % 10) as u8;
        value /= 10;
    }
    out.extend_from_slice(&digits[begin.min(digits.len() - width)..]);
}

/// A permutation of the indexes `first .. first + count` that mixes zones: steps of about the golden section.
struct Shuffle {
    first: u64,
    count: u64,
    step: u64,
    offset: u64,
}

impl Shuffle {
    fn new(first: u64, count: u64, seed: u64) -> Self {
        let golden = (count as f64 * 0.618_033_988_75) as u64;
        let step = (golden..).find(|step| gcd(*step, count) == 1).unwrap_or(1);
        Self { first, count, step, offset: scale(mix(seed), count) }
    }

    /// The index for a row, which must be in `first .. first + count`.
    fn get(&self, row: u64) -> u64 {
        self.first + (self.offset + (row - self.first) * self.step) % self.count
    }
}

const fn gcd(mut a: u64, mut b: u64) -> u64 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    fn list(count: u64, seed: u64) -> String {
        let mut out = Vec::new();
        generate_contacts(count, seed, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_list_has_its_rows_of_about_a_hundred_bytes() {
        let list = list(20_000, 1);
        assert_eq!(list.lines().count(), 20_001);
        assert!(list.lines().all(|line| line.split(',').count() == 9));
        assert!((90..110).contains(&(list.len() / 20_000)), "{}", list.len() / 20_000);
    }

    #[test]
    fn phones_and_ids_are_unique_across_the_end_of_the_fictitious_numbers() {
        let count = FICTITIOUS_MAX + 50_000;
        let list = list(count, 3);
        let column =
            |index| list.lines().skip(1).map(|line| line.split(',').nth(index).unwrap()).collect::<HashSet<_>>();
        assert_eq!(column(0).len() as u64, count);
        assert_eq!(column(1).len() as u64, count);
    }

    #[test]
    fn even_a_short_list_has_several_zones_and_only_fictitious_numbers() {
        let list = list(200, 1);
        let zones: HashSet<_> = list.lines().skip(1).map(|line| line.split(',').nth(2).unwrap()).collect();
        assert!(zones.len() >= 6, "{zones:?}");
        assert!(list.lines().skip(1).all(|line| !line.starts_with("+1") || &line[5..10] == "55501"));
    }

    #[test]
    fn the_seed_decides_and_a_shorter_list_is_the_beginning() {
        assert_eq!(list(100, 1), list(100, 1));
        assert_ne!(list(100, 1), list(100, 2));
        assert!(list(100, 1).starts_with(&list(50, 1)));
    }

    #[test]
    fn more_contacts_than_there_are_numbers_are_refused() {
        let error = generate_contacts(CONTACTS_MAX + 1, 1, io::sink()).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::InvalidInput);
    }
}
