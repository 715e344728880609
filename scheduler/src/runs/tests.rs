//! Runs against a real Redis, with the clock moved by hand.

use redial_shared::{
    domain::{CampaignId, ContactState, Outcome},
    store::NextRun,
};

use super::*;
use crate::testing::{World, time};

const NIGHTLY: &str = "[schedule]\ncron = \"0 20 * * *\"\nrun_for = \"3h\"\n";

async fn arm(world: &World, campaign: CampaignId, next_run: &str) {
    world.store.change(campaign, Verb::Arm { next_run: time(next_run) }, "", None).await.unwrap();
}

async fn start(world: &World, campaign: CampaignId) {
    world.store.change(campaign, Verb::Start { until: None }, "", None).await.unwrap();
}

/// Lets the leader do a round at a time, and tells where the campaign stands: its state, the end of the present run and
/// the start of the next one.
async fn round(world: &World, runs: &Runs, campaign: CampaignId, now: &str) -> (CampaignState, String, String) {
    runs.run_once(world.now(now)).await.unwrap();
    let view = world.view(campaign).await;
    let show = |time: Option<Timestamp>| time.map_or("-".to_owned(), |time| time.to_string()[5..19].to_owned());
    let running = matches!(view.state, CampaignState::Running);
    (view.state, show(view.run_until.filter(|_| running)), show(view.next_run_at))
}

fn stand(state: CampaignState, until: &str, next_run: &str) -> (CampaignState, String, String) {
    (state, until.to_owned(), next_run.to_owned())
}

use CampaignState::{Paused, Running, Scheduled};

#[tokio::test]
async fn a_run_begins_at_its_tick_ends_after_its_time_and_the_next_one_is_known() {
    let (world, now) = World::at("2026-06-01 12:00").await;
    let campaign = world.campaign("nightly", NIGHTLY, 3, now).await;
    arm(&world, campaign, "2026-06-01 20:00").await;
    let runs = Runs::new(world.store.clone(), world.leader("a").await);
    let (at, waits) = ("06-01T20:00:00", |next: &str| stand(Scheduled, "-", next));
    assert_eq!(round(&world, &runs, campaign, "2026-06-01 12:00").await, waits(at));
    assert_eq!(round(&world, &runs, campaign, "2026-06-01 19:59:59.999Z").await, waits(at));
    let runs_on = stand(Running, "06-01T23:00:00", "06-02T20:00:00");
    assert_eq!(round(&world, &runs, campaign, "2026-06-01 20:00:00.400Z").await, runs_on);
    assert_eq!(world.call(10).await.len(), 3);
    assert_eq!(round(&world, &runs, campaign, "2026-06-01 22:59:59.999Z").await, runs_on);
    assert_eq!(round(&world, &runs, campaign, "2026-06-01 23:00").await, waits("06-02T20:00:00"));
    assert_eq!(runs.run_once(time("2026-06-01 23:00")).await.unwrap(), RunCounts::default(), "nothing is left to do");
}

#[tokio::test]
async fn the_next_round_is_when_the_first_of_the_runs_ahead_is_due() {
    let (world, now) = World::at("2026-06-01 12:00").await;
    let runs = Runs::new(world.store.clone(), world.leader("a").await);
    assert_eq!(runs.due(), None);
    for (cron, next_run) in [("0 20 * * *", "2026-06-01 20:00"), ("30 14 * * *", "2026-06-01 14:30")] {
        let name = &next_run[11..13];
        let campaign = world.campaign(name, &format!("[schedule]\ncron = \"{cron}\"\n"), 1, now).await;
        arm(&world, campaign, next_run).await;
        round(&world, &runs, campaign, "2026-06-01 12:00").await;
    }
    runs.run_once(now).await.unwrap();
    assert_eq!(runs.due(), Some(time("2026-06-01 14:30")));
}

#[tokio::test]
async fn no_call_starts_after_a_run_even_when_no_leader_ends_it() {
    let (world, now) = World::at("2026-06-01 19:59").await;
    let campaign = world.campaign("nightly", NIGHTLY, 3, now).await;
    arm(&world, campaign, "2026-06-01 20:00").await;
    let runs = Runs::new(world.store.clone(), world.leader("a").await);
    round(&world, &runs, campaign, "2026-06-01 20:00").await;
    world.now("2026-06-01 22:59");
    assert_eq!(world.call(1).await.len(), 1);
    world.now("2026-06-01 23:00");
    assert_eq!(world.call(10).await.len(), 0);
}

