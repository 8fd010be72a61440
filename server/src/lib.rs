//! The Baton server: one conversation, one owner, one answer.
//!
//! Commands in, events out, one log. ARCHITECTURE.md is the map. The repository test `tidy` says
//! which module may use which.

pub mod accounts;
pub mod app;
pub mod cli;
pub mod clock;
pub mod config;
pub mod connection;
pub mod coordinator;
#[cfg(feature = "demo")]
pub mod demo;
pub mod engine;
pub mod gateway;
pub mod http;
pub mod jobs;
pub mod mail;
pub mod media;
pub mod node;
pub mod program;
pub mod push;
pub mod secrets;
pub mod speaker;
pub mod telemetry;
pub mod whatsapp;

pub use baton_store as store;
