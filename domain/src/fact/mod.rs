//! The log, and all that follows from it alone: who hears of a fact, and how it is folded. So does
//! the memory of answers, clocks, programs and surveys.
//!
//! `draft` is a fact before it is in the log, and `apply` folds one into a conversation.

pub(crate) mod answers;
pub mod apply;
pub(crate) mod bots;
pub mod chance;
pub(crate) mod clocks;
pub mod draft;
pub mod episodes;
pub mod hours;
pub mod inbound;
pub mod language;
pub mod line;
pub mod lines;
pub mod log;
pub mod outcome;
pub mod past;
pub mod planted;
pub mod predicates;
pub(crate) mod ran;
pub mod reminders;
pub mod roster;
pub mod scope;
pub mod survey;
pub mod tag;
pub mod upload;

use baton_protocol::WorkspaceId;

/// A key that cannot reach into another workspace.
pub type Key<T> = (WorkspaceId, T);