#[tokio::test]
async fn runs_follow_the_wall_clock_over_changes_of_daylight_saving_time() {
    let schedule = "[schedule]\ncron = \"30 2 * * *\"\ntimezone = \"Europe/Paris\"\nrun_for = \"1h\"\n";
    let (world, now) = World::at("2026-03-28 12:00").await;
    let campaign = world.campaign("nightly", schedule, 1, now).await;
    arm(&world, campaign, "2026-03-29 01:00").await;
    let runs = Runs::new(world.store.clone(), world.leader("a").await);
    let skipped = stand(Running, "03-29T02:00:00", "03-30T00:30:00");
    assert_eq!(round(&world, &runs, campaign, "2026-03-29 01:00").await, skipped);
    assert_eq!(round(&world, &runs, campaign, "2026-03-29 02:00").await, stand(Scheduled, "-", "03-30T00:30:00"));

    // In autumn half past two comes twice; the run comes the first time only.
    world.now("2026-10-24 12:00");
    let (autumn, now) = (world.apply("autumn", schedule).await, time("2026-10-24 12:00"));
    world.store.refresh_hours(autumn, now).await.unwrap();
    arm(&world, autumn, "2026-10-25 00:30").await;
    let first = stand(Running, "10-25T01:30:00", "10-26T01:30:00");
    assert_eq!(round(&world, &runs, autumn, "2026-10-25 00:30").await, first);
    assert_eq!(round(&world, &runs, autumn, "2026-10-25 01:30").await, stand(Scheduled, "-", "10-26T01:30:00"));
}

#[tokio::test]
async fn after_an_outage_a_missed_run_runs_once_or_is_skipped_as_the_campaign_says() {
    let (world, now) = World::at("2026-06-01 19:00").await;
    let schedule = |missed: &str| format!("{NIGHTLY}missed = \"{missed}\"\n");
    let once = world.campaign("once", &schedule("run_once"), 1, now).await;
    let skip = world.campaign("skip", &schedule("skip"), 1, now).await;
    for campaign in [once, skip] {
        arm(&world, campaign, "2026-06-01 20:00").await;
    }
    let runs = Runs::new(world.store.clone(), world.leader("a").await);
    round(&world, &runs, once, "2026-06-01 19:00").await;
    // Six hours without a scheduler: the run would be over by now.
    let late = stand(Running, "06-02T04:00:00", "06-02T20:00:00");
    assert_eq!(round(&world, &runs, once, "2026-06-02 01:00").await, late);
    assert_eq!(round(&world, &runs, skip, "2026-06-02 01:00").await, stand(Scheduled, "-", "06-02T20:00:00"));
    assert_eq!(round(&world, &runs, once, "2026-06-02 04:00").await, stand(Scheduled, "-", "06-02T20:00:00"));
}

#[tokio::test]
async fn a_skipped_run_uses_what_is_left_of_its_own_time() {
    let (world, now) = World::at("2026-06-01 19:00").await;
    let campaign = world.campaign("skip", &format!("{NIGHTLY}missed = \"skip\"\n"), 1, now).await;
    arm(&world, campaign, "2026-06-01 20:00").await;
    let runs = Runs::new(world.store.clone(), world.leader("a").await);
    let rest_of_it = stand(Running, "06-01T23:00:00", "06-02T20:00:00");
    assert_eq!(round(&world, &runs, campaign, "2026-06-01 22:30").await, rest_of_it);
}

#[tokio::test]
async fn a_run_interrupted_by_an_outage_is_over_when_its_time_is() {
    let (world, now) = World::at("2026-06-01 19:00").await;
    let campaign = world.campaign("nightly", NIGHTLY, 1, now).await;
    arm(&world, campaign, "2026-06-01 20:00").await;
    let runs = Runs::new(world.store.clone(), world.leader("a").await);
    round(&world, &runs, campaign, "2026-06-01 20:00").await;
    // Down from the run to the middle of the next but one: what was missed runs from now on.
    let late = stand(Running, "06-03T22:00:00", "06-03T20:00:00");
    assert_eq!(round(&world, &runs, campaign, "2026-06-03 19:00").await, late);
    let tick_skipped = stand(Running, "06-03T22:00:00", "06-04T20:00:00");
    assert_eq!(round(&world, &runs, campaign, "2026-06-03 20:00").await, tick_skipped);
    assert_eq!(round(&world, &runs, campaign, "2026-06-03 22:00").await, stand(Scheduled, "-", "06-04T20:00:00"));
}

