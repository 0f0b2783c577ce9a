//! `.native()`: statements that the shared backend lacks, such as
//! `on_conflict`, written once and worded by the database that is open.

use diesel::{
    QueryResult, RunQueryDsl,
    pg::Pg,
    query_builder::{AstPass, Query, QueryFragment, QueryId},
    sqlite::Sqlite,
};

use super::conn::{Conn, MultiBackend};

/// A statement that both databases understand, though the shared backend does
/// not. With `returning`, select `T::construct_selection()`: `as_returning()`
/// names one backend and is refused here.
#[derive(Debug, Clone, Copy)]
pub struct Native<T>(T);

/// Adds `.native()` to statements.
pub trait NativeDsl: Sized {
    fn native(self) -> Native<Self> {
        Native(self)
    }
}

impl<T> NativeDsl for T where T: QueryFragment<Sqlite> + QueryFragment<Pg> {}

impl<T> QueryFragment<MultiBackend> for Native<T>
where
    T: QueryFragment<Sqlite> + QueryFragment<Pg>,
{
    fn walk_ast<'b>(&'b self, pass: AstPass<'_, 'b, MultiBackend>) -> QueryResult<()> {
        MultiBackend::walk_variant_ast(&self.0, pass)
    }
}

impl<T: QueryId> QueryId for Native<T> {
    type QueryId = T::QueryId;

    const HAS_STATIC_QUERY_ID: bool = T::HAS_STATIC_QUERY_ID;
}

impl<T: Query> Query for Native<T> {
    type SqlType = T::SqlType;
}

impl<T> RunQueryDsl<Conn> for Native<T> {}
