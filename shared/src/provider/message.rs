//! A provider's own words, made fit for a report: short, in one line, without our secrets and telephone numbers.

use serde_json::Value;

use crate::domain::masking::without_numbers;

/// The most characters of a message that are kept.
const MESSAGE_MAX_CHARS: usize = 300;
/// The most characters of a provider's word for a state that are kept.
pub(super) const STATUS_MAX_CHARS: usize = 200;
/// No message needs more of a body than this.
const BODY_READ_MAX_BYTES: usize = 16 * 1024;
const BLANK: &str = "…";
/// Below this a "secret" would blank out innocent text.
const SECRET_MIN_BYTES: usize = 4;
/// Fields in which providers explain themselves, in the order of preference.
const MESSAGE_FIELDS: [&str; 7] = ["message", "error_description", "detail", "error", "errors", "title", "reason"];

/// `HTTP 400: what the body says`, or `HTTP 400` if it says nothing that is meant for people.
pub(super) fn describe(status: u16, body: &[u8], secrets: &[String]) -> String {
    let text = String::from_utf8_lossy(&body[..body.len().min(BODY_READ_MAX_BYTES)]);
    let said = match serde_json::from_str::<Value>(&text) {
        Ok(value) => explanation(&value).unwrap_or_else(|| value.to_string()),
        // A page of HTML explains nothing.
        Err(_) if text.trim_start().starts_with('<') => String::new(),
        Err(_) => text.into_owned(),
    };
    let said = in_one_line(&without_secrets(&said, secrets));
    let said = shorten(&without_numbers(&said), MESSAGE_MAX_CHARS);
    if said.is_empty() { format!("HTTP {status}") } else { format!("HTTP {status}: {said}") }
}

/// At most `max` characters.
pub(super) fn shorten(text: &str, max: usize) -> String {
    match text.char_indices().nth(max) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}{BLANK}", text[..end].trim_end()),
    }
}

fn explanation(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Array(values) => values.iter().find_map(explanation),
        Value::Object(fields) => MESSAGE_FIELDS.iter().find_map(|wanted| {
            let (_, value) = fields.iter().find(|(name, _)| name.eq_ignore_ascii_case(wanted))?;
            explanation(value)
        }),
        _ => None,
    }
}

fn without_secrets(text: &str, secrets: &[String]) -> String {
    let blank = |text: String, secret: &String| match secret.len() {
        ..SECRET_MIN_BYTES => text,
        _ => text.replace(secret, BLANK),
    };
    let text = secrets.iter().fold(text.to_owned(), blank);
    without_what_follows(without_what_follows(text, "/hooks/"), "Bearer ")
}

/// An echoed address of ours, `…/hooks/{provider}/{secret}`, or an echoed header would give a secret away.
fn without_what_follows(text: String, mark: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut rest = &*text;
    while let Some(at) = rest.find(mark) {
        let (before, after) = rest.split_at(at + mark.len());
        let end = after.find(|c: char| c.is_whitespace() || "\"'<>?)".contains(c)).unwrap_or(after.len());
        shown.push_str(before);
        shown.push_str(BLANK);
        rest = &after[end..];
    }
    shown + rest
}

fn in_one_line(text: &str) -> String {
    let words: Vec<&str> =
        text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty()).collect();
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_meant_for_people_is_found() {
        for (body, shown) in [
            (r#"{"Message":"Tenant is unknown"}"#, "HTTP 400: Tenant is unknown"),
            (r#"{"error":{"code":7,"message":"bad\nscenario"}}"#, "HTTP 400: bad scenario"),
            (r#"{"errors":[{"detail":"first"},{"detail":"second"}]}"#, "HTTP 400: first"),
            (r#""no such project""#, "HTTP 400: no such project"),
            ("plain  text\r\n", "HTTP 400: plain text"),
            (r#"{"code":17}"#, r#"HTTP 400: {"code":17}"#),
            ("<html><body>Bad gateway</body></html>", "HTTP 400"),
            ("", "HTTP 400"),
        ] {
            assert_eq!(describe(400, body.as_bytes(), &[]), shown);
        }
    }

    #[test]
    fn a_message_is_cut_at_300_characters() {
        let long = "é".repeat(5_000);
        let shown = describe(500, long.as_bytes(), &[]);
        assert_eq!(shown.chars().count(), "HTTP 500: ".len() + MESSAGE_MAX_CHARS + 1);
    }

    #[test]
    fn secrets_and_hook_addresses_are_blanked_out_before_the_cut() {
        let body =
            format!("{} token s3cret-token! https://calls.example.com/hooks/acme/hush?attempt=1", "x".repeat(280));
        let shown = describe(400, body.as_bytes(), &["s3cret-token".to_owned(), String::new()]);
        assert!(!shown.contains("s3c") && !shown.contains("hush"), "{shown}");
        let shown = describe(400, b"see http://x/hooks/acme/hush?attempt=1 now", &[]);
        assert_eq!(shown, "HTTP 400: see http://x/hooks/…?attempt=1 now");
        let shown = describe(401, br#"{"message":"token Bearer eyJ0.abc expired"}"#, &[]);
        assert_eq!(shown, "HTTP 401: token Bearer … expired");
    }

    #[test]
    fn telephone_numbers_are_masked_however_they_are_written() {
        for (said, shown) in [
            ("+442079460123 is barred", "+44…23 is barred"),
            ("no route to +1 (202) 555-0142.", "no route to +12…42."),
            ("(202) 555-0142", "…42"),
            ("to=2025550142&from=2025550143", "to=…42&from=…43"),
            ("020 7946 0123, 020.7946.0124", "…23, …24"),
            ("555\u{2011}0142", "…42"),
            ("٠٢٠٧٩٤٦", "…٤٦"),
            ("code 21211, line 123456", "code 21211, line 123456"),
        ] {
            assert_eq!(describe(400, said.as_bytes(), &[]), format!("HTTP 400: {shown}"));
        }
        let body = format!("{} +442079460123", "x".repeat(MESSAGE_MAX_CHARS - 8));
        assert!(!describe(400, body.as_bytes(), &[]).contains("207"), "masked before the cut");
    }

    #[test]
    fn bytes_that_are_no_text_do_no_harm() {
        assert!(describe(400, &[0xff, 0xfe, 0x00, b'a'], &[]).ends_with('a'));
    }
}
