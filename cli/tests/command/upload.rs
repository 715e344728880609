//! `redial upload` against a stub of the API.

use std::{
    io::{Read, Write},
    net::TcpListener,
    process::Stdio,
};

use crate::support::{Done, Stub};
use serde_json::json;

const UPLOAD: &str = "POST /campaigns/nightly/contacts";

#[test]
fn a_list_is_streamed_and_its_counts_printed() {
    let stub = Stub::start();
    let list = "phone\n".to_owned() + &"+12025550101\n".repeat(100_000);
    stub.file("list.csv", &list).on(UPLOAD, json!({"accepted": 2, "duplicate": 1, "rejected": 0, "rejects": []}));
    assert_eq!(stub.redial(&["upload", "nightly", "list.csv"]).ok(), "2 accepted, 1 duplicate, 0 rejected\n");
    let asked = &stub.asked()[0];
    assert_eq!(asked.what, "POST /api/v1/campaigns/nightly/contacts?file=list.csv");
    assert_eq!(asked.headers["content-type"], "text/csv");
    assert_eq!(asked.headers["transfer-encoding"], "chunked");
    assert_eq!(asked.body, list);
}

#[test]
fn rejected_rows_are_told_and_the_upload_still_succeeds() {
    let stub = Stub::start();
    let rejects = json!([{"line": 7, "reason": "no valid number"}]);
    stub.file("list.csv", "phone\n")
        .on(UPLOAD, json!({"accepted": 1, "duplicate": 0, "rejected": 1, "rejects": rejects}));
    let done = stub.redial(&["upload", "nightly", "list.csv", "--dry-run"]);
    assert_eq!((done.code, done.stdout.as_str()), (0, "1 accepted, 0 duplicate, 1 rejected\n"));
    assert!(done.stderr.starts_with("line 7: no valid number\nhint: --rejects FILE"), "{}", done.stderr);
    assert!(stub.asked()[0].what.ends_with("?file=list.csv&dry_run=true"));
}

#[test]
fn the_rejects_file_has_the_rows_as_they_were_with_line_and_reason() {
    let stub = Stub::start();
    let header = json!({"text": "phone,name", "delimiter": ",", "terminator": "\n", "columns": 2});
    let answer = [
        json!({"accepted": 1, "duplicate": 0, "rejected": 3, "header": header}).to_string(),
        json!({"line": 3, "reason": "no valid number", "row": "123,\"Ann, Lee\""}).to_string(),
        json!({"line": 4, "reason": "too many fields", "row": "+12025550101,a,b"}).to_string(),
        json!({"line": 5, "reason": "no UTF-8", "row_base64": "MTIzLEFuZHLp"}).to_string(),
    ];
    stub.file("list.csv", "phone,name\n").on_text(UPLOAD, "application/jsonl", &(answer.join("\n") + "\n"));
    let args = ["upload", "nightly", "list.csv", "--rejects", "bad.csv", "--json"];
    let counts: serde_json::Value = serde_json::from_str(&stub.redial(&args).ok()).unwrap();
    assert_eq!(counts, json!({"accepted": 1, "duplicate": 0, "rejected": 3}));
    let rejects = std::fs::read(stub.dir().join("bad.csv")).unwrap();
    let expected = b"phone,name,line,reason\n123,\"Ann, Lee\",3,no valid number\n\
        +12025550101,\"a,b\",4,too many fields\n123,Andr\xe9,5,no UTF-8\n";
    assert_eq!(rejects, expected);
    assert_eq!(stub.asked()[0].headers["accept"], "application/jsonl");
}

#[test]
fn columns_are_mapped_numbers_ordered_and_a_detected_encoding_is_told() {
    let stub = Stub::start();
    let answer = json!({"accepted": 1, "duplicate": 0, "rejected": 0, "encoding": "windows-1252", "rejects": []});
    stub.file("list.csv", "phone\n").on(UPLOAD, answer);
    let done = stub.redial(&["upload", "nightly", "list.csv", "--map", "id=Customer No", "--numbers", "Mobile,Home"]);
    assert_eq!((done.code, done.stdout.as_str()), (0, "1 accepted, 0 duplicate, 0 rejected\n"));
    assert_eq!(done.stderr, "the list was read as windows-1252\n");
    let asked = &stub.asked()[0].what;
    assert!(asked.ends_with("?file=list.csv&map=id%3DCustomer+No&map=phone1%3DMobile&map=phone2%3DHome"), "{asked}");
    let said = stub.redial(&["upload", "nightly", "list.csv", "--encoding", "Windows-1252"]);
    assert!(said.stderr.is_empty() && stub.asked()[1].what.ends_with("&encoding=windows-1252"), "{}", said.stderr);
    for wrong in [["--map", "Mobile"], ["--encoding", "latin"], ["--numbers", "Mobile,Mobile"]] {
        assert_eq!(stub.redial(&[&["upload", "nightly", "list.csv"][..], &wrong].concat()).code, 2, "{wrong:?}");
    }
    assert_eq!(stub.asked().len(), 2);
}

