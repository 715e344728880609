//! How the events fare that a campaign's receiver is told (`[notify]`), and telling it again.

use axum::{Extension, Json, extract::State};
use redial_shared::{
    domain::{Timestamp, role::Role},
    store::Delivery,
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{
    ApiState, Problem,
    auth::Caller,
    extract::{Campaign, Params},
    json::{JsonBody, JsonRequest},
};

/// Deliveries that are listed unless asked otherwise.
const LISTED: usize = 100;

/// Query of the log.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct NotificationsParams {
    /// How many deliveries are listed, up to 1,000 (default 100).
    #[param(maximum = 1000)]
    limit: Option<usize>,
}

/// What waits, and what came of sending.
#[derive(Debug, Serialize, ToSchema)]
pub struct NotificationsAnswer {
    /// The campaign.
    campaign: String,
    /// Where its events go; null: nowhere. Viewers see the host alone.
    webhook: Option<String>,
    /// Changes of which the receiver has still to be told; one may be two events.
    waiting: u64,
    /// When the oldest of them happened, RFC 3339.
    #[schema(format = DateTime)]
    oldest_at: Option<String>,
    /// The last times that an event was sent, newest first.
    deliveries: Vec<DeliveryRow>,
}

/// An event that was sent once.
#[derive(Debug, Serialize, ToSchema)]
pub struct DeliveryRow {
    /// The event's id (`webhook-id`): the same whenever it is sent.
    event: String,
    /// `attempt`, `attempt_withdrawn`, `contact` or `state`.
    #[serde(rename = "type")]
    kind: String,
    /// When that happened, RFC 3339.
    #[schema(format = DateTime)]
    happened_at: String,
    /// When it was sent, RFC 3339.
    #[schema(format = DateTime)]
    sent_at: String,
    /// `taken`, `failed` (it is sent again) or `given_up`.
    result: &'static str,
    /// The receiver's HTTP status; null: there was no answer.
    status: Option<u16>,
    /// Why it was not taken; empty if it was.
    error: String,
}

/// From when to when.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReplayRequest {
    /// Attempts that ended from then on, RFC 3339; absent: from the beginning.
    #[schema(format = DateTime)]
    since: Option<String>,
    /// Attempts that ended before then, RFC 3339; absent: until now.
    #[schema(format = DateTime)]
    until: Option<String>,
}

impl JsonRequest for ReplayRequest {
    const WHAT: &str = "a range of time";
    const EXAMPLE: &str = "{\"since\": \"2026-12-01T00:00:00Z\", \"until\": \"2026-12-02T00:00:00Z\"}";

    fn when_empty() -> Option<Self> {
        Some(Self::default())
    }
}

/// What is told again.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReplayAnswer {
    /// The campaign.
    campaign: String,
    /// How many events that is.
    replayed: usize,
}

impl From<Delivery> for DeliveryRow {
    fn from(delivery: Delivery) -> Self {
        let result = match (delivery.error.is_empty(), delivery.is_given_up) {
            (true, _) => "taken",
            (false, true) => "given_up",
            (false, false) => "failed",
        };
        Self {
            event: delivery.event,
            kind: delivery.kind,
            happened_at: delivery.happened_at,
            sent_at: delivery.sent_at,
            result,
            status: delivery.status,
            error: delivery.error,
        }
    }
}

/// What the campaign's receiver has still to be told, and what came of telling it.
#[utoipa::path(
    get, path = "/api/v1/campaigns/{name}/notifications", operation_id = "notifications", tag = "notifications",
    params(("name" = String, Path, description = "The campaign"), NotificationsParams),
    responses(
        (status = 200, description = "What waits, and the log", body = NotificationsAnswer),
        (status = 404, description = "No such campaign", body = Problem),
    ),
)]
pub async fn notifications(
    State(state): State<ApiState>,
    Extension(role): Caller,
    Campaign(name): Campaign,
    Params(params): Params<NotificationsParams>,
) -> Result<Json<NotificationsAnswer>, Problem> {
    if let Some(archived) = state.archived(&name).await? {
        let reading = state.read(&archived).await?;
        let deliveries = reading.manifest.deliveries.iter().take(params.limit.unwrap_or(LISTED)).cloned();
        return Ok(Json(NotificationsAnswer {
            campaign: name.to_string(),
            webhook: None,
            waiting: 0,
            oldest_at: None,
            deliveries: deliveries.map(DeliveryRow::from).collect(),
        }));
    }
    let info = state.store.fresh_info(state.store.campaign_id(&name).await?).await?;
    let view = state.store.outbox_view(info.id).await?;
    Ok(Json(NotificationsAnswer {
        campaign: name.to_string(),
        webhook: info.definition.notify.as_ref().map(|notify| shown(&notify.webhook, role)),
        waiting: view.waiting,
        oldest_at: view.oldest.map(|oldest| oldest.to_string()),
        deliveries: view.deliveries.into_iter().take(params.limit.unwrap_or(LISTED)).map(DeliveryRow::from).collect(),
    }))
}

/// Tell the receiver again what happened in a range of time.
///
/// Told are attempts that ended then, and contacts that are finished or held and whose last attempt did; without `since` also
/// contacts that were never called. They bear the ids that they had, so a receiver that knows them can pass over them.
#[utoipa::path(
    post, path = "/api/v1/campaigns/{name}/notifications/replay", operation_id = "replay_notifications",
    tag = "notifications",
    params(("name" = String, Path, description = "The campaign")),
    request_body(content = ReplayRequest, description = "From when to when; an empty body means all"),
    responses(
        (status = 200, description = "They are on their way", body = ReplayAnswer),
        (status = 400, description = "The body is no such range", body = Problem),
        (status = 404, description = "No such campaign", body = Problem),
        (status = 409, description = "The campaign has no receiver", body = Problem),
    ),
)]
pub async fn replay(
    State(state): State<ApiState>,
    Campaign(name): Campaign,
    JsonBody(request): JsonBody<ReplayRequest>,
) -> Result<Json<ReplayAnswer>, Problem> {
    let (since, until) = (instant("since", request.since.as_deref())?, instant("until", request.until.as_deref())?);
    let info = state.store.fresh_info(state.store.campaign_id(&name).await?).await?;
    if info.definition.notify.is_none() {
        return Err(Problem::conflict(format!("campaign `{name}` has no receiver"))
            .with_hint("add [notify] with a webhook and a secret to its definition, and apply it"));
    }
    let replayed = state.store.tell_again(info.id, since, until).await?;
    Ok(Json(ReplayAnswer { campaign: name.to_string(), replayed }))
}

/// Path and query may be what a receiver knows us by.
fn shown(webhook: &str, role: Role) -> String {
    let host = url::Url::parse(webhook).map(|url| url.origin().ascii_serialization());
    if role >= Role::Operator { webhook.to_owned() } else { host.unwrap_or_default() }
}

fn instant(key: &'static str, text: Option<&str>) -> Result<Option<Timestamp>, Problem> {
    let read = |text: &str| {
        Timestamp::from_rfc3339(text).ok_or_else(|| {
            Problem::bad_request(format!("{key}: `{text}` is no instant with its offset"))
                .with_key(key)
                .with_hint("write one like 2026-12-01T00:00:00Z")
        })
    };
    text.map(read).transpose()
}
