//! The columns of results and attempts, in the order that the contract fixes.

use redial_shared::{
    domain::{PhoneNumber, role::Role},
    store::view::{AttemptView, ContactView},
};

use super::{
    super::contact::{AttemptRow, contact_id, shown},
    format::{Field, RowWriter},
};
use crate::table::{Column, Kind};

const RESULTS: [(&str, Kind); 11] = [
    ("contact_id", Kind::Text),
    ("phone", Kind::Text),
    ("state", Kind::Text),
    ("outcome", Kind::Text),
    ("provider_status", Kind::Text),
    ("attempts", Kind::Integer),
    ("first_attempt_at", Kind::Instant),
    ("last_attempt_at", Kind::Instant),
    ("next_attempt_at", Kind::Instant),
    ("call_id", Kind::Text),
    ("reason", Kind::Text),
];

const ATTEMPTS: [(&str, Kind); 13] = [
    ("attempt_id", Kind::Text),
    ("contact_id", Kind::Text),
    ("phone", Kind::Text),
    ("number", Kind::Integer),
    ("provider", Kind::Text),
    ("call_id", Kind::Text),
    ("started_at", Kind::Instant),
    ("ended_at", Kind::Instant),
    ("outcome", Kind::Text),
    ("provider_status", Kind::Text),
    ("duration_s", Kind::Decimal),
    ("worker", Kind::Integer),
    ("reason", Kind::Text),
];

/// One row a contact.
pub struct ResultColumns {
    columns: Vec<Column>,
    attributes: Vec<String>,
    captured: Vec<String>,
    role: Role,
}

impl ResultColumns {
    /// The fixed columns, then the attributes, then what is captured.
    pub fn new(attributes: Vec<String>, captured: Vec<String>, role: Role) -> Self {
        let mut columns = columns(&RESULTS);
        for (names, kind) in [(&attributes, "attribute"), (&captured, "captured")] {
            for name in names {
                let is_taken = columns.iter().any(|column| column.name == *name);
                let name = if is_taken { format!("{kind}.{name}") } else { name.clone() };
                columns.push(Column::new(name, Kind::Text));
            }
        }
        Self { columns, attributes, captured, role }
    }

    /// The columns.
    pub fn columns(&self) -> Vec<Column> {
        self.columns.clone()
    }

    /// Adds a contact's row.
    pub fn write(&self, contact: &ContactView, out: &mut RowWriter) {
        out.row(&self.fields(contact));
    }

    /// A contact's row.
    pub fn fields<'a>(&self, contact: &'a ContactView) -> Vec<Field<'a>> {
        let (first, last) = (contact.attempts.first(), contact.attempts.last());
        let decided = contact.attempts.iter().rev().find(|attempt| attempt.outcome.is_some());
        let mut fields = vec![
            Field::Owned(contact_id(contact, self.role)),
            Field::Owned(last_called(contact, last).map(|number| shown(number, self.role)).unwrap_or_default()),
            Field::Text(contact.state.as_str()),
            contact.outcome.map_or(Field::Nothing, |outcome| Field::Text(outcome.as_str())),
            decided.map_or(Field::Nothing, |attempt| Field::some(&attempt.provider_status)),
            Field::Number(contact.attempts.len() as u64),
            Field::at(first.map(|attempt| attempt.started_at)),
            Field::at(last.map(|attempt| attempt.started_at)),
            Field::at(contact.next_attempt_at),
            last.map_or(Field::Nothing, |attempt| Field::some(&attempt.call_id)),
            Field::Text(reason(contact, decided)),
        ];
        let value = |name: &String| contact.attributes.iter().find(|(known, _)| known == name);
        fields.extend(
            self.attributes.iter().map(|name| value(name).map_or(Field::Nothing, |(_, text)| Field::Text(text))),
        );
        let learned = |name: &String| contact.attempts.iter().rev().find_map(|attempt| attempt.captured.get(name));
        fields.extend(self.captured.iter().map(|name| learned(name).map_or(Field::Nothing, Field::Text)));
        fields
    }
}

/// The number that was called last; before the first call the first number counts. One that was erased since is none.
fn last_called<'a>(contact: &'a ContactView, last: Option<&'a AttemptView>) -> Option<&'a PhoneNumber> {
    last.map_or(contact.numbers.first(), |attempt| attempt.phone.as_ref())
}

/// The contact's own reason, else what went wrong with its last attempt.
fn reason<'a>(contact: &'a ContactView, decided: Option<&'a AttemptView>) -> &'a str {
    match decided {
        Some(attempt) if contact.reason.is_empty() => &attempt.reason,
        _ => &contact.reason,
    }
}

/// One row an attempt.
pub struct AttemptColumns {
    role: Role,
}

impl AttemptColumns {
    /// As this role may see them.
    pub fn new(role: Role) -> Self {
        Self { role }
    }

    /// The columns.
    pub fn columns(&self) -> Vec<Column> {
        columns(&ATTEMPTS)
    }

    /// Adds those of a contact's attempts that are wanted.
    pub fn write(&self, contact: &ContactView, wanted: impl Fn(&AttemptView) -> bool, out: &mut RowWriter) {
        for attempt in contact.attempts.iter().filter(|attempt| wanted(attempt)) {
            out.row(&self.fields(contact, attempt));
        }
    }

