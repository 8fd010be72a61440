//! Why a call of the app was not carried out.

use crate::link::Failure;
use crate::outbox::{ChoiceRefused, EnqueueRefused};
use crate::store::{Remedy, StoreError};

/// Why a call of the app failed. The text is for people.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
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
    /// The act is invalid.
    #[error("{0}")]
    Refused(EnqueueRefused),
    /// The choice is not offered for this act.
    #[error("{0}")]
    NotChosen(ChoiceRefused),
    /// The server refused the request.
    #[error("{detail}")]
    Server {
        /// The stable code of the refusal, for programs.
        code: String,
        /// The reason, for people.
        detail: String,
    },
    /// An argument is invalid.
    #[error("{what} {problem}")]
    Invalid {
        /// The name of the argument.
        what: String,
        /// The problem, for people.
        problem: String,
    },
    /// The store failed.
    #[error("{0}")]
    Storage(StoreError),
    /// The server was not heard for too long, so the phone is locked.
    #[error("connect to the server first: it was not reached for too long")]
    Locked,
    /// The system's key store cannot be read before the device is unlocked.
    #[error("unlock the device first")]
    KeyLocked,
    /// The system's key store failed.
    #[error("the key store of this device failed: {0}")]
    KeyStore(String),
    /// The app and the server, or the app and its store, have incompatible versions.
    #[error("update the app, or the server")]
    Incompatible,
    /// Too many requests.
    #[error("too many attempts: try again in {} s", retry_ms.div_ceil(1000))]
    RateLimited {
        /// Time until the next attempt may succeed, in milliseconds.
        retry_ms: u64,
    },
    /// The core was shut down.
    #[error("the core is shut down")]
    Closed,
    /// A bug of the core.
    #[error("internal error: {0}")]
    Internal(String),
}

impl From<StoreError> for CoreError {
    fn from(error: StoreError) -> Self {
        match error.remedy() {
            Remedy::Update => Self::Incompatible,
            Remedy::Retry
            | Remedy::FreeRoom
            | Remedy::OpenAgain
            | Remedy::FindKey
            | Remedy::UseOther
            | Remedy::Report => Self::Storage(error),
        }
    }
}

impl From<EnqueueRefused> for CoreError {
    fn from(refused: EnqueueRefused) -> Self {
        Self::Refused(refused)
    }
}

impl From<ChoiceRefused> for CoreError {
    fn from(refused: ChoiceRefused) -> Self {
        Self::NotChosen(refused)
    }
}

impl From<Failure> for CoreError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Unreachable | Failure::Unreadable => Self::Offline,
            Failure::OtherProtocol => Self::Incompatible,
            Failure::Refused { status: 401, .. } => Self::Unauthorized,
            Failure::Refused { retry_after_ms: Some(retry_ms), .. } => {
                Self::RateLimited { retry_ms }
            }
            Failure::Refused { status, code, .. } => {
                let detail = format!("the server answered with status {status}");
                Self::Server { code: code.unwrap_or_default(), detail }
            }
        }
    }
}
