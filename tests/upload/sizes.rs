//! Rows and lists of unusual sizes, and what was read before they came.

use redial_shared::domain::contact::Contact;

use crate::world::{World, contact, contacts};

#[tokio::test]
async fn rows_of_any_size_go_into_as_many_blocks_as_they_need() {
    let world = World::new().await;
    let sized = |n: usize, bytes: usize| Contact { attributes: vec!["x".repeat(bytes)], ..contact("", &[n]) };
    let mut list: Vec<Contact> = (0..600).map(|n| sized(n, 3_000)).collect();
    list.extend((600..610).map(|n| sized(n, 900_000)));
    assert_eq!(world.upload(&list).await, [610, 0]);
    assert_eq!(world.upload(&list).await, [0, 610]);
    assert_eq!(world.contacts().await.0.len(), 610);
}

#[tokio::test]
async fn nothing_at_all_is_a_list_too() {
    let world = World::new().await;
    assert_eq!(world.upload(&[]).await, [0, 0]);
    assert_eq!(world.upload(&contacts(0..1)).await, [1, 0]);
    assert_eq!(world.upload(&[]).await, [0, 0]);
}

#[tokio::test]
async fn a_process_that_knew_the_campaign_before_its_first_list_reads_it() {
    let world = World::new().await;
    let early = world.another().await;
    let info = early.info(world.campaign, 0).await.expect("Redis answers");
    world.upload(&contacts(0..3_000)).await;
    let (_, rows) = early.rows(world.campaign, info.version, [0, 256]).await.expect("its blocks can be unpacked");
    assert_eq!(rows.len(), 2);
}
