//! The live worker processes.

use axum::{Json, extract::State};
use serde::Serialize;
use utoipa::ToSchema;

use super::{ApiState, Problem};

/// Every worker whose lease has not ended.
#[derive(Debug, Serialize, ToSchema)]
pub struct WorkerList {
    /// By the end of their lease.
    workers: Vec<Worker>,
}

/// One worker process.
#[derive(Debug, Serialize, ToSchema)]
pub struct Worker {
    /// Its number, which attempts name.
    id: u32,
    /// What it calls itself.
    name: String,
    /// When its lease ends unless it is renewed, RFC 3339.
    #[schema(format = DateTime)]
    alive_until: String,
}

/// List the live workers.
#[utoipa::path(
    get, path = "/api/v1/workers", operation_id = "workers", tag = "workers",
    responses((status = 200, description = "Those whose lease has not ended", body = WorkerList)),
)]
pub async fn workers(State(state): State<ApiState>) -> Result<Json<WorkerList>, Problem> {
    let now = state.store.clock().now();
    let live = state.store.workers().await?.into_iter().filter(|(_, _, alive_until)| *alive_until > now);
    let workers =
        live.map(|(id, name, alive_until)| Worker { id, name, alive_until: alive_until.to_string() }).collect();
    Ok(Json(WorkerList { workers }))
}
