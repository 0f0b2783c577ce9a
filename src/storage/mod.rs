//! The only room that knows diesel: one code for SQLite and PostgreSQL.
//!
//! [`Db::read`] and [`Db::write`] take a closure over [`Conn`], run it in one
//! transaction away from the async threads, and answer when it is durable.
//! Queries are written once, against `schema`; what the shared connection
//! type lacks is mended by [`native`], [`each!`](crate::storage::each) and
//! [`types`].

pub mod acceptances;
pub mod access_tokens;
pub mod accreditations;
pub mod activities;
pub mod applications;
pub mod audit;
pub mod blocks;
pub mod changes;
mod conn;
pub mod credentials;
mod db;
pub mod deliveries;
mod each;
pub mod entries;
mod error;
pub mod follows;
pub mod fts;
pub mod functions;
pub mod handovers;
pub mod hosts;
pub mod keys;
pub mod lanes;
mod lease;
mod migrations;
pub mod moves;
mod native;
pub mod organisations;
pub mod passkeys;
pub mod pins;
mod postgres;
pub mod quotes;
pub mod reactions;
mod relay;
pub mod reports;
mod rows;
#[cfg(test)]
pub mod samples;
pub mod schema;
mod search;
pub mod second_factors;
pub mod sign_ins;
pub mod signature_schemes;
mod sqlite;
pub mod tasks;
#[cfg(test)]
pub mod testing;
#[cfg(test)]
mod tests;
pub mod timeline;
pub mod tombstones;
pub mod types;
pub mod users;
mod writer;

pub use conn::{Conn, MultiBackend};
pub use db::{Db, Options};
pub(crate) use each::each;
pub use error::Error;
pub use native::{Native, NativeDsl};
