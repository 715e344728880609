//! Contacts are changed while their campaign runs: what is changed counts from the next attempt, nobody is lost or called
//! twice.

use std::{collections::BTreeSet, time::Duration};

use rand::{Rng, SeedableRng, rngs::StdRng};
use redial_shared::{
    domain::{CampaignId, ContactState, Outcome, PhoneNumber, contact::Contact, edit::ContactEdit},
    store::{Ahead, BeginAnswer, EditAnswer, Intent, Verb},
};

use crate::caller::{Caller, after, number};

const MINUTE: Duration = Duration::from_secs(60);

fn numbers(places: &[u32]) -> ContactEdit {
    ContactEdit { numbers: Some(places.iter().map(|&place| number(place)).collect()), ..ContactEdit::default() }
}

fn attribute(name: &str, value: &str) -> ContactEdit {
    ContactEdit { attributes: vec![(name.to_owned(), value.to_owned())], ..ContactEdit::default() }
}

async fn edit(caller: &Caller, campaign: CampaignId, position: u32, edit: ContactEdit) -> EditAnswer {
    caller.store.edit(campaign, vec![(position, edit)]).await.unwrap().remove(0)
}

fn dialed(intent: &Intent) -> &str {
    &intent.record.attempts.last().unwrap().dialed
}

#[tokio::test]
async fn who_is_edited_between_claim_and_begin_is_called_at_the_new_number() {
    let caller = Caller::new().await;
    let campaign = caller.campaign("a", "", &[&[1]]).await;
    let claimed = caller.claim("a").await.unwrap();
    assert_eq!(edit(&caller, campaign, 0, numbers(&[3])).await, EditAnswer::Changed);
    assert_eq!(edit(&caller, campaign, 0, numbers(&[3])).await, EditAnswer::Unchanged);
    assert_eq!(caller.begin_intent(&claimed).await, BeginAnswer::RecordChanged);
    let (intent, answer) = caller.begin("a").await.unwrap();
    assert!(matches!(answer, BeginAnswer::Begun { .. }), "{answer:?}");
    assert_eq!(dialed(&intent), number(3).digits());
    assert!(caller.begin("a").await.is_none(), "it is called once");
    assert_eq!(caller.contact("a", number(3).as_e164()).await.id, "c0");
    assert!(caller.store.contact(&"a".parse().unwrap(), number(1).as_e164()).await.unwrap().is_none());
}

#[tokio::test]
async fn a_call_goes_on_though_its_contact_is_edited_and_a_finished_one_stays_finished() {
    let caller = Caller::new().await;
    let campaign = caller.campaign("a", "", &[&[1, 2]]).await;
    let (intent, _) = caller.begin("a").await.unwrap();
    caller.place(&intent).await;
    assert_eq!(edit(&caller, campaign, 0, numbers(&[4])).await, EditAnswer::Changed);
    assert_eq!(edit(&caller, campaign, 0, attribute("first_name", "Ann")).await, EditAnswer::Changed);
    caller.end(intent.attempt(), Outcome::Busy).await;
    let view = caller.contact("a", "c0").await;
    assert_eq!(
        (view.state, view.attempts[0].outcome, view.attempts[0].number, view.attempts[0].phone.clone()),
        (ContactState::Waiting, Some(Outcome::Busy), 1, Some(number(1)))
    );
    assert_eq!(view.attributes, [("first_name".to_owned(), "Ann".to_owned())]);
    caller.at(after(6 * MINUTE), &[campaign]).await;
    let (intent, _) = caller.begin("a").await.unwrap();
    assert_eq!(dialed(&intent), number(4).digits());
    caller.end(intent.attempt(), Outcome::Answered).await;
    assert_eq!(edit(&caller, campaign, 0, numbers(&[5])).await, EditAnswer::Changed);
    assert_eq!(caller.count("a", ContactState::Completed).await, 1);
    caller.at(after(600 * MINUTE), &[campaign]).await;
    assert!(caller.begin("a").await.is_none());
}

