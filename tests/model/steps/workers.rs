//! Workers: leases, crashes, leaving.

use rand::Rng;

use crate::world::{LEASE, Step, Worker, World, failed, same};

impl World {
    /// A worker process starts.
    pub async fn open_worker(&mut self) -> Step {
        let worker = self.lease().await?;
        self.workers.push(Worker { number: worker, ..Worker::default() });
        Ok(())
    }

    async fn lease(&mut self) -> Result<u32, String> {
        let number = self.store.open_lease(LEASE, "model").await.map_err(failed)?;
        self.note(format!("worker {number} opens its lease"));
        let until_ms = self.model.now_ms + LEASE.as_millis() as i64;
        match self.model.leases.insert(number, until_ms) {
            None => Ok(number),
            Some(_) => Err(format!("the number {number} is another worker's")),
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

    /// Time goes on to the end of a worker's lease.
    pub fn outlive_lease(&mut self, worker: usize) {
        let end_ms = self.model.leases.get(&self.workers[worker].number).copied();
        self.advance_to(end_ms.unwrap_or(0));
    }

    /// A process ends: with all that it knew, or tidily.
    pub async fn crash(&mut self) -> Step {
        let index = self.random.random_range(0..self.workers.len());
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
