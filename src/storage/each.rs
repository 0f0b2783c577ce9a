//! [`each!`]: one expression, checked and run once for each database.

/// Runs an expression with the connection of whichever database is open.
///
/// The expression is compiled twice, against diesel's own SQLite and
/// PostgreSQL connections, so that batch inserts and everything else the
/// shared [`Conn`](super::Conn) lacks can be used. Results must have one type.
///
/// ```ignore
/// each!(conn, |conn| diesel::insert_into(terms::table).values(&rows).execute(conn))?;
/// ```
macro_rules! each {
    ($conn:expr, |$each:ident| $run:expr) => {
        match $conn {
            $crate::storage::Conn::Sqlite($each) => $run,
            $crate::storage::Conn::Postgres($each) => $run,
        }
    };
}

pub(crate) use each;
