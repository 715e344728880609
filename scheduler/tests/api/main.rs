//! The HTTP API against a real Redis.

mod auth;
mod campaigns;
mod cancel;
mod conditions;
mod contacts;
mod dashboard;
mod edits;
mod events;
mod everyone;
mod exports;
mod fuzz;
mod hooks;
mod limits;
mod looking;
mod machines;
mod notifications;
mod pages;
mod plan;
mod providers;
mod support;
mod suppressions;
mod test_calls;
mod tokens;
mod uploads;
mod verbs;
