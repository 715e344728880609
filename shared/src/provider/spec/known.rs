//! What placeholders may name besides the keys of a provider file.

/// The number to call, as `[number]` writes it.
pub const NUMBER: &str = "number";
/// The attempt's id.
pub const ATTEMPT: &str = "attempt.id";
/// The contact's id.
pub const CONTACT: &str = "contact.id";
/// Our hook's address for this attempt, if there is one.
pub const HOOK_URL: &str = "hook.url";
/// The account's access token, where `[auth.token]` gets one.
pub const TOKEN: &str = "token";
/// The first call that a poll asks for.
pub const CALL_ID: &str = "call.id";
/// All calls that a poll asks for, a list.
pub const CALL_IDS: &str = "call.ids";
/// From when a tail wants calls, RFC 3339.
pub const FROM_TIME: &str = "from.time";
/// Which page of a tail, from 1.
pub const PAGE: &str = "page";
/// Within `"$each"`: the name in a table; nothing in a list.
pub const EACH_NAME: &str = "each.name";
/// Within `"$each"`: the value.
pub const EACH_VALUE: &str = "each.value";

/// In the request that places a call.
pub const DIAL: &[&str] = &[NUMBER, ATTEMPT, CONTACT, HOOK_URL, TOKEN];
/// In the request for results.
pub const POLL: &[&str] = &[CALL_ID, CALL_IDS, TOKEN];
/// In the request for recent calls.
pub const TAIL: &[&str] = &[FROM_TIME, PAGE, TOKEN];
/// In every other request.
pub const OTHER: &[&str] = &[TOKEN];
