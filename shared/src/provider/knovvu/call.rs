//! `POST /v2/call`: the body, field by field as on the page, and its answer.

use http::Uri;
use secrecy::ExposeSecret;
use serde::Serialize;
use serde_json::Value;

use super::{
    fields::{CallFields, EndUserFields},
    results::find_id,
};
use crate::{
    domain::Outcome,
    provider::{
        CallRequest, CompiledCall, DialAnswer, HttpAnswer, HttpRequest, Refusal,
        field::{TextField, Values, hook_url_for},
        message::describe,
    },
};

/// A larger body means that a column holds something that no call needs.
const BODY_MAX_BYTES: usize = 256 * 1024;
/// The parameter that holds the number the called person sees.
pub(super) const DISPLAY_NUMBER: &str = "_DisplayNumber";
/// The parameter that holds the number to call.
pub(super) const DESTINATION: &str = "_Destination";

/// A campaign's calls through one account.
pub(super) struct KnovvuCall {
    uri: Uri,
    fields: CallFields,
}

/// In the order of the page's example.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Body<'a> {
    project: String,
    conversation_id: &'a str,
    access_token: &'a str,
    scenario_path: String,
    orchestrator_url: String,
    tenant: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    end_user: Option<EndUser>,
    #[serde(skip_serializing_if = "Option::is_none")]
    locale: Option<String>,
    scenario_input_parameters: Vec<Parameter<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    result_destination: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    send_result_immediately: Option<bool>,
}

#[derive(Serialize, PartialEq, Default)]
#[serde(rename_all = "PascalCase")]
struct EndUser {
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    phone: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Parameter<'a> {
    name: &'a str,
    value: String,
}

impl KnovvuCall {
    pub fn new(uri: Uri, fields: CallFields) -> Self {
        Self { uri, fields }
    }

    fn body<'a>(&'a self, request: &CallRequest<'_>, values: &'a Values<'_>) -> Result<Body<'a>, Refusal> {
        Ok(Body {
            project: self.fields.project.render_required(values)?,
            conversation_id: values.attempt(),
            access_token: self.fields.access_token.expose_secret(),
            scenario_path: self.fields.scenario_path.render_required(values)?,
            orchestrator_url: self.fields.orchestrator_url.render_required(values)?,
            tenant: self.fields.tenant.render_required(values)?,
            end_user: self.fields.end_user.as_ref().map(|fields| end_user(fields, values)).transpose()?.flatten(),
            locale: render(self.fields.locale.as_ref(), values)?,
            scenario_input_parameters: self.parameters(request, values)?,
            result_destination: match &self.fields.result_destination {
                Some(given) => given.render_optional(values)?,
                None => request.hook_url.map(|hook_url| hook_url_for(hook_url, request.attempt)),
            },
            send_result_immediately: match &self.fields.send_result_immediately {
                Some(field) => field.render(values)?,
                None => None,
            },
        })
    }

    fn parameters<'a>(&'a self, request: &CallRequest<'_>, values: &Values<'_>) -> Result<Vec<Parameter<'a>>, Refusal> {
        let no_national_form = || Refusal::Contact {
            outcome: Outcome::InvalidNumber,
            provider_status: String::new(),
            message: "the number has no national form".into(),
        };
        let destination = self.fields.destination_format.write(request.number).ok_or_else(no_national_form)?;
        let mut parameters = Vec::with_capacity(2 + self.fields.variables.len());
        parameters.push(Parameter { name: DISPLAY_NUMBER, value: self.fields.display_number.render_required(values)? });
        parameters.push(Parameter { name: DESTINATION, value: destination });
        for (name, field) in &self.fields.variables {
            if let Some(value) = field.render_optional(values)? {
                parameters.push(Parameter { name, value });
            }
        }
        Ok(parameters)
    }
}

impl CompiledCall for KnovvuCall {
    fn request(&self, request: &CallRequest<'_>) -> Result<HttpRequest, Refusal> {
        let too_large = || Refusal::Contact {
            outcome: Outcome::Error,
            provider_status: String::new(),
            message: format!("the call's data exceed {BODY_MAX_BYTES} bytes"),
        };
        let values = Values::of(request);
        let body = serde_json::to_vec(&self.body(request, &values)?).map_err(|_| too_large())?;
        if body.len() > BODY_MAX_BYTES {
            return Err(too_large());
        }
        // The page's `--header 'Project;'` is curl's way to send a header without a value.
        Ok(HttpRequest::post_json(self.uri.clone(), body).with_empty_header("project"))
    }

    fn answer(&self, answer: &HttpAnswer<'_>) -> DialAnswer {
        let message = || describe(answer.status, answer.body, &[self.fields.access_token.expose_secret()]);
        match answer.status {
            200..=299 => match answer.json::<Value>().as_ref().and_then(find_id) {
                Some(call_id) => DialAnswer::Accepted { call_id },
                None => DialAnswer::InDoubt { status: format!("HTTP {} without UniqueId", answer.status) },
            },
            429 => DialAnswer::Throttled { retry_after: answer.retry_after() },
            503 if answer.retry_after().is_some() => DialAnswer::Throttled { retry_after: answer.retry_after() },
            401 | 403 => DialAnswer::Refused(Refusal::Account { message: message() }),
            // Not the address of the API: whatever redirects does not dial.
            301 | 302 | 307 | 308 => DialAnswer::Refused(Refusal::Account {
                message: format!(
                    "HTTP {}: base_url is redirected elsewhere; write the address it leads to",
                    answer.status
                ),
            }),
            // A gateway's 408 says as little about the call as its 504.
            408 => DialAnswer::InDoubt { status: message() },
            400..=499 => DialAnswer::Refused(Refusal::Campaign { message: message() }),
            _ => DialAnswer::InDoubt { status: message() },
        }
    }
}

fn end_user(fields: &EndUserFields, values: &Values<'_>) -> Result<Option<EndUser>, Refusal> {
    let end_user = EndUser {
        name: render(fields.name.as_ref(), values)?,
        phone: render(fields.phone.as_ref(), values)?,
        email: render(fields.email.as_ref(), values)?,
    };
    Ok(Some(end_user).filter(|end_user| *end_user != EndUser::default()))
}

fn render(field: Option<&TextField>, values: &Values<'_>) -> Result<Option<String>, Refusal> {
    field.map_or(Ok(None), |field| field.render_optional(values))
}
