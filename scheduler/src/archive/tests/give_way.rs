//! Campaigns that change on their way.

use redial_shared::store::Verb;

use super::*;

/// A completed campaign of one contact.
async fn completed(office: &Office) -> CampaignId {
    let campaign = office.world.campaign("nightly", TABLES, 1, office.world.store.clock().now()).await;
    office.world.store.change(campaign, Verb::Start { until: None }, "", None).await.unwrap();
    let called = office.world.call(1).await;
    office.world.end(&called, Outcome::Answered, office.world.store.clock().now()).await;
    office.world.store.change(campaign, Verb::Complete, "", None).await.unwrap();
    campaign
}

async fn gives_way(office: &Office, campaign: CampaignId, change: impl AsyncFnOnce()) {
    office.world.now(LATER);
    let moving = office.archiver.begin(campaign).await.unwrap();
    office.archiver.write(&moving).await.unwrap();
    let reading = office.archiver.check(&moving).await.unwrap();
    change().await;
    let settled = office.archiver.settle(&moving, &reading).await;
    assert!(matches!(settled, Err(ArchiveError::Changed)), "{settled:?}");
    assert!(office.world.store.archives().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_campaign_that_is_started_meanwhile_stays_and_its_files_go() {
    let office = Office::open().await;
    let campaign = completed(&office).await;
    gives_way(&office, campaign, async || {
        office.world.store.change(campaign, Verb::Start { until: None }, "", None).await.unwrap();
    })
    .await;
    assert_eq!(office.rounds(LATER).await, Shelved { swept: 1, ..Shelved::default() });
    assert_eq!(office.files(), Vec::<PathBuf>::new());
    assert!(office.world.store.loose_files().await.unwrap().is_empty());
    assert_eq!(office.world.view(campaign).await.counts.total, 1);
}

#[tokio::test]
async fn contacts_that_are_added_and_definitions_that_are_edited_meanwhile_are_not_lost() {
    let office = Office::open().await;
    let campaign = completed(&office).await;
    gives_way(&office, campaign, async || {
        office.world.apply("nightly", &format!("{TABLES}[pacing]\nrate = \"1/s\"\n")).await;
    })
    .await;
    gives_way(&office, campaign, async || {
        office.world.upload(campaign, 5, 1, "").await;
    })
    .await;
    assert_eq!(office.world.view(campaign).await.counts.total, 2);
}

#[tokio::test]
async fn a_late_word_of_a_call_and_an_erasure_meanwhile_are_in_the_files_that_count() {
    let office = Office::open().await;
    let campaign = office.ended("nightly").await;
    gives_way(&office, campaign, async || {
        let (status, body) = office.post("/forget", "{\"numbers\": [\"+12025550102\"]}").await;
        assert_eq!(status, 200, "{body}");
    })
    .await;
    let before = office.read_all().await;
    assert_eq!(office.rounds(LATER).await.archived, 1);
    assert!(office.read_all().await == before);
    let (_, results) = office.get("/campaigns/nightly/results").await;
    assert!(!results.contains("5550102") && results.contains("erased by request"), "{results}");
}

#[tokio::test]
async fn a_campaign_that_waited_for_one_that_was_archived_starts() {
    use crate::runs::Runs;
    let office = Office::open().await;
    completed(&office).await;
    assert_eq!(office.rounds(LATER).await.archived, 1);
    let waiting =
        office.world.campaign("second", "[schedule]\nafter = \"nightly\"\n", 1, office.world.now(LATER)).await;
    office.world.store.change(waiting, Verb::Await, "", None).await.unwrap();
    Runs::new(office.world.store.clone(), office.leader).run_once(office.world.now(LATER)).await.unwrap();
    assert_eq!(office.world.view(waiting).await.state, redial_shared::domain::CampaignState::Running);
}
