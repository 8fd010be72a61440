//! Episodes of a conversation, as one looks back at them.

use baton_protocol::{Actor, Timestamp, episode};

use super::text_of;

/// One stretch of a conversation, from open to resolved.
#[derive(Clone, PartialEq, Eq, Debug, uniffi::Record)]
pub struct Episode {
    /// Its number.
    pub number: u32,
    /// The time at which it began.
    pub opened_at_ms: i64,
    /// The time at which it ended; nothing for the one that lasts.
    pub resolved_at_ms: Option<i64>,
    /// The id of the agent who ended it; nothing where no person did.
    pub by: Option<String>,
    /// The reason for which it ended, as it was called then.
    pub outcome: Option<String>,
    /// More about the reason.
    pub outcome_text: Option<String>,
    /// The ids of the tags that were on it.
    pub tags: Vec<String>,
    /// The first words of its first line.
    pub first_words: Option<String>,
}

impl From<episode::Episode> for Episode {
    fn from(of: episode::Episode) -> Self {
        let by = match of.by {
            Some(Actor::Agent { id }) => Some(id),
            Some(Actor::Customer | Actor::System | Actor::Rule { .. } | Actor::Unknown) | None => {
                None
            }
        };
        let (outcome, outcome_text) = of.said.map(|said| (said.name, said.text)).unzip();
        Self {
            number: of.episode,
            opened_at_ms: of.opened_at.ms(),
            resolved_at_ms: of.resolved_at.map(Timestamp::ms),
            by: text_of(by),
            outcome,
            outcome_text: outcome_text.flatten(),
            tags: of.tags.iter().map(ToString::to_string).collect(),
            first_words: of.first_words,
        }
    }
}
