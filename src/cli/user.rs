//! `virtual-forum user`

use std::{fmt::Write, io::Read};

use anyhow::{Context, ensure};
use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::{Ground, Report};
use crate::{
    app::App,
    domain::account::{Function, LINK_HOURS, Role, User, normalise_email},
    operations::people::{self, HandedOver, Handing},
    storage::{self, functions, organisations, users},
};

#[derive(Subcommand)]
pub(super) enum Command {
    /// Make an account for a person of an organisation of this node
    #[command(after_help = "\
Examples:
  virtual-forum user create --email fp@moj.example --organisation moj --role focal-point
  virtual-forum user create --email fp@moj.example --organisation moj --role focal-point \\
      --password-stdin < password.txt")]
    Create(Create),
    /// List the accounts of this node
    List,
    /// Note which office a person holds inside a government
    Function(Office),
    /// Hand an organisation over to a new focal point. The access of the old one ends when the new
    /// one uses the link that is printed
    #[command(after_help = "\
Example:
  virtual-forum user handover --organisation moj --from old@moj.example --to new@moj.example")]
    Handover(HandOver),
    /// Make a one-time link with which a person chooses a new password
    Link(Named),
    /// End every sign-in and access token of a person
    SignOut(Named),
    /// Take the second factors of a person away who lost them: app, passkeys and recovery codes; at the
    /// next sign-in they set up a new one
    ResetSecondFactor(Named),
}

#[derive(Args)]
pub(super) struct Named {
    /// The address that the person signs in with
    #[arg(long)]
    email: String,
}

#[derive(Args)]
pub(super) struct Create {
    /// The address that the person signs in with
    #[arg(long)]
    email: String,
    /// Handle of the organisation that the person speaks for
    #[arg(long, value_name = "HANDLE")]
    organisation: String,
    /// administrator, focal-point, editor or reader
    #[arg(long)]
    role: Role,
    /// Read the password from the first line of standard input; without this, a one-time link is
    /// printed with which the person chooses one
    #[arg(long)]
    password_stdin: bool,
}

#[derive(Args)]
pub(super) struct Office {
    /// The address that the person signs in with
    #[arg(long)]
    email: String,
    /// national_coordinator, national_rapporteur or parliamentarian; none without it
    #[arg(long)]
    function: Option<Function>,
}

#[derive(Args)]
pub(super) struct HandOver {
    /// Handle of the organisation
    #[arg(long, value_name = "HANDLE")]
    organisation: String,
    /// Address of the focal point whose access ends; may be left out where there is only one
    #[arg(long, value_name = "EMAIL")]
    from: Option<String>,
    /// Address of the new focal point
    #[arg(long, value_name = "EMAIL")]
    to: String,
}

pub(super) async fn run(command: Command, ground: &mut Ground<'_>) -> anyhow::Result<Report> {
    match command {
        Command::Create(new) => {
            let password = if new.password_stdin {
                Some(first_line(ground.input)?)
            } else {
                None
            };
            create(&ground.app()?, new, password).await
        }
        Command::List => list(&ground.app()?).await,
        Command::Function(office) => set_function(&ground.app()?, office).await,
        Command::Handover(named) => hand_over(&ground.app()?, named).await,
        Command::Link(named) => link(&ground.app()?, named).await,
        Command::SignOut(named) => sign_out(&ground.app()?, named).await,
        Command::ResetSecondFactor(named) => reset_second_factor(&ground.app()?, named).await,
    }
}

/// The longest first line that is read, in bytes: a password has at most
/// 1,024 characters.
const LONGEST_LINE: u64 = 8 * 1024;

fn first_line(input: &mut dyn Read) -> anyhow::Result<String> {
    let mut text = String::new();
    input
        .take(LONGEST_LINE)
        .read_to_string(&mut text)
        .context("the password cannot be read from standard input")?;
    let line = text.lines().next().unwrap_or_default().to_owned();
    ensure!(!line.is_empty(), "there is no password on standard input");
    Ok(line)
}

async fn create(app: &App, new: Create, password: Option<String>) -> anyhow::Result<Report> {
    let handle = new.organisation.to_lowercase();
    let (user, link) =
        people::create(&app.forum, None, &new.email, &handle, new.role, password).await?;
    let link = link.map(|secret| app.forum.urls.one_time_link(&secret.0));
    let text = match &link {
        Some(link) => format!(
            "{} is {} of {handle}.\nThey choose a password here, once, within {LINK_HOURS} hours:\n{link}",
            user.email, user.role
        ),
        None => format!("{} is {} of {handle}.", user.email, user.role),
    };
    let mut object = described(&user, &handle);
    object["link"] = json!(link);
    Ok(Report::new(text, object))
}

