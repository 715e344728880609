//! Tables as Parquet, written row by row in bounded memory.

mod read;

use std::{io::Write, mem, sync::Arc};

use parquet::{
    basic::{Compression, LogicalType, Repetition, TimeUnit, Type as Physical, ZstdLevel},
    data_type::{ByteArray, ByteArrayType, FloatType, Int64Type},
    errors::ParquetError,
    file::{
        properties::{BloomFilterPosition, WriterProperties},
        writer::{SerializedFileWriter, SerializedRowGroupWriter},
    },
    schema::types::{ColumnPath, Type, TypePtr},
};
use redial_shared::domain::Timestamp;

pub(crate) use read::{Source, TableReader, Value};

/// Rows of one group: what is held in memory before it is written.
const GROUP_ROWS_MAX: usize = 16_384;
/// The same in bytes of text, for rows may be long.
const GROUP_TEXT_MAX_BYTES: usize = 16 << 20;

/// How often a group is read in vain for a text that it does not have.
const LOOKUP_ERRORS: f64 = 0.01;

/// What a column holds. Every value may be absent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// UTF-8.
    Text,
    /// A whole number: INT64.
    Integer,
    /// A number: FLOAT.
    Decimal,
    /// Milliseconds since 1970, UTC: TIMESTAMP_MILLIS.
    Instant,
}

/// A column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// What it holds.
    pub kind: Kind,
}

impl Column {
    /// A column.
    pub fn new(name: impl Into<String>, kind: Kind) -> Self {
        Self { name: name.into(), kind }
    }
}

/// One value of a row. In a column of another kind it is taken for absent.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Cell<'a> {
    /// Nothing.
    Nothing,
    /// A text.
    Text(&'a str),
    /// A whole number.
    Integer(i64),
    /// A number.
    Decimal(f32),
    /// An instant.
    Instant(Timestamp),
}

/// Writes a table.
pub struct TableWriter<W: Write + Send> {
    file: SerializedFileWriter<W>,
    columns: Vec<Values>,
    rows: usize,
    text_bytes: usize,
}

/// The values of a column in the present group, and which rows have one.
struct Values {
    present: Vec<i16>,
    values: Typed,
}

enum Typed {
    Text(Vec<ByteArray>),
    Integer(Vec<i64>),
    Decimal(Vec<f32>),
    Instant(Vec<i64>),
}

impl<W: Write + Send> TableWriter<W> {
    /// Begins a table.
    ///
    /// # Errors
    /// Those of writing.
    pub fn new(out: W, columns: &[Column]) -> Result<Self, ParquetError> {
        Self::with_lookups(out, columns, &[])
    }

    /// Begins a table that tells of a text, without being read, whether a group can have it in one of these columns.
    ///
    /// # Errors
    /// Those of writing.
    pub fn with_lookups(out: W, columns: &[Column], lookups: &[&str]) -> Result<Self, ParquetError> {
        let fields = columns.iter().map(field).collect::<Result<Vec<_>, _>>()?;
        let schema = Type::group_type_builder("redial").with_fields(fields).build()?;
        let mut properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(ZstdLevel::try_new(1)?))
            .set_bloom_filter_position(BloomFilterPosition::End)
            .set_created_by(concat!("Redial ", env!("CARGO_PKG_VERSION")).to_owned());
        for name in lookups {
            properties = properties
                .set_column_bloom_filter_fpp(ColumnPath::from(*name), LOOKUP_ERRORS)
                .set_column_bloom_filter_max_ndv(ColumnPath::from(*name), GROUP_ROWS_MAX as u64);
        }
        let file = SerializedFileWriter::new(out, Arc::new(schema), Arc::new(properties.build()))?;
        Ok(Self {
            file,
            columns: columns.iter().map(|column| Values::new(column.kind)).collect(),
            rows: 0,
            text_bytes: 0,
        })
    }

    /// Adds a row, a value for each column.
    ///
    /// # Errors
    /// Those of writing.
    pub fn row<'a>(&mut self, cells: impl IntoIterator<Item = Cell<'a>>) -> Result<(), ParquetError> {
        for (column, cell) in self.columns.iter_mut().zip(cells) {
            self.text_bytes += column.push(cell);
        }
        self.rows += 1;
        if self.rows < GROUP_ROWS_MAX && self.text_bytes < GROUP_TEXT_MAX_BYTES { Ok(()) } else { self.write_group() }
    }

    /// Where it is written. A group stays with the writer until it is full.
    pub fn out(&mut self) -> &mut W {
        self.file.inner_mut()
    }

    /// Writes what is left; then the table is whole.
    ///
    /// # Errors
    /// Those of writing.
    pub fn finish(mut self) -> Result<W, ParquetError> {
        if self.rows > 0 {
            self.write_group()?;
        }
        self.file.into_inner()
    }

    fn write_group(&mut self) -> Result<(), ParquetError> {
        let mut group = self.file.next_row_group()?;
        for column in &mut self.columns {
            column.write(&mut group)?;
        }
        group.close()?;
        (self.rows, self.text_bytes) = (0, 0);
        self.file.flush().map_err(ParquetError::from)
    }
}

