//! Phones, put together, against a server in memory (`baton_model`).

mod contact;
mod day;
mod device;
mod files;
mod found;
mod healing;
mod histories;
mod judge;
mod lists;
mod net;
mod pushes;
mod world;
