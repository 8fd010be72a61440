//! Bots: agents that are programs, and the way from them to a person.

use serde::{Deserialize, Serialize};

use crate::{AgentId, TeamId};

/// That an agent is a program. Its messages answer nobody: the customer still waits for a person.
/// Each conversation leaves it by one of these ways, even if the program is dead.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Bot {
    /// The agent.
    #[cfg_attr(feature = "schema", schemars(extend("x-of" = "agent", "x-once" = true)))]
    #[cfg_attr(feature = "schema", schemars(extend("x-column" = true)))]
    pub agent: AgentId,
    /// The team to whose queue its conversations go.
    #[cfg_attr(feature = "schema", schemars(extend("x-of" = "team", "x-column" = true)))]
    pub back_to: TeamId,
    /// Words by which a customer asks for a person, in whatever language; at most 50.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schema", schemars(length(max = 50)))]
    pub words: Vec<String>,
    /// Messages that a customer writes to it, 1 to 50: with the last of them it is over.
    #[serde(default = "usual_turns")]
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = 50)))]
    pub turns_max: u32,
    /// Seconds, 10 to 3,600, in which it says something to a customer who waits.
    #[serde(default = "usual_silence")]
    #[cfg_attr(feature = "schema", schemars(range(min = 10, max = 3_600)))]
    pub silent_s: u32,
    /// Minutes, 1 to 1,440, that it has in all.
    #[serde(default = "usual_minutes")]
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = 1_440)))]
    pub minutes_max: u32,
}

const fn usual_turns() -> u32 {
    5
}

const fn usual_silence() -> u32 {
    60
}

const fn usual_minutes() -> u32 {
    30
}
