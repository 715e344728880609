//! The list to send: a file or standard input, read as it goes out.

use std::{
    io,
    os::fd::AsFd,
    path::{Path, PathBuf},
    time::Duration,
};

use futures_util::StreamExt;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use reqwest::Body;
use tokio::{fs::File, io::AsyncRead};
use tokio_util::io::ReaderStream;

use crate::{client::UNREADABLE, failure::Failure};

/// Bytes sent at once. Memory holds a few of these, whatever the list's size.
const CHUNK_BYTES: usize = 64 * 1024;

/// An opened list.
pub struct Source {
    path: PathBuf,
    reader: Box<dyn AsyncRead + Send + Unpin>,
    bytes: Option<u64>,
}

impl Source {
    /// Opens the list; `-` is standard input.
    pub async fn open(path: &Path) -> Result<Self, Failure> {
        if path == Path::new("-") {
            let stdin = io::stdin().as_fd().try_clone_to_owned();
            let stdin = stdin.map_err(|error| Failure::failed(format_args!("cannot read standard input: {error}")))?;
            let reader = Box::new(File::from_std(stdin.into()));
            return Ok(Self { path: path.to_owned(), reader, bytes: None });
        }
        let cannot = |error: io::Error| Failure::usage(format_args!("cannot read {}: {error}", path.display()));
        let file = File::open(path).await.map_err(cannot)?;
        let metadata = file.metadata().await.map_err(cannot)?;
        if metadata.is_dir() {
            return Err(Failure::usage(format_args!("cannot read {}: it is a directory", path.display())));
        }
        let bytes = metadata.is_file().then_some(metadata.len());
        Ok(Self { path: path.to_owned(), reader: Box::new(file), bytes })
    }

    /// The file's name without its directory; `stdin` for standard input.
    pub fn name(&self) -> String {
        if self.is_stdin() {
            return "stdin".to_owned();
        }
        self.path.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }

    /// Whether it is standard input, which has no name.
    pub fn is_stdin(&self) -> bool {
        self.path == Path::new("-")
    }

    /// By the name's ending; what it does not tell is left to the server.
    pub fn content_type(&self) -> &'static str {
        match plain_ending(&self.name()) {
            Some("csv") => "text/csv",
            Some("tsv") => "text/tab-separated-values",
            Some("jsonl" | "ndjson") => "application/jsonl",
            _ => "application/octet-stream",
        }
    }

    /// The body that reads the list chunk by chunk, moving a progress bar if stderr is a terminal.
    pub fn into_body(self) -> Body {
        let bar = progress(self.bytes);
        let path = self.path;
        let chunks = ReaderStream::with_capacity(self.reader, CHUNK_BYTES).map(move |chunk| match chunk {
            Ok(chunk) => {
                bar.inc(chunk.len() as u64);
                Ok(chunk)
            }
            Err(error) => Err(io::Error::new(error.kind(), format!("{UNREADABLE}{}: {error}", path.display()))),
        });
        Body::wrap_stream(chunks)
    }
}

/// The ending without `.gz`, in the cases users write.
fn plain_ending(name: &str) -> Option<&'static str> {
    let name = name.to_ascii_lowercase();
    let name = name.strip_suffix(".gz").unwrap_or(&name);
    ["csv", "tsv", "jsonl", "ndjson"]
        .into_iter()
        .find(|ending| name.strip_suffix(ending).is_some_and(|stem| stem.ends_with('.')))
}

fn progress(bytes: Option<u64>) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(bytes, ProgressDrawTarget::stderr());
    let template = match bytes {
        Some(_) => "{bar:40} {bytes}/{total_bytes} {bytes_per_sec} {eta}",
        None => "{spinner} {bytes} {bytes_per_sec}",
    };
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    if !bar.is_hidden() {
        bar.enable_steady_tick(Duration::from_millis(200));
    }
    bar
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_format_is_told_by_the_ending_with_or_without_gz() {
        let endings = ["a.csv", "A.CSV.GZ", "b.tsv.gz", "c.jsonl", "c.ndjson.gz", "d.xlsx", "csv"].map(plain_ending);
        assert_eq!(endings, [Some("csv"), Some("csv"), Some("tsv"), Some("jsonl"), Some("ndjson"), None, None]);
    }
}
