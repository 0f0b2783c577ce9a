//! `virtual-forum audit`

use std::fmt::Write;

use anyhow::bail;
use chrono::SecondsFormat;
use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::{Ground, Report};
use crate::{
    app::App,
    domain::page::Window,
    operations::audit::{Chain, verify},
    storage::audit::{self, Record},
};

#[derive(Subcommand)]
pub(super) enum Command {
    /// List decisions about people, organisations and servers, the newest first
    List(Part),
    /// Walk the whole log and name the first record that does not fit
    #[command(after_help = "\
Examples:
  virtual-forum audit verify                prints the hash of the newest record: note it elsewhere
  virtual-forum audit verify --seen HASH    fails too if the record with that hash is gone

Without a noted hash nobody can tell that the newest records were cut off.")]
    Verify(Verify),
}

#[derive(Args)]
pub(super) struct Part {
    /// How many at most
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(i64).range(1..=10_000))]
    limit: i64,
    /// Only those with a smaller number
    #[arg(long, value_name = "NUMBER")]
    before: Option<i64>,
}

#[derive(Args)]
pub(super) struct Verify {
    /// A hash that was noted earlier
    #[arg(long, value_name = "HASH", allow_hyphen_values = true)]
    seen: Option<String>,
}

pub(super) async fn run(command: Command, ground: &Ground<'_>) -> anyhow::Result<Report> {
    let app = ground.app()?;
    match command {
        Command::List(some) => list(&app, some).await,
        Command::Verify(given) => check(&app, given.seen).await,
    }
}

async fn list(app: &App, some: Part) -> anyhow::Result<Report> {
    let window = Window::before(some.before, some.limit);
    let found = app
        .forum
        .db
        .read(move |conn| audit::list(conn, window))
        .await?;
    let mut text = String::new();
    for one in &found {
        let by = one
            .by
            .map_or("command line".to_owned(), |id| format!("account {id}"));
        // Writing to a String cannot fail.
        let _ = writeln!(
            text,
            "{:6} {} {:22} {} {} (by {by})",
            one.number,
            one.at.to_rfc3339_opts(SecondsFormat::Secs, true),
            one.decision,
            one.subject,
            one.detail,
        );
    }
    if found.is_empty() {
        text.push_str("Nothing was decided yet.");
    }
    let items: Vec<Value> = found.iter().map(described).collect();
    Ok(Report::new(text, json!({ "decisions": items })))
}

async fn check(app: &App, seen: Option<String>) -> anyhow::Result<Report> {
    match verify(&app.forum, seen).await? {
        Chain::Whole { records, newest } => Ok(Report::new(
            format!("All {records} records are as they were written. The newest:\n{newest}"),
            json!({ "ok": true, "records": records, "newest": newest }),
        )),
        Chain::Broken { number, why } => {
            bail!("the audit log is broken at record {number}: {why}")
        }
    }
}

fn described(record: &Record) -> Value {
    json!({
        "number": record.number,
        "at": record.at,
        "by": record.by,
        "decision": record.decision,
        "subject": record.subject,
        "detail": record.detail,
        "previous": record.previous,
        "hash": record.hash,
    })
}
