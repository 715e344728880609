//! The whole move, and whoever dies in the midst of it.

use super::*;

#[tokio::test]
async fn a_campaign_reads_the_same_as_files_as_it_did_in_redis() {
    let office = Office::open().await;
    let campaign = office.ended("nightly").await;
    assert_eq!(office.rounds("2026-06-02 08:59").await, Shelved::default(), "not before its time");
    office.world.now(LATER);
    let before = office.read_all().await;
    assert_eq!(office.rounds(LATER).await, Shelved { archived: 1, ..Shelved::default() });
    assert_eq!(office.keys_of(campaign), Vec::<String>::new(), "Redis is freed");
    for ((path, status, bytes), (_, status_before, before)) in office.read_all().await.into_iter().zip(before) {
        assert_eq!(status, status_before, "{path}: {}", String::from_utf8_lossy(&bytes));
        let shown = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        assert!(bytes == before, "{path}: {}\ninstead of {}", shown(&bytes), shown(&before));
    }
    let status: serde_json::Value = serde_json::from_str(&office.get("/campaigns/nightly").await.1).unwrap();
    assert_eq!((&status["state"], &status["contacts"]["cancelled"]), (&"stopped".into(), &1.into()));
    assert_eq!(status["archived"]["since"], "2026-06-02T10:00:00.000Z");
    assert_eq!(status["archived"]["place"], office.directory.path().display().to_string());
    assert_eq!(office.get("/campaigns/nightly/plan").await.0, 200);
    assert_eq!(office.get("/campaigns/nightly/ahead").await.0, 200);
}

#[tokio::test]
async fn an_archived_campaign_is_not_changed_and_removing_it_deletes_its_files_and_frees_its_name() {
    let office = Office::open().await;
    office.ended("nightly").await;
    office.rounds(LATER).await;
    let definition = format!("name = \"nightly\"\nprovider = \"acme\"\n{TABLES}");
    let refusals = [
        ("POST", "/start", None),
        ("POST", "/stop", None),
        ("POST", "/pause", None),
        ("POST", "/release", None),
        ("POST", "/contacts", Some(("text/csv", "phone\n+12025550105\n"))),
        ("PATCH", "/contacts/A", Some(("application/json", "{\"priority\": 2}"))),
        ("DELETE", "/contacts/A", None),
        ("GET", "/events", None),
    ];
    for (method, path, body) in refusals {
        let (status, body) = office.send(method, &format!("/campaigns/nightly{path}"), body).await;
        assert_eq!(status, 409, "{method} {path}: {body}");
        assert!(body.contains("was archived at 2026-06-02T10:00:00.000Z") && body.contains("redial remove"), "{body}");
    }
    let parsed = redial_shared::domain::campaign::parse(&definition, "nightly").unwrap();
    let refused = office.world.store.apply(&parsed, &definition).await.unwrap_err();
    assert!(matches!(refused, StoreError::Archived { .. }), "{refused}");

    let (status, answer) = office.send("DELETE", "/campaigns/nightly", None).await;
    assert_eq!((status, answer.contains("\"contacts\":5")), (200, true), "{answer}");
    assert_eq!(office.files(), Vec::<PathBuf>::new());
    assert_eq!(office.get("/campaigns/nightly").await.0, 404);
    office.world.store.apply(&parsed, &definition).await.unwrap();
    assert!(office.world.store.loose_files().await.unwrap().is_empty());
}

#[tokio::test]
async fn whoever_dies_between_two_steps_loses_nothing_and_the_next_leader_goes_on() {
    for steps in 0..=3 {
        let office = Office::open().await;
        let campaign = office.ended("nightly").await;
        office.world.now(LATER);
        let before = office.read_all().await;
        // It dies, with its term, after so many steps.
        let moving = office.archiver.begin(campaign).await.unwrap();
        if steps > 0 {
            office.archiver.write(&moving).await.unwrap();
        }
        if steps > 1 {
            let reading = office.archiver.check(&moving).await.unwrap();
            if steps > 2 {
                office.archiver.settle(&moving, &reading).await.unwrap();
            }
        }
        office.world.store.stop_leading("one").await.unwrap();
        let next = office.world.leader("two").await;
        if steps < 3 {
            assert_eq!(office.files().is_empty(), steps == 0);
            let reading = office.archiver.check(&moving).await;
            assert!(
                reading.is_err() || office.archiver.settle(&moving, &reading.unwrap()).await.is_err(),
                "its term is over"
            );
        }
        let written = office.files().first().map(|file| fs::metadata(file).unwrap().modified().unwrap());
        let archiver = Archiver::new(office.world.store.clone(), office.archiver.shelf.clone(), next);
        let shelved = archiver.run_once(office.world.now(LATER)).await.unwrap();
        assert_eq!(shelved.archived, usize::from(steps < 3), "after {steps} steps: {shelved:?}");
        if steps > 0 {
            let file = &office.files()[0];
            assert_eq!(written, fs::metadata(file).unwrap().modified().ok(), "whole files are not written again");
        }
        let prune = Prune::new(office.world.store.clone(), next);
        while prune.run_once(office.world.now(LATER)).await.unwrap().more {}
        assert_eq!(office.keys_of(campaign), Vec::<String>::new());
        assert!(office.read_all().await == before, "after {steps} steps");
        assert!(office.world.store.loose_files().await.unwrap().is_empty());
    }
}

#[tokio::test]
async fn files_that_are_not_what_was_written_are_found_and_nothing_is_freed() {
    let office = Office::open().await;
    let campaign = office.ended("nightly").await;
    office.world.now(LATER);
    let before = office.read_all().await;
    for name in ["contacts.parquet", "attempts.parquet", "manifest.json"] {
        let moving = office.archiver.begin(campaign).await.unwrap();
        office.archiver.write(&moving).await.unwrap();
        let file = office.files().into_iter().find(|file| file.ends_with(name)).unwrap();
        let mut bytes = fs::read(&file).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 0x11;
        fs::write(&file, bytes).unwrap();
        let found = office.archiver.check(&moving).await.err().map(|error| error.to_string());
        let found = found.unwrap_or_else(|| panic!("{name} is taken as it is"));
        assert!(found.contains(name), "{found}");
        assert!(office.read_all().await == before);
    }
    assert_eq!(office.rounds(LATER).await.archived, 1, "they are written anew");
    assert!(office.read_all().await == before);
}

#[tokio::test]
async fn a_place_that_takes_no_files_is_told_and_tried_again_later() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("file");
    fs::write(&file, "in the way").unwrap();
    let office = Office::with(&format!("[archive]\nto = \"{}\"\n", file.display()), directory).await;
    let campaign = office.ended("nightly").await;
    assert_eq!(office.rounds(LATER).await, Shelved { failed: 1, ..Shelved::default() });
    let troubles = office.world.store.archive_troubles().await.unwrap();
    assert!(troubles[&campaign].cause.contains("file"), "{troubles:?}");
    let (status, body) = office.get("/campaigns/nightly").await;
    assert_eq!((status, body.contains("not archived yet: ")), (200, true), "{body}");
    assert_eq!(office.rounds("2026-06-02 10:00").await, Shelved::default(), "not at once");
    assert_eq!(office.rounds("2026-06-02 10:02").await, Shelved { failed: 1, ..Shelved::default() });
    assert_eq!(office.rounds("2026-06-02 10:03").await, Shelved::default(), "the pause grows");
    fs::remove_file(&file).unwrap();
    assert_eq!(office.rounds("2026-06-02 10:10").await, Shelved { archived: 1, ..Shelved::default() });
    assert!(office.world.store.archive_troubles().await.unwrap().is_empty());
}
