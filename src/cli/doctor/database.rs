//! The database: reachable, of this version, writable.

use std::path::Path;

use super::Finding;
use crate::{config::Config, storage::Db};

const CHECK: &str = "database";

/// A SQLite file that no start has made yet; opening would make it.
pub(super) fn is_missing(config: &Config) -> bool {
    config
        .database
        .url
        .strip_prefix("sqlite:")
        .is_some_and(|path| !Path::new(path.strip_prefix("//").unwrap_or(path)).exists())
}

/// Whether the database has this version's schema.
pub(super) async fn examine(db: &Db, findings: &mut Vec<Finding>) -> bool {
    let finding = match (db.version(), db.pending()) {
        (Ok(Some(version)), Ok(pending)) if pending.is_empty() => match db.check().await {
            Ok(()) => {
                findings.push(Finding::ok(CHECK, format!("writable, schema {version}")));
                return true;
            }
            Err(error) => Finding::failed(CHECK, error.to_string()),
        },
        (Ok(Some(version)), Ok(pending)) => Finding::warning(
            CHECK,
            format!(
                "schema {version} lacks {} migrations; the next start applies them",
                pending.len()
            ),
        ),
        (Ok(None), Ok(_)) => Finding::warning(CHECK, "empty; the first start fills it"),
        (Err(error), _) | (_, Err(error)) => Finding::failed(CHECK, error.to_string()),
    };
    findings.push(finding);
    false
}
