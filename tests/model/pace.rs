//! Permits: the instants at which calls may start.

use redial_shared::{domain::units::Rate, store::limits::SEND_LAG_US};

/// The permits given so far to an account or a campaign, and how fast they may come.
#[derive(Clone, Default)]
pub struct Pace {
    /// None: no limit.
    pub rate: Option<Rate>,
    given: Vec<Permit>,
}

#[derive(Clone, Copy)]
struct Permit {
    at_us: i64,
    /// How many the rate allowed in a second when it was given.
    per_second: usize,
    spacing_us: i64,
}

impl Pace {
    /// Takes a permit. A call starts up to `SEND_LAG_US` after its permit, so a sliding second and that lag hold no more
    /// permits than the rate; where it has just been changed, than the higher rate.
    pub fn take(&mut self, at_us: i64) -> Result<(), String> {
        let per_second = self.rate.map_or(usize::MAX, |rate| rate.per_second().ceil() as usize);
        let spacing_us = self.rate.map_or(0, |rate| rate.interval_us(SEND_LAG_US) as i64);
        self.given.push(Permit { at_us, per_second, spacing_us });
        let near = |permit: &&Permit| (permit.at_us - at_us).abs() < 1_000_000 + SEND_LAG_US as i64;
        let near: Vec<_> = self.given.iter().rev().take(1_000).filter(near).collect();
        let most = near.iter().map(|permit| permit.per_second).max().unwrap_or(usize::MAX);
        if near.iter().filter(|permit| permit.at_us <= at_us).count() > most {
            return Err(format!("more than {most} permits in the second before {at_us}"));
        }
        Ok(())
    }

    /// What the store may have forgotten has been given all the same.
    pub fn remember(&mut self, other: &Self) {
        self.given.clone_from(&other.given);
    }

    /// When the next permit may be.
    pub fn next_us(&self) -> i64 {
        self.given.last().map_or(0, |last| last.at_us + last.spacing_us)
    }
}
