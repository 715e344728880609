//! Claims, and giving them back.

use std::time::Duration;

use rand::Rng;
use redial_shared::{
    domain::{Timestamp, contact::Contact},
    store::{Claim, Claimed},
};

use crate::world::{ACCOUNTS, Fate, Job, Step, World, failed, same};

impl World {
    pub async fn claim(&mut self) -> Step {
        let (worker, account) = (self.random.random_range(0..self.workers.len()), self.pick(&ACCOUNTS));
        let want = self.random.random_range(1..=12);
        let fate = self.fate();
        self.claim_for(worker, account, want, fate).await.map(drop)
    }

    /// Answers when the store wants to be asked again.
    pub async fn claim_for(
        &mut self,
        worker: usize,
        account: &str,
        want: usize,
        fate: Fate,
    ) -> Result<Option<Timestamp>, String> {
        let number = self.workers[worker].number;
        if fate == Fate::NeverSent {
            return Ok(None);
        }
        self.note(format!("worker {number} claims {want} of {account} ({fate:?})"));
        let model = &self.model;
        let answer = self.store.claim(number, account, want, false).await.map_err(failed)?;
        let (granted, wait) = match answer {
            Claim::LeaseLost => return same("lease", false, model.has_lease(number)).map(|()| None),
            Claim::Recovering(until) => {
                return same("recovering", until.as_millis(), model.recovering_until_ms).map(|()| Some(until));
            }
            Claim::Probe => return Err("no account was ever down".to_owned()),
            Claim::Paused => return same("paused", true, model.accounts[account].paused).map(|()| None),
            Claim::Granted(granted, wait) => (granted, wait),
        };
        same("lease", true, model.has_lease(number))?;
        self.note(format!("  {} granted, again at {wait:?}", granted.len()));
        self.model.take_claim(number, account, want, &granted, wait)?;
        if fate == Fate::Answered {
            for claimed in granted {
                let job = self.job(claimed).await?;
                self.workers[worker].jobs.push(job);
            }
        }
        Ok(wait)
    }

    /// Reads a claimed contact's row, as a worker does.
    async fn job(&mut self, claimed: Claimed) -> Result<Job, String> {
        let rows = self.store.rows(claimed.campaign, claimed.version, [claimed.position]).await;
        let (info, mut rows) = rows.map_err(failed)?;
        let row = rows.remove(&claimed.position).ok_or("a claimed contact has no row")?;
        let fresh = self.store.fresh_record(&info, claimed.lane, &row).await.map_err(failed)?;
        let campaign = self.model.campaign(claimed.campaign);
        let contact = campaign.contact(claimed.position).ok_or("no such contact")?;
        let row = Contact { zone: contact.row.zone, ..row.contact };
        same("row", &row, &contact.row)?;
        let whereabouts = info.whereabouts(claimed.lane);
        same("place", &whereabouts.place, &campaign.place(contact))?;
        same("zone of the list", whereabouts.listed_zone(), row.zone)?;
        same("definition", &info.definition, &campaign.definition)?;
        let before = claimed.record.clone().unwrap_or(fresh);
        Ok(Job { claimed, before, info, row })
    }

    pub async fn unclaim(&mut self) -> Step {
        let worker = self.random.random_range(0..self.workers.len());
        let due = self.chance(50).then(|| self.model.now() + Duration::from_secs(self.random.random_range(0..60)));
        let kept = self.random.random_range(0..3).min(self.workers[worker].jobs.len());
        let jobs = self.workers[worker].jobs.split_off(kept);
        let unused: Vec<_> = jobs.into_iter().map(|job| (job.claimed, due)).collect();
        self.unclaim_some(worker, &unused).await?;
        if self.chance(20) { self.unclaim_some(worker, &unused).await } else { Ok(()) }
    }

    async fn unclaim_some(&mut self, worker: usize, unused: &[(Claimed, Option<Timestamp>)]) -> Step {
        let number = self.workers[worker].number;
        self.note(format!("worker {number} gives back {}", unused.len()));
        let own = self.store.unclaim(number, unused).await.map_err(failed)?;
        let expected = unused.iter().filter(|(claimed, due)| self.model.unclaim(number, claimed, *due)).count();
        same("unclaimed", own, expected as u64)
    }
}
