//! Assembles the parts; the only place that names concrete backends (and, for `demo` alone, the
//! simulator as a library).

mod admin;
mod arrivals;
mod askers;
mod backend;
mod background;
mod backup;
mod database;
mod demo;
mod disk;
mod doctor;
mod dump;
mod intake;
mod kept;
mod known;
mod listen;
mod lock;
mod media;
mod numbers;
mod private;
mod program;
mod push;
mod put_back;
mod quarantine;
mod restore;
mod run;
mod serve;
mod stalled;
#[cfg(test)]
mod tests;
mod tls;
mod verify;

pub use media::worker as media_worker;
pub use program::main;
pub use serve::Server;
