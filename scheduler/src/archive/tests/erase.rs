//! People who are erased in archives.

use super::*;

/// Whether some file of the archives, or something in Redis, has a text as it is.
fn anywhere(office: &Office, text: &str) -> bool {
    let has = |bytes: &[u8]| bytes.windows(text.len()).any(|part| part == text.as_bytes());
    let archived: Vec<Vec<u8>> = redis::cmd("HVALS").arg("{test}:archives").query(&mut office.world.redis()).unwrap();
    archived.iter().any(|value| has(value)) || office.files().iter().any(|file| has(&fs::read(file).unwrap()))
}

#[tokio::test]
async fn a_person_is_erased_in_archives_as_in_redis_and_nobody_else_changes() {
    let office = Office::open().await;
    office.ended("nightly").await;
    let other = office.ended("other").await;
    assert_eq!(office.rounds(LATER).await.archived + office.rounds(LATER).await.archived, 2);
    assert!(anywhere(&office, "+442079460101"));
    // By the second of their numbers.
    let (status, body) = office.post("/forget", "{\"numbers\": [\"+442079460101\"]}").await;
    assert_eq!(status, 200, "{body}");
    let answer: serde_json::Value = serde_json::from_str(&body).unwrap();
    let campaigns = answer["forgotten"][0]["campaigns"].as_array().unwrap();
    assert_eq!(campaigns.len(), 2, "{body}");
    assert!(campaigns.iter().all(|one| one["erased"] == 1), "{body}");
    for gone in ["+442079460101", "Oslo", "maybe"] {
        assert!(!anywhere(&office, gone), "{gone}");
    }
    assert_eq!(office.get("/campaigns/nightly/contacts/A").await.0, 404);
    let (_, results) = office.get("/campaigns/nightly/results").await;
    let rows: Vec<&str> = results.lines().collect();
    assert!(rows[1].starts_with("erased-0,,completed,answered,,1,"), "{results}");
    assert!(rows[2].starts_with("B,+12025550102,") && rows.len() == 6, "{results}");
    let (_, attempts) = office.get("/campaigns/nightly/attempts").await;
    assert_eq!(attempts.lines().count(), 5, "{attempts}");
    assert_eq!(office.files().len(), 6, "the former files are gone");
    assert!(office.world.store.loose_files().await.unwrap().is_empty());

    // Again, and of somebody else.
    let (_, body) = office.post("/forget", "{\"numbers\": [\"+442079460101\", \"+12025550103\"]}").await;
    assert!(body.contains("\"campaigns\":[]"), "{body}");
    assert_eq!(office.get("/campaigns/nightly/contacts/C").await.0, 404);
    assert_eq!(office.get("/campaigns/nightly/contacts/B").await.0, 200);
    let archives = office.world.store.archives().await.unwrap();
    assert_eq!(archives.iter().map(|one| one.place.edition).collect::<Vec<_>>(), [3, 3]);
    assert_eq!(archives[1].view.id, other);
}

#[tokio::test]
async fn an_erasure_reads_like_one_that_was_made_before() {
    let mut read = Vec::new();
    for archived_first in [false, true] {
        let office = Office::open().await;
        office.ended("nightly").await;
        office.world.now(LATER);
        let forget = async || assert_eq!(office.post("/forget", "{\"numbers\": [\"+12025550101\"]}").await.0, 200);
        if archived_first {
            office.rounds(LATER).await;
            forget().await;
        } else {
            forget().await;
            office.rounds(LATER).await;
        }
        read.push(office.get("/campaigns/nightly/results").await);
        read.push(office.get("/campaigns/nightly/attempts?format=jsonl").await);
        read.push(office.get("/campaigns/nightly/contacts/erased-0").await);
    }
    let after = read.split_off(3);
    assert_eq!(read, after);
}
