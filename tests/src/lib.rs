//! The world of the end-to-end tests: what they are made of.

pub mod bench;
pub mod world;
