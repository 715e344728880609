//! `redial edit CAMPAIGN CONTACT …`

use redial_shared::domain::CampaignName;
use reqwest::Method;
use serde_json::{Map, Value, json};

use crate::{api::EditedContact, client::Client, failure::Failure, output};

/// Arguments of `redial edit`.
#[derive(Debug, clap::Args)]
pub struct EditArgs {
    /// The campaign's name
    campaign: CampaignName,
    /// The contact, by id or number
    #[arg(value_parser = clap::builder::NonEmptyStringValueParser::new())]
    contact: String,
    /// Give an attribute a value, or none: first_name=Ann, note=; can be repeated
    #[arg(long = "set", value_name = "NAME=VALUE", value_parser = super::call::name_and_value)]
    attributes: Vec<(String, String)>,
    /// All its numbers from now on, in E.164, in the order in which they are tried; can be repeated
    #[arg(long = "phone", value_name = "NUMBER")]
    phones: Vec<String>,
    /// Its time zone: Europe/Paris; `-`: its numbers tell
    #[arg(long, value_name = "ZONE")]
    timezone: Option<String>,
    /// 1 first … 9 last
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(1..=9))]
    priority: Option<u8>,
    /// Before this time it is not called: 2026-12-01T09:00:00+01:00; `-`: at any time
    #[arg(long, value_name = "TIME")]
    not_before: Option<String>,
    /// Print the answer as JSON
    #[arg(long)]
    json: bool,
}

/// Changes a contact and says what follows.
///
/// # Errors
/// Exit code 1 when there is no such campaign or contact, or another contact has the number; 2 for a value that no list could
/// have; 3 without a server.
pub async fn run(args: &EditArgs, client: &Client) -> Result<(), Failure> {
    let (campaign, patch) = (args.campaign.as_str(), patch(args));
    if patch.is_empty() {
        return Err(
            Failure::usage("nothing is to change").hint("say what: --set first_name=Ann, --phone, --timezone, …")
        );
    }
    let request = client.request(Method::PATCH, &["campaigns", campaign, "contacts", &args.contact]);
    let answer = client.text(request.json(&patch)).await?;
    if args.json {
        return output::line(&answer);
    }
    let EditedContact { contact_id, changed, note } = client.read(&answer)?;
    let what = if changed { "changed" } else { "unchanged" };
    output::line(&format!("{campaign}: {contact_id} {what}: {note}"))
}

fn patch(args: &EditArgs) -> Map<String, Value> {
    let or_null = |text: &String| if text == "-" { Value::Null } else { text.as_str().into() };
    let mut patch = Map::new();
    let mut set = |key: &str, value: Option<Value>| drop(value.map(|value| patch.insert(key.to_owned(), value)));
    set("phones", (!args.phones.is_empty()).then(|| json!(args.phones)));
    set("timezone", args.timezone.as_ref().map(or_null));
    set("priority", args.priority.map(Value::from));
    set("not_before", args.not_before.as_ref().map(or_null));
    let attributes: Map<String, Value> =
        args.attributes.iter().map(|(name, value)| (name.clone(), value.as_str().into())).collect();
    set("attributes", (!attributes.is_empty()).then(|| attributes.into()));
    patch
}
