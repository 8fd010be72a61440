//! The store's contract, on every database there is.

mod constraints;
mod opening;
mod seed;
mod transactions;
