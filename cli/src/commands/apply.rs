//! `redial apply FILE…`

use std::path::PathBuf;

use reqwest::{Method, header};

use crate::{api::Applied, client::Client, failure::Failure, output, processes};

/// Arguments of `redial apply`.
#[derive(Debug, clap::Args)]
pub struct ApplyArgs {
    /// Campaign definitions (TOML)
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Print one JSON object a campaign
    #[arg(long)]
    json: bool,
}

/// Sends every definition, after all of them have been found good.
///
/// # Errors
/// Exit code 2 when a file cannot be read or is no good definition, 3 without a server.
pub async fn run(args: &ApplyArgs, client: &Client) -> Result<(), Failure> {
    let mut definitions = Vec::with_capacity(args.files.len());
    for file in &args.files {
        let text = tokio::fs::read_to_string(file)
            .await
            .map_err(|error| Failure::usage(format_args!("cannot read {}: {error}", file.display())))?;
        definitions.push((processes::campaign_name(file, &text)?, file, text));
    }
    for (name, file, text) in definitions {
        let applied = apply(client, name.as_str(), text.clone()).await;
        let answer = applied.map_err(|failure| failure.placed(|key| processes::place_of(file, &text, key)))?;
        if args.json {
            output::line(&answer)?;
        } else {
            let applied: Applied = client.read(&answer)?;
            output::line(&format!("{}: {}", applied.campaign, applied.result))?;
        }
    }
    Ok(())
}

/// Sends one definition and gives the answer's text.
///
/// # Errors
/// As [`Client::text`].
pub async fn apply(client: &Client, name: &str, definition: String) -> Result<String, Failure> {
    let request = client.request(Method::PUT, &["campaigns", name]);
    client.text(request.header(header::CONTENT_TYPE, "application/toml").body(definition)).await
}
