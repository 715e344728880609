//! Results and attempts.

use parquet::{
    file::reader::{FileReader, SerializedFileReader},
    record::{Row, RowAccessor},
};
use redial_shared::{domain::Outcome, store::Verb};
use serde_json::Value;

use crate::support::{Api, begin_one, end};

const LIST: &str = "phone1,phone2,id,first_name,state\n\
                    +12025550101,+442079460101,c-1,\"Ann \"\"A\"\"\",VA\n\
                    +12025550102,,c-2,\"Bob, Jr.\",\n";

fn rows(csv: &str) -> Vec<Vec<String>> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(csv.as_bytes());
    reader.records().map(|record| record.unwrap().iter().map(str::to_owned).collect()).collect()
}

#[tokio::test]
async fn a_wrong_query_names_the_parameter_its_value_and_what_may_stand_there() {
    let api = Api::with_campaign().await;
    for (path, told) in [
        ("/campaigns/nightly/results?format=xml", "format: `xml` is none: `csv` or `jsonl` or `parquet` is expected"),
        ("/campaigns/nightly/results?follow=maybe", "follow: `maybe` is none: `true` or `false` is expected"),
        ("/campaigns/nightly/results?since=nope", "since: `nope` is no instant with its offset"),
        ("/campaigns/nightly/attempts?outcome=fine", "outcome: `fine` is none of answered"),
        ("/campaigns/nightly/timeline?minutes=ten", "minutes: `ten` is none: a whole number is expected"),
        ("/campaigns?limit=-1", "limit: `-1` is none: a whole number is expected"),
        ("/campaigns?limit=1&limit=2", "`limit` is given twice"),
        ("/suppressions/check", "`numbers` is missing"),
    ] {
        let problem = api.get(path).await.problem(400);
        let detail = problem["detail"].as_str().unwrap();
        assert!(detail.starts_with(&format!("wrong query: {told}")), "{path}: {detail}");
    }
}

#[tokio::test]
async fn an_uploaded_list_comes_back_in_results() {
    let api = Api::with_campaign().await;
    api.upload(LIST).await.ok();
    let answer = api.get("/campaigns/nightly/results").await;
    assert_eq!(answer.headers["content-type"], "text/csv; charset=utf-8; header=present");
    let rows = rows(&answer.body);
    assert_eq!(
        rows[0].join(","),
        "contact_id,phone,state,outcome,provider_status,attempts,first_attempt_at,last_attempt_at,next_attempt_at,call_id,\
         reason,first_name,attribute.state"
    );
    assert_eq!(rows[1], ["c-1", "+12025550101", "pending", "", "", "0", "", "", "", "", "", "Ann \"A\"", "VA"]);
    assert_eq!(rows[2], ["c-2", "+12025550102", "pending", "", "", "0", "", "", "", "", "", "Bob, Jr.", ""]);
    assert_eq!(rows.len(), 3);
}

#[tokio::test]
async fn later_lists_add_their_columns() {
    let api = Api::with_campaign().await;
    api.upload("phone,a,b\n+12025550101,1,2\n").await.ok();
    api.upload("phone,b,c\n+12025550102,3,4\n").await.ok();
    let rows = rows(&api.get("/campaigns/nightly/results").await.body);
    assert_eq!(rows[0][11..], ["a", "b", "c"]);
    assert_eq!(rows[1][11..], ["1", "2", ""]);
    assert_eq!(rows[2][11..], ["", "3", "4"]);
}

