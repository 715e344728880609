//! Redial as its users see it: the built command with the files that ship, and what they rely on while it runs.

mod call;
mod hooks;
mod leaders;
mod limits;
mod telemetry;
mod verbs;
mod walk;
mod windows;
