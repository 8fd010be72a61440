//! The values in facts of settings, so that the settings of any moment can be derived from the log.
//! Names, addresses, numbers and secrets are left out, because the log outlives them.

use serde::{Deserialize, Serialize};

use crate::settings::given;
use crate::{AgentState, Availability, ReplyPolicy, Role, TeamId, Visibility};

/// Settings of an agent. An absent field did not change; a new agent has all fields.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct AgentSet {
    /// The role.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    /// The state; leaving revokes all their devices.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<AgentState>,
    /// The availability.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub availability: Option<Availability>,
    /// The capacity; null is unlimited.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    pub capacity: Option<Option<u32>>,
}

impl AgentSet {
    /// Whether their rights changed.
    pub fn touches_rights(&self) -> bool {
        self.role.is_some() || self.state.is_some()
    }
}

/// Settings of a team. An absent field did not change; a new team has all fields.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct TeamSet {
    /// The agents who may reply to a conversation that a teammate owns.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_policy: Option<ReplyPolicy>,
    /// The level at which members see conversations that others own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub visibility: Option<Visibility>,
    /// Whether teammates may claim from one another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claim_from_colleagues: Option<bool>,
}

/// Settings of a channel. An absent field did not change; a new channel has all fields.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ChannelSet {
    /// The team that gets new conversations.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default_team: Option<TeamId>,
    /// Messages a second.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pace_per_s: Option<u32>,
}
