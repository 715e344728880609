//! Contacts that begin refused because of what is known of their number or of themselves: where they stand from then on.
//! Begin has put each back into its lane, so one whose change is not written comes up again, and is refused again.

use super::{BeginAnswer, Intent, Store, StoreError};
use crate::domain::{
    PhoneNumber, Timestamp,
    record::Record,
    suppression::Suppression,
    transition::{self, Change},
};

/// Between a cap, in words, and when it frees.
const CAPPED_UNTIL: &str = " is used up until ";

/// A refused intent, and what was refused.
pub(super) struct Refused<'a> {
    pub(super) intent: &'a Intent,
    pub(super) answer: BeginAnswer,
    /// The cap, in words.
    pub(super) words: String,
}

impl Store {
    /// Moves suppressed contacts on to their next number or to their end, and notes until when capped ones wait.
    pub(super) async fn settle_refused(&self, refused: &[Refused<'_>]) {
        for of_campaign in refused.chunk_by(|a, b| a.intent.claimed.campaign == b.intent.claimed.campaign) {
            if let Err(error) = self.settle_refused_of_campaign(of_campaign).await {
                tracing::warn!(%error, contacts = of_campaign.len(), "refused contacts come up again");
            }
        }
    }

    async fn settle_refused_of_campaign(&self, refused: &[Refused<'_>]) -> Result<(), StoreError> {
        let claimed = &refused[0].intent.claimed;
        let mut changes = Vec::with_capacity(refused.len());
        let is_suppressed = |one: &&Refused<'_>| one.answer == BeginAnswer::Suppressed;
        let suppressed = refused.iter().filter(is_suppressed).map(|one| &one.intent.claimed);
        let (info, rows) = self.rows(claimed.campaign, claimed.version, suppressed).await?;
        for Refused { intent, answer, words } in refused {
            let before = before(intent);
            let change = match answer {
                BeginAnswer::Capped { until } => transition::wait(&before, *until, &capped(words, *until)),
                _ => {
                    let numbers = &rows[&intent.claimed.position].contact.numbers;
                    if numbers.is_empty() {
                        continue;
                    }
                    let lists = self.suppressions(Some(info.id), numbers).await?;
                    suppress(&before, &info.definition.retry, numbers, &lists)
                }
            };
            changes.extend(change.map(|change| (intent.claimed.position, change)));
        }
        self.revise(&info, changes).await.map(drop)
    }
}

/// The record from which an intent was made.
fn before(intent: &Intent) -> Record {
    let fresh = || Record {
        number_lanes: intent.record.number_lanes.clone(),
        ..Record::fresh(intent.claimed.lane, intent.record.numbers)
    };
    intent.claimed.record.clone().unwrap_or_else(fresh)
}

fn capped(words: &str, until: Timestamp) -> String {
    format!("the cap {words}{CAPPED_UNTIL}{until}")
}

/// The cap, in words, for which a contact waits that gives this reason; none: it waits for something else.
pub(super) fn cap_in(reason: &str) -> Option<&str> {
    reason.strip_prefix("the cap ")?.rsplit_once(CAPPED_UNTIL).map(|(words, _)| words)
}

fn suppress(
    before: &Record,
    policy: &crate::domain::retry::RetryPolicy,
    numbers: &[PhoneNumber],
    lists: &[Vec<Suppression>],
) -> Option<Change> {
    let free: Vec<bool> = lists.iter().map(Vec::is_empty).collect();
    let told = |place: usize| lists[place].first().map(|one| format!("number {} is {}", place + 1, one.told()));
    let reason = match numbers.len() {
        1 => lists[0].first().map(|one| format!("its number is {}", one.told())),
        _ if free.contains(&true) => told(usize::from(before.next_number)),
        count => Some((0..count).filter_map(told).collect::<Vec<_>>().join("; ")),
    };
    transition::suppress(before, policy, &free, &reason.unwrap_or_default())
}
