//! Removing a campaign for good.

use std::time::Duration;

use axum::{Json, extract::State};
use redial_shared::store::Archived;
use serde::Serialize;
use tokio::time::Instant;
use utoipa::ToSchema;

use super::{ApiState, Problem, extract::Campaign};
use crate::archive;

/// What is not dropped by then is dropped by the leader.
const DROP_WITHIN: Duration = Duration::from_secs(5);

/// What was removed.
#[derive(Debug, Serialize, ToSchema)]
pub struct RemoveAnswer {
    /// The campaign.
    campaign: String,
    /// Contacts that it had.
    contacts: u64,
    /// Attempts that it had.
    attempts: u64,
}

/// Remove a campaign with its contacts and all that is known of them, for good.
///
/// Of an archived campaign the files are deleted. Others must be a draft, or be completed or stopped and have no live call. What caps count of its calls stays. Its name is free
/// at once.
#[utoipa::path(
    delete, path = "/api/v1/campaigns/{name}", operation_id = "remove", tag = "campaigns",
    params(("name" = String, Path, description = "The campaign")),
    responses(
        (status = 200, description = "It is removed", body = RemoveAnswer),
        (status = 404, description = "No such campaign", body = Problem),
        (status = 409, description = "It is not over, or has live calls", body = Problem),
    ),
)]
pub async fn remove(State(state): State<ApiState>, Campaign(name): Campaign) -> Result<Json<RemoveAnswer>, Problem> {
    if let Some(archived) = state.archived(&name).await? {
        return remove_archive(&state, archived).await;
    }
    let view = state.store.campaign(&name).await?;
    let id = state.store.remove_campaign(&name, None).await?;
    let began = Instant::now();
    while began.elapsed() < DROP_WITHIN && state.store.drop_removed(id).await? {}
    let (contacts, attempts) = (view.counts.total, view.counts.attempts);
    Ok(Json(RemoveAnswer { campaign: name.to_string(), contacts, attempts }))
}

/// What cannot be deleted at once, the leader deletes.
async fn remove_archive(state: &ApiState, archived: Archived) -> Result<Json<RemoveAnswer>, Problem> {
    let (files, view) = (archived.loose(), &archived.view);
    if !state.store.swap_archive(&archived, None).await? {
        return Err(
            Problem::conflict(format!("the archive of `{}` was changed just now", view.name)).with_hint("try again")
        );
    }
    archive::sweep(&state.store, &state.shelf, files, state.store.clock().now()).await?;
    let (contacts, attempts) = (view.counts.total, view.counts.attempts);
    Ok(Json(RemoveAnswer { campaign: view.name.to_string(), contacts, attempts }))
}
