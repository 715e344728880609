//! Liveness: after anything that can happen, a world in which things go well brings every contact to its end.

use redial_shared::{
    domain::{CampaignState, ContactState},
    store::Verb,
};

use crate::world::{ACCOUNTS, Fate, Step, World};

/// Rounds after which somebody is lost.
const ROUNDS_MAX: usize = 2_000;
/// How often hours are written anew.
const HOURS_EVERY_MS: i64 = 12 * 3_600_000;

impl World {
    /// Goes on, without further trouble, until nothing moves; then nobody may be left.
    pub async fn drain(&mut self) -> Step {
        self.note("— drain —");
        for account in ACCOUNTS {
            self.resume_account(account).await?;
        }
        let mut hours_ms = 0;
        for round in 0..ROUNDS_MAX {
            if self.model.now_ms >= hours_ms {
                self.lead_all().await?;
                hours_ms = self.model.now_ms + HOURS_EVERY_MS;
            }
            let before = self.log.len();
            let next_ms = self.round().await?;
            self.compare().await?;
            if self.is_drained() {
                if std::env::var("STATS").is_ok() {
                    eprintln!(
                        "rounds {round} commands {} simulated {} contacts {}",
                        self.store.commands(),
                        self.model.now_ms,
                        self.model.campaigns.iter().map(|c| c.contacts.len()).sum::<usize>()
                    );
                }
                return self.complete_all().await;
            }
            if self.log.len() == before {
                return Err("nothing moves, and somebody is left".to_owned());
            }
            self.advance_to(next_ms);
        }
        Err(format!("somebody is left after {ROUNDS_MAX} rounds"))
    }

    /// What a leader does: campaigns that wait for a user or a run go on, and hours are written.
    async fn lead_all(&mut self) -> Step {
        let campaigns: Vec<_> = self.model.campaigns.iter().map(|campaign| (campaign.id, campaign.state)).collect();
        for (id, state) in campaigns {
            match state {
                CampaignState::Draft => self.change_to(id, Verb::Start { until: None }).await?,
                CampaignState::Paused => self.change_to(id, Verb::Resume).await?,
                _ => {}
            }
            self.refresh_hours_of(id).await?;
        }
        Ok(())
    }

    /// Everything that processes do by themselves, once; answers when there is something to do again.
    async fn round(&mut self) -> Result<i64, String> {
        let mut next_ms = vec![self.model.now_ms + 60_000 * 60];
        let runs: Vec<_> = self.model.campaigns.iter().map(|c| (c.id, c.state, c.run_until)).collect();
        for (id, state, until) in runs {
            if state == CampaignState::Running && until.is_some_and(|until| until <= self.model.now()) {
                self.change_to(id, Verb::Rest { next_run: None }).await?;
            }
            if self.model.campaign(id).state == CampaignState::Scheduled {
                self.change_to(id, Verb::Run { until: None, next_run: None }).await?;
            }
        }
        for worker in 0..self.workers.len() {
            self.renew_one(worker).await?;
        }
        self.reap().await?;
        for account in ACCOUNTS {
            loop {
                let (asked, next) = self.poll_for(account, 50, 70).await?;
                next_ms.extend(next);
                if asked < 50 {
                    break;
                }
            }
            let wait = self.claim_for(0, account, 50, Fate::Answered).await?;
            next_ms.extend(wait.map(|wait| wait.as_millis()));
        }
        for worker in 0..self.workers.len() {
            self.finish_jobs(worker).await?;
        }
        next_ms.extend(self.events());
        let now_ms = self.model.now_ms;
        Ok(next_ms.into_iter().filter(|&at_ms| at_ms > now_ms).min().unwrap_or(now_ms + 1))
    }

    /// Begins what a worker has claimed, each shortly before its permit, and settles it.
    async fn finish_jobs(&mut self, worker: usize) -> Step {
        let mut jobs = std::mem::take(&mut self.workers[worker].jobs);
        jobs.sort_by_key(|job| job.claimed.permit_us);
        for job in jobs {
            self.advance_to(job.claimed.permit_us / 1000 - 12);
            self.begin_jobs(worker, vec![job], Fate::Answered).await?;
        }
        for call in std::mem::take(&mut self.workers[worker].calls) {
            self.settle_call(call, Fate::Answered).await?;
        }
        Ok(())
    }

    /// The instants at which something changes by itself.
    fn events(&self) -> Vec<i64> {
        let mut events: Vec<i64> = self.model.claims.iter().map(|claim| claim.expires_ms).collect();
        for campaign in &self.model.campaigns {
            for contact in &campaign.contacts {
                if contact.is_callable() {
                    events.extend(campaign.opens_ms(contact, self.model.now_ms));
                }
                for attempt in &contact.attempts {
                    events.extend([attempt.slot_until_ms, attempt.number_until_ms]);
                    events.extend(attempt.intent_until_ms);
                }
            }
        }
        events
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
        self.compare().await
    }
}