#[test]
fn updated_rows_are_told_where_they_were_asked_for() {
    let stub = Stub::start();
    stub.file("list.csv", "phone\n")
        .on(UPLOAD, json!({"accepted": 1, "updated": 2, "duplicate": 3, "rejected": 0, "rejects": []}));
    let told = stub.redial(&["upload", "nightly", "list.csv", "--on-duplicate", "update"]).ok();
    assert_eq!(told, "1 accepted, 2 updated, 3 duplicate, 0 rejected\n");
    assert!(stub.asked()[0].what.ends_with("?file=list.csv&on_duplicate=update"));
}

#[test]
fn a_file_that_cannot_be_used_ends_with_exit_code_2() {
    let stub = Stub::start();
    let missing = stub.redial(&["upload", "nightly", "missing.csv"]);
    assert_eq!(missing.code, 2);
    assert!(missing.stderr.starts_with("error: cannot read missing.csv: "), "{}", missing.stderr);
    std::fs::create_dir(stub.dir().join("directory.csv")).unwrap();
    assert_eq!(stub.redial(&["upload", "nightly", "directory.csv"]).code, 2);
    stub.file("list.csv", "phone\n");
    assert_eq!(stub.redial(&["upload", "nightly", "list.csv", "--rejects", "./list.csv"]).code, 2);
    assert!(stub.asked().is_empty());
    stub.refuse(UPLOAD, 422, json!({"status": 422, "detail": "list.csv has no `phone` column", "hint": "add one"}));
    let unusable = stub.redial(&["upload", "nightly", "list.csv"]);
    assert_eq!(unusable.code, 2);
    assert_eq!(unusable.stderr, "error: list.csv has no `phone` column\nhint: add one\n");
}

#[test]
fn standard_input_is_sent_for_a_dash() {
    let stub = Stub::start();
    stub.on(UPLOAD, json!({"accepted": 1, "duplicate": 0, "rejected": 0, "rejects": []}));
    let mut command = stub.command(&["upload", "nightly", "-", "--server", &stub.url, "--token", "t"]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(b"phone\n+12025550101\n").unwrap();
    let done = Done::of(child.wait_with_output().unwrap());
    assert_eq!(done.ok(), "1 accepted, 0 duplicate, 0 rejected\n");
    assert_eq!(stub.asked()[0].body, "phone\n+12025550101\n");
    assert_eq!(stub.asked()[0].headers["content-type"], "application/octet-stream");
}

/// Refuses after the header of the request and reads on, as a server does that wants its answer to arrive.
fn refuse_early(listener: &TcpListener) {
    let (mut stream, _) = listener.accept().unwrap();
    let mut seen = Vec::new();
    let mut buffer = [0; 4096];
    while !seen.windows(4).any(|end| end == b"\r\n\r\n") {
        let read = stream.read(&mut buffer).unwrap();
        seen.extend_from_slice(&buffer[..read]);
    }
    let problem = r#"{"status":422,"detail":"no phone column"}"#;
    let head = "HTTP/1.1 422 Unprocessable Entity\r\ncontent-type: application/problem+json\r\nconnection: close";
    write!(stream, "{head}\r\ncontent-length: {}\r\n\r\n{problem}", problem.len()).unwrap();
    while stream.read(&mut buffer).is_ok_and(|read| read > 0) {}
}

#[test]
fn a_refusal_that_comes_before_the_whole_list_is_sent_is_understood() {
    let stub = Stub::start();
    stub.file("list.csv", "name\n".to_owned() + &"somebody\n".repeat(2_000_000));
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let server = format!("http://{}", listener.local_addr().unwrap());
    let refusing = std::thread::spawn(move || refuse_early(&listener));
    let args = ["upload", "nightly", "list.csv", "--server", &server, "--token", "t"];
    let refused = Done::of(stub.command(&args).output().unwrap());
    assert_eq!((refused.code, refused.stderr.as_str()), (2, "error: no phone column\n"));
    refusing.join().unwrap();
}

#[test]
fn what_is_wrong_with_the_columns_of_numbers_is_told_of_their_option() {
    let stub = Stub::start();
    stub.file("list.csv", "Mobile,Home\n");
    let told = |args: &[&str]| {
        let done = stub.redial(&[&["upload", "nightly", "list.csv"], args].concat());
        assert_eq!(done.code, 2, "{}", done.stderr);
        done.stderr.lines().next().unwrap().to_owned()
    };
    assert_eq!(told(&["--numbers", "Mobile,mobile"]), "error: --numbers: `mobile` is named twice");
    assert_eq!(told(&["--numbers", "Mobile,,Home"]), "error: --numbers: the name of a column is empty");
    let both = told(&["--numbers", "Mobile", "--map", "id=Mobile"]);
    assert!(both.starts_with("error: --map and --numbers: `Mobile` is mapped twice"), "{both}");
    let map = told(&["--map", "id=a", "--map", "id=b"]);
    assert!(map.starts_with("error: --map: `id` is mapped twice"), "{map}");
}
