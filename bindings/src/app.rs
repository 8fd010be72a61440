//! What an app gives to the core.

use std::sync::Arc;

use baton_mobile::lists::Letter;
use baton_mobile::runtime::{self, KeyStoreFailed, Watcher};

use crate::records::{Event, ListBatch, LogRecord};

/// Why the app did not do what it was asked.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error, uniffi::Error)]
pub enum AppError {
    /// The device was not unlocked since it was switched on.
    #[error("the device is locked")]
    Locked,
    /// Anything else, thrown or said.
    #[error("{detail}")]
    Failed {
        /// What.
        detail: String,
    },
}

impl From<uniffi::UnexpectedUniFFICallbackError> for AppError {
    fn from(thrown: uniffi::UnexpectedUniFFICallbackError) -> Self {
        Self::Failed { detail: thrown.reason }
    }
}

/// The system's key store: values that lie nowhere else. Called from threads of the core that may
/// wait.
#[uniffi::export(with_foreign)]
pub trait KeyStore: Send + Sync {
    /// What is kept under a name.
    fn get(&self, name: String) -> Result<Option<Vec<u8>>, AppError>;
    /// Keeps something under a name.
    fn put(&self, name: String, value: Vec<u8>) -> Result<(), AppError>;
    /// Forgets what is kept under a name.
    fn delete(&self, name: String) -> Result<(), AppError>;
}

/// Hears what nobody asked for. Called in order, from one thread.
#[uniffi::export(with_foreign)]
pub trait Listener: Send + Sync {
    /// Something happened.
    fn on_event(&self, event: Event) -> Result<(), AppError>;
}

/// Hears of one list or value. Called in order, from one thread.
#[uniffi::export(with_foreign)]
pub trait ListListener: Send + Sync {
    /// What changed.
    fn on_batch(&self, batch: ListBatch) -> Result<(), AppError>;
}

/// Takes what the core says of itself: ids, counts and words of the core, never what somebody
/// wrote. Called in order, from a thread that does nothing else: one that blocks or throws holds up
/// nothing but its own records.
#[uniffi::export(with_foreign)]
pub trait LogSink: Send + Sync {
    /// Something happened.
    fn on_record(&self, record: LogRecord) -> Result<(), AppError>;
}

pub(crate) struct AppKeys(pub(crate) Arc<dyn KeyStore>);

impl From<AppError> for KeyStoreFailed {
    fn from(error: AppError) -> Self {
        match error {
            AppError::Locked => Self::Locked,
            AppError::Failed { detail } => Self::Other(detail),
        }
    }
}

impl runtime::KeyStore for AppKeys {
    fn get(&self, name: &str) -> Result<Option<Vec<u8>>, KeyStoreFailed> {
        Ok(self.0.get(name.to_owned())?)
    }

    fn put(&self, name: &str, value: &[u8]) -> Result<(), KeyStoreFailed> {
        Ok(self.0.put(name.to_owned(), value.to_vec())?)
    }

    fn delete(&self, name: &str) -> Result<(), KeyStoreFailed> {
        Ok(self.0.delete(name.to_owned())?)
    }
}

pub(crate) struct AppListener(pub(crate) Arc<dyn Listener>);

impl runtime::Listener for AppListener {
    fn hear(&self, event: runtime::Event) -> bool {
        self.0.on_event(event.into()).is_ok()
    }
}

pub(crate) struct AppLog(pub(crate) Arc<dyn LogSink>);

impl runtime::LogSink for AppLog {
    fn take(&self, record: runtime::Record) -> bool {
        self.0.on_record(record.into()).is_ok()
    }
}

pub(crate) struct AppWatcher(pub(crate) Arc<dyn ListListener>);

impl Watcher for AppWatcher {
    fn hear(&self, letter: Letter) -> bool {
        self.0.on_batch(letter.into()).is_ok()
    }
}
