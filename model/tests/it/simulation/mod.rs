//! Simulated histories: customers, phones, a network, a server and WhatsApp in one thread and in
//! virtual time, every choice drawn from a seed.
//!
//! `world` holds everybody and says what can happen next. `acts` is what agents and customers do,
//! `network` what lies between phones and server, `sender` the worker that sends. `phone` is one
//! phone and `disk` its store. `judge` says what must hold at the end.
//!
//! Printed seeds replay exactly: `BATON_SEED=17 cargo test -p baton-model a_seed`.

mod acts;
mod disk;
mod judge;
mod network;
mod phone;
mod planted;
mod runs;
mod sender;
mod world;
