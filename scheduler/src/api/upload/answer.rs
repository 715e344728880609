//! What became of a list, in both forms of the answer.

use axum::{
    Json,
    body::Body,
    http::header,
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use futures_util::{StreamExt, stream};
use redial_shared::domain::contact_list::ListHeader;
use serde::{Deserialize, Serialize};
use tokio_util::io::ReaderStream;
use utoipa::ToSchema;

use super::rejects::{RejectedRow, Rejects};
use crate::api::Problem;

/// What is remembered under an idempotency key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    /// Rows that became contacts.
    pub accepted: u64,
    /// Rows that changed a contact, where they may.
    #[serde(default)]
    pub updated: Option<u64>,
    /// Rows that were in the campaign already.
    pub duplicate: u64,
    /// Bad rows.
    pub rejected: u64,
    /// The list's header, where its format has one.
    pub header: Option<ListHeader>,
    /// The list's encoding, where it is not UTF-8.
    #[serde(default)]
    pub encoding: Option<String>,
    /// The first bad rows.
    pub rejects: Vec<RejectedRow>,
    /// SHA-256 of the body.
    pub body: String,
}

/// What became of a list.
#[derive(Debug, Serialize, ToSchema)]
pub struct SummaryAnswer<'a> {
    /// Rows that became contacts.
    accepted: u64,
    /// Rows that changed a contact, with `on_duplicate=update`.
    #[serde(skip_serializing_if = "Option::is_none")]
    updated: Option<u64>,
    /// Rows whose id or number was in the campaign already, or earlier in the list.
    duplicate: u64,
    /// Bad rows.
    rejected: u64,
    /// The list's encoding; absent: UTF-8.
    #[serde(skip_serializing_if = "Option::is_none")]
    encoding: Option<&'a str>,
    /// The first 1,000 of them.
    rejects: &'a [RejectedRow],
}

#[derive(Serialize)]
struct FirstLine<'a> {
    accepted: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    updated: Option<u64>,
    duplicate: u64,
    rejected: u64,
    header: Option<&'a ListHeader>,
    #[serde(skip_serializing_if = "Option::is_none")]
    encoding: Option<&'a str>,
}

impl Summary {
    /// The answer; as lines it has every rejected row.
    pub fn answer(&self, rejects: Rejects, as_lines: bool) -> Result<Response, Problem> {
        if !as_lines {
            return Ok(self.as_object());
        }
        let first = stream::iter([Ok(self.first_line()?)]);
        Ok(lines(match rejects.into_file().map_err(Problem::internal)? {
            Some(file) => Body::from_stream(first.chain(ReaderStream::new(tokio::fs::File::from_std(file)))),
            None => Body::from_stream(first),
        }))
    }

    /// What may be remembered of it: nothing that stood in the list, or is known of a contact.
    pub fn without_values(&self) -> Self {
        let mut kept = self.clone();
        kept.rejects.iter_mut().for_each(|reject| reject.reason = without_quotes(&reject.reason));
        kept
    }

    /// The answer to a key that was answered before; the rows themselves were not kept.
    pub fn remembered(&self, as_lines: bool) -> Result<Response, Problem> {
        if !as_lines {
            return Ok(self.as_object());
        }
        let mut text = self.first_line()?.to_vec();
        for reject in &self.rejects {
            serde_json::to_writer(&mut text, reject).map_err(Problem::internal)?;
            text.push(b'\n');
        }
        Ok(lines(Body::from(text)))
    }

    fn as_object(&self) -> Response {
        let Self { accepted, updated, duplicate, rejected, ref rejects, .. } = *self;
        Json(SummaryAnswer { accepted, updated, duplicate, rejected, encoding: self.encoding.as_deref(), rejects })
            .into_response()
    }

    fn first_line(&self) -> Result<Bytes, Problem> {
        let Self { accepted, updated, duplicate, rejected, .. } = *self;
        let (header, encoding) = (self.header.as_ref(), self.encoding.as_deref());
        let first = FirstLine { accepted, updated, duplicate, rejected, header, encoding };
        let mut line = serde_json::to_vec(&first).map_err(Problem::internal)?;
        line.push(b'\n');
        Ok(line.into())
    }
}

/// A text in which `…` stands for whatever is quoted.
fn without_quotes(text: &str) -> String {
    let part = |(place, part)| if place % 2 == 0 { part } else { "…" };
    text.split('`').enumerate().map(part).collect::<Vec<_>>().join("`")
}

fn lines(body: Body) -> Response {
    ([(header::CONTENT_TYPE, "application/jsonl")], body).into_response()
}
