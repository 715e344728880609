//! Changes of one contact, by hand or by another list.

use chrono_tz::Tz;

use super::{PhoneNumber, Timestamp, contact::Contact, contact_list::COLUMNS_MAX};

/// What is to change of a contact; the rest stays.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ContactEdit {
    /// Its numbers from now on, 1 to 10, in the order in which they are tried.
    pub numbers: Option<Vec<PhoneNumber>>,
    /// The time zone that the list would give; none within: its numbers tell.
    pub zone: Option<Option<Tz>>,
    /// 1 first … 9 last.
    pub priority: Option<u8>,
    /// Before this instant it is not called; none within: at any time.
    pub not_before: Option<Option<Timestamp>>,
    /// Attributes by name; an empty value takes one away.
    pub attributes: Vec<(String, String)>,
}

impl ContactEdit {
    /// Changes a contact's row, whose attributes follow `columns`; new attributes become columns. Zone and priority are no
    /// part of a row. Answers whether anything changed.
    ///
    /// # Errors
    /// When there would be more than [`COLUMNS_MAX`] columns, with nothing changed.
    pub fn apply(&self, row: &mut Contact, columns: &mut Vec<String>) -> Result<bool, String> {
        let new = self.attributes.iter().filter(|(name, value)| !value.is_empty() && !columns.contains(name)).count();
        if columns.len() + new > COLUMNS_MAX {
            return Err(format!("a contact has {COLUMNS_MAX} attributes at most"));
        }
        let before = row.clone();
        for (name, value) in &self.attributes {
            let place = columns.iter().position(|known| known == name);
            let place = match place {
                None if value.is_empty() => continue,
                None => {
                    columns.push(name.clone());
                    columns.len() - 1
                }
                Some(place) => place,
            };
            if row.attributes.len() <= place {
                row.attributes.resize_with(place + 1, String::new);
            }
            row.attributes[place].clone_from(value);
        }
        if let Some(numbers) = &self.numbers {
            row.numbers.clone_from(numbers);
        }
        if let Some(not_before) = self.not_before {
            row.not_before = not_before;
        }
        let filled =
            |attributes: &[String]| attributes.iter().rposition(|value| !value.is_empty()).map_or(0, |at| at + 1);
        let (old, now) = (&before.attributes, &row.attributes);
        let same = old[..filled(old)] == now[..filled(now)];
        Ok(!same || before.numbers != row.numbers || before.not_before != row.not_before)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_edit_does_not_name_stays_and_new_attributes_become_columns() {
        let mut columns = vec!["city".to_owned(), "plan".to_owned()];
        let mut row = Contact { attributes: vec!["Rome".to_owned()], ..Contact::default() };
        let edit = |attributes: &[(&str, &str)]| ContactEdit {
            attributes: attributes.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
            ..ContactEdit::default()
        };
        assert_eq!(edit(&[("city", "Rome"), ("plan", ""), ("no", "")]).apply(&mut row, &mut columns), Ok(false));
        assert_eq!(edit(&[("city", ""), ("age", "40")]).apply(&mut row, &mut columns), Ok(true));
        assert_eq!(
            (columns, row.attributes),
            (vec!["city".into(), "plan".into(), "age".into()], vec!["".into(), "".into(), "40".into()])
        );
    }
}
