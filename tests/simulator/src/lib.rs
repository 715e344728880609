#![doc = include_str!("../README.md")]

mod ccai;
mod config;
mod connection;
mod contacts;
mod desk;
mod faults;
mod hooks;
mod inspect;
mod knovvu;
mod ledger;
mod livecall;
mod mylibby;
mod number;
mod own;
mod plan;
mod request;
mod requests;
mod server;
mod stamps;
mod state;
mod summary;
mod tokens;
mod uhlive;
mod words;

pub use config::{BadSpan, CallFaults, ResultFaults, SimulatorConfig, Span};
pub use contacts::{CONTACTS_MAX, FICTITIOUS_MAX, generate_contacts};
pub use ledger::Ring;
pub use livecall::recording_of;
pub use number::Number;
pub use own::{AddedFault, BadFault, ProviderConfig};
pub use plan::{BadConfig, Plan};
pub use server::{Simulator, start};
pub use state::{LedgerHandle, Totals};
pub use summary::{NumberRings, ProviderSummary, Requests, Summary};
pub use words::{Fault, Kind, Outcome, UnknownWord};
