//! What happens in a campaign, for those who listen to it.
//!
//! A feed is a stream that the scripts write into, through one function (`note` in `scripts/include/campaign.lua`), as long
//! as somebody has listened within the last five minutes. Its entries are short: who is told of one reads the contact for
//! himself, and sees it as it is by then.

use std::{
    collections::{BTreeSet, HashMap},
    fmt,
    str::FromStr,
    sync::Arc,
};

use super::{
    CampaignInfo, Store, StoreError,
    arguments::Arguments,
    contacts::{block_of, contact_view, row_of},
    view::ContactView,
};
use crate::domain::{
    AttemptId, CampaignId, CampaignState, ContactPosition, ContactState, Outcome, Timestamp, record::Record,
};

/// The place of an entry in a feed; later ones are greater, also those of a feed that begins anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct FeedId {
    ms: u64,
    sequence: u64,
}

/// Why a text is no place in a feed.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("not an event's id: two whole numbers with `-` between them expected")]
pub struct BadFeedId;

/// From where to where a feed tells everything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FeedRange {
    /// What came after this one is all there.
    pub first: FeedId,
    /// The last entry so far.
    pub last: FeedId,
}

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Happened {
    /// Somebody began to listen.
    Begun,
    /// The campaign has another state, or another reason for it.
    State {
        /// The state from then on.
        state: CampaignState,
        /// Why; empty unless there is something to say.
        reason: String,
    },
    /// It has another definition.
    Definition {
        /// Its version.
        version: u32,
    },
    /// Something of one contact.
    Contact {
        /// The attempt that it came of; where there was none, it is no attempt's id.
        attempt: AttemptId,
        /// An attempt has this outcome, or (`None`) is none any more: it turned out not to count.
        outcome: Option<Option<Outcome>>,
        /// The contact is finished or held, or is not any more: its state.
        moved: Option<ContactState>,
        /// The revision of the contact's record that said so.
        revision: u32,
    },
}

/// Some entries of a feed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeedPage {
    /// Oldest first.
    pub entries: Vec<(FeedId, Happened)>,
    /// Whether all that came after the place asked for is still there; else something is missing before these.
    pub is_whole: bool,
}

impl FeedId {
    /// When it was written.
    pub fn at(self) -> Timestamp {
        Timestamp::from_millis(self.ms as i64)
    }
}

impl FeedRange {
    /// Whether a reader who stands there has missed nothing.
    pub fn tells_all_after(&self, id: FeedId) -> bool {
        self.first <= id && id <= self.last
    }
}

impl Store {
    /// From now on, and for five minutes, the feed of a campaign is written.
    ///
    /// # Errors
    /// When Redis does not answer, or there is no such campaign.
    pub async fn listen(&self, campaign: CampaignId) -> Result<FeedRange, StoreError> {
        let ends: Vec<String> = self.connection.run("listen", Arguments::default().text(campaign).as_slice()).await?;
        match &ends[..] {
            [first, last] => Ok(FeedRange { first: id(first)?, last: id(last)? }),
            _ => Err(StoreError::NoCampaign(campaign.to_string())),
        }
    }

    /// What came after a place in a campaign's feed, `most` entries of it.
    ///
    /// # Errors
    /// When Redis does not answer.
    pub async fn feed(&self, campaign: CampaignId, after: FeedId, most: usize) -> Result<FeedPage, StoreError> {
        let key = self.connection.keys().feed(campaign);
        let mut pipeline = redis::pipe();
        pipeline.cmd("XRANGE").arg(&key).arg("-").arg("+").arg("COUNT").arg(1);
        pipeline.cmd("XRANGE").arg(&key).arg(format!("({after}")).arg("+").arg("COUNT").arg(most);
        let (first, entries): (Entries, Entries) = self.connection.query_all(&pipeline).await?;
        let first = first.first().map(|(first, _)| id(first)).transpose()?;
        Ok(FeedPage {
            entries: entries.iter().map(|entry| read(campaign, entry)).collect::<Result<_, StoreError>>()?,
            is_whole: first.is_some_and(|first| first <= after),
        })
    }

    /// Some contacts of a campaign by their places, as they stand now.
    ///
    /// # Errors
    /// When Redis does not answer, or data is damaged.
    pub async fn contacts_at(
        &self,
        campaign: CampaignId,
        positions: &BTreeSet<ContactPosition>,
    ) -> Result<(Arc<CampaignInfo>, HashMap<ContactPosition, ContactView>), StoreError> {
        let info = self.info(campaign, 0).await?;
        let attempts = positions.iter().map(|&position| AttemptId { campaign, position, revision: 0 });
        let records = self.records(attempts).await?;
        let generation = |record: &Option<Record>| record.as_ref().map_or(0, |record| record.generation);
        let wanted = positions.iter().zip(&records).map(|(&position, record)| (block_of(position), generation(record)));
        let blocks = self.blocks(&info, wanted).await?;
        let lanes = records.iter().flatten().map(|record| record.lane);
        let info = self.knowing(info, blocks.values(), lanes).await?;
        let unfinished = self.unfinished(campaign).await?;
        let views = positions.iter().zip(records).map(|(&position, record)| {
            let block = &blocks[&block_of(position)];
            let row = row_of(&info, block, position)?;
            Ok((position, contact_view(&info, block.lane(), position, row, record.as_ref(), unfinished)))
        });
        let views = views.collect::<Result<_, StoreError>>()?;
        Ok((info, views))
    }
}

impl Happened {
    /// An attempt ended.
    pub(super) fn ended(attempt: AttemptId, outcome: Outcome) -> Self {
        Self::Contact { attempt, outcome: Some(Some(outcome)), moved: None, revision: attempt.revision }
    }

