//! When a running campaign's list will be done.
//!
//! `calls left ÷ calls per second`, from now on. Calls left follow from what the calls so far came to: with p the share of
//! concluded attempts whose outcome is retried and m the attempts that a contact may have, a contact that was never
//! called needs `1 + p + p² + … + p^(m-1)` calls; one that waits for a retry the same less the last term (it has had at
//! least one, and needs at least one more); one on a call that less one, for the call it is on. Calls per second are the
//! least of the campaign's rate, the account's rate and the present rate (which is left out while it is 0).
//!
//! It takes longer where contacts wait: until the last of them can be called, and, of those who are called, until the last of
//! those who are called again, each time after the delay that the outcomes so far have on average.
//!
//! Where no call was started lately and none is live, contacts that were not called yet wait for their hours or their
//! provider, and nothing is foretold. Other campaigns of the account are not foreseen: `redial plan` is for all that.

use std::{collections::BTreeMap, time::Duration};

use redial_shared::{
    config::AccountConfig,
    domain::{
        CampaignState, ContactState, Outcome, Timestamp,
        campaign::{self, CampaignDefinition},
        retry::RetryPolicy,
        units::Rate,
    },
    store::view::{CampaignView, Counts},
};

use super::status::rate_now;

/// More than this of a contact is somebody: shares are fractions.
const SOMEBODY: f64 = 0.5;
/// Beyond this an estimate says nothing.
const HORIZON: Duration = Duration::from_secs(10 * 365 * 24 * 3600);

/// When the list will be done; none unless the campaign is running with work left, at a rate that is known. `last_turn` is that of
/// those who wait.
pub fn finish(
    view: &CampaignView,
    account: Option<&AccountConfig>,
    last_turn: LastTurn,
    now: Timestamp,
) -> Option<Timestamp> {
    let is_still = view.live_calls == 0 && view.recent_starts.iter().all(|starts| *starts == 0);
    let of = |state| view.counts.by_state.get(&state).copied().unwrap_or(0) as f64;
    let (pending, waiting, active) = (of(ContactState::Pending), of(ContactState::Waiting), of(ContactState::Active));
    if view.state != CampaignState::Running || (is_still && (pending > 0.0 || last_turn == LastTurn::Nobodys)) {
        return None;
    }
    let definition = campaign::parse(&view.source, view.name.as_str()).ok()?;
    let policy = &definition.retry;
    let calls_left = calls_left(&view.counts, policy);
    if calls_left <= 0.0 {
        return None;
    }
    let per_s = calls_per_s(&definition, account, rate_now(&view.recent_starts));
    // Who is alone is called as soon as the time comes.
    let per_s = per_s.or(is_still.then_some(f64::INFINITY))?;
    let after = |seconds: f64| Duration::try_from_secs_f64(seconds).ok().filter(|left| *left <= HORIZON);
    let (share, delay) = (retried_share(&view.counts, policy), typical_delay(policy, &view.counts.outcomes));
    let until_last_of = |contacts: f64, retries: u8| delay.saturating_mul(rounds(contacts, share, retries));
    let by_pace = now + after(calls_left / per_s)?;
    let by_delays =
        now + after(pending / per_s)? + until_last_of(pending + active, policy.max_attempts.saturating_sub(1));
    let by_turns = match last_turn {
        LastTurn::Nobodys => now,
        LastTurn::At(last) => last.max(now) + until_last_of(waiting, policy.max_attempts.saturating_sub(2)),
        LastTurn::Never => return None,
    };
    Some(by_pace.max(by_delays).max(by_turns)).filter(|finish| *finish <= now + HORIZON)
}

/// When the last of those who wait can be called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LastTurn {
    /// Nobody waits.
    Nobodys,
    /// Then: its time has come, and its hours are open.
    At(Timestamp),
    /// Its hours do not open within the time that is looked at.
    Never,
}

/// How often the last of some contacts is called again when this share of them is each time, at most `most`.
fn rounds(contacts: f64, share: f64, most: u8) -> u32 {
    let again = |round: &u8| contacts * share.powi(i32::from(*round) + 1) > SOMEBODY;
    (0..most).take_while(again).count() as u32
}

