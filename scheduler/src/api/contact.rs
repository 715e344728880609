//! One contact with its attempts.

use std::{borrow::Cow, collections::BTreeMap};

use axum::{Extension, Json, extract::State, http::request::Parts};
use redial_shared::{
    domain::{
        PhoneNumber, geography::ZoneSource, learned::Captured, masking::without_numbers, place::Region, role::Role,
    },
    store::{
        Archived, Recording, RecordingFate,
        view::{AttemptView, ContactView},
    },
};
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    ApiState, Problem,
    auth::Caller,
    extract::{Campaign, path_part},
    openings::Openings,
    why::{Situation, lines_taken, why_not_now},
};
use crate::archive::Kept;

/// Digits that are a number of somebody, without its country's or area's.
const LOCAL_DIGITS_MIN: usize = 7;

/// A contact with everything known of it.
#[derive(Debug, Serialize, ToSchema)]
pub struct ContactAnswer {
    /// The list's `id`, or the first number.
    contact_id: String,
    /// Its numbers in E.164, in the order in which they are tried. Viewers see them masked.
    numbers: Vec<String>,
    /// The list's other columns.
    attributes: BTreeMap<String, String>,
    /// IANA time zone, where it is in just one.
    timezone: Option<String>,
    /// Every time zone in which it can be: a call starts only when its hours are open in all of them.
    timezones: Vec<String>,
    /// Whence these are known: `list` (its `timezone` column), `numbers`, or `unknown`.
    timezones_from: &'static str,
    /// The countries (`US`) and states (`US-FL`) in which it can be.
    regions: Vec<String>,
    /// 1 first … 9 last.
    priority: u8,
    /// Where it stands.
    state: String,
    /// Outcome of its last concluded attempt.
    outcome: Option<String>,
    /// Why it stands there; empty when there is nothing to say.
    reason: String,
    /// When it becomes due, RFC 3339.
    #[schema(format = DateTime)]
    next_attempt_at: Option<String>,
    /// Why it is not being dialed now, in plain words.
    why: String,
    /// Oldest first.
    attempts: Vec<AttemptRow>,
}

/// One attempt; the columns of `redial attempts`.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct AttemptRow {
    /// Its id, which the provider was told too.
    pub attempt_id: String,
    /// Whose.
    pub contact_id: String,
    /// The number called. Viewers see it masked.
    pub phone: String,
    /// Its place when it was called, 1 to 10; 0: the contact was erased since.
    pub number: u8,
    /// The provider account.
    pub provider: String,
    /// The provider's id of the call.
    pub call_id: Option<String>,
    /// When the request was sent, RFC 3339.
    #[schema(format = DateTime)]
    pub started_at: String,
    /// When it was concluded, RFC 3339; null while it is live.
    #[schema(format = DateTime)]
    pub ended_at: Option<String>,
    /// How it ended; null while it is live.
    pub outcome: Option<&'static str>,
    /// The provider's own word.
    pub provider_status: Option<String>,
    /// Talk time in seconds, where the provider tells.
    pub duration_s: Option<f32>,
    /// Number of the worker process that began it.
    pub worker: u32,
    /// What went wrong, in plain words.
    pub reason: String,
    /// What the bot learned, as `[results] capture` names it.
    #[schema(value_type = BTreeMap<String, String>)]
    pub captured: Captured,
    /// What became of its recording, where the account keeps recordings. Viewers are not told where it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recording: Option<String>,
}

impl AttemptRow {
    /// An attempt of a contact as this role may see it.
    pub fn of(contact: &ContactView, attempt: &AttemptView, role: Role) -> Self {
        Self {
            attempt_id: attempt.id.to_string(),
            contact_id: contact_id(contact, role),
            phone: attempt.phone.as_ref().map(|phone| shown(phone, role)).unwrap_or_default(),
            number: attempt.number,
            provider: attempt.account.clone(),
            call_id: some(&attempt.call_id),
            started_at: attempt.started_at.to_string(),
            ended_at: attempt.ended_at.map(|at| at.to_string()),
            outcome: attempt.outcome.map(|outcome| outcome.as_str()),
            provider_status: some(&attempt.provider_status),
            // The store keeps a single; as a double it would show digits that nobody measured.
            duration_s: attempt.duration_s.map(|duration_s| duration_s as f32),
            worker: attempt.worker,
            reason: attempt.reason.clone(),
            captured: attempt.captured.clone(),
            recording: None,
        }
    }
}

