//! From the asynchronous body of a request to a reader for a thread that blocks.

use std::{
    io::{self, Read},
    sync::{Arc, Mutex},
};

use axum::body::{Body, BodyDataStream};
use bytes::{Buf, Bytes};
use futures_util::{StreamExt, TryStreamExt};
use sha2::{Digest as _, Sha256};
use tokio::sync::mpsc;

use crate::api::tokens::hex;

/// Parts of the body that are read ahead of the thread; the connection gives parts of at most some 100 KiB.
const PARTS_WAITING: usize = 16;

enum Part {
    Bytes(Bytes),
    Failed(String),
    End,
}

/// The asynchronous end.
pub struct Feeder(mpsc::Sender<Part>);

/// The blocking end. It ends only where the body has ended: whatever else cuts it off is an error, so that half a row is
/// never taken for a whole one.
pub struct BodyReader {
    parts: mpsc::Receiver<Part>,
    current: Bytes,
    ended: bool,
}

/// A body's way to a thread.
pub fn pipe() -> (Feeder, BodyReader) {
    let (sender, parts) = mpsc::channel(PARTS_WAITING);
    (Feeder(sender), BodyReader { parts, current: Bytes::new(), ended: false })
}

impl Feeder {
    /// Passes the body on. Returns what is left of it when the reader wants no more.
    pub async fn feed(self, body: Body) -> Option<BodyDataStream> {
        let mut stream = body.into_data_stream();
        while let Some(part) = stream.next().await {
            let part = part.map_or_else(|error| Part::Failed(error.to_string()), Part::Bytes);
            let failed = matches!(part, Part::Failed(_));
            let taken = self.0.send(part).await.is_ok();
            if failed {
                return None;
            }
            if !taken {
                return Some(stream);
            }
        }
        // A reader that is gone needs no end.
        self.0.send(Part::End).await.ok();
        None
    }
}

impl Read for BodyReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.current.is_empty() && !self.ended {
            match self.parts.blocking_recv() {
                Some(Part::Bytes(bytes)) => self.current = bytes,
                Some(Part::End) => self.ended = true,
                Some(Part::Failed(cause)) => return Err(io::Error::new(io::ErrorKind::ConnectionAborted, cause)),
                None => return Err(io::Error::new(io::ErrorKind::ConnectionAborted, "the request was given up")),
            }
        }
        let count = self.current.len().min(buffer.len());
        self.current.copy_to_slice(&mut buffer[..count]);
        Ok(count)
    }
}

/// A digest of what has come in of a body.
#[derive(Clone, Default)]
pub struct Digest(Arc<Mutex<Sha256>>);

impl Digest {
    /// The body, whose bytes are counted in as they pass.
    pub fn of(&self, body: Body) -> Body {
        let digest = self.0.clone();
        let pass = move |part: &Bytes| digest.lock().expect("no panic while held").update(part);
        Body::from_stream(body.into_data_stream().inspect_ok(pass))
    }

    /// SHA-256 of all bytes so far, in hexadecimal.
    pub fn so_far(&self) -> String {
        hex(&self.0.lock().expect("no panic while held").clone().finalize())
    }
}

/// Takes in a body without using it, up to `most` bytes.
pub async fn drain(body: Body, most: usize) {
    drain_stream(body.into_data_stream(), most).await;
}

/// The same for what is left of one.
pub async fn drain_stream(mut rest: BodyDataStream, most: usize) {
    let mut taken = 0_usize;
    while taken < most
        && let Some(Ok(part)) = rest.next().await
    {
        taken = taken.saturating_add(part.len());
    }
}

#[cfg(test)]
mod tests {
    use futures_util::stream;

    use super::*;

    fn body(parts: Vec<Result<&'static str, &'static str>>) -> Body {
        Body::from_stream(stream::iter(parts.into_iter().map(|part| part.map_err(io::Error::other))))
    }

    async fn read(parts: Vec<Result<&'static str, &'static str>>) -> io::Result<String> {
        let (feeder, mut reader) = pipe();
        let reading = tokio::task::spawn_blocking(move || {
            let mut text = String::new();
            reader.read_to_string(&mut text).map(|_| text)
        });
        feeder.feed(body(parts)).await;
        reading.await.unwrap()
    }

    #[tokio::test]
    async fn a_body_arrives_whole_however_it_was_cut() {
        assert_eq!(read(vec![Ok("ab"), Ok(""), Ok("cde")]).await.unwrap(), "abcde");
        assert_eq!(read(vec![]).await.unwrap(), "");
    }

    #[tokio::test]
    async fn a_body_that_breaks_off_is_an_error_and_no_end() {
        assert!(read(vec![Ok("ab"), Err("reset")]).await.is_err());
        let (feeder, mut reader) = pipe();
        drop(feeder);
        let read = tokio::task::spawn_blocking(move || reader.read(&mut [0; 8])).await.unwrap();
        assert_eq!(read.unwrap_err().kind(), io::ErrorKind::ConnectionAborted);
    }

    #[tokio::test]
    async fn when_the_reader_is_gone_the_rest_is_given_back() {
        let (feeder, reader) = pipe();
        drop(reader);
        let mut rest = feeder.feed(body(vec![Ok("a"), Ok("b")])).await.unwrap();
        assert_eq!(rest.next().await.unwrap().unwrap(), "b");
    }
}
