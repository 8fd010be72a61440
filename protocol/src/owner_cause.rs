//! Why somebody else is responsible.

use serde::{Deserialize, Serialize};

/// The reason for which a conversation got another owner.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum OwnerCause {
    /// An agent claimed it.
    Claimed,
    /// An agent replied to a conversation that a queue owned.
    Replied,
    /// An agent gave it to a colleague.
    Assigned,
    /// It went back to the queue.
    Unassigned,
    /// It was handed over.
    Transferred,
    /// It was resolved; the queue owns it.
    Resolved,
    /// An agent opened a new episode.
    Reopened,
    /// Its owner left the workspace.
    Rehomed,
    /// The team's routing gave it to an agent.
    Routed,
    /// An agent accepted an offer.
    Accepted,
    /// A bot had it, and it went to people.
    BotHanded,
    /// Its owner was away while the customer waited.
    Absent,
    /// Nothing reached its owner while the customer waited.
    Unreachable,
    /// One that this version does not know.
    #[serde(other)]
    #[cfg_attr(feature = "schema", schemars(skip))]
    Unknown,
}
