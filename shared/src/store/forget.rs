//! Erasing a person: whoever has a number, in every campaign.

use std::collections::BTreeSet;

use super::{
    CampaignInfo, Recording, Store, StoreError,
    arguments::Arguments,
    attempts::record_place,
    caps::contact_key,
    contacts::block_of,
    index::{self, keys_of},
    polls::PollEntry,
};
use crate::domain::{
    AttemptId, CampaignName, ContactPosition, ContactState, Outcome, PhoneNumber,
    contact::Contact,
    record::{AttemptRecord, Record},
    transition,
};

/// How often an erasure is tried again whose contact changed meanwhile.
const TRIES_MAX: usize = 64;

/// What was erased in one campaign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Forgotten {
    /// The campaign.
    pub campaign: CampaignName,
    /// Contacts that were erased.
    pub erased: usize,
    /// Contacts from which an edit took the number: only the calls to it were erased.
    pub calls_erased: usize,
    /// Contacts that are, or may be, on a call, and were not.
    pub on_call: usize,
}

impl Forgotten {
    fn count(&mut self, erasure: Erasure) {
        match erasure {
            Erasure::Done => self.erased += 1,
            Erasure::Calls => self.calls_erased += 1,
            Erasure::OnCall => self.on_call += 1,
            Erasure::Gone => {}
        }
    }
}

/// What became of one contact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Erasure {
    Done,
    /// Calls to a number that it does not have any more were.
    Calls,
    OnCall,
    /// The number is not one of its own any more.
    Gone,
}

impl Store {
    /// Erases every contact that has this number, in all campaigns: numbers, id, attributes, and what calls told; and when
    /// the number was called. How attempts ended stays counted. Do-not-call lists are left as they are. A contact that is on a
    /// call, or may be, is told and left: then the number is not forgotten. Of a contact from which an edit took the number,
    /// nothing is erased but the calls to it.
    ///
    /// # Errors
    /// When Redis does not answer: some may be erased; it can be repeated.
    pub async fn forget(&self, number: &PhoneNumber) -> Result<Vec<Forgotten>, StoreError> {
        self.forget_with(number, Vec::new()).await
    }

    /// The same; when these other numbers were called is forgotten too, unless somebody in Redis has them: whoever had them
    /// was erased elsewhere.
    ///
    /// # Errors
    /// As [`Store::forget`].
    pub async fn forget_with(
        &self,
        number: &PhoneNumber,
        mut other_numbers: Vec<PhoneNumber>,
    ) -> Result<Vec<Forgotten>, StoreError> {
        let mut forgotten = Vec::new();
        for campaign in self.campaigns().await? {
            let info = self.fresh_info(campaign.id).await?;
            let mut of_campaign = Forgotten { campaign: campaign.name, erased: 0, calls_erased: 0, on_call: 0 };
            for position in self.find_all(&info, number.as_e164()).await? {
                of_campaign.count(self.erase(&info, position, number, &mut other_numbers).await?);
            }
            // Last: an edit may have taken the number off somebody meanwhile.
            for position in self.find_former(&info, number.as_e164()).await? {
                of_campaign.count(self.erase_calls(&info, position, number).await?);
            }
            if of_campaign.erased + of_campaign.calls_erased + of_campaign.on_call > 0 {
                forgotten.push(of_campaign);
            }
        }
        let is_free = forgotten.iter().all(|of_campaign| of_campaign.on_call == 0);
        self.forget_numbers(Some(number).filter(|_| is_free), other_numbers).await?;
        Ok(forgotten)
    }

    async fn erase(
        &self,
        info: &CampaignInfo,
        position: ContactPosition,
        number: &PhoneNumber,
        other_numbers: &mut Vec<PhoneNumber>,
    ) -> Result<Erasure, StoreError> {
        for _ in 0..TRIES_MAX {
            let mut rewrite = self.rewrite_of(info, block_of(position)).await?;
            let place = rewrite.place(info, position)?;
            let row = rewrite.rows[place].clone();
            if !super::contacts::has_key(&row, number.as_e164()) {
                return Ok(Erasure::Gone);
            }
            let record = match self.record(info.id, position).await? {
                Some(record) => record,
                None => rewrite.fresh_record(self, info, &row).await?,
            };
            let change = transition::erase(&record, rewrite.block.generation() + 1);
            let Some(change) = change.filter(|_| record.state != ContactState::Active) else {
                return Ok(Erasure::OnCall);
            };
            if self.may_ring(&record).await? {
                return Ok(Erasure::OnCall);
            }
            let empty = Contact { id: format!("erased-{position}"), ..Contact::default() };
            rewrite.replace(place, position, empty, change);
            if self.write(info, rewrite).await? {
                let taken_off = record.attempts.iter().filter_map(|attempt| attempt.digits(&[]));
                let taken_off = taken_off.filter_map(|digits| PhoneNumber::from_digits(digits).ok());
                let mut others: BTreeSet<PhoneNumber> = row.numbers.iter().cloned().chain(taken_off).collect();
                let keys: Vec<u64> =
                    keys_of(&row).chain(others.iter().map(|other| index::key(other.as_e164()))).collect();
                self.forget_attempts(info, position, &record.attempts).await?;
                let arguments = Arguments::default().text("c").text(contact_key(&row.id));
                self.connection.run::<i64>("forget_calls", arguments.as_slice()).await?;
                self.unindex(info, &keys, position).await?;
                others.remove(number);
                other_numbers.extend(others);
                return Ok(Erasure::Done);
            }
        }
        Err(StoreError::Conflict("the contact kept changing: try again".to_owned()))
    }

