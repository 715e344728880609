//! Tables read back: some columns of a group of rows at a time, in bounded memory, from wherever their bytes are.

use std::{io::Read, sync::Arc};

use bytes::{Buf, Bytes};
use parquet::{
    bloom_filter::Sbbf,
    column::reader::{ColumnReader, ColumnReaderImpl, get_column_reader},
    data_type::{ByteArray, DataType},
    errors::ParquetError,
    file::{
        metadata::{ColumnChunkMetaData, ParquetMetaData, ParquetMetaDataReader},
        reader::{ChunkReader, Length, SerializedPageReader},
        statistics::Statistics,
    },
};

/// So many columns are read each by itself; more of a group come in one piece, with what lies between them.
const COLUMNS_ALONE_MAX: usize = 3;

/// Where a table's bytes are.
pub(crate) trait Source: Send + Sync {
    /// How many there are.
    fn length(&self) -> u64;

    /// Some of them, which must all be there. It may block.
    ///
    /// # Errors
    /// When they cannot be had.
    fn bytes(&self, start: u64, length: usize) -> Result<Bytes, ParquetError>;
}

/// One value of a row.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value {
    /// Nothing.
    Nothing,
    /// A text.
    Text(String),
    /// A whole number, or an instant in milliseconds since 1970.
    Integer(i64),
    /// A number.
    Decimal(f32),
}

/// Reads a table that [`super::TableWriter`] wrote. It blocks as its source does.
pub(crate) struct TableReader<S> {
    source: S,
    metadata: ParquetMetaData,
}

impl<S: Source> TableReader<S> {
    /// Reads what the table has.
    ///
    /// # Errors
    /// When its source fails, or it is no table.
    pub(crate) fn open(source: S) -> Result<Self, ParquetError> {
        let metadata = ParquetMetaDataReader::new().parse_and_finish(&Whole(&source))?;
        Ok(Self { source, metadata })
    }

    /// How many groups of rows it has.
    pub(crate) fn groups(&self) -> usize {
        self.metadata.num_row_groups()
    }

    /// How many columns it has.
    pub(crate) fn columns(&self) -> usize {
        self.metadata.file_metadata().schema_descr().num_columns()
    }

    /// How many rows a group has.
    pub(crate) fn rows(&self, group: usize) -> usize {
        usize::try_from(self.metadata.row_group(group).num_rows()).unwrap_or(0)
    }

    /// The values of some columns in a group, a value a row.
    ///
    /// # Errors
    /// When its source fails, or the table is damaged.
    pub(crate) fn read(&self, group: usize, columns: &[usize]) -> Result<Vec<Vec<Value>>, ParquetError> {
        let chunks = columns.iter().map(|column| self.chunk(group, *column)).collect::<Result<Vec<_>, _>>()?;
        // Columns that lie side by side come in one piece.
        let whole = match chunks.len() > COLUMNS_ALONE_MAX {
            true => Some(self.part(chunks.iter().map(|chunk| chunk.byte_range()))?),
            false => None,
        };
        let part = |chunk: &ColumnChunkMetaData| match &whole {
            Some(whole) => Ok(whole.clone()),
            None => self.part(std::iter::once(chunk.byte_range())),
        };
        chunks.into_iter().map(|chunk| self.values(group, chunk, part(chunk)?)).collect()
    }

    fn values(&self, group: usize, chunk: &ColumnChunkMetaData, part: Part) -> Result<Vec<Value>, ParquetError> {
        let rows = self.rows(group);
        let pages = SerializedPageReader::new(Arc::new(part), chunk, rows, None)?;
        match get_column_reader(chunk.column_descr_ptr(), Box::new(pages)) {
            ColumnReader::ByteArrayColumnReader(reader) => values(reader, rows, text),
            ColumnReader::Int64ColumnReader(reader) => values(reader, rows, |number| Ok(Value::Integer(number))),
            ColumnReader::FloatColumnReader(reader) => values(reader, rows, |number| Ok(Value::Decimal(number))),
            _ => Err(ParquetError::General("a column of a type that is not written here".to_owned())),
        }
    }

