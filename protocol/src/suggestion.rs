//! Suggestions and labels: a source of the team's own reads what was said. It suggests an answer,
//! which an agent reads first. It gives labels, which a rule may ask for.

use serde::{Deserialize, Serialize};

use crate::context::ContextWhy;
use crate::{ConversationId, SettingId, Timestamp};

/// The body of a request to a source about what was said. It is signed as Standard Webhooks has it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SuggestionAsk {
    /// The task.
    pub task: SuggestionTask,
    /// The conversation.
    pub conversation_id: ConversationId,
    /// The language that the customer writes, where it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// The labels that the source may give.
    #[serde(default)]
    pub labels: Vec<String>,
    /// The last texts, at most 20; the newest comes last.
    pub lines: Vec<SuggestionLine>,
}

/// A task for a source. A question about a customer's card has no task.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum SuggestionTask {
    /// A text for the customer, and labels: within 15 seconds. An agent reads it.
    Suggest,
    /// Labels alone: within 3 seconds. A rule asks, and they become tags.
    Classify,
}

/// A text of a conversation, as sources are told it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SuggestionLine {
    /// The side that said it.
    pub by: SuggestionSide,
    /// The time.
    pub at: Timestamp,
    /// The text; of a long one the first 2,000 characters.
    pub text: String,
}

/// A side of a conversation.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum SuggestionSide {
    /// The customer.
    Customer,
    /// The team, its bots and its automatic messages.
    Team,
}

/// The answer of a source: at most 32 KiB. Other fields are passed over.
#[derive(Clone, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SuggestionAnswer {
    /// The text that is suggested.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(length(max = 4096)))]
    pub text: Option<String>,
    /// Labels of what was said. One that was not asked for is passed over.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schema", schemars(length(max = 20)))]
    pub labels: Vec<String>,
}

/// `POST /conversations/{id}/suggestion`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct SuggestionWish {
    /// The source that is asked: a setting of the kind `context_source` that suggests.
    pub source_id: SettingId,
}

/// A suggestion, for the agent who asked for it. It is kept nowhere.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Suggestion {
    /// The text that is suggested; the agent may change it, and sends it or not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// The tags that belong to what the source says of it, as far as they are not on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<SettingId>,
    /// The last line that it knows, by its number.
    pub seq: u64,
    /// The reason for which there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<ContextWhy>,
}
