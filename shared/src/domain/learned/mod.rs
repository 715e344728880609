//! What the bot learned in a call, beyond how it ended: values that a campaign captures from the provider's reports, and
//! rules that act on them.

mod captured;
mod condition;
mod rule;

pub use captured::{CAPTURES_MAX, Capture, Captured};
pub use condition::{Condition, FACTS, Facts};
pub use rule::{Action, ResultRule};
