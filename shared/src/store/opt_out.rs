//! Who asked in a call not to be called any more: a rule on what the bot learned puts the number on the do-not-call list.

use super::{Settlement, Store, StoreError, Wanted, suppressions::Suppress};
use crate::domain::{
    ContactState, PhoneNumber, Timestamp,
    learned::{Action, Facts, ResultRule},
    suppression::ListName,
    transition::Change,
};

/// What is to be put on the list along with a settlement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OptOut {
    /// Place of the number among the contact's, from 0.
    number: u8,
    /// Until when; none: for good.
    until: Option<Timestamp>,
    /// The rule's condition.
    reason: String,
}

impl OptOut {
    /// What a rule asks for that suppressed the contact; none if none did.
    pub(super) fn by_rule(change: &Change, rules: &[ResultRule]) -> Option<Self> {
        let last = change.record.attempts.last().filter(|_| change.record.state == ContactState::Suppressed)?;
        let rule = ResultRule::first(rules, Facts::of(last))?;
        let Action::Suppress(period) = rule.then else { return None };
        let until = period.and_then(|period| Some(last.ended_at? + period.duration()));
        Some(Self { number: last.number, until, reason: rule.when.to_string() })
    }
}

impl Store {
    /// Puts the numbers on the workspace's list, before their contacts are settled: should this process die in between, the
    /// numbers are on it, and the settlement is made again.
    pub(super) async fn write_opt_outs(&self, settlements: &[Settlement]) -> Result<(), StoreError> {
        for settlement in settlements {
            let Some(OptOut { number, until, reason }) = &settlement.opt_out else { continue };
            let position = settlement.attempt.position;
            let generation = settlement.change.record.generation;
            let wanted = Wanted { position, generation, lane: None };
            let (_, rows) = self.rows(settlement.attempt.campaign, 0, [wanted]).await?;
            // One that was taken off meanwhile is on no list of numbers any more, but it was called.
            let called = PhoneNumber::from_digits(&settlement.number).ok();
            let number = called.or_else(|| rows[&position].contact.numbers.get(usize::from(*number)).cloned());
            let Some(number) = number else { continue };
            let how = Suppress { scope: None, list: ListName::default(), until: *until, reason: reason.clone() };
            self.suppress(&how, std::slice::from_ref(&number)).await?;
        }
        Ok(())
    }
}
