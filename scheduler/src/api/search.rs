//! Looking for a contact in all campaigns.

use axum::{Extension, Json, extract::State};
use futures_util::{StreamExt, TryStreamExt, stream};
use redial_shared::{
    domain::{CampaignName, PhoneNumber, contact_list::number::normalise, role::Role},
    store::{
        Archived, StoreError,
        view::{CampaignView, ContactView},
    },
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{
    ApiState, Problem,
    auth::Caller,
    contact::{contact_id, shown},
    extract::Params,
};

/// Campaigns that are looked through at the same time.
const SIDE_BY_SIDE: usize = 16;
/// The same of archives, each of which is read by a thread.
const ARCHIVES_SIDE_BY_SIDE: usize = 4;
const QUERY_BYTES_MAX: usize = 256;

/// Whom to look for.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct SearchParams {
    /// A contact's whole `id`, or one of its numbers in E.164; spaces, dashes and brackets do not matter in a number, nor
    /// whether it begins with `+` or `00`.
    q: String,
    /// Only in this campaign.
    campaign: Option<String>,
}

/// Who was found.
#[derive(Debug, Serialize, ToSchema)]
pub struct Found {
    /// By campaign, the one whose contact was called last first.
    contacts: Vec<FoundContact>,
    /// How many campaigns were looked through.
    campaigns: usize,
    /// Archived campaigns whose files cannot be read here and now: somebody may be there.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    not_searched: Vec<String>,
}

/// One contact that was found.
#[derive(Debug, Serialize, ToSchema)]
pub struct FoundContact {
    /// Its campaign.
    campaign: String,
    /// That campaign's state.
    campaign_state: String,
    /// Its id in the list, or its first number.
    contact_id: String,
    /// Its numbers in E.164. Viewers see them masked.
    numbers: Vec<String>,
    /// Where it stands.
    state: String,
    /// Outcome of its last concluded attempt.
    outcome: Option<String>,
    /// How many attempts it has had.
    attempts: usize,
    /// When the last one began, RFC 3339.
    #[schema(format = DateTime)]
    last_attempt_at: Option<String>,
}

/// Look for a contact by id or number, in all campaigns or in one.
#[utoipa::path(
    get, path = "/api/v1/contacts", operation_id = "search", tag = "contacts",
    params(SearchParams),
    responses(
        (status = 200, description = "Who was found; possibly nobody", body = Found),
        (status = 404, description = "No such campaign", body = Problem),
        (status = 422, description = "Nothing to look for", body = Problem),
    ),
)]
pub async fn search(
    State(state): State<ApiState>,
    Extension(role): Caller,
    Params(params): Params<SearchParams>,
) -> Result<Json<Found>, Problem> {
    let keys = keys(&params.q)?;
    let (views, archives) = match &params.campaign {
        None => (state.store.campaigns().await?, state.store.archives().await?),
        Some(name) => {
            let name = campaign_name(name)?;
            match state.archived(&name).await? {
                Some(archived) => (Vec::new(), vec![archived]),
                None => (vec![state.store.campaign(&name).await?], Vec::new()),
            }
        }
    };
    let campaigns = views.len() + archives.len();
    let (in_archives, not_searched) = search_archives(&state, archives, &keys, params.campaign.is_some()).await?;
    let filled = views.into_iter().filter(|view| view.counts.total > 0);
    let searches = filled.map(|view| {
        let (store, keys) = (&state.store, &keys);
        async move {
            match store.search(&view, keys).await {
                Ok(found) => Ok((view, found)),
                // It went a moment ago.
                Err(StoreError::NoCampaign(_) | StoreError::Archived { .. }) => Ok((view, Vec::new())),
                Err(error) => Err(error),
            }
        }
    });
    let mut found: Vec<(CampaignView, Vec<ContactView>)> =
        stream::iter(searches).buffered(SIDE_BY_SIDE).try_collect().await?;
    found.extend(in_archives);
    let found = found.iter().flat_map(|(view, contacts)| contacts.iter().map(move |one| answer(view, one, role)));
    let mut contacts: Vec<FoundContact> = found.collect();
    contacts.sort_by(|a, b| b.last_attempt_at.cmp(&a.last_attempt_at).then_with(|| a.campaign.cmp(&b.campaign)));
    Ok(Json(Found { contacts, campaigns, not_searched }))
}