    /// Erases what is known of the calls to a number that was taken off the contact.
    async fn erase_calls(
        &self,
        info: &CampaignInfo,
        position: ContactPosition,
        number: &PhoneNumber,
    ) -> Result<Erasure, StoreError> {
        for _ in 0..TRIES_MAX {
            let Some(record) = self.record(info.id, position).await? else { return Ok(Erasure::Gone) };
            let calls: Vec<_> = record.attempts.iter().filter(|one| one.digits(&[]) == Some(number.digits())).collect();
            if calls.is_empty() {
                return Ok(Erasure::Gone);
            }
            let change = transition::forget_number(&record, number.digits());
            let Some(change) = change else { return Ok(Erasure::OnCall) };
            if self.may_ring(&record).await? {
                return Ok(Erasure::OnCall);
            }
            if self.revise(info, vec![(position, change)]).await? == 1 {
                self.forget_attempts(info, position, calls).await?;
                return Ok(Erasure::Calls);
            }
        }
        Err(StoreError::Conflict("the contact kept changing: try again".to_owned()))
    }

    /// Whether a call in doubt of this contact may still go on: its number is locked for so long.
    async fn may_ring(&self, record: &Record) -> Result<bool, StoreError> {
        let in_doubt = record.attempts.iter().filter(|attempt| attempt.outcome == Some(Outcome::Unknown));
        for attempt in in_doubt.filter(|attempt| !attempt.dialed.is_empty()) {
            let mut command = redis::cmd("HGET");
            command.arg(self.connection.keys().numbers()).arg(&attempt.dialed);
            let lock: Option<String> = self.connection.query(&command).await?;
            let until = lock.and_then(|lock| lock.split_once('|')?.0.parse::<i64>().ok());
            if until.is_some_and(|until| until > self.clock().now().as_millis()) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// What is kept of calls beside their contact's record, by their ids.
    async fn forget_attempts(
        &self,
        info: &CampaignInfo,
        position: ContactPosition,
        attempts: impl IntoIterator<Item = &AttemptRecord>,
    ) -> Result<(), StoreError> {
        let keys = self.connection.keys();
        let mut pipeline = redis::pipe();
        for attempt in attempts.into_iter().filter(|attempt| !attempt.call_id.is_empty()) {
            let account = info.account_at(attempt.started_at);
            let id = AttemptId { campaign: info.id, position, revision: attempt.revision };
            let (started_at, call_id) = (attempt.started_at, attempt.call_id.clone());
            let entry = PollEntry { attempt: id, started_at, call_id }.stored();
            pipeline.cmd("ZREM").arg(keys.polls(account)).arg(entry).ignore();
            pipeline.cmd("DEL").arg(keys.call(account, &attempt.call_id)).ignore();
            let recording = Recording { attempt: id, call_id: attempt.call_id.clone() }.stored();
            pipeline.cmd("ZREM").arg(keys.recordings(account)).arg(recording).ignore();
            let recorded = keys.recorded(info.id, record_place(position).0);
            pipeline.cmd("HDEL").arg(recorded).arg(format!("{position}:{}", attempt.revision)).ignore();
        }
        if pipeline.cmd_iter().next().is_some() {
            self.connection.query_all::<()>(&pipeline).await?;
        }
        Ok(())
    }

    /// Forgets when these numbers were called: the first at any rate, the others if nobody has them any more (whoever was
    /// erased with them is not there to tell of them the next time). One that may be on a call does not keep the others.
    async fn forget_numbers(&self, number: Option<&PhoneNumber>, others: Vec<PhoneNumber>) -> Result<(), StoreError> {
        let campaigns = self.campaigns().await?;
        let mut forgotten = match number {
            Some(number) => self.forget_when_called(number).await?,
            None => true,
        };
        'others: for other in others {
            for campaign in &campaigns {
                let info = self.fresh_info(campaign.id).await?;
                if self.find(&info, other.as_e164()).await?.is_some() {
                    continue 'others;
                }
            }
            forgotten &= self.forget_when_called(&other).await?;
        }
        let later = "the number is erased, but for when it, or another one of who had it, was called: one of them may be on a \
                     call; try again later";
        forgotten.then_some(()).ok_or_else(|| StoreError::Conflict(later.to_owned()))
    }

    /// Forgets when a number was called; false if it may be on a call.
    async fn forget_when_called(&self, number: &PhoneNumber) -> Result<bool, StoreError> {
        let arguments = Arguments::default().text("n").text(number.digits());
        Ok(self.connection.run::<i64>("forget_calls", arguments.as_slice()).await? == 1)
    }
}
