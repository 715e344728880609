//! The operations: each is done to the store and to the model, and both must answer alike.

mod accounts;
mod begin;
mod campaigns;
mod claim;
pub mod lists;
mod people;
mod restart;
mod results;
mod settle;
mod workers;

use rand::Rng;
use redial_shared::store::Verb;

use crate::world::{Step, World};

impl World {
    /// Mostly there is a campaign that dials from the start.
    pub async fn set_up(&mut self) -> Step {
        if self.chance(25) {
            return Ok(());
        }
        self.apply().await?;
        self.upload().await?;
        let id = self.model.campaigns[0].id;
        self.change_to(id, Verb::Start { until: None }).await
    }

    /// One random operation.
    pub async fn step(&mut self) -> Step {
        match self.random.random_range(0..108) {
            0..11 => self.wait(),
            11 => self.freeze().await,
            12..16 => self.apply().await,
            16..23 => self.upload().await,
            23..30 => self.change().await,
            30..34 => self.refresh_hours().await,
            34..50 => self.claim().await,
            50..66 => self.begin().await,
            66..76 => self.settle().await,
            76..81 => self.poll().await,
            81..86 => self.webhook().await,
            86..88 => self.settle_again().await,
            88..90 => self.unclaim().await,
            90..94 => self.reap_later().await,
            94..97 => self.renew().await,
            97 => self.crash().await,
            98 => self.freeze().await,
            100.. => self.people().await,
            _ => self.trouble().await,
        }
    }

    fn wait(&mut self) -> Step {
        let longest_ms = self.pick(&[30, 300, 3_000, 10_000, 60_000, 1_200_000, 4 * 3_600_000]);
        let by_ms = self.random.random_range(1..=longest_ms);
        self.advance(by_ms);
        self.note("… later");
        Ok(())
    }
}
