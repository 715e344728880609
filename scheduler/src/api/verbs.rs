//! A campaign's life cycle: start, pause, resume, stop.

use std::time::Duration;

use axum::{Json, extract::State};
use redial_shared::{
    domain::{
        CampaignName, CampaignState, Timestamp,
        schedule::{Schedule, next_run},
    },
    provider::is_column,
    store::{CampaignInfo, Changed, StoreError, Verb},
};
use serde::Serialize;
use utoipa::ToSchema;

use super::{ApiState, Problem, conditions::Conditions, extract::Campaign};

/// What is added to the last moment of sending, for the error of the clock's measure.
pub(super) const CLOCK_ERROR_US: i64 = 2_000;
/// No call is begun so far ahead: a longer wait would be a wrong clock.
const LAST_SEND_WAIT_MAX: Duration = Duration::from_secs(30);

/// A longer chain of campaigns that start after each other is not followed.
const AFTER_MAX: usize = 100;

/// What a verb came to.
#[derive(Debug, Serialize, ToSchema)]
pub struct VerbAnswer {
    /// The campaign.
    campaign: String,
    /// Its state now.
    #[schema(example = "running")]
    state: String,
    /// Calls that are still live.
    live_calls: u64,
    /// When the next run starts, RFC 3339.
    #[schema(format = DateTime)]
    next_run_at: Option<String>,
    /// The same in plain words.
    message: String,
}

/// Start a campaign: at once, or with its next run if it has a schedule.
#[utoipa::path(
    post, path = "/api/v1/campaigns/{name}/start", operation_id = "start", tag = "campaigns",
    params(
        ("name" = String, Path, description = "The campaign"),
        ("If-Match" = Option<String>, Header, description = "An `ETag` of this campaign: only if its definition is still that one"),
    ),
    responses(
        (status = 200, description = "It runs, or is armed", body = VerbAnswer),
        (status = 404, description = "No such campaign", body = Problem),
        (status = 409, description = "Its state, its schedule or its lists' columns do not allow it", body = Problem),
        (status = 412, description = "`If-Match` does not hold: nothing was done", body = Problem),
    ),
)]
pub async fn start(
    State(state): State<ApiState>,
    Campaign(name): Campaign,
    conditions: Conditions,
) -> Result<Json<VerbAnswer>, Problem> {
    let id = state.store.campaign_id(&name).await?;
    let info = state.store.fresh_info(id).await?;
    let verb = start_verb(&info.definition.schedule, state.store.clock().now())?;
    check_columns(&info)?;
    if let Some(other) = &info.definition.schedule.after {
        check_after(&state, &name, other).await?;
    }
    let changed = change_if(&state, &name, verb, &conditions).await?;
    let after = &info.definition.schedule.after;
    answer(&state, &name, changed, |changed, next_run_at| match (changed.state, next_run_at, after) {
        (CampaignState::Running, ..) if changed.changed => "it has started".to_owned(),
        (CampaignState::Running, ..) => "it was running already".to_owned(),
        (_, Some(at), _) => format!("it is armed: its next run starts at {at}"),
        (_, None, Some(other)) => format!("it is armed: it starts when {other} completes"),
        (_, None, None) => "it is armed".to_owned(),
    })
    .await
}

/// A campaign that starts after another one can do so: that one is there, and does not wait for this one in turn.
async fn check_after(state: &ApiState, name: &CampaignName, first: &CampaignName) -> Result<(), Problem> {
    let mut other = first.clone();
    for _ in 0..AFTER_MAX {
        let id = match state.store.campaign_id(&other).await {
            Ok(id) => id,
            Err(StoreError::NoCampaign(_)) if other == *first => {
                return Err(Problem::conflict(format!(
                    "`{name}` is to start after `{first}`, and there is no such campaign"
                ))
                .with_hint("apply that one first, or correct `after` in [schedule]"));
            }
            // What is gone or done keeps nobody waiting who waits for it in turn.
            Err(StoreError::NoCampaign(_) | StoreError::Archived { .. }) => return Ok(()),
            Err(error) => return Err(error.into()),
        };
        match &state.store.fresh_info(id).await?.definition.schedule.after {
            Some(next) if next == name => {
                return Err(Problem::conflict(format!(
                    "`{name}` is to start after `{first}`, and that one in the end after `{name}`: none of them would ever start"
                ))
                .with_hint("take `after` out of one of them"));
            }
            Some(next) => other = next.clone(),
            None => return Ok(()),
        }
    }
    Ok(())
}

