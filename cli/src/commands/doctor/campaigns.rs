//! Campaigns that wait for what never comes.

use std::time::Duration;

use redial_shared::store::{Store, StoreError};

use super::finding::Finding;

/// No lease is taken: the store only asks for its length.
const LEASE: Duration = Duration::from_secs(15);

/// A warning for each campaign of the workspace at this Redis that waits in vain. What is wrong with Redis itself is told by
/// its own checks.
pub(super) async fn check(url: &str, workspace: &str) -> Vec<Finding> {
    waiting(url, workspace).await.unwrap_or_default()
}

async fn waiting(url: &str, workspace: &str) -> Result<Vec<Finding>, StoreError> {
    let store = Store::connect(url, workspace, LEASE).await?;
    let mut findings = Vec::new();
    for view in store.campaigns().await? {
        if let Some(why) = store.waits_in_vain(&view).await? {
            let (what, remedy) = why.split_once(": ").unwrap_or((&why, "apply it anew"));
            findings.push(Finding::warn("campaigns", format_args!("{}: {what}", view.name), remedy));
        }
    }
    Ok(findings)
}
