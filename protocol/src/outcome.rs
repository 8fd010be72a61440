//! What became of a command.

use serde::{Deserialize, Serialize};

use crate::{Line, LineRef, MessageStatus, NoteId, OpId, Refusal};

/// It was carried out (or what it wished already held).
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
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
    /// Where its message stands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<MessageStatus>,
}

/// It was not carried out.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Refused {
    /// Why.
    #[serde(flatten)]
    pub refusal: Refusal,
    /// The same for a person.
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
pub struct CommandResult {
    /// Which command; `None` when even its op id could not be read.
    pub op_id: Option<OpId>,
    /// What became of it.
    #[serde(flatten)]
    pub outcome: Outcome,
}

/// Accepted or refused.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Carried out.
    Accepted(Accepted),
    /// Not carried out.
    Refused(Refused),
}

/// `POST /commands`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct CommandResults {
    /// One for each command, in order.
    pub results: Vec<CommandResult>,
}

/// `POST /commands/outcomes`: asks what became of these.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OutcomesQuery {
    /// Op ids of this agent; unknown ones are from then on refused as `cancelled`.
    pub op_ids: Vec<OpId>,
}
