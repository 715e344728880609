//! Do-not-call lists, and who is on them.

use std::fmt::Write;

use super::{
    count, instant, printable,
    table::{Align, table},
};
use crate::api::{CheckedNumber, SuppressionList};

/// One line a number and list; a number on no list is free.
pub fn checked(numbers: &[CheckedNumber]) -> String {
    let mut told = String::new();
    for CheckedNumber { number, lists } in numbers {
        if lists.is_empty() {
            let _ = writeln!(told, "{number}  free");
        }
        for entry in lists {
            let whose = entry.campaign.as_ref().map_or("all campaigns", |campaign| campaign);
            let _ = write!(told, "{number}  on {} ({whose}) since {}", entry.list, instant(entry.since));
            if let Some(until) = entry.until {
                let _ = write!(told, " until {}", instant(until));
            }
            let reason = printable(&entry.reason);
            let _ = if reason.is_empty() { writeln!(told) } else { writeln!(told, ": {reason}") };
        }
    }
    told
}

/// All lists.
pub fn lists(lists: &[SuppressionList]) -> String {
    if lists.is_empty() {
        return "there is no do-not-call list\n".to_owned();
    }
    let columns = [
        ("LIST", Align::Left),
        ("BINDS", Align::Left),
        ("ADDED", Align::Right),
        ("IMPORTED", Align::Right),
        ("IMPORTED AT", Align::Left),
        ("UNTIL", Align::Left),
        ("REASON", Align::Left),
    ];
    let row = |list: &SuppressionList| {
        vec![
            list.list.clone(),
            list.campaign.clone().unwrap_or_else(|| "all campaigns".to_owned()),
            count(list.added),
            count(list.imported),
            list.imported_at.map(instant).unwrap_or_default(),
            list.until.map(instant).unwrap_or_default(),
            printable(&list.reason),
        ]
    };
    table(&columns, &lists.iter().map(row).collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_told_with_every_list_or_as_free() {
        let numbers: Vec<CheckedNumber> = serde_json::from_value(serde_json::json!([
            {"number": "+12025550101", "suppressed": false, "lists": []},
            {"number": "+12025550102", "suppressed": true, "lists": [
                {"list": "do-not-call", "campaign": null, "since": "2026-12-01T10:00:00.000Z",
                 "until": "2026-12-31T10:00:00.000Z", "reason": "asked"},
                {"list": "paid", "campaign": "nightly", "since": "2026-12-02T10:00:00.000Z", "until": null, "reason": ""}
            ]}
        ]))
        .unwrap();
        let expected = "\
+12025550101  free
+12025550102  on do-not-call (all campaigns) since 2026-12-01 10:00:00 UTC until 2026-12-31 10:00:00 UTC: asked
+12025550102  on paid (nightly) since 2026-12-02 10:00:00 UTC
";
        assert_eq!(checked(&numbers), expected);
    }

    #[test]
    fn lists_are_told_with_their_sizes() {
        assert_eq!(lists(&[]), "there is no do-not-call list\n");
        let one: SuppressionList = serde_json::from_value(serde_json::json!({
            "list": "registry", "campaign": null, "added": 2, "imported": 1_000_000,
            "imported_at": "2026-12-01T10:00:00.000Z", "until": null, "reason": ""
        }))
        .unwrap();
        let told = lists(&[one]);
        assert!(told.contains("registry  all campaigns      2  1,000,000  2026-12-01 10:00:00 UTC\n"), "{told}");
    }
}