    /// Groups in which some row may have one of these texts in one of these columns; no other one has.
    ///
    /// # Errors
    /// When its source fails, or the table is damaged.
    pub(crate) fn groups_with(&self, columns: &[usize], texts: &[String]) -> Result<Vec<usize>, ParquetError> {
        let mut chunks = Vec::new();
        for group in 0..self.groups() {
            for column in columns {
                let chunk = self.chunk(group, *column)?;
                let nulls = chunk.statistics().and_then(Statistics::null_count_opt);
                if nulls != Some(self.rows(group) as u64) {
                    chunks.push((group, chunk));
                }
            }
        }
        let filters = self.part(chunks.iter().filter_map(|(_, chunk)| filter_range(chunk)))?;
        let mut groups = Vec::new();
        for (group, chunk) in chunks {
            if groups.last() == Some(&group) {
                continue;
            }
            let filter = Sbbf::read_from_column_chunk(chunk, &filters)?;
            if filter.is_none_or(|filter| texts.iter().any(|text| filter.check(text.as_str()))) {
                groups.push(group);
            }
        }
        Ok(groups)
    }

    /// All bytes from the first of some ranges to the last.
    fn part(&self, ranges: impl Iterator<Item = (u64, u64)>) -> Result<Part, ParquetError> {
        let span = ranges.map(|(start, length)| (start, start + length)).reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)));
        let (start, end) = span.unwrap_or((0, 0));
        let length = usize::try_from(end - start).unwrap_or(usize::MAX);
        let bytes = if length == 0 { Bytes::new() } else { self.source.bytes(start, length)? };
        Ok(Part { start, bytes, of: self.source.length() })
    }

    /// The least and the greatest number of a column in a group, where that is known.
    pub(crate) fn range(&self, group: usize, column: usize) -> Option<(i64, i64)> {
        match self.chunk(group, column).ok()?.statistics()? {
            Statistics::Int64(statistics) => Some((*statistics.min_opt()?, *statistics.max_opt()?)),
            _ => None,
        }
    }

    fn chunk(&self, group: usize, column: usize) -> Result<&ColumnChunkMetaData, ParquetError> {
        let chunk = self.metadata.row_group(group).columns().get(column);
        chunk.ok_or_else(|| ParquetError::General(format!("there is no column {column}")))
    }
}

fn filter_range(chunk: &ColumnChunkMetaData) -> Option<(u64, u64)> {
    let (start, length) = (chunk.bloom_filter_offset()?, chunk.bloom_filter_length()?);
    Some((start.try_into().ok()?, length.try_into().ok()?))
}

fn text(bytes: ByteArray) -> Result<Value, ParquetError> {
    bytes.as_utf8().map(|text| Value::Text(text.to_owned()))
}

fn values<T: DataType>(
    mut reader: ColumnReaderImpl<T>,
    rows: usize,
    value: impl Fn(T::T) -> Result<Value, ParquetError>,
) -> Result<Vec<Value>, ParquetError> {
    let (mut present, mut found) = (Vec::with_capacity(rows), Vec::new());
    while present.len() < rows {
        let (records, ..) = reader.read_records(rows - present.len(), Some(&mut present), None, &mut found)?;
        if records == 0 {
            return Err(ParquetError::EOF("a column ends before its rows do".to_owned()));
        }
    }
    let mut found = found.into_iter();
    let next = |is_there: i16| match is_there {
        0 => Ok(Value::Nothing),
        _ => found.next().map_or_else(|| Err(ParquetError::EOF("a value is missing".to_owned())), &value),
    };
    present.into_iter().map(next).collect()
}

/// A source as a table's parts are asked of it.
struct Whole<'s, S>(&'s S);

impl<S: Source> Length for Whole<'_, S> {
    fn len(&self) -> u64 {
        self.0.length()
    }
}

