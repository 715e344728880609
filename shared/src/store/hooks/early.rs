//! What our hook is told of a call before the call's own response tells its id: it waits under that id, a line a word.

use serde_json::Value;

use super::Told;
use crate::{
    domain::{AttemptId, Timestamp, transition::Ending},
    store::{Store, StoreError},
};

/// A hint that waits: the call is polled as soon as its id is known.
const HINT: &str = "!h";
/// Before an ending that was proved.
const PROVED: &str = "!p";
/// Before one that is not charged.
const UNCHARGED: &str = "!u";
/// The longest report that waits with it, in bytes; of a longer one only the ending does.
const REPORT_BYTES_MAX: usize = 16 * 1024;

/// How a call ended, if that was proved, and what else was told of it.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::store) struct EarlyWord {
    ending: Option<Ending>,
    report: Value,
}

impl EarlyWord {
    pub(super) fn of(told: &Told) -> Self {
        Self { ending: told.ending.clone().filter(|_| told.proved), report: told.report.clone() }
    }

    /// `!hREPORT`, or `!pat_ms|outcome|duration_s|length of provider_status|provider_statusREPORT`, and the end of the line.
    pub(super) fn stored(&self) -> String {
        let report = if self.report.is_null() { String::new() } else { self.report.to_string() };
        let report = if report.len() > REPORT_BYTES_MAX { "" } else { &report };
        let Some(Ending { at, outcome, duration_s, provider_status, charged, .. }) = &self.ending else {
            return format!("{HINT}{report}\n");
        };
        let duration = duration_s.map_or(String::new(), |duration| duration.to_string());
        let status = provider_status.replace('\n', " ");
        let mark = if *charged { PROVED } else { UNCHARGED };
        format!("{mark}{}|{outcome}|{duration}|{}|{status}{report}\n", at.as_millis(), status.len())
    }

    /// All that wait.
    pub(in crate::store) fn read_all(stored: &str) -> impl Iterator<Item = Self> {
        stored.lines().filter_map(Self::read)
    }

    fn read(stored: &str) -> Option<Self> {
        if let Some(report) = stored.strip_prefix(HINT) {
            return Some(Self { ending: None, report: serde_json::from_str(report).unwrap_or_default() });
        }
        let charged = stored.starts_with(PROVED);
        let mut parts = stored.strip_prefix(if charged { PROVED } else { UNCHARGED })?.splitn(5, '|');
        let at = Timestamp::from_millis(parts.next()?.parse().ok()?);
        let outcome = parts.next()?.parse().ok()?;
        let duration_s = parts.next()?.parse().ok();
        let length = parts.next()?.parse().ok()?;
        let (status, report) = parts.next()?.split_at_checked(length)?;
        let provider_status = status.to_owned();
        let (reason, captured) = Default::default();
        let ending =
            Ending { outcome, provider_status, duration_s, reason, hold: false, is_over: true, charged, at, captured };
        Some(Self { ending: Some(ending), report: serde_json::from_str(report).unwrap_or_default() })
    }
}

impl Store {
    /// Applies what was told of calls whose attempts are known by now.
    pub(in crate::store) async fn apply_early_words(
        &self,
        words: Vec<(AttemptId, EarlyWord)>,
    ) -> Result<(), StoreError> {
        let (mut endings, mut learned) = (Vec::new(), Vec::new());
        for (attempt, EarlyWord { ending, report }) in words {
            let captured = self.captured(attempt, &report).await?;
            match ending {
                Some(ending) => endings.push((attempt, Ending { captured, ..ending })),
                None => learned.push((attempt, captured)),
            }
        }
        self.end_attempts(endings).await?;
        self.learn(learned).await?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::domain::{Outcome, learned::Captured};

    #[test]
    fn what_waits_for_its_call_is_read_as_it_was_written() {
        for (duration_s, report) in [(None, Value::Null), (Some(12.25), json!({ "custom": { "a": "b|c" } }))] {
            let ending = Ending {
                outcome: Outcome::Busy,
                provider_status: "line | busy!".to_owned(),
                duration_s,
                reason: String::new(),
                hold: false,
                is_over: true,
                charged: duration_s.is_none(),
                at: Timestamp::from_millis(1_780_315_200_123),
                captured: Captured::default(),
            };
            let words = [Some(ending), None].map(|ending| EarlyWord { ending, report: report.clone() });
            let stored = words.iter().map(EarlyWord::stored).collect::<String>();
            assert_eq!(EarlyWord::read_all(&stored).collect::<Vec<_>>(), words);
        }
        assert_eq!(EarlyWord::read_all("").count(), 0);
    }

    #[test]
    fn of_a_report_that_is_too_long_only_the_ending_waits() {
        let long = EarlyWord { ending: None, report: json!("x".repeat(REPORT_BYTES_MAX)) };
        assert_eq!(long.stored(), format!("{HINT}\n"));
    }
}
