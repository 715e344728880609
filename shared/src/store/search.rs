//! Looking for somebody by id or number.

use super::{
    Store, StoreError,
    contacts::block_of,
    view::{CampaignView, ContactView},
};

impl Store {
    /// The contacts of a campaign that bear one of these ids or numbers (E.164). Costs look-ups in the campaign's index,
    /// which takes in what it lacks first; no list is read.
    ///
    /// # Errors
    /// When Redis does not answer, or data is damaged.
    pub async fn search(&self, campaign: &CampaignView, keys: &[String]) -> Result<Vec<ContactView>, StoreError> {
        let info = self.info(campaign.id, campaign.version).await?;
        let mut found: Vec<ContactView> = Vec::new();
        for key in keys {
            let Some(position) = self.find(&info, key).await? else { continue };
            if found.iter().all(|known| known.position != position) {
                let views = self.block_views(&info, block_of(position)).await?;
                found.extend(views.into_iter().find(|view| view.position == position));
            }
        }
        Ok(found)
    }
}
