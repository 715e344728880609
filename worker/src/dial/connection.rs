//! Connections to one provider, opened before they are needed. HTTP/1.1, one request at a time each, so that what has been
//! written belongs to one call.

use std::{
    collections::HashMap,
    io,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use http_body_util::Full;
use hyper::{Uri, body::Bytes, client::conn::http1};
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
};
use tokio_rustls::TlsConnector;

use super::gate::{Gate, Gated};

/// A connection idle for longer is not used again: the provider may be closing it while we write.
const IDLE_MAX: Duration = Duration::from_secs(3);
/// Idle connections kept.
const IDLE_COUNT_MAX: usize = 512;
/// Longest time to open a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// One open connection.
pub(super) struct Connection {
    pub(super) sender: http1::SendRequest<Full<Bytes>>,
    pub(super) gate: Gate,
    origin: Origin,
    idle_since: Instant,
}

/// Where a request goes.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Origin {
    tls: bool,
    host: String,
    port: u16,
}

/// The open connections of one account, by host.
pub(super) struct Pool {
    tls: TlsConnector,
    idle: Mutex<HashMap<Origin, Vec<Connection>>>,
}

impl Pool {
    /// An empty pool.
    pub(super) fn new(tls: &Arc<rustls::ClientConfig>) -> Self {
        Self { tls: TlsConnector::from(tls.clone()), idle: Mutex::default() }
    }

    /// An open connection to a request's host: an idle one, else a new one.
    pub(super) async fn connection(&self, uri: &Uri) -> io::Result<Connection> {
        let origin = Origin::of(uri)?;
        match self.idle(&origin) {
            Some(connection) => Ok(connection),
            None => self.connect(origin).await,
        }
    }

    fn idle(&self, origin: &Origin) -> Option<Connection> {
        let mut idle = self.idle.lock().expect("no panic while held");
        let connections = idle.get_mut(origin)?;
        while let Some(connection) = connections.pop() {
            if connection.sender.is_ready() && connection.idle_since.elapsed() < IDLE_MAX {
                return Some(connection);
            }
        }
        None
    }

    /// Keeps a connection whose answer was read to its end.
    pub(super) fn keep(&self, mut connection: Connection) {
        connection.idle_since = Instant::now();
        let mut idle = self.idle.lock().expect("no panic while held");
        let connections = idle.entry(connection.origin.clone()).or_default();
        if connections.len() < IDLE_COUNT_MAX {
            connections.push(connection);
        }
    }

    async fn connect(&self, origin: Origin) -> io::Result<Connection> {
        let opening = async {
            let stream = TcpStream::connect((origin.host.as_str(), origin.port)).await?;
            stream.set_nodelay(true)?;
            if !origin.tls {
                return handshake(stream, origin).await;
            }
            let name = ServerName::try_from(origin.host.clone()).map_err(io::Error::other)?;
            handshake(self.tls.connect(name, stream).await?, origin).await
        };
        let timed_out = || io::Error::new(io::ErrorKind::TimedOut, "no connection within 5 s");
        tokio::time::timeout(CONNECT_TIMEOUT, opening).await.map_err(|_| timed_out())?
    }
}

impl Origin {
    fn of(uri: &Uri) -> io::Result<Self> {
        let host = uri.host().ok_or_else(|| io::Error::other("the request has no host"))?;
        let tls = uri.scheme_str() == Some("https");
        let port = uri.port_u16().unwrap_or(if tls { 443 } else { 80 });
        // An IPv6 address stands in brackets in a URI, and without them everywhere else.
        let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        Ok(Self { tls, host, port })
    }
}

async fn handshake(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    origin: Origin,
) -> io::Result<Connection> {
    let gate = Gate::default();
    let stream = TokioIo::new(Gated::new(stream, gate.clone()));
    let (sender, connection) = http1::handshake(stream).await.map_err(io::Error::other)?;
    tokio::spawn(async move {
        if let Err(error) = connection.await {
            tracing::debug!(%error, "a provider connection ended");
        }
    });
    Ok(Connection { sender, gate, origin, idle_since: Instant::now() })
}
