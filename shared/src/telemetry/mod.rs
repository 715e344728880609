//! What a process tells of its own work: metrics for Prometheus. It never tells a number, a contact or a secret.

pub mod metrics;
