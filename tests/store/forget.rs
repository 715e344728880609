//! A person who is to be forgotten leaves nothing behind but what was counted.

use redial_shared::{
    domain::{ContactState, Outcome, PhoneNumber, contact::Contact, edit::ContactEdit, suppression::ListName},
    store::{Store, Suppress},
};

use crate::caller::{Caller, number};

/// All that Redis holds: keys, fields, members and values, and the contacts that are packed in blocks.
async fn everything(caller: &Caller) -> Vec<u8> {
    let mut redis = redis::Client::open(caller.redis.url()).unwrap().get_connection().unwrap();
    let keys: Vec<String> = redis::cmd("KEYS").arg("*").query(&mut redis).unwrap();
    let mut all = Vec::new();
    for key in keys {
        let kind: String = redis::cmd("TYPE").arg(&key).query(&mut redis).unwrap();
        let parts: Vec<Vec<u8>> = match &*kind {
            "string" => vec![redis::cmd("GET").arg(&key).query(&mut redis).unwrap()],
            "hash" => redis::cmd("HGETALL").arg(&key).query(&mut redis).unwrap(),
            "list" => redis::cmd("LRANGE").arg(&key).arg(0).arg(-1).query(&mut redis).unwrap(),
            "set" => redis::cmd("SMEMBERS").arg(&key).query(&mut redis).unwrap(),
            "zset" => redis::cmd("ZRANGE").arg(&key).arg(0).arg(-1).query(&mut redis).unwrap(),
            other => panic!("a {other} that this test does not read"),
        };
        for part in std::iter::once(key.into_bytes()).chain(parts) {
            all.extend(part);
            all.push(b'\n');
        }
    }
    for campaign in caller.store.campaigns().await.unwrap() {
        all.extend(contacts(&caller.store, &campaign.name).await.into_bytes());
    }
    all
}

async fn contacts(store: &Store, name: &redial_shared::domain::CampaignName) -> String {
    let id = store.campaign_id(name).await.unwrap();
    let info = store.fresh_info(id).await.unwrap();
    let mut told = String::new();
    for block in 0..store.block_count(id).await.unwrap() {
        for view in store.block_views(&info, block).await.unwrap() {
            let numbers: Vec<&str> = view.numbers.iter().map(PhoneNumber::as_e164).collect();
            told += &format!("{} {numbers:?} {:?} {:?}\n", view.id, view.attributes, view.attempts);
        }
    }
    told
}

fn holds(all: &[u8], text: &str) -> bool {
    all.windows(text.len()).any(|part| part == text.as_bytes())
}

/// A list that is long enough for a dictionary; the person is one of many.
fn person(place: u32) -> Contact {
    let numbers = vec![PhoneNumber::from_e164(&format!("+442079460{place:03}")).unwrap()];
    let attributes = vec![format!("Somebody{place}"), format!("mail.{place}.box@example.org"), "gold plan".to_owned()];
    Contact { id: format!("customer-{place}"), numbers, attributes, ..Contact::default() }
}

#[tokio::test]
async fn nothing_of_a_forgotten_person_is_left_in_redis_and_all_others_are_as_they_were() {
    let caller = Caller::new().await;
    let campaign = caller.campaign("a", "", &[]).await;
    let columns = ["first_name", "mail", "plan"].map(str::to_owned);
    let mut upload = caller.store.upload(campaign).await.unwrap();
    upload.push((0..700).map(person), &columns).await.unwrap();
    upload.finish().await.unwrap();
    let ours = person(0);
    let (intent, _) = caller.begin("a").await.unwrap();
    assert_eq!(intent.claimed.position, 0);
    caller.place(&intent).await;
    let before = contacts(&caller.store, &"a".parse().unwrap()).await;
    let on_call = caller.store.forget(&ours.numbers[0]).await.unwrap();
    assert_eq!((on_call[0].erased, on_call[0].on_call), (0, 1), "a call goes on");
    assert_eq!(contacts(&caller.store, &"a".parse().unwrap()).await, before);
    caller.end(intent.attempt(), Outcome::Busy).await;
    let second = caller.campaign("b", "", &[]).await;
    let mut upload = caller.store.upload(second).await.unwrap();
    upload.push([Contact { id: ours.numbers[0].as_e164().to_owned(), ..ours.clone() }], &columns).await.unwrap();
    upload.finish().await.unwrap();

    let texts = [ours.numbers[0].digits(), "Somebody0", "mail.0.box", "customer-0\n", "customer-0 "];
    assert!(holds(&everything(&caller).await, texts[0]), "the test finds what is there");
    let forgotten = caller.store.forget(&ours.numbers[0]).await.unwrap();
    let told: Vec<_> = forgotten.iter().map(|one| (one.campaign.as_str(), one.erased, one.on_call)).collect();
    assert_eq!(told, [("a", 1, 0), ("b", 1, 0)]);
    let all = everything(&caller).await;
    for text in texts {
        assert!(!holds(&all, text), "{text} is left");
    }
    assert!(!holds(&all, ":h:n:"), "when it was called is left");
    let others = contacts(&caller.store, &"a".parse().unwrap()).await;
    let (_, others_before) = before.split_once('\n').unwrap();
    assert_eq!(others.split_once('\n').unwrap().1, others_before);
    assert_eq!(
        (caller.count("a", ContactState::Cancelled).await, caller.count("a", ContactState::Pending).await),
        (1, 699)
    );
    let status = caller.store.campaign(&"a".parse().unwrap()).await.unwrap();
    assert_eq!(status.counts.outcomes.get(&Outcome::Busy), Some(&1), "it stays counted");
    assert!(caller.store.forget(&ours.numbers[0]).await.unwrap().is_empty());
    let mut upload = caller.store.upload(campaign).await.unwrap();
    upload.push([ours], &columns).await.unwrap();
    assert_eq!(upload.finish().await.unwrap().accepted, 1, "a new list may bring it again");
}

