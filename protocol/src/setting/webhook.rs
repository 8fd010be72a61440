//! Webhooks of the team's own: where they lead, what they tell, and what became of it.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{ChannelId, TeamId, Timestamp};

/// An address of the team's own that is told of what happens, in the order of the log.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Webhook {
    /// As people read it.
    #[cfg_attr(feature = "schema", schemars(length(min = 1, max = 100)))]
    #[cfg_attr(feature = "schema", schemars(extend("x-column" = true)))]
    pub name: String,
    /// The address: https, of the open Internet.
    #[cfg_attr(feature = "schema", schemars(length(min = 1, max = 2048)))]
    #[cfg_attr(feature = "schema", schemars(extend("x-column" = true)))]
    pub url: String,
    /// The events that it is told.
    #[cfg_attr(feature = "schema", schemars(length(min = 1, max = 20)))]
    pub events: Vec<WebhookKind>,
    /// Only of conversations of these teams; left out, of all. At most 100.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schema", schemars(length(max = 100), extend("x-of" = "team")))]
    pub teams: Vec<TeamId>,
    /// Only of conversations on these numbers; left out, of all. At most 100.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schema", schemars(length(max = 100), extend("x-of" = "channel")))]
    pub channels: Vec<ChannelId>,
    /// Whether it is told what was said, and what the customer is called.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub contents: bool,
    /// Whether it is told customers' numbers.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub numbers: bool,
}

/// Something that a webhook is told of.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum WebhookKind {
    /// A customer wrote.
    #[serde(rename = "message.received")]
    MessageReceived,
    /// WhatsApp took a message of the team.
    #[serde(rename = "message.sent")]
    MessageSent,
    /// A message of the team failed.
    #[serde(rename = "message.failed")]
    MessageFailed,
    /// An episode began.
    #[serde(rename = "conversation.opened")]
    ConversationOpened,
    /// An episode ended.
    #[serde(rename = "conversation.resolved")]
    ConversationResolved,
    /// A conversation got another owner.
    #[serde(rename = "conversation.assigned")]
    ConversationAssigned,
    /// Tags were put on or taken off.
    #[serde(rename = "conversation.tagged")]
    ConversationTagged,
    /// An agent wrote a note.
    #[serde(rename = "note.added")]
    NoteAdded,
    /// A rule names this webhook in a step.
    #[serde(rename = "rule.called")]
    RuleCalled,
}

crate::names!(WebhookKind {
    MessageReceived = "message.received",
    MessageSent = "message.sent",
    MessageFailed = "message.failed",
    ConversationOpened = "conversation.opened",
    ConversationResolved = "conversation.resolved",
    ConversationAssigned = "conversation.assigned",
    ConversationTagged = "conversation.tagged",
    NoteAdded = "note.added",
    RuleCalled = "rule.called",
});

/// The body of a request to a webhook, as Standard Webhooks has it.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct WebhookEvent {
    /// A kind of event, or `test`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The time of the event, as RFC 3339 has it.
    pub timestamp: String,
    /// The event.
    pub data: Value,
}

/// `GET /webhooks/{setting}/deliveries`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct WebhookState {
    /// It was asked for all events up to this position of the log.
    pub position: u64,
    /// Since when nothing is sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paused_at: Option<Timestamp>,
    /// Why: `gone`, `failing` or `restored`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paused_for: Option<String>,
    /// The time at which it last took something.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accepted_at: Option<Timestamp>,
    /// Requests that it did not take at once, and tests; the newest first, at most 100.
    pub deliveries: Vec<WebhookTry>,
}

/// A request that a webhook did not take at once, or a test.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct WebhookTry {
    /// The event's position in the log; 0 for a test.
    pub position: u64,
    /// The number of tries so far.
    pub tries: u32,
    /// The time of the last try.
    pub at: Timestamp,
    /// The status of the last answer; left out where there was none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// Milliseconds that the last answer took.
    pub took_ms: u64,
    /// The beginning of the answer, or the reason why there was none.
    pub answer: String,
    /// The time of the next try; left out where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due_at: Option<Timestamp>,
}

/// `POST /webhooks/{setting}/resume`.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct WebhookFrom {
    /// Events above this position are sent, also those that were. Left out, it goes on where it
    /// was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub position: Option<u64>,
}
