//! The routing of a team.

use serde::{Deserialize, Serialize};

use super::Skill;
use crate::{AgentId, Choice, SettingId, TeamId};

/// The routing of a team: an agent is asked to take what waits in its queue.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Routing {
    /// Whether somebody is asked, and how.
    #[serde(default)]
    #[cfg_attr(feature = "schema", schemars(extend("x-column" = true)))]
    pub hand: Hand,
    /// The way one of those who could take it is chosen.
    #[serde(default)]
    #[cfg_attr(feature = "schema", schemars(extend("x-column" = true)))]
    pub choose: Choice,
    /// With `priority`: those who are asked first, in their order; at most 100.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schema", schemars(length(max = 100), extend("x-of" = "agent")))]
    pub first: Vec<AgentId>,
    /// Members who are never asked; at most 100.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schema", schemars(length(max = 100), extend("x-of" = "agent")))]
    pub excluded: Vec<AgentId>,
    /// The members who are looked at, one step after the other; at most 8. Without any, all are.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schema", schemars(length(max = 8)))]
    pub steps: Vec<RoutingStep>,
    /// Seconds for which an offer is theirs, 15 to 300.
    #[serde(default = "Routing::default_window")]
    #[cfg_attr(feature = "schema", schemars(range(min = 15, max = 300)))]
    pub window_s: u32,
    /// The number of offers that one agent may have at once, 1 to 10.
    #[serde(default = "Routing::default_at_once")]
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = 10)))]
    pub at_once: u32,
}

impl Routing {
    fn default_window() -> u32 {
        45
    }

    fn default_at_once() -> u32 {
        3
    }
}

impl Default for Routing {
    fn default() -> Self {
        Self {
            hand: Hand::default(),
            choose: Choice::default(),
            first: Vec::new(),
            excluded: Vec::new(),
            steps: Vec::new(),
            window_s: Self::default_window(),
            at_once: Self::default_at_once(),
        }
    }
}

/// The way a conversation of a queue comes to an agent.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Hand {
    /// Somebody takes it.
    #[default]
    Off,
    /// It is offered to one after the other.
    Offer,
    /// It is given to one at once.
    Assign,
}

/// A step of routing: the members who are looked at, and from when on. The first step that has
/// somebody decides.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RoutingStep {
    /// Those who are looked at.
    #[serde(default)]
    pub who: StepWho,
    /// With `named` and `on_call`: the members who are looked at, at most 20.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schema", schemars(length(max = 20), extend("x-of" = "agent")))]
    pub agents: Vec<AgentId>,
    /// With `move`: the team whose queue gets the conversation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(extend("x-of" = "team")))]
    pub to_team: Option<TeamId>,
    /// The schedule in whose open hours the step counts. Without one it always counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(extend("x-of" = "schedule")))]
    pub schedule: Option<SettingId>,
    /// True where the step counts while that schedule is closed instead.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub closed: bool,
    /// Skills that they have, each at this level at least; at most 5.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schema", schemars(length(max = 5)))]
    pub skills: Vec<Skill>,
    /// True for those alone who speak the customer's language, where it is known.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub speaks: bool,
    /// Seconds that a customer has waited before it counts, at most a day.
    #[serde(default, skip_serializing_if = "is_zero")]
    #[cfg_attr(feature = "schema", schemars(range(max = 86_400)))]
    pub after_s: u32,
    /// Seconds that a customer waits for those who are there and have no room, at most a day. Only
    /// then the next step is looked at.
    #[serde(default, skip_serializing_if = "is_zero")]
    #[cfg_attr(feature = "schema", schemars(range(max = 86_400)))]
    pub wait_s: u32,
}

/// The members that a step looks at, or what else it does.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum StepWho {
    /// Every member of the team.
    #[default]
    Team,
    /// The member who answered the customer last.
    Last,
    /// These members.
    Named,
    /// These members, also outside the hours of their own and in their quiet hours.
    OnCall,
    /// Nobody: the conversation goes to the queue of another team.
    Move,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
fn is_zero(number: &u32) -> bool {
    *number == 0
}