#[tokio::test]
async fn a_call_shows_in_results_and_attempts() {
    let api = Api::with_campaign().await;
    api.upload(LIST).await.ok();
    api.post("/campaigns/nightly/start").await.ok();
    let attempt = begin_one(&api.store, "call-1").await;
    let live = api.get("/campaigns/nightly/attempts?format=jsonl").await;
    assert_eq!(live.headers["content-type"], "application/jsonl");
    let live: Value = serde_json::from_str(&live.body).unwrap();
    assert_eq!(live["call_id"], "call-1");
    assert!(live["outcome"].is_null() && live["ended_at"].is_null());
    end(&api.store, attempt, Outcome::Answered, "HUMAN").await;

    let attempts = rows(&api.get("/campaigns/nightly/attempts").await.body);
    assert_eq!(
        attempts[0].join(","),
        "attempt_id,contact_id,phone,number,provider,call_id,started_at,ended_at,outcome,provider_status,duration_s,\
         worker,reason"
    );
    let row = &attempts[1];
    assert_eq!(row[0], attempt.to_string());
    assert_eq!(row[1..6], ["c-1", "+12025550101", "1", "acme", "call-1"]);
    assert_eq!(row[8..13], ["answered", "HUMAN", "12.3", "1", ""]);

    let results = api.get("/campaigns/nightly/results?format=jsonl").await.body;
    let first: Value = serde_json::from_str(results.lines().next().unwrap()).unwrap();
    assert_eq!(first["state"], "completed");
    assert_eq!(first["outcome"], "answered");
    assert_eq!(first["attempts"], 1);
    assert_eq!(first["call_id"], "call-1");
    assert_eq!(first["provider_status"], "HUMAN");
    assert_eq!(first["first_attempt_at"], first["last_attempt_at"]);
    assert_eq!(first["first_name"], "Ann \"A\"");
    let status = api.get("/campaigns/nightly").await.ok();
    assert_eq!(status["outcomes"]["answered"], 1);
    assert_eq!(status["contacts"]["completed"], 1);
}

#[tokio::test]
async fn many_blocks_come_whole_and_each_contact_once() {
    let api = Api::with_campaign().await;
    let mut list = String::from("phone,id,row\n");
    for row in 0..1_000 {
        // Ten thousand fictitious numbers: the last four digits after +33 1 99 00.
        list.push_str(&format!("+3319900{row:04},row-{row},{row}\n"));
    }
    assert_eq!(api.upload(list).await.ok()["accepted"], 1_000);
    let rows = rows(&api.get("/campaigns/nightly/results?format=csv").await.body);
    let mut ids: Vec<_> = rows[1..].iter().map(|row| row[0].clone()).collect();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 1_000);
    assert!(rows[1..].iter().all(|row| row[0] == format!("row-{}", row[11])));
}

#[tokio::test]
async fn an_empty_campaign_has_a_header_and_no_rows() {
    let api = Api::with_campaign().await;
    assert_eq!(rows(&api.get("/campaigns/nightly/results").await.body).len(), 1);
    assert_eq!(api.get("/campaigns/nightly/attempts?format=jsonl").await.body, "");
}

#[tokio::test]
async fn unknown_formats_and_campaigns_are_refused() {
    let api = Api::with_campaign().await;
    api.get("/campaigns/nightly/results?format=xml").await.problem(400);
    api.get("/campaigns/nobody/results").await.problem(404);
    api.get("/campaigns/nobody/attempts").await.problem(404);
}

fn table(bytes: Vec<u8>) -> (String, Vec<Row>) {
    let reader = SerializedFileReader::new(bytes::Bytes::from(bytes)).unwrap();
    let mut schema = Vec::new();
    parquet::schema::printer::print_schema(&mut schema, reader.metadata().file_metadata().schema());
    (String::from_utf8(schema).unwrap(), reader.get_row_iter(None).unwrap().map(Result::unwrap).collect())
}

