//! What the log says and how it is folded.

pub(crate) mod answers;
pub mod apply;
pub mod chance;
pub mod episodes;
pub mod hours;
pub mod inbound;
pub mod line;
pub mod log;
pub mod outcome;
pub mod past;
pub mod planted;
pub mod predicates;
pub mod roster;
pub mod scope;
pub mod tag;
pub mod upload;
