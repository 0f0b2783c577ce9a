//! The log of decisions (SECURITY.md 4): an operation records what was decided
//! in its own transaction, each record bound to the one before by its hash.
//! Whoever changes, removes or inserts one breaks the chain from there on.
//! Whoever cuts off its end, or writes it anew from some record on, is found
//! by comparing with a hash that was noted elsewhere.

use aws_lc_rs::digest::{SHA256, digest};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use chrono::{DurationRound, SecondsFormat, TimeDelta};
use serde_json::json;

use super::Forum;
use crate::{
    domain::{audit::Decision, id::UserId},
    storage::{
        self, Conn,
        audit::{self, Record},
    },
};

/// Records that are read at once while the chain is walked.
const AT_ONCE: i64 = 1_000;

/// Adds a decision to the log, in the caller's transaction: as the last thing
/// that it does, because everybody else who decides waits for its end. `by` is
/// `None` for the command line. `subject` says what was decided about by its
/// own reference (`account 114…`, `organisation moj`), `detail` what it was
/// and what it is now; neither holds the name of a person or a secret.
///
/// # Errors
/// Storage only.
pub fn record(
    conn: &mut Conn,
    forum: &Forum,
    by: Option<UserId>,
    decision: Decision,
    subject: &str,
    detail: &str,
) -> Result<(), storage::Error> {
    audit::lock(conn)?;
    let newest = audit::newest(conn)?;
    let now = forum.now();
    let mut record = Record {
        number: newest.as_ref().map_or(1, |one| one.number + 1),
        // As finely as it is stored, so that it reads back the same.
        at: now
            .duration_trunc(TimeDelta::microseconds(1))
            .unwrap_or(now),
        by,
        decision: decision.as_str().to_owned(),
        subject: without_nul(subject),
        detail: without_nul(detail),
        previous: newest.map(|one| one.hash).unwrap_or_default(),
        hash: String::new(),
    };
    record.hash = hash(&record);
    audit::insert(conn, &record)
}

/// How accounts are named in the log: by their id, not by their address.
pub fn account(user: UserId) -> String {
    format!("account {user}")
}

/// How local organisations are named in the log.
pub fn organisation(handle: &str) -> String {
    format!("organisation {handle}")
}

/// PostgreSQL stores no NUL.
fn without_nul(text: &str) -> String {
    text.replace('\0', "\u{fffd}")
}

/// SHA-256 over the canonical JSON (RFC 8785) of all that a record says,
/// among it the hash of the record before; in base64url.
fn hash(record: &Record) -> String {
    let content = json!({
        "number": record.number.to_string(),
        "at": record.at.to_rfc3339_opts(SecondsFormat::Micros, true),
        "by": record.by,
        "decision": record.decision,
        "subject": record.subject,
        "detail": record.detail,
        "previous": record.previous,
    });
    let canonical = serde_json_canonicalizer::to_vec(&content)
        .expect("an object of strings has a canonical form");
    BASE64_URL_SAFE_NO_PAD.encode(digest(&SHA256, &canonical))
}

/// What walking the chain found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Chain {
    /// Every record fits; `newest` is the last one's hash, for a note elsewhere.
    Whole { records: i64, newest: String },
    /// The first record that does not fit, and why.
    Broken { number: i64, why: &'static str },
}

/// Walks the chain from its beginning. With `seen`, a hash that was noted
/// earlier, the chain must also still hold that record.
///
/// # Errors
/// Storage only.
pub async fn verify(forum: &Forum, seen: Option<String>) -> Result<Chain, storage::Error> {
    forum.db.read(move |conn| walk(conn, seen.as_deref())).await
}

fn walk(conn: &mut Conn, seen: Option<&str>) -> Result<Chain, storage::Error> {
    let (mut number, mut newest) = (0, String::new());
    let mut found = seen.is_none();
    loop {
        let records = audit::following(conn, number, AT_ONCE)?;
        if records.is_empty() {
            break;
        }
        for record in records {
            if let Some(why) = fault(&record, number, &newest) {
                let number = number + 1;
                return Ok(Chain::Broken { number, why });
            }
            found |= seen == Some(record.hash.as_str());
            (number, newest) = (record.number, record.hash);
        }
    }
    Ok(match found {
        true => Chain::Whole {
            records: number,
            newest,
        },
        false => Chain::Broken {
            number: number + 1,
            why: "the record with the hash that was noted is not there any more",
        },
    })
}

/// Why a record does not fit behind the one with this number and hash.
fn fault(record: &Record, number: i64, previous: &str) -> Option<&'static str> {
    if record.number != number + 1 {
        Some("it is missing")
    } else if record.previous != previous {
        Some("it does not follow the record before it")
    } else if record.hash != hash(record) {
        Some("its content is not what was recorded")
    } else {
        None
    }
}

#[cfg(test)]
mod tests;