#[tokio::test]
async fn a_number_that_was_taken_off_its_contact_is_forgotten_with_the_calls_to_it_and_the_contact_stays() {
    let caller = Caller::new().await;
    let campaign = caller.campaign("a", "", &[&[1, 2], &[3]]).await;
    let numbers = |places: &[u32]| ContactEdit {
        numbers: Some(places.iter().map(|&place| number(place)).collect()),
        ..ContactEdit::default()
    };
    let (intent, _) = caller.begin("a").await.unwrap();
    caller.place(&intent).await;
    caller.store.edit(campaign, vec![(0, numbers(&[2, 4]))]).await.unwrap();
    assert_eq!(caller.store.forget(&number(1)).await.unwrap()[0].on_call, 1, "a call to it goes on");
    caller.end(intent.attempt(), Outcome::Busy).await;
    caller.store.edit(campaign, vec![(0, numbers(&[4]))]).await.unwrap();
    let called = caller.contact("a", "c0").await.attempts.remove(0);
    assert_eq!((called.number, called.phone, &*called.call_id), (1, Some(number(1)), "call"));
    assert!(holds(&everything(&caller).await, number(1).digits()), "the test finds what is there");

    let forgotten = caller.store.forget(&number(1)).await.unwrap();
    let told: Vec<_> = forgotten.iter().map(|one| (one.erased, one.calls_erased, one.on_call)).collect();
    assert_eq!(told, [(0, 1, 0)], "the contact stays");
    assert!(!holds(&everything(&caller).await, number(1).digits()), "it is left");
    let view = caller.contact("a", "c0").await;
    let called = &view.attempts[0];
    assert_eq!((called.number, &called.phone, &*called.call_id, called.outcome), (1, &None, "", Some(Outcome::Busy)));
    assert_eq!((view.numbers, view.state), (vec![number(4)], ContactState::Waiting));
    assert!(caller.store.forget(&number(1)).await.unwrap().is_empty());

    caller.call("a", Outcome::Busy).await;
    caller.store.edit(campaign, vec![(1, numbers(&[5]))]).await.unwrap();
    assert_eq!(caller.store.forget(&number(5)).await.unwrap()[0].erased, 1);
    assert!(!holds(&everything(&caller).await, number(3).digits()), "a former number goes with its contact");
}

#[tokio::test]
async fn other_numbers_of_who_is_erased_are_forgotten_though_the_number_itself_is_on_a_call() {
    let caller = Caller::new().await;
    let caps = "[caps]\nper_number = [\"3 per 24h\"]\n";
    caller.campaign("a", caps, &[&[2, 1]]).await;
    caller.campaign("b", caps, &[&[1]]).await;
    caller.call("a", Outcome::Busy).await;
    let (on_call, _) = caller.begin("b").await.unwrap();
    let digits = [number(1), number(2)].map(|number| number.digits().to_owned());
    let known = async || {
        let all = everything(&caller).await;
        [holds(&all, &digits[0]), holds(&all, &digits[1])]
    };
    assert_eq!(known().await, [true, true]);
    let forgotten = caller.store.forget(&number(1)).await.unwrap();
    let told: Vec<_> = forgotten.iter().map(|of| (of.campaign.as_str(), of.erased, of.on_call)).collect();
    assert_eq!(told, [("a", 1, 0), ("b", 0, 1)]);
    assert_eq!(known().await, [true, false], "who had the second number is not there to tell of it again");
    caller.end(on_call.attempt(), Outcome::Busy).await;
    caller.store.forget(&number(1)).await.unwrap();
    assert_eq!(known().await, [false, false]);
}

#[tokio::test]
async fn a_number_that_may_be_on_a_call_keeps_no_other_one_from_being_forgotten() {
    let caller = Caller::new().await;
    let caps = "[caps]\nper_number = [\"3 per 24h\"]\n";
    caller.campaign("a", caps, &[&[3, 1, 2]]).await;
    let other = caller.campaign("b", caps, &[&[2]]).await;
    caller.call("a", Outcome::Busy).await;
    caller.begin("b").await.unwrap();
    let moves = ContactEdit { numbers: Some(vec![number(4)]), ..ContactEdit::default() };
    caller.store.edit(other, vec![(0, moves)]).await.unwrap();
    assert!(holds(&everything(&caller).await, number(3).digits()), "the test finds what is there");
    caller.store.forget(&number(1)).await.unwrap_err();
    let all = everything(&caller).await;
    assert_eq!([1, 2, 3].map(|place| holds(&all, number(place).digits())), [false, true, false]);
}

#[tokio::test]
async fn who_asked_not_to_be_called_is_still_not_called_when_forgotten() {
    let caller = Caller::new().await;
    caller.campaign("a", "", &[&[1], &[2]]).await;
    let how = Suppress { scope: None, list: ListName::default(), until: None, reason: "asked".to_owned() };
    caller.store.suppress(&how, &[number(1)]).await.unwrap();
    assert_eq!(caller.store.forget(&number(1)).await.unwrap()[0].erased, 1);
    assert_eq!(caller.store.suppressions(None, &[number(1)]).await.unwrap()[0].len(), 1);
    let (intent, _) = caller.begin("a").await.unwrap();
    assert_eq!(intent.claimed.position, 1, "nobody calls an erased contact");
    let late = caller.store.forget(&number(2)).await.unwrap();
    assert_eq!((late[0].erased, late[0].on_call), (0, 1));
}
