//! Filters of the inbox that are kept by name.

use serde::{Deserialize, Serialize};

use crate::{ChannelId, TeamId, Timestamp, ViewId};

/// The filter of a view. Everything that is said must hold.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ViewFilter {
    /// Of this status; without it, and without a text, open or waiting.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<ViewStatus>,
    /// `me`, `nobody`, or an agent's id. In a team's view `me` is the agent who looks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// Of this team.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub team_id: Option<TeamId>,
    /// By this number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel_id: Option<ChannelId>,
    /// Only those whose customer waits for an answer.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unanswered: bool,
    /// The search: a view with a text is a search.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// Not before this time. In a search it is when something was said, else when the newest line
    /// was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Timestamp>,
    /// Before this time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
}

/// Where conversations of a view stand.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum ViewStatus {
    /// Somebody has to do something.
    Open,
    /// Waiting for the customer or a third party.
    Waiting,
    /// Out of sight until a time.
    Snoozed,
    /// Done: such a view is a search.
    Resolved,
}

/// A filter that is kept by name.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SavedView {
    /// Its id.
    pub id: ViewId,
    /// As people read it.
    pub name: String,
    /// The team whose members have it; absent of one's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of_team: Option<TeamId>,
    /// The filter that its conversations pass.
    pub filter: ViewFilter,
    /// Whether the one who asks may change and delete it.
    pub editable: bool,
}

/// `POST /saved-views`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ViewNew {
    /// As people read it, 1 to 40 characters.
    pub name: String,
    /// For the members of this team. Its supervisors may.
    #[serde(default)]
    pub of_team: Option<TeamId>,
    /// The filter that its conversations pass.
    pub filter: ViewFilter,
}

/// `PATCH /saved-views/{id}`: what is absent stays.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ViewChange {
    /// Another name.
    #[serde(default)]
    pub name: Option<String>,
    /// Other conversations.
    #[serde(default)]
    pub filter: Option<ViewFilter>,
}
