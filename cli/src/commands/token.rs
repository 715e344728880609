//! `redial token create|list|revoke`

use redial_shared::domain::{role::Role, units::Span};
use reqwest::Method;
use serde_json::json;

use crate::{
    api::{NewToken, Token, Tokens},
    client::Client,
    failure::Failure,
    output, render,
    render::table::{Align, table},
};

/// Verbs of `redial token`.
#[derive(Debug, clap::Subcommand)]
pub enum TokenVerb {
    /// Make a token and print it; it is not shown again
    Create(CreateArgs),
    /// List the tokens that are good for something
    List(ListArgs),
    /// Make a token good for nothing
    Revoke(RevokeArgs),
}

/// Arguments of `redial token create`.
#[derive(Debug, clap::Args)]
pub struct CreateArgs {
    /// What its bearer may do: viewer, operator or admin
    #[arg(long)]
    role: Role,
    /// What it is for, in lists
    #[arg(long, default_value = "")]
    name: String,
    /// For how long it is good, like 30d [default: until it is revoked]
    #[arg(long, value_name = "DURATION")]
    expires: Option<Span>,
    /// Print the answer as JSON
    #[arg(long)]
    json: bool,
}

/// Arguments of `redial token list`.
#[derive(Debug, clap::Args)]
pub struct ListArgs {
    /// Print the answer as JSON
    #[arg(long)]
    json: bool,
}

/// Arguments of `redial token revoke`.
#[derive(Debug, clap::Args)]
pub struct RevokeArgs {
    /// The token's id, as the list tells it
    #[arg(value_parser = clap::builder::NonEmptyStringValueParser::new())]
    id: String,
    /// Print the answer as JSON
    #[arg(long)]
    json: bool,
}

/// Makes, lists or revokes tokens. A new token alone goes to stdout.
///
/// # Errors
/// Exit code 1 without an admin's token or for an unknown id, 3 without a server.
pub async fn run(verb: &TokenVerb, client: &Client) -> Result<(), Failure> {
    match verb {
        TokenVerb::Create(args) => create(args, client).await,
        TokenVerb::List(args) => list(args, client).await,
        TokenVerb::Revoke(args) => revoke(args, client).await,
    }
}

async fn create(args: &CreateArgs, client: &Client) -> Result<(), Failure> {
    let expires = args.expires.map(|expires| expires.to_string());
    let body = json!({ "role": args.role.as_str(), "name": args.name, "expires": expires });
    let answer = client.text(client.request(Method::POST, &["tokens"]).json(&body)).await?;
    if args.json {
        return output::line(&answer);
    }
    let new: NewToken = client.read(&answer)?;
    output::line(&new.token)
}

async fn list(args: &ListArgs, client: &Client) -> Result<(), Failure> {
    let answer = client.text(client.request(Method::GET, &["tokens"])).await?;
    if args.json {
        return output::line(&answer);
    }
    let Tokens { tokens } = client.read(&answer)?;
    output::text(&shown(&tokens))
}

async fn revoke(args: &RevokeArgs, client: &Client) -> Result<(), Failure> {
    let answer = client.text(client.request(Method::DELETE, &["tokens", &args.id])).await?;
    if args.json {
        return output::line(&answer);
    }
    output::line(&format!("{}: revoked", args.id))
}

fn shown(tokens: &[Token]) -> String {
    let columns = [
        ("ID", Align::Left),
        ("ROLE", Align::Left),
        ("NAME", Align::Left),
        ("MADE", Align::Left),
        ("EXPIRES", Align::Left),
    ];
    let row = |token: &Token| {
        vec![
            token.id.clone(),
            token.role.clone(),
            render::printable(&token.name),
            render::instant(token.created_at),
            token.expires_at.map_or_else(|| "never".to_owned(), render::instant),
        ]
    };
    table(&columns, &tokens.iter().map(row).collect::<Vec<_>>())
}
