//! The rejects file: each bad row as it was, with `line` and `reason` behind it.

use std::{
    fs::File,
    io::{self, BufWriter, Write},
    path::{Path, PathBuf},
};

use base64::{Engine, prelude::BASE64_STANDARD};
use reqwest::Response;
use serde_json::{Value, json};

use crate::{
    api::{Reject, Uploaded},
    client::Client,
    failure::Failure,
};

/// A rejects file being written.
pub(super) struct RejectsFile {
    path: PathBuf,
    out: BufWriter<File>,
    delimiter: Option<u8>,
}

/// How the list writes a row.
enum Shape {
    /// Fields under a header.
    Table { columns: usize, delimiter: u8 },
    /// Objects.
    JsonLines,
}

impl RejectsFile {
    /// Makes the file, before anything is sent.
    pub(super) fn create(path: &Path, delimiter: Option<u8>) -> Result<Self, Failure> {
        let file = File::create(path)
            .map_err(|error| Failure::failed(format_args!("cannot write {}: {error}", path.display())))?;
        Ok(Self { path: path.to_owned(), out: BufWriter::new(file), delimiter })
    }

    /// Writes the rows of a JSON Lines answer as they come and gives the counts of its first line.
    pub(super) async fn receive(&mut self, mut response: Response, client: &Client) -> Result<Uploaded, Failure> {
        let (mut pending, mut head) = (Vec::new(), None);
        while let Some(chunk) = response.chunk().await.map_err(|error| client.broken(&error))? {
            pending.extend_from_slice(&chunk);
            while let Some(end) = pending.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = pending.drain(..=end).collect();
                self.take(&String::from_utf8_lossy(&line), &mut head, client)?;
            }
        }
        self.take(&String::from_utf8_lossy(&pending), &mut head, client)?;
        self.out.flush().map_err(|error| self.cannot(&error))?;
        head.map_or_else(|| client.read(""), |(counts, _)| Ok(counts))
    }

    /// One line of the answer: first the counts, then a row each.
    fn take(&mut self, line: &str, head: &mut Option<(Uploaded, Shape)>, client: &Client) -> Result<(), Failure> {
        if line.trim().is_empty() {
            return Ok(());
        }
        let written = match head {
            Some((_, shape)) => {
                let reject = client.read(line)?;
                write_row(&mut self.out, &reject, shape)
            }
            None => {
                let counts: Uploaded = client.read(line)?;
                let shape = shape(counts.header.as_deref(), self.delimiter);
                let written = write_header(&mut self.out, counts.header.as_deref(), &shape);
                *head = Some((counts, shape));
                written
            }
        };
        written.map_err(|error| self.cannot(&error))
    }

    fn cannot(&self, error: &io::Error) -> Failure {
        Failure::failed(format_args!("cannot write {}: {error}", self.path.display()))
    }
}

fn shape(header: Option<&str>, delimiter: Option<u8>) -> Shape {
    let Some(header) = header else { return Shape::JsonLines };
    let most_frequent = || {
        let times = |delimiter: u8| header.bytes().filter(|byte| *byte == delimiter).count();
        [b'|', b'\t', b';', b','].into_iter().max_by_key(|delimiter| times(*delimiter)).unwrap_or(b',')
    };
    // A `.csv` may be separated by semicolons or bars all the same.
    let delimiter = delimiter.filter(|delimiter| header.as_bytes().contains(delimiter)).unwrap_or_else(most_frequent);
    Shape::Table { columns: fields(header.as_bytes(), delimiter).len(), delimiter }
}

fn write_header(out: &mut impl Write, header: Option<&str>, shape: &Shape) -> io::Result<()> {
    let (Some(header), Shape::Table { delimiter, .. }) = (header, shape) else { return Ok(()) };
    out.write_all(header.trim_end_matches(['\r', '\n']).as_bytes())?;
    let more = [*delimiter as char, *delimiter as char];
    writeln!(out, "{}line{}reason", more[0], more[1])
}

fn write_row(out: &mut impl Write, reject: &Reject, shape: &Shape) -> io::Result<()> {
    let row = raw(reject);
    match shape {
        Shape::JsonLines => write_object(out, reject, &row),
        Shape::Table { columns, delimiter } => {
            let mut record = fields(&row, *delimiter);
            // Every row must have its `line` and `reason` under their headings: missing fields are filled up, and what
            // is too much stays together in the last column.
            record.resize_with(record.len().max(*columns), Vec::new);
            if record.len() > *columns && *columns > 0 {
                let surplus = record.split_off(columns - 1);
                record.push(surplus.join(delimiter));
            }
            record.push(reject.line.to_string().into_bytes());
            record.push(reject.reason.clone().into_bytes());
            csv::WriterBuilder::new()
                .delimiter(*delimiter)
                .from_writer(out)
                .write_record(record)
                .map_err(io::Error::from)
        }
    }
}

