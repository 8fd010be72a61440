//! The phone core against the real server: what an agent with a phone sees.

mod extensions;
mod files;
mod fleet;
mod kills;
mod locked;
mod offline;
mod rings;
mod soak;
