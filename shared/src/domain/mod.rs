//! Pure rules: no I/O, no clock, no Redis type. Time is always an argument.

pub mod contact;
pub mod ids;
pub mod phone;
pub mod state;
pub mod timestamp;

pub use ids::{AttemptId, CampaignId, CampaignName, ContactPosition};
pub use phone::PhoneNumber;
pub use state::{CampaignState, ContactState, Outcome};
pub use timestamp::Timestamp;