async fn set_function(app: &App, office: Office) -> anyhow::Result<Report> {
    let email = normalise_email(&office.email)?;
    let found = app
        .forum
        .db
        .read(move |conn| users::find_by_email(conn, &email));
    let (user, _) = found.await?.context("there is no such account")?;
    people::set_function(&app.forum, None, user.id, office.function).await?;
    let word = office.function.map_or("no office", Function::name);
    Ok(Report::new(
        format!("{}: {word}.", user.email),
        json!({"email": user.email, "function": office.function}),
    ))
}

async fn hand_over(app: &App, named: HandOver) -> anyhow::Result<Report> {
    let handle = named.organisation.to_lowercase();
    let (from, by) = (named.from.as_deref(), Handing::Operator);
    Ok(
        match people::hand_over(&app.forum, by, &handle, from, &named.to).await? {
            HandedOver::Invited { handover, link } => {
                let link = app.forum.urls.handover(&link.0);
                Report::new(
                    format!(
                        "{} becomes focal point of {handle} here, once, within {LINK_HOURS} \
                         hours; until then the old one stays:\n{link}",
                        handover.email
                    ),
                    json!({"to": handover.email, "at_once": false, "link": link}),
                )
            }
            HandedOver::AtOnce(user) => Report::new(
                format!(
                    "{} is focal point of {handle} now. The access of the old one has ended.",
                    user.email
                ),
                json!({"to": user.email, "at_once": true, "link": null}),
            ),
        },
    )
}

/// An account by its address, as it was typed.
async fn find(app: &App, named: &Named) -> anyhow::Result<User> {
    let email = normalise_email(&named.email)?;
    let read = app
        .forum
        .db
        .read(move |conn| users::find_by_email(conn, &email));
    let found = read.await?.context("there is no such account")?;
    Ok(found.0)
}

async fn link(app: &App, named: Named) -> anyhow::Result<Report> {
    let user = find(app, &named).await?;
    let link = people::new_link(&app.forum, None, user.id).await?;
    let link = app.forum.urls.one_time_link(&link.0);
    Ok(Report::new(
        format!(
            "{} chooses a new password here, once, within {LINK_HOURS} hours:\n{link}",
            user.email
        ),
        json!({ "email": user.email, "link": link }),
    ))
}

async fn sign_out(app: &App, named: Named) -> anyhow::Result<Report> {
    let user = find(app, &named).await?;
    let (sessions, tokens) = people::end_everything(&app.forum, None, user.id).await?;
    Ok(Report::new(
        format!(
            "{}: {sessions} sign-ins and {tokens} access tokens have ended.",
            user.email
        ),
        json!({ "email": user.email, "sessions": sessions, "tokens": tokens }),
    ))
}

async fn reset_second_factor(app: &App, named: Named) -> anyhow::Result<Report> {
    let user = find(app, &named).await?;
    people::second_factor::reset(&app.forum, None, user.id).await?;
    Ok(Report::new(
        format!(
            "{} has no second factor any more: neither app nor passkey.",
            user.email
        ),
        json!({ "email": user.email, "second_factor": false }),
    ))
}

async fn list(app: &App) -> anyhow::Result<Report> {
    let found = app.forum.db.read(|conn| {
        let users = users::list(conn, None)?;
        let ids: Vec<_> = users.iter().map(|user| user.organisation).collect();
        let known = organisations::find_many(conn, &ids)?;
        Ok::<_, storage::Error>((users, known, functions::all(conn)?))
    });
    let (users, known, held) = found.await?;
    let mut text = String::new();
    let mut items = Vec::new();
    for user in &users {
        let handle = known
            .get(&user.organisation)
            .map_or("", |one| one.handle.as_str());
        let state = match (user.disabled, user.has_password) {
            (true, _) => "disabled",
            (false, true) => "",
            (false, false) => "no password yet",
        };
        // Writing to a String cannot fail.
        let _ = writeln!(
            text,
            "{:40} {:14} {:30} {state}",
            user.email,
            user.role.as_str(),
            handle
        );
        let mut item = described(user, handle);
        item["function"] = json!(held.get(&user.id));
        items.push(item);
    }
    if users.is_empty() {
        text.push_str("No account yet. Make one with `virtual-forum user create`.");
    }
    Ok(Report::new(text, json!({ "users": items })))
}

fn described(user: &User, handle: &str) -> Value {
    json!({
        "id": user.id.to_string(),
        "email": user.email,
        "organisation": handle,
        "role": user.role,
        "has_password": user.has_password,
        "disabled": user.disabled,
    })
}