#[tokio::test]
async fn a_number_stays_one_contacts_also_against_an_upload_under_way() {
    let caller = Caller::new().await;
    let campaign = caller.campaign("a", "", &[&[1], &[2]]).await;
    assert_eq!(
        edit(&caller, campaign, 0, numbers(&[1, 2])).await,
        EditAnswer::NumberTaken { number: number(2), holder: 1 }
    );
    let both = caller.store.edit(campaign, vec![(0, numbers(&[6])), (1, numbers(&[6]))]).await.unwrap();
    assert_eq!(both, [EditAnswer::Changed, EditAnswer::NumberTaken { number: number(6), holder: 0 }]);
    let mut upload = caller.store.upload(campaign).await.unwrap();
    let row = |place: u32| Contact { id: format!("u{place}"), numbers: vec![number(place)], ..Contact::default() };
    upload.push([row(7), row(8)], &[]).await.unwrap();
    assert_eq!(edit(&caller, campaign, 1, numbers(&[7])).await, EditAnswer::Changed);
    let counts = upload.finish().await.unwrap();
    assert_eq!((counts.accepted, counts.duplicate), (1, 1));
    assert_eq!(caller.contact("a", number(7).as_e164()).await.id, "c1");
}

#[tokio::test]
async fn a_new_time_zone_or_priority_moves_a_contact_to_the_lane_of_it() {
    let caller = Caller::new().await;
    let hours = "[calling_hours]\ndaily = [\"09:00-17:00\"]\n";
    let campaign = caller.campaign("a", hours, &[&[1], &[2], &[3]]).await;
    assert!(caller.begin("a").await.is_none(), "it is eight in Washington");
    let zone = |name: &str| ContactEdit { zone: Some(Some(name.parse().unwrap())), ..ContactEdit::default() };
    let urgent = ContactEdit { priority: Some(1), ..zone("Europe/Paris") };
    let edits = vec![(1, zone("Europe/Paris")), (2, urgent)];
    assert_eq!(caller.store.edit(campaign, edits).await.unwrap(), [EditAnswer::Changed, EditAnswer::Changed]);
    let called = [caller.begin("a").await.unwrap().0, caller.begin("a").await.unwrap().0];
    assert_eq!(called.map(|intent| intent.claimed.position), [2, 1]);
    assert!(caller.begin("a").await.is_none());
    assert_eq!(caller.contact("a", "c2").await.priority, 1);
    let later = ContactEdit { not_before: Some(Some(after(120 * MINUTE))), ..zone("Europe/Paris") };
    edit(&caller, campaign, 0, later).await;
    assert!(caller.begin("a").await.is_none());
    caller.at(after(121 * MINUTE), &[campaign]).await;
    assert_eq!(caller.begin("a").await.unwrap().0.claimed.position, 0);
}

#[tokio::test]
async fn whoever_edits_moved_from_lane_to_lane_is_counted_once_and_no_more_when_called() {
    let caller = Caller::new().await;
    let campaign = caller.campaign("a", "", &[&[1], &[2]]).await;
    for priority in [1, 2, 3, 5] {
        let moved = ContactEdit { priority: Some(priority), ..ContactEdit::default() };
        assert_eq!(edit(&caller, campaign, 0, moved).await, EditAnswer::Changed);
    }
    assert_eq!(still_to_call(&caller, campaign).await, (2, 0));
    for minutes in [30, 150, 20] {
        let later = ContactEdit { not_before: Some(Some(after(minutes * MINUTE))), ..ContactEdit::default() };
        assert_eq!(edit(&caller, campaign, 0, later).await, EditAnswer::Changed);
    }
    assert_eq!(still_to_call(&caller, campaign).await, (1, 1));
    caller.call("a", Outcome::Answered).await;
    assert_eq!(still_to_call(&caller, campaign).await, (0, 1));
    caller.at(after(21 * MINUTE), &[campaign]).await;
    caller.call("a", Outcome::Answered).await;
    assert_eq!(still_to_call(&caller, campaign).await, (0, 0), "entries that edits left behind are nobody");
    let busy = caller.campaign("b", "", &[&[3]]).await;
    caller.call("b", Outcome::Busy).await;
    assert_eq!(still_to_call(&caller, busy).await, (0, 1));
    caller.store.change(busy, Verb::Stop, "", None).await.unwrap();
    assert_eq!(still_to_call(&caller, busy).await, (0, 0), "nobody is called after a stop");
}

