//! The rules as tables, for clients that decide ahead what the server will say. They lie in
//! `protocol/fixtures/rules`; the console plays them.
//!
//! `BATON_ACCEPT=1` writes them anew. `BATON_RULES` names another folder to write them to, and
//! `PLANTED_BUG` a bug to write them with: `scripts/planted.sh` shows that the console sees it.

mod clocks;
mod commands;
mod facts;
mod kept;
mod lines;
mod offers;
mod queues;
mod reminders;
mod tags;
mod viewers;
mod world;
