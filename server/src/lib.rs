//! The Baton server as a library: everything behind the one binary `baton`.

pub mod store;
