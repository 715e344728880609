//! A bucket of an S3-compatible store. Every request is signed in its address; objects are sent in one request each.

use std::{fmt, path::Path, time::Duration};

use reqwest::{
    Client, Method, RequestBuilder, Response, StatusCode, Url,
    header::{CONTENT_LENGTH, RANGE},
};
use rusty_s3::{Bucket, Credentials, S3Action, UrlStyle};
use secrecy::ExposeSecret;
use tokio::fs::File;
use tokio_util::io::ReaderStream;

use super::{Download, FileName, StorageError};
use crate::config::{S3Config, Secret};

/// How long a signature is good: clocks may differ.
const SIGNED_FOR: Duration = Duration::from_secs(600);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a store may be silent on the way.
const READ_TIMEOUT: Duration = Duration::from_secs(60);
/// The most of a refusal that is read.
const REFUSAL_MAX_BYTES: usize = 16_384;
const REGION_DEFAULT: &str = "us-east-1";

pub(super) struct BucketStore {
    bucket: Bucket,
    credentials: Credentials,
    prefix: String,
    http: Client,
}

impl fmt::Debug for BucketStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "s3://{}/{}", self.bucket.name(), self.prefix)
    }
}

impl BucketStore {
    pub(super) fn open(
        name: &str,
        prefix: &str,
        s3: &S3Config,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, StorageError> {
        let region = s3.region.clone().or_else(|| variable("AWS_REGION")).or_else(|| variable("AWS_DEFAULT_REGION"));
        let region = region.unwrap_or_else(|| REGION_DEFAULT.to_owned());
        let given =
            s3.endpoint.clone().or_else(|| variable("AWS_ENDPOINT_URL_S3")).or_else(|| variable("AWS_ENDPOINT_URL"));
        // Others than Amazon's rarely have a name for every bucket.
        let style = if given.is_some() { UrlStyle::Path } else { UrlStyle::VirtualHost };
        let endpoint = given.unwrap_or_else(|| format!("https://s3.{region}.amazonaws.com"));
        let bad = |error: &dyn fmt::Display| StorageError::Config {
            cause: format!("storage.s3.endpoint: {error}"),
            hint: "write one like \"https://s3.example.com\"".to_owned(),
        };
        let endpoint: Url = endpoint.parse().map_err(|error| bad(&error))?;
        let bucket = Bucket::new(endpoint, style, name.to_owned(), region).map_err(|error| bad(&error))?;
        let http = Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(CONNECT_TIMEOUT)
            .read_timeout(READ_TIMEOUT)
            .build()
            .map_err(|error| bad(&error))?;
        Ok(Self { bucket, credentials: credentials(s3, variable)?, prefix: prefix.to_owned(), http })
    }

    pub(super) async fn put(&self, name: &FileName, file: &Path) -> Result<(), StorageError> {
        let failed = |error| StorageError::file(file.display())(error);
        let source = File::open(file).await.map_err(failed)?;
        let length = source.metadata().await.map_err(failed)?.len();
        let body = reqwest::Body::wrap_stream(ReaderStream::new(source));
        let key = self.key(name);
        let request = self.request(Method::PUT, self.bucket.put_object(Some(&self.credentials), &key));
        self.send(name, request.header(CONTENT_LENGTH, length).body(body)).await?.good().await.map(drop)
    }

    pub(super) async fn read_at(
        &self,
        name: &FileName,
        start: u64,
        length: usize,
    ) -> Result<Option<Vec<u8>>, StorageError> {
        let last = start + (length as u64).saturating_sub(1);
        let Some(download) = self.download(name, Some(format!("bytes={start}-{last}"))).await? else { return Ok(None) };
        let is_part = download.is_part();
        // A store that knows no ranges sends all.
        let skipped = if is_part { 0 } else { usize::try_from(start).unwrap_or(usize::MAX) };
        let bytes = download.all(skipped.saturating_add(length).max(length)).await?;
        match bytes.get(skipped..skipped.saturating_add(length)) {
            Some(wanted) => Ok(Some(wanted.to_vec())),
            None => {
                Err(StorageError::Unreachable { place: self.shown(name), cause: format!("it ends before byte {last}") })
            }
        }
    }

    pub(super) async fn get(&self, name: &FileName) -> Result<Option<Download>, StorageError> {
        self.download(name, None).await
    }

    async fn download(&self, name: &FileName, range: Option<String>) -> Result<Option<Download>, StorageError> {
        let key = self.key(name);
        let mut request = self.request(Method::GET, self.bucket.get_object(Some(&self.credentials), &key));
        if let Some(range) = range {
            request = request.header(RANGE, range);
        }
        let answer = self.send(name, request).await?;
        if answer.response.status() == StatusCode::NOT_FOUND {
            // A bucket that is not there is no answer about what is in it.
            return match answer.good().await {
                Err(StorageError::Refused { word, .. }) if word != "NoSuchBucket" => Ok(None),
                other => other.map(|_| None),
            };
        }
        let place = answer.place.clone();
        Ok(Some(Download::of_answer(answer.good().await?, place)))
    }

    pub(super) async fn exists(&self, name: &FileName) -> Result<bool, StorageError> {
        let key = self.key(name);
        let request = self.request(Method::HEAD, self.bucket.head_object(Some(&self.credentials), &key));
        let answer = self.send(name, request).await?;
        match answer.response.status() {
            StatusCode::NOT_FOUND => Ok(false),
            _ => answer.good().await.map(|_| true),
        }
    }

    pub(super) async fn remove(&self, name: &FileName) -> Result<(), StorageError> {
        let key = self.key(name);
        let request = self.request(Method::DELETE, self.bucket.delete_object(Some(&self.credentials), &key));
        let answer = self.send(name, request).await?;
        match answer.response.status() {
            StatusCode::NOT_FOUND => Ok(()),
            _ => answer.good().await.map(drop),
        }
    }

    pub(super) fn shown(&self, name: &FileName) -> String {
        format!("s3://{}/{}", self.bucket.name(), self.key(name))
    }

    fn key(&self, name: &FileName) -> String {
        if self.prefix.is_empty() { name.to_string() } else { format!("{}/{name}", self.prefix) }
    }

    fn request<'a>(&self, method: Method, action: impl S3Action<'a>) -> RequestBuilder {
        self.http.request(method, action.sign(SIGNED_FOR))
    }

