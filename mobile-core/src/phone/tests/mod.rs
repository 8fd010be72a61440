//! Phones, put together, against a server that is a model.

mod contact;
mod day;
mod device;
mod found;
mod healing;
mod histories;
mod judge;
mod lists;
mod net;
mod pushes;
mod server;
mod telling;
mod world;
