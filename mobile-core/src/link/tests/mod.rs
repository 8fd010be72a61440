//! The link, told one thing at a time. Its histories, over a network and a server that fail, are
//! played by the simulation in `model`.

mod acks;
mod bench;
mod limits;
mod settings;
mod standing;
mod stored;
mod trying;
