//! States of the United States, as lists name them.

use std::{collections::HashMap, sync::LazyLock};

use crate::domain::place::Region;

/// A state of the United States, their capital's district or one of their inhabited territories.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct State(u8);

/// Longest name, in bytes.
const NAME_BYTES_MAX: usize = 24;

impl State {
    /// From the postal code (`FL`) or the name (`Florida`), in any case; none for anything else.
    pub fn named(text: &str) -> Option<Self> {
        let text = text.trim();
        let mut lower = [0; NAME_BYTES_MAX];
        let lower = lower.get_mut(..text.len())?;
        lower.copy_from_slice(text.as_bytes());
        lower.make_ascii_lowercase();
        BY_NAME.get(&*lower).copied()
    }

    /// `US-FL`
    pub fn region(self) -> Region {
        let (code, _) = STATES[usize::from(self.0)];
        format!("US-{code}").parse().expect("states are regions")
    }
}

static BY_NAME: LazyLock<HashMap<Vec<u8>, State>> = LazyLock::new(|| {
    let named = |(number, (code, name)): (u8, &(&str, &str))| {
        let keys = [code.to_ascii_lowercase(), name.to_ascii_lowercase()];
        keys.map(|key| (key.into_bytes(), State(number)))
    };
    let mut names: HashMap<_, _> = (0..).zip(&STATES).flat_map(named).collect();
    let also = |name: &str, code: &[u8], names: &HashMap<Vec<u8>, State>| (name.as_bytes().to_vec(), names[code]);
    for (name, code) in [("washington dc", "dc"), ("washington d.c.", "dc"), ("washington, d.c.", "dc"), ("d.c.", "dc")]
    {
        let (name, state) = also(name, code.as_bytes(), &names);
        names.insert(name, state);
    }
    names
});

const STATES: [(&str, &str); 56] = [
    ("AL", "Alabama"),
    ("AK", "Alaska"),
    ("AS", "American Samoa"),
    ("AZ", "Arizona"),
    ("AR", "Arkansas"),
    ("CA", "California"),
    ("CO", "Colorado"),
    ("CT", "Connecticut"),
    ("DE", "Delaware"),
    ("DC", "District of Columbia"),
    ("FL", "Florida"),
    ("GA", "Georgia"),
    ("GU", "Guam"),
    ("HI", "Hawaii"),
    ("ID", "Idaho"),
    ("IL", "Illinois"),
    ("IN", "Indiana"),
    ("IA", "Iowa"),
    ("KS", "Kansas"),
    ("KY", "Kentucky"),
    ("LA", "Louisiana"),
    ("ME", "Maine"),
    ("MD", "Maryland"),
    ("MA", "Massachusetts"),
    ("MI", "Michigan"),
    ("MN", "Minnesota"),
    ("MS", "Mississippi"),
    ("MO", "Missouri"),
    ("MT", "Montana"),
    ("NE", "Nebraska"),
    ("NV", "Nevada"),
    ("NH", "New Hampshire"),
    ("NJ", "New Jersey"),
    ("NM", "New Mexico"),
    ("NY", "New York"),
    ("NC", "North Carolina"),
    ("ND", "North Dakota"),
    ("MP", "Northern Mariana Islands"),
    ("OH", "Ohio"),
    ("OK", "Oklahoma"),
    ("OR", "Oregon"),
    ("PA", "Pennsylvania"),
    ("PR", "Puerto Rico"),
    ("RI", "Rhode Island"),
    ("SC", "South Carolina"),
    ("SD", "South Dakota"),
    ("TN", "Tennessee"),
    ("TX", "Texas"),
    ("UT", "Utah"),
    ("VT", "Vermont"),
    ("VI", "Virgin Islands"),
    ("VA", "Virginia"),
    ("WA", "Washington"),
    ("WV", "West Virginia"),
    ("WI", "Wisconsin"),
    ("WY", "Wyoming"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_are_known_by_code_and_by_name_in_any_case() {
        for (text, region) in [
            ("FL", "US-FL"),
            (" florida ", "US-FL"),
            ("New York", "US-NY"),
            ("Washington DC", "US-DC"),
            ("washington", "US-WA"),
            ("Northern Mariana Islands", "US-MP"),
        ] {
            assert_eq!(State::named(text).unwrap().region().as_str(), region, "{text}");
        }
        for text in ["", "F", "Île-de-France", "Ontario", "Nouvelle-Calédonie et dépendances"] {
            assert_eq!(State::named(text), None, "{text}");
        }
    }

    #[test]
    fn no_name_is_longer_than_what_is_looked_at() {
        assert!(STATES.iter().all(|(_, name)| name.len() <= NAME_BYTES_MAX));
    }
}
