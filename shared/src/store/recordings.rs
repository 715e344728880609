//! Recordings that are to be fetched, in a queue by time for each account that wants them. `conclude` files a call there as
//! it ends; it leaves the queue when its recording is kept, or is not to be had.

use std::{collections::HashMap, time::Duration};

use super::{Store, StoreError, arguments::Arguments, attempts::record_place, limits};
use crate::domain::{AttemptId, CampaignId, ContactPosition, Timestamp};

/// One recording to be fetched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recording {
    /// Of which attempt.
    pub attempt: AttemptId,
    /// The provider's id of the call.
    pub call_id: String,
}

/// What became of a recording.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RecordingFate {
    /// It is fetched at this time, or again.
    Awaited(Timestamp),
    /// It is kept here.
    Kept(String),
    /// It is not to be had, for this reason.
    Lost(String),
}

/// How many recordings of an account there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RecordingCounts {
    /// To be fetched.
    pub awaited: u64,
    /// Kept, ever.
    pub kept: u64,
    /// Given up, ever.
    pub lost: u64,
}

impl Recording {
    /// As it stands in the queue.
    pub(super) fn stored(&self) -> String {
        let AttemptId { campaign, position, revision } = self.attempt;
        format!("{campaign}:{position}:{revision}:{}", self.call_id)
    }

    fn parse(text: &str) -> Option<Self> {
        let mut parts = text.splitn(4, ':');
        let campaign = CampaignId(u32::from_str_radix(parts.next()?, 16).ok()?);
        let attempt =
            AttemptId { campaign, position: parts.next()?.parse().ok()?, revision: parts.next()?.parse().ok()? };
        Some(Self { attempt, call_id: parts.next()?.to_owned() })
    }
}

impl RecordingFate {
    fn parse(text: &str) -> Self {
        match text.strip_prefix('+') {
            Some(place) => Self::Kept(place.to_owned()),
            None => Self::Lost(text.trim_start_matches('-').to_owned()),
        }
    }
}

impl Store {
    /// Whether the recordings of an account's calls are to be fetched, from now on.
    ///
    /// # Errors
    /// When Redis does not answer.
    pub async fn keep_recordings(&self, account: &str, wanted: bool) -> Result<(), StoreError> {
        let mut command = redis::cmd("HSET");
        command.arg(self.connection.keys().account(account)).arg("recordings").arg(u8::from(wanted));
        self.connection.query::<i64>(&command).await.map(drop)
    }

    /// Takes up to `most` recordings that are due. Each comes up again after `lease` unless that is renewed, or it is put
    /// off or ended. Tells when there is something to take next.
    ///
    /// # Errors
    /// When Redis does not answer: they come up again by themselves.
    pub async fn take_recordings(
        &self,
        account: &str,
        most: usize,
        lease: Duration,
    ) -> Result<(Vec<Recording>, Option<Timestamp>), StoreError> {
        let arguments = Arguments::default().text(account).text(most).text(lease.as_millis());
        let mut answer: Vec<String> = self.connection.run("take_recordings", arguments.as_slice()).await?;
        let entries = answer.split_off(1.min(answer.len()));
        let corrupt = |text: &String| StoreError::Corrupt(format!("recording `{text}`"));
        let entries = entries.iter().map(|text| Recording::parse(text).ok_or_else(|| corrupt(text)));
        let next_due = answer.first().and_then(|text| text.parse().ok()).filter(|due| *due > 0);
        Ok((entries.collect::<Result<_, _>>()?, next_due.map(Timestamp::from_millis)))
    }

    /// A recording comes up at another time; one that was ended stays ended.
    ///
    /// # Errors
    /// When Redis does not answer: it comes up when its lease ends.
    pub async fn put_off_recording(
        &self,
        account: &str,
        recording: &Recording,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let mut command = redis::cmd("ZADD");
        command.arg(self.connection.keys().recordings(account)).arg("XX").arg(at.as_millis()).arg(recording.stored());
        self.connection.query::<i64>(&command).await.map(drop)
    }

    /// A recording is kept, or lost; none: its contact is gone. False: another worker has ended it before.
    ///
    /// # Errors
    /// When Redis does not answer: it comes up again.
    pub async fn end_recording(
        &self,
        account: &str,
        recording: &Recording,
        fate: Option<&RecordingFate>,
    ) -> Result<bool, StoreError> {
        let word = match fate {
            Some(RecordingFate::Kept(place)) => format!("+{place}"),
            Some(RecordingFate::Lost(reason)) => format!("-{reason}"),
            Some(RecordingFate::Awaited(_)) | None => String::new(),
        };
        let arguments = Arguments::default().text(account).text(recording.stored()).text(word);
        self.connection.run("end_recording", arguments.as_slice()).await
    }

    /// What became of an attempt's recording; none if none was ever wanted.
    ///
    /// # Errors
    /// When Redis does not answer.
    pub async fn recording_fate(
        &self,
        account: &str,
        recording: &Recording,
    ) -> Result<Option<RecordingFate>, StoreError> {
        let (keys, AttemptId { campaign, position, revision }) = (self.connection.keys(), recording.attempt);
        let mut pipeline = redis::pipe();
        pipeline.cmd("ZSCORE").arg(keys.recordings(account)).arg(recording.stored());
        pipeline
            .cmd("HGET")
            .arg(keys.recorded(campaign, record_place(position).0))
            .arg(format!("{position}:{revision}"));
        let (due_ms, ended): (Option<f64>, Option<String>) = self.connection.query_all(&pipeline).await?;
        let awaited = due_ms.map(|due_ms| RecordingFate::Awaited(Timestamp::from_millis(due_ms as i64)));
        Ok(ended.map(|text| RecordingFate::parse(&text)).or(awaited))
    }

    /// What became of the recordings of one block's contacts, as far as that is over, by position and revision of the attempt.
    ///
    /// # Errors
    /// When Redis does not answer.
    pub async fn block_recordings(
        &self,
        campaign: CampaignId,
        block: u32,
    ) -> Result<HashMap<(ContactPosition, u32), RecordingFate>, StoreError> {
        let per_block = limits::ROWS_PER_BLOCK / limits::RECORDS_PER_KEY;
        let first = u64::from(block) * per_block;
        let mut pipeline = redis::pipe();
        for shard in first..first + per_block {
            pipeline.cmd("HGETALL").arg(self.connection.keys().recorded(campaign, shard));
        }
        let found: Vec<HashMap<String, String>> = self.connection.query_all(&pipeline).await?;
        let fate = |(attempt, text): (String, String)| {
            let (position, revision) = attempt.split_once(':')?;
            Some(((position.parse().ok()?, revision.parse().ok()?), RecordingFate::parse(&text)))
        };
        Ok(found.into_iter().flatten().filter_map(fate).collect())
    }

    /// How many recordings of an account there are.
    ///
    /// # Errors
    /// When Redis does not answer.
    pub async fn recording_counts(&self, account: &str) -> Result<RecordingCounts, StoreError> {
        let keys = self.connection.keys();
        let mut pipeline = redis::pipe();
        pipeline.cmd("ZCARD").arg(keys.recordings(account));
        pipeline.cmd("HMGET").arg(keys.account(account)).arg("recordings_kept").arg("recordings_lost");
        let (awaited, (kept, lost)): (u64, (Option<u64>, Option<u64>)) = self.connection.query_all(&pipeline).await?;
        Ok(RecordingCounts { awaited, kept: kept.unwrap_or(0), lost: lost.unwrap_or(0) })
    }
}
