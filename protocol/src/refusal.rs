//! Refusals: one enum for both roads of commands.

use serde::{Deserialize, Serialize};

use crate::setting::OutcomeChoice;
use crate::{AgentId, ConversationId, LineRef, OpId, Owner, Timestamp, Unknown};

/// The reason why a command was not carried out. The `code` is stable.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(transform = crate::schema::one_of))]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum Refusal {
    /// A line is newer than what the author had seen.
    Stale {
        /// The last line of the conversation.
        current: Option<LineRef>,
        /// The missed lines, oldest first.
        missed: Vec<LineRef>,
        /// Whether more lines were missed than are listed.
        more: bool,
    },
    /// A colleague owns the conversation.
    NotOwner {
        /// The owner.
        owner: Owner,
    },
    /// The owner changed since the author looked.
    OwnerChanged {
        /// The owner now.
        owner: Owner,
        /// The owner epoch to expect next time.
        owner_epoch: u64,
    },
    /// A colleague holds the lease.
    BeingAnswered {
        /// The colleague who holds the lease.
        holder: AgentId,
        /// The start of the lease.
        since: Timestamp,
    },
    /// The agent owns as many conversations as allowed.
    AtCapacity {
        /// The agent with the limit.
        agent_id: AgentId,
        /// The number they own.
        load: u32,
        /// Their limit.
        capacity: u32,
    },
    /// The customer has not written for 24 hours: only a template may be sent.
    WindowClosed {
        /// The end of the window; `None` if the customer never wrote.
        closed_at: Option<Timestamp>,
    },
    /// The customer is blocked.
    Blocked,
    /// The customer wants no marketing: a template of another category may be sent.
    MarketingStopped,
    /// Meta stopped the template or made it marketing, and an admin named another to be offered.
    TemplateReplaced {
        /// The name of the other one, with the same variables.
        name: String,
        /// Its language.
        language: String,
    },
    /// The conversation does not exist for this agent.
    NotInScope,
    /// The op id was used for another command.
    OpIdReused,
    /// The op id is too old, or from the future.
    OpExpired,
    /// The author asked for its outcome before it arrived. It can no longer take effect.
    Cancelled,
    /// The command named by `after` was refused for good, held, failed or cancelled.
    DependsOnRefused {
        /// The command named by `after`.
        op_id: OpId,
    },
    /// The command named by `after` is not known yet.
    DependsOnUnknown {
        /// The command named by `after`.
        op_id: OpId,
    },
    /// WhatsApp may still tell the outcome of the send: a person decides about it a minute later.
    TooSoon {
        /// The time to wait before a new command may be accepted, in ms.
        retry_after_ms: u64,
    },
    /// The role, or the state of the conversation or message, does not allow it.
    NotAllowed,
    /// The key with which the author came only reads.
    Forbidden,
    /// The team asks for an outcome when an episode is resolved.
    OutcomeRequired {
        /// Those to choose from.
        outcomes: Vec<OutcomeChoice>,
    },
    /// The team asks for a note when a conversation is handed over.
    NoteRequired,
    /// The offer was taken, declined or withdrawn.
    OfferGone,
    /// The conversation became part of another.
    Merged {
        /// The conversation that it is part of now.
        into: ConversationId,
    },
    /// A field of the command is wrong.
    Invalid {
        /// The field.
        field: String,
        /// The problem.
        problem: String,
    },
    /// The database or the committer does not answer; try again.
    Unavailable {
        /// Milliseconds to wait before trying again.
        retry_after_ms: u64,
    },
    /// Too many commands; try again later.
    RateLimited {
        /// Milliseconds to wait before trying again.
        retry_after_ms: u64,
    },
    /// A code that this version does not know. It is final, and its `detail` says what to do.
    #[serde(untagged)]
    #[cfg_attr(feature = "schema", schemars(skip))]
    Unknown(Unknown),
}

