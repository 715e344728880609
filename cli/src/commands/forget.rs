//! `redial forget NUMBER…`

use reqwest::Method;

use crate::{
    api::{Forgotten, ForgottenContacts, ForgottenNumber},
    client::Client,
    failure::Failure,
    output, render,
};

/// Arguments of `redial forget`.
#[derive(Debug, clap::Args)]
pub struct ForgetArgs {
    /// Numbers in E.164: +12025550123
    #[arg(required = true, value_name = "NUMBER")]
    numbers: Vec<String>,
    /// Take them off do-not-call lists too; without it, who asked not to be called is still not called
    #[arg(long)]
    suppressions: bool,
    /// Print the answer as JSON
    #[arg(long)]
    json: bool,
}

/// Erases everybody who has one of the numbers, and says what was erased.
///
/// # Errors
/// Exit code 1 when somebody is on a call and could not be erased, or the token is no admin's; 2 for what is no number; 3
/// without a server.
pub async fn run(args: &ForgetArgs, client: &Client) -> Result<(), Failure> {
    let request = client.request(Method::POST, &["forget"]);
    let body = serde_json::json!({ "numbers": args.numbers, "suppressions": args.suppressions });
    let answer = client.text(request.json(&body)).await?;
    let Forgotten { forgotten } = client.read(&answer)?;
    if args.json {
        output::line(&answer)?;
    } else {
        forgotten.iter().flat_map(|number| told(number, args.suppressions)).try_for_each(|line| output::line(&line))?;
    }
    let on_call: u64 = forgotten.iter().flat_map(|number| &number.campaigns).map(|campaign| campaign.on_call).sum();
    if on_call == 0 {
        return Ok(());
    }
    let told = format!("{} not erased: a call goes on, or may", render::plural(on_call, "contact"));
    Err(Failure::failed(told).hint("say it again when the call has ended"))
}

fn told(number: &ForgottenNumber, taken_off: bool) -> Vec<String> {
    let ForgottenNumber { number, campaigns, suppressions } = number;
    let mut lines: Vec<String> =
        campaigns.iter().map(|one| format!("{number}  {}: {}", one.campaign, erased(one))).collect();
    if campaigns.is_empty() {
        lines.push(format!("{number}  in no campaign"));
    }
    let lists = render::plural(*suppressions, "do-not-call list");
    match (*suppressions, taken_off) {
        (0, _) => {}
        (_, true) => lines.push(format!("{number}  taken off {lists}")),
        (_, false) => lines.push(format!("{number}  still on {lists} (--suppressions takes it off)")),
    }
    lines
}

/// What was erased in one campaign.
fn erased(one: &ForgottenContacts) -> String {
    let contacts = format!("{} erased", render::plural(one.erased, "contact"));
    let has = if one.calls_erased == 1 { "it has" } else { "they have" };
    let calls = format!(
        "of {} only the calls to it erased: {has} other numbers now",
        render::plural(one.calls_erased, "contact")
    );
    match (one.erased, one.calls_erased) {
        (_, 0) => contacts,
        (0, _) => calls,
        _ => format!("{contacts}; {calls}"),
    }
}
