//! Workers: leases, crashes, leaving.

use rand::Rng;
use redial_shared::{domain::Timestamp, store::limits};

use crate::world::{ACCOUNTS, Fate, LEASE, Step, Worker, World, failed, same};

/// How far ahead permits are given.
const HORIZON_MS: i64 = limits::HORIZON_US as i64 / 1000;

impl World {
    /// A worker process starts.
    pub async fn open_worker(&mut self) -> Step {
        let worker = self.lease().await?;
        let process = self.next_serial();
        self.workers.push(Worker { number: worker, process, ..Worker::default() });
        Ok(())
    }

    async fn lease(&mut self) -> Result<u32, String> {
        let number = self.store.open_lease(LEASE, "model").await.map_err(failed)?;
        self.note(format!("worker {number} opens its lease"));
        let until_ms = self.model.now_ms + LEASE.as_millis() as i64;
        self.model.leases.insert(number, until_ms);
        match self.numbers.insert(number) {
            true => Ok(number),
            false => Err(format!("the number {number} is another worker's")),
        }
    }

    pub async fn renew(&mut self) -> Step {
        for worker in 0..self.workers.len() {
            if self.chance(80) {
                self.renew_one(worker).await?;
            }
        }
        Ok(())
    }

    /// A worker whose lease is lost goes on under a new number, with what it has in hand.
    pub async fn renew_one(&mut self, worker: usize) -> Step {
        let number = self.workers[worker].number;
        let renewed = self.store.renew_lease(number, LEASE).await.map_err(failed)?;
        self.note(format!("worker {number} renews its lease: {renewed}"));
        same("renewed", renewed, self.model.has_lease(number))?;
        if renewed {
            self.model.leases.insert(number, self.model.now_ms + LEASE.as_millis() as i64);
        } else {
            self.workers[worker].number = self.lease().await?;
        }
        Ok(())
    }

    /// A worker claims just before its lease, a run, or the hours of somebody end, is frozen, and begins just after.
    pub async fn freeze(&mut self) -> Step {
        let (worker, account) = (self.random.random_range(0..self.workers.len()), self.pick(&ACCOUNTS));
        let end_ms = self.some_end_ms(worker);
        let left_ms = self.random.random_range(1..=HORIZON_MS);
        self.advance_to(end_ms - left_ms);
        if end_ms > self.lease_end_ms(worker) {
            self.renew_one(worker).await?;
        }
        self.claim_for(worker, account, 6, Fate::Answered).await?;
        if self.chance(70) {
            self.advance_to(end_ms);
        }
        let jobs = std::mem::take(&mut self.workers[worker].jobs);
        self.begin_jobs(worker, jobs, Fate::Answered).await
    }

    /// The end of a worker's lease, or else of the hours of some contact or of a run.
    fn some_end_ms(&mut self, worker: usize) -> i64 {
        let mut ends = vec![self.lease_end_ms(worker)];
        if self.chance(50) {
            return ends[0];
        }
        for campaign in &self.model.campaigns {
            let open = campaign.contacts.iter().filter_map(|contact| campaign.interval(contact, self.model.now_ms));
            ends.extend(open.map(|interval| interval.to.as_millis()));
            ends.extend(campaign.run_until.map(Timestamp::as_millis));
        }
        self.pick(&ends)
    }

    /// Mostly one of those that would make the more of it.
    pub fn some_worker(&mut self, better: impl Fn(&Worker) -> bool) -> usize {
        let all: Vec<_> = (0..self.workers.len()).collect();
        let some: Vec<_> = all.iter().copied().filter(|&worker| better(&self.workers[worker])).collect();
        if some.is_empty() || self.chance(30) { self.pick(&all) } else { self.pick(&some) }
    }

    /// When a worker's lease ends; 0: it has.
    pub fn lease_end_ms(&self, worker: usize) -> i64 {
        self.model.leases.get(&self.workers[worker].number).copied().unwrap_or(0)
    }

    /// A process ends: with all that it knew, or tidily.
    pub async fn crash(&mut self) -> Step {
        let index = self.some_worker(|worker| !worker.calls.is_empty());
        let worker = self.workers.remove(index);
        if self.chance(30) {
            self.note(format!("worker {} leaves", worker.number));
            let ended = self.store.end_leases(Some(worker.number)).await.map_err(failed)?;
            same("leases ended", ended, self.model.end_leases(Some(worker.number)) as u64)?;
        } else {
            self.note(format!("worker {} crashes", worker.number));
        }
        self.open_worker().await
    }
}
