//! The only code that knows Redis.

pub mod view;
