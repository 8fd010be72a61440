//! Errors of a database, in the terms that callers act on.

use sqlx::error::{DatabaseError, ErrorKind};
use sqlx::postgres::PgDatabaseError;

/// Why a database is away whose file is not where it was opened.
pub(crate) const GONE: &str = "its file was removed or replaced";

/// Why the database did not do it.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A constraint or trigger refused a row: what was to be stored must never be.
    #[error("the database refused a row: {constraint}")]
    Conflict {
        /// The constraint's name (PostgreSQL) or the columns (SQLite), or a trigger's words.
        constraint: String,
    },
    /// It is away, overloaded or full: try again later. After `commit` the outcome is unknown.
    #[error("the database is unavailable: {cause}")]
    Unavailable {
        /// The driver's message.
        cause: String,
    },
    /// Another transaction held a lock for too long, or the database ended a deadlock: roll back
    /// and try smaller.
    #[error("another transaction held a lock for too long: try again")]
    LockTimeout,
    /// Another node leads by now: what only the leader does is no longer for this one to do.
    #[error("another node leads by now")]
    Deposed,
    /// The schema was written by a newer program.
    #[error(
        "the database has schema {found}, this program knows up to {known}: start the newer \
         program, or restore a backup made by this one"
    )]
    NewerSchema {
        /// The schema of the database.
        found: i64,
        /// The newest schema that this program knows.
        known: i64,
    },
    /// Stored data cannot be understood.
    #[error("stored data is corrupt: {0}")]
    Corrupt(String),
    /// A request to the store that cannot be carried out: a page token, an address of a database.
    #[error("{0}")]
    Invalid(String),
    /// Anything else: a mistake in a statement.
    #[error("database error: {0}")]
    Other(String),
}

/// The beginning of a [`StoreError::Corrupt`] where the database itself says so.
const DAMAGED: &str = "the database reports damage: ";
/// The beginning of a [`StoreError::Unavailable`] where nothing was asked.
const KNOWN_AWAY: &str = "it has been away for a moment: ";

impl StoreError {
    /// A row that cannot be read.
    pub fn corrupt(what: impl std::fmt::Display) -> Self {
        Self::Corrupt(what.to_string())
    }

    /// It is away, as everybody knows already.
    pub(crate) fn away(reason: &str) -> Self {
        Self::Unavailable { cause: format!("{KNOWN_AWAY}{reason}") }
    }

    /// It was asked, and says nothing.
    pub(crate) fn silent() -> Self {
        Self::Unavailable { cause: "it does not answer in time".to_owned() }
    }

    /// The database says that its own pages are damaged.
    fn damaged(what: &str) -> Self {
        Self::Corrupt(format!("{DAMAGED}{what}"))
    }

    /// Whether the database itself is damaged, and not only a row of ours.
    pub fn is_damage(&self) -> bool {
        matches!(self, Self::Corrupt(what) if what.starts_with(DAMAGED))
    }

    /// Nothing is written to a database that said that it is damaged.
    pub(crate) fn known_damaged() -> Self {
        Self::Unavailable { cause: "it is damaged".to_owned() }
    }

    /// The file of an embedded database is not where it was opened.
    pub(crate) fn gone() -> Self {
        Self::Unavailable { cause: GONE.to_owned() }
    }

    /// Whether nothing was asked because it is known to be away: that was logged once.
    pub fn is_known_away(&self) -> bool {
        matches!(self, Self::Unavailable { cause } if cause.starts_with(KNOWN_AWAY))
    }

    /// Whether trying again later may help.
    pub fn is_unavailable(&self) -> bool {
        matches!(self, Self::Unavailable { .. } | Self::LockTimeout)
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        if let sqlx::Error::Database(error) = &error {
            return of_database(error.as_ref());
        }
        let is_away = matches!(
            error,
            sqlx::Error::Io(_)
                | sqlx::Error::Tls(_)
                | sqlx::Error::PoolTimedOut
                | sqlx::Error::PoolClosed
                | sqlx::Error::WorkerCrashed
                | sqlx::Error::BeginFailed
                | sqlx::Error::Protocol(_)
        );
        if is_away {
            Self::Unavailable { cause: error.to_string() }
        } else if matches!(error, sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_)) {
            Self::Corrupt(error.to_string())
        } else {
            Self::Other(error.to_string())
        }
    }
}

/// True if a divided table lacks the part for a row. PostgreSQL says so as if a check without a
/// name had failed. The row contradicts nothing, and to try it again does not help.
fn lacks_part(error: &dyn DatabaseError) -> bool {
    let of_postgres = error.try_downcast_ref::<PgDatabaseError>();
    // Not by its message: that is in the language of the server.
    of_postgres.is_some_and(|error| {
        error.kind() == ErrorKind::CheckViolation && error.constraint().is_none()
    })
}

fn of_database(error: &dyn DatabaseError) -> StoreError {
    if lacks_part(error) {
        return StoreError::Other(error.message().to_owned());
    }
    let is_refused = matches!(
        error.kind(),
        ErrorKind::UniqueViolation
            | ErrorKind::ForeignKeyViolation
            | ErrorKind::NotNullViolation
            | ErrorKind::CheckViolation
            | ErrorKind::ExclusionViolation
    );
    if is_refused {
        let constraint = error.constraint().unwrap_or_else(|| error.message()).to_owned();
        return StoreError::Conflict { constraint };
    }
    let code = error.code().unwrap_or_default();
    match code.parse::<u32>() {
        // SQLite's extended codes are numbers; PostgreSQL's five characters are told apart by
        // their length.
        Ok(number) if code.len() < 5 => of_sqlite(number, error),
        _ => of_postgres(&code, error),
    }
}

/// Whether SQLite's file is locked by somebody else.
pub(crate) fn is_busy(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(DatabaseError::code);
    let number = code.filter(|code| code.len() < 5).and_then(|code| code.parse::<u32>().ok());
    number.is_some_and(|number| number & 0xff == 5)
}

fn of_sqlite(code: u32, error: &dyn DatabaseError) -> StoreError {
    match code & 0xff {
        19 => StoreError::Conflict { constraint: error.message().to_owned() },
        // busy, locked, read-only (a disk remounted), input or output, full, cannot open.
        5 | 6 | 8 | 10 | 13 | 14 => StoreError::Unavailable { cause: error.message().to_owned() },
        11 | 26 => StoreError::damaged(error.message()),
        _ => StoreError::Other(error.message().to_owned()),
    }
}

/// Whether PostgreSQL, or the way there, is away. With 55000 an operator lets nobody connect for
/// now. With 25P03 this process was stopped in the middle, and its transaction given up.
fn is_away(code: &str) -> bool {
    ["08", "53", "57", "58", "25006", "25P03", "55000"].iter().any(|class| code.starts_with(class))
}

fn of_postgres(code: &str, error: &dyn DatabaseError) -> StoreError {
    match code {
        "55P03" | "40P01" | "40001" => StoreError::LockTimeout,
        // Messages of class 22 quote the value, which may be somebody's name or number.
        _ if code.starts_with("22") => StoreError::Other(format!("SQLSTATE {code}")),
        _ if is_away(code) => {
            StoreError::Unavailable { cause: format!("{} ({code})", error.message()) }
        }
        _ if code.starts_with("XX") => StoreError::damaged(error.message()),
        _ => StoreError::Other(format!("{} ({code})", error.message())),
    }
}
