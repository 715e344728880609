//! Liveness: after anything that can happen, a world in which things go well brings every contact to its end.

use redial_shared::{
    domain::{CampaignState, ContactState},
    store::{Verb, limits},
};

use crate::world::{ACCOUNTS, Fate, LEASE, Step, World};

/// Rounds after which somebody is lost.
const ROUNDS_MAX: u32 = 2_000;
/// Rounds in a row in which nothing but the hours was due; then somebody is lost.
const IDLE_ROUNDS_MAX: u32 = 10;
/// Every so many rounds processes reap, though by the model there is nothing to reap.
const REAP_EVERY: u32 = 16;
/// How often hours are written anew.
const HOURS_EVERY_MS: i64 = 12 * 3_600_000;
/// Polls of one request.
const POLLS_MAX: usize = 50;
/// A claim's `wait` may be later than the next contact by this.
const PATIENCE_MS: i64 = 2_000;
/// There is nothing to do before something else happens.
const NEVER: i64 = i64::MAX;

/// When processes do next what they do by themselves.
struct Agenda {
    round: u32,
    hours_ms: i64,
    renewals_ms: i64,
    polls_ms: [i64; ACCOUNTS.len()],
    claims_ms: [i64; ACCOUNTS.len()],
}

impl World {
    /// Goes on, without further trouble, until nothing moves; then nobody may be left.
    pub async fn drain(&mut self) -> Step {
        self.note("— drain —");
        for account in ACCOUNTS {
            self.resume_account(account).await?;
        }
        let mut agenda = Agenda { round: 0, hours_ms: 0, renewals_ms: 0, polls_ms: [0; 2], claims_ms: [0; 2] };
        let mut idle_rounds = 0;
        while !self.is_drained() {
            let moved = self.round(&mut agenda).await?;
            idle_rounds = if moved { 0 } else { idle_rounds + 1 };
            if idle_rounds == IDLE_ROUNDS_MAX || agenda.round == ROUNDS_MAX {
                return Err(format!("somebody is left after {} rounds, the last {idle_rounds} idle", agenda.round));
            }
            let next_ms = self.next_ms(&agenda);
            self.check_nobody_is_forgotten(&agenda, next_ms)?;
            self.advance_to(next_ms);
        }
        self.complete_all().await
    }

    /// Everything that is due, once; answers whether anything but the hours was.
    async fn round(&mut self, agenda: &mut Agenda) -> Result<bool, String> {
        agenda.round += 1;
        let now_ms = self.model.now_ms;
        let mut moved = self.lead(agenda).await?;
        if agenda.renewals_ms <= now_ms {
            for worker in 0..self.workers.len() {
                self.renew_one(worker).await?;
            }
            agenda.renewals_ms = now_ms + LEASE.as_millis() as i64 / 3;
        }
        if self.model.has_overdue() || agenda.round.is_multiple_of(REAP_EVERY) {
            moved |= self.reap().await?;
        }
        moved |= self.poll_accounts(agenda).await?;
        for (place, account) in ACCOUNTS.into_iter().enumerate() {
            if moved || agenda.claims_ms[place] <= now_ms {
                let wait = self.claim_for(0, account, 50, Fate::Answered).await?;
                agenda.claims_ms[place] = wait.map_or(NEVER, |wait| wait.as_millis());
                moved = true;
            }
        }
        if self.finish_jobs().await? {
            agenda.polls_ms = [0; ACCOUNTS.len()];
            agenda.claims_ms = [0; ACCOUNTS.len()];
            moved = true;
        }
        if moved { self.compare().await.map(|()| true) } else { Ok(false) }
    }

    /// What a leader does: campaigns that wait for a user or a run go on, runs end, and hours are written.
    async fn lead(&mut self, agenda: &mut Agenda) -> Result<bool, String> {
        let now = self.model.now();
        let mut moved = false;
        let campaigns: Vec<_> = self.model.campaigns.iter().map(|c| (c.id, c.state, c.run_until)).collect();
        for &(id, state, run_until) in &campaigns {
            let is_over = run_until.is_some_and(|until| until <= now);
            let verb = match state {
                CampaignState::Draft => Verb::Start { until: None },
                CampaignState::Paused => Verb::Resume,
                CampaignState::Scheduled => Verb::Run { until: None, next_run: None },
                CampaignState::Running if is_over => Verb::Rest { next_run: None },
                _ => continue,
            };
            self.change_to(id, verb).await?;
            moved = true;
        }
        if agenda.hours_ms <= now.as_millis() {
            for (id, ..) in campaigns {
                self.refresh_hours_of(id).await?;
            }
            agenda.hours_ms = now.as_millis() + HOURS_EVERY_MS;
            agenda.claims_ms = [0; ACCOUNTS.len()];
        }
        Ok(moved)
    }

