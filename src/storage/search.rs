//! Full-text search of entries: FTS5 on SQLite, tsvector on PostgreSQL. What
//! people type never reaches a query syntax raw; `fts` quotes it.

use diesel::{
    dsl::sql,
    pg::Pg,
    prelude::*,
    query_builder::{AstPass, QueryFragment, QueryId},
    sql_types::{BigInt, Bool, Text},
    sqlite::Sqlite,
};

use super::{Conn, Error, each, fts, rows::Condition, schema::entries};
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

/// What an entry is found by.
pub(super) struct Document<'a> {
    pub id: EntryId,
    pub title: &'a str,
    pub body: String,
    /// Other words: names and tags.
    pub words: String,
}

/// Stores the search documents of entries that have none.
pub(super) fn put(conn: &mut Conn, documents: Vec<Document<'_>>) -> Result<(), Error> {
    let put = Put(documents);
    each!(conn, |conn| put.execute(conn))?;
    Ok(())
}

/// One statement for all. It is prepared each time, as every number of
/// documents is another text.
struct Put<'a>(Vec<Document<'a>>);

impl QueryId for Put<'_> {
    type QueryId = ();

    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<C> RunQueryDsl<C> for Put<'_> {}

impl QueryFragment<Sqlite> for Put<'_> {
    fn walk_ast<'b>(&'b self, mut pass: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        pass.unsafe_to_cache_prepared();
        pass.push_sql("INSERT INTO entry_search (rowid, title, body, words) VALUES ");
        for (number, document) in self.0.iter().enumerate() {
            pass.push_sql(if number == 0 { "(" } else { ", (" });
            pass.push_bind_param::<BigInt, _>(&document.id.0)?;
            for text in [document.title, &document.body, &document.words] {
                pass.push_sql(", ");
                pass.push_bind_param::<Text, str>(text)?;
            }
            pass.push_sql(")");
        }
        Ok(())
    }
}

impl QueryFragment<Pg> for Put<'_> {
    fn walk_ast<'b>(&'b self, mut pass: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        pass.unsafe_to_cache_prepared();
        pass.push_sql("INSERT INTO entry_search (entry_id, document) VALUES ");
        for (number, document) in self.0.iter().enumerate() {
            pass.push_sql(if number == 0 { "(" } else { ", (" });
            pass.push_bind_param::<BigInt, _>(&document.id.0)?;
            pass.push_sql(", setweight(to_tsvector('simple', forum_fold(");
            pass.push_bind_param::<Text, str>(document.title)?;
            pass.push_sql(")), 'A')");
            for text in [&document.body, &document.words] {
                pass.push_sql(" || to_tsvector('simple', forum_fold(");
                pass.push_bind_param::<Text, str>(text)?;
                pass.push_sql("))");
            }
            pass.push_sql(")");
        }
        Ok(())
    }
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