impl<S: Source> ChunkReader for Whole<'_, S> {
    type T = bytes::buf::Reader<Bytes>;

    /// Only a table's end is read so.
    fn get_read(&self, start: u64) -> Result<Self::T, ParquetError> {
        let left = self.0.length().saturating_sub(start);
        Ok(self.0.bytes(start, usize::try_from(left).unwrap_or(usize::MAX))?.reader())
    }

    fn get_bytes(&self, start: u64, length: usize) -> Result<Bytes, ParquetError> {
        self.0.bytes(start, length)
    }
}

/// Some bytes of a table, at their place in it.
#[derive(Clone)]
struct Part {
    start: u64,
    bytes: Bytes,
    of: u64,
}

impl Part {
    fn from(&self, start: u64) -> Result<Bytes, ParquetError> {
        let skipped = start.checked_sub(self.start).and_then(|skipped| usize::try_from(skipped).ok());
        let inside = skipped.filter(|skipped| *skipped <= self.bytes.len());
        inside
            .map(|skipped| self.bytes.slice(skipped..))
            .ok_or_else(|| ParquetError::EOF("outside its column".to_owned()))
    }
}

impl Length for Part {
    fn len(&self) -> u64 {
        self.of
    }
}

impl ChunkReader for Part {
    type T = Box<dyn Read + Send>;

    fn get_read(&self, start: u64) -> Result<Self::T, ParquetError> {
        Ok(Box::new(self.from(start)?.reader()))
    }

    fn get_bytes(&self, start: u64, length: usize) -> Result<Bytes, ParquetError> {
        let bytes = self.from(start)?;
        match bytes.len() >= length {
            true => Ok(bytes.slice(..length)),
            false => Err(ParquetError::EOF("a column ends too early".to_owned())),
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::table::{Cell, Column, Kind, TableWriter};

    impl Source for Bytes {
        fn length(&self) -> u64 {
            self.len() as u64
        }

        fn bytes(&self, start: u64, length: usize) -> Result<Bytes, ParquetError> {
            Ok(self.slice(start as usize..start as usize + length))
        }
    }

    #[test]
    fn columns_are_read_back_and_groups_that_cannot_have_a_text_are_told() {
        let columns = [("id", Kind::Text), ("n", Kind::Integer), ("s", Kind::Decimal), ("none", Kind::Text)];
        let columns = columns.map(|(name, kind)| Column::new(name, kind));
        let mut writer = TableWriter::with_lookups(Vec::new(), &columns, &["id", "none"]).unwrap();
        for row in 0..40_000 {
            let id = format!("c{row}");
            let seconds = if row % 3 == 0 { Cell::Nothing } else { Cell::Decimal(row as f32) };
            writer.row([Cell::Text(&id), Cell::Integer(row), seconds, Cell::Nothing]).unwrap();
        }
        let table = TableReader::open(Bytes::from(writer.finish().unwrap())).unwrap();
        assert_eq!((table.groups(), table.columns(), table.rows(0)), (3, 4, 16_384));
        let second = table.read(1, &[0, 1, 2, 3]).unwrap();
        assert_eq!((second[0].len(), &second[0][5]), (16_384, &Value::Text("c16389".to_owned())));
        assert_eq!(second[1][5], Value::Integer(16_389));
        assert!(second[3].iter().all(|value| *value == Value::Nothing));
        let seconds = table.read(0, &[2]).unwrap().remove(0);
        assert_eq!(seconds[..3], [Value::Nothing, Value::Decimal(1.0), Value::Decimal(2.0)]);
        assert_eq!(table.range(2, 1), Some((32_768, 39_999)));
        let groups_with = |text: String| table.groups_with(&[0, 3], &[text]).unwrap();
        assert!(groups_with("c16389".to_owned()).contains(&1), "what is there is found");
        let others: usize = (0..100).map(|other| groups_with(format!("d{other}")).len()).sum();
        assert!(others < 30, "{others} of 300 groups are read in vain");
        assert_eq!(table.groups_with(&[3], &["c1".to_owned()]).unwrap(), Vec::<usize>::new());
    }
}
