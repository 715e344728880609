//! Leadership among schedulers.

use std::time::Duration;

use super::{Store, StoreError, arguments::Arguments};

/// Proof of leading: a fencing token higher than every leader's before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Leadership {
    /// Writes that bear an older one are refused.
    pub token: u64,
}

impl Leadership {
    /// The error of a write that bears an older token.
    pub(super) fn lost() -> StoreError {
        StoreError::Conflict("another scheduler leads by now".to_owned())
    }

    /// As scripts take it; empty for those who need not lead.
    pub(super) fn stored(leadership: Option<Self>) -> String {
        leadership.map_or(String::new(), |leadership| leadership.token.to_string())
    }

    /// What a script answers that writes as of one version of a campaign: false when it has another one by now.
    pub(super) fn checked(code: i64) -> Result<bool, StoreError> {
        if code == -2 { Err(Self::lost()) } else { Ok(code == 1) }
    }
}

impl Store {
    /// Becomes or stays the leader for `lease`; none while another scheduler leads.
    ///
    /// # Errors
    /// When Redis does not answer.
    pub async fn lead(&self, scheduler: &str, lease: Duration) -> Result<Option<Leadership>, StoreError> {
        let arguments = Arguments::default().text(scheduler).text(lease.as_millis());
        let token: u64 = self.connection.run("lead", arguments.as_slice()).await?;
        Ok((token > 0).then_some(Leadership { token }))
    }

    /// Lets go of leadership, so that another scheduler takes over at once.
    ///
    /// # Errors
    /// When Redis does not answer: it runs out by itself.
    pub async fn stop_leading(&self, scheduler: &str) -> Result<(), StoreError> {
        self.connection.run::<i64>("lead", Arguments::default().text(scheduler).text(0).as_slice()).await.map(drop)
    }
}
