//! Telephone numbers within other text, for those who must not see them.

use std::{borrow::Cow, sync::LazyLock};

use regex::{Captures, Regex};

use super::PhoneNumber;

const BLANK: &str = "…";

/// The text with whatever may be a telephone number, seven digits or more however they are grouped, masked as in a log; without
/// `+` no more than its last two digits are shown. Dates and times of day stay.
pub fn without_numbers(text: &str) -> Cow<'_, str> {
    static NUMBER: LazyLock<Regex> = LazyLock::new(|| {
        let date = r"(?P<date>\b(?:19|20)\d\d-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?)?\b)";
        let number = r"(?:\+ ?)?\(?\d(?:[ .()\p{Pd}]{0,3}\d){6,}";
        Regex::new(&format!("{date}|{number}")).expect("the pattern is well-formed")
    });
    NUMBER.replace_all(text, |found: &Captures<'_>| match found.name("date") {
        Some(date) => date.as_str().to_owned(),
        None => masked(&found[0]),
    })
}

fn masked(found: &str) -> String {
    let number: String = found.chars().filter(|c| *c == '+' || c.is_numeric()).collect();
    PhoneNumber::from_e164(&number).map_or_else(|_| last_two(&number), |number| number.masked())
}

fn last_two(number: &str) -> String {
    let start = number.char_indices().nth_back(1).map_or(0, |(start, _)| start);
    format!("{BLANK}{}", &number[start..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_masked_however_they_are_written() {
        for (text, shown) in [
            ("call +1 202 555 0142 first", "call +12…42 first"),
            ("(202) 555-0142", "…42"),
            ("020 7946 0123, 020.7946.0124", "…23, …24"),
            ("20255501420", "…20"),
            ("code 21211, line 123456", "code 21211, line 123456"),
        ] {
            assert_eq!(without_numbers(text), shown);
        }
    }

    #[test]
    fn dates_and_times_stay() {
        for text in
            ["2026-11-21", "since 2026-11-21 15:02:11 UTC: asked", "at 2026-11-21T15:02:11.123Z", "born 1980-02-29."]
        {
            assert_eq!(without_numbers(text), text);
        }
        assert_eq!(without_numbers("2026-11-21 +12025550142"), "2026-11-21 +12…42");
        assert_eq!(without_numbers("2025-55-0142"), "…42", "no date");
    }
}
