//! What can go wrong in storage, in the words that the doors need.

use diesel::result::{DatabaseErrorInformation, DatabaseErrorKind, Error as DieselError};

/// Why storage could not do what it was asked. No variant prints a password
/// or a stored value.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The database is down, locked or full: try again later (503). Nothing
    /// was acknowledged.
    #[error("the database cannot be used now: {0}")]
    Unavailable(String),
    /// The database was written by a newer version of this program.
    #[error(
        "the database has schema {found}, newer than {known}, the newest this version knows: \
         use the newer version, or restore the copy made before it migrated"
    )]
    Newer { found: String, known: String },
    /// A unique rule refused the row. `on` is `table.column`, several joined
    /// by commas, or the name of the index where it is over an expression;
    /// the same text on both databases.
    #[error("{on} is taken")]
    Conflict { on: String },
    /// A row that the domain refuses.
    #[error("a stored row cannot be read: {0}")]
    Corrupt(String),
    /// A bug: the closure panicked. Nothing of it was written.
    #[error("a storage operation panicked; nothing of it was written")]
    Panicked,
    /// `database.url` is not usable.
    #[error("database.url {0}")]
    Url(&'static str),
    /// A migration failed and was rolled back.
    #[error("migration {name} failed and was rolled back: {reason}")]
    Migration { name: String, reason: String },
    /// Anything else the database said.
    #[error("the database refused: {0}")]
    Diesel(DieselError),
}

impl Error {
    /// Is this the refusal of a second row with the same `on`
    /// (`table.column`)?
    pub fn is_conflict_on(&self, on: &str) -> bool {
        matches!(self, Self::Conflict { on: taken } if taken == on)
    }
}

impl From<DieselError> for Error {
    fn from(error: DieselError) -> Self {
        match error {
            DieselError::DatabaseError(DatabaseErrorKind::UniqueViolation, info) => {
                Self::Conflict { on: taken(&*info) }
            }
            DieselError::DatabaseError(kind, info) if passes(kind, info.message()) => {
                Self::Unavailable(info.message().to_owned())
            }
            DieselError::BrokenTransactionManager => {
                Self::Unavailable("the connection was lost in a transaction".to_owned())
            }
            DieselError::RollbackErrorOnCommit { commit_error, .. } => Self::from(*commit_error),
            DieselError::DeserializationError(reason) => Self::Corrupt(reason.to_string()),
            other => Self::Diesel(other),
        }
    }
}

/// Faults that pass without a change to the program: they are in the
/// machine or the network, not in the statement.
fn passes(kind: DatabaseErrorKind, message: &str) -> bool {
    const SQLITE: [&str; 6] = [
        "database is locked",
        "database table is locked",
        "database or disk is full",
        "disk I/O error",
        "unable to open database file",
        "attempt to write a readonly database",
    ];
    const POSTGRES: [&str; 7] = [
        "No space left on device",
        "terminating connection",
        "the database system is",
        "canceling statement due to",
        "deadlock detected",
        "out of shared memory",
        "too many clients",
    ];
    match kind {
        DatabaseErrorKind::UnableToSendCommand
        | DatabaseErrorKind::ClosedConnection
        | DatabaseErrorKind::ReadOnlyTransaction
        | DatabaseErrorKind::SerializationFailure => true,
        // Neither driver tells these apart by a code.
        _ => SQLITE
            .iter()
            .chain(&POSTGRES)
            .any(|part| message.contains(part)),
    }
}

/// What a unique violation is on, alike for both databases.
fn taken(info: &dyn DatabaseErrorInformation) -> String {
    let named = info.message().strip_prefix("UNIQUE constraint failed: ");
    if let Some(columns) = named {
        // SQLite: `t.a, t.b`, or `index 'name'` for an index over expressions.
        return match columns.strip_prefix("index '") {
            Some(index) => index.trim_end_matches('\'').to_owned(),
            None => columns.replace(", ", ","),
        };
    }
    // PostgreSQL: table "t" and details `Key (a, b)=(1, 2) already exists.`
    let columns = info
        .details()
        .and_then(|details| details.split_once("(")?.1.split_once(")=("))
        .map(|(columns, _values)| columns)
        .filter(|columns| !columns.contains('('));
    match (info.table_name(), columns, info.constraint_name()) {
        (Some(table), Some(columns), _) => columns
            .split(", ")
            .map(|column| format!("{table}.{column}"))
            .collect::<Vec<_>>()
            .join(","),
        (_, _, Some(constraint)) => constraint.to_owned(),
        (_, _, None) => "a value that must be unique".to_owned(),
    }
}
