//! Why a call was not carried out: one type, a case for each thing that an app can do about it.

use baton_mobile::runtime;
use baton_mobile::store::{Remedy, StoreError};

/// See the head of the file. `detail` is for people.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error, uniffi::Error)]
pub enum CoreError {
    /// The server cannot be reached.
    #[error("the server cannot be reached: check the network")]
    Offline,
    /// Nobody is signed in here, or the session is over.
    #[error("sign in first")]
    Unauthorized,
    /// Workspace, e-mail or password are wrong.
    #[error("workspace, e-mail or password are wrong")]
    WrongCredentials,
    /// The act cannot be taken in, or the choice not be made.
    #[error("{detail}")]
    Refused {
        /// What to do.
        detail: String,
    },
    /// The server said no.
    #[error("{detail}")]
    Server {
        /// Stable, for programs.
        code: String,
        /// What to do.
        detail: String,
    },
    /// An argument makes no sense.
    #[error("{detail}")]
    Invalid {
        /// Which.
        what: String,
        /// What is wrong with it.
        detail: String,
    },
    /// The device could not keep it: nothing happened.
    #[error("{detail}")]
    Storage {
        /// What to do.
        detail: String,
        /// Whether there is no room left.
        is_full: bool,
        /// Whether another process, or another core of this one, has it open.
        is_in_use: bool,
        /// Whether the key is not the one that it was sealed with.
        is_key_lost: bool,
    },
    /// The server was not heard for too long: what is held is locked before it is.
    #[error("too long without the server: connect to it first")]
    Locked,
    /// The system's key store cannot be read before the device is unlocked.
    #[error("unlock the device first")]
    KeyLocked,
    /// Something that the app gave to the core threw.
    #[error("{detail}")]
    AppCallback {
        /// What it said.
        detail: String,
    },
    /// The app and the server, or the app and what it stored, do not understand each other.
    #[error("update the app, or the server")]
    Incompatible,
    /// Too often.
    #[error("too often: try again later")]
    RateLimited {
        /// When to try again.
        retry_ms: u64,
    },
    /// The core was shut down.
    #[error("the core is shut down")]
    Closed,
    /// A mistake of the core.
    #[error("{detail}")]
    Internal {
        /// For its developers.
        detail: String,
    },
}

impl From<runtime::CoreError> for CoreError {
    fn from(error: runtime::CoreError) -> Self {
        use runtime::CoreError as Of;
        let detail = error.to_string();
        match error {
            Of::Offline => Self::Offline,
            Of::Unauthorized => Self::Unauthorized,
            Of::WrongCredentials => Self::WrongCredentials,
            Of::Refused(_) | Of::NotChosen(_) => Self::Refused { detail },
            Of::Server { code, detail } => Self::Server { code, detail },
            Of::Invalid { what, .. } => Self::Invalid { what, detail },
            Of::Storage(error) => Self::Storage {
                detail,
                is_full: error.remedy() == Remedy::FreeRoom,
                is_in_use: error == StoreError::InUse,
                is_key_lost: error == StoreError::WrongKey,
            },
            Of::Locked => Self::Locked,
            Of::KeyLocked => Self::KeyLocked,
            Of::KeyStore(detail) => Self::AppCallback { detail },
            Of::Incompatible => Self::Incompatible,
            Of::RateLimited { retry_ms } => Self::RateLimited { retry_ms },
            Of::Closed => Self::Closed,
            Of::Internal(detail) => Self::Internal { detail },
        }
    }
}
