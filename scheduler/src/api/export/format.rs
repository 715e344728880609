//! Rows as CSV or as JSON Lines.

use serde_json::Value;

use super::ExportFormat;

/// A value of a row.
#[derive(Debug, Clone, PartialEq)]
pub enum Field<'a> {
    /// Nothing: empty in CSV, null in JSON.
    Nothing,
    /// A text.
    Text(&'a str),
    /// A text of the row's own.
    Owned(String),
    /// A whole number.
    Number(u64),
    /// Seconds.
    Seconds(f32),
}

impl<'a> Field<'a> {
    /// A text; nothing when there is none.
    pub fn some(text: &'a str) -> Self {
        if text.is_empty() { Self::Nothing } else { Self::Text(text) }
    }

    /// Whatever shows itself; nothing when there is none.
    pub fn shown(value: Option<impl std::fmt::Display>) -> Self {
        value.map_or(Self::Nothing, |value| Self::Owned(value.to_string()))
    }
}

/// Writes rows of one shape into memory. Values stand as they are: what a spreadsheet would take for a formula too.
pub struct RowWriter<'a> {
    header: &'a [String],
    rows: Rows,
}

enum Rows {
    Csv(Box<csv::Writer<Vec<u8>>>),
    Jsonl(Vec<u8>),
}

impl<'a> RowWriter<'a> {
    /// A writer for rows with these columns.
    pub fn new(format: ExportFormat, header: &'a [String]) -> Self {
        let rows = match format {
            ExportFormat::Csv => Rows::Csv(Box::new(csv_writer())),
            ExportFormat::Jsonl => Rows::Jsonl(Vec::new()),
        };
        Self { header, rows }
    }

    /// What comes before all rows.
    pub fn header(format: ExportFormat, header: &[String]) -> Vec<u8> {
        match format {
            ExportFormat::Csv => {
                let mut writer = csv_writer();
                writer.write_record(header).expect("writing to memory succeeds");
                bytes_of(writer)
            }
            ExportFormat::Jsonl => Vec::new(),
        }
    }

    /// Adds a row, a value for each column.
    pub fn row(&mut self, fields: &[Field<'_>]) {
        debug_assert_eq!(fields.len(), self.header.len());
        match &mut self.rows {
            Rows::Csv(writer) => write_csv(writer, fields),
            Rows::Jsonl(out) => write_object(out, self.header, fields),
        }
    }

    /// The rows.
    pub fn finish(self) -> Vec<u8> {
        match self.rows {
            Rows::Csv(writer) => bytes_of(*writer),
            Rows::Jsonl(out) => out,
        }
    }
}

fn csv_writer() -> csv::Writer<Vec<u8>> {
    csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new())
}

fn bytes_of(writer: csv::Writer<Vec<u8>>) -> Vec<u8> {
    writer.into_inner().expect("writing to memory succeeds")
}

fn write_csv(writer: &mut csv::Writer<Vec<u8>>, fields: &[Field<'_>]) {
    let written = fields.iter().try_for_each(|field| match field {
        Field::Nothing => writer.write_field(""),
        Field::Text(text) => writer.write_field(text),
        Field::Owned(text) => writer.write_field(text),
        Field::Number(number) => writer.write_field(number.to_string()),
        Field::Seconds(seconds) => writer.write_field(seconds.to_string()),
    });
    written.and_then(|()| writer.write_record(None::<&[u8]>)).expect("writing to memory succeeds");
}

fn write_object(out: &mut Vec<u8>, header: &[String], fields: &[Field<'_>]) {
    for (place, (name, field)) in header.iter().zip(fields).enumerate() {
        out.push(if place == 0 { b'{' } else { b',' });
        write_json(out, name);
        out.push(b':');
        match field {
            Field::Nothing => write_json(out, &Value::Null),
            Field::Text(text) => write_json(out, text),
            Field::Owned(text) => write_json(out, text),
            Field::Number(number) => write_json(out, number),
            Field::Seconds(seconds) => write_json(out, seconds),
        }
    }
    out.extend_from_slice(b"}\n");
}

fn write_json(out: &mut Vec<u8>, value: &(impl serde::Serialize + ?Sized)) {
    serde_json::to_writer(out, value).expect("texts and numbers serialise into memory");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(format: ExportFormat) -> String {
        let header = ["a", "b", "c"].map(str::to_owned);
        let mut writer = RowWriter::new(format, &header);
        writer.row(&[Field::Text("x,\"y\"\n"), Field::Nothing, Field::Number(3)]);
        writer.row(&[Field::Text("=1+1"), Field::Owned("é".to_owned()), Field::Seconds(12.3)]);
        let mut bytes = RowWriter::header(format, &header);
        bytes.extend(writer.finish());
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn csv_quotes_what_must_be_quoted_and_leaves_the_rest() {
        assert_eq!(written(ExportFormat::Csv), "a,b,c\r\n\"x,\"\"y\"\"\n\",,3\r\n=1+1,é,12.3\r\n");
    }

    #[test]
    fn json_lines_keep_the_columns_order_and_say_null() {
        let expected = "{\"a\":\"x,\\\"y\\\"\\n\",\"b\":null,\"c\":3}\n{\"a\":\"=1+1\",\"b\":\"é\",\"c\":12.3}\n";
        assert_eq!(written(ExportFormat::Jsonl), expected);
    }
}
