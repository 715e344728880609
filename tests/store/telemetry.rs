//! What is counted of calls, and how much there is to do, as metrics tell it.

use std::time::Duration;

use redial_shared::{
    domain::Outcome,
    store::{QueueDepth, Settled},
    telemetry::metrics::{Format, written},
};

use crate::caller::{Caller, after};

const HOUR: Duration = Duration::from_secs(3_600);

/// How often calls of the account `nightly` ended so, as this process counts.
fn ended(caller: &Caller, outcome: Outcome) -> u64 {
    let page = written([caller.store.metrics().page()], Format::Text);
    let start = format!("redial_calls_total{{provider=\"nightly\",outcome=\"{outcome}\"}} ");
    page.lines().find_map(|line| line.strip_prefix(&start)).map_or(0, |count| count.parse().unwrap())
}

/// How often this process has asked Redis.
fn asked(caller: &Caller) -> u64 {
    let page = written([caller.store.metrics().page()], Format::Text);
    let counts = page.lines().filter(|line| line.starts_with("redial_redis_command_seconds_count{"));
    counts.filter_map(|line| line.rsplit_once(' ')?.1.parse::<u64>().ok()).sum()
}

async fn depth(caller: &Caller) -> QueueDepth {
    let campaigns = caller.store.campaigns().await.unwrap();
    caller.store.queue_depths(&campaigns).await.unwrap().remove("nightly").unwrap_or_default()
}

#[tokio::test]
async fn an_end_is_counted_once_however_often_it_is_written_and_late_truth_once_more() {
    let caller = Caller::new().await;
    let id = caller.campaign("nightly", "", &[&[1]]).await;
    let (intent, _) = caller.begin("nightly").await.unwrap();
    let attempt = intent.attempt();
    let info = caller.store.fresh_info(id).await.unwrap();
    let unknown = info.settlement(attempt, &intent.record, &caller.ending(Outcome::Unknown)).unwrap();
    assert_eq!(caller.store.conclude(std::slice::from_ref(&unknown)).await.unwrap(), [Settled::Written]);
    // As a worker does after a restart of Redis, which may have lost it.
    assert_eq!(caller.store.conclude_again(&[unknown]).await.unwrap(), [Settled::Written]);
    assert_eq!((ended(&caller, Outcome::Unknown), ended(&caller, Outcome::Answered)), (1, 0));

    caller.end(attempt, Outcome::Answered).await;
    let again = caller.store.end_attempts(vec![(attempt, caller.ending(Outcome::Answered))]).await.unwrap();
    assert_eq!(again, 0);
    assert_eq!((ended(&caller, Outcome::Unknown), ended(&caller, Outcome::Answered)), (1, 1));
    let campaigns = caller.store.campaigns().await.unwrap();
    assert_eq!(campaigns[0].counts.outcomes.get(&Outcome::Unknown).copied().unwrap_or(0), 0, "nobody doubts it now");
}

#[tokio::test]
async fn a_withdrawn_attempt_is_no_call() {
    let caller = Caller::new().await;
    caller.campaign("nightly", "", &[&[1]]).await;
    let (intent, _) = caller.begin("nightly").await.unwrap();
    caller.withdraw(&intent).await;
    assert!(Outcome::ALL.iter().all(|outcome| ended(&caller, *outcome) == 0));
}

#[tokio::test]
async fn the_depth_of_the_queue_tells_who_could_be_called_and_who_waits_for_the_hours_though_nobody_claims() {
    let caller = Caller::new().await;
    let hours =
        "[calling_hours]\ntimezone = \"UTC\"\ndaily = [\"14:00-18:00\"]\n[retry.busy]\ndelays = [\"1h\"]\nmax = 2\n";
    let id = caller.campaign("nightly", hours, &[&[1], &[2], &[3], &[4], &[5]]).await;
    assert_eq!(depth(&caller).await, QueueDepth { lanes_open: 0, callable: 0, due: 5 });
    caller.at(after(HOUR * 2 + HOUR / 60), &[id]).await;
    assert_eq!(depth(&caller).await, QueueDepth { lanes_open: 1, callable: 5, due: 5 });
    caller.call("nightly", Outcome::Busy).await;
    assert_eq!(depth(&caller).await, QueueDepth { lanes_open: 1, callable: 4, due: 4 });
    caller.store.set_now(after(HOUR * 3 + HOUR / 30));
    let both = QueueDepth { lanes_open: 1, callable: 5, due: 5 };
    assert_eq!(depth(&caller).await, both, "the retry has come due, in the lane in which the others queue");
    caller.store.set_now(after(HOUR * 7));
    assert_eq!(depth(&caller).await, QueueDepth { lanes_open: 0, callable: 0, due: 5 }, "the hours are over");
}

#[tokio::test]
async fn of_a_long_queue_a_part_stands_for_the_rest() {
    let caller = Caller::new().await;
    let id = caller.campaign("nightly", "", &[]).await;
    let mut upload = caller.store.upload(id).await.unwrap();
    let contact = |index: u32| redial_shared::domain::contact::Contact {
        id: format!("c{index}"),
        numbers: vec![redial_shared::domain::PhoneNumber::from_e164(&format!("+1202{index:07}")).unwrap()],
        ..Default::default()
    };
    upload.push((0..20_480).map(contact).collect::<Vec<_>>(), &[]).await.unwrap();
    upload.finish().await.unwrap();
    let before = asked(&caller);
    let depth = depth(&caller).await;
    assert!((19_000..22_000).contains(&depth.callable), "{depth:?}");
    assert!(asked(&caller) - before < 10, "however long it is");
}
