//! The model's claims: what any answer to a claim must obey, and how claims end.

use redial_shared::{
    domain::{CampaignId, Timestamp},
    store::{Claimed, limits},
};

use crate::model::{Campaign, Claim, Contact, Model};

/// A claim may leave something for the next one, if that comes within this time.
const PATIENCE_MS: i64 = 1_000;

impl Model {
    /// Takes what a claim handed out, if it was allowed to; `wait` is when the store wants to be asked again.
    pub fn take_claim(
        &mut self,
        worker: u32,
        account: &str,
        want: usize,
        granted: &[Claimed],
        wait: Option<Timestamp>,
    ) -> Result<(), String> {
        let before = self.clone();
        if granted.len() > want {
            return Err(format!("{} contacts for {want} wanted", granted.len()));
        }
        for claimed in granted {
            self.take_one(worker, account, claimed).map_err(|error| format!("{claimed:?}: {error}"))?;
        }
        for claimed in granted {
            before.was_first(self, claimed).map_err(|error| format!("{claimed:?}: {error}"))?;
        }
        self.left_nothing(account, granted.len() < want, wait)
    }

    fn take_one(&mut self, worker: u32, account: &str, claimed: &Claimed) -> Result<(), String> {
        let now_ms = self.now_ms;
        let occupied = self.occupied(account);
        let used = self.claims_of(claimed.campaign);
        let campaign = self.campaigns.iter().find(|campaign| campaign.id == claimed.campaign).ok_or("no campaign")?;
        let contact = campaign.contact(claimed.position).ok_or("no contact")?;
        let limits = &campaign.definition.pacing;
        let max_live = self.accounts[account].max_live as usize;
        let full = |limit: usize, used: usize| limit > 0 && used >= limit;
        check(campaign.definition.provider == account, "it is another account's")?;
        check(self.may_dial(account), "its account may not dial")?;
        check(campaign.is_dialing(now_ms), "its campaign may not dial")?;
        check(claimed.version == campaign.version, "it has another version")?;
        check(campaign.is_open(contact, now_ms), "its hours are closed")?;
        check(contact.is_callable(), "it is not to be called")?;
        check(contact.due_ms() <= now_ms, "it is not due")?;
        check(!self.holds(worker, campaign.id, contact), "its worker has it already")?;
        let known = claimed.record.as_ref().map_or(0, |record| record.revision);
        check(known == contact.revision, "its record is out of date")?;
        check(!full(max_live, occupied), "the account has no room")?;
        let live = campaign.live_calls(now_ms) + used;
        check(!full(limits.max_concurrent.unwrap_or(0) as usize, live), "the campaign has no room")?;
        let horizon_us = now_ms * 1000 + limits::HORIZON_US as i64;
        check((now_ms * 1000..=horizon_us).contains(&claimed.permit_us), "its permit is out of bounds")?;
        self.accounts.get_mut(account).ok_or("no account")?.pace.take(claimed.permit_us)?;
        self.campaign_mut(claimed.campaign).pace.take(claimed.permit_us)?;
        self.claims.push(Claim {
            worker,
            campaign: claimed.campaign,
            position: claimed.position,
            revision: known,
            expires_ms: claimed.permit_us / 1000 + limits::CLAIM_GRACE_MS as i64,
        });
        Ok(())
    }

    /// Nobody more urgent was passed over: `self` is the model before the claim, `after` what it left.
    fn was_first(&self, after: &Self, claimed: &Claimed) -> Result<(), String> {
        let campaign = self.campaign(claimed.campaign);
        let contact = campaign.contact(claimed.position).ok_or("no contact")?;
        let closes = |contact: &Contact| campaign.interval(contact, self.now_ms).map(|interval| interval.to);
        let left = after.waiting_at(campaign.id, claimed.permit_us);
        let is_fresh =
            |contact: &Contact| contact.attempts.is_empty() && contact.row.not_before.is_none() && !contact.came_back;
        for other in &left {
            let same_priority = contact.row.priority == other.row.priority;
            check(contact.row.priority <= other.row.priority, "a contact of a more urgent priority was passed over")?;
            let sooner = same_priority && closes(other) < closes(contact);
            check(!(sooner && is_fresh(contact) && is_fresh(other)), "a lane that closes sooner was passed over")?;
            let is_retry = !other.attempts.is_empty() || other.row.not_before.is_some();
            let same_lane = same_priority && campaign.whereabouts(contact) == campaign.whereabouts(other);
            check(!(same_lane && is_retry && is_fresh(contact)), "a due retry was passed over")?;
        }
        for other in after.campaigns.iter().filter(|other| other.definition.provider == campaign.definition.provider) {
            let more_urgent = other.definition.pacing.priority < campaign.definition.pacing.priority;
            // With a limit of its own it may be asleep for a moment.
            let unlimited = other.definition.pacing.max_concurrent.is_none();
            let paced = other.pace.next_us() > (self.now_ms * 1000) + limits::LEAD_US as i64;
            let ready = more_urgent && unlimited && !paced && !after.waiting_at(other.id, claimed.permit_us).is_empty();
            check(!ready, "a more urgent campaign was passed over")?;
        }
        Ok(())
    }

