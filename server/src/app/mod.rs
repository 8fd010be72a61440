//! Assembles the parts; the only place that names concrete backends (and, for `demo` alone, the
//! simulator as a library).

mod backend;
mod demo;
mod listen;
mod lock;
mod quarantine;
mod run;
mod serve;

pub use run::run;
pub use serve::Server;