#[tokio::test]
async fn parquet_has_the_same_columns_with_their_types() {
    let api = Api::with_campaign().await;
    api.upload(LIST).await.ok();
    api.post("/campaigns/nightly/start").await.ok();
    let attempt = begin_one(&api.store, "call-1").await;
    end(&api.store, attempt, Outcome::Answered, "HUMAN").await;
    let answer = api.get("/campaigns/nightly/results?format=parquet").await;
    assert_eq!(answer.headers["content-type"], "application/vnd.apache.parquet");
    let (schema, rows) = table(answer.bytes);
    for column in
        ["BYTE_ARRAY contact_id (STRING)", "INT64 attempts;", "INT64 last_attempt_at (TIMESTAMP(MILLIS,true))"]
    {
        assert!(schema.contains(&format!("OPTIONAL {column}")), "{column}: {schema}");
    }
    assert_eq!(rows.len(), 2);
    let names: Vec<_> = rows[0].get_column_iter().map(|(name, _)| name.as_str()).collect();
    let csv = rows_of_csv(&api, "results").await;
    assert_eq!(names, csv[0]);
    assert_eq!((rows[0].get_string(0).unwrap().as_str(), rows[0].get_long(5).unwrap()), ("c-1", 1));
    let started = redial_shared::domain::Timestamp::from_millis(rows[0].get_timestamp_millis(7).unwrap());
    assert_eq!(started.to_string(), csv[1][7]);
    assert!(rows[1].is_null(7).unwrap() && rows[1].is_null(3).unwrap());

    let (schema, rows) = table(api.get("/campaigns/nightly/attempts?format=parquet").await.bytes);
    assert!(schema.contains("OPTIONAL FLOAT duration_s"), "{schema}");
    assert_eq!((rows.len(), rows[0].get_float(10).unwrap(), rows[0].get_long(11).unwrap()), (1, 12.3, 1));
}

async fn rows_of_csv(api: &Api, what: &str) -> Vec<Vec<String>> {
    rows(&api.get(&format!("/campaigns/nightly/{what}")).await.body)
}

#[tokio::test]
async fn rows_are_chosen_by_state_outcome_and_time() {
    let api = Api::with_campaign().await;
    api.upload(LIST).await.ok();
    api.post("/campaigns/nightly/start").await.ok();
    let attempt = begin_one(&api.store, "call-1").await;
    end(&api.store, attempt, Outcome::Busy, "BUSY").await;
    let started = rows_of_csv(&api, "attempts").await[1][6].clone();
    for (query, results, attempts) in [
        ("state=waiting,pending".to_owned(), vec!["c-1", "c-2"], 1),
        ("state=pending".to_owned(), vec!["c-2"], 0),
        ("outcome=busy,answered".to_owned(), vec!["c-1"], 1),
        ("outcome=answered".to_owned(), vec![], 0),
        (format!("since={started}"), vec!["c-1"], 1),
        (format!("until={started}"), vec![], 0),
        ("since=2026-01-01T00:00:00%2B02:00&until=2999-01-01T00:00:00Z&state=waiting".to_owned(), vec!["c-1"], 1),
    ] {
        let found = rows(&api.get(&format!("/campaigns/nightly/results?{query}")).await.body);
        let ids: Vec<_> = found[1..].iter().map(|row| row[0].as_str()).collect();
        assert_eq!(ids, results, "{query}");
        let found = rows(&api.get(&format!("/campaigns/nightly/attempts?{query}")).await.body);
        assert_eq!(found.len() - 1, attempts, "{query}");
    }
    for query in ["state=done", "outcome=busy,maybe", "since=yesterday", "follow=true&format=parquet"] {
        api.get(&format!("/campaigns/nightly/results?{query}")).await.problem(400);
    }
}

#[tokio::test]
async fn followed_results_tell_each_contact_once_as_it_finishes_until_the_campaign_ends() {
    let api = Api::with_campaign().await;
    api.upload(LIST).await.ok();
    api.post("/campaigns/nightly/start").await.ok();
    let id = api.store.campaign_id(&"nightly".parse().unwrap()).await.unwrap();
    let call = async {
        let attempt = begin_one(&api.store, "call-1").await;
        end(&api.store, attempt, Outcome::Answered, "HUMAN").await;
        for verb in [Verb::Stop, Verb::Stopped] {
            api.store.change(id, verb, "", None).await.unwrap();
        }
    };
    let (followed, ()) = tokio::join!(api.get("/campaigns/nightly/results?follow=true"), call);
    let rows = rows(&followed.body);
    assert_eq!(rows[0][0], "contact_id");
    let mut told: Vec<_> = rows[1..].iter().map(|row| (row[0].as_str(), row[2].as_str())).collect();
    told.sort_unstable();
    assert_eq!(told, [("c-1", "completed"), ("c-2", "cancelled")]);
}
