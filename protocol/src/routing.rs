//! Routing: an agent is asked to take what waits in a queue, and why.

use serde::{Deserialize, Serialize};

use crate::{AgentId, OfferId, TeamId, Timestamp};

/// A conversation of a queue that is offered to one agent: theirs if they accept it in time. Until
/// then it counts towards their load, and nobody else is asked.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct OpenOffer {
    /// Its id.
    pub offer_id: OfferId,
    /// The agent who is asked.
    pub agent_id: AgentId,
    /// The time at which somebody else is asked, by the server's clock.
    pub until: Timestamp,
}

/// An offer that nobody answered in time, a short time ago. Its agent may still take the
/// conversation while nobody else has it or is asked.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct LapsedOffer {
    /// Its id.
    pub offer_id: OfferId,
    /// The agent who was asked.
    pub agent_id: AgentId,
    /// The time of its end.
    pub at: Timestamp,
}

/// The urgency of a conversation in its team's queue.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Priority {
    /// As long as it has waited.
    #[default]
    Normal,
    /// As if it had waited half an hour longer.
    High,
    /// Before all that are not urgent.
    Urgent,
    /// One that this version does not know: read it as normal.
    #[serde(other)]
    #[cfg_attr(feature = "schema", schemars(skip))]
    Unknown,
}

impl Priority {
    /// The name on the wire and in tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Normal => "normal",
            Self::High => "high",
            Self::Urgent => "urgent",
            Self::Unknown => "unknown",
        }
    }

    /// The priority of this name; `Unknown` for any other.
    pub fn from_name(name: &str) -> Self {
        let all = [Self::Normal, Self::High, Self::Urgent];
        all.into_iter().find(|one| one.name() == name).unwrap_or(Self::Unknown)
    }

    /// Whether nothing is said of it.
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
    pub fn is_normal(&self) -> bool {
        *self == Self::Normal
    }
}

/// The end of an offer.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum OfferEnd {
    /// The agent took the conversation.
    Accepted,
    /// The agent said no.
    Declined,
    /// A device showed that it had the offer, and nobody answered in time.
    Missed,
    /// No device of the agent showed that it had the offer.
    NotReceived,
    /// The conversation needs nobody any more, or the agent may not have it.
    Withdrawn,
    /// One that this version does not know.
    #[serde(other)]
    #[cfg_attr(feature = "schema", schemars(skip))]
    Unknown,
}

/// The way one of several agents is chosen.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Choice {
    /// The agent who was given or gave back something longest ago.
    #[default]
    LongestIdle,
    /// One after the other.
    RoundRobin,
    /// The agent with the least load for their capacity.
    LeastLoaded,
    /// The first of a list who can take it.
    Priority,
    /// Any of them.
    Random,
    /// One that this version does not know.
    #[serde(other)]
    #[cfg_attr(feature = "schema", schemars(skip))]
    Unknown,
}

/// Why an agent was not asked. The first that fits, in this order.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum PassedOver {
    /// They left, or are about to.
    Inactive,
    /// They are no member of the team.
    NotInTeam,
    /// Their own hours say that they do not work now.
    OffShift,
    /// They are away.
    Away,
    /// They take no more.
    Busy,
    /// They are a bot, and no step names them.
    Bot,
    /// They answered neither of the last two, and did nothing since.
    NotResponding,
    /// Many were lost at once, and they have not shown themselves since.
    Braked,
    /// No device of theirs that would hear of an offer knows what one is.
    NoDevice,
    /// No device of theirs would show them that something came.
    Unreachable,
    /// The step names others.
    NotNamed,
    /// They lack a skill that the step asks for.
    Skill,
    /// They do not speak the customer's language.
    Language,
    /// They have as much as they can have.
    Full,
    /// They are asked for as many others as may be at once.
    OffersOut,
    /// They said no to this one a short time ago.
    Declined,
    /// They did not answer for this one a short time ago.
    Missed,
    /// No device of theirs had this one a short time ago.
    NotReceived,
    /// It was taken from them because they were not there, and they did nothing since.
    FormerOwner,
    /// The team's setting leaves them out.
    Excluded,
    /// They could have been asked; somebody else came first.
    NotChosen,
    /// One that this version does not know.
    #[serde(other)]
    #[cfg_attr(feature = "schema", schemars(skip))]
    Unknown,
}

/// An agent who was looked at and not asked.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct LeftOut {
    /// The agent.
    pub agent_id: AgentId,
    /// Why they were not asked.
    pub why: PassedOver,
}

/// A decision on who takes a conversation, and what it was based on.
#[derive(Clone, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Trail {
    /// The way one was chosen.
    pub choose: Choice,
    /// The number of the step that decided, from 1; absent where the team has no steps.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<u32>,
    /// True where that step asks who is on call.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub on_call: bool,
    /// The team whose queue has the conversation from here on; absent where it stays.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to_team: Option<TeamId>,
    /// True where it went from team to team without an act of a person, and stays from here on.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub circle: bool,
    /// True where the supervisors are told once more that nobody takes it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub again: bool,
    /// Those who were looked at and not asked, by id.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<LeftOut>,
    /// The number of others who were looked at and are not listed.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub more: u32,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
fn is_zero(number: &u32) -> bool {
    *number == 0
}

/// `GET /conversations/{id}/routing`: why its owner was asked, and who was not.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RoutingHistory {
    /// The decisions, the newest first; at most 20.
    pub decisions: Vec<RoutingDecision>,
}

/// A decision as the log tells it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RoutingDecision {
    /// Its place in the log.
    pub position: u64,
    /// The time of it.
    pub at: Timestamp,
    /// The agent who was chosen. Null where nobody could be: the whole team was called, or
    /// the conversation went to another team.
    pub agent_id: Option<AgentId>,
    /// The offer; null where the conversation was theirs at once.
    pub offer: Option<OpenOffer>,
    /// The end of the offer; null while it stands, and without an offer.
    pub end: Option<OfferEnd>,
    /// The basis of it.
    pub trail: Trail,
}
