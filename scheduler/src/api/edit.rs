//! Changing one contact.

use axum::{Json, extract::State, http::request::Parts};
use redial_shared::{
    domain::{
        CampaignId, ContactState, PhoneNumber, Timestamp,
        contact_list::{self, NUMBERS_MAX, number::normalise, zone},
        edit::ContactEdit,
    },
    store::{EditAnswer, view::ContactView},
};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::{
    ApiState, Problem,
    extract::{Campaign, path_part},
    json::{JsonBody, JsonRequest},
    upload,
};

/// What is to change, as a JSON merge patch: what is not named stays, `null` takes away.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ContactPatch {
    /// All its numbers from now on, 1 to 10, in the order in which they are tried, in E.164 or national to `country`.
    #[schema(min_items = 1, max_items = 10)]
    phones: Option<Vec<String>>,
    /// The country (`FR`) to which `phones` are national.
    country: Option<String>,
    /// Its time zone (`Europe/Paris`); null: its numbers tell.
    #[serde(deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    timezone: Option<Option<String>>,
    /// 1 first … 9 last; null: 5.
    #[serde(deserialize_with = "present")]
    #[schema(value_type = Option<u8>)]
    priority: Option<Option<u8>>,
    /// RFC 3339; null: at any time. Of a contact on a call it does not move the retry after that call.
    #[serde(deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    not_before: Option<Option<String>>,
    /// Other columns by name: text, a number or a truth value; null: empty. `state` says where an American contact is.
    #[schema(value_type = std::collections::BTreeMap<String, String>)]
    attributes: Map<String, Value>,
}

impl JsonRequest for ContactPatch {
    const WHAT: &str = "a change of a contact";
    const EXAMPLE: &str = "{\"timezone\": \"Europe/Paris\", \"attributes\": {\"first_name\": \"Ann\"}}";
}

/// A key that is there, be it null.
fn present<'de, T: Deserialize<'de>, D: Deserializer<'de>>(value: D) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(value).map(Some)
}

/// What became of the contact.
#[derive(Debug, Serialize, ToSchema)]
pub struct EditedAnswer {
    /// The campaign.
    campaign: String,
    /// The contact's id, which no edit changes.
    contact_id: String,
    /// Whether anything was changed; false: it was so already.
    changed: bool,
    /// Where it stands now. A finished contact stays finished, whatever is changed.
    state: String,
    /// What follows, in plain words.
    note: &'static str,
}

/// Change a contact. What is changed counts from its next attempt: a call that goes on is not disturbed, and a contact that
/// is finished stays finished. New numbers must not be another contact's.
#[utoipa::path(
    patch, path = "/api/v1/campaigns/{name}/contacts/{contact}", operation_id = "edit_contact", tag = "contacts",
    params(
        ("name" = String, Path, description = "The campaign"),
        ("contact" = String, Path, description = "The contact's id, or one of its numbers in E.164"),
    ),
    request_body(content = ContactPatch, description = "What is to change"),
    responses(
        (status = 200, description = "It is so now", body = EditedAnswer),
        (status = 400, description = "The body is no such patch", body = Problem),
        (status = 404, description = "No such campaign or contact", body = Problem),
        (status = 409, description = "Another contact has the number, or the campaign has ended", body = Problem),
        (status = 422, description = "A value that no list could have", body = Problem),
    ),
)]
pub async fn edit_contact(
    State(state): State<ApiState>,
    Campaign(name): Campaign,
    mut parts: Parts,
    JsonBody(patch): JsonBody<ContactPatch>,
) -> Result<Json<EditedAnswer>, Problem> {
    let key = path_part(&mut parts, "contact").await?;
    let campaign = state.store.campaign_id(&name).await?;
    let edit = edit_of(patch)?;
    check_numbers(&state, campaign, edit.numbers.as_deref()).await?;
    let find = async || -> Result<ContactView, Problem> {
        let found = state.store.contact(&name, &key).await?;
        found.ok_or_else(|| Problem::not_found(format!("campaign `{name}` has no such contact")))
    };
    let before = find().await?;
    let answer = state.store.edit(campaign, vec![(before.position, edit)]).await?.pop();
    let changed = match answer {
        Some(EditAnswer::Changed) => true,
        Some(EditAnswer::Unchanged) | None => false,
        Some(EditAnswer::NumberTaken { number, .. }) => {
            let detail = format!("another contact of {name} has the number {}", number.masked());
            return Err(Problem::conflict(detail).with_hint("each number is one contact's; nothing was changed"));
        }
        Some(EditAnswer::Refused(reason)) => return Err(Problem::unprocessable(reason)),
    };
    tracing::info!(campaign = %name, changed, "contact edited by request");
    // By its id: the number by which it was found may have been taken off.
    let now = state.store.contact(&name, &before.id).await?.map_or(before.state, |contact| contact.state);
    let note = note(changed, now);
    Ok(Json(EditedAnswer { campaign: name.to_string(), contact_id: before.id, changed, state: now.to_string(), note }))
}

