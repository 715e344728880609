//! Claims: contacts handed to one worker, each with the instant at which its call may start.

use super::{Store, StoreError, arguments::Arguments, limits, record_codec};
use crate::domain::{CampaignId, ContactPosition, Timestamp, record::Record};

/// One contact that a worker may begin.
#[derive(Debug, Clone, PartialEq)]
pub struct Claimed {
    /// Its campaign.
    pub campaign: CampaignId,
    /// The campaign's version that the worker must know to begin it.
    pub version: u32,
    /// Which contact.
    pub position: ContactPosition,
    /// Where it came from.
    pub lane: u16,
    /// Its call may start from this instant on, microseconds of the server's clock.
    pub permit_us: i64,
    /// What is known of it; none for a contact that was never called.
    pub record: Option<Record>,
}

/// Answer to a claim.
#[derive(Debug, Clone, PartialEq)]
pub enum Claim {
    /// Contacts (perhaps none), and when asking again may bring more; none: not before a wake-up.
    Granted(Vec<Claimed>, Option<Timestamp>),
    /// The worker's lease has run out: it must open a new one.
    LeaseLost,
    /// Redis was restarted: until this instant, or until all workers have replayed, nothing is handed out.
    Recovering(Timestamp),
    /// The account is paused.
    Paused,
    /// The account's provider was down, and it is this worker's turn to ask whether it is up.
    Probe,
}

impl Store {
    /// Claims up to `want` contacts of an account. With `can_probe` the worker can ask its provider whether it is up.
    ///
    /// # Errors
    /// When Redis does not answer: claims that were made return to their lanes by themselves.
    pub async fn claim(&self, worker: u32, account: &str, want: usize, can_probe: bool) -> Result<Claim, StoreError> {
        let want = want.min(limits::CLAIM_BATCH_MAX as usize);
        let arguments = Arguments::default().text(worker).text(account).text(want).text(u8::from(can_probe));
        let mut answer: Vec<redis::Value> = self.connection.run("claim", arguments.as_slice()).await?;
        let corrupt = || StoreError::Corrupt("answer of claim".to_owned());
        let items = answer.split_off(2.min(answer.len()));
        let [code, wait] = <[i64; 2]>::try_from(
            answer.into_iter().map(redis::from_redis_value).collect::<Result<Vec<i64>, _>>().map_err(|_| corrupt())?,
        )
        .map_err(|_| corrupt())?;
        let wait = (wait > 0).then(|| Timestamp::from_millis(wait));
        match code {
            1 => Ok(Claim::Granted(items.chunks(6).map(claimed).collect::<Result<_, _>>()?, wait)),
            -1 => Ok(Claim::LeaseLost),
            -2 => Ok(Claim::Recovering(wait.unwrap_or_default())),
            -3 => Ok(Claim::Paused),
            _ => Ok(Claim::Probe),
        }
    }

    /// Gives claims back unused; each comes up again at its due time, or at once.
    ///
    /// # Errors
    /// When Redis does not answer: they return by themselves a little later.
    pub async fn unclaim(&self, worker: u32, unused: &[(Claimed, Option<Timestamp>)]) -> Result<u64, StoreError> {
        let mut arguments = Arguments::default().text(worker);
        for (claimed, due) in unused {
            arguments.push(claimed.campaign);
            arguments.push(claimed.position);
            arguments.push(claimed.lane);
            arguments.push(due.map_or(0, Timestamp::as_millis));
        }
        self.connection.run("unclaim", arguments.as_slice()).await
    }

    /// Returns expired claims to their lanes; any process may. Answers how many there were, at most `most`.
    ///
    /// # Errors
    /// When Redis does not answer.
    pub async fn reap_claims(&self, most: usize) -> Result<usize, StoreError> {
        self.connection.run("reap_claims", Arguments::default().text(most).as_slice()).await
    }
}

fn claimed(item: &[redis::Value]) -> Result<Claimed, StoreError> {
    let text = |index: usize| -> Result<String, StoreError> {
        item.get(index)
            .cloned()
            .and_then(|value| redis::from_redis_value(value).ok())
            .ok_or_else(|| StoreError::Corrupt("an item of claim".to_owned()))
    };
    let number = |index: usize| -> Result<i64, StoreError> {
        text(index)?.parse().map_err(|_| StoreError::Corrupt("a number in an item of claim".to_owned()))
    };
    let record: Vec<u8> =
        item.get(5).cloned().and_then(|value| redis::from_redis_value(value).ok()).unwrap_or_default();
    Ok(Claimed {
        campaign: campaign_id(&text(0)?)?,
        version: number(1)? as u32,
        position: number(2)? as u32,
        lane: number(3)? as u16,
        permit_us: number(4)?,
        record: if record.is_empty() { None } else { Some(record_codec::decode(&record)?) },
    })
}

pub(super) fn campaign_id(text: &str) -> Result<CampaignId, StoreError> {
    u32::from_str_radix(text, 16).map(CampaignId).map_err(|_| StoreError::Corrupt(format!("campaign id `{text}`")))
}
