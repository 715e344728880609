//! One attempt to call, as providers see it.

use super::{keys::BadKey, spec::known};
use crate::domain::{
    AttemptId, PhoneNumber, Timestamp,
    contact::Contact,
    template::{ATTEMPT_ID, Template},
};

/// One attempt to call.
#[derive(Debug, Clone, Copy)]
pub struct CallRequest<'a> {
    /// The attempt, which the provider is told where it can be.
    pub attempt: AttemptId,
    /// The number to call, one of the contact's.
    pub number: &'a PhoneNumber,
    /// Whom it belongs to.
    pub contact: &'a Contact,
    /// The list's attribute names, aligned with the contact's values.
    pub columns: &'a [String],
    /// Where the provider can reach us about this account's calls, if it can: an absolute address, without the attempt.
    pub hook_url: Option<&'a str>,
    /// Now, for times that must lie in the future.
    pub now: Timestamp,
}

/// One attempt's values for the placeholders of a `[call]` table.
pub(super) struct Values<'a> {
    request: &'a CallRequest<'a>,
    attempt: String,
    hook_url: String,
}

impl<'a> Values<'a> {
    pub fn of(request: &'a CallRequest<'a>) -> Self {
        let hook_url = request.hook_url.map(|hook_url| hook_url_for(hook_url, request.attempt));
        Self { request, attempt: request.attempt.to_string(), hook_url: hook_url.unwrap_or_default() }
    }

    /// A column, `attempt.id` or `hook.url` (empty if there is no hook).
    pub fn get(&self, name: &str) -> Option<&str> {
        match name {
            ATTEMPT_ID => Some(&self.attempt),
            known::HOOK_URL => Some(&self.hook_url),
            column => self.request.column(column),
        }
    }
}

/// Our hook's address for one attempt.
pub(super) fn hook_url_for(hook_url: &str, attempt: AttemptId) -> String {
    let separator = if hook_url.contains('?') { '&' } else { '?' };
    format!("{hook_url}{separator}attempt={attempt}")
}

/// Refuses a placeholder that no column of the list fills.
pub(super) fn check_columns(key: &str, template: &Template, columns: &[String]) -> Result<(), BadKey> {
    match template.columns().into_iter().find(|name| *name != known::HOOK_URL && !is_column(name, columns)) {
        None => Ok(()),
        Some(name) => {
            let remedy = format!("columns: id, phone, timezone, priority, {}", columns.join(", "));
            Err(BadKey::new(key, format!("the list has no column `{name}`"), remedy))
        }
    }
}

/// What can stand in a template besides the list's attributes, apart from `phone1` … `phone10` and `attempt.id`.
const OWN_COLUMNS: [&str; 4] = ["id", "phone", "timezone", "priority"];

impl CallRequest<'_> {
    /// A column's value: `phone` is the number being called, `phone1` … the contact's, `id`, `timezone` (may be empty) and
    /// `priority` its own, all else an attribute of the list. Names are compared without case. None if there is none.
    pub fn column(&self, name: &str) -> Option<&str> {
        let of_list = || {
            let place = self.columns.iter().position(|column| same(column, name))?;
            self.contact.attributes.get(place).map(String::as_str)
        };
        let own = OWN_COLUMNS.into_iter().find(|own| same(own, name));
        match own {
            Some("phone") => Some(self.number.as_e164()),
            Some("id") => Some(&self.contact.id),
            Some("timezone") => Some(self.contact.zone.map_or("", |zone| zone.name())),
            Some(_) => Some(priority_digit(self.contact.priority)),
            None => match phone_place(name) {
                Some(place) => Some(self.contact.numbers.get(place - 1).map_or("", PhoneNumber::as_e164)),
                None => of_list(),
            },
        }
    }
}

/// Whether a list with these attributes can fill a placeholder.
pub fn is_column(name: &str, columns: &[String]) -> bool {
    OWN_COLUMNS.iter().any(|own| same(own, name))
        || phone_place(name).is_some()
        || columns.iter().any(|column| same(column, name))
}

fn same(column: &str, name: &str) -> bool {
    column.eq_ignore_ascii_case(name)
}

/// 1 to 10 for `phone1` … `phone10`.
fn phone_place(name: &str) -> Option<usize> {
    let (head, digits) = name.split_at_checked("phone".len())?;
    let place = digits.parse().ok().filter(|place| (1..=10).contains(place))?;
    same("phone", head).then_some(place)
}

fn priority_digit(priority: u8) -> &'static str {
    const DIGITS: &str = "0123456789";
    let digit = usize::from(priority.min(9));
    &DIGITS[digit..=digit]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::CampaignId;

    #[test]
    fn columns_are_the_contacts_own_and_the_lists() {
        let numbers = ["+12025550101", "+442079460000"].map(|text| PhoneNumber::from_e164(text).unwrap());
        let contact = Contact {
            id: "C1".into(),
            numbers: numbers.to_vec(),
            zone: Some(chrono_tz::Europe::Paris),
            priority: 3,
            not_before: None,
            attributes: vec!["Ada".into(), String::new()],
        };
        let columns = ["First_Name".to_owned(), "city".to_owned()];
        let request = CallRequest {
            attempt: AttemptId { campaign: CampaignId(1), position: 2, revision: 3 },
            number: &numbers[1],
            contact: &contact,
            columns: &columns,
            hook_url: None,
            now: Timestamp::default(),
        };
        for (name, value) in [
            ("id", Some("C1")),
            ("Phone", Some("+442079460000")),
            ("phone1", Some("+12025550101")),
            ("phone3", Some("")),
            ("timezone", Some("Europe/Paris")),
            ("priority", Some("3")),
            ("first_name", Some("Ada")),
            ("city", Some("")),
            ("surname", None),
            ("phone11", None),
        ] {
            assert_eq!(request.column(name), value, "{name}");
            assert_eq!(is_column(name, &columns), value.is_some(), "{name}");
        }
    }
}
