//! Why a call of the app was not carried out.

use crate::outbox::{ChoiceRefused, EnqueueRefused};
use crate::store::{Remedy, StoreError};

/// See the head of the file. The text is for people.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
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
    /// The agent's act cannot be taken in.
    #[error("{0}")]
    Refused(EnqueueRefused),
    /// What was chosen cannot be chosen.
    #[error("{0}")]
    NotChosen(ChoiceRefused),
    /// The server said no.
    #[error("{detail}")]
    Server {
        /// Stable, for programs.
        code: String,
        /// What to do.
        detail: String,
    },
    /// An argument makes no sense.
    #[error("{what} {problem}")]
    Invalid {
        /// Which.
        what: String,
        /// What is wrong with it.
        problem: String,
    },
    /// The store could not do it.
    #[error("{0}")]
    Storage(StoreError),
    /// The server was not heard for too long: what is held is locked before it is.
    #[error("too long without the server: connect to it first")]
    Locked,
    /// The system's key store cannot be read before the device is unlocked.
    #[error("unlock the device first")]
    KeyLocked,
    /// The system's key store failed.
    #[error("the key store of this device failed: {0}")]
    KeyStore(String),
    /// The app and the server, or the app and what it stored, do not understand each other.
    #[error("update the app, or the server")]
    Incompatible,
    /// Too often.
    #[error("too often: try again in {} s", retry_ms.div_ceil(1000))]
    RateLimited {
        /// When to try again.
        retry_ms: u64,
    },
    /// The core was shut down.
    #[error("the core is shut down")]
    Closed,
    /// A mistake of the core.
    #[error("a mistake of the core: {0}")]
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
