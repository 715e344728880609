//! Which lanes are dialed first.

use std::{collections::HashMap, time::Duration};

use redial_shared::{
    domain::{ContactState, Outcome, Timestamp},
    store::Verb,
};

use super::phones::Phones;
use crate::testing::{World, time};

/// One call a minute, and a little less: requests may be sent some milliseconds after their permits.
const TABLES: &str = "[pacing]\nrate = \"1/m\"\n[calling_hours]\ndaily = [\"09:00-17:00\"]\n";
const EVERY: Duration = Duration::from_millis(60_480);
const FROM: &str = "2026-06-01 11:00";
/// In the order of the list: zone, contacts, when its hours end.
const LIST: [(&str, usize, &str); 6] = [
    ("Europe/London", 58, "2026-06-01 16:00"),
    ("Europe/Paris", 58, "2026-06-01 15:00"),
    ("Europe/Moscow", 58, "2026-06-01 14:00"),
    ("Asia/Dubai", 58, "2026-06-01 13:00"),
    ("Asia/Karachi", 29, "2026-06-01 12:00"),
    ("Asia/Kolkata", 29, "2026-06-01 11:30"),
];

/// How many are never called where contacts are taken in the list's order, as long as their hours are open.
fn left_by_first_in_first_out() -> usize {
    let mut left = LIST.map(|(_, contacts, _)| contacts);
    let mut at = time(FROM);
    while let Some(next) = (0..LIST.len()).find(|zone| left[*zone] > 0 && at < time(LIST[*zone].2)) {
        left[next] -= 1;
        at = at + EVERY;
    }
    left.iter().sum()
}

#[tokio::test]
async fn lanes_that_close_soonest_are_dialed_first_which_finishes_a_list_that_first_in_first_out_does_not() {
    let (world, from) = World::at(FROM).await;
    let campaign = world.apply("world", TABLES).await;
    let mut uploaded = 0;
    for (zone, contacts, _) in LIST {
        world.upload(campaign, uploaded, contacts, zone).await;
        uploaded += contacts;
    }
    world.store.change(campaign, Verb::Start { until: None }, "", None).await.unwrap();
    let answers = HashMap::from([(campaign, vec![(Outcome::Answered, 1)])]);
    let mut phones = Phones::new(world.store.clone(), 1, answers).await;
    let mut now = from;
    while now < time(LIST[0].2) {
        world.store.set_now(now);
        let more: Option<Timestamp> = phones.work(now).await;
        now = more.map_or(now + EVERY, |more| more.max(now + Duration::from_millis(1)));
    }
    world.store.set_now(now);
    phones.work(now).await;
    assert_eq!(world.count(campaign, ContactState::Completed).await, uploaded as u64, "all were called in their hours");
    let left = left_by_first_in_first_out();
    assert!(left > 100, "first in, first out leaves {left}");
}
