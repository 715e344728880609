//! Contact lists, streamed from the request into the store.
//!
//! Three stages with bounded queues between them: the request's body, a thread that reads rows from it, and the store.
//! Whichever is slowest sets the pace; nothing grows with the list but the temporary file of rejected rows.

mod answer;
pub(super) mod body;
mod dry_run;
mod rejects;
mod rows;

use axum::{
    body::Body,
    extract::{RawQuery, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::Response,
};
use redial_shared::{
    domain::{
        CampaignId,
        contact_list::{BadMapping, Callable, ColumnMap, Encoding, Format, ListError, ListOptions, Mapping, Reject},
    },
    provider,
    store::{Upload, view::UploadCounts},
};
use serde::Deserialize;
use tokio::sync::mpsc;
use utoipa::{IntoParams, ToSchema};

use super::{
    ApiState, Problem,
    extract::{Campaign, Params, names_media_type, repeated},
    tokens,
};
use answer::{Summary, SummaryAnswer};
use dry_run::DryRun;
use rejects::{Rejects, Shared};
use rows::{Batch, ReadError};

const JSON_LINES_TYPES: &[&str] = &["application/jsonl", "application/x-ndjson", "application/x-jsonlines"];
const IDEMPOTENCY_KEY: &str = "idempotency-key";
const IDEMPOTENCY_KEY_BYTES_MAX: usize = 255;
/// Batches between the reading thread and the store.
const BATCHES_WAITING: usize = 4;
/// How much of an unusable list is still taken in, so that the client gets to reading the answer.
const DRAINED_BYTES_MAX: usize = 64 * 1024 * 1024;

/// Query of an upload.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct UploadParams {
    /// Only tell what would become of the rows.
    #[serde(default)]
    dry_run: bool,
    /// The list's file name, whose ending tells its format.
    file: Option<String>,
    /// `utf-8`, `utf-16le`, `utf-16be` or `windows-1252`, where the list's first bytes do not show it.
    encoding: Option<String>,
    /// What a row does that is in the campaign already: `skip` (the default), or `update` its contact.
    #[serde(default)]
    #[param(inline)]
    on_duplicate: OnDuplicate,
}

/// What becomes of a row that is in the campaign already.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum OnDuplicate {
    /// It is counted.
    #[default]
    Skip,
    /// It changes its contact.
    Update,
}

