//! Caps, as scripts read them: a rule a line, `kind count window_s words`.

use std::fmt::Write;

use chrono::DateTime;
use chrono_tz::Tz;

use super::{CampaignInfo, Leadership, Store, StoreError, arguments::Arguments, fingerprint::fingerprint};
use crate::domain::{Timestamp, caps::Caps, units::Span};

impl Store {
    /// Sets the caps that bind every campaign of the workspace, from now on.
    ///
    /// # Errors
    /// When Redis does not answer.
    pub async fn set_caps(&self, caps: &Caps) -> Result<(), StoreError> {
        self.connection
            .run::<i64>("set_caps", Arguments::default().text(rules(caps, "of redial.toml")).as_slice())
            .await
            .map(drop)
    }
}

impl Store {
    /// Writes what the preset of a campaign's hours allows, place by place: rules of a country or of a part of it bind those
    /// who can be there. To be written before the hours of the same places. False, with nothing written, when the campaign
    /// has another version by now than `info`. `leadership`: written by the leader, refused when another one leads by now.
    ///
    /// # Errors
    /// When Redis does not answer, or another scheduler leads.
    pub async fn write_place_caps(
        &self,
        info: &CampaignInfo,
        places: impl Iterator<Item = u16>,
        leadership: Option<Leadership>,
    ) -> Result<bool, StoreError> {
        let now = self.clock().now();
        let mut arguments = Arguments::default().text(info.id).text(info.version).text(Leadership::stored(leadership));
        for place in places {
            arguments.push(place);
            arguments.push(info.preset_caps(place, now));
        }
        Leadership::checked(self.connection.run("set_place_caps", arguments.as_slice()).await?)
    }
}

impl CampaignInfo {
    /// What a preset allows at a place, as it is stored.
    fn preset_caps(&self, number: u16, now: Timestamp) -> String {
        let Some(preset) = self.definition.calling_hours.preset else { return String::new() };
        let place = self.place(number << 4);
        let zone = place.zones.first().copied().unwrap_or(Tz::UTC);
        let today =
            DateTime::from_timestamp_millis(now.as_millis()).unwrap_or_default().with_timezone(&zone).date_naive();
        // A contact that the preset does not cover is held.
        let caps = preset.caps_for(&place, today).unwrap_or_default();
        let whose = |rule: &str| format!("of {rule}, preset {}", preset.name);
        caps.into_iter().map(|(rule, caps)| rules(caps, &whose(rule))).collect()
    }
}

/// Caps as they are stored; `whose` follows each in words.
pub(super) fn rules(caps: &Caps, whose: &str) -> String {
    let mut rules = String::new();
    let mut rule = |kind: char, count: u16, window: Span, key: &str, shown: &dyn std::fmt::Display| {
        writeln!(rules, "{kind} {count} {} {key} \"{shown}\" {whose}", window.as_millis() / 1_000)
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
        let expected = "n 3 86400 per_number \"3 per 1d\" of X\nc 1 90 per_contact \"1 per 90s\" of X\n\
                        a 0 3600 after_answer \"1h\" of X\n";
        assert_eq!(rules(&caps, "of X"), expected);
        assert_eq!(rules(&Caps::default(), "of X"), "");
    }

    #[test]
    fn a_contacts_key_is_a_whole_number_to_lua() {
        assert!((1..1 << 52).contains(&contact_key("C-1")) && contact_key("C-1") != contact_key("C-2"));
        assert_eq!(contact_key(""), 0);
    }
}
