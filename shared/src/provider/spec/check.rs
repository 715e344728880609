//! Whether all that a provider file refers to is there: keys in placeholders and conditions, patterns, statuses.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{Condition, Field, FieldType, Request, Spec, known};
use crate::provider::pattern::Pattern;

/// A place in the file, and what is wrong there.
type Wrong = (String, String);

pub(super) fn check(spec: &Spec) -> Result<(), Wrong> {
    let account: BTreeSet<&str> = spec.account.keys().map(String::as_str).collect();
    let all: BTreeSet<&str> = account.iter().copied().chain(spec.call.keys().map(String::as_str)).collect();
    check_keys(spec, &account, &all)?;
    check_request("dial", &spec.dial, &all, known::DIAL)?;
    if let Some(poll) = &spec.poll {
        check_request("poll", poll, &account, known::POLL)?;
    }
    let patterns = spec.number.allow.iter().chain(spec.number.deny.iter().map(|denied| &denied.pattern));
    for pattern in patterns {
        regex::Regex::new(pattern).map_err(|error| ("number".to_owned(), error.to_string()))?;
    }
    if let Some(tail) = &spec.tail {
        check_request("tail.request", &tail.request, &account, known::TAIL)?;
    }
    if let Some(check) = &spec.check {
        check_request("check", check, &account, known::OTHER)?;
    }
    for (name, operation) in &spec.operations {
        let with_args = account.iter().copied().chain(operation.args.keys().map(String::as_str)).collect();
        check_request(&format!("operations.{name}"), operation, &with_args, known::OTHER)?;
    }
    check_auth(spec, &account)?;
    check_answers(spec, &account)
}

fn check_keys(spec: &Spec, account: &BTreeSet<&str>, all: &BTreeSet<&str>) -> Result<(), Wrong> {
    for (key, field) in &spec.account {
        let place = format!("account.{key}");
        check_field(&place, field, account)?;
        if let Some(default) = field.default.as_ref().filter(|_| !field.in_call) {
            check_value(&place, default, account, &[])?;
        }
    }
    for (key, field) in &spec.call {
        let place = format!("call.{key}");
        check_field(&place, field, all)?;
        if field.in_call || field.kind == FieldType::Secret {
            return Err((place, "a key of [call] is no secret and needs no in_call".to_owned()));
        }
        if spec.account.contains_key(key) {
            return Err((place, "stands in [account] too: give that one in_call = true".to_owned()));
        }
    }
    match spec.scheduled_by.as_deref().filter(|key| !spec.call.contains_key(*key)) {
        Some(key) => Err(("scheduled_by".to_owned(), format!("[call] has no key `{key}`"))),
        None => Ok(()),
    }
}

fn check_field(place: &str, field: &Field, keys: &BTreeSet<&str>) -> Result<(), Wrong> {
    let conditions = [&field.required_if, &field.forbidden_if].into_iter().flatten();
    conditions.flat_map(Condition::keys).try_for_each(|key| name(place, key, keys, &[]))?;
    match field.kind == FieldType::OneOf && field.of.is_empty() {
        true => Err((place.to_owned(), "one_of needs its words: of = [\"…\"]".to_owned())),
        false => Ok(()),
    }
}

fn check_auth(spec: &Spec, account: &BTreeSet<&str>) -> Result<(), Wrong> {
    for value in spec.auth.headers.values() {
        check_text("auth.headers", value, account, known::OTHER)?;
    }
    if let Some(basic) = &spec.auth.basic {
        check_text("auth.basic.username", &basic.username, account, known::OTHER)?;
        check_text("auth.basic.password", &basic.password, account, known::OTHER)?;
    }
    if let Some(token) = &spec.auth.token {
        check_request("auth.token.request", &token.request, account, &[])?;
    }
    spec.base_url.iter().try_for_each(|url| check_text("base_url", url, account, &[]))
}

fn check_request(place: &str, request: &Request, keys: &BTreeSet<&str>, built_in: &[&str]) -> Result<(), Wrong> {
    let wrong = |cause: &str| Err((place.to_owned(), cause.to_owned()));
    check_text(&format!("{place}.url"), &request.url, keys, built_in)?;
    if !["/", "http", "{{"].iter().any(|beginning| request.url.starts_with(beginning)) {
        return wrong("url begins with neither a slash nor http nor a key of the account");
    }
    for value in request.headers.values() {
        check_text(&format!("{place}.headers"), value, keys, built_in)?;
    }
    if request.json.is_some() && request.form.is_some() {
        return wrong("a body is json or form, not both");
    }
    if let Some(json) = &request.json {
        check_value(&format!("{place}.json"), json, keys, built_in)?;
    }
    if let Some(form) = &request.form {
        check_value(&format!("{place}.form"), &Value::Object(form.clone()), keys, built_in)?;
    }
    if !request.args.is_empty() && !place.starts_with("operations.") {
        return wrong("only operations have args");
    }
    match request.method.as_deref().map(|method| method.parse::<http::Method>()) {
        Some(Err(_)) => wrong("method is no HTTP method"),
        _ => Ok(()),
    }
}

fn check_answers(spec: &Spec, account: &BTreeSet<&str>) -> Result<(), Wrong> {
    let sets = spec.rules.iter().map(|rule| &rule.status).chain([&spec.accepted.status]);
    for statuses in sets.flat_map(|set| &set.0) {
        if statuses.bounds().is_none() {
            return Err(("rules".to_owned(), format!("{statuses:?} is no status, \"4xx\" or \"400-404\"")));
        }
    }
    for state in &spec.states {
        state.mapped_by.iter().try_for_each(|key| name("states.mapped_by", key, account, &[]))?;
    }
    if let Some(availability) = &spec.availability {
        name("availability.respected_by", &availability.respected_by, account, &[])?;
        if !spec.operations.contains_key("availability") {
            return Err(("availability".to_owned(), "needs [operations.availability]".to_owned()));
        }
    }
    if let Some(signature) = &spec.webhook.signature {
        check_text("webhook.signature.secret", &signature.secret, account, &[])?;
        check_text("webhook.signature.username", &signature.username, account, &[])?;
    }
    if (spec.poll.is_some() || spec.tail.is_some()) && spec.accepted.call_id.is_empty() {
        return Err(("accepted.call_id".to_owned(), "results need the call's id".to_owned()));
    }
    Ok(())
}

fn check_text(place: &str, text: &str, keys: &BTreeSet<&str>, built_in: &[&str]) -> Result<(), Wrong> {
    check_value(place, &Value::String(text.to_owned()), keys, built_in)
}

fn check_value(place: &str, value: &Value, keys: &BTreeSet<&str>, built_in: &[&str]) -> Result<(), Wrong> {
    let pattern = Pattern::parse(value).map_err(|cause| (place.to_owned(), cause))?;
    pattern.names().into_iter().try_for_each(|used| name(place, used, keys, built_in))
}

/// A name is a key, a key within it, or known to Redial.
fn name(place: &str, used: &str, keys: &BTreeSet<&str>, built_in: &[&str]) -> Result<(), Wrong> {
    let head = used.split('.').next().unwrap_or_default();
    if keys.contains(head) || built_in.contains(&used) {
        return Ok(());
    }
    let known = keys.iter().chain(built_in).copied().collect::<Vec<_>>().join(", ");
    Err((place.to_owned(), format!("`{{{{{used}}}}}` is nothing that is known here: {known}")))
}
