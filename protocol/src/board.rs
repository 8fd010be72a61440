//! The board of supervisors: what waits, who has how much, and whether they would hear of more.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{AgentId, Availability, ChannelId, TeamId, Timestamp};

/// `GET /board`: figures of the teams that a supervisor leads, two seconds old at most.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Board {
    /// The time of the count.
    pub at: Timestamp,
    /// The figures of each team.
    pub teams: BTreeMap<TeamId, BoardFigures>,
    /// The figures of each number.
    pub channels: BTreeMap<ChannelId, BoardFigures>,
    /// The people of these teams, by id.
    pub agents: Vec<BoardAgent>,
    /// Reasons to act.
    pub alerts: Vec<BoardAlert>,
}

/// Counts of conversations.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct BoardFigures {
    /// Customers who wait for an answer.
    pub waiting: u64,
    /// Those whom nobody has or is offered.
    pub in_line: u64,
    /// The begin of the longest wait.
    pub oldest: Option<Timestamp>,
    /// Offers that stand.
    pub offered: u64,
    /// Conversations that an agent owns.
    pub owned: u64,
    /// Conversations that lost an owner who was not there.
    pub orphans: u64,
    /// Waits past what was promised, or 15 minutes.
    pub late: u64,
}

/// A person: their load, and whether they would hear of more.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct BoardAgent {
    /// The agent.
    pub agent_id: AgentId,
    /// Whether they take conversations.
    pub availability: Availability,
    /// All that they own and are offered.
    pub load: u32,
    /// The number of more that they may have; null for any.
    pub room: Option<u32>,
    /// Offers to them that stand.
    pub offered: u64,
    /// Customers of theirs who wait.
    pub waiting: u64,
    /// Those that are late.
    pub late: u64,
    /// Whether they would hear of something.
    pub verdict: Verdict,
    /// True where they answered neither of the last two that they were asked to take: they are
    /// asked for nothing until they do something.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub not_responding: bool,
    /// Their load of each team.
    pub teams: BTreeMap<TeamId, u64>,
}

/// Whether an agent would hear of something.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// They did something on one of their devices a short time ago.
    Here,
    /// A push comes through.
    Push,
    /// A device of theirs shows what comes, and nobody did anything there for a while.
    Connected,
    /// A push may come through.
    Unsure,
    /// Nothing comes through.
    Unreachable,
    /// One that this version does not know.
    #[serde(other)]
    #[cfg_attr(feature = "schema", schemars(skip))]
    Unknown,
}

/// A reason to act.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum BoardAlert {
    /// Many people were lost at once.
    Brake {
        /// The time of it.
        since: Timestamp,
        /// The number of them.
        fallen: u64,
        /// The number of all.
        of: u64,
    },
    /// Nobody of a routed team is available and can be reached.
    NobodyThere {
        /// The team.
        team_id: TeamId,
    },
    /// Conversations of a team lost their owners.
    Orphans {
        /// The team.
        team_id: TeamId,
        /// The number of them.
        count: u64,
    },
    /// Customers of a team wait for too long.
    Late {
        /// The team.
        team_id: TeamId,
        /// The number of them.
        count: u64,
    },
    /// One that this version does not know.
    #[serde(other)]
    #[cfg_attr(feature = "schema", schemars(skip))]
    Unknown,
}
