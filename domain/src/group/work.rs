//! What a group is made of, and what its members are answered.

use baton_protocol::frame::LeaseHolder;
use baton_protocol::setting::Setting;
use baton_protocol::{
    AgentId, BlockState, ChannelId, Command, ConversationId, DeviceId, Fact, FileState, LineRef,
    MessageId, NodeId, NoteId, OpId, Refusal, SettingId, Timestamp, WorkspaceId,
};
use uuid::Uuid;

use super::set::{SetRefused, SetWork};
use super::state::Channel;
use crate::decide::delivery::{SendClaim, SendResult};
use crate::fact::inbound::{Element, Sender};
use crate::fact::outcome::Answer;
use crate::fact::planted::{Bug, is_planted};
use crate::hand::routing::absence::Deserted;
pub use crate::hand::routing::{OfferEndWork, RouteWork};

/// A message and where it stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct MessageAt {
    /// The workspace of the conversation.
    pub workspace: WorkspaceId,
    /// The number of the conversation.
    pub channel: ChannelId,
    /// The conversation that holds it.
    pub conversation: ConversationId,
    /// The number of its line.
    pub seq: u64,
    /// The id of the message.
    pub message: MessageId,
}

impl MessageAt {
    /// A line of a conversation on this number.
    pub(super) fn of(channel: &Channel, conversation: ConversationId, line: LineRef) -> Self {
        let Channel { workspace, id: channel, .. } = *channel;
        Self { workspace, channel, conversation, seq: line.seq, message: line.id }
    }
}

/// The author of a command.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Caller {
    /// The workspace.
    pub workspace: WorkspaceId,
    /// The author.
    pub agent: AgentId,
    /// The device that the agent uses.
    pub device: DeviceId,
}

/// One member of a group.
#[derive(Clone, Debug)]
pub enum Work {
    /// A webhook.
    Post(Post),
    /// A command.
    Command(CommandWork),
    /// A question after commands.
    Outcomes(OutcomesWork),
    /// A send is about to begin.
    Claim(ClaimWork),
    /// A send ended.
    Result(ResultWork),
    /// The worker of a send died.
    Rescue(RescueWork),
    /// Statuses wait although their message is known.
    Unpark(UnparkWork),
    /// It was being sent when the database was backed up.
    Restored(MessageAt),
    /// A file was fetched, or cannot be had.
    File(FileWork),
    /// A clock of a conversation is due.
    Look(LookWork),
    /// An owner leaves.
    Rehome(RehomeWork),
    /// An agent wants to write to somebody first.
    Begin(BeginWork),
    /// People, teams or numbers change.
    Setting(SettingWork),
    /// Settings are set.
    Set(SetWork),
    /// WhatsApp answered to a block.
    Blocked(BlockedWork),
    /// It goes back to its queue from an owner who is not there.
    HandBack(HandBackWork),
    /// Somebody is asked to take what waits in a queue.
    Route(RouteWork),
    /// An offer ends otherwise than by its agent.
    OfferEnd(OfferEndWork),
    /// A source gave labels to what was said, or did not answer.
    Classified(ClassifiedWork),
}

/// A webhook: the raw body and what it says.
#[derive(Clone, Debug)]
pub struct Post {
    /// Whose secret signed it.
    pub meta_app: String,
    /// The body as it came.
    pub raw: String,
    /// The time that the raw body tells and its SHA-256: repeats are known by it.
    pub digest: String,
    /// The time it came.
    pub received_at: Timestamp,
    /// A fresh id for the intake row.
    pub id: String,
    /// Whether it is taken in again, by a version that may understand more of it.
    pub again: bool,
    /// Whether it is a piece of what is kept elsewhere: its body is not kept with it.
    pub is_piece: bool,
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
    pub contact: Uuid,
    /// For a change of the contact's card.
    pub card: Uuid,
}

/// A command, with what the edge knows.
#[derive(Clone, Debug)]
pub struct CommandWork {
    /// The author.
    pub caller: Caller,
    /// What they want.
    pub command: Command,
    /// SHA-256 of the canonical command, hex.
    pub body_hash: String,
    /// A fresh id for a line.
    pub message: MessageId,
    /// A fresh id for a note.
    pub note: NoteId,
    /// The lease of an answer there, as far as the coordinator says.
    pub lease: Option<LeaseHolder>,
    /// A person could be asked for an outcome or a note. What Baton tidies up goes on without.
    pub is_asked: bool,
    /// A program gave it, with the right to set what no person sets.
    pub is_program: bool,
}

