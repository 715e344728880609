//! What the scheduler, the workers and the command share: the rules of outbound calling (`domain`), the only code
//! that knows Redis (`store`), the providers' APIs (`provider`), and configuration (`config`).
//!
//! `domain` ← `store`, `provider`, `config`; no arrow between `store` and `provider`.

pub mod config;
pub mod domain;
pub mod provider;
pub mod store;