impl Refusal {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Stale { .. } => "stale",
            Self::NotOwner { .. } => "not_owner",
            Self::OwnerChanged { .. } => "owner_changed",
            Self::BeingAnswered { .. } => "being_answered",
            Self::AtCapacity { .. } => "at_capacity",
            Self::WindowClosed { .. } => "window_closed",
            Self::Blocked => "blocked",
            Self::MarketingStopped => "marketing_stopped",
            Self::TemplateReplaced { .. } => "template_replaced",
            Self::NotInScope => "not_in_scope",
            Self::OpIdReused => "op_id_reused",
            Self::OpExpired => "op_expired",
            Self::Cancelled => "cancelled",
            Self::DependsOnRefused { .. } => "depends_on_refused",
            Self::DependsOnUnknown { .. } => "depends_on_unknown",
            Self::TooSoon { .. } => "too_soon",
            Self::NotAllowed => "not_allowed",
            Self::Forbidden => "forbidden",
            Self::OutcomeRequired { .. } => "outcome_required",
            Self::NoteRequired => "note_required",
            Self::OfferGone => "offer_gone",
            Self::Merged { .. } => "merged",
            Self::Invalid { .. } => "invalid",
            Self::Unavailable { .. } => "unavailable",
            Self::RateLimited { .. } => "rate_limited",
            Self::Unknown(_) => "unknown",
        }
    }

    /// A sentence for a person: what happened and what to do.
    pub fn detail(&self) -> String {
        let text = match self {
            Self::Stale { .. } => {
                "new messages arrived that you had not seen; read them, then decide whether to send"
            }
            Self::NotOwner { .. } => {
                "a colleague owns this conversation; claim it, or ask for a transfer"
            }
            Self::OwnerChanged { .. } => {
                "this conversation has a new owner; check who owns it now, then try again"
            }
            Self::BeingAnswered { .. } => "a colleague is typing; wait, or take over",
            Self::AtCapacity { load, capacity, .. } => {
                return format!(
                    "the agent owns {load} conversations and may own {capacity}; resolve one \
                     first, or ask a supervisor"
                );
            }
            Self::WindowClosed { .. } => {
                "the customer has not written for 24 hours; WhatsApp accepts only a template now"
            }
            Self::Blocked => "this customer is blocked; unblock them first",
            Self::MarketingStopped => {
                "this customer asked for no marketing; send a template of another category, or \
                 wait until they allow it again"
            }
            Self::TemplateReplaced { name, language } => {
                return format!(
                    "Meta stopped this template or made it marketing; send {name} ({language}) \
                     instead"
                );
            }
            Self::NotInScope => "you have no access to this conversation, or it does not exist",
            Self::OpIdReused => "this id was used for another command; the app must make a new one",
            Self::OpExpired => {
                "this command is older than 7 days or from the future; check the device's clock"
            }
            Self::Cancelled => "this command was given up before it arrived; do it again",
            Self::DependsOnRefused { .. } => {
                "your previous action on this conversation was not carried out; review both"
            }
            Self::DependsOnUnknown { .. } => {
                "your previous action on this conversation has not arrived yet"
            }
            Self::TooSoon { retry_after_ms } => {
                return format!(
                    "WhatsApp may still tell whether it arrived; decide in {} s",
                    retry_after_ms.div_ceil(1_000)
                );
            }
            Self::NotAllowed => "your role or the state of the conversation does not allow this",
            Self::Forbidden => "this key only reads",
            Self::OutcomeRequired { .. } => "choose the outcome, then resolve again",
            Self::NoteRequired => "the team asks for a note: hand over again with one",
            Self::OfferGone => "this offer is no longer open",
            Self::Merged { .. } => "this conversation was merged into another one",
            Self::Invalid { field, problem } => return format!("{field}: {problem}"),
            Self::Unavailable { .. } => "the server cannot decide right now; try again",
            Self::RateLimited { .. } => "too many requests at once; try again later",
            Self::Unknown(_) => "this was not carried out; update the app to see why",
        };
        text.to_owned()
    }

    /// A refusal of a field.
    pub fn invalid(field: &str, problem: impl Into<String>) -> Self {
        Self::Invalid { field: field.to_owned(), problem: problem.into() }
    }
}
