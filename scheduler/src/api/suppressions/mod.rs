//! Do-not-call lists: who is on them, putting numbers there and taking them off. Files of numbers: `import`.

pub mod import;

use std::time::Duration;

use axum::{Extension, Json, extract::State};
use redial_shared::{
    domain::{
        CampaignName, PhoneNumber, Timestamp,
        contact_list::{
            Country,
            number::{BadNumber, normalise},
        },
        role::Role,
        suppression::{ListName, Suppression},
        units::Span,
    },
    store::{Scope, Store, Suppress},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{
    ApiState, Problem,
    auth::Caller,
    contact::{shown, text_shown},
    extract::Params,
    json::{JsonBody, JsonRequest},
    verbs::CLOCK_ERROR_US,
};

/// Numbers of one request at most; a file has no such bound.
const NUMBERS_MAX: usize = 1_000;

/// All lists.
#[derive(Debug, Serialize, ToSchema)]
pub struct SuppressionLists {
    /// The workspace's first, then those of campaigns; by name.
    lists: Vec<SuppressionListAnswer>,
}

/// One list.
#[derive(Debug, Serialize, ToSchema)]
pub struct SuppressionListAnswer {
    /// Its name.
    list: String,
    /// The campaign that it binds; null: all of the workspace.
    campaign: Option<String>,
    /// Numbers that were put on it one by one.
    added: u64,
    /// Numbers of its last import.
    imported: u64,
    /// When that was, RFC 3339.
    #[schema(format = DateTime)]
    imported_at: Option<String>,
    /// Until when the import counts, RFC 3339; null: for good.
    #[schema(format = DateTime)]
    until: Option<String>,
    /// Why, as the import said.
    reason: String,
}

/// Which numbers.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct NumbersParams {
    /// Up to 1,000, separated by commas, in E.164 (a `+` is written `%2B`) or national with `country`.
    numbers: String,
    /// A campaign, whose own lists count too.
    campaign: Option<String>,
    /// The list; none: all of the workspace, or of the campaign.
    list: Option<String>,
    /// Country of national numbers, ISO 3166.
    country: Option<String>,
}

/// Numbers to be put on a list.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SuppressRequest {
    /// In E.164, or national with `country`; 1 to 1,000.
    numbers: Vec<String>,
    /// The list [default: do-not-call].
    list: Option<String>,
    /// A campaign, for its own list; none: the workspace's, which binds every campaign.
    campaign: Option<String>,
    /// How long, like `60d`; none: for good.
    #[schema(value_type = Option<String>, example = "60d")]
    expires: Option<Span>,
    /// Why, in one line.
    #[serde(default)]
    reason: String,
    /// Country of national numbers, ISO 3166.
    country: Option<String>,
}

impl JsonRequest for SuppressRequest {
    const WHAT: &str = "a list of numbers";
    const EXAMPLE: &str = "{\"numbers\": [\"+12025550123\"]}";
}

/// What became of numbers that were put on a list.
#[derive(Debug, Serialize, ToSchema)]
pub struct SuppressAnswer {
    /// The list.
    list: String,
    /// The campaign whose list it is.
    campaign: Option<String>,
    /// Numbers that were not on it.
    added: u64,
    /// Numbers that were, and have the new end and reason.
    known: u64,
    /// Until when they stay there, RFC 3339; null: for good.
    #[schema(format = DateTime)]
    until: Option<String>,
}

/// What became of numbers that were taken off lists.
#[derive(Debug, Serialize, ToSchema)]
pub struct UnsuppressAnswer {
    /// Numbers that were on one.
    removed: usize,
    /// Numbers that were on none.
    unknown: usize,
}

/// On which lists numbers are.
#[derive(Debug, Serialize, ToSchema)]
pub struct CheckAnswer {
    /// In the order of the question.
    numbers: Vec<NumberAnswer>,
}

/// One number.
#[derive(Debug, Serialize, ToSchema)]
pub struct NumberAnswer {
    /// In E.164. Viewers see it masked.
    number: String,
    /// Whether it is on any list.
    suppressed: bool,
    /// Those lists.
    lists: Vec<EntryAnswer>,
}

/// A number's place on a list.
#[derive(Debug, Serialize, ToSchema)]
pub struct EntryAnswer {
    /// The list.
    list: String,
    /// The campaign whose list it is; null: the workspace's.
    campaign: Option<String>,
    /// Since when, RFC 3339.
    #[schema(format = DateTime)]
    since: String,
    /// Until when, RFC 3339; null: for good.
    #[schema(format = DateTime)]
    until: Option<String>,
    /// Why.
    reason: String,
}

