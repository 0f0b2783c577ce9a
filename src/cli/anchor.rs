//! `virtual-forum anchor`

use clap::{Args, Subcommand};
use serde_json::json;

use super::{Ground, Report};
use crate::{
    operations::accreditations::{self, AccreditationError},
    storage::accreditations::StoredAnchor,
};

#[derive(Subcommand)]
pub(super) enum Command {
    /// Make the key with which this node accredits organisations and nodes, once
    #[command(after_help = "\
Example:
  virtual-forum anchor create --name 'Forum secretariat'

Nobody trusts an anchor until an operator lists its did under `trust.anchors`; that goes for
this node, too. The key stays in the database: back it up.")]
    Create(Create),
    /// Show this node's anchor
    Show,
}

#[derive(Args)]
pub(super) struct Create {
    /// What the anchor is called, one line
    #[arg(long)]
    name: String,
}

pub(super) async fn run(command: Command, ground: &Ground<'_>) -> anyhow::Result<Report> {
    let app = ground.app()?;
    let anchor = match command {
        Command::Create(new) => accreditations::create_anchor(&app.forum, None, &new.name).await?,
        Command::Show => accreditations::anchor(&app.forum)
            .await?
            .ok_or(AccreditationError::NoAnchor)?,
    };
    Ok(described(&anchor))
}

fn described(anchor: &StoredAnchor) -> Report {
    let StoredAnchor { did, name, .. } = anchor;
    Report::new(
        format!(
            "{name}: {did}\nWhoever trusts it writes under [trust]: \
             anchors = [{{ name = {name:?}, did = \"{did}\" }}]"
        ),
        json!({ "did": did.as_str(), "name": name }),
    )
}
