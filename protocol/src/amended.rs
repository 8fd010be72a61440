//! Changes of a line after it was said: new words, taken back, reactions, receipts in a group.

use serde::{Deserialize, Serialize};

use crate::{Author, LineRef, MessageStatus, Timestamp};

/// The changes of a line after it was said.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Amended {
    /// The newest reaction of each who reacted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reactions: Vec<Reaction>,
    /// The line with its newest words, of kind `edit`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub edited: Option<Change>,
    /// The line that took it back, of kind `revocation`. The content of a line that was taken
    /// back is erased, with that of its edits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoked: Option<Change>,
    /// In a group: how far the message got with each participant of whom it was told.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub receipts: Vec<Receipt>,
    /// The number of times that agents sent it on to customers.
    #[serde(default, skip_serializing_if = "is_none")]
    pub forwarded: u32,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_none(count: &u32) -> bool {
    *count == 0
}

/// The status of a message with one participant of a group.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Receipt {
    /// The participant's number in the group.
    pub participant: u32,
    /// `delivered`, `read`, `played` or `failed`.
    pub status: MessageStatus,
    /// The time of this status, by Meta's clock.
    pub at: Timestamp,
}

/// A later line that changes an earlier one.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Change {
    /// The later line.
    pub line: LineRef,
    /// The time when it was said, by Meta's clock.
    pub at: Timestamp,
}

/// A reaction to a line.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Reaction {
    /// The author of the reaction.
    pub by: Author,
    /// The time of the reaction, by Meta's clock.
    pub at: Timestamp,
    /// The emoji; `None` when the reaction was taken back or erased.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub emoji: Option<String>,
}

/// One change of a line, as the log tells it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Amendment {
    /// It got new words.
    Edited(Change),
    /// It was taken back.
    Revoked(Change),
    /// Somebody reacted; the emoji is the event's content. Without one the reaction was taken
    /// back.
    Reacted {
        /// Of both sides, each has one reaction to a line.
        by: Author,
        /// The time of the reaction, by Meta's clock.
        at: Timestamp,
    },
    /// It reached one participant of a group, or failed to.
    Received(Receipt),
    /// An agent, the event's actor, sent it on. To whom stands at the new line.
    Forwarded,
}
