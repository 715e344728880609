//! Contact lists.

use std::io::{self, Write};

use axum::body::Body;
use futures_util::stream;
use serde_json::{Value, json};

use crate::support::{Answer, Api};

const CONTACTS: &str = "/api/v1/campaigns/nightly/contacts";
const LIST: &str = "phone,id,first_name\n\
                    +12025550101,c-1,Ann\n\
                    12,c-2,Bob\n\
                    +12025550103,c-3,\"Cy, Jr.\"\n\
                    +12025550101,c-4,Dee\n";

fn counts(answer: &Value) -> [u64; 3] {
    ["accepted", "duplicate", "rejected"].map(|key| answer[key].as_u64().unwrap())
}

fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

fn lines(answer: &Answer) -> Vec<Value> {
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(answer.headers["content-type"], "application/jsonl");
    answer.body.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[tokio::test]
async fn good_rows_are_added_once_and_bad_ones_told() {
    let api = Api::with_campaign().await;
    let answer = api.upload(LIST).await.ok();
    assert_eq!(counts(&answer), [2, 1, 1]);
    assert_eq!(answer["rejects"].as_array().unwrap().len(), 1);
    assert_eq!(answer["rejects"][0]["line"], 3);
    assert!(!answer["rejects"][0]["reason"].as_str().unwrap().is_empty());
    assert_eq!(counts(&api.upload(LIST).await.ok()), [0, 3, 1]);
    assert_eq!(api.get("/campaigns/nightly").await.ok()["contacts"]["total"], 2);
}

/// That of `LIST`.
fn header() -> Value {
    json!({"text": "phone,id,first_name", "delimiter": ",", "terminator": "\n", "columns": 3})
}

#[tokio::test]
async fn rejected_rows_come_back_whole_when_asked_for() {
    let api = Api::with_campaign().await;
    let list = [LIST.as_bytes(), b"+12025550105,c-5,\xff\n"].concat();
    let headers = [("content-type", "text/csv"), ("accept", "application/jsonl")];
    let answer = lines(&api.ask("POST", CONTACTS, &headers, list).await);
    assert_eq!(answer[0], json!({"accepted": 2, "duplicate": 1, "rejected": 2, "header": header()}));
    assert_eq!(answer.len(), 3);
    assert_eq!((&answer[1]["line"], &answer[1]["row"]), (&json!(3), &json!("12,c-2,Bob")));
    assert_eq!((&answer[2]["line"], &answer[2]["row_base64"]), (&json!(6), &json!("KzEyMDI1NTUwMTA1LGMtNSz/")));
}

#[tokio::test]
async fn every_format_is_taken_by_its_type_its_name_or_its_contents() {
    let api = Api::with_campaign().await;
    let json_lines = "{\"phone\":\"+12025550111\",\"plan\":\"a\"}\n{\"phone\":\"12\"}\n";
    for (query, content_type, list) in [
        ("", "text/tab-separated-values", b"phone\tplan\n+12025550110\tb\n".to_vec()),
        ("", "application/jsonl", json_lines.as_bytes().to_vec()),
        ("?file=list.csv.gz", "application/octet-stream", gzip("phone\n+12025550112\n")),
        ("", "text/csv", gzip("phone\n+12025550113\n")),
        ("?file=list.ndjson", "application/octet-stream", b"{\"phone\":\"+12025550114\"}".to_vec()),
        ("", "application/octet-stream", b"phone;x\n+12025550115;y\n".to_vec()),
    ] {
        let answer = api.ask("POST", &format!("{CONTACTS}{query}"), &[("content-type", content_type)], list).await.ok();
        assert_eq!(counts(&answer)[0], 1, "{query} {content_type}");
    }
    let headers = [("content-type", "application/jsonl"), ("accept", "application/jsonl")];
    let answer = lines(&api.ask("POST", CONTACTS, &headers, json_lines).await);
    assert_eq!(answer[0], json!({"accepted": 0, "duplicate": 1, "rejected": 1, "header": null}));
    assert_eq!(answer[1]["row"], "{\"phone\":\"12\"}");
}

#[tokio::test]
async fn columns_are_mapped_and_an_encoding_that_is_not_utf8_is_told() {
    let api = Api::with_campaign().await;
    let list = "Mobile;No;Prénom\n+33199001201;7;Zoë\n".encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>();
    let csv = [("content-type", "text/csv")];
    let path = format!("{CONTACTS}?map=phone%3DMobile&map=id=no&map=first_name%3DPr%C3%A9nom");
    let answer = api.ask("POST", &path, &csv, list).await.ok();
    assert_eq!((counts(&answer), &answer["encoding"]), ([1, 0, 0], &json!("utf-16le")));
    let contact = api.get("/campaigns/nightly/contacts/7").await.ok();
    assert_eq!(contact["attributes"], json!({"first_name": "Zoë"}));
    let path = format!("{CONTACTS}?encoding=windows-1252");
    let western = api.ask("POST", &path, &csv, &b"phone,x\n+33199001202,Zo\xeb\n"[..]).await.ok();
    assert_eq!(western["encoding"], "windows-1252");
    let lacking = api.ask("POST", &format!("{CONTACTS}?map=id=Nr"), &csv, LIST).await.problem(422);
    assert!(lacking["detail"].as_str().unwrap().contains("no column `Nr`"), "{lacking}");
    api.ask("POST", &format!("{CONTACTS}?map=id"), &csv, LIST).await.problem(400);
    api.ask("POST", &format!("{CONTACTS}?encoding=latin"), &csv, LIST).await.problem(400);
}

#[tokio::test]
async fn an_unusable_list_is_refused_with_its_cause() {
    let api = Api::with_campaign().await;
    let problem = api.upload("name,city\nAnn,Rome\n").await.problem(422);
    assert!(problem["detail"].as_str().unwrap().contains("no `phone` column"), "{problem}");
    api.upload("").await.problem(422);
    api.upload(gzip(&LIST.repeat(100))[..60].to_vec()).await.problem(422);
    let pdf = [("content-type", "application/pdf")];
    api.ask("POST", CONTACTS, &pdf, LIST).await.problem(415);
    api.ask("POST", "/api/v1/campaigns/nobody/contacts", &[("content-type", "text/csv")], LIST).await.problem(404);
    let problem = api.ask("POST", &format!("{CONTACTS}?dry_run=perhaps"), &[], LIST).await.problem(400);
    assert!(problem["detail"].as_str().unwrap().contains("dry_run"));
}

#[tokio::test]
async fn a_dry_run_counts_and_writes_nothing() {
    let api = Api::with_campaign().await;
    let dry =
        || api.ask("POST", "/api/v1/campaigns/nightly/contacts?dry_run=true", &[("content-type", "text/csv")], LIST);
    assert_eq!(counts(&dry().await.ok()), [2, 1, 1]);
    assert_eq!(counts(&dry().await.ok()), [2, 1, 1], "it is as it was");
    assert_eq!(api.get("/campaigns/nightly").await.ok()["contacts"]["total"], 0);
    api.upload("phone,id\n+12025550103,c-9\n").await.ok();
    assert_eq!(counts(&dry().await.ok()), [1, 2, 1], "what is in the campaign counts by its number too");
}

#[tokio::test]
async fn a_transfer_that_breaks_off_leaves_the_rows_before() {
    let api = Api::with_campaign().await;
    let parts = [Ok("phone\n+12025550101\n+12025550102\n+1202555"), Err(io::Error::other("reset"))];
    let problem = api.upload(Body::from_stream(stream::iter(parts))).await.problem(400);
    assert!(problem["detail"].as_str().unwrap().contains("broke off"), "{problem}");
    assert_eq!(api.get("/campaigns/nightly").await.ok()["contacts"]["total"], 2);
    assert_eq!(counts(&api.upload("phone\n+12025550101\n+12025550102\n+12025550103\n").await.ok()), [1, 2, 0]);
}

#[tokio::test]
async fn a_key_is_answered_once_and_remembered() {
    let api = Api::with_campaign().await;
    let first = [("content-type", "text/csv"), ("idempotency-key", "night-1")];
    let answer = api.ask("POST", CONTACTS, &first, LIST).await.ok();
    assert_eq!(counts(&answer), [2, 1, 1]);
    let again = api.ask("POST", CONTACTS, &first, LIST).await.ok();
    assert_eq!(counts(&again), counts(&answer), "not three duplicates");
    assert_eq!(again["rejects"][0]["line"], answer["rejects"][0]["line"]);
    let reasons = [&answer, &again].map(|told| told["rejects"][0]["reason"].as_str().unwrap());
    assert_eq!(reasons[0].replace("`country`", "`…`"), reasons[1], "what is quoted is not remembered");
    assert_ne!(reasons[0], reasons[1]);
    let as_lines = [("idempotency-key", "night-1"), ("accept", "application/jsonl")];
    let remembered = lines(&api.ask("POST", CONTACTS, &as_lines, LIST).await);
    assert_eq!(remembered[0], json!({"accepted": 2, "duplicate": 1, "rejected": 1, "header": header()}));
    assert_eq!(remembered[1]["line"], 3);
    api.ask("POST", CONTACTS, &first, "phone\n+12025550199\n").await.problem(422);
    let other = [("content-type", "text/csv"), ("idempotency-key", "night-2")];
    assert_eq!(counts(&api.ask("POST", CONTACTS, &other, LIST).await.ok()), [0, 3, 1]);
    let empty = [("content-type", "text/csv"), ("idempotency-key", "")];
    api.ask("POST", CONTACTS, &empty, LIST).await.problem(400);
}

#[tokio::test]
async fn a_failed_upload_is_not_remembered() {
    let api = Api::with_campaign().await;
    let keyed = [("content-type", "text/csv"), ("idempotency-key", "night-1")];
    api.ask("POST", CONTACTS, &keyed, "name\nAnn\n").await.problem(422);
    assert_eq!(counts(&api.ask("POST", CONTACTS, &keyed, LIST).await.ok()), [2, 1, 1]);
}

#[tokio::test]
async fn a_campaign_that_has_ended_takes_no_list() {
    let api = Api::with_campaign().await;
    api.post("/campaigns/nightly/stop").await.ok();
    api.upload(LIST).await.problem(409);
    api.ask("POST", &format!("{CONTACTS}?dry_run=true"), &[("content-type", "text/csv")], LIST).await.problem(409);
}

#[tokio::test]
async fn a_long_list_is_taken_whole_and_lists_its_first_thousand_rejects() {
    let api = Api::with_campaign().await;
    let mut list = String::from("phone,id\n");
    for row in 0..3_000 {
        let good = format!("+4420794600{:02},row-{row}\n", row % 100);
        list.push_str(if row % 2 == 0 { &good } else { "12,bad\n" });
    }
    let headers = [("content-type", "text/csv")];
    let answer = api.ask("POST", CONTACTS, &headers, list.clone()).await.ok();
    assert_eq!(counts(&answer), [50, 1_450, 1_500], "the number, too, makes a duplicate");
    assert_eq!(answer["rejects"].as_array().unwrap().len(), 1_000);
    let headers = [("content-type", "text/csv"), ("accept", "application/jsonl")];
    assert_eq!(lines(&api.ask("POST", CONTACTS, &headers, list).await).len(), 1_501);
}

#[tokio::test]
async fn a_contact_none_of_whose_numbers_the_provider_calls_is_rejected_with_its_reason() {
    let account = "[providers.acme]\nkind = \"uhlive\"\nclient_id = \"c\"\nclient_secret = \"s\"\n";
    let api = Api::configured(account).await;
    api.put_definition("name = \"nightly\"\nprovider = \"acme\"\n[call]\noriginate = \"o\"\n").await.ok();
    let list = "phone,phone2\n+33199001201,\n+12025550101,\n+12025550102,+33199001202\n";
    let answer = api.upload(list).await.ok();
    assert_eq!(counts(&answer), [2, 0, 1]);
    assert_eq!(answer["rejects"][0]["line"], 3);
    let reason = answer["rejects"][0]["reason"].as_str().unwrap();
    assert!(reason.starts_with("phone: uh!live calls French numbers only"), "{reason}");
}
