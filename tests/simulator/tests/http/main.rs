//! The simulator as its clients meet it.

mod ccai;
mod client;
mod faults;
mod knovvu;
mod ledger;
mod livecall;
mod provider;
mod tokens;