/// The do-not-call lists.
#[utoipa::path(
    get, path = "/api/v1/suppressions", operation_id = "suppressions", tag = "suppressions",
    responses((status = 200, description = "All lists", body = SuppressionLists)),
)]
pub async fn list(State(state): State<ApiState>, Extension(role): Caller) -> Result<Json<SuppressionLists>, Problem> {
    let campaigns = state.store.campaigns().await?;
    let name_of = |scope: Scope| {
        let campaign = campaigns.iter().find(|campaign| Some(campaign.id) == scope);
        campaign.map(|campaign| campaign.name.to_string())
    };
    let lists = state.store.suppression_lists().await?.into_iter().map(|view| SuppressionListAnswer {
        campaign: name_of(view.scope),
        list: view.list.to_string(),
        added: view.added,
        imported: view.imported,
        imported_at: view.imported_at.map(|at| at.to_string()),
        until: view.until.map(|until| until.to_string()),
        reason: text_shown(&view.reason, role),
    });
    Ok(Json(SuppressionLists { lists: lists.collect() }))
}

/// On which lists numbers are: the workspace's and, with `campaign`, that campaign's own.
#[utoipa::path(
    get, path = "/api/v1/suppressions/check", operation_id = "check_suppressions", tag = "suppressions",
    params(NumbersParams),
    responses(
        (status = 200, description = "Each number's lists", body = CheckAnswer),
        (status = 404, description = "No such campaign", body = Problem),
        (status = 422, description = "What is no number", body = Problem),
    ),
)]
pub async fn check(
    State(state): State<ApiState>,
    Extension(role): Caller,
    Params(params): Params<NumbersParams>,
) -> Result<Json<CheckAnswer>, Problem> {
    let scope = scope(&state.store, params.campaign.as_deref()).await?;
    let list = params.list.as_deref().map(list_name).transpose()?;
    let numbers = numbers(params.numbers.split(','), params.country.as_deref())?;
    let found = state.store.suppressions(scope, &numbers).await?;
    let answer = |(number, lists): (&PhoneNumber, Vec<Suppression>)| {
        let lists = lists.into_iter().filter(|one| list.as_ref().is_none_or(|list| one.list == *list));
        let lists: Vec<EntryAnswer> = lists.map(|one| EntryAnswer::of(one, params.campaign.as_deref(), role)).collect();
        NumberAnswer { number: shown(number, role), suppressed: !lists.is_empty(), lists }
    };
    Ok(Json(CheckAnswer { numbers: numbers.iter().zip(found).map(answer).collect() }))
}

/// Put numbers on a list. The answer comes when no new call to them can start.
#[utoipa::path(
    post, path = "/api/v1/suppressions", operation_id = "suppress", tag = "suppressions",
    request_body(content = SuppressRequest),
    responses(
        (status = 200, description = "No new call to them can start", body = SuppressAnswer),
        (status = 400, description = "The body is no such request", body = Problem),
        (status = 404, description = "No such campaign", body = Problem),
        (status = 409, description = "There are too many lists", body = Problem),
        (status = 422, description = "What is no number; nothing was done", body = Problem),
    ),
)]
pub async fn add(
    State(state): State<ApiState>,
    JsonBody(request): JsonBody<SuppressRequest>,
) -> Result<Json<SuppressAnswer>, Problem> {
    let numbers = numbers(request.numbers.iter().map(String::as_str), request.country.as_deref())?;
    let scope = scope(&state.store, request.campaign.as_deref()).await?;
    let list = request.list.as_deref().map_or_else(|| Ok(ListName::default()), list_name)?;
    let until = until(&state.store, request.expires);
    let how = Suppress { scope, list, until, reason: request.reason };
    let added = state.store.suppress(&how, &numbers).await?;
    tracing::info!(list = %how.list, numbers = numbers.len(), added, "numbers suppressed by request");
    last_send(&state.store).await;
    Ok(Json(SuppressAnswer {
        list: how.list.to_string(),
        campaign: request.campaign,
        added,
        known: numbers.len() as u64 - added,
        until: until.map(|until| until.to_string()),
    }))
}

