//! Results and attempts, streamed a block of contacts at a time.

mod columns;
mod filter;
mod follow;
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
    ApiState, Problem, archived,
    auth::Caller,
    contact::veil,
    extract::{Campaign, Params},
    openings::Openings,
};
pub(crate) use columns::{AttemptColumns, ResultColumns};
use filter::{Filter, FilterParams};
pub(crate) use format::Field;
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
    /// The same columns with their types: instants as TIMESTAMP_MILLIS, counts as INT64, seconds as FLOAT, all else UTF-8.
    Parquet,
}

/// Query of an export.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ExportParams {
    /// `csv` (default), `jsonl` or `parquet`.
    #[serde(default)]
    #[param(inline)]
    format: ExportFormat,
}

/// Query of results alone.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct FollowParams {
    /// Rows of finished contacts only, each as the contact finishes, until the campaign is completed or stopped. Not as
    /// `parquet`.
    #[serde(default)]
    follow: bool,
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
    params(("name" = String, Path, description = "The campaign"), ExportParams, FilterParams, FollowParams),
    responses(
        (status = 200, description = "The rows", content(
            (String = "text/csv"), (String = "application/jsonl"), (Vec<u8> = "application/vnd.apache.parquet"),
        )),
        (status = 400, description = "A query that is none", body = Problem),
        (status = 404, description = "No such campaign", body = Problem),
    ),
)]
pub async fn results(
    State(state): State<ApiState>,
    Extension(role): Caller,
    Campaign(name): Campaign,
    Params(ExportParams { format }): Params<ExportParams>,
    Params(filter): Params<FilterParams>,
    Params(FollowParams { follow: is_followed }): Params<FollowParams>,
) -> Result<Response, Problem> {
    let filter = Filter::read(&filter)?;
    if is_followed && format == ExportFormat::Parquet {
        return Err(Problem::bad_request("what is followed has no end to write to a Parquet file")
            .with_hint("follow it as csv or jsonl"));
    }
    if let Some(archived) = state.archived(&name).await? {
        let reading = state.read(&archived).await?;
        let (attributes, captured) = (reading.manifest.attributes.clone(), reading.manifest.captured.clone());
        let columns = ResultColumns::new(attributes, captured, role);
        let openings = state.openings_of_archived(&archived);
        let rows = RowWriter::new(format, columns.columns());
        let write = result_rows(filter, openings, columns, role, is_followed);
        return Ok(streamed(format, written(archived::contacts(&reading), rows, write)));
    }
    let info = info(&state, &name).await?;
    let campaign = state.store.campaign(&name).await?;
    let openings = Openings::new(&campaign, &info.definition.calling_hours, state.store.clock().now())
        .until(info.definition.schedule.end_at);
    let captured = info.definition.results.capture.names().map(str::to_owned).collect();
    let columns = ResultColumns::new(info.all_columns(), captured, role);
    let rows = RowWriter::new(format, columns.columns());
    let write = result_rows(filter, openings, columns, role, false);
    Ok(match is_followed {
        true => streamed(format, follow::follow(state, name, rows, Box::new(write))),
        false => streamed(format, export(state, info, rows, write).await?),
    })
}

/// Adds a contact's row of results, if it is wanted.
fn result_rows(
    filter: Filter,
    openings: Openings,
    columns: ResultColumns,
    role: Role,
    only_finished: bool,
) -> impl Fn(&mut ContactView, &mut RowWriter) + Send + Sync + 'static {
    move |contact: &mut ContactView, out: &mut RowWriter| {
        if filter.takes(contact) && (!only_finished || follow::is_finished(contact.state)) {
            veil(contact, role);
            contact.next_attempt_at = openings.next_attempt_at(contact);
            columns.write(contact, out);
        }
    }
}

