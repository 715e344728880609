//! The worker in this process, against a provider of the test's own.

mod outage;
mod stub;
mod tokens;
mod world;
