//! Who asks, and what they may.

use axum::{
    Extension,
    extract::{Request, State},
    http::{HeaderMap, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use redial_shared::domain::role::Role;

use super::{ApiState, Problem, limits, requests, tokens};

/// The role of whoever asks; every handler behind [`authorize`] can have it.
pub type Caller = Extension<Role>;

/// By which the token of whoever asks is known; every handler behind [`authorize`] can have it.
#[derive(Debug, Clone)]
pub struct TokenHash(String);

impl TokenHash {
    /// Its SHA-256, in hexadecimal.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Lets a request pass whose token may do what it asks: viewers may look, operators and admins may everything.
pub async fn authorize(State(state): State<ApiState>, mut request: Request, next: Next) -> Response {
    let (role, token) = match role_for(&state, request.headers()).await {
        Ok(known) => known,
        Err(problem) => return problem.into_response(),
    };
    if !role.sees_numbers() {
        requests::hide_numbers();
    }
    if let Err(wait) = state.limits.request(token.as_str()) {
        return limits::too_many(wait);
    }
    if !may(role, request.method()) {
        return Problem::new(StatusCode::FORBIDDEN, format!("a token with the role {role} may only look"))
            .with_hint("use a token with the role operator or admin")
            .into_response();
    }
    request.extensions_mut().insert(role);
    request.extensions_mut().insert(token);
    next.run(request).await
}

/// 403 for viewers, where looking is too much too.
///
/// # Errors
/// That.
pub fn only_operators(role: Role) -> Result<(), Problem> {
    if role >= Role::Operator {
        return Ok(());
    }
    Err(Problem::new(StatusCode::FORBIDDEN, format!("a token with the role {role} may not see this"))
        .with_hint("use a token with the role operator or admin"))
}

async fn role_for(state: &ApiState, headers: &HeaderMap) -> Result<(Role, TokenHash), Problem> {
    let unauthorized = |detail: &str| {
        Problem::new(StatusCode::UNAUTHORIZED, detail).with_hint(
            "send `Authorization: Bearer TOKEN` (`--token`, REDIAL_TOKEN); the first start of the server wrote a token \
             to `admin.token` in its data directory",
        )
    };
    let token = bearer(headers).ok_or_else(|| unauthorized("a token is needed"))?;
    let hash = TokenHash(tokens::hash_of(token));
    let role = state.store.token_role(hash.as_str()).await?;
    Ok((role.ok_or_else(|| unauthorized("the token is not known here"))?, hash))
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim()).filter(|token| !token.is_empty())
}

fn may(role: Role, method: &Method) -> bool {
    role >= Role::Operator || method.is_safe()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn viewers_look_and_operators_act() {
        for method in [Method::GET, Method::HEAD] {
            assert!(Role::ALL.iter().all(|role| may(*role, &method)));
        }
        for method in [Method::PUT, Method::POST, Method::PATCH, Method::DELETE] {
            assert!(!may(Role::Viewer, &method));
            assert!(may(Role::Operator, &method) && may(Role::Admin, &method));
        }
    }

    #[test]
    fn only_a_bearer_token_counts() {
        let token = |value: &str| {
            let headers = HeaderMap::from_iter([(header::AUTHORIZATION, value.parse().unwrap())]);
            bearer(&headers).map(str::to_owned)
        };
        assert_eq!(token("Bearer redial_x").as_deref(), Some("redial_x"));
        assert_eq!(token("bearer  redial_x ").as_deref(), Some("redial_x"));
        assert_eq!(token("Basic dXNlcg=="), None);
        assert_eq!(token("Bearer "), None);
        assert_eq!(bearer(&HeaderMap::new()), None);
    }
}
