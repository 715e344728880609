//! Several processes at once.

use redial_shared::domain::contact::Contact;

use crate::world::{World, contacts, upload};

#[tokio::test(flavor = "multi_thread")]
async fn of_lists_that_come_at_the_same_time_each_contact_is_taken_once() {
    let world = World::new().await;
    let ranges = [0..9_000, 4_000..13_000, 0..13_000, 12_500..14_000];
    let mut uploads = tokio::task::JoinSet::new();
    for range in ranges {
        let (store, campaign) = (world.another().await, world.campaign);
        uploads.spawn(async move { upload(&store, campaign, &contacts(range)).await });
    }
    let counts: Vec<[u64; 2]> = uploads.join_all().await.into_iter().map(|counts| counts.expect("it ends")).collect();
    assert_eq!(counts.iter().map(|[accepted, _]| accepted).sum::<u64>(), 14_000);
    assert_eq!(counts.iter().flatten().sum::<u64>(), 9_000 + 9_000 + 13_000 + 1_500);
    let (all, bearers) = world.contacts().await;
    assert_eq!(all.len(), 14_000);
    assert!(bearers.values().all(|&count| count == 1));
    assert_eq!(world.upload(&contacts(0..14_000)).await, [0, 14_000]);
}

#[tokio::test(flavor = "multi_thread")]
async fn single_rows_get_in_beside_a_long_list() {
    let world = World::new().await;
    let (store, campaign) = (world.another().await, world.campaign);
    let long = tokio::spawn(async move { upload(&store, campaign, &contacts(0..15_000)).await });
    let mut accepted = 0;
    while !long.is_finished() {
        let rows: Vec<Contact> = contacts(20_000 + accepted..20_000 + accepted + 1);
        accepted += world.upload(&rows).await[0] as usize;
    }
    assert_eq!(long.await.expect("it ends").expect("Redis answers"), [15_000, 0]);
    let (all, bearers) = world.contacts().await;
    assert_eq!(all.len(), 15_000 + accepted);
    assert!(bearers.values().all(|&count| count == 1));
}

/// Whoever looks something up helps the index along, also in the middle of another's pass.
#[tokio::test(flavor = "multi_thread")]
async fn contacts_are_found_while_others_extend_the_index() {
    let world = World::new().await;
    world.upload(&contacts(0..2_000)).await;
    let (store, campaign) = (world.another().await, world.campaign);
    let long = tokio::spawn(async move { upload(&store, campaign, &contacts(2_000..30_000)).await });
    let mut looked_up = 0;
    while !long.is_finished() || looked_up < 100 {
        let wanted = looked_up * 37 % 2_000;
        let id = format!("C{wanted:06}");
        assert_eq!(world.found(&id).await, Some(id.clone()));
        looked_up += 1;
    }
    assert_eq!(long.await.expect("it ends").expect("Redis answers"), [28_000, 0]);
    assert_eq!(world.upload(&contacts(0..30_000)).await, [0, 30_000]);
}