    async fn send(&self, name: &FileName, request: RequestBuilder) -> Result<Answer, StorageError> {
        let place = self.shown(name);
        match request.send().await {
            Ok(response) => Ok(Answer { response, place }),
            // Its address would show the signature.
            Err(error) => Err(StorageError::Unreachable { place, cause: chain(&error.without_url()) }),
        }
    }
}

/// An answer about one object.
struct Answer {
    response: Response,
    place: String,
}

impl Answer {
    async fn good(mut self) -> Result<Response, StorageError> {
        let status = self.response.status();
        if status.is_success() {
            return Ok(self.response);
        }
        let mut body = Vec::new();
        while body.len() < REFUSAL_MAX_BYTES {
            match self.response.chunk().await {
                Ok(Some(piece)) => body.extend_from_slice(&piece),
                _ => break,
            }
        }
        let body = String::from_utf8_lossy(&body);
        let word =
            body.split_once("<Code>").and_then(|(_, rest)| rest.split_once("</Code>")).map_or("", |(word, _)| word);
        Err(StorageError::Refused { place: self.place, status: status.as_u16(), word: word.chars().take(64).collect() })
    }
}

/// An error with its causes, which tell more than it does.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(next) = cause {
        text = format!("{text}: {next}");
        cause = next.source();
    }
    text
}

fn credentials(s3: &S3Config, variable: impl Fn(&str) -> Option<String>) -> Result<Credentials, StorageError> {
    let given = |secret: &Option<Secret>, name: &str| match secret {
        Some(secret) => Ok(secret.resolve()?.expose_secret().to_owned()),
        None => variable(name).ok_or_else(|| StorageError::Config {
            cause: format!("buckets need credentials: there is no {name}"),
            hint: "write access_key and secret_key to [storage.s3], or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
                .to_owned(),
        }),
    };
    let access_key = given(&s3.access_key, "AWS_ACCESS_KEY_ID")?;
    let secret_key = given(&s3.secret_key, "AWS_SECRET_ACCESS_KEY")?;
    // A token belongs to the keys of the environment.
    Ok(match variable("AWS_SESSION_TOKEN").filter(|_| s3.access_key.is_none()) {
        Some(token) => Credentials::new_with_token(access_key, secret_key, token),
        None => Credentials::new(access_key, secret_key),
    })
}
