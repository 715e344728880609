//! Helpers of all test targets: a Redis of a test's own; and, to test the built command from outside, a rig of real
//! processes, the simulator's ledger, and an auditor that holds the one against the other.

mod audit;
mod collector;
mod http;
mod ledger;
mod list;
mod policy;
mod process;
mod redis_server;
mod rig;
mod rows;
mod scrape;
mod wait;

pub use audit::{Audit, busiest_second};
pub use collector::{Collector, Delivered};
pub use ledger::{Ledger, OfProvider, Requests, Ring};
pub use list::{Pattern, ScriptedList};
pub use policy::{Next, Policy, Rule};
pub use process::Process;
pub use redis_server::{RedisServer, Snapshot};
pub use rig::{Done, Rig, Setup};
pub use rows::{AttemptRow, ResultRow, Status};
pub use scrape::{Sample, Scrape};
pub use wait::{until, until_done};
