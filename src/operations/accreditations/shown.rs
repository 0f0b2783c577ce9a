//! What this node shows of accreditations: to other servers, and to its
//! administrators.

use serde_json::Value;
use url::Url;

use super::worth::keys_of;
use crate::{
    domain::{
        accreditation::{Did, Held},
        page::Window,
    },
    operations::Forum,
    storage::{
        self, Conn,
        accreditations::{self, Issued, Known},
    },
};

/// A stored document, parsed.
fn parse(document: &str) -> Result<Value, storage::Error> {
    serde_json::from_str(document).map_err(|error| storage::Error::Corrupt(error.to_string()))
}

/// Neither over nor revoked.
fn is_current(held: &Held, forum: &Forum) -> bool {
    !held.revoked && held.credential.valid_until > forum.now()
}

/// The documents that an actor of ours shows: those that are neither over nor
/// revoked, and for a key that it has.
///
/// # Errors
/// Storage only.
pub fn shown_of(conn: &mut Conn, forum: &Forum, actor: &Url) -> Result<Vec<Value>, storage::Error> {
    let keys = keys_of(conn, actor)?.unwrap_or_default();
    accreditations::of(conn, actor)?
        .iter()
        .filter(|known| is_current(&known.held, forum))
        .filter(|known| keys.contains(&known.held.credential.assertion_key))
        .map(|known| parse(&known.document))
        .collect()
}

/// What this node's anchor has issued for an actor elsewhere, so that its node
/// can fetch what renews it.
///
/// # Errors
/// Storage only.
pub fn renewals_for(
    conn: &mut Conn,
    forum: &Forum,
    actor: &Url,
) -> Result<Vec<Value>, storage::Error> {
    let Some(anchor) = accreditations::anchor(conn)? else {
        return Ok(Vec::new());
    };
    let is_ours = |known: &&Known| known.held.credential.issuer == anchor.did;
    accreditations::of(conn, actor)?
        .iter()
        .filter(is_ours)
        .filter(|known| is_current(&known.held, forum))
        .map(|known| parse(&known.document))
        .collect()
}

/// One of our own status lists.
///
/// # Errors
/// Storage only.
pub fn own_list(
    conn: &mut Conn,
    forum: &Forum,
    number: i32,
) -> Result<Option<String>, storage::Error> {
    mirrored_list(conn, &forum.urls.status_list(number), None)
}

/// The newest list that is known from this address, by this anchor or by
/// whichever signed it.
///
/// # Errors
/// Storage only.
pub fn mirrored_list(
    conn: &mut Conn,
    uri: &Url,
    by: Option<&Did>,
) -> Result<Option<String>, storage::Error> {
    let found = match by {
        Some(issuer) => accreditations::list(conn, issuer, uri)?,
        None => accreditations::list_at(conn, uri)?,
    };
    Ok(found.map(|list| list.document))
}

/// What this node's anchor issued, newest first. The window counts: `before`
/// is how many are left out.
///
/// # Errors
/// Storage only.
pub async fn issued(forum: &Forum, window: Window) -> Result<Vec<Issued>, storage::Error> {
    forum
        .db
        .read(move |conn| accreditations::issued(conn, window))
        .await
}