/// What became of op ids; unknown ones are cancelled from then on.
#[derive(Clone, Debug)]
pub struct OutcomesWork {
    /// The workspace.
    pub workspace: WorkspaceId,
    /// The agent who gave the commands.
    pub agent: AgentId,
    /// The op ids to look up.
    pub op_ids: Vec<OpId>,
}

/// A worker wants to send a message.
#[derive(Clone, Copy, Debug)]
pub struct ClaimWork {
    /// The message to send.
    pub at: MessageAt,
    /// Made from the clock, so that it grows; the claim is known by it when it is run again.
    pub claim_epoch: u64,
    /// The node that makes the attempt.
    pub node: NodeId,
}

/// An attempt ended.
#[derive(Clone, Debug)]
pub struct ResultWork {
    /// The message that was tried.
    pub at: MessageAt,
    /// The attempt and its claim.
    pub claim: SendClaim,
    /// Its end.
    pub result: SendResult,
    /// The time of the next try.
    pub due_at: Option<Timestamp>,
}

/// A claim's worker is thought dead.
#[derive(Clone, Copy, Debug)]
pub struct RescueWork {
    /// The message of the claim.
    pub at: MessageAt,
    /// The attempt and its claim.
    pub claim: SendClaim,
}

/// Statuses wait for an id of Meta whose message is known.
#[derive(Clone, Debug)]
pub struct UnparkWork {
    /// The workspace.
    pub workspace: WorkspaceId,
    /// The number that the message was sent from.
    pub channel: ChannelId,
    /// Meta's id of the message.
    pub wamid: String,
    /// Which attempt Meta gave this id, if it is known.
    pub attempt: Option<u32>,
}

/// What became of the file of a line.
#[derive(Clone, Debug)]
pub struct FileWork {
    /// The line.
    pub at: MessageAt,
    /// What became of its file.
    pub file: FileState,
    /// It was stored, and is older than files are kept. Else it waited.
    pub is_old: bool,
    /// Of a stored one: the media type that WhatsApp gave.
    pub media_type: Option<String>,
    /// Of a stored one: SHA-256 of its bytes, hex.
    pub sha256: Option<String>,
}

/// A clock of a conversation is due.
#[derive(Clone, Copy, Debug)]
pub struct LookWork {
    /// The workspace.
    pub workspace: WorkspaceId,
    /// The conversation to look at.
    pub conversation: ConversationId,
}

/// WhatsApp answered to a block.
#[derive(Clone, Copy, Debug)]
pub struct BlockedWork {
    /// The workspace.
    pub workspace: WorkspaceId,
    /// The conversation with the customer.
    pub conversation: ConversationId,
    /// The time at which the customer was blocked.
    pub since: Timestamp,
    /// What it answered.
    pub whatsapp: BlockState,
}

/// Whoever owns it leaves, or is a member of its team no more.
#[derive(Clone, Debug)]
pub struct RehomeWork {
    /// The workspace.
    pub workspace: WorkspaceId,
    /// The conversation that needs another owner.
    pub conversation: ConversationId,
    /// The agent who leaves.
    pub agent: AgentId,
    /// Those who are called back to it in their place.
    pub heirs: Vec<AgentId>,
    /// True where they were taken out of this team, and stay in the workspace.
    pub is_of_team: bool,
}

/// A conversation is taken from an owner who is not there, if nothing happened since it was read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct HandBackWork {
    /// The turn as it was read.
    pub deserted: Deserted,
}

/// The answer of a source that a rule asked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ClassifiedWork {
    /// The workspace.
    pub workspace: WorkspaceId,
    /// The conversation that it was asked about.
    pub conversation: ConversationId,
    /// The source.
    pub source: SettingId,
    /// The episode that it was asked about.
    pub episode: u32,
    /// The position of the rule's run.
    pub position: u64,
    /// The customer's last line that it was told; `None` where it did not answer.
    pub seen: Option<u64>,
    /// The labels that it gave; none where it did not answer.
    pub labels: Vec<String>,
}