    /// A contact is finished or held.
    pub(super) fn moved(campaign: CampaignId, position: ContactPosition, revision: u32, state: ContactState) -> Self {
        let attempt = AttemptId { campaign, position, revision };
        Self::Contact { attempt, outcome: None, moved: Some(state), revision }
    }

    /// The contact that it is about.
    pub fn position(&self) -> Option<ContactPosition> {
        match self {
            Self::Contact { attempt, .. } => Some(attempt.position),
            _ => None,
        }
    }

    /// Whether nobody of the campaign is called from then on.
    pub fn ends_campaign(&self) -> bool {
        matches!(self, Self::State { state: CampaignState::Stopped | CampaignState::Completed, .. })
    }

    /// `b`; `s:STATE:REASON`; `d:VERSION`; `a:POSITION:REVISION:OUTCOME:STATE:REVISION`, where outcome and state may be empty.
    fn read(campaign: CampaignId, text: &str) -> Option<Self> {
        let (kind, rest) = text.split_once(':').unwrap_or((text, ""));
        match kind {
            "b" => Some(Self::Begun),
            "s" => {
                let (state, reason) = rest.split_once(':')?;
                let state = CampaignState::from_byte(state.parse().ok()?)?;
                Some(Self::State { state, reason: reason.to_owned() })
            }
            "d" => Some(Self::Definition { version: rest.parse().ok()? }),
            "a" => {
                let parts: Vec<_> = rest.split(':').collect();
                let &[position, of_attempt, outcome, moved, revision] = &parts[..] else { return None };
                let attempt =
                    AttemptId { campaign, position: position.parse().ok()?, revision: of_attempt.parse().ok()? };
                let byte = |text: &str| (!text.is_empty()).then(|| text.parse::<u8>());
                let outcome = byte(outcome).transpose().ok()?.map(Outcome::from_byte);
                let moved = byte(moved).transpose().ok()?.and_then(ContactState::from_byte);
                Some(Self::Contact { attempt, outcome, moved, revision: revision.parse().ok()? })
            }
            _ => None,
        }
    }
}

impl fmt::Display for Happened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Begun => f.write_str("b"),
            Self::State { state, reason } => write!(f, "s:{}:{reason}", *state as u8),
            Self::Definition { version } => write!(f, "d:{version}"),
            Self::Contact { attempt, outcome, moved, revision } => {
                let outcome = outcome.map(|outcome| outcome.map_or(0, |outcome| outcome as u8).to_string());
                let moved = moved.map(|state| (state as u8).to_string());
                let (outcome, moved) = (outcome.unwrap_or_default(), moved.unwrap_or_default());
                write!(f, "a:{}:{}:{outcome}:{moved}:{revision}", attempt.position, attempt.revision)
            }
        }
    }
}

/// Entries of a stream as Redis answers them.
pub(super) type Entries = Vec<(String, Vec<String>)>;

/// An entry with its place.
pub(super) fn read(
    campaign: CampaignId,
    (at, fields): &(String, Vec<String>),
) -> Result<(FeedId, Happened), StoreError> {
    let text = fields.get(1).map_or("", String::as_str);
    let happened = Happened::read(campaign, text);
    Ok((id(at)?, happened.ok_or_else(|| StoreError::Corrupt(format!("feed entry `{text}`")))?))
}

fn id(text: &str) -> Result<FeedId, StoreError> {
    text.parse().map_err(|_| StoreError::Corrupt(format!("feed id `{text}`")))
}

impl fmt::Display for FeedId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.ms, self.sequence)
    }
}

impl FromStr for FeedId {
    type Err = BadFeedId;

    fn from_str(text: &str) -> Result<Self, BadFeedId> {
        let (ms, sequence) = text.split_once('-').ok_or(BadFeedId)?;
        let number = |text: &str| text.parse().map_err(|_| BadFeedId);
        Ok(Self { ms: number(ms)?, sequence: number(sequence)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CAMPAIGN: CampaignId = CampaignId(7);

    #[test]
    fn entries_are_read_as_the_scripts_write_them() {
        let read = |text| Happened::read(CAMPAIGN, text);
        let attempt = AttemptId { campaign: CAMPAIGN, position: 12, revision: 3 };
        let contact = |outcome, moved| Some(Happened::Contact { attempt, outcome, moved, revision: 5 });
        assert_eq!(read("a:12:3:1:5:5"), contact(Some(Some(Outcome::Answered)), Some(ContactState::Completed)));
        assert_eq!(read("a:12:3:0::5"), contact(Some(None), None));
        assert_eq!(read("a:12:3::9:5"), contact(None, Some(ContactState::Cancelled)));
        let state = Happened::State { state: CampaignState::Paused, reason: "a: b".to_owned() };
        assert_eq!(read("s:4:a: b"), Some(state));
        assert_eq!(read("d:2"), Some(Happened::Definition { version: 2 }));
        assert_eq!(read("b"), Some(Happened::Begun));
        for text in ["a:12:3:1:5:5", "a:12:3:0::5", "a:12:3::9:5", "s:4:a: b", "d:2", "b"] {
            assert_eq!(read(text).map(|happened| happened.to_string()).as_deref(), Some(text));
        }
        assert!(["", "x", "a:1:2", "a:1:2:3:4", "s:99:", "d:"].into_iter().all(|text| read(text).is_none()));
    }

    #[test]
    fn places_stand_in_the_order_of_their_numbers() {
        let id = |text: &str| text.parse::<FeedId>().unwrap();
        assert!(id("9-2") < id("9-10") && id("9-10") < id("10-0"));
        assert_eq!(id("9-10").to_string(), "9-10");
        assert!(["", "1", "-1", "1-", "a-1"].into_iter().all(|text| text.parse::<FeedId>().is_err()));
    }
}