#[tokio::test]
async fn runs_that_follow_each_other_without_a_gap_leave_none_out() {
    let (world, now) = World::at("2026-06-01 19:30").await;
    let hourly = "[schedule]\ncron = \"0 * * * *\"\nrun_for = \"1h\"\n";
    let campaign = world.campaign("hourly", hourly, 1, now).await;
    arm(&world, campaign, "2026-06-01 20:00").await;
    let runs = Runs::new(world.store.clone(), world.leader("a").await);
    for hour in 20..23 {
        let now = format!("2026-06-01 {hour}:00");
        let expected = format!("06-01T{}:00:00", hour + 1);
        let (state, until, next_run) = round(&world, &runs, campaign, &now).await;
        assert_eq!((state, &*until, &*next_run), (Running, &*expected, &*expected), "{now}");
    }
}

#[tokio::test]
async fn a_tick_while_a_run_still_goes_is_skipped() {
    let (world, now) = World::at("2026-06-01 19:30").await;
    let campaign = world.campaign("open", "[schedule]\ncron = \"0 20 * * *\"\n", 1, now).await;
    arm(&world, campaign, "2026-06-01 20:00").await;
    let runs = Runs::new(world.store.clone(), world.leader("a").await);
    assert_eq!(round(&world, &runs, campaign, "2026-06-01 20:00").await, stand(Running, "-", "06-02T20:00:00"));
    assert_eq!(round(&world, &runs, campaign, "2026-06-02 20:00").await, stand(Running, "-", "06-03T20:00:00"));
    assert_eq!(runs.run_once(time("2026-06-02 20:00")).await.unwrap(), RunCounts::default());
}

#[tokio::test]
async fn a_tick_happens_once_whoever_leads() {
    let (world, now) = World::at("2026-06-01 19:00").await;
    let campaign = world.campaign("nightly", NIGHTLY, 1, now).await;
    arm(&world, campaign, "2026-06-01 20:00").await;
    let old = Runs::new(world.store.clone(), world.leader("old").await);
    old.run_once(now).await.unwrap();
    assert_eq!(world.store.lead("new", Duration::from_secs(15)).await.unwrap(), None, "one leads");
    let read_by_old = world.standing(campaign).await;

    world.store.stop_leading("old").await.unwrap();
    let new = Runs::new(world.store.clone(), world.leader("new").await);
    let now = world.now("2026-06-01 20:00");
    assert_eq!(new.run_once(now).await.unwrap().begun, 1);
    // The old leader wakes up with what it had read, and writes late.
    let refused = old.advance(read_by_old.clone(), now, &mut RunCounts::default()).await.unwrap_err();
    assert_eq!(refused.to_string(), "another scheduler leads by now");
    assert!(old.run_once(now + Duration::from_secs(24 * 3600)).await.is_err());
    // Not even the rightful leader repeats a tick that it had read of before somebody else handled it.
    let mut counts = RunCounts::default();
    new.advance(read_by_old, now, &mut counts).await.unwrap();
    assert_eq!(counts, RunCounts::default());
    assert_eq!(round(&world, &new, campaign, "2026-06-01 20:01").await.1, "06-01T23:00:00");
}

#[tokio::test]
async fn a_leader_that_takes_over_begins_a_tick_that_nobody_handled() {
    let (world, now) = World::at("2026-06-01 19:59:50Z").await;
    let campaign = world.campaign("nightly", NIGHTLY, 1, now).await;
    arm(&world, campaign, "2026-06-01 20:00").await;
    let lease = Duration::from_secs(15);
    let old = world.store.lead("old", lease).await.unwrap().unwrap();
    Runs::new(world.store.clone(), old).run_once(now).await.unwrap();
    // It dies. Its lease runs out five seconds after the tick.
    world.now("2026-06-01 20:00:04Z");
    assert_eq!(world.store.lead("new", lease).await.unwrap(), None);
    world.now("2026-06-01 20:00:05Z");
    let new = world.store.lead("new", lease).await.unwrap().unwrap();
    assert!(new.token > old.token);
    let new = Runs::new(world.store.clone(), new);
    let whole = stand(Running, "06-01T23:00:00", "06-02T20:00:00");
    assert_eq!(round(&world, &new, campaign, "2026-06-01 20:00:05Z").await, whole, "a failover is no outage");
}

