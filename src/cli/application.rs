//! `virtual-forum application`

use std::fmt::Write;

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::{Ground, Report};
use crate::{
    app::App,
    domain::{
        account::LINK_HOURS,
        application::{Organiser, Which, approvals_needed},
        id::ApplicationId,
        page::Window,
    },
    operations::applications::{self as verbs, Decided, Seen},
    storage::applications,
};

/// How many are listed at most, the newest first.
const MANY: i64 = 1_000;

#[derive(Subcommand)]
pub(super) enum Command {
    /// List applications for membership, the newest first
    List(Listed),
    /// Show one application with its warnings and its history
    Show(Named),
    /// Ask the applicant something
    Ask(Asked),
    /// Approve an application. Governments and international organisations need two people: the
    /// command line counts as one
    Approve(Approved),
    /// Refuse an application
    Refuse(Refused),
}

#[derive(Args)]
pub(super) struct Listed {
    /// open, submitted, asked, answered, approved, refused or withdrawn; all without it
    #[arg(long)]
    state: Option<Which>,
}

#[derive(Args)]
pub(super) struct Named {
    /// Id as in `application list`
    #[arg(long)]
    id: ApplicationId,
}

#[derive(Args)]
pub(super) struct Asked {
    /// Id as in `application list`
    #[arg(long)]
    id: ApplicationId,
    /// The applicant reads it
    #[arg(long, value_name = "TEXT")]
    question: String,
}

#[derive(Args)]
pub(super) struct Approved {
    /// Id as in `application list`
    #[arg(long)]
    id: ApplicationId,
    /// Another handle than the wished one
    #[arg(long)]
    handle: Option<String>,
}

#[derive(Args)]
pub(super) struct Refused {
    /// Id as in `application list`
    #[arg(long)]
    id: ApplicationId,
    /// The applicant reads it
    #[arg(long, value_name = "TEXT")]
    reason: String,
}

pub(super) async fn run(command: Command, ground: &Ground<'_>) -> anyhow::Result<Report> {
    let app = ground.app()?;
    match command {
        Command::List(listed) => list(&app, listed.state).await,
        Command::Show(named) => show(&app, named.id).await,
        Command::Ask(asked) => {
            verbs::ask(&app.forum, asked.id, None, &asked.question).await?;
            show(&app, asked.id).await
        }
        Command::Approve(approved) => approve(&app, approved).await,
        Command::Refuse(refused) => {
            verbs::refuse(&app.forum, refused.id, None, &refused.reason).await?;
            show(&app, refused.id).await
        }
    }
}

async fn list(app: &App, which: Option<Which>) -> anyhow::Result<Report> {
    let read = app.forum.db.read(move |conn| {
        let found = applications::list(conn, which, Window::first(MANY))?;
        verbs::see(conn, found)
    });
    let found: Vec<Seen> = read.await?;
    let mut text = String::new();
    for one in &found {
        let wish = &one.application.wish;
        // Writing to a String cannot fail.
        let _ = writeln!(
            text,
            "{} {:9} {:26} {:30} {} ({} warnings)",
            one.application.id,
            one.application.state.as_str(),
            wish.category.as_str(),
            wish.handle.as_str(),
            wish.name,
            one.warnings.len()
        );
    }
    if found.is_empty() {
        text.push_str("There is no application.");
    }
    let items: Vec<Value> = found.iter().map(described).collect();
    Ok(Report::new(text, json!({ "applications": items })))
}

async fn show(app: &App, id: ApplicationId) -> anyhow::Result<Report> {
    let seen = verbs::look(&app.forum, id).await?;
    Ok(Report::new(words(&seen), described(&seen)))
}

async fn approve(app: &App, approved: Approved) -> anyhow::Result<Report> {
    let (id, handle) = (approved.id, approved.handle.as_deref());
    let decided = verbs::approve(&app.forum, id, None, handle).await?;
    let seen = verbs::look(&app.forum, id).await?;
    let mut object = described(&seen);
    let (text, link) = match decided {
        Decided::First(_) => (
            "Your approval is recorded. An administrator must approve too.".to_owned(),
            None,
        ),
        Decided::Admitted(member) => {
            let email = &member.focal_point.email;
            let mut text = format!(
                "{} is @{}@{}.\n",
                member.organisation.name,
                member.organisation.handle,
                app.forum.urls.authority(),
            );
            let link = member.link.as_ref();
            let link = link.map(|link| app.forum.urls.one_time_link(&link.0));
            text.push_str(&match &link {
                Some(link) => format!(
                    "{email} chooses a password here, once, within {LINK_HOURS} hours:\n{link}"
                ),
                None => format!("{email} is sent a link by mail."),
            });
            (text, link)
        }
    };
    object["link"] = json!(link);
    Ok(Report::new(text, object))
}

fn words(seen: &Seen) -> String {
    let application = &seen.application;
    let wish = &application.wish;
    let mut text = String::new();
    let lines = [
        ("Name", wish.name.clone()),
        ("Handle", wish.handle.to_string()),
        ("Category", wish.category.name().to_owned()),
        ("Country", wish.country.clone().unwrap_or_default()),
        (
            "Website",
            wish.website
                .as_ref()
                .map_or_else(String::new, ToString::to_string),
        ),
        ("E-mail", wish.email.clone()),
        ("Referee", wish.referee.clone()),
        ("State", application.state.name().to_owned()),
        (
            "Approvals",
            format!("{} of {}", approvals(seen), approvals_needed(wish.category)),
        ),
        ("Reason", wish.reason.clone()),
    ];
    // Writing to a String cannot fail.
    for (name, value) in lines {
        let _ = writeln!(text, "{name:10} {}", value.replace('\n', "\n           "));
    }
    for warning in &seen.warnings {
        let _ = writeln!(text, "{:10} {}", "Warning", warning.text);
    }
    for event in &seen.events {
        let _ = writeln!(
            text,
            "{} {} {}",
            event.at.format("%Y-%m-%d %H:%M"),
            event.kind.name(),
            event.text.replace('\n', " ")
        );
    }
    text
}

fn approvals(seen: &Seen) -> u8 {
    let application = &seen.application;
    if application.organisation.is_some() {
        approvals_needed(application.wish.category)
    } else {
        u8::from(application.first_approval.is_some())
    }
}

fn described(seen: &Seen) -> Value {
    let application = &seen.application;
    let wish = &application.wish;
    let history: Vec<Value> = seen
        .events
        .iter()
        .map(|event| {
            let by = event.by.map(|by| match by {
                Organiser::Operator => "operator".to_owned(),
                Organiser::Person(user) => seen
                    .organisers
                    .get(&user)
                    .cloned()
                    .unwrap_or_else(|| user.to_string()),
            });
            json!({"kind": event.kind, "by": by, "text": event.text, "at": event.at})
        })
        .collect();
    let warnings: Vec<Value> = seen
        .warnings
        .iter()
        .map(|one| json!({"code": one.code, "text": one.text}))
        .collect();
    json!({
        "id": application.id,
        "state": application.state,
        "name": wish.name,
        "handle": wish.handle,
        "category": wish.category,
        "country": wish.country,
        "website": wish.website,
        "reason": wish.reason,
        "referee": wish.referee,
        "email": wish.email,
        "function": wish.function,
        "approvals_needed": approvals_needed(wish.category),
        "approvals": approvals(seen),
        "warnings": warnings,
        "history": history,
        "created_at": application.created_at,
        "decided_at": application.decided_at,
    })
}