/// Calls that a campaign has still to make.
pub fn calls_left(counts: &Counts, policy: &RetryPolicy) -> f64 {
    let contacts = |state| counts.by_state.get(&state).copied().unwrap_or(0) as f64;
    let open = contacts(ContactState::Pending) + contacts(ContactState::Waiting) + contacts(ContactState::Active);
    if open == 0.0 {
        return 0.0;
    }
    let share = retried_share(counts, policy);
    let whole = calls_each(share, policy.max_attempts);
    let again = calls_each(share, policy.max_attempts.saturating_sub(1)).max(1.0);
    let after_this_one = whole - 1.0;
    let left = contacts(ContactState::Pending) * whole
        + contacts(ContactState::Waiting) * again
        + contacts(ContactState::Active) * after_this_one;
    left.max(f64::MIN_POSITIVE)
}

/// The share of concluded attempts whose outcome is retried, 0 to 1.
pub fn retried_share(counts: &Counts, policy: &RetryPolicy) -> f64 {
    let concluded: u64 = counts.outcomes.values().sum();
    let is_retried = |outcome| policy.of(outcome).is_some_and(|rule| rule.max > 0);
    let retried: u64 =
        counts.outcomes.iter().filter(|(outcome, _)| is_retried(**outcome)).map(|(_, count)| count).sum();
    if concluded == 0 { 0.0 } else { retried as f64 / concluded as f64 }
}

/// Calls that a contact needs when this share of its attempts is retried, at most `most`.
pub fn calls_each(share: f64, most: u8) -> f64 {
    (0..i32::from(most)).map(|retry| share.powi(retry)).sum()
}

/// After how long those are called again who are, by the outcomes so far.
pub fn typical_delay(policy: &RetryPolicy, outcomes: &BTreeMap<Outcome, u64>) -> Duration {
    let first =
        |outcome: &Outcome| policy.of(*outcome).filter(|rule| rule.max > 0).map(|rule| rule.delay_after(1).duration());
    let so_far = outcomes.iter().filter_map(|(outcome, count)| Some((first(outcome)?, *count)));
    let mut delays: Vec<(Duration, u64)> = so_far.collect();
    if delays.is_empty() {
        delays = [Outcome::Busy, Outcome::NoAnswer].iter().filter_map(first).map(|delay| (delay, 1)).collect();
    }
    let (seconds, count) =
        delays.iter().fold((0.0, 0), |(sum, n), (delay, count)| (sum + delay.as_secs_f64() * *count as f64, n + count));
    Duration::try_from_secs_f64(seconds / (count.max(1) as f64)).unwrap_or_default()
}