/// Add a contact list to a campaign.
///
/// CSV, TSV or JSON Lines, as the content type says, else the `file` name, else the contents; gzip is recognised. Rows
/// are written as they come: when the transfer breaks off, those before stay, and sending the list again adds the rest. A
/// row whose id or number is in the campaign already is a `duplicate`; a bad row is `rejected` and spoils nothing.
///
/// A list is UTF-8 unless its first bytes leave no doubt that it is UTF-16 or Windows-1252; then the answer has `encoding`,
/// and rejected rows come back in UTF-8. `map` takes columns by other names than those in the file: `map=phone=Mobile`.
///
/// With `on_duplicate=update` a row whose id (or number, if it has no id) a contact has that was in the campaign before this
/// upload changes that contact, as `PATCH` does: its numbers and attributes, and what other columns the list has. The answer
/// then counts `updated`; a row that changes nothing is a `duplicate`, one that is of one contact and brings another one's
/// number is `rejected`.
///
/// With `dry_run` nothing is written. Every row is checked as it would be; duplicates are counted within the list
/// (remembering its first 8 million ids and numbers) and against what the campaign holds at that moment, so another
/// upload at the same time is not foreseen, nor that an update sets a number free for rows far behind it.
///
/// The answer to an `Idempotency-Key` (1 to 255 visible ASCII characters, for one campaign) is remembered for 24 hours:
/// the same key and list again answers the same and uploads nothing; the same key with another list is refused. Of the
/// rejects it remembers the first 1,000, without their rows and the values that their reasons quote. Two uploads with one
/// key at the same time both run; what the other has written counts as duplicate.
///
/// With `Accept: application/jsonl` the first line is `{"accepted","duplicate","rejected","header"}` (the header of a table
/// as `{"text","delimiter","terminator","columns"}`), and every rejected row follows as `{"line","reason","row"}`
/// (`row_base64` where it is not UTF-8); else the first 1,000 rejects are listed.
#[utoipa::path(
    post, path = "/api/v1/campaigns/{name}/contacts", operation_id = "upload", tag = "contacts",
    params(
        ("name" = String, Path, description = "The campaign"),
        UploadParams,
        ("map" = Option<Vec<String>>, Query, description = "`name=column`: what a column is taken for; may be repeated"),
        ("Idempotency-Key" = Option<String>, Header, description = "The same key again answers the same"),
    ),
    request_body(description = "The list", content(
        (String = "text/csv"), (String = "text/tab-separated-values"), (String = "application/jsonl"),
        (String = "application/octet-stream"),
    )),
    responses(
        (status = 200, description = "What became of the rows", content(
            (SummaryAnswer = "application/json"), (String = "application/jsonl"),
        )),
        (status = 404, description = "No such campaign", body = Problem),
        (status = 409, description = "The campaign has ended", body = Problem),
        (status = 415, description = "No contact list", body = Problem),
        (status = 422, description = "The list cannot be used", body = Problem),
    ),
)]
pub async fn upload(
    State(state): State<ApiState>,
    Campaign(name): Campaign,
    Params(params): Params<UploadParams>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let campaign = state.store.campaign_id(&name).await?;
    let callable = callable(&state, campaign).await?;
    let encoding = params.encoding.map(|text| text.parse()).transpose();
    let encoding = encoding.map_err(|error| Problem::bad_request(format!("encoding: {error}")))?;
    let map =
        column_map(repeated(query.as_deref(), "map")).map_err(|error| Problem::bad_request(format!("map: {error}")))?;
    let options = list_options(headers.get(header::CONTENT_TYPE), params.file)?;
    let options = ListOptions { callable, encoding, map, ..options };
    let updates = params.on_duplicate == OnDuplicate::Update;
    let key = idempotency_key(&headers, campaign, params.dry_run)?;
    let as_lines = names_media_type(headers.get(header::ACCEPT), JSON_LINES_TYPES);
    let digest = body::Digest::default();
    let body = if key.is_some() { digest.of(body) } else { body };
    if let Some(key) = &key
        && let Some(answer) = state.store.answer(key).await?
    {
        body::drain(body, usize::MAX).await;
        let summary: Summary = serde_json::from_str(&answer).map_err(Problem::internal)?;
        return if summary.body == digest.so_far() { summary.remembered(as_lines) } else { Err(used_for_another()) };
    }
    let target = if params.dry_run {
        Target::Check { check: Box::new(DryRun::new(&state.store, campaign, &name).await?), updates }
    } else {
        Target::Write { upload: Box::new(state.store.upload(campaign).await?), updates }
    };
    let transfer = Transfer { body, options, rejects: Rejects::new(as_lines), target };
    // A task of its own: what has come in is written to the end even when the client has gone.
    let done = tokio::spawn(transfer.run()).await.map_err(Problem::internal)?;
    let (mut summary, rejects) = done?;
    tracing::info!(
        campaign = %name, dry_run = params.dry_run,
        accepted = summary.accepted, duplicate = summary.duplicate, rejected = summary.rejected, "contacts uploaded"
    );
    if let Some(key) = &key {
        summary.body = digest.so_far();
        let kept = serde_json::to_string(&summary.without_values()).map_err(Problem::internal)?;
        state.store.keep_answer(key, &kept).await?;
    }
    summary.answer(rejects, as_lines)
}

/// An upload on its way.
struct Transfer {
    body: Body,
    options: ListOptions,
    rejects: Rejects,
    target: Target,
}

/// Where the rows go.
enum Target {
    Write { upload: Box<Upload>, updates: bool },
    Check { check: Box<DryRun>, updates: bool },
}

impl Transfer {
    async fn run(self) -> Result<(Summary, Rejects), Problem> {
        let Self { body, options, rejects, target } = self;
        let (Target::Write { updates, .. } | Target::Check { updates, .. }) = target;
        let rejects = Shared::new(rejects);
        let (feeder, reader) = body::pipe();
        let (batches, received) = mpsc::channel(BATCHES_WAITING);
        let of_reader = rejects.clone();
        let reading = tokio::task::spawn_blocking(move || rows::read(reader, options, updates, &of_reader, &batches));
        let (rest, counts, read) = tokio::join!(feeder.feed(body), target.take_all(received, rejects.clone()), reading);
        let read = read.map_err(Problem::internal)?;
        if let (Some(rest), true) = (rest, counts.is_err() || read.is_err()) {
            body::drain_stream(rest, DRAINED_BYTES_MAX).await;
        }
        let counts = counts?;
        let rows::Whole { header, encoding } = read.map_err(unusable)?;
        let rejects = rejects.into_all().ok_or_else(|| Problem::internal("rejects are still being added"))?;
        let summary = Summary {
            accepted: counts.accepted,
            updated: updates.then_some(counts.updated),
            duplicate: counts.duplicate,
            rejected: rejects.count(),
            header,
            encoding: (encoding != Encoding::Utf8).then(|| encoding.to_string()),
            rejects: rejects.first(),
            body: String::new(),
        };
        Ok((summary, rejects))
    }
}

