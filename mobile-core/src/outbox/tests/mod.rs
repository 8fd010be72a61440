//! The outbox, in the words of its user. Its histories, over a store, a network and a server that
//! fail, are played by the simulation in `model`.

mod acts;
mod clocks;
mod files;
mod phone;
mod reviews;
mod taps;
mod ways;
