//! Pure rules: no I/O, no clock, no Redis type. Time is always an argument.

pub mod calling_hours;
pub mod campaign;
pub mod caps;
pub mod contact;
pub mod contact_list;
pub mod document;
pub mod geography;
pub mod guard;
pub mod holidays;
pub mod ids;
pub mod interval;
pub mod learned;
mod local_time;
pub mod number_list;
pub mod phone;
pub mod place;
pub mod polling;
pub mod preset;
pub mod record;
pub mod retry;
pub mod role;
pub mod schedule;
pub mod state;
pub mod suppression;
pub mod template;
pub mod timeline;
pub mod timestamp;
pub mod transition;
pub mod units;
mod wire;

pub use ids::{AttemptId, CampaignId, CampaignName, ContactPosition};
pub use interval::Interval;
pub use phone::PhoneNumber;
pub use place::Place;
pub use state::{CampaignState, ContactState, Outcome};
pub use timestamp::Timestamp;
