//! An event as it stands in the log: with the scope it happened in, which says who hears of it.

use std::collections::BTreeMap;

use baton_protocol::{AgentId, ConversationId, Epoch, Event, Fact, Head, WorkspaceId};
use serde::{Deserialize, Serialize};

use crate::scope::{Audience, Scope, audiences};

/// Whom an event concerns.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Route {
    /// Whoever sees the conversation, before or after it.
    Conversation {
        /// The scope before; `None` when the conversation began with it.
        before: Option<Scope>,
        /// The scope after.
        after: Scope,
    },
    /// One agent alone.
    Agent(AgentId),
    /// Everyone in the workspace.
    Everyone,
}

impl Route {
    /// The route of a fact: what concerns one agent alone (read marks, their password, their
    /// devices) says so itself, what has no conversation concerns everyone. In the log, `team_*`
    /// and `owner_*` keep the scopes (an owner that is NULL is the team's queue).
    pub fn of(fact: &Fact, before: Option<Scope>, after: Option<Scope>) -> Self {
        match (fact, after) {
            (
                Fact::ReadMarked { agent_id, .. }
                | Fact::PasswordSet { agent_id }
                | Fact::DeviceRevoked { agent_id, .. },
                _,
            ) => Self::Agent(*agent_id),
            (_, Some(after)) => Self::Conversation { before, after },
            (_, None) => Self::Everyone,
        }
    }

    /// Whose feeds list the event.
    pub fn audiences(&self) -> Vec<Audience> {
        match self {
            Self::Conversation { before, after } => audiences(*before, *after),
            Self::Agent(agent) => vec![Audience::Agent(*agent)],
            Self::Everyone => vec![Audience::Everyone],
        }
    }
}

/// An event and whom it concerns.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Logged {
    /// The event, content included as far as it is not erased.
    pub event: Event,
    /// Whom it concerns.
    pub route: Route,
}

/// What one commit appended to a workspace's log: every position of (after, after + entries].
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Batch {
    /// Whose log.
    pub workspace: WorkspaceId,
    /// The log's identity.
    pub epoch: Epoch,
    /// The position before the first entry.
    pub after: u64,
    /// The entries, dense.
    pub entries: Vec<Logged>,
    /// The heads, after the last entry, of the conversations they touch.
    pub heads: BTreeMap<ConversationId, Head>,
}

impl Batch {
    /// The position of the last entry.
    pub fn upto(&self) -> u64 {
        self.after.saturating_add(u64::try_from(self.entries.len()).unwrap_or(u64::MAX))
    }
}
