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
    /// The number's policy towards customers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<ChannelPolicy>,
}

/// A number's policy towards its customers, beside the messages. What is absent was never set, or
/// does not change.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ChannelPolicy {
    /// Whether the agent's name stands above what agents write; not where it is absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent_names: Option<bool>,
    /// Whether customers see that an agent has read their messages; not where it is absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub read_receipts: Option<bool>,
    /// Whether customers see that an agent is typing, which also tells that their messages were
    /// read; not where it is absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub typing: Option<bool>,
    /// Whether WhatsApp shows what a link in a text leads to; it does where it is absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link_previews: Option<bool>,
    /// Whether the next message to a customer waits until the one before has arrived. It waits for
    /// half a minute at most, and not at all if this is absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub one_by_one: Option<bool>,
}

impl ChannelPolicy {
    /// This one, changed by another.
    #[must_use]
    pub fn changed_by(self, other: Self) -> Self {
        Self {
            agent_names: other.agent_names.or(self.agent_names),
            read_receipts: other.read_receipts.or(self.read_receipts),
            typing: other.typing.or(self.typing),
            link_previews: other.link_previews.or(self.link_previews),
            one_by_one: other.one_by_one.or(self.one_by_one),
        }
    }
}
