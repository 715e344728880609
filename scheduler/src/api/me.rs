//! Who asks.

use axum::{Extension, Json, extract::State};
use serde::Serialize;
use utoipa::ToSchema;

use super::{ApiState, Problem, auth::TokenHash};

/// The bearer of a token, and what it may.
#[derive(Debug, Serialize, ToSchema)]
pub struct Me {
    /// `viewer`, `operator` or `admin`.
    role: String,
    /// What the token is for, in its maker's words.
    name: String,
    /// When it expires, RFC 3339; null: never.
    #[schema(format = DateTime)]
    expires_at: Option<String>,
    /// The workspace.
    workspace: String,
    /// Redial's version.
    version: &'static str,
}

/// Tell whose token this is, and what it may do.
#[utoipa::path(
    get, path = "/api/v1/me", operation_id = "me", tag = "tokens",
    responses((status = 200, description = "The token's bearer", body = Me)),
)]
pub async fn me(State(state): State<ApiState>, Extension(token): Extension<TokenHash>) -> Result<Json<Me>, Problem> {
    let known = state.store.token(token.as_str()).await?;
    let known = known.ok_or_else(|| Problem::conflict("the token has just expired"))?;
    Ok(Json(Me {
        role: known.role.to_string(),
        name: known.name,
        expires_at: known.expires_at.map(|at| at.to_string()),
        workspace: state.config.workspace.clone(),
        version: env!("CARGO_PKG_VERSION"),
    }))
}
