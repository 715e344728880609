//! What Redial's tests share.

pub mod support;