/// Who is found in archives, and which of them cannot be read now; asked for alone, that is an error.
async fn search_archives(
    state: &ApiState,
    archives: Vec<Archived>,
    keys: &[String],
    is_alone: bool,
) -> Result<(Vec<(CampaignView, Vec<ContactView>)>, Vec<String>), Problem> {
    let searches = archives.into_iter().filter(|archived| archived.view.counts.total > 0).map(|archived| async move {
        let found = async { state.shelf.read(&archived).await?.find(keys.to_vec()).await }.await;
        (archived.view, found)
    });
    let mut searches = stream::iter(searches).buffered(ARCHIVES_SIDE_BY_SIDE);
    let (mut in_archives, mut not_searched) = (Vec::new(), Vec::new());
    while let Some((view, found)) = searches.next().await {
        match found {
            Ok(found) => in_archives.push((view, found.into_iter().map(|kept| kept.view).collect())),
            Err(error) if is_alone => return Err(error.into()),
            Err(error) => {
                tracing::warn!(campaign = %view.name, %error, "an archive was not searched");
                not_searched.push(view.name.to_string());
            }
        }
    }
    Ok((in_archives, not_searched))
}

fn campaign_name(text: &str) -> Result<CampaignName, Problem> {
    text.parse().map_err(|error| Problem::not_found(format!("there is no such campaign: {error}")))
}

fn answer(view: &CampaignView, contact: &ContactView, role: Role) -> FoundContact {
    FoundContact {
        campaign: view.name.to_string(),
        campaign_state: view.state.to_string(),
        contact_id: contact_id(contact, role),
        numbers: contact.numbers.iter().map(|number| shown(number, role)).collect(),
        state: contact.state.to_string(),
        outcome: contact.outcome.map(|outcome| outcome.to_string()),
        attempts: contact.attempts.len(),
        last_attempt_at: contact.attempts.last().map(|attempt| attempt.started_at.to_string()),
    }
}

/// What was typed, as it is and as the number that it may be.
fn keys(typed: &str) -> Result<Vec<String>, Problem> {
    let typed = typed.trim();
    if typed.is_empty() || typed.len() > QUERY_BYTES_MAX {
        let detail = format!("an id or a number of 1 to {QUERY_BYTES_MAX} bytes is expected");
        return Err(Problem::unprocessable(detail).with_key("q"));
    }
    let mut keys = vec![typed.to_owned()];
    let digits: String = typed.chars().filter(|one| !" -./()+".contains(*one)).collect();
    if !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) {
        let international = digits.strip_prefix("00").unwrap_or(&digits);
        let number = normalise(&format!("+{international}"), None).ok();
        keys.extend(number.as_ref().map(PhoneNumber::as_e164).filter(|number| *number != typed).map(str::to_owned));
    }
    Ok(keys)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_found_however_it_is_written_and_an_id_as_it_is() {
        let read = |typed: &str| keys(typed).map_err(|problem| problem.status().as_u16());
        assert_eq!(read(" C03 ").unwrap(), ["C03"]);
        assert_eq!(read("+12025550123").unwrap(), ["+12025550123"]);
        for written in ["12025550123", "+1 (202) 555-0123", "001 202 555 0123"] {
            assert_eq!(read(written).unwrap(), [written, "+12025550123"]);
        }
        assert_eq!((read("  ").unwrap_err(), read(&"x".repeat(300)).unwrap_err()), (422, 422));
    }
}
