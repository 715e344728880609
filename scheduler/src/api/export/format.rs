//! Rows as CSV, as JSON Lines or as Parquet.

use std::mem;

use redial_shared::domain::Timestamp;
use serde_json::Value;

use super::ExportFormat;
use crate::table::{Cell, Column, TableWriter};

/// A value of a row.
#[derive(Debug, Clone, PartialEq)]
pub enum Field<'a> {
    /// Nothing: empty in CSV, null in JSON and Parquet.
    Nothing,
    /// A text.
    Text(&'a str),
    /// A text of the row's own.
    Owned(String),
    /// A whole number.
    Number(u64),
    /// Seconds.
    Seconds(f32),
    /// An instant.
    At(Timestamp),
}

impl<'a> Field<'a> {
    /// A text; nothing when there is none.
    pub fn some(text: &'a str) -> Self {
        if text.is_empty() { Self::Nothing } else { Self::Text(text) }
    }

    /// An instant; nothing when there is none.
    pub fn at(instant: Option<Timestamp>) -> Self {
        instant.map_or(Self::Nothing, Self::At)
    }

    /// As a table takes it.
    pub fn cell(&self) -> Cell<'_> {
        match self {
            Self::Nothing => Cell::Nothing,
            Self::Text(text) => Cell::Text(text),
            Self::Owned(text) => Cell::Text(text),
            Self::Number(number) => Cell::Integer(i64::try_from(*number).unwrap_or(i64::MAX)),
            Self::Seconds(seconds) => Cell::Decimal(*seconds),
            Self::At(instant) => Cell::Instant(*instant),
        }
    }
}

/// Writes rows of one shape into memory, from where they are taken. Values stand as they are: what a spreadsheet would take
/// for a formula too.
pub struct RowWriter {
    columns: Vec<Column>,
    rows: Rows,
}

enum Rows {
    Csv(Box<csv::Writer<Vec<u8>>>),
    Jsonl(Vec<u8>),
    Parquet(Box<TableWriter<Vec<u8>>>),
}

impl RowWriter {
    /// A writer for rows with these columns; what comes before all rows is written at once.
    pub fn new(format: ExportFormat, columns: Vec<Column>) -> Self {
        let rows = match format {
            ExportFormat::Csv => {
                let mut writer = csv_writer();
                writer.write_record(columns.iter().map(|column| &column.name)).expect(IN_MEMORY);
                Rows::Csv(Box::new(writer))
            }
            ExportFormat::Jsonl => Rows::Jsonl(Vec::new()),
            ExportFormat::Parquet => Rows::Parquet(Box::new(TableWriter::new(Vec::new(), &columns).expect(IN_MEMORY))),
        };
        Self { columns, rows }
    }

    /// Adds a row, a value for each column.
    pub fn row(&mut self, fields: &[Field<'_>]) {
        debug_assert_eq!(fields.len(), self.columns.len());
        match &mut self.rows {
            Rows::Csv(writer) => write_csv(writer, fields),
            Rows::Jsonl(out) => write_object(out, &self.columns, fields),
            Rows::Parquet(table) => table.row(fields.iter().map(Field::cell)).expect(IN_MEMORY),
        }
    }

    /// What is ready to be sent, which is none of it until a group of rows is full in a format that has groups.
    pub fn take(&mut self) -> Vec<u8> {
        match &mut self.rows {
            Rows::Csv(writer) => bytes_of(mem::replace(writer, csv_writer())),
            Rows::Jsonl(out) => mem::take(out),
            Rows::Parquet(table) => mem::take(table.out()),
        }
    }

    /// All that was not taken.
    pub fn finish(self) -> Vec<u8> {
        match self.rows {
            Rows::Csv(writer) => bytes_of(*writer),
            Rows::Jsonl(out) => out,
            Rows::Parquet(table) => table.finish().expect(IN_MEMORY),
        }
    }
}

const IN_MEMORY: &str = "writing to memory succeeds";

fn csv_writer() -> csv::Writer<Vec<u8>> {
    csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new())
}

fn bytes_of(writer: csv::Writer<Vec<u8>>) -> Vec<u8> {
    writer.into_inner().expect(IN_MEMORY)
}

fn write_csv(writer: &mut csv::Writer<Vec<u8>>, fields: &[Field<'_>]) {
    let written = fields.iter().try_for_each(|field| match field {
        Field::Nothing => writer.write_field(""),
        Field::Text(text) => writer.write_field(text),
        Field::Owned(text) => writer.write_field(text),
        Field::Number(number) => writer.write_field(number.to_string()),
        Field::Seconds(seconds) => writer.write_field(seconds.to_string()),
        Field::At(instant) => writer.write_field(instant.to_string()),
    });
    written.and_then(|()| writer.write_record(None::<&[u8]>)).expect(IN_MEMORY);
}

fn write_object(out: &mut Vec<u8>, columns: &[Column], fields: &[Field<'_>]) {
    for (place, (column, field)) in columns.iter().zip(fields).enumerate() {
        out.push(if place == 0 { b'{' } else { b',' });
        write_json(out, &column.name);
        out.push(b':');
        match field {
            Field::Nothing => write_json(out, &Value::Null),
            Field::Text(text) => write_json(out, text),
            Field::Owned(text) => write_json(out, text),
            Field::Number(number) => write_json(out, number),
            Field::Seconds(seconds) => write_json(out, seconds),
            Field::At(instant) => write_json(out, &instant.to_string()),
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
    use crate::table::Kind;

    fn written(format: ExportFormat) -> String {
        let columns = ["a", "b", "c"].map(|name| Column::new(name, Kind::Text));
        let mut writer = RowWriter::new(format, columns.to_vec());
        writer.row(&[Field::Text("x,\"y\"\n"), Field::Nothing, Field::Number(3)]);
        writer.row(&[Field::Text("=1+1"), Field::Owned("é".to_owned()), Field::Seconds(12.3)]);
        let mut bytes = writer.take();
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
