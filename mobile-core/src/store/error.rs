//! Errors of the store, and their remedies.

use std::io;

use rusqlite::ErrorCode;

/// SQLite's scratch memory is a file as well, and could not grow (`SQLITE_IOERR_SHMSIZE`).
const NO_ROOM_FOR_MEMORY: i32 = 10 | (19 << 8);

/// Why the store did not do what it was asked. No variant holds anything that was kept.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum StoreError {
    /// Another process, or another part of this one, has this directory open.
    #[error("the store is open elsewhere: use that one, or close it first")]
    InUse,
    /// The key is not the one that this store was sealed with. Nothing was touched.
    #[error("the key does not fit this store: sign in again, or start over without it")]
    WrongKey,
    /// A newer version of the app wrote this store. Nothing was touched.
    #[error("the store has schema {found}, this version knows {known}: update the app")]
    Incompatible {
        /// The schema found.
        found: i64,
        /// The newest one known here.
        known: i64,
    },
    /// There is no room left. Nothing was half written.
    #[error("there is no room left on this device: free some, then try again")]
    Full,
    /// Somebody else held the database for longer than one waits.
    #[error("the database is busy: try again")]
    Busy,
    /// The data that was read makes no sense, or contradicts other data. The next opening saves
    /// what can be saved.
    #[error("the database is damaged: open it again, which saves what can be saved")]
    Damaged,
    /// It was paused, closed or wiped.
    #[error("the store is closed: resume or open it first")]
    Closed,
    /// A value that cannot be kept; it says which.
    #[error("{0} cannot be kept")]
    Unfit(&'static str),
    /// The system says no.
    #[error("the files of the store: {0}")]
    Io(io::ErrorKind),
    /// Anything else the database says, by its code.
    #[error("the database answers with code {0}")]
    Database(i32),
}

/// The remedy for a [`StoreError`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Remedy {
    /// Try again.
    Retry,
    /// Tell the user to make room; nothing is lost.
    FreeRoom,
    /// Close the store and open it again; the report of the opening says what was saved.
    OpenAgain,
    /// Get the right key, or start over and tell the user what is lost.
    FindKey,
    /// Update the app.
    Update,
    /// Use the other one.
    UseOther,
    /// A mistake of the caller.
    Report,
}

impl StoreError {
    /// The remedy.
    pub fn remedy(self) -> Remedy {
        match self {
            Self::InUse => Remedy::UseOther,
            Self::WrongKey => Remedy::FindKey,
            Self::Incompatible { .. } => Remedy::Update,
            Self::Full => Remedy::FreeRoom,
            Self::Busy | Self::Io(_) => Remedy::Retry,
            Self::Damaged | Self::Closed => Remedy::OpenAgain,
            Self::Unfit(_) | Self::Database(_) => Remedy::Report,
        }
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        if matches!(error, rusqlite::Error::ToSqlConversionFailure(_)) {
            return Self::Unfit("a value");
        }
        let rusqlite::Error::SqliteFailure(failure, _) = error else {
            // A row that is not as this version writes it.
            return Self::Damaged;
        };
        let is = |codes: &[ErrorCode]| codes.contains(&failure.code);
        // All statements are constant and tried. So the database is not as it was left if the
        // schema does not know a statement, or if rows contradict those that are there.
        let contradicts = is(&[ErrorCode::Unknown, ErrorCode::ConstraintViolation]);
        if contradicts || is(&[ErrorCode::DatabaseCorrupt, ErrorCode::NotADatabase]) {
            Self::Damaged
        } else if is(&[ErrorCode::TooBig]) {
            Self::Unfit("a value of this length")
        } else if is(&[ErrorCode::DiskFull]) || failure.extended_code == NO_ROOM_FOR_MEMORY {
            Self::Full
        } else if is(&[ErrorCode::DatabaseBusy, ErrorCode::DatabaseLocked]) {
            Self::Busy
        } else if is(&[ErrorCode::SystemIoFailure, ErrorCode::CannotOpen]) {
            Self::Io(io::ErrorKind::Other)
        } else {
            Self::Database(failure.extended_code)
        }
    }
}

impl From<io::Error> for StoreError {
    fn from(error: io::Error) -> Self {
        match error.kind() == io::ErrorKind::StorageFull {
            true => Self::Full,
            false => Self::Io(error.kind()),
        }
    }
}
