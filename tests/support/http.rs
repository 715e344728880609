//! As much of an HTTP client as reading the simulator's ledger takes.

use std::{
    io::{self, Read, Write},
    net::TcpStream,
    time::Duration,
};

/// How long one answer may take.
const TIMEOUT: Duration = Duration::from_secs(30);

/// Sends a request and gives the body of an answer 2xx. HTTP/1.0: the body ends with the connection.
///
/// # Errors
/// When there is no connection, or another answer.
pub(super) fn request(method: &str, base_url: &str, path: &str, body: &str) -> io::Result<String> {
    let address = base_url.strip_prefix("http://").unwrap_or(base_url);
    let mut connection = TcpStream::connect(address)?;
    connection.set_read_timeout(Some(TIMEOUT))?;
    let length = body.len();
    write!(connection, "{method} {path} HTTP/1.0\r\nHost: {address}\r\nContent-Length: {length}\r\n\r\n{body}")?;
    let mut answer = String::new();
    connection.read_to_string(&mut answer)?;
    let (head, body) = answer.split_once("\r\n\r\n").ok_or_else(|| io::Error::other("an answer without a body"))?;
    let status = head.split(' ').nth(1).unwrap_or_default();
    if status.starts_with('2') {
        Ok(body.to_owned())
    } else {
        Err(io::Error::other(format!("{method} {path}: {answer}")))
    }
}
