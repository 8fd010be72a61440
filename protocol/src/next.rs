//! Conversations that wait in queues, in the order in which they are to be taken.

use serde::{Deserialize, Serialize};

use crate::{ConversationId, OfferId, Priority, TeamId, Timestamp};

/// `GET /next`. An offer is accepted; else the first of `waiting` is claimed, and the one behind it
/// where a colleague was faster.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct NextInLines {
    /// The offer to the asking agent that ends first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offer: Option<OfferInLine>,
    /// Conversations that nobody owns and nobody is asked to take. What is urgent comes first, then
    /// the longest wait, and last comes what colleagues take just now.
    pub waiting: Vec<NextInLine>,
    /// More wait than are told.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub more: bool,
}

/// A conversation that waits in a queue.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct NextInLine {
    /// The conversation.
    pub conversation_id: ConversationId,
    /// The team in whose queue it waits.
    pub team_id: TeamId,
    /// The number of changes of its owner: `claim` names it, so nothing is taken from a colleague.
    pub owner_epoch: u64,
    /// The time since when the customer waits.
    pub since: Timestamp,
    /// The urgency of it.
    #[serde(default, skip_serializing_if = "Priority::is_normal")]
    pub priority: Priority,
}

/// An offer that stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct OfferInLine {
    /// The conversation.
    pub conversation_id: ConversationId,
    /// The offer.
    pub offer_id: OfferId,
    /// The time at which it ends.
    pub until: Timestamp,
}
