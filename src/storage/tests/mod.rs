//! The engine's promises, held on both databases.

mod migrating;
mod queue;
mod recovery;
mod transactions;
mod values;
mod watching;

use diesel::{RunQueryDsl, connection::SimpleConnection, prelude::*};

use super::{
    Conn, Db, Error,
    types::{At, Doc, Instant, Json},
};

diesel::table! {
    use diesel::sql_types::*;
    use super::{Instant, Json};

    slips (id) {
        id -> BigInt,
        title -> Text,
        at -> Nullable<Instant>,
        doc -> Nullable<Json>,
    }
}

#[derive(Debug, Clone, PartialEq, Insertable, Queryable)]
#[diesel(table_name = slips)]
#[diesel(treat_none_as_default_value = false)]
struct Slip {
    id: i64,
    title: String,
    at: Option<At>,
    doc: Option<Doc>,
}

fn slip(id: i64) -> Slip {
    Slip {
        id,
        title: format!("slip {id}"),
        at: None,
        doc: None,
    }
}

/// A table of the tests' own.
async fn with_slips(db: &Db) {
    db.write(|conn| -> Result<(), Error> {
        let types = match conn {
            Conn::Sqlite(_) => "at INTEGER, doc TEXT",
            Conn::Postgres(_) => "at TIMESTAMPTZ, doc JSONB",
        };
        Ok(conn.batch_execute(&format!(
            "CREATE TABLE slips (id BIGINT PRIMARY KEY NOT NULL, title TEXT NOT NULL, {types}); \
             CREATE UNIQUE INDEX slips_title ON slips (title);"
        ))?)
    })
    .await
    .expect("the table is made");
}

fn insert(conn: &mut Conn, id: i64) -> Result<(), Error> {
    diesel::insert_into(slips::table)
        .values(&slip(id))
        .execute(conn)?;
    Ok(())
}

fn count(conn: &mut Conn) -> Result<i64, Error> {
    Ok(slips::table.count().get_result(conn)?)
}

async fn counted(db: &Db) -> i64 {
    db.read(count).await.expect("a count")
}