/// Take numbers off a list, or off all lists of the workspace (or of the campaign), imported ones too.
#[utoipa::path(
    delete, path = "/api/v1/suppressions", operation_id = "unsuppress", tag = "suppressions",
    params(NumbersParams),
    responses(
        (status = 200, description = "They are on those lists no more", body = UnsuppressAnswer),
        (status = 404, description = "No such campaign", body = Problem),
        (status = 422, description = "What is no number; nothing was done", body = Problem),
    ),
)]
pub async fn remove(
    State(state): State<ApiState>,
    Params(params): Params<NumbersParams>,
) -> Result<Json<UnsuppressAnswer>, Problem> {
    let numbers = numbers(params.numbers.split(','), params.country.as_deref())?;
    let scope = scope(&state.store, params.campaign.as_deref()).await?;
    let list = params.list.as_deref().map(list_name).transpose()?;
    let gone = state.store.unsuppress(scope, list.as_ref(), &numbers).await?;
    let removed = gone.iter().filter(|gone| **gone).count();
    tracing::info!(removed, "numbers taken off do-not-call lists by request");
    Ok(Json(UnsuppressAnswer { removed, unknown: numbers.len() - removed }))
}

impl EntryAnswer {
    fn of(one: Suppression, campaign: Option<&str>, role: Role) -> Self {
        Self {
            list: one.list.to_string(),
            campaign: campaign.filter(|_| one.of_campaign).map(str::to_owned),
            since: one.since.to_string(),
            until: one.until.map(|until| until.to_string()),
            reason: text_shown(&one.reason, role),
        }
    }
}

/// Waits until the last call that was begun before has been sent, or never will be.
async fn last_send(store: &Store) {
    let last = store.last_send() + Duration::from_micros(CLOCK_ERROR_US.unsigned_abs());
    tokio::time::sleep(last.since(store.clock().now())).await;
}

async fn scope(store: &Store, campaign: Option<&str>) -> Result<Scope, Problem> {
    let Some(campaign) = campaign else { return Ok(None) };
    let name: CampaignName =
        campaign.parse().map_err(|error| Problem::not_found(format!("there is no such campaign: {error}")))?;
    Ok(Some(store.campaign_id(&name).await?))
}

fn list_name(text: &str) -> Result<ListName, Problem> {
    text.parse().map_err(|error| Problem::unprocessable(format!("{error}")).with_key("list"))
}

fn country(code: Option<&str>) -> Result<Option<Country>, Problem> {
    let parsed = code.map(str::parse).transpose();
    parsed.map_err(|error| Problem::unprocessable(format!("{error}")).with_key("country"))
}

/// The numbers of a request. One that is none is named by its place.
fn numbers<'a>(texts: impl Iterator<Item = &'a str>, country_code: Option<&str>) -> Result<Vec<PhoneNumber>, Problem> {
    let country = country(country_code)?;
    let read = |(index, text): (usize, &str)| {
        normalise(text, country).map_err(|error| {
            wrong_number(index, error).with_hint(
                "write it in E.164: + and the calling code, like +12025550123; or name its country: --country US",
            )
        })
    };
    let mut numbers: Vec<PhoneNumber> = texts.take(NUMBERS_MAX + 1).enumerate().map(read).collect::<Result<_, _>>()?;
    if !(1..=NUMBERS_MAX).contains(&numbers.len()) {
        return Err(Problem::unprocessable(format!("1 to {NUMBERS_MAX} numbers are expected")).with_key("numbers"));
    }
    let mut seen = std::collections::HashSet::new();
    numbers.retain(|number| seen.insert(number.clone()));
    Ok(numbers)
}

/// A text among several that is no number.
pub(super) fn wrong_number(place: usize, error: BadNumber) -> Problem {
    let why = match error {
        BadNumber::NoCountry => "is national, and nothing says of which country: write it as +COUNTRY…".to_owned(),
        BadNumber::Letters | BadNumber::Signs | BadNumber::Extension => error.to_string(),
        _ => format!("is {error}"),
    };
    Problem::unprocessable(format!("number {} {why}", place + 1)).with_key(&format!("numbers[{place}]"))
}

/// Until when something lasts that expires after `expires` from now.
fn until(store: &Store, expires: Option<Span>) -> Option<Timestamp> {
    expires.map(|expires| store.clock().now() + expires.duration())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_normalised_and_each_counts_once() {
        let read =
            |texts: &str, country| numbers(texts.split(','), country).map_err(|problem| problem.status().as_u16());
        let e164 = |numbers: Vec<PhoneNumber>| numbers.iter().map(|n| n.as_e164().to_owned()).collect::<Vec<_>>();
        assert_eq!(
            read("+12025550101,(202) 555-0101,2025550102", Some("us")).map(e164).unwrap(),
            ["+12025550101", "+12025550102"]
        );
        assert_eq!(read("2025550101", None).unwrap_err(), 422);
        assert_eq!(read("", None).unwrap_err(), 422);
        assert_eq!(read("+12025550101", Some("nowhere")).unwrap_err(), 422);
    }
}
