//! As much of a collector of traces as tests need: it takes OTLP in JSON and keeps it.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
};

use serde_json::Value;

/// A collector that serves until the test ends.
pub struct Collector {
    url: String,
    requests: Arc<Mutex<Vec<Delivered>>>,
}

/// One request.
#[derive(Debug, Clone)]
pub struct Delivered {
    /// Its first line and headers.
    pub head: String,
    /// Its body.
    pub body: String,
}

impl Collector {
    /// Starts one.
    ///
    /// # Panics
    /// When no port is free.
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("there is a free port");
        let url = format!("http://{}", listener.local_addr().expect("a bound socket has an address"));
        let requests = Arc::<Mutex<Vec<Delivered>>>::default();
        let kept = requests.clone();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                // One that breaks off was not delivered.
                if let Ok(delivered) = answer(stream) {
                    kept.lock().expect("no panic while held").push(delivered);
                }
            }
        });
        Self { url, requests }
    }

    /// Where it serves.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// What it was sent so far.
    pub fn requests(&self) -> Vec<Delivered> {
        self.requests.lock().expect("no panic while held").clone()
    }

    /// The spans that it was sent so far.
    ///
    /// # Panics
    /// When a body is no OTLP in JSON.
    pub fn spans(&self) -> Vec<Value> {
        let spans = |delivered: &Delivered| {
            let body: Value = serde_json::from_str(&delivered.body).expect("a body is JSON");
            body["resourceSpans"][0]["scopeSpans"][0]["spans"].as_array().expect("it has spans").clone()
        };
        self.requests().iter().flat_map(spans).collect()
    }
}

fn answer(mut stream: TcpStream) -> std::io::Result<Delivered> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut head = String::new();
    while reader.read_line(&mut head)? > 2 {}
    let length = head.lines().find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    reader.read_exact(&mut body)?;
    stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}")?;
    Ok(Delivered { head, body: String::from_utf8_lossy(&body).into_owned() })
}
