//! The rules of Baton, pure: no clock, no randomness, no database, no async.
//!
//! `decide` turns a command into facts or a refusal, and `group` decides a whole group of work.
//! `apply` folds events into state and cannot fail. `scope` and `sight` say who sees what. The
//! server and the phone use the same functions.

pub mod announce;
pub mod auto;
pub mod context;
pub mod decide;
pub mod fact;
pub mod forward;
pub mod group;
pub mod hand;
pub mod outward;
pub mod report;
pub mod see;
pub mod text;

pub use decide::{Decision, Draft, decide};
pub use fact::apply::apply;
