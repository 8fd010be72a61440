//! The phone core's API for Kotlin, Swift and Python.
//!
//! [`BatonCore`] is the client; its values are plain [`records`]. A call runs to its end even if it
//! is cancelled: only its result is lost.
//!
//! An app implements [`KeyStore`], [`PlatformTrust`], [`Listener`], [`ListListener`] and
//! [`LogSink`]. If one of them throws or blocks, only its own calls fail or wait.

mod app;
mod canned;
mod core;
mod error;
pub mod records;
mod served;
mod settings;

pub use app::{AppError, KeyStore, ListListener, Listener, LogSink, PlatformTrust};
pub use canned::{FilledText, blanks_in, canned_values, fill_canned};
pub use core::{BatonCore, CoreConfig, take_push};
pub use error::CoreError;

uniffi::setup_scaffolding!("baton_core");
