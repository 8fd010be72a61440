//! One act of the agent, and the row that stores it.

pub use baton_protocol::command::LaneKind as Kind;
use baton_protocol::{
    Accepted, AgentId, Command, ConversationId, DeviceId, Epoch, LineRef, OpId, Timestamp,
    WorkspaceId,
};
use serde::{Deserialize, Serialize};

use super::review::{Review, ReviewReason};
use super::uploads::Attachment;

/// The account and device that an outbox belongs to.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct OutboxOwner {
    /// The tenant.
    pub workspace: WorkspaceId,
    /// The agent.
    pub agent: AgentId,
    /// The device.
    pub device: DeviceId,
}

/// One act of the agent.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Item {
    /// Its place in the outbox, and its name on this device: op ids change, this does not.
    pub number: u64,
    /// The account and device of the act.
    pub whose: OutboxOwner,
    /// The command as it is sent. Once a byte of it may have left, it stays as it is.
    pub command: Command,
    /// The op id of the tap: a second tap with it is the same item.
    pub tapped: OpId,
    /// The time of the tap, by the server's time as far as that was known.
    pub created_at: Timestamp,
    /// Whether `created_at` and the op id are by the server's time.
    pub by_server_time: bool,
    /// The life of the log in which it was sent, or put before its author.
    pub epoch: Option<Epoch>,
    /// Acts that its `after` chains it to.
    pub depth: usize,
    /// Since when a colleague who composes keeps it back.
    pub contended_since: Option<Timestamp>,
    /// The file that it sends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attachment: Option<Attachment>,
    /// It is done after the acts before it, and not without them, also where its kind waits for
    /// nobody.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub follows: bool,
    /// Where it stands.
    pub state: State,
}

/// Where an item stands.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "name", rename_all = "snake_case")]
pub enum State {
    /// No byte of it was ever sent (under its op id).
    Queued,
    /// A byte of it may have been sent; what became of it is not known.
    Sending,
    /// A byte of it may have been sent, and the server is asked for its outcome. If it never
    /// arrived, it never will.
    Asking {
        /// The next step if the command never arrived.
        why: AskReason,
    },
    /// The server has it; kept until the log shows it.
    Accepted {
        /// The server's answer.
        accepted: Accepted,
    },
    /// It is the author's turn.
    Review {
        /// The reason.
        review: Review,
    },
}

impl State {
    /// The name in the store.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Sending => "sending",
            Self::Asking { .. } => "asking",
            Self::Accepted { .. } => "accepted",
            Self::Review { .. } => "review",
        }
    }
}

/// Why the server is asked for the outcome of an item.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "name", rename_all = "snake_case")]
pub enum AskReason {
    /// It cannot go on: it is put before its author.
    ForReview {
        /// With this reason.
        reason: ReviewReason,
    },
    /// The command that it follows goes by another op id, or never will: it needs a new one as
    /// well.
    LostPredecessor,
}

impl Item {
    /// The kind of command, which names its lane.
    pub fn kind(&self) -> Kind {
        if self.follows { Kind::Visible } else { self.command.body.spec().lane }
    }

    /// The lane it is in.
    pub(super) fn lane(&self) -> Lane {
        (self.command.conversation_id, self.kind())
    }

    /// Whether a byte of it may have been sent, and nobody knows what became of it.
    pub fn may_be_sent(&self) -> bool {
        match self.state {
            State::Sending | State::Asking { .. } => true,
            State::Queued | State::Accepted { .. } | State::Review { .. } => false,
        }
    }

    /// The line that the server made of it.
    pub(super) fn line(&self) -> Option<LineRef> {
        match &self.state {
            State::Accepted { accepted } => accepted.line,
            State::Queued | State::Sending | State::Asking { .. } | State::Review { .. } => None,
        }
    }
}

/// A lane: the acts of one kind on one conversation.
pub(super) type Lane = (ConversationId, Kind);

/// An item as the store keeps it: what it looks at, and the rest as bytes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ItemRow {
    /// [`Item::number`].
    pub number: u64,
    /// The op id that it goes by today.
    pub op_id: OpId,
    /// The conversation.
    pub conversation_id: ConversationId,
    /// [`State::name`].
    pub state: &'static str,
    /// [`Item::created_at`].
    pub created_at: Timestamp,
    /// [`Item::may_be_sent`].
    pub byte_sent: bool,
    /// The item.
    pub bytes: Vec<u8>,
}

impl ItemRow {
    pub(super) fn of(item: &Item) -> Option<Self> {
        Some(Self {
            number: item.number,
            op_id: item.command.op_id,
            conversation_id: item.command.conversation_id,
            state: item.state.name(),
            created_at: item.created_at,
            byte_sent: item.may_be_sent(),
            bytes: serde_json::to_vec(item).ok()?,
        })
    }
}

/// A change of the store. Those of one batch are made in one transaction, in order.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Write {
    /// Inserts the row, or puts it in the place of the one with its op id.
    Put(ItemRow),
    /// Removes the row with this op id, if there is one.
    Remove(OpId),
}
