//! What is asked of entries of other servers before they are taken in, of many
//! at once: they come by the thousand, and every statement is a round trip to
//! the database.

use std::collections::HashSet;

use diesel::prelude::*;
use url::Url;

use crate::{
    domain::organisation::Organisation,
    storage::{
        Conn, Error,
        follows::followed_here,
        rows::distinct,
        schema::{entries, tombstones},
    },
};

/// What is known of an arriving entry's address and author.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Survey {
    /// It is stored, or was and was deleted.
    pub is_known: bool,
    /// Its author deleted it before it arrived.
    pub is_buried: bool,
    /// A local organisation follows its author.
    pub is_followed: bool,
    /// Entries that answer it arrived before it.
    pub is_awaited: bool,
}

/// Looks around before the entries of these addresses and authors are taken
/// in; answers in their order.
pub fn survey(conn: &mut Conn, arriving: &[(&Url, &Organisation)]) -> Result<Vec<Survey>, Error> {
    let uris = || arriving.iter().map(|(uri, _)| uri.as_str());
    let known: Vec<String> = entries::table
        .filter(entries::uri.eq_any(uris()))
        .select(entries::uri)
        .load(conn)?;
    let known: HashSet<&str> = known.iter().map(String::as_str).collect();
    let buried: Vec<(String, String)> = tombstones::table
        .filter(tombstones::uri.eq_any(uris()))
        .select((tombstones::uri, tombstones::owner_uri))
        .load(conn)?;
    let buried: HashSet<(&str, &str)> = buried
        .iter()
        .map(|(uri, owner)| (uri.as_str(), owner.as_str()))
        .collect();
    // What answers an unknown entry is bound to none yet. Asking for that, too,
    // would have SQLite look at every entry that is no answer.
    let awaited: Vec<Option<String>> = entries::table
        .filter(entries::in_reply_to_uri.eq_any(uris().filter(|uri| !known.contains(uri))))
        .select(entries::in_reply_to_uri)
        .distinct()
        .load(conn)?;
    let awaited: HashSet<&str> = awaited.iter().flatten().map(String::as_str).collect();
    let authors = distinct(arriving.iter().map(|(_, author)| author.id));
    let followed = followed_here(conn, &authors)?;
    let surveys = arriving.iter().map(|(uri, author)| Survey {
        is_known: known.contains(uri.as_str()),
        is_buried: buried.contains(&(uri.as_str(), author.uri.as_str())),
        is_followed: followed.contains(&author.id),
        is_awaited: awaited.contains(uri.as_str()),
    });
    Ok(surveys.collect())
}
