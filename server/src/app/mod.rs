//! Assembles the parts; the only place that names concrete backends (and, for `demo` alone, the
//! simulator as a library).

mod arrivals;
mod backend;
mod backup;
mod database;
mod demo;
mod dump;
mod listen;
mod lock;
mod put_back;
mod quarantine;
mod restore;
mod run;
mod serve;
mod verify;

pub use run::run;
pub use serve::Server;
