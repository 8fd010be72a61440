//! The world of the end-to-end tests: what they are made of.

pub mod bench;
pub mod chaos;
pub mod cluster;
pub mod compare;
pub mod handset;
pub mod history;
pub mod itself;
pub mod phone;
pub mod process;
pub mod stage;
pub mod tracer;
pub mod world;