/// Pause a campaign. The answer comes when no new call can start.
#[utoipa::path(
    post, path = "/api/v1/campaigns/{name}/pause", operation_id = "pause", tag = "campaigns",
    params(
        ("name" = String, Path, description = "The campaign"),
        ("If-Match" = Option<String>, Header, description = "An `ETag` of this campaign: only if its definition is still that one"),
    ),
    responses(
        (status = 200, description = "No new call can start", body = VerbAnswer),
        (status = 404, description = "No such campaign", body = Problem),
        (status = 409, description = "Its state does not allow it", body = Problem),
        (status = 412, description = "`If-Match` does not hold: nothing was done", body = Problem),
    ),
)]
pub async fn pause(
    State(state): State<ApiState>,
    Campaign(name): Campaign,
    conditions: Conditions,
) -> Result<Json<VerbAnswer>, Problem> {
    let changed = change_if(&state, &name, Verb::Pause, &conditions).await?;
    last_send(&state, changed.last_send_by_us).await;
    answer(&state, &name, changed, |changed, _| {
        let calls = calls(changed.live_calls);
        if changed.changed { format!("no new call starts; {calls}") } else { format!("it was paused already; {calls}") }
    })
    .await
}

/// Resume a paused campaign.
#[utoipa::path(
    post, path = "/api/v1/campaigns/{name}/resume", operation_id = "resume", tag = "campaigns",
    params(
        ("name" = String, Path, description = "The campaign"),
        ("If-Match" = Option<String>, Header, description = "An `ETag` of this campaign: only if its definition is still that one"),
    ),
    responses(
        (status = 200, description = "It goes on", body = VerbAnswer),
        (status = 404, description = "No such campaign", body = Problem),
        (status = 409, description = "It is not paused", body = Problem),
        (status = 412, description = "`If-Match` does not hold: nothing was done", body = Problem),
    ),
)]
pub async fn resume(
    State(state): State<ApiState>,
    Campaign(name): Campaign,
    conditions: Conditions,
) -> Result<Json<VerbAnswer>, Problem> {
    let changed = change_if(&state, &name, Verb::Resume, &conditions).await?;
    answer(&state, &name, changed, |changed, next_run_at| match (changed.changed, changed.state, next_run_at) {
        (false, ..) => "it was not paused".to_owned(),
        (true, CampaignState::Scheduled, Some(at)) => format!("its next run starts at {at}"),
        (true, ..) => "it goes on".to_owned(),
    })
    .await
}

/// Stop a campaign for good: what is not finished is cancelled. The answer comes when no new call can start; live calls
/// end by themselves.
#[utoipa::path(
    post, path = "/api/v1/campaigns/{name}/stop", operation_id = "stop", tag = "campaigns",
    params(
        ("name" = String, Path, description = "The campaign"),
        ("If-Match" = Option<String>, Header, description = "An `ETag` of this campaign: only if its definition is still that one"),
    ),
    responses(
        (status = 200, description = "It has ended, or does when the last call is over", body = VerbAnswer),
        (status = 404, description = "No such campaign", body = Problem),
        (status = 409, description = "Its state does not allow it", body = Problem),
        (status = 412, description = "`If-Match` does not hold: nothing was done", body = Problem),
    ),
)]
pub async fn stop(
    State(state): State<ApiState>,
    Campaign(name): Campaign,
    conditions: Conditions,
) -> Result<Json<VerbAnswer>, Problem> {
    let changed = change_if(&state, &name, Verb::Stop, &conditions).await?;
    last_send(&state, changed.last_send_by_us).await;
    answer(&state, &name, changed, |changed, _| {
        let calls = calls(changed.live_calls);
        if changed.changed {
            format!("no new call starts, and what is not finished is cancelled; {calls}")
        } else {
            format!("it was stopped already; {calls}")
        }
    })
    .await
}

/// Waits until the last call that was begun before a change has been sent, or never will be.
pub(super) async fn last_send(state: &ApiState, last_send_by_us: i64) {
    let us = last_send_by_us + CLOCK_ERROR_US - state.store.clock().now_us();
    let wait = Duration::from_micros(u64::try_from(us).unwrap_or(0));
    tokio::time::sleep(wait.min(LAST_SEND_WAIT_MAX)).await;
}

/// Changes a campaign's state; what its state does not allow is a conflict with a remedy.
///
/// # Errors
/// 404, 409, and when Redis does not answer.
pub async fn change(state: &ApiState, name: &CampaignName, verb: Verb) -> Result<Changed, Problem> {
    let id = state.store.campaign_id(name).await?;
    told(name, verb, state.store.change(id, verb, "", None).await)
}

/// The same, if its definition is the one that was asked for.
async fn change_if(
    state: &ApiState,
    name: &CampaignName,
    verb: Verb,
    conditions: &Conditions,
) -> Result<Changed, Problem> {
    match conditions.edition(&state.store, name).await? {
        Some(edition) => told(name, verb, state.store.change_edition(name, edition, verb).await),
        None => change(state, name, verb).await,
    }
}

fn told(name: &CampaignName, verb: Verb, changed: Result<Changed, StoreError>) -> Result<Changed, Problem> {
    let changed = changed.map_err(|error| {
        let hint = conflict_hint(verb, name);
        let problem = Problem::from(error);
        if problem.status() == axum::http::StatusCode::CONFLICT { problem.with_hint(hint) } else { problem }
    })?;
    tracing::info!(campaign = %name, state = %changed.state, changed = changed.changed, "campaign changed by request");
    Ok(changed)
}

