//! Skills of agents.

use serde::{Deserialize, Serialize};

/// What an agent can do, for the steps of a team's routing.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct AgentSkills {
    /// Their skills; at most 30.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schema", schemars(length(max = 30)))]
    pub skills: Vec<Skill>,
    /// Tags of the languages that they speak with customers, as `pt`; at most 20.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schema", schemars(length(max = 20), extend("x-column" = true)))]
    pub languages: Vec<String>,
}

/// A skill, and how good somebody is at it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Skill {
    /// Its name, as people read it. Case and accents do not matter.
    #[cfg_attr(feature = "schema", schemars(length(min = 1, max = 100)))]
    pub name: String,
    /// The level, 1 to 3.
    #[serde(default = "lowest")]
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = 3)))]
    pub level: u32,
}

const fn lowest() -> u32 {
    1
}
