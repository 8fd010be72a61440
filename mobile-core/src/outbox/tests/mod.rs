//! The outbox, in the words of who uses it, and hunted for exceptions.

mod acts;
mod clocks;
mod histories;
mod judge;
mod phone;
mod reviews;
mod server;
mod taps;
mod ways;
