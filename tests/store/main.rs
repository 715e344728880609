//! What the store promises of a provider account, one promise a test, by a clock that is moved by hand.

mod requests;
