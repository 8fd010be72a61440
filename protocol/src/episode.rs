//! Episodes of a conversation, as one looks back at them.

use serde::{Deserialize, Serialize};

use crate::event::OutcomeSaid;
use crate::{Actor, SettingId, Timestamp};

/// One stretch of a conversation, from open to resolved.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Episode {
    /// Its number.
    pub episode: u32,
    /// The time at which it began.
    pub opened_at: Timestamp,
    /// The time at which it ended; absent for the one that lasts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resolved_at: Option<Timestamp>,
    /// The agent who ended it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<Actor>,
    /// Why it ended, by its id, where somebody said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<SettingId>,
    /// The name and the text of that, as they were then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub said: Option<OutcomeSaid>,
    /// The tags that were on it at its end, or are on it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<SettingId>,
    /// The first words of its first line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_words: Option<String>,
}

/// `GET /conversations/{id}/episodes`: the newest first, at most 20.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Episodes {
    /// The episodes.
    pub episodes: Vec<Episode>,
}
