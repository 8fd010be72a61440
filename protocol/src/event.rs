//! Events: one fact each, as they stand in the log and go over the wire.

use serde::{Deserialize, Serialize};

use crate::command::CannedUse;
use crate::conversation::{Block, ContactCard};
pub use crate::owner_cause::OwnerCause;
use crate::setting::{Once, SecretStep, SlaTarget};
use crate::{
    AgentId, AgentSet, Amendment, Answers, Author, BotStep, Calendar, ChannelId, ChannelSet, Clock,
    ContactId, Content, ConversationId, ConversationKind, DeviceId, FileState, Head, HeldReason,
    Home, InvitationId, InvitationStep, LineKind, LineRef, Marketing, MembershipKind, MessageError,
    MessageId, MessageStatus, NoteId, OfferEnd, OfferId, OpId, OpenOffer, Owner, Priority,
    RuleStep, SettingId, SkippedStep, Spoken, Status, SurveyStep, TagOn, TeamId, TeamSet,
    Timestamp, Trail, Turn, Unknown,
};

/// The author of an event.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Actor {
    /// The contact.
    Customer,
    /// An agent.
    Agent {
        /// The id.
        id: AgentId,
    },
    /// Baton itself: timers, sending, routing.
    System,
    /// A rule that a team set up.
    Rule {
        /// The rule.
        id: SettingId,
    },
    /// Somebody whom this version does not know.
    #[serde(other)]
    #[cfg_attr(feature = "schema", schemars(skip))]
    Unknown,
}

/// One fact of the log, as a viewer in full scope gets it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Event {
    /// Number in the workspace's log.
    pub position: u64,
    /// The conversation; `None` for settings.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conversation_id: Option<ConversationId>,
    /// The number in the conversation; `None` for events of one agent alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<u64>,
    /// When it was committed.
    pub at: Timestamp,
    /// The author of an event.
    pub actor: Actor,
    /// The fact itself.
    #[serde(flatten)]
    pub fact: Fact,
    /// The erasable part, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<EventContent>,
}

/// The erasable part of an event.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(transform = crate::schema::one_of))]
#[serde(rename_all = "snake_case")]
pub enum EventContent {
    /// Of a line.
    Line(Content),
    /// Of a note.
    Note {
        /// The text; `None` when erased.
        text: Option<String>,
        /// The line that it is about.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        quoted: Option<MessageId>,
    },
    /// Of a contact.
    Contact(ContactCard),
    /// Of a reaction.
    Reaction {
        /// One emoji.
        emoji: String,
    },
    /// Of a setting: its body.
    Setting(serde_json::Value),
    /// Of an episode that ended.
    Outcome(OutcomeSaid),
    /// Of a kind that this version does not know.
    #[serde(untagged)]
    #[cfg_attr(feature = "schema", schemars(skip))]
    Unknown(Unknown),
}

/// The erasable part of an outcome.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct OutcomeSaid {
    /// Its name as it was then.
    pub name: String,
    /// A text that says more about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

/// Who answered last.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct LastAnswer {
    /// The agent; none where nobody did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent_id: Option<AgentId>,
}

