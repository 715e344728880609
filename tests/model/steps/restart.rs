//! Redis crashes, and comes back without its last writes.

use rand::{Rng, seq::SliceRandom};

use crate::{
    inside::Inside,
    journal::{Entry, KEPT_MS},
    model::Model,
    world::{LEASE, Step, TIMEOUT, World, failed},
};

/// Tries until the store has noticed that its connection is broken, and has another.
const CONNECTS_MAX: usize = 3;
/// Entries that are replayed in one command.
const REPLAY_BATCH: usize = 64;
/// What others do while workers replay takes no longer than this.
const MEANWHILE_MS: i64 = 1_500;

impl World {
    /// Redis loses the last operations. Whoever lives restores what it has done.
    pub async fn crash_redis(&mut self) -> Step {
        let snapshot = self.redis.borrow().snapshot().map_err(|error| error.to_string())?;
        let kept = self.model.clone();
        self.note("— Redis keeps what it has —");
        for _ in 0..self.random.random_range(1..=10) {
            self.soon().await?;
            self.compare().await?;
        }
        if self.model.now_ms - kept.now_ms > KEPT_MS {
            self.note("— so much later Redis has kept all —");
            return Ok(());
        }
        self.note("— Redis crashes —");
        self.redis.borrow_mut().crash_to(&snapshot).map_err(|error| error.to_string())?;
        self.restart(kept).await?;
        self.recover().await?;
        self.compare_all().await?;
        self.check_calls_are_known()
    }

    async fn restart(&mut self, kept: Model) -> Step {
        self.redis_has_crashed = true;
        let url = self.redis.borrow().url();
        self.inside = Inside::open(&url, &self.workspace).await?;
        let mut answer = self.store.measure_clock().await;
        for _ in 1..CONNECTS_MAX {
            if answer.is_err() {
                answer = self.store.measure_clock().await;
            }
        }
        answer.map_err(failed)?;
        self.model.lose(kept);
        self.model.restart(LEASE.as_millis() as i64);
        self.settled.clear();
        self.compared.clear();
        self.forget_calls();
        self.compare_all().await
    }

    /// Every worker that lives replays, while others go on.
    async fn recover(&mut self) -> Step {
        let mut processes: Vec<_> = self.workers.iter().map(|worker| worker.process).collect();
        processes.shuffle(&mut self.random);
        for process in processes {
            while self.chance(40) && self.model.now_ms < self.model.restarted_ms + MEANWHILE_MS {
                self.soon().await?;
                self.compare().await?;
            }
            match self.workers.iter().position(|worker| worker.process == process) {
                Some(worker) => self.replay(worker).await?,
                // It has crashed after Redis and before it could tell what it had done.
                None => self.forget_calls(),
            }
            self.compare().await?;
        }
        Ok(())
    }

    /// Writes what a worker has in its journal again, as the worker does.
    async fn replay(&mut self, worker: usize) -> Step {
        let (number, entries) = (self.workers[worker].number, self.workers[worker].journal.entries());
        self.note(format!("worker {number} replays {} entries", entries.len()));
        let same_kind = |a: &Entry, b: &Entry| std::mem::discriminant(a) == std::mem::discriminant(b);
        for some in entries.chunk_by(same_kind).flat_map(|chunk| chunk.chunks(REPLAY_BATCH)) {
            self.replay_some(some).await?;
            some.iter().for_each(|entry| self.model.replay(entry, TIMEOUT.as_millis() as i64));
        }
        self.store.replayed(number).await.map_err(failed)?;
        self.model.replayed(number);
        Ok(())
    }

    async fn replay_some(&mut self, entries: &[Entry]) -> Step {
        let (mut begun, mut placed, mut ended) = (Vec::new(), Vec::new(), Vec::new());
        for entry in entries {
            match entry.clone() {
                Entry::Begun(intent) => begun.push((intent, TIMEOUT)),
                Entry::Placed(one) => placed.push(one),
                Entry::Ended { settlement, .. } | Entry::Withdrawn { settlement, .. } => ended.push(settlement),
            }
        }
        self.store.replay_begun(&begun).await.map_err(failed)?;
        self.store.placed(&placed).await.map_err(failed)?;
        self.store.conclude(&ended).await.map_err(failed)?;
        Ok(())
    }

    /// One random operation that takes little time.
    async fn soon(&mut self) -> Step {
        match self.random.random_range(0..106) {
            0..4 => self.apply().await,
            4..12 => self.upload().await,
            12..18 => self.change().await,
            18..21 => self.refresh_hours().await,
            21..42 => self.claim().await,
            42..64 => self.begin().await,
            64..78 => self.settle().await,
            78..84 => self.poll().await,
            84..89 => self.webhook().await,
            89..91 => self.settle_again().await,
            91..93 => self.unclaim().await,
            93..94 => self.reap().await.map(drop),
            94..96 => self.renew().await,
            96..98 => self.crash().await,
            100.. => self.people().await,
            _ => self.trouble().await,
        }
    }
}
