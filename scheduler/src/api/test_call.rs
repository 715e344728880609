//! One call with a campaign's settings, to try them out.
//!
//! It is a campaign of its own with one contact, derived from the other: so whatever holds for calls holds for this one
//! too (calling hours, rates, suppression, one call a number at a time), and it can be looked at in the same way.

use std::io::Cursor;

use axum::{Json, extract::State};
use rand::Rng;
use redial_shared::{
    domain::{
        CampaignName,
        campaign::{self, CampaignDefinition},
        contact::Contact,
        contact_list::{ContactListReader, Format, ListOptions, Row},
    },
    provider,
    store::Verb,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::{
    ApiState, Problem,
    extract::Campaign,
    json::{JsonBody, JsonRequest},
    verbs,
};

/// The name of a test call's campaign is the campaign's, cut to this length, and `-call-` with random letters.
const NAME_CHARACTERS_KEPT: usize = 50;
/// Tables that are about more than one call.
const NOT_FOR_ONE_CALL: [&str; 5] = ["schedule", "retry", "guard", "notify", "archive"];

/// Whom to call.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TestCallRequest {
    /// The number, in E.164.
    #[schema(example = "+12025550123")]
    to: String,
    /// What a list's other columns would hold: attributes, and `timezone`.
    #[serde(default)]
    attributes: Map<String, Value>,
}

impl JsonRequest for TestCallRequest {
    const WHAT: &str = "a call";
    const EXAMPLE: &str = "{\"to\": \"+12025550123\"}";
}

/// Where to look for what becomes of it.
#[derive(Debug, Serialize, ToSchema)]
pub struct TestCallAnswer {
    /// The campaign that makes the call.
    campaign: String,
    /// Its one contact.
    contact_id: String,
}

/// Call one number with the campaign's settings: at once, but within its calling hours, and only once whatever comes of
/// it. The campaign itself stays as it is.
#[utoipa::path(
    post, path = "/api/v1/campaigns/{name}/call", operation_id = "test_call", tag = "campaigns",
    params(("name" = String, Path, description = "The campaign whose settings are used; its state does not matter")),
    request_body(content = TestCallRequest),
    responses(
        (status = 200, description = "The call is on its way, as the one contact of a campaign of its own", body = TestCallAnswer),
        (status = 400, description = "The body is no such request", body = Problem),
        (status = 404, description = "No such campaign", body = Problem),
        (status = 422, description = "No number that can be called, or an attribute is missing that `[call]` uses", body = Problem),
    ),
)]
pub async fn test_call(
    State(state): State<ApiState>,
    Campaign(name): Campaign,
    JsonBody(request): JsonBody<TestCallRequest>,
) -> Result<Json<TestCallAnswer>, Problem> {
    let info = state.store.fresh_info(state.store.campaign_id(&name).await?).await?;
    let (contact, columns) = contact(&request)?;
    check(&state, &info.definition, &contact, &columns)?;
    let (definition, source) = derived(&info.source, &name).map_err(Problem::internal)?;
    let (_, id) = state.store.apply(&definition, &source).await?;
    state.store.note_passing(id).await?;
    state.store.refresh_hours(id, state.store.clock().now()).await?;
    let contact_id = contact.id.clone();
    let mut upload = state.store.upload(id).await?;
    upload.push([contact], &columns).await?;
    upload.finish().await?;
    verbs::change(&state, &definition.name, Verb::Start { until: None }).await?;
    Ok(Json(TestCallAnswer { campaign: definition.name.to_string(), contact_id }))
}

/// The contact and the names of its attributes, read as a list of one row.
fn contact(request: &TestCallRequest) -> Result<(Contact, Vec<String>), Problem> {
    let mut row = request.attributes.clone();
    row.insert("phone".to_owned(), Value::String(request.to.clone()));
    let options = ListOptions { format: Some(Format::JsonLines), ..ListOptions::default() };
    let wrong = |reason: &dyn std::fmt::Display| {
        Problem::unprocessable(format!("it cannot be called: {reason}"))
            .with_hint("give the number in E.164: +12025550123")
    };
    let line = Cursor::new(Value::Object(row).to_string());
    let mut list = ContactListReader::new(line, options).map_err(|error| wrong(&error))?;
    let mut contact = Contact::default();
    match list.next_row(&mut contact).map_err(|error| wrong(&error))? {
        Row::Contact => Ok((contact, list.columns().to_vec())),
        Row::Rejected(reject) => Err(wrong(&reject.reason)),
        Row::End => Err(wrong(&"nothing was given")),
    }
}

/// Whether the provider takes this call.
fn check(
    state: &ApiState,
    definition: &CampaignDefinition,
    contact: &Contact,
    columns: &[String],
) -> Result<(), Problem> {
    super::definition::check_provider(&state.config, definition)?;
    if let Some(missing) = definition.columns_used().iter().find(|name| !provider::is_column(name, columns)) {
        return Err(Problem::unprocessable(format!(
            "[call] uses {{{{{missing}}}}}, and the call has no such attribute"
        ))
        .with_hint(format!("give it one: `--set {missing}=…`")));
    }
    let account = &state.config.providers[&definition.provider];
    let provider = provider::of_account_without_secrets(account).map_err(Problem::internal)?;
    let number = &contact.numbers[0];
    provider.check_number(number).map_err(|reason| Problem::unprocessable(format!("it cannot be called: {reason}")))
}

/// The campaign of one call: the same provider, hours and `[call]`, one attempt, at once.
fn derived(source: &str, name: &CampaignName) -> Result<(CampaignDefinition, String), String> {
    let mut table: toml::Table = source.parse().map_err(|error: toml::de::Error| error.to_string())?;
    NOT_FOR_ONE_CALL.iter().for_each(|key| drop(table.remove(*key)));
    let kept = &name.as_str()[..name.as_str().len().min(NAME_CHARACTERS_KEPT)];
    let derived_name = format!("{kept}-call-{:06x}", rand::rng().random::<u32>() & 0xff_ffff);
    table.insert("name".to_owned(), derived_name.clone().into());
    table.insert("retry".to_owned(), toml::Table::from_iter([("max_attempts".to_owned(), 1.into())]).into());
    let source = toml::to_string(&table).map_err(|error| error.to_string())?;
    let definition = campaign::parse(&source, &format!("{derived_name}.toml")).map_err(|error| error.to_string())?;
    Ok((definition, source))
}
