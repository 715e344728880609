//! Caps, as scripts read them: a rule a line, `kind count window_s words`.

use std::fmt::Write;

use super::{Store, StoreError, arguments::Arguments, fingerprint::fingerprint};
use crate::domain::{caps::Caps, units::Span};

impl Store {
    /// Sets the caps that bind every campaign of the workspace, from now on.
    ///
    /// # Errors
    /// When Redis does not answer.
    pub async fn set_caps(&self, caps: &Caps) -> Result<(), StoreError> {
        self.connection.run::<i64>("set_caps", Arguments::default().text(rules(caps)).as_slice()).await.map(drop)
    }
}

/// Caps as they are stored.
pub(super) fn rules(caps: &Caps) -> String {
    let mut rules = String::new();
    let mut rule = |kind: char, count: u16, window: Span, key: &str, shown: &dyn std::fmt::Display| {
        writeln!(rules, "{kind} {count} {} {key} \"{shown}\"", window.as_millis() / 1_000)
            .expect("writing to a string succeeds");
    };
    for cap in &caps.per_number {
        rule('n', cap.count, cap.window, "per_number", cap);
    }
    for cap in &caps.per_contact {
        rule('c', cap.count, cap.window, "per_contact", cap);
    }
    if let Some(window) = caps.after_answer {
        rule('a', 0, window, "after_answer", &window);
    }
    rules
}

/// What the history of calls knows a contact by: 52 bits of its id's fingerprint, which scripts can count with. Two ids
/// with the same ones, which is rare, share their calls. 0 stands for no contact.
pub(super) fn contact_key(contact_id: &str) -> u64 {
    if contact_id.is_empty() { 0 } else { (fingerprint(contact_id, 0) >> 12).max(1) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_cap_is_a_line_that_scripts_can_read() {
        let caps = Caps {
            per_number: vec!["3 per 24h".parse().unwrap()],
            per_contact: vec!["1 per 90s".parse().unwrap()],
            after_answer: Some(Span::from_mins(60)),
        };
        let expected =
            "n 3 86400 per_number \"3 per 1d\"\nc 1 90 per_contact \"1 per 90s\"\na 0 3600 after_answer \"1h\"\n";
        assert_eq!(rules(&caps), expected);
        assert_eq!(rules(&Caps::default()), "");
    }

    #[test]
    fn a_contacts_key_is_a_whole_number_to_lua() {
        assert!((1..1 << 52).contains(&contact_key("C-1")) && contact_key("C-1") != contact_key("C-2"));
        assert_eq!(contact_key(""), 0);
    }
}
