//! Files of numbers, streamed from the request into a list. Nothing grows with the file.

use axum::{Json, body::Body, extract::State};
use redial_shared::{
    domain::{
        PhoneNumber,
        contact_list::Country,
        number_list::{BadLine, BrokenFile, Line, NumberListReader},
        suppression::ListName,
        units::Span,
    },
    store::{Import, Imported},
};
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;
use utoipa::{IntoParams, ToSchema};

use super::{country, last_send, list_name, scope, until};
use crate::api::{
    ApiState, Problem,
    extract::Params,
    upload::body::{self, BodyReader},
};

/// Numbers that go from the reading thread to the store at once, and how often that.
const BATCH_NUMBERS: usize = 4_096;
const BATCHES_WAITING: usize = 4;
/// Bad lines that are told.
const BAD_LINES_TOLD: usize = 1_000;
/// How much of an unusable file is still taken in, so that the client gets to reading the answer.
const DRAINED_BYTES_MAX: usize = 64 * 1024 * 1024;

/// Query of an import.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ImportParams {
    /// The list [default: do-not-call].
    list: Option<String>,
    /// A campaign, for its own list; none: the workspace's, which binds every campaign.
    campaign: Option<String>,
    /// Add to the numbers that were imported before, instead of replacing them.
    #[serde(default)]
    append: bool,
    /// How long the import counts, like `60d`; none: for good. With `append` the list's own end stays.
    #[param(value_type = Option<String>)]
    expires: Option<Span>,
    /// Why, in one line.
    #[serde(default)]
    reason: String,
    /// Country of national numbers, ISO 3166.
    country: Option<String>,
}

/// What became of a file.
#[derive(Debug, Serialize, ToSchema)]
pub struct ImportAnswer {
    /// The list.
    list: String,
    /// The campaign whose list it is.
    campaign: Option<String>,
    /// Numbers of the list's import now.
    imported: u64,
    /// Of these, those that this file has brought.
    new: u64,
    /// Lines that are no number.
    rejected: u64,
    /// The first 1,000 of them.
    rejects: Vec<BadLineAnswer>,
}

/// A line that is no number.
#[derive(Debug, Serialize, ToSchema)]
pub struct BadLineAnswer {
    /// Where it stands, from 1.
    line: u64,
    /// What is wrong with it.
    reason: String,
}

/// Import a file of numbers, text or CSV, one number a line, plain or gzip.
///
/// At its end it replaces what was imported into the same list before, at once; numbers that were added one by one stay.
/// With `append` it adds to what was imported, as it goes. When the transfer breaks off, or no line is a number, the list
/// stays as it was (with `append`, what came before stays too). A line that is no number is told and spoils nothing. The
/// answer comes when no new call to any of the numbers can start.
#[utoipa::path(
    post, path = "/api/v1/suppressions/import", operation_id = "import_suppressions", tag = "suppressions",
    params(ImportParams),
    request_body(description = "The file", content((String = "text/plain"), (String = "text/csv"), (String = "application/octet-stream"))),
    responses(
        (status = 200, description = "It counts from now on", body = ImportAnswer),
        (status = 400, description = "The transfer broke off", body = Problem),
        (status = 404, description = "No such campaign", body = Problem),
        (status = 409, description = "There are too many lists", body = Problem),
        (status = 422, description = "There is no number in it", body = Problem),
    ),
)]
pub async fn import(
    State(state): State<ApiState>,
    Params(params): Params<ImportParams>,
    body: Body,
) -> Result<Json<ImportAnswer>, Problem> {
    let store = &state.store;
    let scope = scope(store, params.campaign.as_deref()).await?;
    let list = params.list.as_deref().map_or_else(|| Ok(ListName::default()), list_name)?;
    let country = country(params.country.as_deref())?;
    let until = until(store, params.expires);
    let import = store.import(scope, list.clone(), params.append, until, &params.reason).await?;
    // A task of its own: what has come in is written to the end even when the client has gone.
    let done = tokio::spawn(transfer(body, country, import)).await.map_err(Problem::internal)?;
    let (Imported { new, numbers }, bad) = done?;
    tracing::info!(%list, numbers, new, rejected = bad.count, "numbers imported");
    last_send(store).await;
    Ok(Json(ImportAnswer {
        list: list.to_string(),
        campaign: params.campaign,
        imported: numbers,
        new,
        rejected: bad.count,
        rejects: bad.first.into_iter().map(|bad| BadLineAnswer { line: bad.line, reason: bad.reason }).collect(),
    }))
}

/// Lines that are no number.
#[derive(Default)]
struct BadLines {
    count: u64,
    first: Vec<BadLine>,
}

/// What a thread has read.
struct Read {
    numbers: u64,
    bad: BadLines,
    ended: Result<(), BrokenFile>,
}

async fn transfer(body: Body, country: Option<Country>, mut import: Import) -> Result<(Imported, BadLines), Problem> {
    let (feeder, reader) = body::pipe();
    let (batches, mut received) = mpsc::channel::<Vec<PhoneNumber>>(BATCHES_WAITING);
    let reading = tokio::task::spawn_blocking(move || read(reader, country, &batches));
    let taking = async move {
        while let Some(numbers) = received.recv().await {
            import.push(numbers).await?;
        }
        Ok::<Import, Problem>(import)
    };
    let (rest, taken, read) = tokio::join!(feeder.feed(body), taking, reading);
    let Read { numbers, bad, ended } = read.map_err(Problem::internal)?;
    if let (Some(rest), true) = (rest, taken.is_err() || ended.is_err()) {
        body::drain_stream(rest, DRAINED_BYTES_MAX).await;
    }
    let import = taken?;
    ended.map_err(|broken| Problem::bad_request(broken.to_string()).with_hint("send the file again, whole"))?;
    if numbers == 0 {
        return Err(no_number(&bad));
    }
    Ok((import.finish().await?, bad))
}

/// Reads every line, on a thread that may block.
fn read(reader: BodyReader, country: Option<Country>, batches: &mpsc::Sender<Vec<PhoneNumber>>) -> Read {
    let mut read = Read { numbers: 0, bad: BadLines::default(), ended: Ok(()) };
    let mut batch = Vec::with_capacity(BATCH_NUMBERS);
    let mut lines = match NumberListReader::new(reader, country) {
        Ok(lines) => lines,
        Err(broken) => return Read { ended: Err(broken), ..read },
    };
    loop {
        match lines.next_line() {
            Ok(Line::Number(number)) => {
                read.numbers += 1;
                batch.push(number);
            }
            Ok(Line::Bad(bad)) => {
                read.bad.count += 1;
                if read.bad.first.len() < BAD_LINES_TOLD {
                    read.bad.first.push(bad);
                }
            }
            Ok(Line::End) => break,
            Err(broken) => {
                read.ended = Err(broken);
                break;
            }
        }
        if batch.len() == BATCH_NUMBERS {
            let full = std::mem::replace(&mut batch, Vec::with_capacity(BATCH_NUMBERS));
            if batches.blocking_send(full).is_err() {
                return read;
            }
        }
    }
    // Nobody takes it any more: then the import has failed, and says why.
    batches.blocking_send(batch).ok();
    read
}

fn no_number(bad: &BadLines) -> Problem {
    let first = bad.first.first().map(|bad| format!("; line {}: {}", bad.line, bad.reason)).unwrap_or_default();
    Problem::unprocessable(format!("there is no number in the file{first}"))
        .with_hint("one number a line, in E.164, or national with the country; the list stays as it was")
}
