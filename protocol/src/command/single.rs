//! Fields of commands on what surrounds the lines of a conversation. They are of its customer, its
//! tags, followers and offers, of read marks, of its sleep and its end.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Seen, present};
use crate::{AgentId, ConversationId, FieldValue, OfferId, Priority, SettingId, Timestamp};

/// Closes the episode, and says why it ends.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(transform = crate::schema::with_seen))]
#[serde(deny_unknown_fields)]
pub struct Resolve {
    /// The last line on the author's screen.
    #[serde(deserialize_with = "present")]
    pub seen: Seen,
    /// One of the outcomes of the conversation's team, else of the workspace.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<SettingId>,
    /// More about the outcome, 1 to 500 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(length(min = 1, max = 500)))]
    pub outcome_text: Option<String>,
}

impl From<Seen> for Resolve {
    /// Without an outcome.
    fn from(seen: Seen) -> Self {
        Self { seen, outcome: None, outcome_text: None }
    }
}

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

/// Changes fields of the customer's card: 1 to 20 in all, none of them twice.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct SetAttributes {
    /// New values, by the ids of their attributes.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub set: BTreeMap<SettingId, FieldValue>,
    /// Attributes whose value goes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schema", schemars(length(max = 20)))]
    pub clear: Vec<SettingId>,
}

/// The canned reply that a text was made of.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct CannedUse {
    /// The reply.
    pub id: SettingId,
    /// Its version.
    pub version: u32,
}

/// Sets the language that the customer writes.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(transform = crate::schema::with_language))]
#[serde(deny_unknown_fields)]
pub struct SetLanguage {
    /// Its tag, as `pt-BR`. Required; with `null` it is heard in what they write again.
    #[serde(deserialize_with = "present")]
    #[cfg_attr(feature = "schema", schemars(length(min = 1, max = 35)))]
    pub language: Option<String>,
}

/// Says how urgent the conversation is.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct SetPriority {
    /// The priority from here on.
    pub priority: Priority,
    /// Why, 1 to 200 characters. Only `normal` needs none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(length(min = 1, max = 200)))]
    pub reason: Option<String>,
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

/// Hides the conversation until a time, or until the customer writes.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(transform = crate::schema::with_seen))]
#[serde(deny_unknown_fields)]
pub struct Snooze {
    /// The time at which it wakes.
    pub until: Timestamp,
    /// The last line on the author's screen.
    #[serde(deserialize_with = "present")]
    pub seen: Seen,
}

/// The read mark of the author. It only grows.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct MarkRead {
    /// The seq of the last line read.
    pub seq: u64,
}

/// Lines that the author read count as unread again, from this one on.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct MarkUnread {
    /// The seq of the first line that is unread.
    pub seq: u64,
}