    /// What could have been handed out, was; or the store says that it wants to be asked again at once.
    fn left_nothing(&self, account: &str, wanted_more: bool, wait: Option<Timestamp>) -> Result<(), String> {
        let soon = wait.is_some_and(|wait| wait.as_millis() <= self.now_ms + PATIENCE_MS);
        let horizon_us = self.now_ms * 1000 + limits::HORIZON_US as i64;
        let limits_of_account = &self.accounts[account];
        let room = limits_of_account.max_live == 0 || self.occupied(account) < limits_of_account.max_live as usize;
        if soon || !wanted_more || !self.may_dial(account) || !room || limits_of_account.pace.next_us() > horizon_us {
            return Ok(());
        }
        for campaign in self.campaigns.iter().filter(|campaign| campaign.definition.provider == account) {
            let live = campaign.live_calls(self.now_ms) + self.claims_of(campaign.id);
            let room = campaign.definition.pacing.max_concurrent.is_none_or(|limit| live < limit as usize);
            let soonest_us = self.now_ms * 1000 + limits::LEAD_US as i64;
            let permit_us = soonest_us.max(limits_of_account.pace.next_us()).max(campaign.pace.next_us());
            if room && permit_us <= horizon_us && !self.waiting_at(campaign.id, permit_us).is_empty() {
                return Err(format!("{} has somebody to call, but nobody is asked to come again", campaign.id));
            }
        }
        Ok(())
    }

    /// Those of them whose call may start at an instant a little later.
    fn waiting_at(&self, campaign: CampaignId, permit_us: i64) -> Vec<&Contact> {
        let permit = Timestamp::from_millis(permit_us / 1000);
        let mut waiting = self.waiting(campaign);
        let campaign = self.campaign(campaign);
        let is_open =
            |contact: &&Contact| campaign.interval(contact, self.now_ms).is_some_and(|interval| permit < interval.to);
        waiting.retain(|contact| is_open(contact) && campaign.run_until.is_none_or(|until| permit < until));
        waiting
    }

    /// The contacts of a campaign that may be called now.
    pub fn waiting(&self, campaign: CampaignId) -> Vec<&Contact> {
        let campaign = self.campaign(campaign);
        let callable = |contact: &&Contact| {
            let due_ms = contact.due_ms().max(contact.rests_until_ms);
            contact.is_callable()
                && bucket_ms(due_ms) <= self.now_ms
                && campaign.is_open(contact, self.now_ms)
                && !self.is_claimed(campaign.id, contact)
        };
        match campaign.is_dialing(self.now_ms) {
            true => campaign.contacts.iter().filter(callable).collect(),
            false => Vec::new(),
        }
    }

    /// After a late answer a contact may stand in two places, and two workers may claim it; one of them begins it.
    fn holds(&self, worker: u32, campaign: CampaignId, contact: &Contact) -> bool {
        let it = |claim: &Claim| claim.campaign == campaign && claim.position == contact.position;
        self.claims.iter().any(|claim| it(claim) && claim.worker == worker)
    }

    pub fn is_claimed(&self, campaign: CampaignId, contact: &Contact) -> bool {
        let it = |claim: &Claim| claim.campaign == campaign && claim.position == contact.position;
        self.claims.iter().any(|claim| it(claim) && claim.revision == contact.revision)
    }

    pub fn may_dial(&self, account: &str) -> bool {
        let account = &self.accounts[account];
        !account.paused && account.blocked_until_ms <= self.now_ms && self.recovering_until_ms <= self.now_ms
    }

    /// Ends a worker's claim; answers whether there was one.
    pub fn drop_claim(&mut self, worker: u32, campaign: CampaignId, position: u32) -> bool {
        let it = |claim: &Claim| claim.worker == worker && claim.campaign == campaign && claim.position == position;
        let index = self.claims.iter().position(it);
        index.map(|index| self.claims.remove(index)).is_some()
    }

    /// A worker gives a contact back, to come up again at `due` or at once.
    pub fn unclaim(&mut self, worker: u32, claimed: &Claimed, due: Option<Timestamp>) -> bool {
        let own = self.drop_claim(worker, claimed.campaign, claimed.position);
        if own && let Some(contact) = self.campaign_mut(claimed.campaign).contact_mut(claimed.position) {
            contact.came_back = true;
            contact.rests_until_ms = due.map_or(0, Timestamp::as_millis);
        }
        own
    }

    /// Takes back what was not begun in time.
    pub fn reap_claims(&mut self) -> usize {
        if self.recovering_until_ms > self.now_ms {
            return 0;
        }
        let (expired, rest): (Vec<_>, Vec<_>) =
            self.claims.drain(..).partition(|claim| claim.expires_ms <= self.now_ms);
        self.claims = rest;
        for claim in &expired {
            if let Some(contact) = self.campaign_mut(claim.campaign).contact_mut(claim.position) {
                contact.came_back = true;
            }
        }
        expired.len()
    }
}

impl Campaign {
    /// When a contact that nobody can call now can be called; the drain's next stop.
    pub fn opens_ms(&self, contact: &Contact, now_ms: i64) -> Option<i64> {
        let due_ms = bucket_ms(contact.due_ms().max(contact.rests_until_ms)).max(now_ms);
        self.interval(contact, due_ms).map(|interval| interval.from.as_millis().max(due_ms))
    }
}

/// Waiting contacts come up in steps.
fn bucket_ms(due_ms: i64) -> i64 {
    let step_ms = limits::BUCKET_MS as i64;
    (due_ms + step_ms - 1) / step_ms * step_ms
}

fn check(holds: bool, otherwise: &str) -> Result<(), String> {
    if holds { Ok(()) } else { Err(otherwise.to_owned()) }
}
