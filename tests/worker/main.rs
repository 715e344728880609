//! The worker in this process, against a provider of the test's own.

mod availability;
mod hooks;
mod learned;
mod outage;
mod stub;
mod tokens;
mod world;
