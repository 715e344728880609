//! The API's answers, as far as the command reads them. `--json` passes the server's own text on instead.

pub mod look;

mod access;
mod campaigns;
mod contacts;
mod notifications;
mod plan;
mod suppressions;
mod uploads;

pub use access::{NewToken, Provider, Providers, Token, Tokens};
pub use campaigns::{Acted, Applied, Campaigns, Removed, Status};
pub use contacts::{
    AttemptStory, Cancelled, ContactStory, EditedContact, Forgotten, ForgottenContacts, ForgottenNumber, Released,
    TestCall,
};
pub use notifications::{DeliveryLine, Notifications, Replayed};
pub use plan::{Plan, PlanZone};
pub use suppressions::{
    Checked, CheckedNumber, ImportedNumbers, Suppressed, SuppressionList, SuppressionLists, Unsuppressed,
};
pub use uploads::{Reject, Uploaded};
