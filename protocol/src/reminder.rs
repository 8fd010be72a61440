//! Reminders: agents want to be called back to a conversation.

use serde::{Deserialize, Deserializer, Serialize};

use crate::{AgentId, LineRef, NoteId, Timestamp};

/// An agent wants to be called back. Each has at most one on a conversation.
///
/// It ends when it rings, when the agent answers or resolves, and when they set another one. A
/// follow-up ends when the customer writes, or anybody resolves.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Reminder {
    /// The agent.
    pub agent_id: AgentId,
    /// The time at which it rings.
    pub at: Timestamp,
    /// True where it rings only if the customer has written nothing until then.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub follow_up: bool,
    /// The id of its text, which is the content of `reminder_set`; none where nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note_id: Option<NoteId>,
}

/// Sets a reminder for the author, in place of the one they have there, or ends that one.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(transform = crate::schema::with_reminder))]
#[serde(deny_unknown_fields)]
pub struct Remind {
    /// The time at which it rings, within a year. One that is past rings at once. Required; `null`
    /// ends the reminder.
    #[serde(deserialize_with = "present")]
    pub at: Option<Timestamp>,
    /// Rings only if the customer has written nothing until then. Where they wrote after `seen`,
    /// nothing is set.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub follow_up: bool,
    /// The text, 1 to 500 characters. Colleagues who see the conversation read it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(length(min = 1, max = 500)))]
    pub text: Option<String>,
    /// The last line on the author's screen.
    #[serde(deserialize_with = "present")]
    pub seen: Option<LineRef>,
}

/// Reads an option that must be present, if only as `null`.
fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    Option::deserialize(deserializer)
}
