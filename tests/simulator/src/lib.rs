#![doc = include_str!("../README.md")]

mod config;
mod connection;
mod contacts;
mod faults;
mod hooks;
mod inspect;
mod knovvu;
mod ledger;
mod number;
mod plan;
mod server;
mod stamps;
mod state;
mod summary;
mod words;

pub use config::{BadSpan, CallFaults, ResultFaults, SimulatorConfig, Span};
pub use contacts::{CONTACTS_MAX, FICTITIOUS_MAX, generate_contacts};
pub use ledger::Ring;
pub use number::Number;
pub use plan::{BadConfig, Plan};
pub use server::{Simulator, start};
pub use state::{LedgerHandle, Totals};
pub use summary::{NumberRings, Requests, Summary};
pub use words::{Fault, Outcome, UnknownWord};
