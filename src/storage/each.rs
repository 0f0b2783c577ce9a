//! [`each!`]: one expression, checked and run once for each database.

/// Runs an expression with the connection of whichever database is open.
///
/// The expression is compiled twice, against diesel's own SQLite and
/// PostgreSQL connections, so that batch inserts and everything else the
/// shared [`Conn`](super::Conn) lacks can be used. Results must have one type.
///
/// Rows that are inserted many at once derive `Insertable` with
/// `#[diesel(treat_none_as_default_value = false)]`: otherwise SQLite inserts
/// them one by one, and refuses `on_conflict`. A statement binds at most
/// 32,766 values on SQLite and 65,535 on PostgreSQL.
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
