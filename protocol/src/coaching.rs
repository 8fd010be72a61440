//! Coaching notes: from a supervisor to the owner of a conversation.

use serde::{Deserialize, Serialize};

use crate::{AgentId, NoteId, OpId, Timestamp};

/// A coaching note to the owner.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Coach {
    /// 1 to 10,000 characters.
    #[cfg_attr(feature = "schema", schemars(length(min = 1, max = 10000)))]
    pub text: String,
    /// The owner epoch that the author saw: it goes to no other owner.
    pub expect_owner_epoch: u64,
}

/// A text by which somebody who supervises coaches the owner. That agent sees it and those who
/// supervise the team: nobody else.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CoachNote {
    /// The note's id.
    pub id: NoteId,
    /// The author.
    pub author: AgentId,
    /// The agent whom it is for.
    pub agent_id: AgentId,
    /// The time it was written.
    pub at: Timestamp,
    /// The position of its event: its place among others of its kind.
    pub position: u64,
    /// The text; `None` when erased.
    pub text: Option<String>,
    /// The command that wrote it.
    pub op_id: OpId,
}
