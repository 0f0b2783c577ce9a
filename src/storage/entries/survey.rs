//! What is asked of an entry of another server before it is taken in, in one
//! statement: they come by the thousand, and every statement is a round trip
//! to the database.

use diesel::{
    dsl::{exists, select},
    prelude::*,
};
use url::Url;

use crate::{
    domain::organisation::Organisation,
    storage::{
        Conn, Error,
        follows::followed_here,
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

/// Looks around before the entry of this address and author is taken in.
pub fn survey(conn: &mut Conn, uri: &Url, author: &Organisation) -> Result<Survey, Error> {
    let known = entries::table.filter(entries::uri.eq(uri.as_str()));
    let buried = tombstones::table
        .filter(tombstones::uri.eq(uri.as_str()))
        .filter(tombstones::owner_uri.eq(author.uri.as_str()));
    let awaiting = entries::table
        .filter(entries::in_reply_to_uri.eq(uri.as_str()))
        .filter(entries::in_reply_to_id.is_null());
    let (is_known, is_buried, is_followed, is_awaited) = select((
        exists(known),
        exists(buried),
        exists(followed_here(author.id)),
        exists(awaiting),
    ))
    .get_result(conn)?;
    Ok(Survey {
        is_known,
        is_buried,
        is_followed,
        is_awaited,
    })
}
