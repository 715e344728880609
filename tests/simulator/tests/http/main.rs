//! The simulator as its clients meet it.

mod client;
mod faults;
mod knovvu;
mod ledger;
mod provider;
