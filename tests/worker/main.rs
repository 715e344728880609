//! The worker in this process, against a provider of the test's own.

mod availability;
mod hooks;
mod learned;
mod missed;
mod outage;
mod put_off;
mod stub;
mod tokens;
mod world;
