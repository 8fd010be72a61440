//! The outbox, in the words of who uses it, and hunted for exceptions.

mod histories;
mod judge;
mod phone;
mod server;
