//! What a fact of settings says was set. The log tells the values themselves, so that the settings
//! of any moment can be derived from it; names, addresses, numbers and secrets are not among them,
//! for the log is kept when those are erased.

use serde::{Deserialize, Serialize};

use crate::settings::given;
use crate::{AgentState, Availability, ReplyPolicy, Role, TeamId, Visibility};

/// Of an agent: what is absent stayed as it was; of a new one everything is there.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct AgentSet {
    /// What they may do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    /// Whether they work here; leaving revokes all their devices.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<AgentState>,
    /// What they say about themselves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub availability: Option<Availability>,
    /// How many conversations they may own; null is unlimited.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    pub capacity: Option<Option<u32>>,
}

impl AgentSet {
    /// Whether what they may see changed.
    pub fn touches_rights(&self) -> bool {
        self.role.is_some() || self.state.is_some()
    }
}

/// Of a team: what is absent stayed as it was; of a new one everything is there.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct TeamSet {
    /// Who may reply to what an agent owns.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_policy: Option<ReplyPolicy>,
    /// What members see of what others own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub visibility: Option<Visibility>,
    /// Whether teammates may claim from one another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claim_from_colleagues: Option<bool>,
}

/// Of a channel: what is absent stayed as it was; of a new one everything is there.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct ChannelSet {
    /// The team that gets new conversations.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default_team: Option<TeamId>,
    /// Messages a second.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pace_per_s: Option<u32>,
}
