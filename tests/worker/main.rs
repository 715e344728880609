//! The worker in this process, against a provider of the test's own.

mod stub;
mod tokens;
