//! Calls whose results are asked for, in a queue by time that every worker takes from.

use std::time::Duration;

use super::{Store, StoreError, arguments::Arguments};
use crate::domain::{AttemptId, CampaignId, Timestamp};

/// One call to be polled: all that asking needs, so that pending answers cost no further reading.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PollEntry {
    /// The attempt.
    pub attempt: AttemptId,
    /// When the request was sent: polls back off with the call's age.
    pub started_at: Timestamp,
    /// The provider's id of the call.
    pub call_id: String,
}

impl PollEntry {
    /// As it stands in the queue.
    pub(super) fn stored(&self) -> String {
        let AttemptId { campaign, position, revision } = self.attempt;
        format!("{campaign}:{position}:{revision}:{}:{}", self.started_at.as_millis(), self.call_id)
    }

    fn parse(text: &str) -> Option<Self> {
        let mut parts = text.splitn(5, ':');
        let campaign = CampaignId(u32::from_str_radix(parts.next()?, 16).ok()?);
        let attempt =
            AttemptId { campaign, position: parts.next()?.parse().ok()?, revision: parts.next()?.parse().ok()? };
        let started_at = Timestamp::from_millis(parts.next()?.parse().ok()?);
        Some(Self { attempt, started_at, call_id: parts.next()?.to_owned() })
    }
}

/// Calls to be asked for now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TakenPolls {
    /// The calls.
    pub entries: Vec<PollEntry>,
    /// When there are calls to take next; none: no call of the account is polled.
    pub next_due: Option<Timestamp>,
    /// When the first of them was due; none: none was taken.
    pub due: Option<Timestamp>,
    /// The instant from which the request may be sent, in microseconds of Redis's clock; 0: at once.
    pub permit_us: i64,
}

impl Store {
    /// Takes up to `most` calls whose poll is due. Fewer are taken only when the first has waited for others for `fill`;
    /// those due within that time from now come along. Each comes up again after `again` unless it is filed anew. Tells
    /// when there is something to take next, and when asking for these is within the account's limit of requests.
    ///
    /// # Errors
    /// When Redis does not answer: the calls come up again by themselves.
    pub async fn take_polls(
        &self,
        account: &str,
        most: usize,
        again: Duration,
        fill: Duration,
    ) -> Result<TakenPolls, StoreError> {
        let arguments = Arguments::default().text(account).text(most).text(again.as_millis()).text(fill.as_millis());
        let mut answer: Vec<String> = self.connection.run("take_polls", arguments.as_slice()).await?;
        let entries = answer.split_off(3.min(answer.len()));
        let entries = entries
            .iter()
            .map(|text| PollEntry::parse(text).ok_or_else(|| StoreError::Corrupt(format!("poll entry `{text}`"))))
            .collect::<Result<_, _>>()?;
        let number = |place: usize| answer.get(place).and_then(|text| text.parse::<i64>().ok()).unwrap_or(0);
        let time = |place: usize| Some(number(place)).filter(|due| *due > 0).map(Timestamp::from_millis);
        Ok(TakenPolls { entries, next_due: time(0), permit_us: number(1), due: time(2) })
    }

    /// Takes a place in the line of an account's requests, for one that is neither a call nor a batch of
    /// [`Store::take_polls`]. Answers when it may be sent, in microseconds of Redis's clock; 0: at once.
    ///
    /// # Errors
    /// When Redis does not answer.
    pub async fn take_request(&self, account: &str) -> Result<i64, StoreError> {
        self.connection.run("take_request", Arguments::default().text(account).as_slice()).await
    }

    /// Files calls that are still pending to be polled again. One that has been ended meanwhile stays ended.
    ///
    /// # Errors
    /// When Redis does not answer: the calls come up again by themselves.
    pub async fn poll_again(&self, account: &str, entries: &[(PollEntry, Timestamp)]) -> Result<(), StoreError> {
        if entries.is_empty() {
            return Ok(());
        }
        let mut command = redis::cmd("ZADD");
        command.arg(self.connection.keys().polls(account)).arg("XX");
        for (entry, at) in entries {
            command.arg(at.as_millis()).arg(entry.stored());
        }
        self.connection.query::<i64>(&command).await.map(drop)
    }

    /// Ends the polling of calls without a result.
    ///
    /// # Errors
    /// When Redis does not answer.
    pub async fn end_polls(&self, account: &str, entries: &[PollEntry]) -> Result<(), StoreError> {
        if entries.is_empty() {
            return Ok(());
        }
        let mut command = redis::cmd("ZREM");
        command.arg(self.connection.keys().polls(account));
        for entry in entries {
            command.arg(entry.stored());
        }
        self.connection.query::<i64>(&command).await.map(drop)
    }
}
