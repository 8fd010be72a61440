//! A server in memory, for tests. It decides with the same function as the real one
//! (`baton_domain::group::decide`) and keeps its state in maps instead of tables.
//!
//! [`Server`] commits groups and answers what clients ask. [`team`] is a small team for tests of
//! phones. [`history`] notes what everybody concerned saw, and [`promises`] checks a history.
//! [`answered`] counts the turns and times of a conversation once more, from its log.
//! [`dice`] repeats choices from a seed.
//!
//! **Invariant:** no rule of the product is written here a second time.

pub mod answered;
pub mod dice;
pub mod history;
pub mod promises;
mod rows;
pub mod server;
pub mod settings;
pub mod team;
mod told;
mod uploads;

pub use server::{Person, Server, Setup};
pub use told::TIMINGS;
pub use uploads::NotReceived;
