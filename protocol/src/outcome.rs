//! Answers to commands.

use serde::{Deserialize, Serialize};

use crate::{AgentId, Line, LineRef, MessageStatus, NoteId, OpId, Refusal};

/// The command was carried out, or its wish already held.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Accepted {
    /// Position of its last event; `None` when nothing had to change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub position: Option<u64>,
    /// The conversation's revision after it.
    pub revision: u64,
    /// The line it wrote.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<LineRef>,
    /// The note it wrote.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note_id: Option<NoteId>,
    /// The status of its message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<MessageStatus>,
    /// Whom its note mentions in vain: they do not see the conversation, and are told nothing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unreached: Vec<AgentId>,
}

/// The command was not carried out.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Refused {
    /// The reason.
    #[serde(flatten)]
    pub refusal: Refusal,
    /// The reason for a person.
    pub detail: String,
    /// With `stale`: the missed lines as far as they may be seen.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lines: Vec<Line>,
}

impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Self {
        let detail = refusal.detail();
        Self { refusal, detail, lines: Vec::new() }
    }
}

/// The answer to one command.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CommandResult {
    /// The command; `None` when its op id could not be read.
    pub op_id: Option<OpId>,
    /// The outcome.
    #[serde(flatten)]
    pub outcome: Outcome,
}

/// Accepted or refused.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Carried out.
    Accepted(Accepted),
    /// Not carried out.
    Refused(Refused),
}

/// `POST /commands`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CommandResults {
    /// One for each command, in order.
    pub results: Vec<CommandResult>,
}

/// `POST /commands/outcomes`: asks for stored answers.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct OutcomesQuery {
    /// Op ids of this agent; unknown ones are from then on refused as `cancelled`.
    #[cfg_attr(feature = "schema", schemars(length(max = 100)))]
    pub op_ids: Vec<OpId>,
}