#[tokio::test]
async fn of_a_long_list_a_part_stands_for_the_rest_wherever_those_stand_who_were_taken_out() {
    let caller = Caller::new().await;
    let campaign = caller.campaign("a", "", &[]).await;
    let contact = |row: u32| Contact {
        id: format!("c{row}"),
        numbers: vec![PhoneNumber::from_e164(&format!("+1{}55501{:02}", 200 + row / 100, row % 100)).unwrap()],
        zone: Some(chrono_tz::Europe::Paris),
        not_before: row.is_multiple_of(2).then(|| after((60 + row % 240) * MINUTE)),
        ..Contact::default()
    };
    let mut upload = caller.store.upload(campaign).await.unwrap();
    upload.push((0..LONG).map(contact), &[]).await.unwrap();
    upload.finish().await.unwrap();
    caller.store.cancel(campaign, &(0..LONG / 2).collect::<Vec<_>>()).await.unwrap();
    let info = caller.store.fresh_info(campaign).await.unwrap();
    let (backlogs, ahead) = (caller.store.backlogs(&info).await.unwrap(), caller.store.ahead(&info).await.unwrap());
    assert_eq!((counts(&backlogs), backlogs.estimated), ((LONG as u64 / 4, LONG as u64 / 4), false));
    let (due, later) = counts(&ahead);
    assert!(
        ahead.estimated && [due, later].iter().all(|count| count.abs_diff(LONG as u64 / 4) < LONG as u64 / 40),
        "{due} {later}"
    );
}

#[tokio::test]
async fn the_last_time_for_which_somebody_waits_is_not_one_that_an_edit_has_left_behind() {
    let caller = Caller::new().await;
    let campaign = caller.campaign("a", "", &[&[1], &[2]]).await;
    let last = async || {
        let info = caller.store.fresh_info(campaign).await.unwrap();
        caller.store.last_due(&info).await.unwrap().map(|(_, due)| due)
    };
    assert_eq!(last().await, None);
    for minutes in [30, 600, 90] {
        let not_before = Some(Some(after(minutes * MINUTE)));
        let later = ContactEdit { not_before, priority: Some(minutes as u8 / 30 % 9 + 1), ..ContactEdit::default() };
        assert_eq!(edit(&caller, campaign, 0, later).await, EditAnswer::Changed);
    }
    assert_eq!(last().await, Some(after(90 * MINUTE)));
    caller.store.cancel(campaign, &[0]).await.unwrap();
    assert_eq!(last().await, None, "nobody is left of those who waited");
}

fn counts(ahead: &Ahead) -> (u64, u64) {
    let later = ahead.lanes.iter().flat_map(|lane| &lane.later).map(|(_, count)| count);
    (ahead.lanes.iter().map(|lane| lane.due).sum(), later.sum())
}

/// How many are due now and later, as a plan and the dashboard tell it.
async fn still_to_call(caller: &Caller, campaign: CampaignId) -> (u64, u64) {
    let info = caller.store.fresh_info(campaign).await.unwrap();
    let (backlogs, ahead) = (caller.store.backlogs(&info).await.unwrap(), caller.store.ahead(&info).await.unwrap());
    assert_eq!((counts(&backlogs), backlogs.estimated), (counts(&ahead), ahead.estimated));
    counts(&backlogs)
}

/// What is done next, at random.
async fn step(caller: &Caller, campaign: CampaignId, random: &mut StdRng, live: &mut Vec<Intent>, minutes: &mut u32) {
    let position = random.random_range(0..CONTACTS);
    match random.random_range(0..10) {
        0 | 1 => {
            let places: BTreeSet<u32> = (0..random.random_range(1..4)).map(|_| random.random_range(0..30)).collect();
            edit(caller, campaign, position, numbers(&places.into_iter().collect::<Vec<_>>())).await;
        }
        2 => {
            let priority = Some(random.random_range(1..10));
            edit(caller, campaign, position, ContactEdit { priority, ..ContactEdit::default() }).await;
        }
        3 => drop(edit(caller, campaign, position, attribute("x", &random.random_range(0..3).to_string())).await),
        4..=6 => {
            let Some(claimed) = caller.claim("a").await else { return };
            let edited = random.random_bool(0.3);
            if edited {
                let new = number(40 + random.random_range(0..50));
                let edit_it = ContactEdit { numbers: Some(vec![new]), ..ContactEdit::default() };
                let done = edit(caller, campaign, claimed.claimed.position, edit_it).await;
                let expected = done == EditAnswer::Changed;
                let answer = caller.begin_intent(&claimed).await;
                assert_eq!(answer == BeginAnswer::RecordChanged, expected, "{answer:?}");
                live.extend(matches!(answer, BeginAnswer::Begun { .. }).then_some(claimed));
                return;
            }
            let view = caller.contact("a", &format!("c{}", claimed.claimed.position)).await;
            assert!(view.numbers.iter().any(|number| number.digits() == dialed(&claimed)), "an old number is called");
            let answer = caller.begin_intent(&claimed).await;
            assert!(matches!(answer, BeginAnswer::Begun { .. } | BeginAnswer::NumberInUse), "{answer:?}");
            live.extend(matches!(answer, BeginAnswer::Begun { .. }).then_some(claimed));
        }
        7 | 8 if !live.is_empty() => {
            let intent = live.swap_remove(random.random_range(0..live.len()));
            let outcomes = [Outcome::Answered, Outcome::Busy, Outcome::NoAnswer, Outcome::InvalidNumber];
            caller.end(intent.attempt(), outcomes[random.random_range(0..outcomes.len())]).await;
        }
        9 if random.random_bool(0.3) => drop(caller.store.cancel(campaign, &[position]).await.unwrap()),
        _ => {
            *minutes += random.random_range(0..20);
            caller.at(after(*minutes * MINUTE), &[campaign]).await;
        }
    }
}