fn field(column: &Column) -> Result<TypePtr, ParquetError> {
    let (physical, logical) = match column.kind {
        Kind::Text => (Physical::BYTE_ARRAY, Some(LogicalType::String)),
        Kind::Integer => (Physical::INT64, None),
        Kind::Decimal => (Physical::FLOAT, None),
        Kind::Instant => (Physical::INT64, Some(LogicalType::timestamp(true, TimeUnit::MILLIS))),
    };
    let field = Type::primitive_type_builder(&column.name, physical).with_repetition(Repetition::OPTIONAL);
    Ok(Arc::new(field.with_logical_type(logical).build()?))
}

impl Values {
    fn new(kind: Kind) -> Self {
        let values = match kind {
            Kind::Text => Typed::Text(Vec::new()),
            Kind::Integer => Typed::Integer(Vec::new()),
            Kind::Decimal => Typed::Decimal(Vec::new()),
            Kind::Instant => Typed::Instant(Vec::new()),
        };
        Self { present: Vec::new(), values }
    }

    /// Answers the bytes of text that it takes.
    fn push(&mut self, cell: Cell<'_>) -> usize {
        let mut bytes = 0;
        let is_there = match (&mut self.values, cell) {
            (Typed::Text(values), Cell::Text(text)) => {
                bytes = text.len();
                values.push(text.into());
                true
            }
            (Typed::Integer(values), Cell::Integer(number)) => {
                values.push(number);
                true
            }
            (Typed::Decimal(values), Cell::Decimal(number)) => {
                values.push(number);
                true
            }
            (Typed::Instant(values), Cell::Instant(instant)) => {
                values.push(instant.as_millis());
                true
            }
            _ => false,
        };
        self.present.push(i16::from(is_there));
        bytes
    }

    fn write<W: Write + Send>(&mut self, group: &mut SerializedRowGroupWriter<'_, W>) -> Result<(), ParquetError> {
        let present = mem::take(&mut self.present);
        let Some(mut column) = group.next_column()? else { return Ok(()) };
        match &mut self.values {
            Typed::Text(values) => {
                column.typed::<ByteArrayType>().write_batch(&mem::take(values), Some(&present), None)?
            }
            Typed::Integer(values) | Typed::Instant(values) => {
                column.typed::<Int64Type>().write_batch(&mem::take(values), Some(&present), None)?
            }
            Typed::Decimal(values) => {
                column.typed::<FloatType>().write_batch(&mem::take(values), Some(&present), None)?
            }
        };
        column.close()
    }
}

#[cfg(test)]
mod tests {
    use parquet::{
        file::reader::{FileReader, SerializedFileReader},
        record::RowAccessor,
    };

    use super::*;

    #[test]
    fn what_is_written_is_read_back_with_its_types_in_groups_of_bounded_size() {
        let kinds = [("id", Kind::Text), ("n", Kind::Integer), ("s", Kind::Decimal), ("at", Kind::Instant)];
        let columns = kinds.map(|(name, kind)| Column::new(name, kind));
        let mut writer = TableWriter::new(Vec::new(), &columns).unwrap();
        let rows = GROUP_ROWS_MAX + 5;
        for row in 0..rows {
            let at = Timestamp::from_millis(1_700_000_000_000 + row as i64);
            let last = if row % 2 == 0 { Cell::Instant(at) } else { Cell::Nothing };
            let id = format!("é{row}");
            writer.row([Cell::Text(&id), Cell::Integer(row as i64), Cell::Decimal(12.3), last]).unwrap();
        }
        assert!(!writer.out().is_empty(), "a full group is written at once");
        let file = bytes::Bytes::from(writer.finish().unwrap());
        let reader = SerializedFileReader::new(file).unwrap();
        let metadata = reader.metadata();
        assert_eq!((metadata.num_row_groups(), metadata.file_metadata().num_rows()), (2, rows as i64));
        let mut read = 0;
        for (number, row) in reader.get_row_iter(None).unwrap().enumerate() {
            let row = row.unwrap();
            assert_eq!(*row.get_string(0).unwrap(), format!("é{number}"));
            assert_eq!((row.get_long(1).unwrap(), row.get_float(2).unwrap()), (number as i64, 12.3));
            match number % 2 {
                0 => assert_eq!(row.get_timestamp_millis(3).unwrap(), 1_700_000_000_000 + number as i64),
                _ => assert!(row.is_null(3).unwrap()),
            }
            read += 1;
        }
        assert_eq!(read, rows);
    }

    #[test]
    fn a_table_without_a_row_is_a_table() {
        let file = TableWriter::new(Vec::new(), &[Column::new("id", Kind::Text)]).unwrap().finish().unwrap();
        let reader = SerializedFileReader::new(bytes::Bytes::from(file)).unwrap();
        assert_eq!(reader.metadata().file_metadata().num_rows(), 0);
    }
}
