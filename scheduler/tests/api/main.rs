//! The HTTP API against a real Redis.

mod auth;
mod campaigns;
mod cancel;
mod contacts;
mod dashboard;
mod exports;
mod hooks;
mod looking;
mod machines;
mod plan;
mod providers;
mod support;
mod suppressions;
mod test_calls;
mod tokens;
mod uploads;
mod verbs;
