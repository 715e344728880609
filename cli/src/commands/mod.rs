//! One file a verb, or a family of verbs.

pub mod apply;
pub mod call;
pub mod cancel;
pub mod demo;
pub mod doctor;
pub mod edit;
pub mod explain;
pub mod export;
pub mod forget;
pub mod lifecycle;
pub mod notify;
pub mod plan;
pub mod presets;
pub mod process;
pub mod provider;
pub mod release;
pub mod remove;
pub mod simulator;
pub mod status;
pub mod suppress;
pub mod token;
pub mod upload;
