//! Refusals: a command not carried out, and why. One enum for every road.

use serde::{Deserialize, Serialize};

use crate::{AgentId, ConversationId, LineRef, OpId, Owner, Timestamp};

/// Why a command was not carried out. The `code` is stable.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum Refusal {
    /// Something was said that the author had not been shown.
    Stale {
        /// The last line there is.
        current: Option<LineRef>,
        /// What was missed, oldest first.
        missed: Vec<LineRef>,
        /// Whether more was missed than is listed.
        more: bool,
    },
    /// It is somebody else's.
    NotOwner {
        /// Whose.
        owner: Owner,
    },
    /// The owner is another one than the author saw.
    OwnerChanged {
        /// Whose it is.
        owner: Owner,
        /// The number to expect next time.
        owner_epoch: u64,
    },
    /// A colleague is composing.
    BeingAnswered {
        /// Who.
        holder: AgentId,
        /// Since when.
        since: Timestamp,
    },
    /// The agent has as much as allowed.
    AtCapacity {
        /// Whose limit.
        agent_id: AgentId,
        /// What they own.
        load: u32,
        /// Their limit.
        capacity: u32,
    },
    /// More than 24 hours since the customer wrote: only a template may be sent.
    WindowClosed {
        /// When it closed; `None` if the customer never wrote.
        closed_at: Option<Timestamp>,
    },
    /// There is no such thing for this agent.
    NotInScope,
    /// The op id was used for another command.
    OpIdReused,
    /// The op id is too old, or from the future.
    OpExpired,
    /// The author asked what became of it before it arrived, and was told that it never will.
    Cancelled,
    /// The act it came after was refused for good.
    DependsOnRefused {
        /// That act.
        op_id: OpId,
    },
    /// The act it came after is not known (yet).
    DependsOnUnknown {
        /// That act.
        op_id: OpId,
    },
    /// The role, or the state of the thing, does not allow it.
    NotAllowed,
    /// The offer was taken, declined or withdrawn.
    OfferGone,
    /// The conversation became part of another.
    Merged {
        /// Which.
        into: ConversationId,
    },
    /// The command itself is wrong.
    Invalid {
        /// Which field.
        field: String,
        /// What is wrong with it.
        problem: String,
    },
    /// Something Baton needs is away; try again.
    Unavailable {
        /// When to try again.
        retry_after_ms: u64,
    },
    /// Too many; try again later.
    RateLimited {
        /// When to try again.
        retry_after_ms: u64,
    },
}

impl Refusal {
    /// Whether the same command, sent again, may be accepted; such answers are never stored.
    pub fn is_retryable(&self) -> bool {
        matches!(
            self,
            Self::BeingAnswered { .. }
                | Self::DependsOnUnknown { .. }
                | Self::Unavailable { .. }
                | Self::RateLimited { .. }
        )
    }

    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Stale { .. } => "stale",
            Self::NotOwner { .. } => "not_owner",
            Self::OwnerChanged { .. } => "owner_changed",
            Self::BeingAnswered { .. } => "being_answered",
            Self::AtCapacity { .. } => "at_capacity",
            Self::WindowClosed { .. } => "window_closed",
            Self::NotInScope => "not_in_scope",
            Self::OpIdReused => "op_id_reused",
            Self::OpExpired => "op_expired",
            Self::Cancelled => "cancelled",
            Self::DependsOnRefused { .. } => "depends_on_refused",
            Self::DependsOnUnknown { .. } => "depends_on_unknown",
            Self::NotAllowed => "not_allowed",
            Self::OfferGone => "offer_gone",
            Self::Merged { .. } => "merged",
            Self::Invalid { .. } => "invalid",
            Self::Unavailable { .. } => "unavailable",
            Self::RateLimited { .. } => "rate_limited",
        }
    }

    /// A sentence for a person: what happened and what to do.
    pub fn detail(&self) -> String {
        match self {
            Self::Stale { .. } => "something was said that you had not seen; read it, then send \
                 a new command with the new `seen`"
                .to_owned(),
            Self::NotOwner { .. } => {
                "somebody else owns this conversation; claim it, or ask for a \
                 transfer"
                    .to_owned()
            }
            Self::OwnerChanged { .. } => "the owner changed in between; look again, then expect \
                 the new owner_epoch"
                .to_owned(),
            Self::BeingAnswered { .. } => {
                "a colleague is composing; wait, take over, or say ignore_lease".to_owned()
            }
            Self::AtCapacity { load, capacity, .. } => format!(
                "the agent owns {load} of {capacity}; resolve one first, or let a supervisor \
                 exceed it"
            ),
            Self::WindowClosed { .. } => "the customer has not written for 24 hours; only a \
                 template may be sent"
                .to_owned(),
            Self::NotInScope => "there is no such thing in your scope".to_owned(),
            Self::OpIdReused => {
                "this op_id was used for another command; make a new one".to_owned()
            }
            Self::OpExpired => "op ids are valid for 7 days; check the device's clock and make a \
                 new one"
                .to_owned(),
            Self::Cancelled => {
                "its author was told that this command never arrived; make a new one".to_owned()
            }
            Self::DependsOnRefused { .. } => {
                "the act this one came after was refused; review both".to_owned()
            }
            Self::DependsOnUnknown { .. } => {
                "the act this one came after has not arrived; send that one first".to_owned()
            }
            Self::NotAllowed => "your role, or its state, does not allow this".to_owned(),
            Self::OfferGone => "the offer is no longer open".to_owned(),
            Self::Merged { .. } => "this conversation became part of another".to_owned(),
            Self::Invalid { field, problem } => format!("{field}: {problem}"),
            Self::Unavailable { .. } => "the server cannot decide right now; try again".to_owned(),
            Self::RateLimited { .. } => "too many at once; try again later".to_owned(),
        }
    }

    /// A refusal of a field.
    pub fn invalid(field: &str, problem: impl Into<String>) -> Self {
        Self::Invalid { field: field.to_owned(), problem: problem.into() }
    }
}
