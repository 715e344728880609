//! Reading a table of a file.

use super::{DefinitionError, Entry, Item, Place};

/// A table of a [`super::Document`]. Its values are read by key; a key that nobody knows is an error of [`Table::only`].
#[derive(Clone)]
pub struct Table<'d> {
    file: &'d str,
    path: String,
    place: &'d Place,
    entries: &'d [Entry],
}

impl<'d> Table<'d> {
    /// A table called `path` (dotted; empty at the top of the file) at `place` of `file`.
    pub fn new(file: &'d str, path: String, place: &'d Place, entries: &'d [Entry]) -> Self {
        Self { file, path, place, entries }
    }

    /// Refuses every key that is not in `known`, naming the nearest one that is.
    ///
    /// # Errors
    /// For the first such key.
    pub fn only(&self, known: &[&str]) -> Result<(), DefinitionError> {
        match self.entries.iter().find(|entry| !known.contains(&entry.key.as_str())) {
            Some(entry) => Err(self.unknown(entry, known)),
            None => Ok(()),
        }
    }

    /// The value of a key.
    pub fn get(&self, key: &str) -> Option<Item<'d>> {
        self.entries.iter().find(|entry| entry.key == key).map(|entry| self.item(entry))
    }

    /// The value of a key that must be there.
    ///
    /// # Errors
    /// When it is not.
    pub fn required(&self, key: &str) -> Result<Item<'d>, DefinitionError> {
        self.get(key).ok_or_else(|| {
            DefinitionError::new(self.file, self.place, &self.dotted(key), "is required").with_hint(format!(
                "add `{key} = …` {}",
                if self.path.is_empty() { "at the top of the file".to_owned() } else { format!("to [{}]", self.path) }
            ))
        })
    }

    /// The table of a key; none when it is absent.
    ///
    /// # Errors
    /// When the value is no table.
    pub fn table(&self, key: &str) -> Result<Option<Table<'d>>, DefinitionError> {
        self.get(key).map(|item| item.table()).transpose()
    }

    /// Every key with its value, in the file's order.
    pub fn items(&self) -> impl Iterator<Item = (&'d str, Item<'d>)> + '_ {
        self.entries.iter().map(|entry| (entry.key.as_str(), self.item(entry)))
    }

    /// The entries as they are kept.
    pub fn entries(&self) -> &'d [Entry] {
        self.entries
    }

    /// The file's name.
    pub fn file(&self) -> &'d str {
        self.file
    }

    /// Where the table stands.
    pub fn place(&self) -> &'d Place {
        self.place
    }

    /// The table's own dotted name; empty at the top.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// An error about the table as a whole.
    pub fn error(&self, cause: impl std::fmt::Display) -> DefinitionError {
        DefinitionError::new(self.file, self.place, &self.path, cause)
    }

    fn item(&self, entry: &'d Entry) -> Item<'d> {
        Item::new(self.file, self.dotted(&entry.key), &entry.node)
    }

    fn dotted(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }

    fn error_at(&self, entry: &Entry, cause: &str) -> DefinitionError {
        DefinitionError::new(self.file, &entry.place, &self.dotted(&entry.key), cause)
    }

    fn unknown(&self, entry: &Entry, known: &[&str]) -> DefinitionError {
        let error = self.error_at(entry, "no such key");
        match nearest(&entry.key, known) {
            Some(near) => error.with_hint(format!("did you mean `{near}`?")),
            None => error.with_hint(format!("known here: {}", known.join(", "))),
        }
    }
}

/// The known word that a mistyped one most likely means: within two slips of the finger, and a third of its length.
pub(super) fn nearest<'k>(word: &str, known: &[&'k str]) -> Option<&'k str> {
    let slips = |candidate: &&&str| strsim::damerau_levenshtein(word, candidate);
    let nearest = known.iter().min_by_key(slips)?;
    let limit = word.chars().count().div_ceil(3).min(2);
    (slips(&nearest) <= limit).then_some(*nearest)
}