const CONTACTS: u32 = 6;
/// More than an answer looks at.
const LONG: u32 = 20_000;

#[tokio::test]
async fn whatever_the_order_of_edits_and_calls_nobody_is_lost_or_on_two_calls_and_counts_sum() {
    for seed in 0..4 {
        let mut random = StdRng::seed_from_u64(seed);
        let caller = Caller::new().await;
        let retry = "[retry]\nmax_attempts = 4\nmax_attempts_per_number = 2\n";
        let contacts: Vec<Vec<u32>> = (0..CONTACTS).map(|contact| vec![90 + contact, 30 + contact]).collect();
        let contacts: Vec<&[u32]> = contacts.iter().map(Vec::as_slice).collect();
        let campaign = caller.campaign("a", retry, &contacts).await;
        let (mut live, mut minutes) = (Vec::new(), 0);
        for n in 0..70 {
            step(&caller, campaign, &mut random, &mut live, &mut minutes).await;
            let on_call: BTreeSet<u32> = live.iter().map(|intent| intent.claimed.position).collect();
            assert_eq!(on_call.len(), live.len(), "seed {seed}, step {n}: one is on two calls");
            agree(&caller, on_call.len(), &format!("seed {seed}, step {n}")).await;
        }
        drain(&caller, campaign, live, minutes).await;
        let open = [ContactState::Pending, ContactState::Waiting, ContactState::Active];
        for state in open {
            assert_eq!(caller.count("a", state).await, 0, "seed {seed}: {state} contacts are lost");
        }
    }
}

/// Counts and contacts tell the same.
async fn agree(caller: &Caller, live: usize, when: &str) {
    let info = caller.store.fresh_info(caller.store.campaign_id(&"a".parse().unwrap()).await.unwrap()).await.unwrap();
    let views = caller.store.block_views(&info, 0).await.unwrap();
    for state in ContactState::ALL {
        let found = views.iter().filter(|view| view.state == *state).count() as u64;
        assert_eq!(caller.count("a", *state).await, found, "{when}: {state}");
    }
    assert_eq!(views.iter().filter(|view| view.state == ContactState::Active).count(), live, "{when}");
    let waiting =
        views.iter().filter(|view| matches!(view.state, ContactState::Pending | ContactState::Waiting)).count();
    let (due, later) = still_to_call(caller, info.id).await;
    assert_eq!(due + later, waiting as u64, "{when}: who is to be called");
    let all: Vec<_> = views.iter().flat_map(|view| &view.numbers).collect();
    assert_eq!(all.len(), all.iter().collect::<BTreeSet<_>>().len(), "{when}: a number is two contacts'");
}

/// Ends every call, and makes all that are left to be made.
async fn drain(caller: &Caller, campaign: CampaignId, live: Vec<Intent>, mut minutes: u32) {
    for intent in live {
        caller.end(intent.attempt(), Outcome::Answered).await;
    }
    for _ in 0..40 {
        minutes += 60;
        caller.at(after(minutes * MINUTE), &[campaign]).await;
        while let Some((intent, answer)) = caller.begin("a").await {
            assert!(matches!(answer, BeginAnswer::Begun { .. }), "{answer:?}");
            caller.end(intent.attempt(), Outcome::Answered).await;
        }
    }
}