impl Target {
    /// Takes every batch. What came before a broken transfer is finished too.
    async fn take_all(self, mut batches: mpsc::Receiver<Batch>, rejects: Shared) -> Result<UploadCounts, Problem> {
        let reject = |rows: Vec<Reject>| rows.iter().try_for_each(|row| rejects.push(row)).map_err(unspooled);
        match self {
            Self::Write { mut upload, updates } => {
                while let Some(batch) = batches.recv().await {
                    if updates {
                        upload.update_duplicates(batch.gives);
                    }
                    upload.push_rows(batch.contacts.into_iter().zip(batch.kept), &batch.columns).await?;
                    reject(upload.take_refused())?;
                }
                let counts = upload.end().await?;
                reject(upload.take_refused())?;
                Ok(counts)
            }
            Self::Check { mut check, updates } => {
                while let Some(batch) = batches.recv().await {
                    match updates {
                        true => reject(check.take_updates(batch).await?)?,
                        false => check.take(&batch.contacts).await?,
                    }
                }
                Ok(check.counts())
            }
        }
    }
}

/// Which numbers the campaign's provider can call. Its secrets are not needed for that.
pub(super) async fn callable(state: &ApiState, campaign: CampaignId) -> Result<Option<Callable>, Problem> {
    let info = state.store.fresh_info(campaign).await?;
    let provider = state.config.providers.get(&info.definition.provider).map(provider::of_account_without_secrets);
    // What is wrong with an account was told when the campaign was applied.
    let provider = provider.and_then(Result::ok);
    Ok(provider.map(|provider| Callable::new(move |number| provider.check_number(number))))
}

fn column_map(maps: Vec<String>) -> Result<ColumnMap, BadMapping> {
    ColumnMap::new(maps.iter().map(|map| map.parse::<Mapping>()).collect::<Result<_, _>>()?)
}

fn list_options(content_type: Option<&HeaderValue>, file_name: Option<String>) -> Result<ListOptions, Problem> {
    let is = |types: &[&str]| names_media_type(content_type, types);
    let format = if is(&["text/csv"]) {
        Some(Format::Csv)
    } else if is(&["text/tab-separated-values"]) {
        Some(Format::Tsv)
    } else if is(&["application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"]) {
        Some(Format::Spreadsheet)
    } else if is(JSON_LINES_TYPES) {
        Some(Format::JsonLines)
    } else if content_type.is_none() || is(&["application/octet-stream", "application/gzip", "application/x-gzip"]) {
        None
    } else {
        return Err(Problem::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "a contact list is a spreadsheet, CSV, TSV or JSON Lines",
        )
        .with_hint(
            "send it as text/csv, text/tab-separated-values or application/jsonl; or as application/octet-stream with \
             `?file=NAME`",
        ));
    };
    Ok(ListOptions { format, file_name, ..ListOptions::default() })
}

fn idempotency_key(headers: &HeaderMap, campaign: CampaignId, dry_run: bool) -> Result<Option<String>, Problem> {
    let Some(value) = headers.get(IDEMPOTENCY_KEY) else { return Ok(None) };
    let key = value.to_str().unwrap_or_default();
    if !(1..=IDEMPOTENCY_KEY_BYTES_MAX).contains(&key.len()) {
        return Err(Problem::bad_request("an Idempotency-Key is 1 to 255 visible ASCII characters"));
    }
    Ok(Some(tokens::hash_of(&format!("{campaign} {dry_run} {key}"))))
}

fn used_for_another() -> Problem {
    Problem::unprocessable("this Idempotency-Key was used for another list").with_hint("draw a new key for each list")
}

fn unusable(error: ReadError) -> Problem {
    match error {
        ReadError::List(error) if error.is_invalid_file() => Problem::unprocessable(error.to_string())
            .with_hint("nothing can be read from this list on; correct it and send it again"),
        ReadError::List(ListError::Read { read, .. }) => {
            Problem::bad_request(format!("the transfer broke off after {read} bytes of text"))
                .with_hint("what came before is in the campaign; send the list again, and the rest is added")
        }
        ReadError::List(error) => Problem::internal(error),
        ReadError::Spool(error) => unspooled(error),
        ReadError::Stopped => Problem::internal("the rows were not taken"),
    }
}

fn unspooled(error: std::io::Error) -> Problem {
    Problem::internal(format!("cannot keep rejected rows in a temporary file: {error}"))
}
