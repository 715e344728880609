//! The HTTP client of every verb that speaks to a server.

use std::time::Duration;

use reqwest::{Method, RequestBuilder, Response, StatusCode};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;
use url::{Host, Url};

use crate::failure::{Exit, Failure};

/// How long a plain question may take. `pause` and `stop` answer only when no new call can start, which is seconds.
const ANSWER_WITHIN: Duration = Duration::from_secs(60);
const CONNECT_WITHIN: Duration = Duration::from_secs(5);

/// What errors of a request's own body begin with.
pub const UNREADABLE: &str = "cannot read ";

/// A server and the right to use it.
pub struct Client {
    http: reqwest::Client,
    server: Url,
    token: Option<SecretString>,
}

/// An `application/problem+json` answer.
#[derive(Deserialize)]
struct Problem {
    title: Option<String>,
    detail: Option<String>,
    hint: Option<String>,
    #[serde(default)]
    errors: Vec<Value>,
}

impl Client {
    /// A client for the server at `server`, an `http://` or `https://` URL.
    ///
    /// # Errors
    /// When the URL is none, or the system has no usable TLS setup.
    pub fn new(server: &str, token: Option<SecretString>) -> Result<Self, Failure> {
        let bad = |why: &dyn std::fmt::Display| {
            Failure::usage(format_args!("`{server}` is no server address: {why}"))
                .hint("--server takes a URL like http://127.0.0.1:7171")
        };
        let url = Url::parse(server).map_err(|error| bad(&error))?;
        if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
            return Err(bad(&"it starts with neither http:// nor https://"));
        }
        let mut builder = reqwest::Client::builder().connect_timeout(CONNECT_WITHIN);
        if is_loopback(&url) {
            // A proxy set for the outside world cannot reach this machine's own server.
            builder = builder.no_proxy();
        }
        let http = builder.build().map_err(|error| Failure::failed(with_causes(&error)))?;
        Ok(Self { http, server: url, token })
    }

    /// A request on a path below `/api/v1`, each part being one segment.
    pub fn request(&self, method: Method, path: &[&str]) -> RequestBuilder {
        let mut url = self.server.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(["api", "v1"]).extend(path);
        }
        let request = self.http.request(method, url);
        match &self.token {
            Some(token) => request.bearer_auth(token.expose_secret()),
            None => request,
        }
    }

    /// Sends a request that is answered at once and gives the answer's text.
    ///
    /// # Errors
    /// Exit code 3 when no server answers, 2 for what the server calls a wrong request (400) or an unusable file (422), 1 for
    /// other refusals.
    pub async fn text(&self, request: RequestBuilder) -> Result<String, Failure> {
        let response = self.send(request.timeout(ANSWER_WITHIN)).await?;
        response.text().await.map_err(|error| self.broken(&error))
    }

    /// As [`Client::text`], read as JSON.
    pub async fn json<T: DeserializeOwned>(&self, request: RequestBuilder) -> Result<T, Failure> {
        self.read(&self.text(request).await?)
    }

    /// Reads an answer.
    ///
    /// # Errors
    /// When it is not what this version expects.
    pub fn read<T: DeserializeOwned>(&self, text: &str) -> Result<T, Failure> {
        serde_json::from_str(text).map_err(|error| {
            Failure::failed(format_args!("the server at {} gave an answer that cannot be read: {error}", self.shown()))
                .hint("is it a Redial server of this version?")
        })
    }

    /// Sends a request without a time limit and gives the answer to be read as it comes.
    ///
    /// # Errors
    /// As [`Client::text`].
    pub async fn send(&self, request: RequestBuilder) -> Result<Response, Failure> {
        let response = request.send().await.map_err(|error| self.unreachable(&error))?;
        if response.status().is_success() { Ok(response) } else { Err(self.refused(response).await) }
    }

    /// An answer that broke off.
    pub fn broken(&self, error: &dyn std::error::Error) -> Failure {
        Failure::failed(format_args!("the answer of {} broke off: {}", self.shown(), with_causes(error)))
    }

    /// The server's URL as users write it, without a password.
    fn shown(&self) -> String {
        let mut url = self.server.clone();
        // Only URLs without a host refuse, and `new` has refused those.
        let _ = url.set_password(None);
        url.as_str().trim_end_matches('/').to_owned()
    }

    /// Why a request got no answer. What the list's own reader says is told by it and is no fault of the server.
    fn unreachable(&self, error: &reqwest::Error) -> Failure {
        let cause = root_cause(error);
        if error.is_builder() || cause.starts_with(UNREADABLE) {
            return Failure::usage(cause);
        }
        let server = self.shown();
        if error.is_connect() {
            let remedy = "start one with `redial up`, or point --server or REDIAL_SERVER at it";
            return Failure::new(Exit::Unreachable, format_args!("cannot reach the server at {server}"))
                .hint(format_args!("{cause}; {remedy}"));
        }
        let lost = if error.is_timeout() { "does not answer" } else { "closed the connection" };
        Failure::new(Exit::Unreachable, format_args!("the server at {server} {lost}"))
            .hint(format_args!("{cause}; its log may say why"))
    }

    async fn refused(&self, response: Response) -> Failure {
        let status = response.status();
        let is_wrong = matches!(status, StatusCode::BAD_REQUEST | StatusCode::UNPROCESSABLE_ENTITY);
        let exit = if is_wrong { Exit::Usage } else { Exit::Failed };
        let problem = serde_json::from_str::<Problem>(&response.text().await.unwrap_or_default());
        let Ok(problem) = problem else {
            return Failure::new(exit, format_args!("the server at {} answered {status}", self.shown()))
                .hint("is it a Redial server?");
        };
        let key = problem.errors.first().and_then(|error| error["key"].as_str()).map(str::to_owned);
        let failure = Failure::new(exit, problem.told().unwrap_or_else(|| status.to_string())).about(key);
        match problem.hint {
            Some(hint) => failure.hint(hint),
            None if status == StatusCode::UNAUTHORIZED => {
                failure.hint("pass --token or set REDIAL_TOKEN; `redial up` writes the admin token into its data_dir")
            }
            None => failure,
        }
    }
}

impl Problem {
    /// What is wrong, and where there are several things, all of them.
    fn told(&self) -> Option<String> {
        let told = self.detail.clone().or_else(|| self.title.clone())?;
        let more = self.errors.iter().map(error_text).filter(|error| !told.contains(error.as_str()));
        Some([told.clone()].into_iter().chain(more).collect::<Vec<_>>().join("; "))
    }
}

/// One entry of `errors`: a text, or an object that says it in `detail` or `message`.
fn error_text(error: &Value) -> String {
    let text = error.as_str().or_else(|| ["detail", "message"].iter().find_map(|key| error.get(key)?.as_str()));
    text.map_or_else(|| error.to_string(), str::to_owned)
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

/// An error with everything below it: reqwest's own text rarely says what happened.
fn with_causes(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}

fn root_cause(error: &dyn std::error::Error) -> String {
    std::iter::successors(Some(error), |cause| cause.source()).last().map(ToString::to_string).unwrap_or_default()
}
