//! The bytes of a list, buffered so that one row always lies in one piece.

use std::io::Read;

use super::{ListError, format};

/// Bytes asked for at once.
const CHUNK_BYTES: usize = 256 * 1024;

/// A window over the input that starts at the present row and grows as the row needs.
pub(super) struct Source {
    reader: Box<dyn Read + Send>,
    gzip: bool,
    buffer: Vec<u8>,
    /// Where the present row begins in `buffer`.
    start: usize,
    /// Where the bytes read so far end in `buffer`.
    end: usize,
    exhausted: bool,
    read: u64,
}

impl Source {
    pub fn new(reader: Box<dyn Read + Send>, gzip: bool) -> Self {
        Self { reader, gzip, buffer: Vec::new(), start: 0, end: 0, exhausted: false, read: 0 }
    }

    /// The bytes at hand, from the present row's first.
    pub fn bytes(&self) -> &[u8] {
        &self.buffer[self.start..self.end]
    }

    /// Whether `bytes` reaches to the end of the input.
    pub fn is_exhausted(&self) -> bool {
        self.exhausted
    }

    /// Reads on, so that `bytes` gets longer or the input is exhausted.
    pub fn fill(&mut self) -> Result<(), ListError> {
        if self.start > 0 {
            self.buffer.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
        }
        if self.buffer.len() < self.end + CHUNK_BYTES {
            self.buffer.resize(self.end + CHUNK_BYTES, 0);
        }
        loop {
            match self.reader.read(&mut self.buffer[self.end..]) {
                Ok(count) => {
                    self.end += count;
                    self.read += count as u64;
                    self.exhausted = count == 0;
                    return Ok(());
                }
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(error) => return Err(format::read_error(error, self.gzip, self.read)),
            }
        }
    }

    /// Goes past the next `count` bytes.
    pub fn consume(&mut self, count: usize) {
        self.start = (self.start + count).min(self.end);
    }

    /// Makes at least one byte available, or returns false at the end of the input.
    pub fn has_more(&mut self) -> Result<bool, ListError> {
        while self.bytes().is_empty() && !self.exhausted {
            self.fill()?;
        }
        Ok(!self.bytes().is_empty())
    }

    /// Length of the line that starts here with its terminator; none if it is longer than `limit`.
    pub fn line(&mut self, terminator: u8, limit: usize) -> Result<Option<usize>, ListError> {
        let mut searched = 0;
        loop {
            if let Some(at) = memchr::memchr(terminator, &self.bytes()[searched..]) {
                return Ok(Some(searched + at + 1).filter(|&length| length <= limit));
            }
            searched = self.bytes().len();
            if searched > limit {
                return Ok(None);
            }
            if self.exhausted {
                return Ok(Some(searched));
            }
            self.fill()?;
        }
    }

    /// Goes past the end of this line, however long it is.
    pub fn skip_line(&mut self, terminator: u8) -> Result<(), ListError> {
        loop {
            if let Some(at) = memchr::memchr(terminator, self.bytes()) {
                self.consume(at + 1);
                return Ok(());
            }
            self.consume(self.bytes().len());
            if self.exhausted {
                return Ok(());
            }
            self.fill()?;
        }
    }
}
