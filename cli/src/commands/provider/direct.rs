//! What the provider itself is asked, from this machine, with its account's credentials in the configuration.

use std::path::{Path, PathBuf};

use redial_shared::provider::PollError;
use redial_worker::direct::DirectError;
use serde_json::{Map, Value, json};
use tokio::io::AsyncWriteExt;

use super::NamedArgs;
use crate::{
    failure::Failure,
    output,
    processes::{Direct, Settings},
    render,
};

/// A question to a provider.
#[derive(Debug, clap::Subcommand)]
pub enum DirectVerb {
    /// Make one harmless request with an account's credentials and say what is wrong
    Check(NamedArgs),
    /// Tell whether people are there to take calls (livecall)
    Availability(NamedArgs),
    /// The people who take calls (livecall)
    #[command(subcommand)]
    Users(UsersVerb),
    /// What is noted of a caller (ccai)
    #[command(subcommand)]
    CustomerFlag(CustomerFlagVerb),
    /// Download a call's recording (livecall)
    Recording {
        /// The account
        name: String,
        /// The provider's id of the call
        call: String,
        /// Where to write it
        #[arg(short, long, value_name = "FILE")]
        output: PathBuf,
    },
}

/// What to do with the people who take calls.
#[derive(Debug, clap::Subcommand)]
pub enum UsersVerb {
    /// List them
    List {
        /// The account
        account: String,
    },
    /// Add one
    Add {
        /// The account
        account: String,
        /// Their name
        #[arg(long)]
        name: String,
        /// Their number
        #[arg(long)]
        phone: String,
    },
    /// Change one
    Update {
        /// The account
        account: String,
        /// The provider's id of the person
        id: String,
        /// Their name
        #[arg(long)]
        name: Option<String>,
        /// Their number
        #[arg(long)]
        phone: Option<String>,
    },
    /// Remove one
    Remove {
        /// The account
        account: String,
        /// The provider's id of the person
        id: String,
    },
}

/// What to do with a caller's flags.
#[derive(Debug, clap::Subcommand)]
pub enum CustomerFlagVerb {
    /// Show them
    Get {
        /// The account
        account: String,
        /// The provider's id of a call
        call: String,
    },
    /// Set some: `bad_actor=true`
    Set {
        /// The account
        account: String,
        /// The provider's id of a call
        call: String,
        /// `verified_customer`, `bad_actor`, `repeat_customer`
        #[arg(required = true, value_name = "FLAG=true|false", value_parser = flag)]
        flags: Vec<(String, String)>,
    },
}

/// Asks and prints the answer as JSON.
///
/// # Errors
/// Exit code 2 for an account or argument that is no good, 1 when the provider does not answer or refuses.
pub async fn run(verb: &DirectVerb, settings: &Settings) -> Result<(), Failure> {
    match verb {
        DirectVerb::Check(args) => {
            settings.direct(&args.name)?.check().await.map_err(of_check)?;
            let good = json!({ "provider": args.name, "state": "ok" });
            output::line(&if args.json { good.to_string() } else { format!("{} answers: ok", args.name) })
        }
        DirectVerb::Availability(args) => ask(settings, &args.name, "availability", &[]).await,
        DirectVerb::Users(verb) => users(verb, settings).await,
        DirectVerb::CustomerFlag(CustomerFlagVerb::Get { account, call }) => {
            ask(settings, account, "customer_flag_get", &[("call", call)]).await
        }
        DirectVerb::CustomerFlag(CustomerFlagVerb::Set { account, call, flags }) => {
            let flags = flags.iter().map(|(flag, value)| (flag.as_str(), value));
            let args: Vec<_> = flags.chain([("call", call)]).collect();
            ask(settings, account, "customer_flag_set", &args).await
        }
        DirectVerb::Recording { name, call, output } => recording(&settings.direct(name)?, call, output).await,
    }
}

/// Nothing harmless is at a wrong address, and nobody answers there.
fn of_check(error: DirectError) -> Failure {
    let is_elsewhere = match &error {
        DirectError::Refused { cause: PollError::Failed { message }, .. } => {
            message.starts_with("HTTP 404") || message.starts_with("no answer")
        }
        _ => false,
    };
    let failure = Failure::from(error);
    if is_elsewhere {
        failure.hint("look at the account's `base_url`, and what else makes the address up")
    } else {
        failure
    }
}

async fn users(verb: &UsersVerb, settings: &Settings) -> Result<(), Failure> {
    match verb {
        UsersVerb::List { account } => ask(settings, account, "users_list", &[]).await,
        UsersVerb::Add { account, name, phone } => {
            ask(settings, account, "users_add", &[("name", name), ("phone", phone)]).await
        }
        UsersVerb::Update { account, id, name, phone } => {
            let given = [("name", name.as_ref()), ("phone", phone.as_ref())];
            let given = given.into_iter().filter_map(|(key, value)| Some((key, value?)));
            ask(settings, account, "users_update", &given.chain([("id", id)]).collect::<Vec<_>>()).await
        }
        UsersVerb::Remove { account, id } => ask(settings, account, "users_remove", &[("id", id)]).await,
    }
}

async fn ask(settings: &Settings, account: &str, operation: &str, args: &[(&str, &String)]) -> Result<(), Failure> {
    let answer = settings.direct(account)?.operation(operation, &table(args)).await?;
    output::line(&serde_json::to_string_pretty(&answer).expect("JSON can be written"))
}

/// The address of a recording is good for a short time: it is used at once, and shown to nobody.
async fn recording(account: &Direct, call: &str, file: &Path) -> Result<(), Failure> {
    let address = account.operation("recording", &table(&[("call", &call.to_owned())])).await?;
    let address = address.as_str().ok_or_else(|| Failure::failed("the provider gave no address of the recording"))?;
    let mut answer = account.download(address).await?;
    let cannot = |error: std::io::Error| Failure::failed(format_args!("cannot write {}: {error}", file.display()));
    let mut out = tokio::fs::File::create(file).await.map_err(cannot)?;
    let mut bytes = 0;
    while let Some(chunk) = answer.chunk().await.map_err(|_| Failure::failed("the recording broke off: ask again"))? {
        out.write_all(&chunk).await.map_err(cannot)?;
        bytes += chunk.len() as u64;
    }
    out.sync_all().await.map_err(cannot)?;
    output::line(&format!("{}: {} bytes", file.display(), render::count(bytes)))
}

fn table(args: &[(&str, &String)]) -> Map<String, Value> {
    args.iter().map(|(key, value)| ((*key).to_owned(), Value::from(value.as_str()))).collect()
}

fn flag(text: &str) -> Result<(String, String), String> {
    let (flag, value) = text.split_once('=').ok_or("write FLAG=true or FLAG=false")?;
    Ok((flag.to_owned(), value.to_owned()))
}
