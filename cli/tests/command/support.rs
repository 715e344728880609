//! A stub of the API that answers canned JSON and remembers what it was asked, and the command run against it.

use std::{
    collections::HashMap,
    path::Path,
    process::{Command, Output, Stdio},
    sync::{Arc, Mutex},
};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::{Request, State},
    http::{HeaderMap, Method, StatusCode, header},
    response::Response,
};
use tempfile::TempDir;

/// What the stub was asked.
#[derive(Debug, Clone)]
pub struct Asked {
    /// `GET /api/v1/campaigns?…`
    pub what: String,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
}

/// A canned answer.
#[derive(Debug, Clone)]
struct Canned {
    status: StatusCode,
    content_type: &'static str,
    body: String,
}

#[derive(Default)]
struct Inner {
    /// By `METHOD path`; several answers are given one after the other, the last one again and again.
    canned: HashMap<String, Vec<Canned>>,
    asked: Vec<Asked>,
}

/// A running stub; it ends with the test's process.
pub struct Stub {
    /// Its base URL.
    pub url: String,
    inner: Arc<Mutex<Inner>>,
    dir: TempDir,
}

/// What a command wrote and how it ended.
#[derive(Debug)]
pub struct Done {
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
    /// Its exit code.
    pub code: i32,
}

impl Stub {
    /// Starts on a free port, in a thread with a runtime of its own.
    pub fn start() -> Self {
        let inner = Arc::<Mutex<Inner>>::default();
        let router = Router::new().fallback(answer).with_state(Arc::clone(&inner));
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let listener = tokio::net::TcpListener::from_std(listener).unwrap();
                axum::serve(listener, router).await.unwrap();
            });
        });
        Self { url, inner, dir: tempfile::tempdir().unwrap() }
    }

    /// Answers `what`, like `GET /campaigns`, with JSON; a second call for the same adds the next answer.
    pub fn on(&self, what: &str, body: impl ToString) -> &Self {
        self.can(what, StatusCode::OK, "application/json", body.to_string())
    }

    /// Answers `what` with text of a type.
    pub fn on_text(&self, what: &str, content_type: &'static str, body: &str) -> &Self {
        self.can(what, StatusCode::OK, content_type, body.to_owned())
    }

    /// Refuses `what` with a problem.
    pub fn refuse(&self, what: &str, status: u16, problem: impl ToString) -> &Self {
        self.can(what, StatusCode::from_u16(status).unwrap(), "application/problem+json", problem.to_string())
    }

    fn can(&self, what: &str, status: StatusCode, content_type: &'static str, body: String) -> &Self {
        let canned = Canned { status, content_type, body };
        self.inner.lock().unwrap().canned.entry(what.to_owned()).or_default().push(canned);
        self
    }

    /// Everything it was asked so far.
    pub fn asked(&self) -> Vec<Asked> {
        self.inner.lock().unwrap().asked.clone()
    }

    /// The working directory of the commands.
    pub fn dir(&self) -> &Path {
        self.dir.path()
    }

    /// Writes a file into the working directory.
    pub fn file(&self, name: &str, content: impl AsRef<[u8]>) -> &Self {
        std::fs::write(self.dir.path().join(name), content).unwrap();
        self
    }

    /// Runs `redial` with these arguments against the stub.
    pub fn redial(&self, args: &[&str]) -> Done {
        Done::of(
            self.command(args).env("REDIAL_SERVER", &self.url).env("REDIAL_TOKEN", "secret-token").output().unwrap(),
        )
    }

    /// The command in the working directory without server and token.
    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_redial"));
        command.args(args).current_dir(self.dir.path()).stdin(Stdio::null());
        command.env_remove("REDIAL_SERVER").env_remove("REDIAL_TOKEN").env_remove("RUST_LOG");
        // Tests run side by side: the configuration's own port is for one of them alone.
        command.env("REDIAL__HTTP__LISTEN", "127.0.0.1:0");
        command
    }
}

impl Done {
    /// From what the system gives.
    pub fn of(output: Output) -> Self {
        Self {
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
            code: output.status.code().expect("the command was not killed"),
        }
    }

    /// Its standard output, provided that it succeeded without complaint.
    #[track_caller]
    pub fn ok(self) -> String {
        assert_eq!((self.code, self.stderr.as_str()), (0, ""), "{}", self.stdout);
        self.stdout
    }
}

async fn answer(State(inner): State<Arc<Mutex<Inner>>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
    let path = parts.uri.path().strip_prefix("/api/v1").unwrap_or("outside the API").to_owned();
    let mut inner = inner.lock().unwrap();
    let what = format!("{} {}", parts.method, parts.uri);
    inner.asked.push(Asked { what, headers: parts.headers, body });
    let canned = inner.canned.get_mut(&format!("{} {path}", parts.method));
    let canned = canned.map(|canned| if canned.len() > 1 { canned.remove(0) } else { canned[0].clone() });
    let not_found = || Canned {
        status: StatusCode::NOT_FOUND,
        content_type: "application/problem+json",
        body: format!(
            r#"{{"title":"Not Found","status":404,"detail":"no {} {path} in the stub"}}"#,
            Method::as_str(&parts.method)
        ),
    };
    let Canned { status, content_type, body } = canned.unwrap_or_else(not_found);
    Response::builder().status(status).header(header::CONTENT_TYPE, content_type).body(Body::from(body)).unwrap()
}