/// A contact, its attempts, and why it is not being dialed now.
#[utoipa::path(
    get, path = "/api/v1/campaigns/{name}/contacts/{contact}", operation_id = "contact", tag = "contacts",
    params(
        ("name" = String, Path, description = "The campaign"),
        ("contact" = String, Path, description = "The contact's id, or one of its numbers in E.164"),
    ),
    responses(
        (status = 200, description = "The contact", body = ContactAnswer),
        (status = 404, description = "No such campaign or contact", body = Problem),
    ),
)]
pub async fn contact(
    State(state): State<ApiState>,
    Extension(role): Caller,
    Campaign(name): Campaign,
    mut parts: Parts,
) -> Result<Json<ContactAnswer>, Problem> {
    let key = path_part(&mut parts, "contact").await?;
    let unknown = || {
        Problem::not_found(format!("campaign `{name}` has no such contact"))
            .with_hint("name it by its `id` in the list, or by one of its numbers in E.164: +12025550123")
    };
    if let Some(archived) = state.archived(&name).await? {
        let found = state.read(&archived).await?.find(vec![key]).await?;
        let kept = found.into_iter().next().ok_or_else(unknown)?;
        return Ok(Json(of_archive(&state, &archived, kept, role)));
    }
    let mut campaign = state.store.campaign(&name).await?;
    if let Some(why) = state.store.waits_in_vain(&campaign).await? {
        campaign.reason = why;
    }
    let contact = state.store.contact(&name, &key).await?.ok_or_else(unknown)?;
    let info = state.store.info(campaign.id, campaign.version).await?;
    let openings = Openings::new(&campaign, &info.definition.calling_hours, state.store.clock().now())
        .until(info.definition.schedule.end_at);
    let health = state.store.account_health(&campaign.account).await?;
    let trouble = health.trouble(&campaign.account);
    let account_max = state.config.providers.get(&campaign.account).and_then(|account| account.max_concurrent);
    let max = info.definition.pacing.max_concurrent;
    let lines_taken = lines_taken(&campaign, max, health.live_calls, account_max);
    let suppressed = state.store.suppressions(Some(campaign.id), &contact.numbers).await?;
    let situation = Situation {
        contact: &contact,
        campaign: &campaign,
        trouble: trouble.as_deref(),
        lines_taken: lines_taken.as_deref(),
        suppressed: &suppressed,
        openings: &openings,
    };
    let why = text_shown(&why_not_now(&situation), role);
    let next_attempt_at = openings.next_attempt_at(&contact);
    let recordings = recordings(&state, &contact, role).await?;
    let mut contact = ContactView { next_attempt_at, ..contact };
    veil(&mut contact, role);
    let mut answer = ContactAnswer::of(contact, why, role);
    for (attempt, recording) in answer.attempts.iter_mut().zip(recordings) {
        attempt.recording = recording;
    }
    Ok(Json(answer))
}

/// A contact of a campaign that was archived.
fn of_archive(state: &ApiState, archived: &Archived, kept: Kept, role: Role) -> ContactAnswer {
    let Kept { view: mut contact, recordings } = kept;
    let openings = state.openings_of_archived(archived);
    let situation = Situation {
        contact: &contact,
        campaign: &archived.view,
        trouble: None,
        lines_taken: None,
        suppressed: &[],
        openings: &openings,
    };
    let why = text_shown(&why_not_now(&situation), role);
    veil(&mut contact, role);
    let mut answer = ContactAnswer::of(contact, why, role);
    for (attempt, fate) in answer.attempts.iter_mut().zip(recordings) {
        attempt.recording = fate.map(|fate| told(fate, role));
    }
    answer
}

