//! What the scheduler, the workers and the command share: the rules of outbound calling (`domain`), the only code
//! that knows Redis (`store`), the providers' APIs (`provider`), places for files (`storage`), configuration (`config`), and what processes tell of
//! their work (`telemetry`).
//!
//! `domain` ← `store`, `provider`, `config`, `telemetry`; `telemetry` ← `store`; `config` ← `storage`; no arrow between `store`,
//! `provider` and `storage`.

pub mod config;
pub mod domain;
pub mod provider;
pub mod storage;
pub mod store;
pub mod telemetry;
