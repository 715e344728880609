//! Requests drawn from the API's own description, right ones, odd ones and broken ones: none makes the server fail, and each
//! answer is one that the description has.

use axum::{
    body::{Body, to_bytes},
    http::{HeaderName, HeaderValue, Request, header},
};
use futures_util::{StreamExt, stream};
use rand::{Rng, SeedableRng, rngs::SmallRng, seq::IndexedRandom};
use redial_shared::domain::role::Role;
use serde_json::{Map, Value, json};

use crate::support::{Api, NIGHTLY};

/// Requests of each operation.
const REQUESTS: usize = 40;
/// As many are answered at once.
const AT_ONCE: usize = 16;
/// What leaves little for others to do comes in the last rounds alone, beside all else.
const ENDINGS: [&str; 2] = ["stop", "remove"];
const LAST_ROUNDS: usize = 8;
/// Set to a number, it is the seed.
const SEED: &str = "REDIAL_FUZZ_SEED";

/// Texts that have broken programs before, and some that are right somewhere.
const TEXTS: &[&str] = &[
    "",
    " ",
    "nightly",
    "none",
    "acme",
    "C1",
    "+12025550101",
    "12025550101",
    "+1",
    "operator",
    "60d",
    "0s",
    "9999999999999d",
    "-1",
    "0",
    "1",
    "3",
    "18446744073709551616",
    "1e999",
    "NaN",
    "true",
    "null",
    "{}",
    "[]",
    "\"",
    "'",
    "\\",
    "%",
    "%00",
    "\u{0}",
    "\n",
    "é",
    "\u{202e}",
    "💥",
    "../..",
    "*",
    "\"0000002a-1\"",
    "W/\"x\"",
    "1-0",
    "2026-02-30T25:61:61Z",
    "2026-12-01T00:00:00Z",
    "running",
    "busy",
    "csv",
    "jsonl",
    "parquet",
    "US",
    "Europe/Paris",
    "a,b,,c",
    "phone=phone",
    "utf-16",
    "name = \"nightly\"\nprovider = \"acme\"\n",
    "phone\n+12025550101\n",
    "{\"phone\": \"+12025550102\"}\n",
    "PK\u{3}\u{4}",
    "\u{1f}\u{8b}",
];

struct Draw<'a> {
    random: SmallRng,
    document: &'a Value,
}

/// A request, and what the description says of its answers.
struct Drawn {
    operation: String,
    shown: String,
    request: Request<Body>,
    statuses: Vec<String>,
}

impl Draw<'_> {
    fn chance(&mut self, percent: u32) -> bool {
        self.random.random_range(0..100) < percent
    }

    fn text(&mut self) -> String {
        match self.random.random_range(0..20) {
            0 => "x".repeat(self.random.random_range(200..5_000)),
            1 => (0..self.random.random_range(1..30)).map(|_| self.random.random::<char>()).collect(),
            2 => self.random.random::<i64>().to_string(),
            _ => (*TEXTS.choose(&mut self.random).unwrap()).to_owned(),
        }
    }

    fn value(&mut self, schema: &Value, depth: u32) -> Value {
        if depth > 4 || self.chance(8) {
            return self.any();
        }
        if let Some(name) = schema["$ref"].as_str() {
            let path = name.trim_start_matches('#').to_owned();
            return self.value(&self.document.pointer(&path).unwrap().clone(), depth + 1);
        }
        for choice in ["oneOf", "anyOf", "enum"] {
            if let Some(choices) = schema[choice].as_array() {
                let chosen = choices.choose(&mut self.random).unwrap().clone();
                return if choice == "enum" { chosen } else { self.value(&chosen, depth + 1) };
            }
        }
        let kinds = schema["type"].as_array().cloned().unwrap_or_else(|| vec![schema["type"].clone()]);
        match kinds.choose(&mut self.random).and_then(Value::as_str) {
            Some("object") => self.object(schema, depth),
            Some("array") => {
                let count = self.random.random_range(0..4);
                (0..count).map(|_| self.value(&schema["items"], depth + 1)).collect()
            }
            Some("integer") => json!(self.random.random_range(-2_i64..2_000)),
            Some("number") => json!(self.random.random_range(-2.0_f64..2_000.0)),
            Some("boolean") => json!(self.random.random::<bool>()),
            Some("null") => Value::Null,
            _ => Value::String(self.text()),
        }
    }

    fn object(&mut self, schema: &Value, depth: u32) -> Value {
        let mut fields = Map::new();
        for (name, schema) in schema["properties"].as_object().into_iter().flatten() {
            if self.chance(75) {
                fields.insert(name.clone(), self.value(schema, depth + 1));
            }
        }
        if self.chance(5) {
            fields.insert(self.text(), self.any());
        }
        Value::Object(fields)
    }

    fn any(&mut self) -> Value {
        match self.random.random_range(0..6) {
            0 => Value::Null,
            1 => json!([[], {}, [[1]]]),
            2 => json!(u64::MAX),
            3 => json!({"": self.text()}),
            _ => Value::String(self.text()),
        }
    }

    /// A value as the query, a header or the path carries it.
    fn parameter(&mut self, schema: &Value) -> String {
        match self.value(schema, 0) {
            Value::String(text) => text,
            other => other.to_string(),
        }
    }

    fn request(&mut self, path: &str, method: &str, operation: &Value) -> Drawn {
        let (mut path, mut query) = (path.to_owned(), Vec::new());
        let mut request = Request::builder().method(method.to_uppercase().as_str());
        for parameter in operation["parameters"].as_array().into_iter().flatten() {
            let name = parameter["name"].as_str().unwrap();
            let value = self.parameter(&parameter["schema"]);
            match parameter["in"].as_str().unwrap() {
                "path" => {
                    let known = if name == "contact" {
                        "C1"
                    } else if path.contains("/providers/") {
                        "other"
                    } else {
                        "nightly"
                    };
                    let value = if self.chance(75) { known.to_owned() } else { value };
                    path = path.replace(&format!("{{{name}}}"), &encoded(&value));
                }
                "query" if self.chance(50) => query.push(format!("{}={}", encoded(name), encoded(&value))),
                "header" if self.chance(30) => {
                    if let Ok(value) = HeaderValue::from_str(&value) {
                        request = request.header(HeaderName::try_from(name).unwrap(), value);
                    }
                }
                _ => {}
            }
        }
        let uri = if query.is_empty() { path } else { format!("{path}?{}", query.join("&")) };
        let mut body = String::new();
        let contents = operation["requestBody"]["content"].as_object().into_iter().flatten().collect::<Vec<_>>();
        if let Some((media_type, content)) = contents.choose(&mut self.random) {
            if self.chance(80) {
                request = request.header(header::CONTENT_TYPE, media_type.as_str());
            }
            body = match self.value(&content["schema"], 0) {
                Value::String(text) if !media_type.contains("json") => text,
                value => value.to_string(),
            };
            if self.chance(10) {
                let end = (0..=body.len() / 2).rev().find(|&end| body.is_char_boundary(end)).unwrap_or(0);
                body.truncate(end);
            }
        }
        let shown = format!("{method} {uri} {:?} {body}", request.headers_ref());
        let statuses = operation["responses"].as_object().unwrap().keys().cloned().collect();
        let request = request.uri(&uri).body(Body::from(body)).unwrap_or_else(|error| panic!("{shown}: {error}"));
        Drawn { operation: operation["operationId"].as_str().unwrap().to_owned(), shown, request, statuses }
    }
}

