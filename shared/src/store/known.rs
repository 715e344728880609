//! What of a list a campaign holds already, and the columns of the lists it holds: for readers.

use super::{CampaignInfo, Store, StoreError, index::Known};
use crate::domain::contact::Contact;

impl CampaignInfo {
    /// The attribute names of all its lists, each once, in the order in which they came.
    pub fn all_columns(&self) -> Vec<String> {
        let mut columns: Vec<String> = Vec::new();
        for name in self.schemas.iter().flat_map(|names| names.iter()) {
            if !columns.contains(name) {
                columns.push(name.clone());
            }
        }
        columns
    }

    /// Whether any list was uploaded.
    pub fn has_lists(&self) -> bool {
        !self.schemas.is_empty()
    }
}

impl Store {
    /// How many of these contacts the campaign holds already, by id or number. Costs a few round trips and the blocks of
    /// the hits; a contact that is added at this very moment may be missed.
    ///
    /// # Errors
    /// When Redis does not answer, or data is damaged.
    pub async fn count_known(&self, info: &CampaignInfo, contacts: &[&Contact]) -> Result<u64, StoreError> {
        self.index_blocks(info, self.block_count(info.id).await?).await?;
        Ok(self.find_known(info, contacts).await?.into_iter().filter(|known| *known != Known::New).count() as u64)
    }
}
