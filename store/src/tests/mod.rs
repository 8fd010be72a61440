//! The store's contract, on every database there is.

mod chain;
mod constraints;
mod future;
mod health;
mod lists;
mod looks;
mod migrations;
mod opening;
mod partitions;
mod plans;
mod pushes;
mod resume;
mod search;
mod seed;
mod sheets;
mod silence;
mod tables;
mod templates;
mod threads;
mod transactions;
mod uploads;
mod world;
