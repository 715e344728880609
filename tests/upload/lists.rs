//! One list after the other.

use std::collections::HashSet;

use rand::{Rng, SeedableRng, rngs::SmallRng};
use redial_shared::{
    domain::{
        contact::Contact,
        contact_list::{Given, Reject},
    },
    store::Foreseen,
};

use crate::world::{World, contact, contacts, keys, number};

#[tokio::test]
async fn a_list_is_taken_once_however_often_it_comes() {
    let world = World::new().await;
    let list = contacts(0..3_000);
    assert_eq!(world.upload(&list).await, [3_000, 0]);
    assert_eq!(world.upload(&list).await, [0, 3_000]);
    assert_eq!(world.upload(&contacts(2_990..3_010)).await, [10, 10]);
    let (all, bearers) = world.contacts().await;
    assert_eq!(all.len(), 3_010);
    assert!(bearers.values().all(|&count| count == 1));
}

#[tokio::test]
async fn a_contact_is_found_by_its_id_and_by_each_of_its_numbers() {
    let world = World::new().await;
    world.upload(&[contact("ann", &[1, 2]), contact("", &[3])]).await;
    for (key, id) in [("ann", "ann"), (number(1).as_e164(), "ann"), (number(2).as_e164(), "ann")] {
        assert_eq!(world.found(key).await.as_deref(), Some(id), "{key}");
    }
    assert_eq!(world.found(number(3).as_e164()).await.as_deref(), Some(number(3).as_e164()));
    assert_eq!(world.found("bob").await, None);
}

#[tokio::test]
async fn a_row_is_a_duplicate_by_any_of_its_keys_of_the_campaign_or_of_the_list_so_far() {
    let world = World::new().await;
    assert_eq!(world.upload(&[contact("ann", &[1, 2])]).await, [1, 0]);
    let list = [
        contact("ann", &[3]),
        contact("bob", &[2]),
        contact("cid", &[3, 4]),
        contact("dan", &[4]),
        contact("eve", &[5]),
        contact("eve", &[6]),
        contact("", &[6]),
    ];
    assert_eq!(world.upload(&list).await, [3, 4]);
    let (all, _) = world.contacts().await;
    let ids: HashSet<_> = all.iter().map(|contact| contact.id.as_str()).collect();
    assert_eq!(ids, HashSet::from(["ann", "cid", "eve", number(6).as_e164()]));
}

/// A long list of households, moves and repeats, taken as somebody would who reads it row by row.
#[tokio::test]
async fn a_long_list_that_repeats_itself_gives_what_reading_it_row_by_row_gives() {
    let mut random = SmallRng::seed_from_u64(5);
    let world = World::new().await;
    let (mut taken, mut ids) = (HashSet::new(), HashSet::new());
    for rows in [9_000, 700, 1, 9_000] {
        let list: Vec<Contact> = (0..rows).map(|_| row(&mut random)).collect();
        let mut expected = [0, 0];
        for row in &list {
            let new = keys(row).iter().all(|key| !taken.contains(key));
            expected[usize::from(!new)] += 1;
            if new {
                taken.extend(keys(row));
                ids.insert(row.id.clone());
            }
        }
        assert_eq!(world.upload(&list).await, expected);
    }
    let (all, bearers) = world.contacts().await;
    assert_eq!(all.into_iter().map(|contact| contact.id).collect::<HashSet<_>>(), ids);
    assert_eq!(bearers.keys().cloned().collect::<HashSet<_>>(), taken);
    assert!(bearers.values().all(|&count| count == 1));
}

fn row(random: &mut SmallRng) -> Contact {
    let numbers: HashSet<usize> = (0..random.random_range(1..=3)).map(|_| random.random_range(0..20_000)).collect();
    let id = if random.random_ratio(1, 2) { format!("c{}", random.random_range(0..20_000)) } else { String::new() };
    Contact { priority: random.random_range(1..=9), ..contact(&id, &Vec::from_iter(numbers)) }
}

#[tokio::test]
async fn a_row_is_found_as_soon_as_it_is_written_and_a_list_that_broke_off_can_be_sent_again() {
    let world = World::new().await;
    let list = contacts(0..60_000);
    let mut upload = world.store.upload(world.campaign).await.expect("Redis answers");
    upload.push(list[..50_000].to_vec(), &["first_name".to_owned()]).await.expect("Redis answers");
    let written = upload.counts().accepted;
    assert!(written > 5_000, "{written}");
    drop(upload);
    let (some, _) = world.contacts().await;
    for contact in some.iter().step_by(500) {
        assert_eq!(world.found(contact.numbers[0].as_e164()).await.as_deref(), Some(&*contact.id));
    }
    let [accepted, duplicate] = world.upload(&list).await;
    assert!(duplicate >= written && accepted + duplicate == 60_000);
    let (all, bearers) = world.contacts().await;
    assert_eq!(all.len(), 60_000);
    assert!(bearers.values().all(|&count| count == 1));
}

#[tokio::test]
async fn rows_that_change_contacts_take_effect_in_their_order_and_free_numbers_for_the_rows_behind() {
    let world = World::new().await;
    let gives = Given::default();
    let columns = ["first_name".to_owned()];
    // Three zones: blocks of their own.
    assert_eq!(world.upload(&contacts(1..7)).await, [6, 0]);
    let list = [
        contact("C000001", &[11]),
        contact("G", &[1]),
        contact("C000003", &[13]),
        contact("C000005", &[3]),
        contact("C000002", &[5]),
        contact("late", &[11]),
        contact("first", &[14]),
        contact("C000004", &[14]),
        contact("C000006", &[15]),
        contact("", &[6]),
    ];
    let info = world.store.fresh_info(world.campaign).await.unwrap();
    let foreseen = world.store.foresee_updates(&info, &list[..5], &columns, gives).await.unwrap();
    assert_eq!(foreseen[..2], [Foreseen::Updated, Foreseen::New]);
    assert!(foreseen[2..].iter().all(|one| *one == Foreseen::Updated), "{foreseen:?}");
    let mut upload = world.store.upload(world.campaign).await.unwrap();
    upload.update_duplicates(gives);
    let kept = |contact: Contact| {
        let row = Reject { line: 0, reason: String::new(), raw: Vec::new() };
        (contact, Some(row))
    };
    upload.push_rows(list.clone().map(kept), &columns).await.unwrap();
    let counts = upload.end().await.unwrap();
    assert_eq!((counts.accepted, counts.updated, counts.duplicate), (3, 5, 1));
    let refused = upload.take_refused();
    assert_eq!(refused.len(), 1);
    assert!(refused[0].reason.contains("`C000004`") && refused[0].reason.contains("`first`"), "{}", refused[0].reason);
    let owners = [(1, "G"), (3, "C000005"), (5, "C000002"), (11, "C000001"), (14, "first"), (4, "C000004")];
    for (place, id) in owners {
        assert_eq!(world.found(number(place).as_e164()).await.as_deref(), Some(id), "{place}");
    }
    assert_eq!(world.found(number(6).as_e164()).await.unwrap(), number(6).as_e164());
    let (_, bearers) = world.contacts().await;
    assert!(bearers.values().all(|count| *count == 1), "{bearers:?}");
}
