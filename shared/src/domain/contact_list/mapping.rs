//! Columns by other names than those in the file.

use std::str::FromStr;

use super::{ListError, columns::Role};

/// One column that is taken by another name: `phone=Mobile`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mapping {
    /// What it is taken for: `phone`, `id`, …, or an attribute.
    pub name: String,
    /// What it is called in the file, in any case.
    pub column: String,
}

/// Why a text is no [`Mapping`], or several do not go together.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadMapping {
    /// It has not two sides.
    #[error("`{0}` maps no column: write the name that Redial knows, `=`, and the column's name: phone=Mobile")]
    NotTwoSides(String),
    /// Two columns for one name, or one column for two.
    #[error("`{0}` is mapped twice: give each column one name, and each name one column")]
    Twice(String),
}

impl Mapping {
    /// The option of `redial upload` that gives such a mapping.
    pub(super) fn option(&self) -> &'static str {
        let rank = self.name.strip_prefix("phone").filter(|rank| !rank.is_empty());
        if rank.is_some_and(|rank| rank.bytes().all(|byte| byte.is_ascii_digit())) { "--numbers" } else { "--map" }
    }
}

impl FromStr for Mapping {
    type Err = BadMapping;
    /// Takes `name=column`; the column may have further `=` in its name.
    fn from_str(text: &str) -> Result<Self, BadMapping> {
        match text.split_once('=').map(|(name, column)| (name.trim(), column.trim())) {
            Some((name, column)) if !name.is_empty() && !column.is_empty() => {
                Ok(Self { name: name.to_owned(), column: column.to_owned() })
            }
            _ => Err(BadMapping::NotTwoSides(text.to_owned())),
        }
    }
}

/// Several mappings, each of another column to another name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ColumnMap(Vec<Mapping>);

impl ColumnMap {
    /// Of these.
    ///
    /// # Errors
    /// When two have a name or a column in common.
    pub fn new(mappings: Vec<Mapping>) -> Result<Self, BadMapping> {
        for (place, one) in mappings.iter().enumerate() {
            for other in &mappings[..place] {
                if is_same_name(&one.name, &other.name) {
                    return Err(BadMapping::Twice(one.name.clone()));
                }
                if is_same(&one.column, &other.column) {
                    return Err(BadMapping::Twice(one.column.clone()));
                }
            }
        }
        Ok(Self(mappings))
    }

    /// What a column of the file is taken for; without surrounding space.
    pub(super) fn name_of<'a>(&'a self, column: &'a str) -> &'a str {
        let column = column.trim();
        self.0.iter().find(|mapping| is_same(&mapping.column, column)).map_or(column, |mapping| &mapping.name)
    }

    /// Checks that a file with these columns has all that are mapped.
    pub(super) fn check(&self, columns: &[String]) -> Result<(), ListError> {
        let lacks = |mapping: &&Mapping| !columns.iter().any(|column| is_same(&mapping.column, column.trim()));
        self.0.iter().find(lacks).map_or(Ok(()), |mapping| {
            Err(ListError::NoMappedColumn { mapping: mapping.clone(), columns: columns.to_vec() })
        })
    }
}

/// `phone` and `Phone` are one column, `city` and `City` are two.
fn is_same_name(one: &str, other: &str) -> bool {
    one == other || Role::reserved(one).is_some_and(|role| Role::reserved(other) == Some(role))
}

fn is_same(one: &str, other: &str) -> bool {
    one.eq_ignore_ascii_case(other) || one.to_lowercase() == other.to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_has_one_name_and_a_name_one_column() {
        let map = |texts: &[&str]| ColumnMap::new(texts.iter().map(|text| text.parse().unwrap()).collect());
        let known = map(&["phone=Mobile", "id=Customer = No"]).unwrap();
        assert_eq!(["MOBILE ", "customer = no", "city"].map(|name| known.name_of(name)), ["phone", "id", "city"]);
        assert_eq!(map(&["phone=a", "PHONE=b"]), Err(BadMapping::Twice("PHONE".to_owned())));
        assert_eq!(map(&["phone1=Été", "phone2=ÉTÉ"]), Err(BadMapping::Twice("ÉTÉ".to_owned())));
        for text in ["phone", "=Mobile", "phone= "] {
            assert_eq!(text.parse::<Mapping>(), Err(BadMapping::NotTwoSides(text.to_owned())));
        }
    }
}
