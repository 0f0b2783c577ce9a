//! `virtual-forum token`

use clap::{Args, Subcommand};
use serde_json::json;

use super::{Ground, Report};
use crate::{domain::account::Scopes, operations::people};

#[derive(Subcommand)]
pub(super) enum Command {
    /// Make an OAuth access token with which a program acts for a person
    #[command(after_help = "\
Example:
  virtual-forum token create --email fp@moj.example --scopes 'read write follow'

The token is shown once and stored as a hash. It ends when the account is disabled.")]
    Create(Create),
}

#[derive(Args)]
pub(super) struct Create {
    /// The account that the program acts for
    #[arg(long)]
    email: String,
    /// Scopes as Mastodon names them, in one argument: read, write, follow, admin:read, admin:write…
    #[arg(long, default_value = "read")]
    scopes: Scopes,
}

pub(super) async fn run(command: Command, ground: &Ground<'_>) -> anyhow::Result<Report> {
    let Command::Create(new) = command;
    let app = ground.app()?;
    let token = people::create_token(&app.forum, None, &new.email, &new.scopes).await?;
    Ok(Report::new(
        token.0.clone(),
        json!({ "access_token": token.0, "scope": new.scopes.to_string() }),
    ))
}