#[tokio::test]
async fn a_paused_campaign_is_found_where_its_schedule_is_when_it_resumes() {
    let (world, now) = World::at("2026-06-01 19:00").await;
    let campaign = world.campaign("nightly", NIGHTLY, 3, now).await;
    arm(&world, campaign, "2026-06-01 20:00").await;
    let runs = Runs::new(world.store.clone(), world.leader("a").await);
    let pause = || world.store.change(campaign, Verb::Pause, "lunch", None);
    let resume = || world.store.change(campaign, Verb::Resume, "", None);

    pause().await.unwrap();
    assert_eq!(round(&world, &runs, campaign, "2026-06-01 20:00").await, stand(Paused, "-", "06-02T20:00:00"));
    assert_eq!(world.view(campaign).await.reason, "lunch", "its schedule does not touch the reason");
    assert_eq!(world.call(1).await.len(), 0);
    world.now("2026-06-01 21:00");
    assert_eq!(resume().await.unwrap().state, Running, "its run has begun meanwhile");
    assert_eq!(world.call(1).await.len(), 1);
    assert_eq!(round(&world, &runs, campaign, "2026-06-01 21:00").await.1, "06-01T23:00:00");

    pause().await.unwrap();
    assert_eq!(round(&world, &runs, campaign, "2026-06-01 23:30").await, stand(Paused, "-", "06-02T20:00:00"));
    assert_eq!(resume().await.unwrap().state, Scheduled, "its run has ended meanwhile");
    assert_eq!(round(&world, &runs, campaign, "2026-06-02 20:00").await.0, Running);

    // Nobody leads while it is paused beyond the end of its run: resuming still starts no call.
    pause().await.unwrap();
    world.now("2026-06-02 23:30");
    resume().await.unwrap();
    assert_eq!(world.call(10).await.len(), 0);
    assert_eq!(round(&world, &runs, campaign, "2026-06-02 23:30").await.0, Scheduled);
}

#[tokio::test]
async fn a_campaign_without_cron_starts_at_its_start_at() {
    let (world, now) = World::at("2026-06-01 19:00").await;
    let bounds = "[schedule]\nstart_at = 2026-06-02T08:00:00Z\nend_at = 2026-06-03T08:00:00Z\n";
    let campaign = world.campaign("later", bounds, 1, now).await;
    arm(&world, campaign, "2026-06-02 08:00").await;
    let runs = Runs::new(world.store.clone(), world.leader("a").await);
    assert_eq!(round(&world, &runs, campaign, "2026-06-02 07:59").await, stand(Scheduled, "-", "06-02T08:00:00"));
    assert_eq!(round(&world, &runs, campaign, "2026-06-02 08:00").await, stand(Running, "06-03T08:00:00", "-"));
    assert_eq!(runs.run_once(time("2026-06-02 09:00")).await.unwrap(), RunCounts::default());
}

#[tokio::test]
async fn without_a_further_run_it_stays_scheduled_and_says_why() {
    let (world, now) = World::at("2026-06-01 19:00").await;
    let campaign = world.campaign("last", &format!("{NIGHTLY}end_at = 2026-06-02T12:00:00Z\n"), 1, now).await;
    arm(&world, campaign, "2026-06-01 20:00").await;
    let runs = Runs::new(world.store.clone(), world.leader("a").await);
    assert_eq!(round(&world, &runs, campaign, "2026-06-01 20:00").await, stand(Running, "06-01T23:00:00", "-"));
    assert_eq!(round(&world, &runs, campaign, "2026-06-01 23:00").await, stand(Scheduled, "-", "-"));
    assert!(world.view(campaign).await.reason.contains("no further run"));

    world.apply("last", NIGHTLY).await;
    assert_eq!(round(&world, &runs, campaign, "2026-06-01 23:10").await, stand(Scheduled, "-", "06-02T20:00:00"));
    assert_eq!(world.view(campaign).await.reason, "");
}