/// What became of the recordings of a contact's attempts, in words.
async fn recordings(state: &ApiState, contact: &ContactView, role: Role) -> Result<Vec<Option<String>>, Problem> {
    let mut all = Vec::with_capacity(contact.attempts.len());
    for attempt in &contact.attempts {
        let recording = Recording { attempt: attempt.id, call_id: attempt.call_id.clone() };
        let fate = match attempt.call_id.as_str() {
            "" => None,
            _ => state.store.recording_fate(&attempt.account, &recording).await?,
        };
        all.push(fate.map(|fate| told(fate, role)));
    }
    Ok(all)
}

/// What became of a recording, as this role may know it.
fn told(fate: RecordingFate, role: Role) -> String {
    match fate {
        RecordingFate::Awaited(at) => format!("awaited, asked for at {at}"),
        RecordingFate::Kept(place) if role.sees_numbers() => place,
        RecordingFate::Kept(_) => "kept".to_owned(),
        RecordingFate::Lost(reason) => format!("not to be had: {reason}"),
    }
}

impl ContactAnswer {
    fn of(contact: ContactView, why: String, role: Role) -> Self {
        let place = &contact.whereabouts.place;
        Self {
            contact_id: contact_id(&contact, role),
            numbers: contact.numbers.iter().map(|number| shown(number, role)).collect(),
            attempts: contact.attempts.iter().map(|attempt| AttemptRow::of(&contact, attempt, role)).collect(),
            attributes: contact.attributes.into_iter().collect(),
            timezone: contact.whereabouts.only_zone().map(|zone| zone.name().to_owned()),
            timezones: place.zones.iter().map(|zone| zone.name().to_owned()).collect(),
            timezones_from: match contact.whereabouts.zones_from {
                ZoneSource::List => "list",
                ZoneSource::Numbers => "numbers",
                ZoneSource::Nothing => "unknown",
            },
            regions: place.regions.iter().map(Region::to_string).collect(),
            priority: contact.priority,
            state: contact.state.to_string(),
            outcome: contact.outcome.map(|outcome| outcome.to_string()),
            reason: contact.reason,
            next_attempt_at: contact.next_attempt_at.map(|at| at.to_string()),
            why,
        }
    }
}

/// A number as this role may see it.
pub fn shown(number: &PhoneNumber, role: Role) -> String {
    if role.sees_numbers() { number.as_e164().to_owned() } else { number.masked() }
}

/// The contact's id as this role may see it: lists without ids use the number, others may do so too in their own way.
pub fn contact_id(contact: &ContactView, role: Role) -> String {
    if role.sees_numbers() {
        return contact.id.clone();
    }
    let digits: String = contact.id.chars().filter(char::is_ascii_digit).collect();
    let is_of = |number: &&PhoneNumber| {
        digits.len() >= LOCAL_DIGITS_MIN && number.digits().ends_with(digits.trim_start_matches('0'))
    };
    match contact.numbers.iter().find(is_of) {
        Some(number) => number.masked(),
        None => without_numbers(&contact.id).into_owned(),
    }
}

/// A text that came from a list, a provider or a user, as this role may see it: whatever looks like a number is masked.
pub fn text_shown(text: &str, role: Role) -> String {
    if role.sees_numbers() { text.to_owned() } else { without_numbers(text).into_owned() }
}

/// Takes out of a contact's texts what this role may not see. Its numbers and its id are shown by [`shown`] and [`contact_id`].
pub fn veil(contact: &mut ContactView, role: Role) {
    if role.sees_numbers() {
        return;
    }
    let veil = |text: &mut String| {
        if let Cow::Owned(masked) = without_numbers(text) {
            *text = masked;
        }
    };
    contact.attributes.iter_mut().for_each(|(_, value)| veil(value));
    veil(&mut contact.reason);
    for attempt in &mut contact.attempts {
        veil(&mut attempt.reason);
        veil(&mut attempt.provider_status);
        let captured = attempt.captured.iter();
        attempt.captured = captured.map(|(name, value)| (name.to_owned(), text_shown(value, role))).collect();
    }
}

/// A text that is absent when it is empty.
pub fn some(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}
