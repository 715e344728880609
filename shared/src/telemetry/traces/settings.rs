//! Where traces go: OpenTelemetry's own environment variables, so that Redial is set up as everything else is.

use std::{collections::HashMap, time::Duration};

use http::{HeaderMap, HeaderName, HeaderValue};
use url::Url;

/// How long a collector may take, unless told.
const TIMEOUT: Duration = Duration::from_secs(10);

/// What the environment says of traces.
#[derive(Debug, Clone)]
pub struct TraceSettings {
    /// Where spans are posted.
    pub endpoint: Url,
    /// Sent along; they may hold a secret, and are never shown.
    pub headers: HeaderMap,
    /// How long the collector may take.
    pub timeout: Duration,
    /// The part of traces that is kept, 0 to 1.
    pub ratio: f64,
    /// What the process is called.
    pub service: String,
}

/// Why the environment's settings of traces are no good. Values are not told: they may hold a secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("environment variable {variable}: {cause}")]
pub struct BadTraceSettings {
    /// Which variable.
    pub variable: &'static str,
    /// What is wrong with it.
    pub cause: &'static str,
}

impl TraceSettings {
    /// Reads them; none: nobody wants traces.
    ///
    /// # Errors
    /// Names the variable that is no good.
    pub fn of(environment: impl IntoIterator<Item = (String, String)>) -> Result<Option<Self>, BadTraceSettings> {
        let is_ours = |(name, value): &(String, String)| name.starts_with("OTEL_") && !value.trim().is_empty();
        let variables: HashMap<String, String> = environment.into_iter().filter(is_ours).collect();
        let get = |name: &str| variables.get(name).map(|value| value.trim());
        let either = |own, general| get(own).map(|value| (own, value)).or(get(general).map(|value| (general, value)));
        let is_off = get("OTEL_SDK_DISABLED").is_some_and(|value| value.eq_ignore_ascii_case("true"))
            || get("OTEL_TRACES_EXPORTER") == Some("none");
        let endpoint = match (get(TRACES_ENDPOINT), get(ENDPOINT)) {
            _ if is_off => return Ok(None),
            (Some(url), _) => address(TRACES_ENDPOINT, url)?,
            (None, Some(url)) => address(ENDPOINT, &format!("{}/v1/traces", url.trim_end_matches('/')))?,
            (None, None) => return Ok(None),
        };
        if let Some((variable, "grpc")) = either("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL") {
            return Err(BadTraceSettings {
                variable,
                cause: "Redial speaks http/json: give the collector's HTTP port (4318)",
            });
        }
        let sent_along = either("OTEL_EXPORTER_OTLP_TRACES_HEADERS", "OTEL_EXPORTER_OTLP_HEADERS");
        let timeout = either("OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "OTEL_EXPORTER_OTLP_TIMEOUT");
        Ok(Some(Self {
            endpoint,
            headers: sent_along.map_or(Ok(HeaderMap::new()), |(variable, text)| headers(variable, text))?,
            timeout: timeout.map_or(Ok(TIMEOUT), |(variable, text)| milliseconds(variable, text))?,
            ratio: ratio(get(SAMPLER), get(SAMPLER_ARG))?,
            service: get("OTEL_SERVICE_NAME").unwrap_or("redial").to_owned(),
        }))
    }
}

const ENDPOINT: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";
const TRACES_ENDPOINT: &str = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT";
const SAMPLER: &str = "OTEL_TRACES_SAMPLER";
const SAMPLER_ARG: &str = "OTEL_TRACES_SAMPLER_ARG";

fn address(variable: &'static str, url: &str) -> Result<Url, BadTraceSettings> {
    let cause = "not an address like http://127.0.0.1:4318";
    let url = Url::parse(url).ok().filter(|url| ["http", "https"].contains(&url.scheme()) && url.has_host());
    url.ok_or(BadTraceSettings { variable, cause })
}

/// `name=value,name=value`, percent-encoded.
fn headers(variable: &'static str, text: &str) -> Result<HeaderMap, BadTraceSettings> {
    let bad = || BadTraceSettings { variable, cause: "not headers like name=value,name=value" };
    let mut headers = HeaderMap::new();
    for pair in text.split(',').filter(|pair| !pair.trim().is_empty()) {
        let (name, value) = pair.split_once('=').ok_or_else(bad)?;
        let name = HeaderName::from_bytes(name.trim().as_bytes()).map_err(|_| bad())?;
        // A plus sign is itself here, unlike in a form.
        let form = format!("v={}", value.trim().replace('+', "%2B").replace('&', "%26"));
        let value = url::form_urlencoded::parse(form.as_bytes()).next().map(|(_, value)| value.into_owned());
        let mut value = HeaderValue::try_from(value.unwrap_or_default()).map_err(|_| bad())?;
        value.set_sensitive(true);
        headers.insert(name, value);
    }
    Ok(headers)
}

fn milliseconds(variable: &'static str, text: &str) -> Result<Duration, BadTraceSettings> {
    let time = text.parse().ok().filter(|ms| (1..=600_000).contains(ms)).map(Duration::from_millis);
    time.ok_or(BadTraceSettings { variable, cause: "not a number of milliseconds, 600000 at most" })
}

fn ratio(sampler: Option<&str>, argument: Option<&str>) -> Result<f64, BadTraceSettings> {
    let named = sampler.map(|name| name.trim_start_matches("parentbased_"));
    match named {
        Some("always_off") => Ok(0.0),
        Some("always_on") => Ok(1.0),
        None | Some("traceidratio") => match argument.map(str::parse::<f64>) {
            None => Ok(1.0),
            Some(Ok(ratio)) if (0.0..=1.0).contains(&ratio) => Ok(ratio),
            Some(_) => Err(BadTraceSettings { variable: SAMPLER_ARG, cause: "not a number from 0 to 1" }),
        },
        Some(_) => Err(BadTraceSettings {
            variable: SAMPLER,
            cause: "not one of always_on, always_off, traceidratio, with parentbased_ before it or without",
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)]) -> Result<Option<TraceSettings>, BadTraceSettings> {
        TraceSettings::of(variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())))
    }

    #[test]
    fn without_an_endpoint_there_are_no_traces() {
        assert!(read(&[("OTEL_SERVICE_NAME", "calls")]).unwrap().is_none());
        assert!(read(&[(ENDPOINT, "http://c:4318"), ("OTEL_SDK_DISABLED", "true")]).unwrap().is_none());
    }

    #[test]
    fn the_usual_variables_count_and_those_of_traces_alone_win() {
        let settings = read(&[
            (ENDPOINT, "http://collector:4318/"),
            ("OTEL_EXPORTER_OTLP_HEADERS", "authorization=Bearer%20a+b%3D,x-tenant = calls"),
            ("OTEL_SERVICE_NAME", "calls"),
            (SAMPLER_ARG, "0.1"),
        ]);
        let settings = settings.unwrap().unwrap();
        assert_eq!(settings.endpoint.as_str(), "http://collector:4318/v1/traces");
        assert_eq!(settings.headers["authorization"], "Bearer a+b=");
        assert_eq!(settings.headers["x-tenant"], "calls");
        assert!(!format!("{settings:?}").contains("Bearer"), "headers are not shown");
        assert_eq!((settings.service.as_str(), settings.ratio, settings.timeout), ("calls", 0.1, TIMEOUT));
        let own = read(&[(ENDPOINT, "http://a"), (TRACES_ENDPOINT, "http://b/spans"), (SAMPLER, "always_off")]);
        let own = own.unwrap().unwrap();
        assert_eq!((own.endpoint.as_str(), own.ratio), ("http://b/spans", 0.0));
    }

    #[test]
    fn what_is_wrong_is_named_without_its_value() {
        for (variable, value) in [
            (ENDPOINT, "collector:4318"),
            ("OTEL_EXPORTER_OTLP_HEADERS", "secret"),
            ("OTEL_EXPORTER_OTLP_TIMEOUT", "soon"),
            ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"),
            (SAMPLER, "some"),
            (SAMPLER_ARG, "2"),
        ] {
            let error = read(&[(TRACES_ENDPOINT, "http://c"), (variable, value)]);
            let error = if variable == ENDPOINT { read(&[(variable, value)]) } else { error };
            let error = error.unwrap_err();
            assert_eq!(error.variable, variable);
            assert!(!error.to_string().contains("secret"), "{error}");
        }
    }
}
