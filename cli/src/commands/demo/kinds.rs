//! What the demo writes for one kind of provider or another.

use crate::processes::Kind;

/// How many contacts, and how many calls in what time, unless the user says: about a minute's work. LiveCall is asked for
/// one result at a time, and CCAI takes ten requests of all sorts in a second.
pub(super) const fn defaults(kind: Kind) -> (u32, &'static str) {
    match kind {
        Kind::Knovvu | Kind::Uhlive | Kind::Mylibby => (2_000, "100/s"),
        Kind::Livecall => (500, "15/s"),
        Kind::Ccai => (240, "6/s"),
    }
}

/// How the numbers begin that a provider calls, where it does not call everybody.
pub(super) const fn prefix(kind: Kind) -> Option<&'static str> {
    match kind {
        Kind::Uhlive => Some("+33"),
        Kind::Knovvu | Kind::Livecall | Kind::Ccai | Kind::Mylibby => None,
    }
}

/// The keys of the account at a simulator, but for those that every kind has.
pub(super) fn account(kind: Kind, simulator: &str) -> String {
    let base_url = if kind == Kind::Livecall { format!("{simulator}/v1") } else { simulator.to_owned() };
    let keys = match kind {
        Kind::Knovvu => format!(
            "project = \"demo\"
tenant = \"Default\"
access_token = \"demo\"
scenario_path = \"demo/renewal\"
orchestrator_url = \"{simulator}/orchestrator\"
"
        ),
        Kind::Uhlive => format!(
            "token_url = \"{simulator}/realms/uhlive/protocol/openid-connect/token\"
client_id = \"demo\"
client_secret = \"demo\"
"
        ),
        Kind::Livecall => "api_key = \"demo\"
filter_id = \"43321\"
outcome_map = { busy = \"busy\", no_answer = \"no_answer\", rejected = \"rejected\" }
"
        .to_owned(),
        Kind::Ccai => "username = \"demo\"
api_token = \"demo\"
"
        .to_owned(),
        Kind::Mylibby => format!(
            "token_url = \"{simulator}/oauth2/token\"
client_id = \"demo\"
client_secret = \"demo\"
scope = \"external-api-resource-server-1/call.out\"
"
        ),
    };
    format!("kind = \"{}\"\nbase_url = \"{base_url}\"\n{keys}", kind.as_str())
}

/// `[call]`, and what `[results]` has besides. Where a provider passes something on, it is the attempt's id.
pub(super) const fn call(kind: Kind) -> &'static str {
    match kind {
        Kind::Knovvu => {
            "[call]
display_number = \"200\"
variables = { first_name = \"{{first_name}}\" }
"
        }
        Kind::Uhlive => {
            "[call]
originate = \"renewals\"
email = \"{{attempt.id}}\"
"
        }
        Kind::Livecall => {
            "[call]
user_id = \"123\"
"
        }
        Kind::Ccai => {
            "[call]
call_type = \"Voice Outbound (API)\"
agent_email = \"agent@example.com\"
lang = \"en\"
"
        }
        Kind::Mylibby => {
            "[call]
from_phone_number = \"+12025550100\"
name = \"{{first_name}}\"
intro_notes = \"We call about {{product}}\"
form_info = [{ attempt = \"{{attempt.id}}\" }]
"
        }
    }
}

#[cfg(test)]
mod tests {
    use redial_shared::domain::units::Rate;

    use super::*;

    #[test]
    fn every_kind_has_a_rate_that_can_be_read_and_enough_numbers() {
        for kind in Kind::ALL {
            let (contacts, rate) = defaults(kind);
            assert!(rate.parse::<Rate>().is_ok(), "{rate}");
            let list = crate::processes::contacts(contacts, prefix(kind)).unwrap();
            assert_eq!(list.lines().count(), contacts as usize + 1);
        }
        let too_many = crate::processes::contacts(90_000, prefix(Kind::Uhlive)).unwrap_err();
        assert_eq!(too_many.error(), "only 50000 numbers are kept for fiction that this provider calls");
    }
}
