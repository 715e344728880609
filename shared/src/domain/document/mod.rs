//! A TOML file that remembers where each value stands, so that every error can name file, line and key.
//!
//! [`Document`] holds the text's values; [`Table`] and [`Item`] read them with the checks all files share.

mod error;
mod item;
mod node;
mod table;

pub use error::{DefinitionError, Place};
pub use item::Item;
pub use node::{Entry, Node, Value};
pub use table::Table;

use node::line_of;

/// A parsed file.
#[derive(Clone)]
pub struct Document {
    file: String,
    root: Node,
}

impl Document {
    /// Reads TOML. `file` is only what errors call it.
    ///
    /// # Errors
    /// When the text is not TOML, with the line.
    pub fn parse(source: &str, file: &str) -> Result<Self, DefinitionError> {
        let parsed = toml::de::DeTable::parse(source).map_err(|error| {
            let line = error.span().map_or(1, |span| line_of(source, span.start));
            let message = error.message().split_whitespace().collect::<Vec<_>>().join(" ");
            DefinitionError::new(file, &Place::Line(line), "", format!("not TOML: {message}"))
        })?;
        let root = Node { place: Place::Line(1), value: node::table_of(source, file, parsed.get_ref())? };
        Ok(Self { file: file.to_owned(), root })
    }

    /// A file without any value.
    pub fn empty(file: &str) -> Self {
        Self { file: file.to_owned(), root: Node { place: Place::Line(1), value: Value::Table(Vec::new()) } }
    }

    /// Sets the value at `path` to a text that an environment variable gave; what stood there is replaced.
    pub fn set(&mut self, path: &[&str], variable: &str, text: &str) {
        self.root.set(path, variable, text);
    }

    /// Where a dotted key stands, or the nearest table around it: `FILE:LINE`.
    pub fn place_of(&self, key: &str) -> String {
        let mut node = &self.root;
        for part in key.split('.') {
            match node.entries().iter().find(|entry| entry.key == part) {
                Some(entry) => node = &entry.node,
                None => break,
            }
        }
        node.place.in_file(&self.file)
    }

    /// Everything at the top of the file.
    pub fn root(&self) -> Table<'_> {
        Table::new(&self.file, String::new(), &self.root.place, self.root.entries())
    }
}
