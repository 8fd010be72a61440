//! Context from elsewhere: the question to a source of the team's own, its answer, and what a card
//! shows of it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{ContactId, ConversationId, FieldValue, SettingId, Timestamp};

/// The body of a request to a source. It is signed as Standard Webhooks has it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ContextAsk {
    /// The customer.
    pub contact: ContextContact,
    /// The conversation whose card is opened.
    pub conversation_id: ConversationId,
}

/// A customer, as sources are told of them.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ContextContact {
    /// The contact.
    pub id: ContactId,
    /// The number, digits without `+`; customers with a user name may have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// The values of attributes that every role sees, by their keys.
    #[serde(default)]
    pub fields: BTreeMap<String, FieldValue>,
}

/// The answer of a source: at most 32 KiB, within a second. Other fields are passed over.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ContextAnswer {
    /// The heading, for instance the name of a customer there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(length(max = 100)))]
    pub title: Option<String>,
    /// Facts about the customer; at most 20 rows.
    #[cfg_attr(feature = "schema", schemars(length(max = 20)))]
    pub rows: Vec<ContextRow>,
    /// The time of this knowledge. Left out, now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Timestamp>,
}

/// A row of a source's answer. It is text, never markup.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ContextRow {
    /// The words before the value.
    #[cfg_attr(feature = "schema", schemars(length(min = 1, max = 60)))]
    pub label: String,
    /// The value.
    #[cfg_attr(feature = "schema", schemars(length(max = 300)))]
    pub value: String,
    /// The page where it is kept: https alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(length(max = 2000)))]
    pub link: Option<String>,
}

/// The state of what is shown of a source.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum ContextState {
    /// It was asked just now.
    Fresh,
    /// It was asked a short time ago.
    Cached,
    /// It does not answer; what is shown is the last that it said. Clients read every state that
    /// they do not know as this one.
    #[serde(other)]
    Unavailable,
}

/// The reason for which a source is not available.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum ContextWhy {
    /// Its answer takes longer than a second.
    Late,
    /// There is no connection to it, or it says that it has a fault.
    Down,
    /// Its answer is not one that a card shows.
    Wrong,
    /// It does not answer this server. Or it was not asked: it has no secret, or its address is not
    /// one of the open Internet.
    Refused,
    /// It was asked as often as its setting allows on a day. It is asked again from midnight UTC,
    /// or once an admin sets a higher `per_day`.
    Spent,
    /// One that this version does not know.
    #[serde(other)]
    #[cfg_attr(feature = "schema", schemars(skip))]
    Unknown,
}

/// The answer of a source about a customer.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ContextTold {
    /// The source: a setting of the kind `context_source`.
    pub source_id: SettingId,
    /// Its name.
    pub name: String,
    /// Whether it may be asked for an answer to the customer.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub suggests: bool,
    /// The state of what is shown.
    pub state: ContextState,
    /// The reason for which it is not available.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<ContextWhy>,
    /// Its heading.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Its rows.
    pub rows: Vec<ContextRow>,
    /// The time of what is shown; left out where it never said anything of this customer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Timestamp>,
}

/// `GET /conversations/{id}/context`: what the team's own programs know of the customer.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ContactContext {
    /// The sources, in their order.
    pub sources: Vec<ContextTold>,
}
