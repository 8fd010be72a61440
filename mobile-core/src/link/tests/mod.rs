//! The link against a server that misbehaves, a network that comes and goes, and a phone that is
//! killed.

mod bench;
mod disk;
mod histories;
mod limits;
mod model;
mod net;
mod standing;
mod stored;
mod trying;
mod world;
