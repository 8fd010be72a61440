//! The phone core, as Kotlin, Swift and Python see it.
//!
//! One object is the whole client ([`BatonCore`]); values go in and come out as plain records
//! ([`records`]). Calls that change something are carried out to their end whether or not the
//! caller still waits: cancelling one gives up its answer, not what it does. What an app gives to
//! the core ([`KeyStore`], [`Listener`], [`ListListener`], [`LogSink`]) may throw or take its time:
//! that harms nobody else.

mod app;
mod core;
mod error;
pub mod records;

pub use app::{AppError, KeyStore, ListListener, Listener, LogSink};
pub use core::{BatonCore, CoreConfig, take_push};
pub use error::CoreError;

uniffi::setup_scaffolding!("baton_core");
