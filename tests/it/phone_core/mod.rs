//! The phone core against the real server: what an agent with a phone sees.

mod kills;
mod offline;
