//! Assembles the parts; the only place that names concrete backends (and, for `demo` alone, the
//! simulator as a library).

mod backend;
mod database;
mod demo;
mod listen;
mod lock;
mod quarantine;
mod restore;
mod run;
mod serve;
mod verify;

pub use run::run;
pub use serve::Server;
