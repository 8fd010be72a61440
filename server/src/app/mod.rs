//! Assembles the parts of a server; the only place that names concrete backends.

mod arrivals;
mod askers;
mod backend;
mod background;
mod database;
pub(crate) mod disk;
mod kept;
pub(crate) mod known;
mod listen;
pub(crate) mod lock;
mod media;
pub(crate) mod private;
mod restored;
pub(crate) mod serve;
mod stalled;
mod tls;

pub use serve::Server;
