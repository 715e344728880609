//! Accepting and serving connections, with control over how they end.

use std::{
    fmt, io,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use axum::{Router, body::Body, extract::DefaultBodyLimit, response::Response};
use hyper::{Request, body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::{sync::DropGuard, task::TaskTracker};
use tower::ServiceExt;

use crate::{
    ccai,
    config::SimulatorConfig,
    connection::Connection,
    faults::ResetConnection,
    inspect, knovvu, livecall, mylibby,
    plan::{BadConfig, Plan},
    state::{LedgerHandle, Shared},
    uhlive,
};

/// No request to a provider needs more.
const BODY_MAX_BYTES: usize = 256 * 1024;
/// After a failed accept (too many open files, say) the next one is tried after this long.
const ACCEPT_PAUSE: Duration = Duration::from_millis(10);

/// A running simulator. Dropping it stops it without waiting.
pub struct Simulator {
    addr: SocketAddr,
    ledger: LedgerHandle,
    tasks: TaskTracker,
    _stop_on_drop: DropGuard,
}

/// Starts a simulator on the current Tokio runtime. Port 0 lets the system choose one. Fails if the address cannot be
/// bound, and with `InvalidInput` if the configuration makes no sense.
pub async fn start(config: SimulatorConfig, listen: SocketAddr) -> io::Result<Simulator> {
    let plan = Plan::new(config).map_err(|error| io::Error::new(io::ErrorKind::InvalidInput, error))?;
    let listener = TcpListener::bind(listen).await?;
    let addr = listener.local_addr()?;
    let shared = Arc::new(Shared::new(plan));
    let router = routes().with_state(shared.clone());
    let tasks = TaskTracker::new();
    let accepting = accept(listener, router, shared.clone(), tasks.clone());
    tasks.spawn(accepting);
    let stop_on_drop = shared.stopping.clone().drop_guard();
    Ok(Simulator { addr, ledger: LedgerHandle(shared), tasks, _stop_on_drop: stop_on_drop })
}

/// Everything on one port: no two providers share a path.
fn routes() -> Router<Arc<Shared>> {
    let providers = [knovvu::routes(), uhlive::routes(), livecall::routes(), ccai::routes(), mylibby::routes()];
    let providers = providers.into_iter().fold(Router::new(), Router::merge);
    inspect::routes().merge(providers.layer(DefaultBodyLimit::max(BODY_MAX_BYTES)))
}

impl Simulator {
    /// Where it listens.
    pub const fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// The base URL, without a slash at its end.
    pub fn url(&self) -> String {
        format!("http://{}", self.addr)
    }

    /// What rang.
    pub const fn ledger(&self) -> &LedgerHandle {
        &self.ledger
    }

    /// Behaves differently from the next request on. Ledger and calls under way stay as they are.
    pub fn reconfigure(&self, config: SimulatorConfig) -> Result<(), BadConfig> {
        self.ledger.0.set_plan(Plan::new(config)?);
        Ok(())
    }

    /// Closes the port, answers the requests it has (those that are never answered are reset) and ends.
    pub async fn stop(self) {
        self.ledger.0.stopping.cancel();
        self.tasks.close();
        self.tasks.wait().await;
    }
}

async fn accept(listener: TcpListener, router: Router, shared: Arc<Shared>, tasks: TaskTracker) {
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = shared.stopping.cancelled() => return,
        };
        match accepted {
            Ok((stream, _)) => {
                tasks.spawn(serve(stream, router.clone(), shared.clone()));
            }
            Err(_) => tokio::time::sleep(ACCEPT_PAUSE).await,
        }
    }
}

async fn serve(stream: TcpStream, router: Router, shared: Arc<Shared>) {
    // Without it small answers would wait for the client's acknowledgements. A socket that refuses it still works.
    stream.set_nodelay(true).ok();
    let reset = Arc::new(AtomicBool::new(false));
    let connection = Connection { stream, reset: reset.clone() };
    let service = service_fn(move |request: Request<Incoming>| answer(router.clone(), reset.clone(), request));
    let mut serving = std::pin::pin!(
        http1::Builder::new().timer(TokioTimer::new()).serve_connection(TokioIo::new(connection), service)
    );
    // An error is the client's disconnection or our own reset: the connection is over either way.
    tokio::select! {
        _ = serving.as_mut() => {}
        () = shared.stopping.cancelled() => {
            serving.as_mut().graceful_shutdown();
            serving.await.ok();
        }
    }
}

async fn answer(
    router: Router,
    reset: Arc<AtomicBool>,
    request: Request<Incoming>,
) -> Result<Response, ConnectionReset> {
    let response = match router.oneshot(request.map(Body::new)).await {
        Ok(response) => response,
        Err(never) => match never {},
    };
    if response.extensions().get::<ResetConnection>().is_some() {
        reset.store(true, Ordering::Relaxed);
        return Err(ConnectionReset);
    }
    Ok(response)
}

/// Makes hyper give up the connection.
#[derive(Debug)]
struct ConnectionReset;

impl fmt::Display for ConnectionReset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the connection is reset by configuration")
    }
}

impl std::error::Error for ConnectionReset {}
