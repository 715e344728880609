//! Campaigns a page at a time.

use std::collections::BTreeMap;

use super::{Store, StoreError, claims::campaign_id, view::CampaignView};
use crate::domain::{CampaignId, CampaignName, CampaignState};

/// Campaigns read in one go.
const READ_AT_ONCE: usize = 100;

impl Store {
    /// The first `most` campaigns by name after `after`, of those in `state` if one is given; and whether there are more.
    ///
    /// # Errors
    /// When Redis does not answer.
    pub async fn campaigns_after(
        &self,
        after: Option<&CampaignName>,
        state: Option<CampaignState>,
        most: usize,
    ) -> Result<(Vec<CampaignView>, bool), StoreError> {
        let names: BTreeMap<String, String> =
            self.connection.query(redis::cmd("HGETALL").arg(self.connection.keys().names())).await?;
        let wanted = names.iter().filter(|(name, _)| after.is_none_or(|after| name.as_str() > after.as_str()));
        let ids = wanted.map(|(_, id)| campaign_id(id)).collect::<Result<Vec<CampaignId>, _>>()?;
        let mut found = Vec::new();
        for some in ids.chunks(READ_AT_ONCE) {
            let views = self.views(some).await?;
            found.extend(views.into_iter().filter(|view| state.is_none_or(|state| view.state == state)));
            if found.len() > most {
                found.truncate(most);
                return Ok((found, true));
            }
        }
        Ok((found, false))
    }
}