#[tokio::test]
async fn a_changed_schedule_moves_the_next_run_and_the_end_of_the_present_one() {
    let (world, now) = World::at("2026-06-01 19:00").await;
    let campaign = world.campaign("nightly", NIGHTLY, 1, now).await;
    arm(&world, campaign, "2026-06-01 20:00").await;
    let runs = Runs::new(world.store.clone(), world.leader("a").await);
    round(&world, &runs, campaign, "2026-06-01 19:00").await;
    let earlier = NIGHTLY.replace("0 20", "30 19");
    world.apply("nightly", &earlier).await;
    assert_eq!(round(&world, &runs, campaign, "2026-06-01 19:10").await, stand(Scheduled, "-", "06-01T19:30:00"));
    assert_eq!(round(&world, &runs, campaign, "2026-06-01 19:30").await.1, "06-01T22:30:00");
    world.now("2026-06-01 20:00");
    world.apply("nightly", &earlier.replace("3h", "1h")).await;
    let shorter = stand(Running, "06-01T20:30:00", "06-02T19:30:00");
    assert_eq!(round(&world, &runs, campaign, "2026-06-01 20:00:01Z").await, shorter);

    // An edit of something else at the very moment of a tick does not lose it.
    world.now("2026-06-02 19:30:00.200Z");
    round(&world, &runs, campaign, "2026-06-02 19:29").await;
    world.now("2026-06-02 19:30:00.200Z");
    world.apply("nightly", &format!("{}[pacing]\npriority = 2\n", earlier.replace("3h", "1h"))).await;
    assert_eq!(round(&world, &runs, campaign, "2026-06-02 19:30:00.400Z").await.1, "06-02T20:30:00");
}

#[tokio::test]
async fn a_list_that_grows_goes_on_with_its_run_or_waits_for_the_next() {
    let (world, now) = World::at("2026-06-01 19:00").await;
    let campaign = world.campaign("nightly", NIGHTLY, 1, now).await;
    arm(&world, campaign, "2026-06-01 20:00").await;
    let leadership = world.leader("a").await;
    let runs = Runs::new(world.store.clone(), leadership);
    let complete = || world.store.change(campaign, Verb::Complete, "", Some(leadership));
    round(&world, &runs, campaign, "2026-06-01 20:00").await;
    world.end(&world.call(1).await, Outcome::Answered, time("2026-06-01 20:01")).await;
    assert!(complete().await.unwrap().changed);
    assert_eq!(world.view(campaign).await.next_run_at, None);

    world.now("2026-06-01 21:00");
    world.upload(campaign, 1, 1, "").await;
    world.store.refresh_hours(campaign, time("2026-06-01 21:00")).await.unwrap();
    let goes_on = stand(Running, "06-01T23:00:00", "06-02T20:00:00");
    assert_eq!(round(&world, &runs, campaign, "2026-06-01 21:00").await, goes_on);
    world.end(&world.call(1).await, Outcome::Answered, time("2026-06-01 21:01")).await;
    assert!(complete().await.unwrap().changed);

    // Ticks that passed while there was nothing to do are not made up for.
    world.now("2026-06-05 09:00");
    world.upload(campaign, 2, 1, "").await;
    assert_eq!(round(&world, &runs, campaign, "2026-06-05 09:00").await, stand(Scheduled, "-", "06-05T20:00:00"));
}

