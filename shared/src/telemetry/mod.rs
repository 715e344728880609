//! What a process tells of its own work: metrics for Prometheus, traces for OpenTelemetry. It never tells a number, a contact or
//! a secret.

pub mod metrics;
pub mod traces;
