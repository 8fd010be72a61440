//! The interfaces that an app implements.

use std::sync::Arc;

use baton_mobile::lists::ListUpdate;
use baton_mobile::runtime::{self, KeyStoreFailed};

use crate::records::{Event, ListBatch, LogRecord};

/// An error that the app's own code returns to the core.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error, uniffi::Error)]
pub enum AppError {
    /// The device has not been unlocked since it was switched on.
    #[error("the device is locked")]
    Locked,
    /// Any other failure.
    #[error("{detail}")]
    Failed {
        /// A description for developers.
        detail: String,
    },
}

impl From<uniffi::UnexpectedUniFFICallbackError> for AppError {
    fn from(thrown: uniffi::UnexpectedUniFFICallbackError) -> Self {
        Self::Failed { detail: thrown.reason }
    }
}

/// The platform's key store. It holds secrets that the core stores nowhere else.
///
/// The core calls it from its own threads; calls may block.
#[uniffi::export(with_foreign)]
pub trait KeyStore: Send + Sync {
    /// Returns the value stored under a name, or nothing.
    fn get(&self, name: String) -> Result<Option<Vec<u8>>, AppError>;
    /// Stores a value under a name. If this fails, the previous value stays.
    fn put(&self, name: String, value: Vec<u8>) -> Result<(), AppError>;
    /// Deletes the value stored under a name.
    fn delete(&self, name: String) -> Result<(), AppError>;
}

/// The platform's own judgement of certificates.
///
/// The core asks only about servers for which no known authority vouches. Connections wait for
/// the answer, so it must not take long.
#[uniffi::export(with_foreign)]
pub trait PlatformTrust: Send + Sync {
    /// Returns whether the platform trusts that this chain is of this host.
    ///
    /// `chain` holds certificates in DER form, the server's first. An error is a no.
    fn is_trusted(&self, host: String, chain: Vec<Vec<u8>>) -> Result<bool, AppError>;
}

/// Receives events. Calls come one at a time, in order, from one thread.
#[uniffi::export(with_foreign)]
pub trait Listener: Send + Sync {
    /// Handles an event.
    fn on_event(&self, event: Event) -> Result<(), AppError>;
}

/// Receives updates of one list or value. Calls come one at a time, in order, from one thread.
#[uniffi::export(with_foreign)]
pub trait ListListener: Send + Sync {
    /// Handles an update: apply its steps in order, then draw.
    fn on_batch(&self, batch: ListBatch) -> Result<(), AppError>;
}

/// Receives log records: ids, counts and fixed words, never texts, names or numbers.
///
/// Calls come in order, from a thread of their own. A sink that blocks or throws delays only its
/// own records.
#[uniffi::export(with_foreign)]
pub trait LogSink: Send + Sync {
    /// Handles a log record.
    fn on_record(&self, record: LogRecord) -> Result<(), AppError>;
}

pub(crate) struct AppTrust(pub(crate) Arc<dyn PlatformTrust>);

impl runtime::PlatformTrust for AppTrust {
    fn is_trusted(&self, host: &str, chain: &[Vec<u8>]) -> bool {
        self.0.is_trusted(host.to_owned(), chain.to_vec()).unwrap_or(false)
    }
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
    fn take(&self, record: runtime::LogRecord) -> bool {
        self.0.on_record(record.into()).is_ok()
    }
}

pub(crate) struct AppListListener(pub(crate) Arc<dyn ListListener>);

impl runtime::ListListener for AppListListener {
    fn hear(&self, update: ListUpdate) -> bool {
        self.0.on_batch(update.into()).is_ok()
    }
}
