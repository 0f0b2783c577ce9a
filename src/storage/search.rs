//! Full-text search of entries: FTS5 on SQLite, tsvector on PostgreSQL. What
//! people type never reaches a query syntax raw; `fts` quotes it.

use diesel::{
    dsl::sql,
    prelude::*,
    sql_types::{BigInt, Bool, Text},
};

use super::{Conn, Error, fts, rows::Condition, schema::entries};
use crate::domain::id::EntryId;

/// Entries in which every word of `text` occurs, the last one as a beginning.
/// Text without a single word finds nothing.
pub(super) fn matches(conn: &Conn, text: &str) -> Condition<entries::table> {
    match conn {
        Conn::Sqlite(_) => match fts::fts5(text) {
            Some(query) => Box::new(
                sql::<Bool>(
                    "entries.id IN (SELECT rowid FROM entry_search WHERE entry_search MATCH ",
                )
                .bind::<Text, _>(query)
                .sql(")"),
            ),
            None => nothing(),
        },
        Conn::Postgres(_) => match fts::plain(text) {
            Some(words) => Box::new(
                sql::<Bool>("entries.id IN (SELECT entry_id FROM entry_search WHERE document @@ ")
                    .sql(fts::TSQUERY.0)
                    .bind::<Text, _>(words)
                    .sql(fts::TSQUERY.1)
                    .sql(")"),
            ),
            None => nothing(),
        },
    }
}

fn nothing() -> Condition<entries::table> {
    Box::new(sql::<Bool>("1 = 0"))
}

/// Stores or replaces the search document of an entry.
pub(super) fn put(
    conn: &mut Conn,
    id: EntryId,
    title: &str,
    body: &str,
    words: &str,
) -> Result<(), Error> {
    remove(conn, id)?;
    let statement = match conn {
        Conn::Sqlite(_) => {
            "INSERT INTO entry_search (rowid, title, body, words) VALUES ($1, $2, $3, $4)"
        }
        Conn::Postgres(_) => {
            "INSERT INTO entry_search (entry_id, document) VALUES ($1, \
             setweight(to_tsvector('simple', forum_fold($2)), 'A') || \
             to_tsvector('simple', forum_fold($3)) || \
             to_tsvector('simple', forum_fold($4)))"
        }
    };
    diesel::sql_query(statement)
        .bind::<BigInt, _>(id.0)
        .bind::<Text, _>(title)
        .bind::<Text, _>(body)
        .bind::<Text, _>(words)
        .execute(conn)?;
    Ok(())
}

/// Removes an entry from the search.
pub(super) fn remove(conn: &mut Conn, id: EntryId) -> Result<(), Error> {
    let statement = match conn {
        Conn::Sqlite(_) => "DELETE FROM entry_search WHERE rowid = $1",
        Conn::Postgres(_) => "DELETE FROM entry_search WHERE entry_id = $1",
    };
    diesel::sql_query(statement)
        .bind::<BigInt, _>(id.0)
        .execute(conn)?;
    Ok(())
}