#[tokio::test]
async fn a_run_that_restarts_dials_the_whole_list_again_even_when_its_leader_dies_in_the_middle() {
    let (world, now) = World::at("2026-06-01 19:00").await;
    let schedule = format!("{NIGHTLY}each_run = \"restart\"\n[retry]\nmax_attempts = 1\n");
    let campaign = world.campaign("again", &schedule, 600, now).await;
    arm(&world, campaign, "2026-06-01 20:00").await;
    let old_leadership = world.leader("old").await;
    let old = Runs::new(world.store.clone(), old_leadership);
    let first = old.run_once(world.now("2026-06-01 20:00")).await.unwrap();
    assert_eq!((first.begun, first.put_back), (1, 0), "nobody has been called: there is nothing to put back");
    let mut live = Vec::new();
    for (second, outcome) in [(0, Outcome::Answered), (1, Outcome::Busy), (2, Outcome::Unknown)] {
        let now = world.now(&format!("2026-06-01 20:00:0{second}Z"));
        let attempts = world.call(200).await;
        assert_eq!(attempts.len(), 200);
        live.push(attempts[0]);
        world.end(&attempts[1..], outcome, now).await;
    }
    assert_eq!(world.count(campaign, ContactState::Active).await, 3);
    assert_eq!(world.count(campaign, ContactState::Completed).await, 199);
    round(&world, &old, campaign, "2026-06-01 23:00").await;

    // At the next tick the leader puts one block of three back, and dies.
    let now = world.now("2026-06-02 20:00");
    let standing = world.standing(campaign).await;
    let until = Some(time("2026-06-02 23:00"));
    let next_run = Some(time("2026-06-03 20:00"));
    let notes = Notes { last_tick: Some(now), run_from: Some(now), planned: standing.planned.clone() };
    let prepare = Verb::Prepare { until, next_run };
    assert!(world.store.change_as_leader(&standing, prepare, "", &notes, old_leadership).await.unwrap());
    let begun = world.standing(campaign).await.preparing.unwrap();
    let done = world.store.restart_block(campaign, begun, old_leadership).await.unwrap();
    assert!(matches!(done, Prepared::Block(1..=256)));
    let repeated = world.store.restart_block(campaign, begun, old_leadership).await.unwrap();
    assert_eq!(repeated, Prepared::Changed, "a block is done once");
    assert_eq!(world.view(campaign).await.state, Scheduled);
    assert_eq!(world.call(10).await.len(), 0, "nobody is called before all are put back");

    world.store.stop_leading("old").await.unwrap();
    let new = Runs::new(world.store.clone(), world.leader("new").await);
    let late = Preparation { block: 1, ..begun };
    assert!(world.store.restart_block(campaign, late, old_leadership).await.is_err(), "the old one writes late");
    let counts = new.run_once(now).await.unwrap();
    assert_eq!((counts.begun, counts.rested, counts.planned), (1, 0, 0));
    assert_eq!(
        round(&world, &new, campaign, "2026-06-02 20:00").await,
        stand(Running, "06-02T23:00:00", "06-03T20:00:00")
    );

    // Those that were on calls are left to their calls; all others are dialed once more, none of them twice.
    assert_eq!(world.count(campaign, ContactState::Active).await, 3);
    assert_eq!(world.count(campaign, ContactState::Pending).await, 597);
    let mut called = std::collections::HashSet::new();
    for second in 0..6 {
        world.now(&format!("2026-06-02 20:01:0{second}Z"));
        for attempt in world.call(256).await {
            assert!(called.insert(attempt.position), "called twice");
        }
    }
    assert_eq!(called.len(), 597);
    assert!(live.iter().all(|attempt| !called.contains(&attempt.position)));
}

#[tokio::test]
async fn a_long_list_is_put_back_a_bounded_part_at_a_time() {
    let (world, now) = World::at("2026-06-01 19:59").await;
    let schedule = format!("{NIGHTLY}each_run = \"restart\"\n");
    let contacts = (BLOCKS_PER_ROUND + 1) * 256;
    let campaign = world.campaign("long", &schedule, contacts, now).await;
    arm(&world, campaign, "2026-06-01 20:00").await;
    let runs = Runs::new(world.store.clone(), world.leader("a").await);
    round(&world, &runs, campaign, "2026-06-01 20:00").await;
    world.end(&world.call(1).await, Outcome::Answered, now).await;
    round(&world, &runs, campaign, "2026-06-01 23:00").await;
    let tick = world.now("2026-06-02 20:00");
    let first = runs.run_once(tick).await.unwrap();
    assert_eq!((first.begun, first.more), (0, true));
    assert_eq!(world.view(campaign).await.reason, PUTTING_BACK);
    let second = runs.run_once(tick).await.unwrap();
    assert_eq!((second.begun, second.more), (1, false));
    assert_eq!(world.view(campaign).await.reason, "");
    assert_eq!(world.count(campaign, ContactState::Pending).await, contacts as u64);
}

#[tokio::test]
async fn a_tick_that_comes_while_its_campaign_is_being_armed_counts() {
    let (world, now) = World::at("2026-06-01 19:59:59.999Z").await;
    let campaign = world.campaign("nightly", NIGHTLY, 1, now).await;
    world.now("2026-06-01 20:00:00.002Z");
    arm(&world, campaign, "2026-06-01 20:00").await;
    let runs = Runs::new(world.store.clone(), world.leader("a").await);
    assert_eq!(round(&world, &runs, campaign, "2026-06-01 20:00:01Z").await.1, "06-01T23:00:00");
}

