//! Where campaigns stand, and the verbs that change it.

use super::{Edition, Leadership, Standing, Store, StoreError, arguments::Arguments};
use crate::domain::{CampaignId, CampaignName, CampaignState, Timestamp};

/// What may be asked of a campaign.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    /// Dial now, until `until` if given.
    Start {
        /// End of the run.
        until: Option<Timestamp>,
    },
    /// Dial from the next run on.
    Arm {
        /// When it starts.
        next_run: Timestamp,
    },
    /// Dial when another campaign has completed.
    Await,
    /// The leader starts the run that is due.
    Run {
        /// End of the run.
        until: Option<Timestamp>,
        /// The run after it.
        next_run: Option<Timestamp>,
    },
    /// The leader is about to start the run that is due, once all contacts have been put back for it.
    Prepare {
        /// End of the run.
        until: Option<Timestamp>,
        /// The run after it.
        next_run: Option<Timestamp>,
    },
    /// The leader notes the next run and the end of the present one; the state stays.
    Plan {
        /// End of the present run.
        until: Option<Timestamp>,
        /// The next run.
        next_run: Option<Timestamp>,
    },
    /// The leader ends a run; the campaign waits for the next one.
    Rest {
        /// When it starts; none: there is no further run.
        next_run: Option<Timestamp>,
    },
    /// Start no further call.
    Pause,
    /// Go on.
    Resume,
    /// End for good: what is not finished is cancelled.
    Stop,
    /// The leader notes that the last live call of a stopping campaign is over.
    Stopped,
    /// The leader notes that no contact can move by itself.
    Complete,
    /// The leader ends a campaign at its `end_at`: what is not finished has expired.
    Expire,
}

impl Verb {
    fn word(self) -> &'static str {
        match self {
            Self::Start { .. } | Self::Arm { .. } => "start",
            Self::Await => "await",
            Self::Run { .. } => "run",
            Self::Prepare { .. } => "prepare",
            Self::Plan { .. } => "plan",
            Self::Rest { .. } => "rest",
            Self::Pause => "pause",
            Self::Resume => "resume",
            Self::Stop => "stop",
            Self::Stopped => "stopped",
            Self::Complete => "complete",
            Self::Expire => "expire",
        }
    }

    fn times(self) -> (Option<Timestamp>, Option<Timestamp>) {
        match self {
            Self::Start { until } => (until, None),
            Self::Arm { next_run } => (None, Some(next_run)),
            Self::Run { until, next_run } | Self::Prepare { until, next_run } | Self::Plan { until, next_run } => {
                (until, next_run)
            }
            Self::Rest { next_run } => (None, next_run),
            _ => (None, None),
        }
    }
}

/// What the leader notes beside a change; what is none, or empty, stays as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Notes {
    /// Ticks up to this one are handled.
    pub last_tick: Option<Timestamp>,
    /// The instant from which the run's end is counted.
    pub run_from: Option<Timestamp>,
    /// The schedule, as JSON, for which the next run was computed.
    pub planned: String,
}

/// Answer to a verb.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Changed {
    /// Whether this call changed the state; false when it was so already.
    pub changed: bool,
    /// The state now.
    pub state: CampaignState,
    /// Calls that are still live.
    pub live_calls: u64,
    /// No call that was begun before can start after this instant, microseconds of the server's clock.
    pub last_send_by_us: i64,
}

impl Store {
    /// Changes a campaign's state. `leadership`: asked for by the leader, refused when another one leads by now.
    ///
    /// # Errors
    /// When Redis does not answer, or the present state does not allow it.
    pub async fn change(
        &self,
        campaign: CampaignId,
        verb: Verb,
        reason: &str,
        leadership: Option<Leadership>,
    ) -> Result<Changed, StoreError> {
        let token = Leadership::stored(leadership);
        let unread = ["", "", "", "", ""].map(str::to_owned);
        match self.change_state(campaign, verb, reason, token, unread).await? {
            (0, changed) | (1, changed) => Ok(changed),
            (-1, changed) => Err(cannot(changed, verb)),
            _ => Err(Leadership::lost()),
        }
    }

    /// Changes a campaign's state by request, if its definition is still of this version.
    ///
    /// # Errors
    /// As [`Store::change`], and [`StoreError::Outdated`] when it is not.
    pub async fn change_edition(
        &self,
        name: &CampaignName,
        edition: Edition,
        verb: Verb,
    ) -> Result<Changed, StoreError> {
        let read = [&edition.version.to_string(), "*", "", "", ""].map(str::to_owned);
        match self.change_state(edition.campaign, verb, "", String::new(), read).await? {
            (-3, _) => Err(Edition::outdated(name)),
            (-1, changed) => Err(cannot(changed, verb)),
            (_, changed) => Ok(changed),
        }
    }

    /// The leader changes a campaign's state as it decided from `standing`. False, with nothing changed, when the
    /// campaign is not as it was then: read it again.
    ///
    /// # Errors
    /// When Redis does not answer, or another scheduler leads by now.
    pub async fn change_as_leader(
        &self,
        standing: &Standing,
        verb: Verb,
        reason: &str,
        notes: &Notes,
        leadership: Leadership,
    ) -> Result<bool, StoreError> {
        let millis = |time: Option<Timestamp>| time.map_or(String::new(), |time| time.as_millis().to_string());
        let read = [
            standing.version.to_string(),
            standing.stored_next_run(),
            millis(notes.last_tick),
            millis(notes.run_from),
            notes.planned.clone(),
        ];
        match self.change_state(standing.id, verb, reason, leadership.token.to_string(), read).await? {
            (-2, _) => Err(Leadership::lost()),
            (_, changed) => Ok(changed.changed),
        }
    }

    async fn change_state(
        &self,
        campaign: CampaignId,
        verb: Verb,
        reason: &str,
        token: String,
        read: [String; 5],
    ) -> Result<(i64, Changed), StoreError> {
        let (until, next_run) = verb.times();
        let millis = |time: Option<Timestamp>| time.map_or(0, Timestamp::as_millis);
        let mut arguments = Arguments::default()
            .text(campaign)
            .text(verb.word())
            .text(reason)
            .text(millis(until))
            .text(millis(next_run))
            .text(token);
        for field in read {
            arguments.push(field);
        }
        let (code, state, live_calls, last_send_by_us): (i64, u8, u64, i64) =
            self.connection.run("change_state", arguments.as_slice()).await?;
        let state =
            CampaignState::from_byte(state).ok_or_else(|| StoreError::Corrupt(format!("campaign state {state}")))?;
        Ok((code, Changed { changed: code == 1, state, live_calls, last_send_by_us }))
    }
}

fn cannot(changed: Changed, verb: Verb) -> StoreError {
    StoreError::Conflict(format!("a campaign that is {} cannot {}", changed.state, verb.word()))
}
