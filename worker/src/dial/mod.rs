//! Sending the one request that makes a phone ring. Nothing is repeated by itself, no redirect is followed, and it is
//! always known whether a byte of the request was written.

mod connection;
mod gate;

use std::{
    io,
    sync::Arc,
    time::{Duration, Instant},
};

use http_body_util::{BodyExt, Full, Limited};
use hyper::{Request, Uri, body::Bytes, header};

use redial_shared::provider::ANSWER_MAX_BYTES;

use connection::{Connection, Pool};

/// Sends the dial requests of one account.
pub(crate) struct Dialer {
    pool: Arc<Pool>,
    timeout: Duration,
}

/// A connection that is open and waits for its request. Unused, it waits for another one.
pub(crate) struct Ready {
    connection: Option<Connection>,
    pool: Arc<Pool>,
}

impl Drop for Ready {
    fn drop(&mut self) {
        if let Some(connection) = self.connection.take() {
            self.pool.keep(connection);
        }
    }
}

/// What came of a dial request.
pub(crate) enum Dialed {
    /// The provider answered.
    Answered { status: u16, headers: header::HeaderMap, body: Bytes, sent_at: Instant },
    /// Not a byte was written: nothing can have rung.
    NotSent { cause: String },
    /// It was written, at least in part, and no answer came: the phone may be ringing.
    InDoubt { cause: String, sent_at: Instant },
}

impl Dialer {
    /// A dialer that waits so long for an answer.
    pub(crate) fn new(timeout: Duration, tls: &Arc<rustls::ClientConfig>) -> Self {
        Self { pool: Arc::new(Pool::new(tls)), timeout }
    }

    /// Opens (or finds) a connection to a request's host ahead of the call.
    pub(crate) async fn ready(&self, uri: &Uri) -> io::Result<Ready> {
        let connection = self.pool.connection(uri).await?;
        Ok(Ready { connection: Some(connection), pool: self.pool.clone() })
    }

    /// Sends the request now, if its first byte can be written before `send_by`, and waits for the answer.
    pub(crate) async fn send(&self, mut ready: Ready, request: Request<Full<Bytes>>, send_by: Instant) -> Dialed {
        let mut connection = ready.connection.take().expect("it is taken once, here");
        connection.gate.open(send_by);
        let exchange = async {
            let answer = connection.sender.send_request(request).await.map_err(|error| error.to_string())?;
            let (head, body) = answer.into_parts();
            let body = Limited::new(body, ANSWER_MAX_BYTES).collect().await.map_err(|error| error.to_string())?;
            Ok::<_, String>((head, body.to_bytes()))
        };
        let result = tokio::time::timeout(self.timeout, exchange).await;
        // From here on nothing more of the request can be written, even if the connection's task runs late.
        let sent_at = connection.gate.shut();
        match (result, sent_at) {
            (Ok(Ok((head, body))), Some(sent_at)) => {
                self.pool.keep(connection);
                Dialed::Answered { status: head.status.as_u16(), headers: head.headers, body, sent_at }
            }
            (Ok(Err(cause)), None) => Dialed::NotSent { cause },
            (Ok(Ok(_)), None) => Dialed::NotSent { cause: "an answer without a request".to_owned() },
            (Err(_), None) => Dialed::NotSent { cause: "the connection took no request".to_owned() },
            (Ok(Err(cause)), Some(sent_at)) => Dialed::InDoubt { cause, sent_at },
            (Err(_), Some(sent_at)) => {
                Dialed::InDoubt { cause: format!("no answer within {} ms", self.timeout.as_millis()), sent_at }
            }
        }
    }
}
