//! The rules of Baton, pure: no clock, no randomness, no database, no async.
//!
//! `decide` turns a command into facts or a refusal, and `group` decides a whole group of work.
//! `apply` folds events into state and cannot fail. `scope` and `sight` say who sees what. The
//! server and the phone use the same functions.

pub mod announce;
mod answers;
pub mod apply;
pub mod attributes;
pub mod automatic;
pub mod board;
pub mod bots;
pub mod canned;
pub mod chance;
pub mod clocks;
pub mod context;
pub mod courtesy;
pub mod decide;
pub mod episodes;
pub mod find;
pub mod fold;
pub mod forward;
pub mod group;
pub mod hours;
pub mod inbound;
pub mod language;
pub mod line;
mod link;
pub mod log;
mod lookalike;
pub mod media_type;
pub mod mirror;
pub mod names;
pub mod naming;
pub mod number;
pub mod outcome;
pub mod outcomes;
pub mod outside;
pub mod outward;
pub mod past;
pub mod planted;
pub mod predicates;
pub mod reach;
pub mod reminders;
pub mod report;
pub mod rights;
pub mod roster;
pub mod routing;
pub mod rules;
pub mod said;
pub mod scope;
pub mod setting;
pub mod settings;
pub mod shift;
pub mod shown;
pub mod sight;
pub mod signature;
pub mod staff;
pub mod stretch;
pub mod suggesting;
pub mod survey;
pub mod tag;
pub mod tags;
pub mod upload;

pub use apply::apply;
pub use decide::{Decision, Draft, decide};