#[tokio::test]
async fn a_contact_with_several_entries_is_claimed_and_counted_once() {
    let (world, now) = World::at("2026-06-01 20:00").await;
    let schedule = format!("{NIGHTLY}each_run = \"restart\"\n");
    let campaign = world.campaign("again", &schedule, 1, now).await;
    arm(&world, campaign, "2026-06-01 20:00").await;
    let runs = Runs::new(world.store.clone(), world.leader("a").await);
    round(&world, &runs, campaign, "2026-06-01 20:00").await;
    world.end(&world.call(1).await, Outcome::NoAnswer, now).await;
    // Its retry is due by the next run, which files it anew.
    for now in ["2026-06-01 23:00", "2026-06-02 20:00"] {
        round(&world, &runs, campaign, now).await;
    }
    assert_eq!(world.claim(10).await.1.len(), 1);
    let mut redis = world.redis();
    let claimed: i64 = redis::cmd("HGET").arg("{test}:a:acme").arg("claimed").query(&mut redis).unwrap();
    assert_eq!(claimed, 1);
}

#[tokio::test]
async fn a_preparation_that_outlasts_its_run_is_a_missed_run() {
    let (world, now) = World::at("2026-06-01 19:00").await;
    for missed in ["run_once", "skip"] {
        let schedule = format!("{NIGHTLY}each_run = \"restart\"\nmissed = \"{missed}\"\n");
        let campaign = world.campaign(&missed.replace('_', "-"), &schedule, 1, now).await;
        arm(&world, campaign, "2026-06-01 20:00").await;
    }
    let leadership = world.leader("a").await;
    let runs = Runs::new(world.store.clone(), leadership);
    world.now("2026-06-01 20:00");
    runs.run_once(now).await.unwrap();
    let names = ["run-once", "skip"];
    for name in names {
        let campaign = world.store.campaign_id(&name.parse().unwrap()).await.unwrap();
        let standing = world.standing(campaign).await;
        assert_eq!(standing.next_run, NextRun::At(time("2026-06-01 20:00")));
        let verb = Verb::Prepare { until: Some(time("2026-06-01 23:00")), next_run: Some(time("2026-06-02 20:00")) };
        let tick = Some(time("2026-06-01 20:00"));
        let notes = Notes { last_tick: tick, run_from: tick, planned: standing.planned.clone() };
        assert!(world.store.change_as_leader(&standing, verb, "", &notes, leadership).await.unwrap());
    }
    let states = [stand(Running, "06-02T04:00:00", "06-02T20:00:00"), stand(Scheduled, "-", "06-02T20:00:00")];
    for (name, expected) in names.into_iter().zip(states) {
        let campaign = world.store.campaign_id(&name.parse().unwrap()).await.unwrap();
        assert_eq!(round(&world, &runs, campaign, "2026-06-02 01:00").await, expected);
        assert_eq!(world.standing(campaign).await.preparing, None);
    }
}

#[tokio::test]
async fn a_started_campaign_keeps_running_without_a_schedule() {
    let (world, now) = World::at("2026-06-01 19:00").await;
    let campaign = world.campaign("plain", "", 1, now).await;
    start(&world, campaign).await;
    let runs = Runs::new(world.store.clone(), world.leader("a").await);
    assert_eq!(round(&world, &runs, campaign, "2026-06-01 19:00").await, stand(Running, "-", "-"));
    assert_eq!(round(&world, &runs, campaign, "2026-07-01 19:00").await, stand(Running, "-", "-"));
}

#[tokio::test]
async fn a_campaign_starts_when_the_one_that_it_waits_for_completes() {
    let (world, now) = World::at("2026-06-01 19:00").await;
    let first = world.campaign("first", "", 1, now).await;
    let second = world.campaign("second", "[schedule]\nafter = \"first\"\n", 1, now).await;
    world.store.change(second, Verb::Await, "", None).await.unwrap();
    let leadership = world.leader("a").await;
    let runs = Runs::new(world.store.clone(), leadership);
    assert_eq!(round(&world, &runs, second, "2026-06-01 19:00").await, stand(Scheduled, "-", "-"));
    assert_eq!(world.view(second).await.reason, "it starts when first completes");
    start(&world, first).await;
    world.end(&world.call(1).await, Outcome::Answered, now).await;
    assert_eq!(round(&world, &runs, second, "2026-06-01 19:05").await, stand(Scheduled, "-", "-"));
    crate::endings::Endings::new(world.store.clone(), leadership).run_once(now).await.unwrap();
    assert_eq!(world.view(first).await.state, CampaignState::Completed);
    assert_eq!(round(&world, &runs, second, "2026-06-01 19:06").await, stand(Running, "-", "-"));
    assert_eq!(world.view(second).await.reason, "");
    assert_eq!(world.claim(10).await.1.len(), 1);
}
