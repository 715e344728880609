//! The scheduler: the HTTP API, for now.

pub mod api;
