//! A request for a CCAI call, checked field by field as its page's tables and examples have it.

use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::Value;

use crate::{
    ledger::Wanted,
    number::Number,
    request::{Refused, international},
    stamps::ms_until,
    words::Kind,
};

/// The menu of the page's example that is of the wrong kind; those above do not exist.
const WRONG_MENU: u64 = 50;
/// The ticket of the page's example that nobody is tied to.
const LOST_TICKET: &str = "1";
/// Whom other tickets are tied to: a number kept for fiction, its last digits the ticket's.
const TICKET_NUMBERS: &str = "+1202555";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CallBody {
    call_type: Option<String>,
    agent_email: Option<String>,
    ticket_id: Option<String>,
    pub end_user_number: Option<String>,
    pub outbound_number: Option<String>,
    pub lang: Option<String>,
    menu_id: Option<Value>,
    call_id: Option<u64>,
    pub scheduled_at: Option<String>,
    recording_permission: Option<String>,
}

/// What is asked for, once it is found good.
pub(crate) struct Good {
    pub wanted: Wanted,
    pub body: CallBody,
    pub call_type: &'static str,
    /// A person has to act first; nothing rings.
    pub needs_human: Option<StatusCode>,
}

/// Checks a body in the order in which a server would.
pub(crate) fn check(body: CallBody, now_us: u64) -> Result<Good, Refused> {
    let call_type = match body.call_type.as_deref() {
        Some("Voice Outbound (API)" | "OutboundCall") => "Voice Outbound (API)",
        Some("Voice Inbound (API)" | "IncomingCall") => "Voice Inbound (API)",
        Some("Voice Scheduled (API)" | "ScheduledCall") => "Voice Scheduled (API)",
        _ => return Err(Refused::bad("Invalid call type")),
    };
    let (mut needs_human, mut delay_ms) = (None, 0);
    if call_type == "Voice Outbound (API)" {
        needs_human = check_agent(&body)?;
    } else {
        check_menu(&body, call_type)?;
        check_permission(&body)?;
        forbid("agent_email", body.agent_email.is_some())?;
    }
    check_lang(body.lang.as_deref())?;
    if call_type == "Voice Scheduled (API)" {
        forbid("outbound_number", body.outbound_number.is_some())?;
        let at = body.scheduled_at.as_deref().ok_or_else(|| Refused::bad("scheduled_at is required"))?;
        delay_ms = ms_until(at, now_us).ok_or_else(|| Refused::bad("scheduled_at is not a valid future time"))?;
    } else {
        forbid("scheduled_at", body.scheduled_at.is_some())?;
        forbid("call_id", body.call_id.is_some())?;
    }
    let number = whom(&body, call_type)?;
    let wanted = Wanted { kind: Kind::Ccai, number, conversation: String::new(), delay_ms };
    Ok(Good { wanted, body, call_type, needs_human })
}

fn forbid(field: &str, is_there: bool) -> Result<(), Refused> {
    if is_there { Err(Refused::bad(format!("{field} is not a parameter of this call type"))) } else { Ok(()) }
}

/// What an agent does is told by the address: `busy@`, `unknown@`, `listener@`, and those who must act themselves,
/// `widget@` and `chooser@`.
fn check_agent(body: &CallBody) -> Result<Option<StatusCode>, Refused> {
    forbid("menu_id", body.menu_id.is_some())?;
    forbid("recording_permission", body.recording_permission.is_some())?;
    let email = body.agent_email.as_deref().filter(|email| !email.is_empty());
    let email = email.ok_or_else(|| Refused::bad("Agent email required"))?;
    match email.split_once('@').map(|(name, _)| name) {
        Some("busy") => Err(Refused::bad("Agent is not available to take this call")),
        Some("listener") => Err(Refused::bad("Agent does not have access to make calls")),
        Some("widget") => Ok(Some(StatusCode::ACCEPTED)),
        Some("chooser") => Ok(Some(StatusCode::OK)),
        Some("unknown") | None => Err(Refused::bad("Not a valid agent email")),
        Some(_) => Ok(None),
    }
}

/// The page's own examples: 9 is good, 50 of another kind, 9999 not there.
fn check_menu(body: &CallBody, call_type: &str) -> Result<(), Refused> {
    let Some(menu_id) = &body.menu_id else {
        let is_optional = call_type == "Voice Scheduled (API)" && body.call_id.is_some();
        return if is_optional { Ok(()) } else { Err(Refused::bad("menu_id is required")) };
    };
    let kinds = if call_type == "Voice Inbound (API)" { "IVR and mobile" } else { "mobile and web" };
    match menu_id.as_u64() {
        None => Err(Refused::bad("menu_id is not well formed")),
        Some(WRONG_MENU) => Err(Refused::bad(format!("Only {kinds} menu IDs are permitted"))),
        Some(id) if id > WRONG_MENU => Err(Refused::bad(format!("menu_id {id} is not found"))),
        Some(7) => Err(Refused::bad("Menu is in 'after hours' state, can't accept incoming calls")),
        Some(8) => Err(Refused::bad("Menu is in 'manual redirection' state, can't accept calls")),
        Some(_) => Ok(()),
    }
}

fn check_permission(body: &CallBody) -> Result<(), Refused> {
    let known = ["recording_permission_not_asked", "recording_permission_denied", "recording_permission_granted"];
    match &body.recording_permission {
        Some(permission) if !known.contains(&permission.as_str()) => {
            Err(Refused::bad("recording_permission is not valid"))
        }
        _ => Ok(()),
    }
}

fn check_lang(lang: Option<&str>) -> Result<(), Refused> {
    match lang {
        None | Some("en") => Ok(()),
        Some(lang @ ("de" | "es" | "fr" | "it" | "ja" | "ko")) => {
            Err(Refused::bad(format!("Language '{lang}' is not available")))
        }
        Some(lang) => Err(Refused::bad(format!("Language '{lang}' is not found"))),
    }
}

/// "ticket_id has a higher priority than end_user_number"; calls into a menu want the number too.
fn whom(body: &CallBody, call_type: &str) -> Result<Number, Refused> {
    let is_outbound = call_type == "Voice Outbound (API)";
    let malformed =
        if is_outbound { "end_user_number is not well-formed" } else { "end_user_number is not well formed" };
    let given = body.end_user_number.as_deref().filter(|number| !number.is_empty());
    let number = given.map(|number| international(number).ok_or_else(|| Refused::bad(malformed))).transpose()?;
    match (&body.ticket_id, number) {
        (Some(ticket), _) if ticket == LOST_TICKET => Err(Refused::bad("Contact not found")),
        (None, None) if is_outbound => Err(Refused::bad("ticket_id or end_user_number required")),
        (_, None) if !is_outbound => Err(Refused::bad("end_user_number is required")),
        (Some(ticket), _) => tied_to(ticket).ok_or_else(|| Refused::bad("Contact not found")),
        (None, Some(number)) => Ok(number),
        (None, None) => Err(Refused::bad("end_user_number is required")),
    }
}

fn tied_to(ticket: &str) -> Option<Number> {
    let last = ticket.parse::<u64>().ok()? % 100;
    Number::parse(&format!("{TICKET_NUMBERS}01{last:02}"))
}
