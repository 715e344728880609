//! `[account.KEY]`, `[call.KEY]` and the arguments of operations: keys that users write.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

/// One key.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::provider) struct Field {
    /// What it holds.
    #[serde(rename = "type", default)]
    pub kind: FieldType,
    /// It must be there, and for every contact be more than empty.
    #[serde(default)]
    pub required: bool,
    /// A key of `[account]` that may stand in `[call]` instead, or as well: `[call]` wins.
    #[serde(default)]
    pub in_call: bool,
    /// What it is when it is absent. Texts hold placeholders.
    pub default: Option<Value>,
    /// When it is absent: the first of these columns of the list that is there and not empty.
    #[serde(default)]
    pub default_columns: Vec<String>,
    /// The words of `one_of`.
    #[serde(default)]
    pub of: Vec<String>,
    /// The only keys that a `table` may have.
    #[serde(default)]
    pub keys: Vec<String>,
    /// Keys that a `table` must not have, for Redial sets them.
    #[serde(default)]
    pub reserved: Vec<String>,
    /// The bounds of an `integer`.
    pub min: Option<i64>,
    /// See `min`.
    pub max: Option<i64>,
    /// An empty list or table is sent as such.
    #[serde(default)]
    pub keep_empty: bool,
    /// It must be there if all of this holds.
    pub required_if: Option<Condition>,
    /// It must be absent if all of this holds.
    pub forbidden_if: Option<Condition>,
    /// What to write when it is missing or wrong.
    pub remedy: Option<String>,
}

/// What a key holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(in crate::provider) enum FieldType {
    /// A text; a number or boolean counts as its text.
    #[default]
    Text,
    /// A whole number.
    Integer,
    /// A number.
    Number,
    /// `true` or `false`.
    Boolean,
    /// A text that nobody may see.
    Secret,
    /// One of some words.
    OneOf,
    /// An http or https address.
    Address,
    /// A telephone number in E.164.
    Phone,
    /// An RFC 3339 time in the future.
    Time,
    /// A list of texts.
    List,
    /// A table of texts.
    Table,
    /// A list of tables, each of one key and a text.
    Pairs,
    /// A table from the provider's words to our outcomes.
    Outcomes,
    /// Whatever is written.
    Any,
}

/// For each key, the values of which it must have one: `""` if it may be empty, `"*"` if it may be anything else.
pub(in crate::provider) type Condition = BTreeMap<String, Vec<String>>;
