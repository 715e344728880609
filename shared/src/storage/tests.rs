//! Directories and a bucket, from the outside.

mod fake_s3;

use std::{fs, path::Path};

use fake_s3::FakeS3;

use super::*;
use crate::config::Secret;

fn name() -> FileName {
    FileName::of(["nightly", "+12025550101", "a-1.wav"])
}

fn in_directory(path: &Path) -> Storage {
    Storage::open(&Location::Directory(path.to_owned()), &S3Config::default()).unwrap()
}

fn in_bucket(endpoint: &str, bucket: &str) -> Storage {
    let secret = |text: &str| Some(Secret::inline(text, "redial.toml:1: key"));
    let s3 = S3Config {
        endpoint: Some(endpoint.to_owned()),
        region: Some("eu-west-3".to_owned()),
        access_key: secret("AKID"),
        secret_key: secret("hush"),
    };
    Storage::open(&Location::Bucket { name: bucket.to_owned(), prefix: "calls".to_owned() }, &s3).unwrap()
}

async fn read(storage: &Storage, name: &FileName) -> Option<Vec<u8>> {
    match storage.get(name).await.unwrap() {
        Some(download) => Some(download.all(1 << 20).await.unwrap()),
        None => None,
    }
}

async fn keeps_reads_and_removes(storage: &Storage) {
    let bytes: Vec<u8> = (0..200_000_u32).map(|place| place as u8).collect();
    assert_eq!((read(storage, &name()).await, storage.exists(&name()).await.unwrap()), (None, false));
    let mut upload = storage.create(&name()).await.unwrap();
    for piece in bytes.chunks(70_000) {
        upload.write(piece).await.unwrap();
        assert!(!storage.exists(&name()).await.unwrap(), "a file appears when it is whole");
    }
    assert_eq!(upload.bytes(), 200_000);
    upload.finish().await.unwrap();
    assert!(storage.exists(&name()).await.unwrap());
    assert_eq!(read(storage, &name()).await.unwrap(), bytes);
    assert_eq!(storage.read_at(&name(), 131_000, 5).await.unwrap().unwrap(), bytes[131_000..131_005]);
    assert!(storage.read_at(&name(), 199_999, 2).await.is_err(), "it ends before");
    assert!(storage.get(&name()).await.unwrap().unwrap().all(1_000).await.is_err(), "it is longer than that");
    storage.remove(&name()).await.unwrap();
    storage.remove(&name()).await.unwrap();
    assert_eq!(read(storage, &name()).await, None);
    assert_eq!(storage.read_at(&name(), 0, 1).await.unwrap(), None);
    storage.check().await.unwrap();
}

#[tokio::test]
async fn a_directory_keeps_whole_files_and_nothing_of_others() {
    let temp = tempfile::tempdir().unwrap();
    let storage = in_directory(&temp.path().join("calls"));
    keeps_reads_and_removes(&storage).await;
    let mut upload = storage.create(&name()).await.unwrap();
    upload.write(b"half").await.unwrap();
    drop(upload);
    assert_eq!(fs::read_dir(temp.path().join("calls/.unfinished")).unwrap().count(), 0);
    assert!(!temp.path().join("calls/nightly").exists(), "folders that are empty go with their last file");
    fs::write(temp.path().join("source"), "copied").unwrap();
    storage.put(&name(), &temp.path().join("source")).await.unwrap();
    assert_eq!(storage.shown(&name()), temp.path().join("calls/nightly/+12025550101/a-1.wav").display().to_string());
    assert_eq!(fs::read(storage.shown(&name())).unwrap(), b"copied");
}

#[tokio::test]
async fn a_bucket_keeps_whole_files_by_signed_requests() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let server = FakeS3::serve("recordings").await;
    let storage = in_bucket(&server.url, "recordings");
    keeps_reads_and_removes(&storage).await;
    let asked = server.asked();
    assert!(
        asked.iter().any(|request| request.starts_with("PUT /recordings/calls/nightly/%2B12025550101/a-1.wav?")
            || request.starts_with("PUT /recordings/calls/nightly/+12025550101/a-1.wav?")),
        "{asked:?}"
    );
    for request in &asked {
        assert!(request.contains("X-Amz-Credential=AKID%2F") && request.contains("%2Feu-west-3%2Fs3%2F"), "{request}");
        assert!(request.contains("X-Amz-Signature=") && !request.contains("hush"), "{request}");
    }
}

#[tokio::test]
async fn a_bucket_that_is_not_there_and_a_store_that_is_not_there_say_so_without_a_secret() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let server = FakeS3::serve("recordings").await;
    let storage = in_bucket(&server.url, "others");
    let error = storage.check().await.unwrap_err();
    assert_eq!(error.to_string(), "s3://others/calls/redial-write-test: the store answered 404 NoSuchBucket");
    assert!(storage.get(&name()).await.is_err(), "that is no word about the file");
    let away = in_bucket("http://127.0.0.1:9", "recordings").check().await.unwrap_err();
    let shown = format!("{away} {away:?} {}", away.hint());
    assert!(shown.contains("s3://recordings/calls/redial-write-test") && !shown.contains("Signature"), "{shown}");
}

#[test]
fn credentials_come_from_the_configuration_or_from_the_usual_variables() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let none = BucketStore::open("recordings", "", &S3Config::default(), |_| None).unwrap_err();
    assert_eq!(none.to_string(), "buckets need credentials: there is no AWS_ACCESS_KEY_ID");
    assert!(none.hint().contains("[storage.s3]"), "{}", none.hint());
    let variable = |name: &str| name.starts_with("AWS_").then(|| "http://x".to_owned());
    assert!(BucketStore::open("recordings", "", &S3Config::default(), variable).is_ok());
}

#[test]
fn names_are_safe_whatever_they_are_made_of() {
    let shown = |parts: &[&str]| FileName::of(parts.iter().copied()).to_string();
    assert_eq!(shown(&["nightly", "a-1.wav"]), "nightly/a-1.wav");
    assert_eq!(shown(&["..", "../../etc/passwd", "."]), "%2E./%2E.%2F..%2Fetc%2Fpasswd/%2E");
    assert_eq!(shown(&["", ".unfinished", "a b\0é"]), "%/%2Eunfinished/a%20b%00%C3%A9");
    let long = "é".repeat(200);
    let name = shown(&[&long]);
    assert_eq!(name.len(), 120);
    assert_ne!(name, shown(&[&format!("{long}x")]));
}
