//! Promises to customers: the time in which they are answered.

use serde::{Deserialize, Serialize};

use crate::{SettingId, TeamId};

/// A promise to customers: the time in which they are answered.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Sla {
    /// As people read it.
    #[cfg_attr(feature = "schema", schemars(length(min = 1, max = 100)))]
    #[cfg_attr(feature = "schema", schemars(extend("x-column" = true)))]
    pub name: String,
    /// The teams whose conversations it is for; left out, all are. At most 100. The first policy
    /// that fits counts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schema", schemars(length(max = 100), extend("x-of" = "team")))]
    pub teams: Vec<TeamId>,
    /// From an episode's first message to the first answer of a person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first: Option<SlaTarget>,
    /// From the first message of each turn to the answer of a person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<SlaTarget>,
    /// From an episode's first message to its end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resolution: Option<SlaTarget>,
    /// It is for conversations with one of these tags alone; left out, for all. At most 20. A
    /// conversation that gets such a tag later is promised it from then on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schema", schemars(length(max = 20), extend("x-of" = "tag")))]
    pub tags: Vec<SettingId>,
}

/// A time that is promised.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct SlaTarget {
    /// Open minutes, 1 to 525,600.
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = 525_600)))]
    pub target_min: u32,
    /// Percent of them after which the owner is warned, 1 to 99. Left out, nobody is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = 99)))]
    pub warn_at: Option<u32>,
    /// The schedule that says which minutes are open; left out, all are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(extend("x-of" = "schedule")))]
    pub hours: Option<SettingId>,
}