/// An agent wants to write to somebody who may never have written.
#[derive(Clone, Debug)]
pub struct BeginWork {
    /// The author. That they may begin conversations on this number was checked.
    pub caller: Caller,
    /// Meta's id of the number to write from.
    pub phone_number_id: String,
    /// Whom they write to.
    pub to: Sender,
    /// Ids for who is new.
    pub fresh: FreshIds,
    /// The time of the request.
    pub at: Timestamp,
}

/// A change of people, teams or numbers, as far as the log tells it. The caller writes the rows.
#[derive(Clone, Debug)]
pub struct SettingWork {
    /// The workspace.
    pub workspace: WorkspaceId,
    /// The agent who changes them; `None` for the operator of the installation.
    pub by: Option<AgentId>,
    /// What to tell.
    pub facts: Vec<Fact>,
}

/// What a member is answered.
#[derive(Clone, Debug)]
pub enum Done {
    /// To a command.
    Command(Answer),
    /// To a question after commands.
    Outcomes(Vec<(OpId, Answer)>),
    /// To a claim.
    Claim(ClaimAnswer),
    /// To who wants to write first: the conversation, new or known.
    Begun(Result<ConversationId, Refusal>),
    /// To who sets settings: as they stand then.
    Set(Result<Vec<Setting>, SetRefused>),
    /// To the answer of a source: the customer wrote more meanwhile, so it is asked once more.
    Void,
    /// To all others: it was done, and there is nothing more to say.
    Nothing,
}

/// What became of a claim.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ClaimAnswer {
    /// Send it: the first byte within 2 s.
    ///
    /// The result is conditional on the claim.
    Go(SendClaim),
    /// Not yet: an earlier message of the lane is under way.
    Wait,
    /// Not at all: it is held, or somebody knew better.
    No,
}

impl Work {
    /// The webhook, if it is one.
    pub fn post(&self) -> Option<&Post> {
        if let Self::Post(post) = self { Some(post) } else { None }
    }

    /// The command, if it is one.
    pub fn command(&self) -> Option<&CommandWork> {
        if let Self::Command(work) = self { Some(work) } else { None }
    }

    /// What it sets, if it sets something.
    pub fn set(&self) -> Option<&SetWork> {
        if let Self::Set(work) = self { Some(work) } else { None }
    }

    /// How much of a group it takes.
    pub fn weight(&self) -> usize {
        match self {
            Self::Post(post) => post.elements.len().max(1),
            Self::Outcomes(outcomes) => outcomes.op_ids.len().max(1),
            Self::Set(set) => set.changes.len().max(1),
            Self::Command(_)
            | Self::Claim(_)
            | Self::Result(_)
            | Self::Rescue(_)
            | Self::Unpark(_)
            | Self::Restored(_)
            | Self::File(_)
            | Self::Look(_)
            | Self::Rehome(_)
            | Self::Begin(_)
            | Self::Setting(_)
            | Self::Blocked(_)
            | Self::HandBack(_)
            | Self::Route(_)
            | Self::OfferEnd(_)
            | Self::Classified(_) => 1,
        }
    }

    /// The order of deciding: what came from outside first, then what people want, then routing,
    /// then claims. Somebody's yes beats the end of their offer.
    pub fn rank(&self) -> u8 {
        match self {
            Self::Post(_) if is_planted(Bug::CommandsBeforeInbound) => 3,
            Self::Post(_) => 0,
            Self::Result(_)
            | Self::Rescue(_)
            | Self::Unpark(_)
            | Self::Restored(_)
            | Self::File(_)
            | Self::Look(_)
            | Self::Rehome(_)
            | Self::Blocked(_)
            | Self::Classified(_) => 1,
            Self::Command(_)
            | Self::Outcomes(_)
            | Self::Begin(_)
            | Self::Setting(_)
            | Self::Set(_) => 2,
            Self::OfferEnd(_) if is_planted(Bug::TimersBeforePeople) => 1,
            Self::HandBack(_) | Self::Route(_) | Self::OfferEnd(_) => 3,
            Self::Claim(_) => 4,
        }
    }
}

impl Done {
    /// The answer to a claim.
    pub fn claim(self) -> ClaimAnswer {
        if let Self::Claim(answer) = self { answer } else { ClaimAnswer::No }
    }
}
