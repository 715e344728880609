//! What a campaign did over time: for charts.

use std::{collections::BTreeMap, time::Duration};

use axum::{Json, extract::State};
use redial_shared::domain::{
    Outcome, Timestamp,
    timeline::{self as counted, Sample},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{
    ApiState, Problem,
    extract::{Campaign, Params},
};

/// How far back anything is known.
const MINUTES_MAX: u32 = 3 * 24 * 60;
const MINUTES_DEFAULT: u32 = 60;
/// Beyond these only wide looks are kept.
const CLOSE_MINUTES: u32 = 120;
/// Lengths of a stretch, in seconds, and how many there are at most.
const STEPS_S: [u32; 8] = [10, 20, 30, 60, 300, 600, 900, 1_800];
const STRETCHES_MAX: u32 = 360;

/// Query of a timeline.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct TimelineParams {
    /// How far back, in minutes: 1 to 4320 [default: 60].
    minutes: Option<u32>,
}

/// What a campaign did, in stretches of equal length. All lists are equally long, the oldest first.
#[derive(Debug, Serialize, ToSchema)]
pub struct TimelineAnswer {
    /// The campaign.
    campaign: String,
    /// Begin of the first stretch, RFC 3339.
    #[schema(format = DateTime)]
    from: String,
    /// End of the last one, RFC 3339: up to `step_s` from now, for it goes on.
    #[schema(format = DateTime)]
    to: String,
    /// Length of a stretch, in seconds.
    step_s: u32,
    /// Calls started in each.
    calls: Vec<u64>,
    /// Live calls at the end of each.
    live_calls: Vec<u64>,
    /// How the calls that ended in each came out; outcomes that never came are left out.
    #[schema(value_type = BTreeMap<String, Vec<u64>>)]
    outcomes: BTreeMap<&'static str, Vec<u64>>,
}

/// Tell what a campaign did over time: calls started, live calls and outcomes.
///
/// The last two hours are known in steps of 10 s, the last three days in steps of 5 min. Where nobody looked for a while
/// (no scheduler ran), what happened is spread evenly over that time.
#[utoipa::path(
    get, path = "/api/v1/campaigns/{name}/timeline", operation_id = "timeline", tag = "campaigns",
    params(("name" = String, Path, description = "The campaign"), TimelineParams),
    responses(
        (status = 200, description = "What it did", body = TimelineAnswer),
        (status = 404, description = "No such campaign", body = Problem),
        (status = 422, description = "So far back nothing is known", body = Problem),
    ),
)]
pub async fn timeline(
    State(state): State<ApiState>,
    Campaign(name): Campaign,
    Params(params): Params<TimelineParams>,
) -> Result<Json<TimelineAnswer>, Problem> {
    let minutes = params.minutes.unwrap_or(MINUTES_DEFAULT);
    if !(1..=MINUTES_MAX).contains(&minutes) {
        return Err(Problem::unprocessable(format!("`minutes` is 1 to {MINUTES_MAX}")).with_key("minutes"));
    }
    let now = state.store.clock().now();
    let looks = match state.archived(&name).await? {
        Some(archived) => {
            let lines = state.read(&archived).await?;
            lines.manifest.timeline.iter().filter_map(|line| Sample::from_line(line)).collect()
        }
        None => state.store.looks(state.store.campaign_id(&name).await?, now).await?,
    };
    let (from, step_s, stretches) = stretches(now, minutes);
    let line = counted::timeline(&looks, from, Duration::from_secs(step_s.into()), stretches as usize);
    let outcomes = Outcome::ALL.iter().map(|outcome| outcome.as_str()).zip(line.outcomes);
    Ok(Json(TimelineAnswer {
        campaign: name.to_string(),
        from: from.to_string(),
        to: (from + Duration::from_secs(u64::from(step_s) * u64::from(stretches))).to_string(),
        step_s,
        calls: line.calls,
        live_calls: line.live,
        outcomes: outcomes.filter(|(_, counts)| counts.iter().any(|count| *count > 0)).collect(),
    }))
}

/// Stretches that lie on full steps of the clock, the last of which holds `now`.
fn stretches(now: Timestamp, minutes: u32) -> (Timestamp, u32, u32) {
    let least = if minutes > CLOSE_MINUTES { 300 } else { 0 };
    let fits = |step_s: &&u32| **step_s >= least && (minutes * 60).div_ceil(**step_s) <= STRETCHES_MAX;
    let step_s = *STEPS_S.iter().find(fits).unwrap_or(&STEPS_S[STEPS_S.len() - 1]);
    let count = (minutes * 60).div_ceil(step_s);
    let step_ms = i64::from(step_s) * 1000;
    let end = (now.as_millis().div_euclid(step_ms) + 1) * step_ms;
    (Timestamp::from_millis(end - step_ms * i64::from(count)), step_s, count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stretches_are_few_and_lie_on_full_steps() {
        let now = Timestamp::from_millis(1_780_315_204_000);
        let of = |minutes| {
            let (from, step_s, count) = stretches(now, minutes);
            (now.since(from).as_secs(), step_s, count)
        };
        assert_eq!(of(60), (3_594, 10, 360));
        assert_eq!(of(1), (54, 10, 6));
        assert_eq!(of(120).1, 20);
        assert_eq!(of(360), (360 * 60 - 296, 300, 72));
        assert_eq!(of(MINUTES_MAX).1, 900);
        assert!((1..=MINUTES_MAX).all(|minutes| of(minutes).2 <= STRETCHES_MAX));
    }
}
