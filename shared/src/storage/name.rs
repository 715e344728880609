//! Names of files, safe in every file system and every bucket.

use std::fmt::{self, Write};

use xxhash_rust::xxh3::xxh3_64;

/// File systems take parts of 255 bytes; some room is left for what is appended while a file is written.
const PART_MAX_BYTES: usize = 120;

/// A name of several parts, one folder in another. Whatever the parts were made of: none is empty, none leads upwards, and
/// none holds anything but letters of ASCII, digits and `-._+@%`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct FileName(Vec<String>);

impl FileName {
    /// A name of these parts. Other characters are written as `%` and two hexadecimal digits a byte; of what is longer than
    /// 120 bytes then, the beginning stays, with a fingerprint of the whole.
    pub fn of<'a>(parts: impl IntoIterator<Item = &'a str>) -> Self {
        Self(parts.into_iter().map(safe).collect())
    }

    /// Its parts, from the outermost folder to the file itself.
    pub fn parts(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }
}

impl fmt::Display for FileName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join("/"))
    }
}

fn safe(part: &str) -> String {
    let mut name = String::with_capacity(part.len());
    for (place, byte) in part.bytes().enumerate() {
        let plain =
            byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'+' | b'@') || byte == b'.' && place > 0;
        match plain {
            true => name.push(char::from(byte)),
            false => write!(name, "%{byte:02X}").expect("writing to a string succeeds"),
        }
    }
    if name.is_empty() {
        name.push('%');
    }
    if name.len() > PART_MAX_BYTES {
        name.truncate(PART_MAX_BYTES - 17);
        write!(name, "%{:016x}", xxh3_64(part.as_bytes())).expect("writing to a string succeeds");
    }
    name
}