fn note(changed: bool, state: ContactState) -> &'static str {
    match state {
        _ if !changed => "it was so already",
        ContactState::Active => "the call that goes on is not disturbed; it counts from the next attempt",
        ContactState::Pending | ContactState::Waiting => "it counts from the next attempt",
        ContactState::Held => "it is held until somebody acts",
        _ => "it is finished and stays so",
    }
}

fn edit_of(patch: ContactPatch) -> Result<ContactEdit, Problem> {
    let wrong =
        |key: &str, reason: &dyn std::fmt::Display| Problem::unprocessable(format!("{key}: {reason}")).with_key(key);
    let country = patch.country.as_deref().map(str::parse).transpose();
    let country = country.map_err(|error| wrong("country", &error))?;
    let numbers = patch.phones.map(|phones| {
        let mut numbers: Vec<PhoneNumber> = Vec::new();
        for (place, text) in phones.iter().enumerate() {
            let number = normalise(text, country).map_err(|error| wrong(&format!("phones[{place}]"), &error))?;
            if !numbers.contains(&number) {
                numbers.push(number);
            }
        }
        match numbers.len() {
            1..=NUMBERS_MAX => Ok(numbers),
            count => Err(wrong("phones", &format!("{count} numbers, 1 to {NUMBERS_MAX} are expected"))),
        }
    });
    let zone_named = |text: String| {
        let unknown = || wrong("timezone", &"no time zone such as Europe/Paris or US/Eastern");
        zone::by_name(text.trim()).ok_or_else(unknown)
    };
    let instant = |text: String| Timestamp::from_rfc3339(&text).ok_or_else(|| wrong("not_before", &"no RFC 3339 time"));
    let priority = patch.priority.map(|priority| match priority.unwrap_or(5) {
        priority @ 1..=9 => Ok(priority),
        _ => Err(wrong("priority", &"1 to 9 is expected")),
    });
    Ok(ContactEdit {
        numbers: numbers.transpose()?,
        zone: patch.timezone.map(|zone| zone.map(zone_named).transpose()).transpose()?,
        priority: priority.transpose()?,
        not_before: patch.not_before.map(|at| at.map(instant).transpose()).transpose()?,
        attributes: patch.attributes.into_iter().map(attribute).collect::<Result<_, _>>()?,
    })
}

fn attribute((name, value): (String, Value)) -> Result<(String, String), Problem> {
    let wrong = |reason: &str| {
        let key = format!("attributes.{name}");
        Problem::unprocessable(format!("{key}: {reason}")).with_key(&key)
    };
    if name.trim().is_empty() || contact_list::is_reserved(name.trim()) {
        return Err(wrong(
            "no attribute, but one of phones, timezone, priority and not_before, or what nothing changes",
        ));
    }
    let text = match value {
        Value::Null => String::new(),
        Value::String(text) => text,
        Value::Number(number) => number.to_string(),
        Value::Bool(truth) => truth.to_string(),
        Value::Array(_) | Value::Object(_) => return Err(wrong("a text, a number or a truth value is expected")),
    };
    Ok((name.trim().to_owned(), text))
}

/// One of the numbers at least must be such that the campaign's provider can call it, as at upload.
async fn check_numbers(state: &ApiState, campaign: CampaignId, numbers: Option<&[PhoneNumber]>) -> Result<(), Problem> {
    let (Some(numbers), Some(callable)) = (numbers, upload::callable(state, campaign).await?) else { return Ok(()) };
    callable.any(numbers).map_err(|reason| Problem::unprocessable(format!("phones: {reason}")).with_key("phones"))
}
