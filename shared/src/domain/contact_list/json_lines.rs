//! Rows that are JSON objects: keys are columns, and later rows may bring new ones.

use std::{
    borrow::Cow,
    collections::{BTreeSet, HashMap},
};

use serde::{
    Deserialize,
    de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, Visitor},
};
use serde_json::value::RawValue;

use super::{
    ColumnMap, ListError,
    columns::{COLUMNS_MAX, Role},
    format::SAMPLE_BYTES,
    row::{Reserved, clip},
};

/// The keys met so far.
#[derive(Debug, Default)]
pub(super) struct Keys {
    map: ColumnMap,
    places: HashMap<String, usize>,
    known: Vec<Key>,
    /// Names of the attributes.
    pub attributes: Vec<String>,
    row: u64,
}

#[derive(Debug)]
struct Key {
    name: String,
    role: Role,
    /// The last row with this key.
    row: u64,
}

/// What must be undone when the row that brought new keys turns out to be bad.
#[derive(Debug, Clone, Copy)]
pub(super) struct Mark(usize, usize);

impl Keys {
    /// None yet; those to come are taken for what `map` says.
    pub fn new(map: ColumnMap) -> Self {
        Self { map, ..Self::default() }
    }

    /// What they mean, those met so far.
    pub fn roles(&self) -> impl Iterator<Item = Role> {
        self.known.iter().map(|key| key.role)
    }

    pub fn mark(&self) -> Mark {
        Mark(self.known.len(), self.attributes.len())
    }

    pub fn back_to(&mut self, Mark(known, attributes): Mark) {
        for key in self.known.drain(known..) {
            self.places.remove(&key.name);
        }
        self.attributes.truncate(attributes);
    }

    /// Reads one object, values of reserved keys into `reserved`, all others into `values`.
    pub fn read<'a>(
        &mut self,
        text: &'a str,
        reserved: &mut Reserved<'a>,
        values: &mut Vec<String>,
    ) -> Result<(), String> {
        self.row += 1;
        values.iter_mut().for_each(String::clear);
        values.resize_with(self.attributes.len(), String::new);
        let mut deserializer = serde_json::Deserializer::from_str(text);
        let object = Object { keys: self, reserved, values };
        object.deserialize(&mut deserializer).and_then(|()| deserializer.end()).map_err(|error| error.to_string())
    }

    /// The key's role; `expected` is where the row before had it.
    fn role(&mut self, name: &str, expected: usize) -> Result<Role, String> {
        let place = match self.known.get(expected) {
            Some(key) if key.name == name => Some(expected),
            _ => self.places.get(name).copied(),
        };
        let place = place.map_or_else(|| self.add(name), Ok)?;
        let key = &mut self.known[place];
        if std::mem::replace(&mut key.row, self.row) == self.row {
            return Err(format!("the key `{}` comes twice", clip(name)));
        }
        Ok(key.role)
    }

    fn add(&mut self, name: &str) -> Result<usize, String> {
        if self.known.len() == COLUMNS_MAX {
            return Err(format!(
                "`{}` would be column {}, at most {COLUMNS_MAX} are taken",
                clip(name),
                COLUMNS_MAX + 1
            ));
        }
        let taken_for = self.map.name_of(name);
        let reserved = Role::reserved(taken_for);
        let attribute = || self.attributes.iter().position(|known| known == taken_for);
        let role = reserved.or_else(|| attribute().map(Role::Attribute)).unwrap_or_else(|| {
            self.attributes.push(taken_for.to_owned());
            Role::Attribute(self.attributes.len() - 1)
        });
        let place = self.known.len();
        self.known.push(Key { name: name.to_owned(), role, row: 0 });
        self.places.insert(name.to_owned(), place);
        Ok(place)
    }
}

/// Reads one row's object.
struct Object<'k, 'a> {
    keys: &'k mut Keys,
    reserved: &'k mut Reserved<'a>,
    values: &'k mut Vec<String>,
}

impl<'a> DeserializeSeed<'a> for Object<'_, 'a> {
    type Value = ();
    fn deserialize<D: Deserializer<'a>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'a> Visitor<'a> for Object<'_, 'a> {
    type Value = ();

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'a>>(self, mut map: A) -> Result<(), A::Error> {
        let mut expected = 0;
        let mut roles_seen = Vec::new();
        while let Some(name) = map.next_key::<Text<'a>>()? {
            let role = self.keys.role(&name.0, expected).map_err(A::Error::custom)?;
            expected += 1;
            let value = text(map.next_value::<&'a RawValue>()?.get()).map_err(A::Error::custom)?;
            match role {
                Role::Attribute(place) => {
                    self.values.resize_with(self.values.len().max(place + 1), String::new);
                    self.values[place].clear();
                    self.values[place].push_str(&value);
                }
                // `Phone` and `phone` are one column though two keys.
                _ if roles_seen.contains(&role) => {
                    return Err(A::Error::custom(format!("the column `{}` comes twice", clip(&name.0))));
                }
                _ => {
                    roles_seen.push(role);
                    self.reserved.set(role, value);
                }
            }
        }
        Ok(())
    }
}

/// A string that is borrowed where it has no escapes.
#[derive(Deserialize)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

/// A value as text: strings as they are, numbers as they are written, nothing for null, and JSON for what is nested.
fn text(json: &str) -> Result<Cow<'_, str>, serde_json::Error> {
    match json.as_bytes().first() {
        Some(b'"') => serde_json::from_str::<Text<'_>>(json).map(|text| text.0),
        Some(b'n') => Ok(Cow::Borrowed("")),
        _ => Ok(Cow::Borrowed(json)),
    }
}

/// Checks on the first lines that they are objects, and that some have a number and some what is mapped.
pub(super) fn check(sample: &[u8], map: &ColumnMap) -> Result<(), ListError> {
    let whole =
        if sample.len() + 3 < SAMPLE_BYTES { sample.len() } else { memchr::memrchr(b'\n', sample).unwrap_or(0) };
    let lines = sample[..whole].split(|&byte| byte == b'\n').filter(|line| !line.trim_ascii().is_empty());
    let (mut seen, mut columns) = (0, None);
    for line in lines {
        seen += 1;
        let Ok(object) = serde_json::from_slice::<HashMap<String, IgnoredAny>>(line) else { continue };
        let columns = columns.get_or_insert_with(BTreeSet::new);
        if columns.len() < COLUMNS_MAX {
            columns.extend(object.into_keys());
        }
    }
    match columns.map(|columns| columns.into_iter().collect::<Vec<_>>()) {
        Some(columns)
            if columns.iter().any(|name| matches!(Role::reserved(map.name_of(name)), Some(Role::Phone(_)))) =>
        {
            map.check(&columns)
        }
        Some(columns) => map.check(&columns).and(Err(ListError::NoPhoneColumn { columns })),
        None if seen == 0 => Ok(()),
        None => Err(ListError::NotTheFormat {
            claimed: "JSON Lines",
            found: "something else",
            remedy: "write one JSON object a line",
        }),
    }
}
