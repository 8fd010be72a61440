//! Fields of commands on what surrounds the lines of a conversation: its customer, its tags, its
//! followers, and an offer of it.

use serde::{Deserialize, Serialize};

use super::present;
use crate::{AgentId, ConversationId, OfferId, SettingId};

/// A name for the customer that the team chose.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(transform = crate::schema::with_name))]
#[serde(deny_unknown_fields)]
pub struct NameContact {
    /// 1 to 100 characters. Required; `null` gives the customer their own name back.
    #[serde(deserialize_with = "present")]
    #[cfg_attr(feature = "schema", schemars(length(min = 1, max = 100)))]
    pub name: Option<String>,
}

/// A command on an offer.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct OfOffer {
    /// The offer.
    pub offer_id: OfferId,
}

/// Who is one person.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Link {
    /// A conversation with the same person, which the author may read too.
    pub with: ConversationId,
}

/// Changes the tags of a conversation: 1 to 20 in all, none of them twice.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Tagging {
    /// Tags that are put on. Of a group of which one holds the others come off.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schema", schemars(length(max = 20)))]
    pub add: Vec<SettingId>,
    /// Tags that are taken off.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schema", schemars(length(max = 20)))]
    pub remove: Vec<SettingId>,
}

/// Starts or stops following a conversation.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Following {
    /// The agent; the command's author where it is left out. Only supervisors name another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent_id: Option<AgentId>,
}
