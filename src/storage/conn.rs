//! One connection type over both databases, and its transactions.

use diesel::{
    PgConnection, QueryResult, SqliteConnection,
    connection::{AnsiTransactionManager, SimpleConnection, TransactionManager},
};

/// A connection to either database. It is opened by URL scheme in
/// [`Db::open`](super::Db::open), never by `establish`: that tries one variant
/// after the other, and SQLite accepts any text as a path.
#[derive(diesel::MultiConnection)]
pub enum Conn {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

impl Conn {
    /// Opens the outermost transaction with each database's own words.
    pub(super) fn begin(&mut self, sqlite: &str, postgres: &str) -> QueryResult<()> {
        match self {
            Self::Sqlite(conn) => AnsiTransactionManager::begin_transaction_sql(conn, sqlite),
            Self::Postgres(conn) => AnsiTransactionManager::begin_transaction_sql(conn, postgres),
        }
    }

    /// Commits the outermost transaction.
    ///
    /// PostgreSQL answers the COMMIT of a transaction in which a statement
    /// failed by rolling back without an error. A closure that swallowed that
    /// failure would then be told that it was stored. The SELECT in front
    /// fails in such a transaction, at no further round trip.
    pub(super) fn commit(&mut self) -> QueryResult<()> {
        match self {
            Self::Sqlite(conn) => AnsiTransactionManager::commit_transaction(conn),
            Self::Postgres(conn) => conn.batch_execute("SELECT 1; COMMIT"),
        }
    }

    pub(super) fn rollback(&mut self) -> QueryResult<()> {
        Self::rollback_transaction(self)
    }

    /// Opens a savepoint inside the open transaction.
    pub(super) fn savepoint(&mut self) -> QueryResult<()> {
        Self::begin_transaction(self)
    }

    /// Keeps what was done since the last savepoint.
    pub(super) fn release(&mut self) -> QueryResult<()> {
        Self::commit_transaction(self)
    }

    /// How many transactions and savepoints are open.
    pub(super) fn depth(&mut self) -> QueryResult<u32> {
        let status = Self::transaction_manager_status_mut(self);
        Ok(status.transaction_depth()?.map_or(0, |depth| depth.get()))
    }
}