/// One row an attempt.
///
/// Columns: `attempt_id,contact_id,phone,number,provider,call_id,started_at,ended_at,outcome,provider_status,duration_s,
/// worker,reason`. By contact in the list's order, each contact's oldest attempt first.
#[utoipa::path(
    get, path = "/api/v1/campaigns/{name}/attempts", operation_id = "attempts", tag = "results",
    params(("name" = String, Path, description = "The campaign"), ExportParams, FilterParams),
    responses(
        (status = 200, description = "The rows", content(
            (String = "text/csv"), (String = "application/jsonl"), (Vec<u8> = "application/vnd.apache.parquet"),
        )),
        (status = 400, description = "A query that is none", body = Problem),
        (status = 404, description = "No such campaign", body = Problem),
    ),
)]
pub async fn attempts(
    State(state): State<ApiState>,
    Extension(role): Caller,
    Campaign(name): Campaign,
    Params(ExportParams { format }): Params<ExportParams>,
    Params(filter): Params<FilterParams>,
) -> Result<Response, Problem> {
    let filter = Filter::read(&filter)?;
    let columns = AttemptColumns::new(role);
    let rows = RowWriter::new(format, columns.columns());
    let write = move |contact: &mut ContactView, out: &mut RowWriter| {
        veil(contact, role);
        columns.write(contact, |attempt| filter.takes_attempt(contact, attempt), out);
    };
    if let Some(archived) = state.archived(&name).await? {
        let reading = state.read(&archived).await?;
        return Ok(streamed(format, written(archived::contacts(&reading), rows, write)));
    }
    let info = info(&state, &name).await?;
    Ok(streamed(format, export(state, info, rows, write).await?))
}

async fn info(state: &ApiState, name: &CampaignName) -> Result<Arc<CampaignInfo>, Problem> {
    Ok(state.store.fresh_info(state.store.campaign_id(name).await?).await?)
}

/// Streams all contacts through `write`, which adds a contact's rows, in the list's order.
async fn export(
    state: ApiState,
    info: Arc<CampaignInfo>,
    rows: RowWriter,
    write: impl Fn(&mut ContactView, &mut RowWriter) + Send + Sync + 'static,
) -> Result<impl Stream<Item = Result<Bytes, StoreError>> + Send + 'static, Problem> {
    let count = state.store.block_count(info.id).await?;
    let blocks = stream::iter(0..count).map(move |number| {
        let (state, info) = (state.clone(), info.clone());
        async move { state.store.block_views(&info, number).await }
    });
    Ok(written(blocks.buffered(BLOCKS_AHEAD), rows, write))
}

/// The rows that `write` makes of contacts.
fn written<E: Send + 'static>(
    batches: impl Stream<Item = Result<Vec<ContactView>, E>> + Send + 'static,
    rows: RowWriter,
    write: impl Fn(&mut ContactView, &mut RowWriter) + Send + Sync + 'static,
) -> impl Stream<Item = Result<Bytes, E>> + Send + 'static {
    let batches = Box::pin(batches);
    stream::try_unfold((batches, Some(rows), write), |(mut batches, rows, write)| async move {
        let Some(mut rows) = rows else { return Ok(None) };
        Ok(match batches.try_next().await? {
            Some(mut contacts) => {
                contacts.iter_mut().for_each(|contact| write(contact, &mut rows));
                Some((Bytes::from(rows.take()), (batches, Some(rows), write)))
            }
            None => Some((Bytes::from(rows.finish()), (batches, None, write))),
        })
    })
}

fn streamed<E: std::error::Error + Send + Sync + 'static>(
    format: ExportFormat,
    parts: impl Stream<Item = Result<Bytes, E>> + Send + 'static,
) -> Response {
    let parts = parts
        .try_filter(|part| std::future::ready(!part.is_empty()))
        .inspect_err(|error| tracing::error!(%error, "an export broke off"));
    let content_type = match format {
        ExportFormat::Csv => "text/csv; charset=utf-8; header=present",
        ExportFormat::Jsonl => "application/jsonl",
        ExportFormat::Parquet => "application/vnd.apache.parquet",
    };
    ([(header::CONTENT_TYPE, content_type)], Body::from_stream(parts)).into_response()
}
