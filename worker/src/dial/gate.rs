//! The last check before a request leaves: right before its first byte is written to the connection.

use std::{
    io,
    pin::Pin,
    sync::{Arc, Mutex},
    task::{Context, Poll},
    time::Instant,
};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// When one connection may start to write its next request, and whether it did.
#[derive(Clone, Default)]
pub(super) struct Gate(Arc<Mutex<State>>);

#[derive(Clone, Copy, Default)]
enum State {
    /// No request may be written.
    #[default]
    Shut,
    /// A request may start until this instant.
    Open { send_by: Instant },
    /// Its first byte was handed to the connection at this instant.
    Sent { at: Instant },
    /// It came too late: nothing of it was written.
    Missed,
}

impl Gate {
    /// Lets one request through until `send_by`.
    pub(super) fn open(&self, send_by: Instant) {
        *self.state() = State::Open { send_by };
    }

    /// Closes the gate: whatever has not been sent by now never will be. Answers when it was sent.
    pub(super) fn shut(&self) -> Option<Instant> {
        let mut state = self.state();
        if let State::Sent { at } = *state {
            return Some(at);
        }
        *state = State::Missed;
        None
    }

    fn pass(&self) -> io::Result<()> {
        let mut state = self.state();
        match *state {
            State::Sent { .. } => Ok(()),
            State::Open { send_by } => {
                let now = Instant::now();
                if now > send_by {
                    *state = State::Missed;
                    return Err(io::Error::new(io::ErrorKind::TimedOut, "past its send_by"));
                }
                *state = State::Sent { at: now };
                Ok(())
            }
            State::Shut | State::Missed => Err(io::Error::new(io::ErrorKind::TimedOut, "no request may be sent now")),
        }
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.lock().expect("no panic while held")
    }
}

/// A connection whose requests pass a gate.
pub(super) struct Gated<Stream> {
    stream: Stream,
    gate: Gate,
}

impl<Stream> Gated<Stream> {
    pub(super) fn new(stream: Stream, gate: Gate) -> Self {
        Self { stream, gate }
    }
}

impl<Stream: AsyncRead + Unpin> AsyncRead for Gated<Stream> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl<Stream: AsyncWrite + Unpin> AsyncWrite for Gated<Stream> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.gate.pass()?;
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.gate.pass()?;
        Pin::new(&mut self.stream).poll_write_vectored(cx, parts)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::io::AsyncWriteExt;

    use super::*;

    #[tokio::test]
    async fn what_is_too_late_writes_nothing() {
        let gate = Gate::default();
        let mut connection = Gated::new(Vec::new(), gate.clone());
        gate.open(Instant::now() - Duration::from_millis(1));
        assert!(connection.write_all(b"POST").await.is_err());
        assert_eq!(gate.shut(), None);
        assert!(connection.stream.is_empty());
    }

    #[tokio::test]
    async fn a_request_that_started_in_time_is_written_whole() {
        let gate = Gate::default();
        let mut connection = Gated::new(Vec::new(), gate.clone());
        gate.open(Instant::now() + Duration::from_secs(60));
        connection.write_all(b"POST").await.expect("the gate is open");
        connection.write_all(b" /call").await.expect("it has started");
        assert!(gate.shut().is_some());
        assert_eq!(connection.stream, b"POST /call");
    }

    #[tokio::test]
    async fn a_shut_gate_lets_nothing_through() {
        let gate = Gate::default();
        let mut connection = Gated::new(Vec::new(), gate.clone());
        assert!(connection.write_all(b"POST").await.is_err());
        gate.open(Instant::now() + Duration::from_secs(60));
        gate.shut();
        assert!(connection.write_all(b"POST").await.is_err());
    }
}
