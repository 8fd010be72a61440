//! The link against a server that misbehaves, a network that comes and goes, and a phone that is
//! killed.

mod disk;
mod histories;
mod model;
mod net;
mod world;
