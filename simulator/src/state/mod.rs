//! The settings of a running simulator, and its memory.

pub(crate) mod accounts;
pub(crate) mod assistant;
pub(crate) mod config;
pub(crate) mod connection;
pub(crate) mod endpoint;
pub(crate) mod faults;
pub(crate) mod groups;
pub(crate) mod knobs;
pub(crate) mod media;
pub(crate) mod pace;
pub(crate) mod people;
pub(crate) mod push;
pub(crate) mod shared;
pub(crate) mod templates;
pub(crate) mod world;
