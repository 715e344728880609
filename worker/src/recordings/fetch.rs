//! One recording: where it is, and from there into a file.

use std::time::Duration;

use redial_shared::{
    domain::Timestamp,
    provider::{HttpAnswer, PollError, RECORDING},
    storage::{FileName, StorageError},
    store::{Recording, StoreError},
    telemetry::metrics::Request,
};
use reqwest::{StatusCode, header::CONTENT_TYPE, redirect::Policy};
use serde_json::{Map, Value};

use super::Keeper;

/// No download takes longer.
const DOWNLOAD_MAX: Duration = Duration::from_secs(1_800);
/// No recording is longer, in bytes: many hours of speech.
const RECORDING_MAX_BYTES: u64 = 2 << 30;
/// Addresses of recordings may lead on, to where files are served; they bear no credentials of ours.
const REDIRECTS_MAX: usize = 5;
/// What files are called by what is in them.
const EXTENSIONS: [(&str, &str); 16] = [
    ("audio/wav", "wav"),
    ("audio/x-wav", "wav"),
    ("audio/wave", "wav"),
    ("audio/vnd.wave", "wav"),
    ("audio/mpeg", "mp3"),
    ("audio/mp3", "mp3"),
    ("audio/ogg", "ogg"),
    ("audio/opus", "opus"),
    ("audio/webm", "webm"),
    ("audio/mp4", "m4a"),
    ("audio/x-m4a", "m4a"),
    ("audio/aac", "aac"),
    ("audio/flac", "flac"),
    ("audio/amr", "amr"),
    ("video/mp4", "mp4"),
    ("video/webm", "webm"),
];

/// Why a recording was not kept. `since` is its call's end.
pub(super) enum Trouble {
    /// Its contact or its attempt is not known any more.
    Nobodys,
    /// Asking again is in vain.
    Refused(String),
    /// It is not there, or not yet.
    Missing { since: Timestamp },
    /// Anything that may go better the next time.
    Failed { since: Timestamp, reason: String, at_least: Duration },
    /// It could not be written.
    Full((Timestamp, StorageError)),
    /// Redis is away.
    Away(StoreError),
}

/// What a provider says of where a recording is.
enum Word {
    At(String),
    NotYet,
    Never(String),
}

/// For downloads: who is silent for the account's time-out is gone, and what takes long may take long.
pub(super) fn client(timeout: Duration, tls: rustls::ClientConfig) -> Result<reqwest::Client, reqwest::Error> {
    let builder = reqwest::Client::builder().tls_backend_preconfigured(tls).redirect(Policy::limited(REDIRECTS_MAX));
    builder.connect_timeout(timeout).read_timeout(timeout).build()
}

impl Keeper {
    /// Fetches a recording; answers where it is kept.
    pub(super) async fn fetch(&self, recording: &Recording) -> Result<String, Trouble> {
        let (since, folder, contact) = self.whose(recording).await?;
        let failed = |reason: String| Trouble::Failed { since, reason, at_least: Duration::ZERO };
        let address = match self.ask_where(&recording.call_id).await {
            Ok(Word::At(address)) => address,
            Ok(Word::NotYet) => return Err(Trouble::Missing { since }),
            Ok(Word::Never(reason)) => return Err(Trouble::Refused(reason)),
            Err(PollError::Throttled { retry_after }) => {
                let at_least = self.account.throttled(retry_after).await;
                return Err(Trouble::Failed { since, reason: "throttled by the provider".to_owned(), at_least });
            }
            // It says nothing of calls: the account is not paused for it.
            Err(PollError::Account { message } | PollError::Failed { message }) => return Err(failed(message)),
        };
        let download = self.download(&address, since, |extension| {
            FileName::of([folder.as_str(), contact.as_str(), &format!("{}.{extension}", recording.attempt)])
        });
        match tokio::time::timeout(DOWNLOAD_MAX, download).await {
            Ok(done) => done,
            Err(_) => Err(failed(format!("the download took longer than {} s", DOWNLOAD_MAX.as_secs()))),
        }
    }