    /// The row of one of a contact's attempts.
    pub fn fields(&self, contact: &ContactView, attempt: &AttemptView) -> Vec<Field<'static>> {
        let row = AttemptRow::of(contact, attempt, self.role);
        vec![
            Field::Owned(row.attempt_id),
            Field::Owned(row.contact_id),
            Field::Owned(row.phone),
            Field::Number(row.number.into()),
            Field::Owned(row.provider),
            row.call_id.map_or(Field::Nothing, Field::Owned),
            Field::At(attempt.started_at),
            Field::at(attempt.ended_at),
            row.outcome.map_or(Field::Nothing, Field::Text),
            row.provider_status.map_or(Field::Nothing, Field::Owned),
            row.duration_s.map_or(Field::Nothing, Field::Seconds),
            Field::Number(row.worker.into()),
            Field::Owned(row.reason),
        ]
    }
}

fn columns(of: &[(&str, Kind)]) -> Vec<Column> {
    of.iter().map(|(name, kind)| Column::new(*name, *kind)).collect()
}

#[cfg(test)]
mod tests {
    use redial_shared::domain::{AttemptId, CampaignId, ContactState, Outcome, Timestamp};

    use super::*;
    use crate::api::export::ExportFormat;

    const NUMBERS: [&str; 2] = ["+12025550101", "+442079460102"];

    fn attempt(number: u8, started_ms: i64, outcome: Option<Outcome>) -> AttemptView {
        AttemptView {
            id: AttemptId { campaign: CampaignId(0x2a), position: 7, revision: u32::from(number) },
            number,
            phone: Some(PhoneNumber::from_e164(NUMBERS[usize::from(number) - 1]).unwrap()),
            account: "acme".to_owned(),
            call_id: format!("call-{number}"),
            started_at: Timestamp::from_millis(started_ms),
            ended_at: outcome.map(|_| Timestamp::from_millis(started_ms + 12_345)),
            outcome,
            provider_status: outcome.map_or("", |_| "USER_BUSY").to_owned(),
            duration_s: outcome.map(|_| f64::from(12.3_f32)),
            worker: 3,
            reason: String::new(),
            captured: [("disposition".to_owned(), format!("said {number}"))].into_iter().collect(),
        }
    }

    fn contact(attempts: Vec<AttemptView>) -> ContactView {
        let numbers = NUMBERS.map(|number| PhoneNumber::from_e164(number).unwrap());
        ContactView {
            position: 7,
            id: "+12025550101".to_owned(),
            numbers: numbers.to_vec(),
            attributes: vec![("first_name".to_owned(), "Ann".to_owned()), ("state".to_owned(), "VA".to_owned())],
            whereabouts: Default::default(),
            priority: 5,
            state: ContactState::Active,
            outcome: attempts.iter().rev().find_map(|attempt| attempt.outcome),
            reason: String::new(),
            next_attempt_at: None,
            attempts,
        }
    }

    fn results(contact: &ContactView, format: ExportFormat, role: Role) -> String {
        let attributes = ["first_name", "state", "other"].map(str::to_owned).to_vec();
        let columns = ResultColumns::new(attributes, ["disposition", "other"].map(str::to_owned).to_vec(), role);
        let mut out = RowWriter::new(format, columns.columns());
        columns.write(contact, &mut out);
        String::from_utf8(out.finish()).unwrap()
    }

    #[test]
    fn results_have_the_contracts_columns_then_the_attributes_then_what_was_captured() {
        let called = contact(vec![attempt(1, 0, Some(Outcome::Busy)), attempt(2, 60_000, None)]);
        assert_eq!(
            results(&called, ExportFormat::Csv, Role::Operator),
            "contact_id,phone,state,outcome,provider_status,attempts,first_attempt_at,last_attempt_at,next_attempt_at,\
             call_id,reason,first_name,attribute.state,other,disposition,captured.other\r\n\
             +12025550101,+442079460102,active,busy,USER_BUSY,2,1970-01-01T00:00:00.000Z,1970-01-01T00:01:00.000Z,,\
             call-2,,Ann,VA,,said 2,\r\n"
        );
    }

    #[test]
    fn a_contact_never_called_shows_its_first_number() {
        let json = results(&contact(vec![]), ExportFormat::Jsonl, Role::Admin);
        let row: serde_json::Value = serde_json::from_str(&json).unwrap();
        assert_eq!(row["phone"], "+12025550101");
        assert_eq!(row["attempts"], 0);
        assert!(row["outcome"].is_null() && row["last_attempt_at"].is_null() && row["other"].is_null());
    }

    #[test]
    fn viewers_see_no_number_in_full() {
        let called = contact(vec![attempt(2, 0, Some(Outcome::Busy))]);
        let text = results(&called, ExportFormat::Csv, Role::Viewer);
        assert!(!text.contains("2025550101") && !text.contains("2079460102"), "{text}");
        assert!(text.contains("+44…02"), "{text}");
    }

    #[test]
    fn attempts_have_the_contracts_columns() {
        let called = contact(vec![attempt(1, 0, Some(Outcome::Busy)), attempt(2, 60_000, None)]);
        let columns = AttemptColumns::new(Role::Admin);
        let mut out = RowWriter::new(ExportFormat::Csv, columns.columns());
        columns.write(&called, |_| true, &mut out);
        let written = String::from_utf8(out.finish()).unwrap();
        let (header, rows) = written.split_once("\r\n").unwrap();
        assert_eq!(
            header,
            "attempt_id,contact_id,phone,number,provider,call_id,started_at,ended_at,outcome,provider_status,duration_s,\
             worker,reason"
        );
        assert_eq!(
            rows,
            "0000002a-7-1,+12025550101,+12025550101,1,acme,call-1,1970-01-01T00:00:00.000Z,1970-01-01T00:00:12.345Z,busy,\
             USER_BUSY,12.3,3,\r\n\
             0000002a-7-2,+12025550101,+442079460102,2,acme,call-2,1970-01-01T00:01:00.000Z,,,,,3,\r\n"
        );
    }
}
