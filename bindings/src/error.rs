//! Errors of calls, one case for each reaction of an app.

use baton_mobile::runtime;
use baton_mobile::store::{Remedy, StoreError};

/// Why a call failed. `detail` is text for people.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error, uniffi::Error)]
pub enum CoreError {
    /// The server cannot be reached.
    #[error("the server cannot be reached: check the network")]
    Offline,
    /// No agent is signed in, or the session ended.
    #[error("sign in first")]
    Unauthorized,
    /// Workspace, e-mail or password are wrong.
    #[error("workspace, e-mail or password are wrong")]
    WrongCredentials,
    /// The act or the choice is invalid.
    #[error("{detail}")]
    Refused {
        /// The reason, for people.
        detail: String,
    },
    /// The server refused the request.
    #[error("{detail}")]
    Server {
        /// The stable code of the refusal, for programs.
        code: String,
        /// The reason, for people.
        detail: String,
    },
    /// An argument is invalid.
    #[error("{detail}")]
    Invalid {
        /// The name of the argument.
        what: String,
        /// What is wrong with it, for people.
        detail: String,
    },
    /// The device could not store it; nothing changed.
    #[error("{detail}")]
    Storage {
        /// The reason, for people.
        detail: String,
        /// Whether the device has no free space.
        is_full: bool,
        /// Whether another process or another core has the store open.
        is_in_use: bool,
        /// Whether the store was sealed with another key.
        is_key_lost: bool,
    },
    /// The server was not heard for too long, so the phone is locked.
    #[error("connect to the server first: it was not reached for too long")]
    Locked,
    /// The system's key store cannot be read before the device is unlocked.
    #[error("unlock the device first")]
    KeyLocked,
    /// The app's own code threw, for instance its key store.
    #[error("{detail}")]
    AppCallback {
        /// The message of the exception.
        detail: String,
    },
    /// The app and the server, or the app and its store, have incompatible versions.
    #[error("update the app, or the server")]
    Incompatible,
    /// Too many requests.
    #[error("too many attempts: try again later")]
    RateLimited {
        /// Time until the next attempt may succeed, in milliseconds.
        retry_ms: u64,
    },
    /// The core was shut down.
    #[error("the core is shut down")]
    Closed,
    /// A bug of the core.
    #[error("{detail}")]
    Internal {
        /// A description for developers.
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
