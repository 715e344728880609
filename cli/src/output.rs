//! Standard output: data and nothing else.

use std::io::{self, Write};

use crate::failure::Failure;

/// Writes a line of data.
///
/// # Errors
/// When it cannot be written; silently ends the command if the reader is gone.
pub fn line(text: &str) -> Result<(), Failure> {
    bytes(text.as_bytes()).and_then(|()| bytes(b"\n")).and_then(|()| flush())
}

/// Writes several lines, each of which has its newline.
///
/// # Errors
/// As [`line()`].
pub fn text(text: &str) -> Result<(), Failure> {
    bytes(text.as_bytes()).and_then(|()| flush())
}

/// Writes bytes that may still sit in a buffer afterwards.
///
/// # Errors
/// As [`line()`].
pub fn bytes(bytes: &[u8]) -> Result<(), Failure> {
    io::stdout().lock().write_all(bytes).map_err(|error| Failure::output(&error))
}

/// Empties the buffer.
///
/// # Errors
/// As [`line()`].
pub fn flush() -> Result<(), Failure> {
    io::stdout().lock().flush().map_err(|error| Failure::output(&error))
}
