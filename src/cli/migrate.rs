//! `virtual-forum migrate`

use serde_json::json;

use super::{Ground, Report, ground, log};

/// Brings the database to this version; a newer one is refused.
pub(super) fn run(ground: &Ground<'_>) -> anyhow::Result<Report> {
    let config = ground.config()?;
    log::start(&config.log, log::Loudness::Command)?;
    ground::prepare_data_dir(&config.data_dir)?;
    let app = ground::open(config)?;
    let applied = app.forum.db.migrate()?;
    let version = app.forum.db.version()?;
    let shown = version.as_deref().unwrap_or("none");
    let text = match applied.len() {
        0 => format!("The database is up to date: schema {shown}."),
        count => format!("The database has schema {shown} now; migrations applied: {count}."),
    };
    Ok(Report::new(
        text,
        json!({ "version": version, "applied": applied }),
    ))
}
