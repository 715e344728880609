//! Results sent to the caller's own address when calls end, as providers do beside being asked.

use std::{io, sync::Arc, time::Duration};

use axum::{
    body::Body,
    http::{Request, StatusCode, header},
};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use url::{Host, Url};

use crate::state::Shared;

/// A result that is not taken is sent so many times.
const TRIES_MAX: u32 = 5;
/// Pause between two tries.
const TRY_AGAIN: Duration = Duration::from_secs(1);
/// How long one try may take.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);

/// Sends `result`, a JSON text, when the call is over. Addresses beyond this machine get nothing.
pub(crate) async fn deliver(shared: Arc<Shared>, destination: Url, ended_us: u64, result: String) {
    if destination.scheme() != "http" || !is_local(&destination) {
        return;
    }
    let sending = async {
        tokio::time::sleep(Duration::from_micros(ended_us.saturating_sub(shared.stamps.now_us()))).await;
        for _ in 0..TRIES_MAX {
            match tokio::time::timeout(ANSWER_WITHIN, send(&destination, &result)).await {
                Ok(Ok(status)) if status.is_success() => return,
                _ => tokio::time::sleep(TRY_AGAIN).await,
            }
        }
    };
    tokio::select! {
        () = shared.stopping.cancelled() => {}
        () = sending => {}
    }
}

fn is_local(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

async fn send(destination: &Url, result: &str) -> io::Result<StatusCode> {
    let addresses = destination.socket_addrs(|| None)?;
    let stream = TcpStream::connect(&*addresses).await?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(io::Error::other)?;
    tokio::spawn(connection);
    let request = Request::post(&destination[url::Position::BeforePath..])
        .header(header::HOST, destination.authority())
        .header(header::CONTENT_TYPE, "application/json")
        .body(Body::from(result.to_owned()))
        .map_err(io::Error::other)?;
    sender.send_request(request).await.map(|answer| answer.status()).map_err(io::Error::other)
}
