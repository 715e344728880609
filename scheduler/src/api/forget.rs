//! Erasing a person everywhere.

use axum::{Extension, Json, extract::State, http::StatusCode};
use redial_shared::{
    domain::{PhoneNumber, contact_list::number::normalise, role::Role, suppression::Suppression},
    store::Forgotten,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    ApiState, Problem,
    auth::Caller,
    json::{JsonBody, JsonRequest},
};
use crate::archive;

/// Numbers of one request.
const NUMBERS_MAX: usize = 100;

/// Whom.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ForgetRequest {
    /// Numbers in E.164, 1 to 100.
    #[schema(min_items = 1, max_items = 100)]
    numbers: Vec<String>,
    /// Whether they are taken off do-not-call lists too. Without it these are kept: who asked not to be called must not be
    /// called, also not by the next list.
    #[serde(default)]
    suppressions: bool,
}

impl JsonRequest for ForgetRequest {
    const WHAT: &str = "a list of numbers";
    const EXAMPLE: &str = "{\"numbers\": [\"+12025550123\"]}";
}

/// What was erased.
#[derive(Debug, Serialize, ToSchema)]
pub struct ForgetAnswer {
    /// For each number, in order.
    forgotten: Vec<NumberForgotten>,
}

/// What was erased of one number.
#[derive(Debug, Serialize, ToSchema)]
pub struct NumberForgotten {
    /// The number.
    number: String,
    /// Campaigns that had it.
    campaigns: Vec<CampaignForgotten>,
    /// Do-not-call lists that have it, and keep it; the scopes from which it was taken, with `suppressions`.
    suppressions: usize,
}

/// What was erased in one campaign.
#[derive(Debug, Serialize, ToSchema)]
pub struct CampaignForgotten {
    /// The campaign.
    campaign: String,
    /// Contacts that were erased: their state and outcomes stay counted, nothing else of them is left.
    erased: usize,
    /// Contacts that stay, with other numbers: the number was taken off them, and only the calls to it were erased.
    calls_erased: usize,
    /// Contacts that are on a call, or may be, and were not erased: ask again when it has ended.
    on_call: usize,
}

/// Erase everybody who has one of these numbers, in all campaigns of the workspace: numbers, id, attributes, what calls told,
/// and when the numbers were called. Only admins can.
///
/// A contact on a call is not erased: `on_call` tells, and the request can be sent again. Archived campaigns are written anew
/// without them; one whose files cannot be written here is an error, after which the request is to be sent again. Exports, recordings,
/// and backups of Redis are not reached; Redis's own append-only file loses what was erased at its next rewrite. Answers to idempotency
/// keys, which may quote values of rejected rows, go within 24 hours.
#[utoipa::path(
    post, path = "/api/v1/forget", operation_id = "forget", tag = "contacts",
    request_body(content = ForgetRequest),
    responses(
        (status = 200, description = "What was erased", body = ForgetAnswer),
        (status = 400, description = "The body names no numbers", body = Problem),
        (status = 403, description = "Not an admin's token", body = Problem),
        (status = 409, description = "A number is being called; what could be erased is", body = Problem),
        (status = 422, description = "A number that is none", body = Problem),
        (status = 503, description = "An archive cannot be read or written here; what could be erased before it is", body = Problem),
    ),
)]
pub async fn forget(
    State(state): State<ApiState>,
    Extension(caller): Caller,
    JsonBody(request): JsonBody<ForgetRequest>,
) -> Result<Json<ForgetAnswer>, Problem> {
    if caller != Role::Admin {
        let detail = format!("a token with the role {caller} may not erase anybody");
        return Err(Problem::new(StatusCode::FORBIDDEN, detail).with_hint("use a token with the role admin"));
    }
    if !(1..=NUMBERS_MAX).contains(&request.numbers.len()) {
        return Err(Problem::unprocessable(format!("1 to {NUMBERS_MAX} numbers are expected")).with_key("numbers"));
    }
    let read = |(place, text): (usize, &String)| {
        normalise(text, None).map_err(|error| {
            super::suppressions::wrong_number(place, error)
                .with_hint("write it in E.164: + and the country's calling code, like +12025550123")
        })
    };
    let numbers = request.numbers.iter().enumerate().map(read).collect::<Result<Vec<_>, _>>()?;
    let mut forgotten = Vec::with_capacity(numbers.len());
    for number in &numbers {
        forgotten.push(forget_one(&state, number, request.suppressions).await?);
    }
    Ok(Json(ForgetAnswer { forgotten }))
}

async fn forget_one(state: &ApiState, number: &PhoneNumber, suppressions: bool) -> Result<NumberForgotten, Problem> {
    let mut erased = state.store.forget(number).await?;
    // Afterwards: a campaign that moved there meanwhile is found there.
    let mut other_numbers = Vec::new();
    for archived in state.store.archives().await? {
        let name = archived.view.name.clone();
        let erasure = archive::erase(&state.store, &state.shelf, archived, number).await?;
        if erasure.erased > 0 {
            erased.push(Forgotten { campaign: name, erased: erasure.erased, calls_erased: 0, on_call: 0 });
            other_numbers.extend(erasure.other_numbers);
        }
    }
    if !other_numbers.is_empty() {
        erased.extend(state.store.forget_with(number, other_numbers).await?);
    }
    let lists = suppressed(state, number, suppressions).await?;
    let contacts: usize = erased.iter().map(|of_campaign| of_campaign.erased).sum();
    let calls_erased: usize = erased.iter().map(|of_campaign| of_campaign.calls_erased).sum();
    let on_call: usize = erased.iter().map(|of_campaign| of_campaign.on_call).sum();
    tracing::info!(contacts, calls_erased, on_call, suppressions, "a number was forgotten by request");
    let campaigns = erased.into_iter().map(|of_campaign| CampaignForgotten {
        campaign: of_campaign.campaign.to_string(),
        erased: of_campaign.erased,
        calls_erased: of_campaign.calls_erased,
        on_call: of_campaign.on_call,
    });
    Ok(NumberForgotten { number: number.as_e164().to_owned(), campaigns: campaigns.collect(), suppressions: lists })
}

/// On how many scopes' lists the number is; with `take_off` it is not any more.
async fn suppressed(state: &ApiState, number: &PhoneNumber, take_off: bool) -> Result<usize, Problem> {
    let numbers = std::slice::from_ref(number);
    let of_campaigns = state.store.campaigns().await?.into_iter().map(|campaign| Some(campaign.id));
    let mut count = 0;
    for scope in std::iter::once(None).chain(of_campaigns) {
        if take_off {
            let gone = state.store.unsuppress(scope, None, numbers).await?;
            count += gone.iter().filter(|gone| **gone).count();
        } else {
            let lists = state.store.suppressions(scope, numbers).await?;
            let own = |one: &&Suppression| one.of_campaign == scope.is_some();
            count += lists.iter().flatten().filter(own).count();
        }
    }
    Ok(count)
}