/// Something that happened, as plain data.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(transform = crate::schema::one_of))]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Fact {
    /// A contact wrote on a channel for the first time, or a group came to be known. Revision 1;
    /// owner is the team's queue.
    ConversationOpened {
        /// The number.
        channel_id: ChannelId,
        /// The customer.
        contact_id: ContactId,
        /// The team whose queue owns it.
        team_id: TeamId,
        /// Whom it is with.
        #[serde(default, skip_serializing_if = "ConversationKind::is_contact")]
        kind: ConversationKind,
    },
    /// The contact's name or number became known or changed; of a group, its subject or who is in
    /// it.
    ContactChanged {
        /// The customer.
        contact_id: ContactId,
    },
    /// An episode began: the status is open.
    EpisodeOpened {
        /// Its number.
        episode: u32,
        /// The number of the first line that can stand in it. Earlier versions left it out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        from_seq: Option<u64>,
    },
    /// The customer wrote.
    LineReceived {
        /// Number and id.
        line: LineRef,
        /// What kind of thing.
        kind: LineKind,
        /// Meta's time.
        #[serde(rename = "said_at")]
        at: Timestamp,
        /// The message it quotes.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        quoted: Option<MessageId>,
        /// The open turn from here on.
        turn: Option<Turn>,
        /// The window from here on.
        window_until: Option<Timestamp>,
    },
    /// The team wrote: the message is accepted and on its way.
    LineWritten {
        /// Number and id.
        line: LineRef,
        /// The author.
        author: Author,
        /// What kind of thing.
        kind: LineKind,
        /// When it was accepted.
        #[serde(rename = "said_at")]
        at: Timestamp,
        /// Its status.
        status: MessageStatus,
        /// The last line on the author's screen.
        seen: Option<LineRef>,
        /// The message it quotes.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        quoted: Option<MessageId>,
        /// The command.
        op_id: Option<OpId>,
        /// The device.
        device_id: Option<DeviceId>,
        /// The open turn from here on: none after a human answer; an edit or revocation on the
        /// phone app leaves it as it was.
        turn: Option<Turn>,
        /// It was sent although this colleague held the lease.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        lease_ignored_of: Option<AgentId>,
        /// It leaves no sooner: until then it can be taken back.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        leaves_at: Option<Timestamp>,
        /// The canned reply that it was made of.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        canned: Option<CannedUse>,
        /// Its author is a bot: it answers nobody.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        bot: bool,
    },
    /// The status of a sent message changed.
    MessageChanged {
        /// The message.
        line: LineRef,
        /// Its status.
        status: MessageStatus,
        /// Which attempt; 0 before the first.
        attempt: u32,
        /// Why it was held.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        held: Option<HeldReason>,
        /// Why it failed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        error: Option<MessageError>,
        /// The open turn from here on: holding, failing and cancelling reopen it.
        turn: Option<Turn>,
        /// The last line on the screen of the agent who resends it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        seen: Option<LineRef>,
        /// It is sent again although this colleague held the lease.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        lease_ignored_of: Option<AgentId>,
        /// The last who answered from here on, where this changes it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        last_answer: Option<LastAnswer>,
        /// It was lost, and is of an earlier episode than the latest: nothing opens by it.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        of_earlier: bool,
    },
    /// An earlier line was changed, taken back, or somebody reacted to it. Nothing is answered by
    /// it, and it has no number of its own: new words and a revocation are lines of their own.
    LineAmended {
        /// The earlier line.
        line: LineRef,
        /// What became of it.
        amendment: Amendment,
    },
    /// The file of a line is to be fetched, or something became of it.
    FileChanged {
        /// The line.
        line: LineRef,
        /// What became of it.
        file: FileState,
    },
    /// A line that could not be read, or whose type was not known, was read anew. It keeps its
    /// number, and what it says stands in the event.
    LineUnderstood {
        /// The line.
        line: LineRef,
        /// What kind of thing it is.
        kind: LineKind,
    },
    /// An agent wrote a note.
    NoteAdded {
        /// The id of the note.
        note_id: NoteId,
        /// The author.
        author: AgentId,
        /// The command.
        op_id: OpId,
        /// Whom it calls.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        mentions: Vec<AgentId>,
    },
    /// Somebody who supervises coached the owner. It changes nothing of the conversation and makes
    /// no revision.
    Coached {
        /// The id of the coaching note.
        note_id: NoteId,
        /// The author.
        author: AgentId,
        /// The agent whom it is for.
        agent_id: AgentId,
        /// The command.
        op_id: OpId,
    },
    /// The owner changed.
    OwnerChanged {
        /// The owner.
        owner: Owner,
        /// Its number.
        owner_epoch: u64,
        /// The team it belongs to.
        team_id: TeamId,
        /// The cause.
        cause: OwnerCause,
        /// A supervisor passed the agent's capacity.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        exceeded_capacity: bool,
        /// The last agent who answered stays who it was. Earlier versions took the owner for it.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        keeps_last: bool,
    },
    /// The status of the episode changed.
    StatusChanged {
        /// The new status.
        status: Status,
        /// The open turn from here on: resolving closes it.
        turn: Option<Turn>,
        /// With `resolved`: the outcome that was chosen. Its name and text are the content.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        outcome: Option<SettingId>,
    },
    /// An agent follows the conversation from here on.
    Followed {
        /// The agent.
        agent_id: AgentId,
    },
    /// An agent follows the conversation no longer.
    Unfollowed {
        /// The agent.
        agent_id: AgentId,
    },
    /// Tags were put on and taken off.
    Tagged {
        /// Those put on, and whether each stays when the next episode opens.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        added: Vec<TagOn>,
        /// Those taken off.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        removed: Vec<SettingId>,
    },
    /// The customer is blocked from here on, or no longer, or WhatsApp answered to it.
    BlockChanged {
        /// The block from here on; null when there is none.
        block: Option<Block>,
    },
    /// The customer wants no marketing from here on, or wants it again.
    MarketingChanged {
        /// What they want.
        marketing: Marketing,
    },
    /// The language that the customer writes became known or changed, or an agent set it.
    LanguageChanged {
        /// The language from here on; null where it is not known.
        language: Option<Spoken>,
    },
    /// It is more or less urgent from here on. The reason that was given is the content.
    PriorityChanged {
        /// The priority from here on.
        priority: Priority,
    },
    /// The customer is said to be another contact as well, or nobody else.
    PersonChanged {
        /// The other contact; their own where they are nobody else.
        person: ContactId,
    },
    /// The team's routing chose an agent for it, or found nobody.
    Routed {
        /// The agent who was chosen; null where nobody could be: the whole team is called.
        agent_id: Option<AgentId>,
        /// The offer that it is from here on; left out where the agent owns it at once.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        offer: Option<OpenOffer>,
        /// The others who were looked at.
        trail: Box<Trail>,
    },
    /// An offer ended.
    OfferEnded {
        /// The offer.
        offer_id: OfferId,
        /// The agent who was asked.
        agent_id: AgentId,
        /// The way it ended.
        end: OfferEnd,
    },
    /// A rule ran, or all its steps were skipped. What it wrote for the team is the content.
    RuleRan {
        /// The rule.
        rule_id: SettingId,
        /// Its version.
        version: u32,
        /// Its name then.
        name: String,
        /// The limit of its runs.
        once: Once,
        /// The turn that it counts for, by its first line.
        turn: u64,
        /// The position of the event that woke it.
        cause: u64,
        /// The steps that were done; their own facts follow.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        did: Vec<RuleStep>,
        /// The steps that were not done.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        skipped: Vec<SkippedStep>,
        /// Whether too many rules ran: those after it were left out.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        cut: bool,
        /// Whether runs stay known as long as their turns can open again. Earlier ones did not.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        keeps_runs: bool,
    },
    /// A clock rang.
    ClockDue {
        /// The clock.
        clock: Clock,
        /// The time at which it began.
        start: Timestamp,
        /// The time at which it was due, exactly.
        due_at: Timestamp,
        /// The policy, where it is a promise's. Earlier versions left it out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        policy_id: Option<SettingId>,
    },
    /// Times were promised for the episode.
    SlaApplied {
        /// The policy.
        policy_id: SettingId,
        /// Its version, which counts as long as the episode lasts.
        version: u32,
        /// For the first answer.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        first: Option<SlaTarget>,
        /// For each further one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        next: Option<SlaTarget>,
        /// For the end of the episode.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        resolution: Option<SlaTarget>,
        /// The schedules by which it counts, in the version of now.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        calendars: Vec<Calendar>,
        /// Clocks that were due before they were promised: they are late, and do not ring.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        late: Vec<Clock>,
        /// The answers of the episode, found once where an earlier version opened it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        answers: Option<Box<Answers>>,
    },
    /// A bot has it, or has it no more.
    BotChanged {
        /// The bot.
        agent_id: AgentId,
        /// The way to the bot, or from it.
        step: BotStep,
        /// The exact time, where a clock ended it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        due_at: Option<Timestamp>,
        /// True where people have it from here on: no bot takes it in this episode.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        for_people: bool,
    },
    /// The customer is asked at the end of an episode, or says how it was.
    Surveyed {
        /// The survey.
        survey_id: SettingId,
        /// The episode.
        episode: u32,
        /// The agent who resolved it.
        agent_id: AgentId,
        /// The step.
        step: SurveyStep,
    },
    /// An agent wants to be called back. What it is about is the content.
    ReminderSet {
        /// The agent.
        agent_id: AgentId,
        /// The time at which it rings.
        #[serde(rename = "remind_at")]
        at: Timestamp,
        /// True where it rings only if the customer has written nothing until then.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        follow_up: bool,
        /// The id of what it is about; none where nothing is said.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note_id: Option<NoteId>,
    },
    /// A reminder rang, or its agent ended it.
    ReminderEnded {
        /// The agent.
        agent_id: AgentId,
        /// The id of what it was about.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note_id: Option<NoteId>,
        /// The time at which it was due, exactly; none where its agent ended it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        due_at: Option<Timestamp>,
    },
    /// The time until which the customer was promised something is another one.
    DueChanged {
        /// The earliest of those that run; none where no clock of a promise runs.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        due_at: Option<Timestamp>,
    },
    /// The read mark of an agent moved. Goes to that agent alone.
    ReadMarked {
        /// The agent.
        agent_id: AgentId,
        /// Number of the last line read.
        seq: u64,
    },
    /// An agent said that what they read counts as unread. Goes to that agent alone.
    UnreadMarked {
        /// The agent.
        agent_id: AgentId,
        /// Number of the last line that still counts as read.
        seq: u64,
    },
    /// An agent was added or changed; read `/agents`.
    AgentChanged {
        /// The agent.
        agent_id: AgentId,
        /// Whether their name changed; it is no part of the log.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        renamed: bool,
        /// What was set.
        set: AgentSet,
    },
    /// A team was added or changed; read `/teams`.
    TeamChanged {
        /// The team.
        team_id: TeamId,
        /// Whether its name changed; it is no part of the log.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        renamed: bool,
        /// What was set.
        set: TeamSet,
    },
    /// An agent joined or left a team, or changed place in it.
    MembershipChanged {
        /// The team whose membership changed.
        team_id: TeamId,
        /// The agent.
        agent_id: AgentId,
        /// The role in the team; null after leaving it.
        kind: Option<MembershipKind>,
    },
    /// A channel was added or changed; read `/channels`.
    ChannelChanged {
        /// The channel.
        channel_id: ChannelId,
        /// What was set.
        set: ChannelSet,
    },
    /// An agent's password was set, by themselves or, as the actor says, by another; their other
    /// sessions ended. Goes to that agent alone.
    PasswordSet {
        /// The agent.
        agent_id: AgentId,
    },
    /// A device was revoked: it wipes what it stores. Goes to its agent alone. When an agent
    /// leaves, the devices are revoked without this fact.
    DeviceRevoked {
        /// The agent.
        agent_id: AgentId,
        /// The device.
        device_id: DeviceId,
    },
    /// An invitation was made, renewed, withdrawn or used; whom it names is no part of the log.
    /// Admins read `/invitations`. Who joined by it is the actor.
    InvitationChanged {
        /// The invitation.
        invitation_id: InvitationId,
        /// What became of it.
        step: InvitationStep,
    },
    /// A setting was made, changed, moved to another home, or ended. What is set is the content.
    /// Who read it before and no longer does is told that it ended.
    SettingChanged {
        /// The setting.
        setting_id: SettingId,
        /// Its kind. Pass over one that you do not know.
        kind: String,
        /// Its version from here on.
        version: u32,
        /// What it was for; left out for a new one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        home_before: Option<Home>,
        /// What it is for from here on; left out where it ended.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        home: Option<Home>,
        /// Its place among those of its kind.
        #[serde(default)]
        rank: u32,
        /// Its fields that changed.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        changed: Vec<String>,
        /// The step of one of its secrets; left out where none of them changed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        secret: Option<SecretStep>,
    },
    /// Sent to viewers of level head in place of every other fact of a conversation.
    HeadChanged {
        /// The row after it.
        head: Head,
    },
    /// A fact that this version does not know, or can make nothing of. With a revision, whoever
    /// holds the conversation reads it anew; without one it is passed over.
    #[serde(untagged)]
    #[cfg_attr(feature = "schema", schemars(skip))]
    Unknown(Unknown),
}
