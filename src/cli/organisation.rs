//! `virtual-forum organisation`

use std::fmt::Write;

use clap::{Args, Subcommand};
use serde_json::{Value, json};
use url::Url;

use super::{Ground, Report};
use crate::{
    app::App,
    domain::organisation::{Category, Organisation, OrganisationState},
    federation::moving,
    operations::{
        moves,
        organisations::{self, NewOrganisation},
        rotation,
    },
    storage,
};

#[derive(Subcommand)]
pub(super) enum Command {
    /// Make an organisation: an actor that others can follow
    #[command(after_help = "\
Example:
  virtual-forum organisation create --handle harbourlight --name 'Harbourlight Network' \\
      --category civil_society --country NP --summary 'Shelter and *legal aid*.'")]
    Create(Create),
    /// List this node's organisations, whatever their state
    List,
    /// Take an organisation off the network for now: it answers 410 until restored
    Suspend(Named),
    /// Bring a suspended organisation back
    Restore(Named),
    /// Name another address under which an organisation is known, so that it can move here
    Alias(Alias),
    /// Move an organisation to another address, which must name this one as its alias; its
    /// followers are asked to follow there
    Move(Move),
    /// Give an organisation new keys and tell its followers
    RotateKeys(Named),
    /// Delete an organisation for ever and tell every server that knows it
    Delete(Named),
}

#[derive(Args)]
pub(super) struct Create {
    /// 1 to 30 of a-z, 0-9, - and _; part of every address, never to be changed
    #[arg(long)]
    handle: String,
    /// The name shown to people
    #[arg(long)]
    name: String,
    /// government, international_organisation, civil_society, private_sector, academia, media or
    /// individual
    #[arg(long)]
    category: Category,
    /// ISO 3166-1 code of the country where it sits, e.g. AL
    #[arg(long, value_name = "CC")]
    country: Option<String>,
    /// What it does, in Markdown
    #[arg(long, default_value = "", hide_default_value = true)]
    summary: String,
}

#[derive(Args)]
pub(super) struct Named {
    /// The organisation's handle
    #[arg(long)]
    handle: String,
}

#[derive(Args)]
pub(super) struct Alias {
    /// The organisation's handle
    #[arg(long)]
    handle: String,
    /// The other address, e.g. https://old.example/users/office
    #[arg(long, value_name = "URI")]
    uri: Url,
    /// Take the address off again
    #[arg(long)]
    remove: bool,
}

#[derive(Args)]
pub(super) struct Move {
    /// The organisation's handle
    #[arg(long)]
    handle: String,
    /// The new address, e.g. https://new.example/orgs/office
    #[arg(long, value_name = "URI")]
    to: Url,
}

pub(super) async fn run(command: Command, ground: &Ground<'_>) -> anyhow::Result<Report> {
    let app = ground.app()?;
    match command {
        Command::Create(new) => create(&app, new).await,
        Command::List => list(&app).await,
        Command::Alias(named) => alias(&app, named).await,
        Command::Move(named) => depart(&app, named).await,
        Command::Suspend(named) => set_state(&app, named, OrganisationState::Suspended).await,
        Command::Restore(named) => set_state(&app, named, OrganisationState::Active).await,
        Command::RotateKeys(named) => rotate_keys(&app, named).await,
        Command::Delete(named) => set_state(&app, named, OrganisationState::Deleted).await,
    }
}

async fn create(app: &App, new: Create) -> anyhow::Result<Report> {
    let new = NewOrganisation {
        handle: new.handle,
        name: new.name,
        category: new.category,
        country: new.country,
        summary: new.summary,
    };
    let made = organisations::create(&app.forum, None, new).await?;
    Ok(Report::new(
        format!(
            "{} is @{}@{}, at {}",
            made.name,
            made.handle,
            app.forum.urls.authority(),
            made.url
        ),
        addresses(&made),
    ))
}

async fn list(app: &App) -> anyhow::Result<Report> {
    let all = app.forum.db.read(storage::organisations::all_local).await?;
    let mut text = String::new();
    for one in &all {
        let category = one.category.map_or("", Category::as_str);
        let state = state_word(one.state);
        // Writing to a String cannot fail.
        let _ = writeln!(
            text,
            "{:30} {:26} {:9} {}",
            one.handle, category, state, one.name
        );
    }
    if all.is_empty() {
        text.push_str("No organisation yet. Make one with `virtual-forum organisation create`.");
    }
    let items: Vec<Value> = all.iter().map(described).collect();
    Ok(Report::new(text, json!({ "organisations": items })))
}

async fn alias(app: &App, named: Alias) -> anyhow::Result<Report> {
    let aliases =
        moves::set_alias(&app.forum, None, &named.handle, named.uri, !named.remove).await?;
    let list: Vec<&str> = aliases.iter().map(Url::as_str).collect();
    Ok(Report::new(
        format!("{} is also known as: {}", named.handle, list.join(", ")),
        json!({"handle": named.handle, "also_known_as": aliases}),
    ))
}

async fn depart(app: &App, named: Move) -> anyhow::Result<Report> {
    let handle = named.handle.clone();
    let me = app.forum.db.read(move |conn| moves::local(conn, &handle));
    let old = me.await?.uri;
    let target = moving::find_destination(&app.federation, &named.to, &old).await?;
    let moved_to = target.uri.clone();
    moves::depart(&app.forum, None, &named.handle, target).await?;
    Ok(Report::new(
        format!(
            "{} has moved to {moved_to}. Its followers are told while the node runs.",
            named.handle
        ),
        json!({"handle": named.handle, "moved_to": moved_to}),
    ))
}

async fn set_state(app: &App, named: Named, state: OrganisationState) -> anyhow::Result<Report> {
    let changed = organisations::set_state(&app.forum, None, &named.handle, state).await?;
    Ok(Report::new(
        format!("{} is {} now.", changed.handle, state_word(changed.state)),
        described(&changed),
    ))
}

async fn rotate_keys(app: &App, named: Named) -> anyhow::Result<Report> {
    let rotated = rotation::rotate(&app.forum, None, &named.handle).await?;
    let mut object = addresses(&rotated);
    object["keys"] = keys_of(app, rotated.uri).await?;
    let text = format!("{} has new keys; its followers are told.", rotated.handle);
    Ok(Report::new(text, object))
}

/// The public keys of an actor of ours, as they are published.
pub(super) async fn keys_of(app: &App, owner: Url) -> anyhow::Result<Value> {
    let read = app
        .forum
        .db
        .read(move |conn| storage::keys::of_owner(conn, &owner));
    let keys = read.await?.into_iter();
    Ok(keys
        .map(|key| json!({"id": key.uri, "public_key": key.public_key}))
        .collect())
}

/// What scripts need to go on (INTERFACE.md 1).
fn addresses(organisation: &Organisation) -> Value {
    json!({
        "id": organisation.id.to_string(),
        "handle": organisation.handle,
        "uri": organisation.uri,
        "url": organisation.url,
        "inbox": organisation.endpoints.inbox,
    })
}

fn described(organisation: &Organisation) -> Value {
    let mut object = addresses(organisation);
    object["name"] = json!(organisation.name);
    object["category"] = json!(organisation.category);
    object["country"] = json!(organisation.country);
    object["state"] = json!(state_word(organisation.state));
    object
}

fn state_word(state: OrganisationState) -> &'static str {
    match state {
        OrganisationState::Active => "active",
        OrganisationState::Suspended => "suspended",
        OrganisationState::Deleted => "deleted",
    }
}
