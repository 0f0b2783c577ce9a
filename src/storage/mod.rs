//! The only room that knows diesel: one code for SQLite and PostgreSQL.
//!
//! [`Db::read`] and [`Db::write`] take a closure over [`Conn`], run it in one
//! transaction away from the async threads, and answer when it is durable.
//! Queries are written once, against `schema`; what the shared connection
//! type lacks is mended by [`native`], [`each!`](crate::storage::each) and
//! [`types`].

mod conn;
mod db;
mod each;
mod error;
pub mod fts;
mod migrations;
mod native;
mod postgres;
pub mod schema;
mod sqlite;
pub mod types;
mod writer;

pub use conn::{Conn, MultiBackend};
pub use db::{Db, Options};
pub(crate) use each::each;
pub use error::Error;
pub use native::{Native, NativeDsl};
