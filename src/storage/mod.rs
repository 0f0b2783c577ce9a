//! The only room that knows diesel: one code for SQLite and PostgreSQL.