    /// When the call ended, and what the campaign and the contact are called.
    async fn whose(&self, recording: &Recording) -> Result<(Timestamp, String, String), Trouble> {
        let store = &self.account.engine.store;
        let attempt = recording.attempt;
        let gone = |error| match error {
            StoreError::NoCampaign(_) => Trouble::Nobodys,
            error => Trouble::Away(error),
        };
        let record = store.record(attempt.campaign, attempt.position).await.map_err(gone)?.ok_or(Trouble::Nobodys)?;
        let past = record.attempts.iter().find(|past| past.revision == attempt.revision).ok_or(Trouble::Nobodys)?;
        let (info, mut rows) = store.rows(attempt.campaign, 0, [attempt.position]).await.map_err(gone)?;
        let row = rows.remove(&attempt.position).ok_or(Trouble::Nobodys)?;
        Ok((past.ended_at.unwrap_or(past.started_at), info.name.as_str().to_owned(), row.contact.id))
    }

    /// Asks where it is; again with a new token if the one that was sent is refused and another is worth a try.
    async fn ask_where(&self, call_id: &str) -> Result<Word, PollError> {
        let account = &self.account;
        let args: Map<String, Value> = [("call".to_owned(), call_id.into())].into_iter().collect();
        loop {
            let token = account.token().await?;
            let request = match account.provider.operation(RECORDING, &args, token.as_ref()) {
                Ok(request) => request,
                Err(error) => return Ok(Word::Never(error.to_string())),
            };
            account.in_line().await?;
            let answer = account.ask(Request::Recording, request, |answer| self.read_word(answer)).await;
            match (&answer, &token) {
                (Err(PollError::Account { message }), Some(token)) if account.tokens.refused(token, message) => {}
                _ => return answer,
            }
        }
    }

    fn read_word(&self, answer: &HttpAnswer<'_>) -> Result<Word, PollError> {
        match answer.status {
            404 => return Ok(Word::NotYet),
            400 | 410 | 422 => return Ok(Word::Never(format!("the provider answered HTTP {}", answer.status))),
            _ => {}
        }
        Ok(match self.account.provider.operation_answer(RECORDING, answer)? {
            Value::String(address) if !address.is_empty() => Word::At(address),
            _ => Word::NotYet,
        })
    }

    /// The address is good for a short time, and told to nobody.
    async fn download(
        &self,
        address: &str,
        since: Timestamp,
        name: impl Fn(&str) -> FileName,
    ) -> Result<String, Trouble> {
        let failed = |reason: String| Trouble::Failed { since, reason, at_least: Duration::ZERO };
        let broke_off = |error: reqwest::Error| failed(format!("the download failed: {}", error.without_url()));
        let full = |error| Trouble::Full((since, error));
        let mut answer = self.http.get(address).send().await.map_err(broke_off)?;
        match answer.status() {
            StatusCode::OK => {}
            StatusCode::NOT_FOUND => return Err(Trouble::Missing { since }),
            status => return Err(failed(format!("the download was answered HTTP {}", status.as_u16()))),
        }
        let content_type = answer.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let name = name(extension(content_type.unwrap_or_default(), answer.url().path()));
        let mut file = self.storage.create(&name).await.map_err(full)?;
        while let Some(piece) = answer.chunk().await.map_err(broke_off)? {
            file.write(&piece).await.map_err(full)?;
            if file.bytes() > RECORDING_MAX_BYTES {
                return Err(Trouble::Refused(format!("it is longer than {RECORDING_MAX_BYTES} bytes")));
            }
        }
        file.finish().await.map_err(full)?;
        Ok(self.storage.shown(&name))
    }
}

/// By the content type, else by the address.
fn extension<'a>(content_type: &str, path: &'a str) -> &'a str {
    let kind = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    if let Some((_, extension)) = EXTENSIONS.iter().find(|(known, _)| *known == kind) {
        return extension;
    }
    let of_path = path.rsplit('/').next().and_then(|file| file.rsplit_once('.')).map(|(_, extension)| extension);
    let is_plain = |extension: &&str| {
        (2..=4).contains(&extension.len()) && extension.bytes().all(|byte| byte.is_ascii_alphanumeric())
    };
    of_path.filter(is_plain).unwrap_or("bin")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_called_by_what_is_in_them_else_by_their_address() {
        assert_eq!(extension("audio/wav", "/1"), "wav");
        assert_eq!(extension("Audio/MPEG; charset=binary", "/1.wav"), "mp3");
        assert_eq!(extension("application/octet-stream", "/calls/1.ogg"), "ogg");
        assert_eq!(extension("", "/calls/1"), "bin");
        assert_eq!(extension("", "/calls/1.%2e%2e"), "bin");
    }
}
