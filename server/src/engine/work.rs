//! What the committer is asked, and what it answers.

use baton_domain::decide::delivery::SendResult;
use baton_domain::inbound::Element;
use baton_protocol::frame::LeaseHolder;
use baton_protocol::{
    AgentId, ChannelId, Command, ConversationId, DeviceId, Fact, MessageId, NoteId, OpId,
    Timestamp, WorkspaceId,
};

use crate::store::Sql;
use crate::store::node::NodeId;
pub use crate::store::read::MessageAt;

/// Who gives a command.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Caller {
    /// Where.
    pub workspace: WorkspaceId,
    /// Who.
    pub agent: AgentId,
    /// On which device.
    pub device: DeviceId,
}

/// One member of a group.
#[derive(Clone, Debug)]
pub(crate) enum Work {
    Post(Post),
    Command(CommandWork),
    Outcomes(OutcomesWork),
    Claim(ClaimWork),
    Result(ResultWork),
    Rescue(RescueWork),
    Unpark(UnparkWork),
    Restored(MessageAt),
    Wake(WakeWork),
    Rehome(RehomeWork),
    Setting(SettingWork),
}

/// A webhook: the raw body and what it says.
#[derive(Clone, Debug)]
pub struct Post {
    /// Whose secret signed it.
    pub meta_app: String,
    /// The body as it came.
    pub raw: String,
    /// SHA-256 of the raw body, hex: repeats are known by it.
    pub digest: String,
    /// When it came.
    pub received_at: Timestamp,
    /// A fresh id for the intake row.
    pub id: String,
    /// What it says, each with fresh ids for what it may make.
    pub elements: Vec<(Element, FreshIds)>,
}

/// Ids for what an element may make; they come in at the edge.
#[derive(Clone, Copy, Debug)]
pub struct FreshIds {
    /// For a line.
    pub message: MessageId,
    /// For a conversation, if the customer is new.
    pub conversation: ConversationId,
    /// For a contact, if the customer is new; for a row of quarantine otherwise.
    pub contact: uuid::Uuid,
    /// For a change of the contact's card.
    pub card: uuid::Uuid,
}

/// A command, with what the edge knows.
#[derive(Clone, Debug)]
pub(crate) struct CommandWork {
    pub(crate) caller: Caller,
    pub(crate) command: Command,
    pub(crate) body_hash: String,
    pub(crate) message: MessageId,
    pub(crate) note: NoteId,
    pub(crate) lease: Option<LeaseHolder>,
}

/// What became of op ids; unknown ones are cancelled from then on.
#[derive(Clone, Debug)]
pub(crate) struct OutcomesWork {
    pub(crate) workspace: WorkspaceId,
    pub(crate) agent: AgentId,
    pub(crate) op_ids: Vec<OpId>,
}

/// A worker wants to send a message.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ClaimWork {
    pub(crate) at: MessageAt,
    /// Made from the clock, so that it grows; the claim is known by it when it is run again.
    pub(crate) claim_epoch: u64,
    /// Who makes the attempt.
    pub(crate) node: NodeId,
}

/// An attempt ended.
#[derive(Clone, Debug)]
pub(crate) struct ResultWork {
    pub(crate) at: MessageAt,
    pub(crate) attempt: u32,
    pub(crate) claim_epoch: u64,
    pub(crate) result: SendResult,
    /// When it may be tried again.
    pub(crate) due_at: Option<Timestamp>,
}

/// A claim's worker is thought dead.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RescueWork {
    pub(crate) at: MessageAt,
    pub(crate) attempt: u32,
    pub(crate) claim_epoch: u64,
}

/// Statuses wait for an id of Meta whose message is known.
#[derive(Clone, Debug)]
pub(crate) struct UnparkWork {
    pub(crate) workspace: WorkspaceId,
    pub(crate) channel: ChannelId,
    pub(crate) wamid: String,
    /// Which attempt Meta gave this id, if it is known.
    pub(crate) attempt: Option<u32>,
}

/// A snooze ends.
#[derive(Clone, Copy, Debug)]
pub(crate) struct WakeWork {
    pub(crate) workspace: WorkspaceId,
    pub(crate) conversation: ConversationId,
    pub(crate) until: Timestamp,
}

/// Whoever owns it leaves.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RehomeWork {
    pub(crate) workspace: WorkspaceId,
    pub(crate) conversation: ConversationId,
    pub(crate) agent: AgentId,
}

/// A change of settings: rows to write and the fact that tells of it.
#[derive(Clone, Debug)]
pub struct SettingWork {
    /// Where.
    pub workspace: WorkspaceId,
    /// Who changes them; `None` for the operator of the installation.
    pub by: Option<AgentId>,
    /// The writes, each with its parameters; run before the log's head is locked.
    pub writes: Vec<(&'static Sql, Vec<String>)>,
    /// What to tell.
    pub facts: Vec<Fact>,
}

/// What the committer answers to a member.
#[derive(Clone, Debug)]
pub(crate) enum Done {
    Post,
    Command(baton_domain::outcome::Answer),
    Outcomes(Vec<(OpId, baton_domain::outcome::Answer)>),
    Claim(ClaimAnswer),
    Result,
    Setting,
}

/// What became of a claim.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ClaimAnswer {
    /// Send it: the first byte within 2 s.
    Go {
        /// Which attempt.
        attempt: u32,
        /// The claim; its result is conditional on it.
        claim_epoch: u64,
    },
    /// Not yet: an earlier message of the lane is under way.
    Wait,
    /// Not at all: it is held, or somebody knew better.
    No,
}

impl Work {
    /// The webhook, if it is one.
    pub(crate) fn post(&self) -> Option<&Post> {
        if let Self::Post(post) = self { Some(post) } else { None }
    }

    /// How much of a group it takes.
    pub(crate) fn weight(&self) -> usize {
        match self {
            Self::Post(post) => post.elements.len().max(1),
            Self::Outcomes(outcomes) => outcomes.op_ids.len().max(1),
            Self::Command(_)
            | Self::Claim(_)
            | Self::Result(_)
            | Self::Rescue(_)
            | Self::Unpark(_)
            | Self::Restored(_)
            | Self::Wake(_)
            | Self::Rehome(_)
            | Self::Setting(_) => 1,
        }
    }

    /// The order of deciding: what came from outside first, then what people want, then claims.
    pub(crate) fn rank(&self) -> u8 {
        use baton_domain::planted::{Bug, is_planted};
        match self {
            Self::Post(_) if is_planted(Bug::CommandsBeforeInbound) => 3,
            Self::Post(_) => 0,
            Self::Result(_)
            | Self::Rescue(_)
            | Self::Unpark(_)
            | Self::Restored(_)
            | Self::Wake(_)
            | Self::Rehome(_) => 1,
            Self::Command(_) | Self::Outcomes(_) | Self::Setting(_) => 2,
            Self::Claim(_) => 4,
        }
    }
}
