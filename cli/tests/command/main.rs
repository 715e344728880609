//! The built command, run as users run it.

mod machine;
mod providers;
mod support;
mod suppress;
mod upload;
mod verbs;