/// The row's own text with `line` and `reason` as further keys; a row that is no object is kept as a text.
fn write_object(out: &mut impl Write, reject: &Reject, row: &[u8]) -> io::Result<()> {
    let text = String::from_utf8_lossy(row);
    let body = match serde_json::from_str(&text) {
        Ok(Value::Object(object)) if object.is_empty() => String::new(),
        // `text` is one object, so it ends with its brace.
        Ok(Value::Object(object)) if !object.contains_key("line") && !object.contains_key("reason") => {
            let text = text.trim();
            format!("{},", &text[1..text.len() - 1])
        }
        _ => format!("\"row\":{},", json!(text)),
    };
    writeln!(out, "{{{body}\"line\":{},\"reason\":{}}}", reject.line, json!(reject.reason))
}

/// The row's bytes without its line end.
fn raw(reject: &Reject) -> Vec<u8> {
    let encoded = reject.row_base64.as_ref().and_then(|row| BASE64_STANDARD.decode(row).ok());
    let mut row = encoded.or_else(|| reject.row.clone().map(String::into_bytes)).unwrap_or_default();
    while row.last().is_some_and(|byte| matches!(byte, b'\r' | b'\n')) {
        row.pop();
    }
    row
}

/// The row's fields, unquoted. A row that cannot be taken apart is one field.
fn fields(row: &[u8], delimiter: u8) -> Vec<Vec<u8>> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).delimiter(delimiter).from_reader(row);
    let mut records = reader.byte_records();
    match (records.next(), records.next()) {
        (Some(Ok(record)), None) => record.iter().map(<[u8]>::to_vec).collect(),
        _ => vec![row.to_vec()],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reject(line: u64, row: &str) -> Reject {
        Reject { line, reason: "no valid, number".into(), row: Some(row.into()), row_base64: None }
    }

    fn written(header: Option<&str>, delimiter: Option<u8>, rejects: &[Reject]) -> String {
        let (mut out, shape) = (Vec::new(), shape(header, delimiter));
        write_header(&mut out, header, &shape).unwrap();
        for reject in rejects {
            write_row(&mut out, reject, &shape).unwrap();
        }
        String::from_utf8_lossy(&out).into_owned()
    }

    #[test]
    fn a_rejected_row_keeps_its_fields_and_gets_its_line_and_reason() {
        let text = written(Some("phone,name\r\n"), Some(b','), &[reject(2, "123,\"Ann, Lee\"")]);
        assert_eq!(text, "phone,name,line,reason\n123,\"Ann, Lee\",2,\"no valid, number\"\n");
    }

    #[test]
    fn line_and_reason_stay_in_their_columns_when_the_row_is_too_short_or_too_long() {
        let text = written(Some("phone,name,city"), Some(b','), &[reject(2, "123"), reject(3, "1,2,3,4,5")]);
        assert!(text.contains("\n123,,,2,"), "{text}");
        assert!(text.contains("\n1,2,\"3,4,5\",3,"), "{text}");
    }

    #[test]
    fn tabs_and_semicolons_separate_where_the_list_has_them() {
        let tabs = written(Some("phone\tname"), Some(b'\t'), &[reject(2, "123\tAnn")]);
        assert_eq!(tabs, "phone\tname\tline\treason\n123\tAnn\t2\tno valid, number\n");
        let semicolons = written(Some("phone;name"), Some(b','), &[reject(2, "123;Ann")]);
        assert_eq!(semicolons, "phone;name;line;reason\n123;Ann;2;no valid, number\n");
    }

    #[test]
    fn a_json_row_gets_the_two_keys_and_one_that_is_no_object_is_kept_as_text() {
        let text = written(None, None, &[reject(1, r#"{"phone":"123"}"#), reject(2, "{oops")]);
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(lines[0], r#"{"phone":"123","line":1,"reason":"no valid, number"}"#);
        assert_eq!(lines[1], r#"{"row":"{oops","line":2,"reason":"no valid, number"}"#);
    }

    #[test]
    fn bytes_of_another_encoding_come_back_as_they_were() {
        let row_base64 = Some(BASE64_STANDARD.encode(b"123,Andr\xe9\n"));
        let reject = Reject { line: 2, reason: "no UTF-8".into(), row: None, row_base64 };
        let mut out = Vec::new();
        write_row(&mut out, &reject, &Shape::Table { columns: 2, delimiter: b',' }).unwrap();
        assert_eq!(out, b"123,Andr\xe9,2,no UTF-8\n");
    }
}