fn conflict_hint(verb: Verb, name: &CampaignName) -> String {
    match verb {
        Verb::Start { .. } | Verb::Arm { .. } | Verb::Await => {
            format!(
                "a paused campaign goes on with `redial resume {name}`; one that was stopped is over: apply it under another name"
            )
        }
        Verb::Pause => "only a running or scheduled campaign can be paused".to_owned(),
        _ => format!("`redial status {name}` tells where it stands"),
    }
}

async fn answer(
    state: &ApiState,
    name: &CampaignName,
    changed: Changed,
    message: impl FnOnce(&Changed, Option<Timestamp>) -> String,
) -> Result<Json<VerbAnswer>, Problem> {
    let next_run_at = state.store.campaign(name).await?.next_run_at;
    Ok(Json(VerbAnswer {
        campaign: name.to_string(),
        state: changed.state.to_string(),
        live_calls: changed.live_calls,
        next_run_at: next_run_at.map(|at| at.to_string()),
        message: message(&changed, next_run_at),
    }))
}

/// A placeholder that no list fills is a slip of the pen: it would be an error of every single contact.
///
/// # Errors
/// When there are lists and none of them has a column that `[call]` uses.
fn check_columns(info: &CampaignInfo) -> Result<(), Problem> {
    let columns = info.all_columns();
    let used = info.definition.columns_used();
    match used.iter().find(|name| !is_column(name, &columns)) {
        Some(missing) if info.has_lists() => {
            Err(Problem::conflict(format!("[call] uses {{{{{missing}}}}}, and no list has such a column"))
                .with_hint(format!("columns: id, phone, timezone, priority, {}", columns.join(", "))))
        }
        _ => Ok(()),
    }
}

/// How a campaign starts now.
///
/// # Errors
/// When it never could: its `end_at` has passed, or no run comes before it.
fn start_verb(schedule: &Schedule, now: Timestamp) -> Result<Verb, Problem> {
    let hint = "change `start_at`, `end_at` or `cron` of its [schedule] and apply it again";
    if let Some(end_at) = schedule.end_at.filter(|end_at| *end_at <= now) {
        let detail = format!("the campaign ended at {end_at}: nothing can ever run");
        return Err(Problem::conflict(detail).with_hint(hint));
    }
    if schedule.after.is_some() {
        return Ok(Verb::Await);
    }
    if schedule.cron.is_some() {
        let run = next_run(schedule, now).ok_or_else(|| {
            Problem::conflict("its schedule has no run left before `end_at`: nothing can ever run").with_hint(hint)
        })?;
        return Ok(Verb::Arm { next_run: run.at });
    }
    Ok(match schedule.start_at.filter(|start_at| *start_at > now) {
        Some(start_at) => Verb::Arm { next_run: start_at },
        None => Verb::Start { until: schedule.run_until(now) },
    })
}

fn calls(live: u64) -> String {
    match live {
        0 => "no call is live".to_owned(),
        1 => "1 call is still live".to_owned(),
        live => format!("{live} calls are still live"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        let noon = 1_780_000_000_000;
        Timestamp::from_millis(noon + text.parse::<i64>().unwrap() * 1000)
    }

    #[test]
    fn without_cron_it_runs_at_once_until_its_end() {
        let schedule = Schedule { end_at: Some(at("100")), ..Schedule::default() };
        assert_eq!(start_verb(&schedule, at("0")).unwrap(), Verb::Start { until: Some(at("100")) });
        assert_eq!(start_verb(&Schedule::default(), at("0")).unwrap(), Verb::Start { until: None });
    }

    #[test]
    fn before_its_start_it_is_armed() {
        let schedule = Schedule { start_at: Some(at("50")), ..Schedule::default() };
        assert_eq!(start_verb(&schedule, at("0")).unwrap(), Verb::Arm { next_run: at("50") });
        assert_eq!(start_verb(&schedule, at("50")).unwrap(), Verb::Start { until: None });
    }

    #[test]
    fn with_cron_it_is_armed_for_the_next_tick() {
        let schedule = Schedule { cron: Some("* * * * *".parse().unwrap()), ..Schedule::default() };
        let Verb::Arm { next_run } = start_verb(&schedule, at("0")).unwrap() else { panic!("not armed") };
        assert!(next_run > at("0") && next_run <= at("60"));
    }

    #[test]
    fn what_can_never_run_is_refused() {
        let over = Schedule { end_at: Some(at("0")), ..Schedule::default() };
        assert!(start_verb(&over, at("0")).is_err());
        let too_late =
            Schedule { cron: Some("0 0 1 1 *".parse().unwrap()), end_at: Some(at("60")), ..Schedule::default() };
        assert!(start_verb(&too_late, at("0")).is_err());
    }
}
