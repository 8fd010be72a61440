//! Groups: who is in them, and how they stand.

use serde::{Deserialize, Serialize};

use crate::Timestamp;

/// Whom a conversation is with.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum ConversationKind {
    /// A group: each line of it has an author, and there is no window.
    Group,
    /// One customer. Clients read every kind that they do not know as this one.
    #[default]
    #[serde(other)]
    Contact,
}

impl ConversationKind {
    /// Whether it is with one customer.
    pub fn is_contact(&self) -> bool {
        *self == Self::Contact
    }

    /// Whether it is with a group.
    pub fn is_group(&self) -> bool {
        *self == Self::Group
    }
}

/// A group, as far as it is known.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct GroupCard {
    /// The state at WhatsApp.
    #[serde(default)]
    pub state: GroupState,
    /// The participants, present and past.
    #[serde(default)]
    pub participants: Vec<Participant>,
}

/// The state of a group at WhatsApp.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum GroupState {
    /// It can be written to.
    #[default]
    Open,
    /// It is no more.
    Deleted,
    /// WhatsApp suspended it: nothing can be sent. Clients read every state that they do not know
    /// as this one.
    #[serde(other)]
    Suspended,
}

/// A customer in a group.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Participant {
    /// Their number in the group, from 1. It stays theirs.
    pub n: u32,
    /// The profile name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The number, digits without `+`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// The user name, without `@`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    /// WhatsApp's id of the user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_id: Option<String>,
    /// The time when they came, by Meta's clock, where it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub joined_at: Option<Timestamp>,
    /// Whether they left.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub left: bool,
}