fn calls_per_s(definition: &CampaignDefinition, account: Option<&AccountConfig>, observed: f64) -> Option<f64> {
    let per_s = |rate: Rate| rate.per_second();
    let known = [
        definition.pacing.rate.map(per_s),
        account.and_then(|account| account.rate).map(per_s),
        Some(observed).filter(|observed| *observed > 0.0),
    ];
    known.into_iter().flatten().reduce(f64::min)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use redial_shared::domain::{CampaignId, Outcome};

    use super::*;

    const SOURCE: &str = "name = \"n\"\nprovider = \"acme\"\n[pacing]\nrate = \"10/s\"\n[retry]\nmax_attempts = 3\n";

    fn running(by_state: &[(ContactState, u64)], outcomes: &[(Outcome, u64)], recent_starts: &[u32]) -> CampaignView {
        CampaignView {
            id: CampaignId(1),
            name: "n".parse().unwrap(),
            state: CampaignState::Running,
            reason: String::new(),
            version: 1,
            source: SOURCE.to_owned(),
            account: "acme".to_owned(),
            counts: Counts {
                total: by_state.iter().map(|(_, count)| count).sum(),
                by_state: by_state.iter().copied().collect(),
                attempts: 0,
                outcomes: outcomes.iter().copied().collect::<BTreeMap<_, _>>(),
            },
            live_calls: 1,
            recent_starts: recent_starts.to_vec(),
            next_run_at: None,
            run_until: None,
        }
    }

    fn seconds_left(view: &CampaignView) -> Option<u64> {
        let now = Timestamp::from_millis(1_000_000);
        finish(view, None, LastTurn::Nobodys, now).map(|at| at.since(now).as_millis() as u64 / 1000)
    }

    #[test]
    fn it_is_not_done_before_the_last_of_those_who_wait_had_their_turn() {
        let now = Timestamp::from_millis(1_000_000);
        let hours = |hours: u64| now + Duration::from_secs(hours * 3600);
        let at = |view: &CampaignView, last| finish(view, None, last, now);
        let outcomes = [(Outcome::Answered, 80), (Outcome::Busy, 20)];
        let waiting = running(&[(ContactState::Waiting, 1), (ContactState::Completed, 9)], &outcomes, &[1; 10]);
        assert_eq!(at(&waiting, LastTurn::At(hours(3))), Some(hours(3)), "one is hardly called yet again");
        let still = CampaignView { live_calls: 0, recent_starts: vec![0; 10], ..waiting.clone() };
        assert_eq!(at(&still, LastTurn::At(hours(3))), Some(hours(3)));
        assert_eq!(at(&waiting, LastTurn::Never), None);
        let many = running(&[(ContactState::Waiting, 100), (ContactState::Completed, 9)], &outcomes, &[1; 10]);
        assert_eq!(
            at(&many, LastTurn::At(hours(3))),
            Some(hours(3) + Duration::from_secs(300)),
            "some are called again"
        );
        let paced = running(&[(ContactState::Pending, 143_999), (ContactState::Waiting, 1)], &[], &[]);
        assert_eq!(at(&paced, LastTurn::At(hours(3))), Some(hours(4)), "the others take longer");
    }

    #[test]
    fn fresh_contacts_take_one_call_each_at_the_campaigns_rate() {
        assert_eq!(seconds_left(&running(&[(ContactState::Pending, 1000)], &[], &[])), Some(100));
    }

    #[test]
    fn retries_are_expected_as_often_as_they_came_so_far() {
        let outcomes = [(Outcome::Answered, 50), (Outcome::Busy, 50)];
        let pending = running(&[(ContactState::Pending, 1000)], &outcomes, &[]);
        assert_eq!(seconds_left(&pending), Some(100 + 2 * 300), "some are called three times, five minutes apart");
        let slow = running(&[(ContactState::Pending, 10_000)], &outcomes, &[]);
        assert_eq!(seconds_left(&slow), Some(1_750), "1 + 0.5 + 0.25 calls each");
        let waiting = running(&[(ContactState::Waiting, 1000)], &outcomes, &[]);
        assert_eq!(seconds_left(&waiting), Some(150), "1 + 0.5 calls each");
        let active = running(&[(ContactState::Active, 1000)], &outcomes, &[]);
        assert_eq!(seconds_left(&active), Some(600), "the same, but for the first call");
        let not_retried = running(&[(ContactState::Pending, 1000)], &[(Outcome::Voicemail, 9)], &[]);
        assert_eq!(seconds_left(&not_retried), Some(100));
    }

    #[test]
    fn the_slowest_of_the_known_rates_counts() {
        let observed = running(&[(ContactState::Pending, 1000)], &[], &[5; 10]);
        assert_eq!(seconds_left(&observed), Some(200));
        let slow = running(&[(ContactState::Pending, 1000)], &[], &[0; 10]);
        assert_eq!(seconds_left(&slow), Some(100));
    }

    #[test]
    fn nothing_is_foreseen_unless_it_runs_with_work_left() {
        assert_eq!(seconds_left(&running(&[(ContactState::Completed, 10)], &[], &[])), None);
        let paused = CampaignView { state: CampaignState::Paused, ..running(&[(ContactState::Pending, 9)], &[], &[]) };
        assert_eq!(seconds_left(&paused), None);
        let still = CampaignView { live_calls: 0, ..running(&[(ContactState::Pending, 9)], &[], &[0; 10]) };
        assert_eq!(seconds_left(&still), None, "something keeps all of them");
        let source = "name = \"n\"\nprovider = \"acme\"\n".to_owned();
        let unpaced = CampaignView { source, ..running(&[(ContactState::Pending, 9)], &[], &[]) };
        assert_eq!(seconds_left(&unpaced), None, "no rate is known");
    }
}