/// All but letters and digits, as an address carries it. An empty part would be another path.
fn encoded(text: &str) -> String {
    let text = if text.is_empty() { " " } else { text };
    let byte = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' => (byte as char).to_string(),
        other => format!("%{other:02X}"),
    };
    text.bytes().map(byte).collect()
}

/// What is wrong with the answer, if something is.
async fn fault(api: &Api, token: &str, drawn: Drawn) -> Option<String> {
    let Drawn { operation, shown, mut request, statuses } = drawn;
    request.headers_mut().insert(header::AUTHORIZATION, format!("Bearer {token}").parse().unwrap());
    let response = api.open(request).await;
    let status = response.status();
    let told = |what: &str| Some(format!("{operation} answers {status}{what} to {shown}"));
    if status.is_server_error() {
        return told("");
    }
    if !statuses.contains(&status.as_u16().to_string()) {
        return told(", which is not described,");
    }
    if status.is_client_error() {
        let is_problem =
            response.headers().get(header::CONTENT_TYPE).is_some_and(|kind| kind == "application/problem+json");
        let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        let problem: Value = serde_json::from_slice(&body).unwrap_or_default();
        let detail = problem["detail"].as_str().unwrap_or_default();
        if !is_problem || problem["status"] != status.as_u16() || detail.is_empty() || detail.contains(char::is_control)
        {
            return told(&format!(" and {}", String::from_utf8_lossy(&body)));
        }
    }
    None
}

#[tokio::test]
async fn no_request_that_can_be_drawn_from_the_description_makes_the_server_fail() {
    let api = Api::start().await;
    api.put_definition(NIGHTLY).await.ok();
    api.upload("id,phone\nC1,+12025550101\nC2,+12025550102\n").await.ok();
    let token = api.token(Role::Admin).await;
    let document: Value = serde_json::from_str(&api.ask("GET", "/api/v1/openapi.json", &[], "").await.body).unwrap();
    let seed = std::env::var(SEED).ok().and_then(|seed| seed.parse().ok()).unwrap_or(7);
    let mut draw = Draw { random: SmallRng::seed_from_u64(seed), document: &document };
    let mut drawn = Vec::new();
    for round in 0..REQUESTS {
        for (path, item) in document["paths"].as_object().unwrap() {
            for (method, operation) in item.as_object().unwrap() {
                let operation_id = operation["operationId"].as_str().unwrap();
                let too_soon = ENDINGS.contains(&operation_id) && round + LAST_ROUNDS < REQUESTS;
                // A token that is gone would end the test, and which ones there are is random.
                if operation_id != "revoke_token" && !too_soon {
                    drawn.push(draw.request(path, method, operation));
                }
            }
        }
    }
    eprintln!("{} requests of seed {seed}; {SEED} sets another", drawn.len());
    let faults = stream::iter(drawn).map(|drawn| fault(&api, &token, drawn)).buffer_unordered(AT_ONCE);
    let faults: Vec<String> = faults.filter_map(|fault| async { fault }).collect().await;
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
}
