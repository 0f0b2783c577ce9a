//! `virtual-forum report`

use std::{collections::HashMap, fmt::Write};

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::{Ground, Report as Outcome};
use crate::{
    app::App,
    domain::{
        id::{OrganisationId, ReportId},
        organisation::Organisation,
        page::Window,
        report::{Report, ReportState},
    },
    operations,
    storage::{self, Conn, organisations, reports},
};

/// How many are listed at most, the newest first.
const MANY: i64 = 1_000;

#[derive(Subcommand)]
pub(super) enum Command {
    /// List reports, the newest first
    List(Which),
    /// Mark a report as dealt with
    Resolve(Named),
}

#[derive(Args)]
pub(super) struct Which {
    /// open or resolved; all without it
    #[arg(long)]
    state: Option<ReportState>,
}

#[derive(Args)]
pub(super) struct Named {
    /// Id as in `report list`
    #[arg(long)]
    id: ReportId,
}

pub(super) async fn run(command: Command, ground: &Ground<'_>) -> anyhow::Result<Outcome> {
    let app = ground.app()?;
    match command {
        Command::List(which) => list(&app, which.state).await,
        Command::Resolve(named) => resolve(&app, named.id).await,
    }
}

type Known = HashMap<OrganisationId, Organisation>;

/// The organisations at both ends of reports.
fn ends(conn: &mut Conn, found: &[Report]) -> Result<Known, storage::Error> {
    let ids: Vec<_> = found
        .iter()
        .flat_map(|one| [one.reporter, one.reported])
        .collect();
    organisations::find_many(conn, &ids)
}

async fn list(app: &App, state: Option<ReportState>) -> anyhow::Result<Outcome> {
    let read = app.forum.db.read(move |conn| {
        let found = reports::list(conn, state, Window::first(MANY))?;
        let known = ends(conn, &found)?;
        Ok::<_, storage::Error>((found, known))
    });
    let (found, known) = read.await?;
    let mut text = String::new();
    for one in &found {
        let comment: Vec<&str> = one.comment.split_whitespace().collect();
        // Writing to a String cannot fail.
        let _ = writeln!(
            text,
            "{} {:8} {:9} {} reports {} ({} entries): {}",
            one.id,
            one.state().as_str(),
            one.category.as_str(),
            acct(&known, one.reporter),
            acct(&known, one.reported),
            one.entries.len(),
            comment.join(" ")
        );
    }
    if found.is_empty() {
        text.push_str("There is no report.");
    }
    let items: Vec<Value> = found.iter().map(|one| described(one, &known)).collect();
    Ok(Outcome::new(text, json!({ "reports": items })))
}

async fn resolve(app: &App, id: ReportId) -> anyhow::Result<Outcome> {
    let report = operations::reports::resolve(&app.forum, id, None).await?;
    let found = vec![report.clone()];
    let read = app.forum.db.read(move |conn| ends(conn, &found));
    let known = read.await?;
    Ok(Outcome::new(
        format!("Report {id} is resolved."),
        described(&report, &known),
    ))
}

fn acct(known: &Known, id: OrganisationId) -> String {
    known.get(&id).map_or_else(String::new, Organisation::acct)
}

fn described(report: &Report, known: &Known) -> Value {
    json!({
        "id": report.id,
        "state": report.state(),
        "reporter": acct(known, report.reporter),
        "reported": acct(known, report.reported),
        "entries": report.entries,
        "category": report.category,
        "rules": report.rules,
        "comment": report.comment,
        "forwarded": report.forwarded,
        "created_at": report.created_at,
        "resolved_at": report.resolved_at,
    })
}
