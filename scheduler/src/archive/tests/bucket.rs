//! Archives in a bucket of an S3-compatible store, and on other machines.

#[path = "../../../../shared/src/storage/tests/fake_s3.rs"]
mod fake_s3;

use fake_s3::FakeS3;

use super::*;

#[tokio::test]
async fn a_campaign_in_a_bucket_is_read_searched_erased_from_and_removed() {
    rustls::crypto::ring::default_provider().install_default().ok();
    let server = FakeS3::serve("calls").await;
    let config = format!(
        "[archive]\nto = \"s3://calls/done\"\n[storage.s3]\nendpoint = \"{}\"\naccess_key = \"AKID\"\nsecret_key = \"hush\"\n",
        server.url
    );
    let office = Office::with(&config, tempfile::tempdir().unwrap()).await;
    let campaign = office.ended("nightly").await;
    office.world.now(LATER);
    let before = office.read_all().await;
    assert_eq!(office.rounds(LATER).await.archived, 1);
    assert!(office.read_all().await == before);
    let (_, status) = office.get("/campaigns/nightly").await;
    assert!(status.contains("\"place\":\"s3://calls/done\""), "{status}");

    let asked = server.asked().len();
    assert_eq!(office.get("/campaigns/nightly/contacts/C").await.0, 200);
    let of_one = server.asked().len() - asked;
    assert!(of_one <= 12, "{of_one} requests to read one contact");

    assert_eq!(office.post("/forget", "{\"numbers\": [\"+12025550103\"]}").await.0, 200);
    assert_eq!(office.get("/campaigns/nightly/contacts/C").await.0, 404);
    assert_eq!(office.send("DELETE", "/campaigns/nightly", None).await.0, 200);
    let deleted = |edition: u32, name: &str| {
        let key = format!("DELETE /calls/done/default/nightly-{campaign}/{edition}/{name}?");
        server.asked().iter().any(|request| request.starts_with(&key))
    };
    for name in ["manifest.json", "contacts.parquet", "attempts.parquet"] {
        assert!(deleted(1, name) && deleted(2, name), "{name}");
    }
}

#[tokio::test]
async fn an_archive_of_another_machine_says_which_and_does_not_keep_others_from_being_found() {
    let office = Office::open().await;
    office.ended("nightly").await;
    office.rounds(LATER).await;
    let mut redis = office.world.redis();
    let stored: String = redis::cmd("HGET").arg("{test}:archives").arg("nightly").query(&mut redis).unwrap();
    let mut stored: serde_json::Value = serde_json::from_str(&stored).unwrap();
    stored["place"]["machine"] = "tokyo".into();
    stored["place"]["location"] = "/nowhere/archive".into();
    let stored = stored.to_string();
    redis::cmd("HSET").arg("{test}:archives").arg("nightly").arg(stored).query::<()>(&mut redis).unwrap();
    for path in ["/results", "/attempts", "/contacts/A", "/definition"] {
        let (status, body) = office.get(&format!("/campaigns/nightly{path}")).await;
        assert_eq!((status, body.contains("/nowhere/archive of the machine `tokyo`")), (503, true), "{body}");
    }
    assert_eq!(office.get("/campaigns/nightly").await.0, 200, "that needs no file");
    let (status, body) = office.get("/contacts?q=C").await;
    assert_eq!((status, body.contains("\"not_searched\":[\"nightly\"]")), (200, true), "{body}");
    assert_eq!(office.post("/forget", "{\"numbers\": [\"+12025550103\"]}").await.0, 503);
}