    async fn poll_accounts(&mut self, agenda: &mut Agenda) -> Result<bool, String> {
        let mut moved = false;
        for (place, account) in ACCOUNTS.into_iter().enumerate() {
            while agenda.polls_ms[place] <= self.model.now_ms {
                let (asked, next_ms) = self.poll_for(account, POLLS_MAX, 70).await?;
                agenda.polls_ms[place] = next_ms.unwrap_or(NEVER);
                moved |= asked > 0;
            }
        }
        Ok(moved)
    }

    /// Begins what workers have claimed, before the first permit, and settles all that is under way.
    async fn finish_jobs(&mut self) -> Result<bool, String> {
        let mut moved = false;
        for worker in 0..self.workers.len() {
            if self.chance(10) {
                self.late_truth(worker).await?;
            }
            let jobs = std::mem::take(&mut self.workers[worker].jobs);
            if !jobs.is_empty() {
                self.begin_jobs(worker, jobs, Fate::Answered).await?;
                moved = true;
            }
            let mut calls = std::mem::take(&mut self.workers[worker].calls);
            calls.sort_by_key(|call| call.sent_at);
            moved |= !calls.is_empty();
            for call in calls {
                self.settle_call(worker, call, Fate::Answered).await?;
            }
        }
        Ok(moved)
    }

    /// When there is something to do again; it may be now.
    fn next_ms(&self, agenda: &Agenda) -> i64 {
        let model = &self.model;
        let mut by_model: Vec<i64> = model.claims.iter().map(|claim| claim.expires_ms).collect();
        by_model.extend(model.attempts().filter_map(|attempt| attempt.intent_until_ms));
        by_model.extend(model.campaigns.iter().filter_map(|c| c.run_until).map(|until| until.as_millis()));
        by_model.retain(|&at_ms| at_ms > model.now_ms);
        let all = by_model.iter().chain(&agenda.polls_ms).chain(&agenda.claims_ms);
        all.copied().min().unwrap_or(NEVER).min(agenda.hours_ms)
    }

    /// What can be called before the next claim must be known to the store.
    fn check_nobody_is_forgotten(&self, agenda: &Agenda, next_ms: i64) -> Step {
        let model = &self.model;
        for (place, account) in ACCOUNTS.into_iter().enumerate() {
            let asked_ms = agenda.claims_ms[place].min(next_ms);
            for campaign in model.campaigns.iter().filter(|campaign| campaign.definition.provider == account) {
                let waits = |c: &&crate::model::Contact| c.is_callable() && !model.is_claimed(campaign.id, c);
                let waiting = campaign.contacts.iter().filter(waits);
                // A window that closes before the first permit is as good as closed.
                let paced_us = campaign.pace.next_us().max(model.accounts[account].pace.next_us());
                let permit_us = paced_us.max(model.now_ms * 1000 + limits::LEAD_US as i64);
                let may_be_ms = waiting.filter_map(|contact| campaign.opens_ms(contact, permit_us / 1000)).min();
                let may_be_ms = may_be_ms.map(|at_ms| at_ms.max(model.recovering_until_ms));
                let ends_ms = campaign.run_until.map_or(NEVER, |until| until.as_millis());
                let may_be_ms = may_be_ms.filter(|may_be_ms| *may_be_ms < ends_ms);
                if campaign.is_dialing(model.now_ms) && may_be_ms.is_some_and(|at_ms| at_ms + PATIENCE_MS < asked_ms) {
                    return Err(format!("{account} is asked again at {asked_ms}, but has somebody at {may_be_ms:?}"));
                }
            }
        }
        Ok(())
    }

    fn is_drained(&self) -> bool {
        let open = [ContactState::Pending, ContactState::Active, ContactState::Waiting];
        self.model
            .campaigns
            .iter()
            .all(|campaign| campaign.contacts.iter().all(|contact| !open.contains(&campaign.shown_state(contact))))
    }

    /// Every campaign with contacts can be completed, or has been stopped; no claim, slot or intent is left behind.
    async fn complete_all(&mut self) -> Step {
        let campaigns: Vec<_> = self.model.campaigns.iter().map(|campaign| (campaign.id, campaign.state)).collect();
        for (id, state) in campaigns {
            let verb = match state {
                CampaignState::Stopping => Verb::Stopped,
                CampaignState::Running => Verb::Complete,
                _ => continue,
            };
            self.change_to(id, verb).await?;
        }
        self.compare_all().await
    }
}
