//! The HTTP API: `/api/v1`, its OpenAPI document, providers' `/hooks`, and `/health`, `/ready`, `/metrics`.
//!
//! Everything here goes through the store's public functions; another scheduler's API answers the same.

mod archived;
mod auth;
mod browsers;
mod campaigns;
mod cancel;
mod conditions;
mod contact;
mod definition;
mod edit;
mod estimate;
mod events;
pub(crate) mod export;
mod extract;
mod forget;
mod health;
mod hooks;
mod json;
mod last_turn;
mod limits;
mod me;
mod metrics;
mod notifications;
mod openapi;
mod openings;
mod plan;
mod problem;
mod providers;
mod release;
mod remove;
mod requests;
mod search;
mod server;
mod status;
mod suppressions;
mod test_call;
mod timeline;
mod token_admin;
pub mod tokens;
mod upload;
mod verbs;
mod why;
mod workers;

use std::{collections::BTreeMap, io, sync::Arc};

use axum::{Extension, Router, middleware};
use redial_shared::{
    config::Config,
    domain::CampaignState,
    store::{Store, view::CampaignView},
};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{archive::Shelf, dashboard};

pub(crate) use contact::AttemptRow;
pub(crate) use definition::without_secrets;
pub(crate) use extract::no_such_path;
pub use problem::Problem;
pub use tokens::{TokenError, ensure_admin_token};

/// What every handler can have. Cheap to clone.
#[derive(Clone)]
pub struct ApiState {
    store: Store,
    config: Arc<Config>,
    workspace: Arc<metrics::Workspace>,
    limits: Arc<limits::Limits>,
    last_turns: Arc<last_turn::LastTurns>,
    /// Where campaigns are that were archived.
    shelf: Shelf,
    /// The end of the server: answers that have no end of their own end then.
    closing: CancellationToken,
}

impl ApiState {
    /// The state of one server.
    pub fn new(store: Store, config: Arc<Config>) -> Self {
        let limits = Arc::new(limits::Limits::new(config.http.rate));
        let shelf = Shelf::new(&config);
        Self {
            store,
            config,
            workspace: Arc::default(),
            limits,
            shelf,
            last_turns: Arc::default(),
            closing: CancellationToken::new(),
        }
    }

    /// Where campaigns stand. How an account fares is read once for all of its campaigns.
    async fn statuses(&self, views: &[CampaignView]) -> Result<Vec<status::Status>, Problem> {
        let mut troubles = BTreeMap::new();
        let is_over = |view: &CampaignView| matches!(view.state, CampaignState::Completed | CampaignState::Stopped);
        let unarchived = match views.iter().any(is_over) {
            true => self.store.archive_troubles().await?,
            false => BTreeMap::new(),
        };
        let mut statuses = Vec::with_capacity(views.len());
        for view in views {
            let account = self.config.providers.get(&view.account);
            let now = self.store.clock().now();
            let last_turn = self.last_turns.of(&self.store, view, now).await?;
            let mut status = status::Status::of(view, account, last_turn, now);
            if let Some(why) = self.store.waits_in_vain(view).await? {
                status.reason = why;
            }
            if view.state == CampaignState::Running && status.reason.is_empty() {
                if !troubles.contains_key(&view.account) {
                    let health = self.store.account_health(&view.account).await?;
                    troubles.insert(&view.account, health.trouble(&view.account).unwrap_or_default());
                }
                status.reason.clone_from(&troubles[&view.account]);
            }
            if let Some(trouble) = unarchived.get(&view.id).filter(|_| is_over(view)) {
                status.not_archived(trouble);
            }
            statuses.push(status);
        }
        Ok(statuses)
    }
}

/// All routes.
pub fn router(state: ApiState) -> Router {
    hooks::expect(&state);
    let hooks = Arc::new(hooks::Hooks::open(&state.config));
    let (api, mut document) = OpenApiRouter::with_openapi(openapi::document())
        .routes(routes!(campaigns::list))
        .routes(routes!(campaigns::status, campaigns::apply, remove::remove))
        .routes(routes!(campaigns::definition))
        .routes(routes!(events::events))
        .routes(routes!(upload::upload))
        .routes(routes!(contact::contact, cancel::cancel_contact, edit::edit_contact))
        .routes(routes!(cancel::cancel))
        .routes(routes!(forget::forget))
        .routes(routes!(verbs::start))
        .routes(routes!(verbs::pause))
        .routes(routes!(verbs::resume))
        .routes(routes!(verbs::stop))
        .routes(routes!(plan::plan))
        .routes(routes!(plan::ahead::ahead))
        .routes(routes!(timeline::timeline))
        .routes(routes!(search::search))
        .routes(routes!(me::me))
        .routes(routes!(release::release))
        .routes(routes!(test_call::test_call))
        .routes(routes!(export::results))
        .routes(routes!(export::attempts))
        .routes(routes!(notifications::notifications))
        .routes(routes!(notifications::replay))
        .routes(routes!(workers::workers))
        .routes(routes!(suppressions::list, suppressions::add, suppressions::remove))
        .routes(routes!(suppressions::check))
        .routes(routes!(suppressions::import::import))
        .routes(routes!(token_admin::list, token_admin::create))
        .routes(routes!(token_admin::revoke))
        .routes(routes!(providers::list))
        .routes(routes!(providers::pause))
        .routes(routes!(providers::resume))
        .route_layer(middleware::from_fn_with_state(state.clone(), auth::authorize))
        .merge(OpenApiRouter::new().routes(routes!(hooks::receive)).layer(Extension(hooks)))
        .split_for_parts();
    openapi::complete(&mut document);
    let api = api.merge(openapi::routes(&document)).merge(health::routes()).merge(dashboard::routes());
    let api = with_fallbacks(api).route_layer(middleware::from_fn(limits::in_time));
    let api = match browsers::cross_origin(&state.config.http.cors_origins) {
        Some(cross_origin) => api.layer(cross_origin),
        None => api,
    };
    observed(api, &state).with_state(state)
}

fn with_fallbacks(router: Router<ApiState>) -> Router<ApiState> {
    router.fallback(extract::no_such_path).method_not_allowed_fallback(extract::no_such_method)
}

/// What every answer has in common.
fn observed(router: Router<ApiState>, state: &ApiState) -> Router<ApiState> {
    router
        .layer(limits::body_limit())
        .layer(middleware::from_fn(browsers::careful))
        .layer(middleware::from_fn_with_state(state.clone(), requests::observe))
}

/// Serves all of it until `shutdown`, then ends the requests that are under way, for at most 10 seconds.
///
/// # Errors
/// Those of the listener.
pub async fn serve(listener: TcpListener, state: ApiState, shutdown: CancellationToken) -> io::Result<()> {
    let state = ApiState { closing: shutdown.clone(), ..state };
    server::serve(listener, router(state), shutdown).await
}

/// The same for a worker alone: just `/health`, `/ready` and `/metrics`.
///
/// # Errors
/// Those of the listener.
pub async fn serve_health(listener: TcpListener, state: ApiState, shutdown: CancellationToken) -> io::Result<()> {
    server::serve(listener, observed(with_fallbacks(health::routes()), &state).with_state(state), shutdown).await
}
