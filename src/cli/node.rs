//! `virtual-forum node`

use std::fmt::Write;

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::{Ground, Report, organisation::keys_of};
use crate::{
    app::App,
    config::Mode,
    operations,
    storage::hosts::{self, HostPolicy, Policy},
};

#[derive(Subcommand)]
pub(super) enum Command {
    /// Exchange nothing with a server, nor with those below it
    #[command(after_help = "\
Example:
  virtual-forum node block bad.example --reason 'Posts victims names'

Every port and subdomain of a blocked host is blocked with it. A running node follows within
seconds.")]
    Block(Decision),
    /// Let a server in when `federation.mode` is `allowlist`
    Allow(Decision),
    /// Withdraw what was decided about a server
    Forget(Named),
    /// List what was decided, by host
    List,
    /// Give the node's own actor, in whose name it fetches, new keys
    RotateKeys,
}

#[derive(Args)]
pub(super) struct Decision {
    /// Host name, e.g. forum.example, or forum.example:8443 for one port
    host: String,
    /// Why, for those who run this node after you
    #[arg(long, default_value = "", hide_default_value = true)]
    reason: String,
}

#[derive(Args)]
pub(super) struct Named {
    /// Host name as in `node list`
    host: String,
}

pub(super) async fn run(command: Command, ground: &Ground<'_>) -> anyhow::Result<Report> {
    let app = ground.app()?;
    match command {
        Command::Block(decision) => decide(&app, decision, Policy::Block).await,
        Command::Allow(decision) => decide(&app, decision, Policy::Allow).await,
        Command::Forget(named) => forget(&app, named).await,
        Command::List => list(&app).await,
        Command::RotateKeys => rotate_keys(&app).await,
    }
}

fn mode(app: &App) -> Mode {
    app.config.federation.mode
}

async fn decide(app: &App, decision: Decision, policy: Policy) -> anyhow::Result<Report> {
    let Decision { host, reason } = decision;
    let decided =
        operations::hosts::decide(&app.forum, None, mode(app), &host, policy, &reason).await?;
    let text = match policy {
        Policy::Block => format!("{} is blocked.", decided.host),
        Policy::Allow => format!("{} is allowed.", decided.host),
    };
    Ok(Report::new(text, described(&decided)))
}

async fn forget(app: &App, named: Named) -> anyhow::Result<Report> {
    operations::hosts::withdraw(&app.forum, None, mode(app), &named.host).await?;
    let host = operations::hosts::normalise(&named.host)?;
    let text = format!("Nothing is decided about {host} any more.");
    Ok(Report::new(text, json!({ "host": host, "policy": null })))
}

async fn list(app: &App) -> anyhow::Result<Report> {
    let all = app.forum.db.read(hosts::list).await?;
    let mut text = String::new();
    for one in &all {
        // Writing to a String cannot fail.
        let _ = writeln!(
            text,
            "{:5} {:50} {}",
            one.policy.as_str(),
            one.host,
            one.reason
        );
    }
    if all.is_empty() {
        text.push_str("Nothing was decided about any server.");
    }
    let items: Vec<Value> = all.iter().map(described).collect();
    Ok(Report::new(text, json!({ "hosts": items })))
}

async fn rotate_keys(app: &App) -> anyhow::Result<Report> {
    let actor = operations::rotation::rotate_node(&app.forum, None).await?;
    let keys = keys_of(app, actor.clone()).await?;
    Ok(Report::new(
        "The node has new keys. A running node uses them within half a minute.",
        json!({ "uri": actor, "keys": keys }),
    ))
}

fn described(decision: &HostPolicy) -> Value {
    json!({
        "host": decision.host,
        "policy": decision.policy.as_str(),
        "reason": decision.reason,
        "created_at": decision.created_at,
    })
}
