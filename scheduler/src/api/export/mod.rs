//! Results and attempts, streamed a block of contacts at a time.

mod columns;
mod format;

use std::sync::Arc;

use axum::{
    Extension,
    body::Body,
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use futures_util::{Stream, StreamExt, TryStreamExt, stream};
use redial_shared::{
    domain::{CampaignName, role::Role},
    store::{CampaignInfo, StoreError, view::ContactView},
};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::{
    ApiState, Problem,
    auth::Caller,
    extract::{Campaign, Params},
    openings::Openings,
};
use columns::{AttemptColumns, ResultColumns};
use format::RowWriter;

/// Blocks that are read ahead of the client: a slow client makes the server wait, not grow.
const BLOCKS_AHEAD: usize = 4;

/// How rows are written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum ExportFormat {
    /// RFC 4180, with a header.
    #[default]
    Csv,
    /// One object a line, under the CSV's column names.
    Jsonl,
}

/// Query of an export.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ExportParams {
    /// `csv` (default) or `jsonl`.
    #[serde(default)]
    #[param(inline)]
    format: ExportFormat,
}

/// One row a contact.
///
/// Columns: `contact_id,phone,state,outcome,provider_status,attempts,first_attempt_at,last_attempt_at,next_attempt_at,
/// call_id,reason`, then the list's attributes, then what `[results] capture` names: of each the value that was learned
/// last. An attribute called like one of the first gets `attribute.` before its name, a captured value called like any of
/// these `captured.`.
/// The answer is streamed while calls go on: each row is true for the moment at which it is written. When Redis fails on
/// the way, the transfer breaks off.
#[utoipa::path(
    get, path = "/api/v1/campaigns/{name}/results", operation_id = "results", tag = "results",
    params(("name" = String, Path, description = "The campaign"), ExportParams),
    responses(
        (status = 200, description = "The rows", content((String = "text/csv"), (String = "application/jsonl"))),
        (status = 404, description = "No such campaign", body = Problem),
    ),
)]
pub async fn results(
    State(state): State<ApiState>,
    Extension(role): Caller,
    Campaign(name): Campaign,
    Params(params): Params<ExportParams>,
) -> Result<Response, Problem> {
    let info = info(&state, &name).await?;
    let campaign = state.store.campaign(&name).await?;
    let openings = Openings::new(&campaign, &info.definition.calling_hours, state.store.clock().now());
    let captured = info.definition.results.capture.names().map(str::to_owned).collect();
    let columns = ResultColumns::new(info.all_columns(), captured, role);
    let header = columns.header().to_vec();
    let write = move |contact: &mut ContactView, out: &mut RowWriter<'_>| {
        contact.next_attempt_at = openings.next_attempt_at(contact);
        columns.write(contact, out);
    };
    export(state, info, params.format, header, write).await
}

/// One row an attempt.
///
/// Columns: `attempt_id,contact_id,phone,number,provider,call_id,started_at,ended_at,outcome,provider_status,duration_s,
/// worker,reason`. By contact in the list's order, each contact's oldest attempt first.
#[utoipa::path(
    get, path = "/api/v1/campaigns/{name}/attempts", operation_id = "attempts", tag = "results",
    params(("name" = String, Path, description = "The campaign"), ExportParams),
    responses(
        (status = 200, description = "The rows", content((String = "text/csv"), (String = "application/jsonl"))),
        (status = 404, description = "No such campaign", body = Problem),
    ),
)]
pub async fn attempts(
    State(state): State<ApiState>,
    Extension(role): Caller,
    Campaign(name): Campaign,
    Params(params): Params<ExportParams>,
) -> Result<Response, Problem> {
    let info = info(&state, &name).await?;
    let columns = AttemptColumns::new(role);
    export(state, info, params.format, columns.header(), move |contact, out| columns.write(contact, out)).await
}

async fn info(state: &ApiState, name: &CampaignName) -> Result<Arc<CampaignInfo>, Problem> {
    Ok(state.store.fresh_info(state.store.campaign_id(name).await?).await?)
}

/// Streams all contacts through `write`, which adds a contact's rows.
async fn export(
    state: ApiState,
    info: Arc<CampaignInfo>,
    format: ExportFormat,
    header: Vec<String>,
    write: impl Fn(&mut ContactView, &mut RowWriter<'_>) + Send + Sync + 'static,
) -> Result<Response, Problem> {
    let blocks = state.store.block_count(info.id).await?;
    let (header, write) = (Arc::new(header), Arc::new(write));
    let first = Ok(Bytes::from(RowWriter::header(format, &header)));
    let rest = stream::iter(0..blocks)
        .map(move |number| {
            let (state, info, header, write) = (state.clone(), info.clone(), header.clone(), write.clone());
            async move {
                let mut contacts = state.store.block_views(&info, number).await?;
                let mut out = RowWriter::new(format, &header);
                contacts.iter_mut().for_each(|contact| write(contact, &mut out));
                Ok(Bytes::from(out.finish()))
            }
        })
        .buffered(BLOCKS_AHEAD);
    Ok(streamed(format, stream::iter([first]).chain(rest)))
}

fn streamed(format: ExportFormat, parts: impl Stream<Item = Result<Bytes, StoreError>> + Send + 'static) -> Response {
    let parts = parts
        .try_filter(|part| std::future::ready(!part.is_empty()))
        .inspect_err(|error| tracing::error!(%error, "an export broke off"));
    let content_type = match format {
        ExportFormat::Csv => "text/csv; charset=utf-8; header=present",
        ExportFormat::Jsonl => "application/jsonl",
    };
    ([(header::CONTENT_TYPE, content_type)], Body::from_stream(parts)).into_response()
}

/// What this role may see of a phone number in a row.
fn phone(contact: &ContactView, place: usize, role: Role) -> String {
    contact.numbers.get(place).map(|number| super::contact::shown(number, role)).unwrap_or_default()
}
