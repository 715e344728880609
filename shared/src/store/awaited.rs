//! Campaigns that wait for another one (`[schedule] after`).

use super::{Store, StoreError, view::CampaignView};
use crate::domain::{CampaignState, campaign};

impl Store {
    /// Why an armed campaign waits for another one in vain, and what to do; none where it does not.
    ///
    /// # Errors
    /// When Redis does not answer.
    pub async fn waits_in_vain(&self, view: &CampaignView) -> Result<Option<String>, StoreError> {
        if view.state != CampaignState::Scheduled || view.next_run_at.is_some() {
            return Ok(None);
        }
        let definition = campaign::parse(&view.source, view.name.as_str());
        let Some(other) = definition.ok().and_then(|definition| definition.schedule.after) else { return Ok(None) };
        let state = match self.campaign_id(&other).await {
            Ok(id) => self.standing(id).await.map(|standing| standing.state),
            Err(error) => Err(error),
        };
        let why = match state {
            Ok(CampaignState::Stopping | CampaignState::Stopped) => "was stopped, so it never completes",
            Ok(_) => return Ok(None),
            Err(StoreError::NoCampaign(_)) => "is not there any more",
            Err(error) => return Err(error),
        };
        Ok(Some(format!(
            "it starts when {other} completes, and {other} {why}: apply it with another `after`; or without one, and start it"
        )))
    }
}
