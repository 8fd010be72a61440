//! Lists and values that apps draw.
//!
//! A subscription starts with a snapshot. Each batch after it holds steps: apply them in order,
//! then draw.

use baton_mobile::compose::Hold as CoreHold;
use baton_mobile::lists::{
    self, Batch, Entry, InboxOf, ListRequest, ListUpdate, Nothing, Older, Own as CoreOwn,
};
use baton_mobile::store;
use baton_protocol::conversation::Move;
use baton_protocol::{Author, Owner as CoreOwner, Status as CoreStatus};

use super::acts::Priority;
use super::{
    ContactField, FileProgress, InboxStep, Line, OutboxItem, OwnOffer, OwnReminder, PreviewKind,
    SeenLine, TimelineStep, id_of,
};
use crate::CoreError;

/// A list of conversations.
#[derive(Clone, PartialEq, Eq, Debug, uniffi::Enum)]
pub enum InboxView {
    /// Conversations of the signed-in agent.
    Mine,
    /// Conversations of one team.
    Team {
        /// The id of the team.
        team: String,
    },
    /// Conversations without an owner.
    Unassigned,
    /// Conversations that wait for the customer or a third party.
    Waiting,
    /// All conversations that the agent may see.
    All,
    /// Conversations that are offered to the signed-in agent.
    Offered,
    /// Conversations on this device whose contact, lines or notes contain a text.
    ///
    /// Accents and case are ignored. At most 200 conversations, the newest activity first. Lines
    /// that arrive later are found by a new search.
    Search {
        /// A part of a name, a number or a text; up to 256 characters.
        text: String,
    },
}

/// The source of an inbox list.
pub(crate) enum Asked {
    Request(ListRequest),
    Search(String),
}

impl InboxView {
    pub(crate) fn asked(self) -> Result<Asked, CoreError> {
        let view = match self {
            Self::Mine => store::View::Mine,
            Self::Team { team } => store::View::Team(id_of("team", &team)?),
            Self::Unassigned => store::View::Unassigned,
            Self::Waiting => store::View::Waiting,
            Self::All => store::View::All,
            Self::Offered => store::View::Offered,
            Self::Search { text } => return Ok(Asked::Search(text)),
        };
        Ok(Asked::Request(ListRequest::Inbox(lists::Inbox::new(InboxOf::View(view)))))
    }
}

/// The owner of a conversation.
#[derive(Clone, PartialEq, Eq, Debug, uniffi::Enum)]
pub enum Owner {
    /// The queue of a team.
    Queue {
        /// The id of the team.
        team: String,
    },
    /// An agent or bot.
    Agent {
        /// The id of the agent.
        agent: String,
    },
}

impl From<CoreOwner> for Owner {
    fn from(owner: CoreOwner) -> Self {
        match owner {
            CoreOwner::Queue(team) => Self::Queue { team: team.to_string() },
            CoreOwner::Agent(agent) => Self::Agent { agent: agent.to_string() },
        }
    }
}

/// The status of the latest episode.
#[derive(Clone, Copy, PartialEq, Eq, Debug, uniffi::Enum)]
pub enum Status {
    /// The team has to act.
    Open,
    /// It waits for the customer or a third party.
    Waiting,
    /// It is hidden until a set time.
    Snoozed {
        /// When it returns.
        until_ms: i64,
    },
    /// It is resolved.
    Resolved,
}

impl From<CoreStatus> for Status {
    fn from(status: CoreStatus) -> Self {
        match status {
            CoreStatus::Open => Self::Open,
            CoreStatus::Waiting => Self::Waiting,
            CoreStatus::Snoozed { until } => Self::Snoozed { until_ms: until.ms() },
            CoreStatus::Resolved => Self::Resolved,
        }
    }
}

/// The agent's own unfinished acts in a conversation.
#[derive(Clone, Copy, PartialEq, Eq, Debug, uniffi::Record)]
pub struct Own {
    /// Acts that are not confirmed.
    pub waiting: u32,
    /// Acts that wait for the agent's decision.
    pub needs_review: u32,
    /// Whether a claim is undecided. Show it as claiming, never as owned.
    pub is_claiming: bool,
}

impl From<CoreOwn> for Own {
    fn from(own: CoreOwn) -> Self {
        let CoreOwn { waiting, needs_review, is_claiming } = own;
        Self { waiting, needs_review, is_claiming }
    }
}

/// A conversation in a list.
#[derive(Clone, PartialEq, Eq, Debug, uniffi::Record)]
pub struct InboxRow {
    /// The id of the conversation.
    pub id: String,
    /// The customer's name or number; nothing if the agent may see only the head.
    pub title: Option<String>,
    /// The id of its team.
    pub team: String,
    /// The id of its WhatsApp number.
    pub channel: String,
    /// The owner of a conversation.
    pub owner: Owner,
    /// The version of the ownership, to pass to `Claim`, `Assign` and transfers.
    pub owner_epoch: u64,
    /// The status.
    pub status: Status,
    /// When the oldest unanswered line came in; nothing if all is answered.
    pub unanswered_since_ms: Option<i64>,
    /// When the newest line was written.
    pub activity_at_ms: i64,
    /// The beginning of the newest line.
    pub preview: Option<String>,
    /// Whether the customer wrote it.
    pub preview_from_customer: bool,
    /// What the newest line is, to be named where it has no text; nothing where none is seen.
    #[uniffi(default = None)]
    pub preview_kind: Option<PreviewKind>,
    /// Unread lines.
    pub unread: u64,
    /// When WhatsApp's window of 24 hours closes or closed.
    pub window_until_ms: Option<i64>,
    /// Until when the customer was promised an answer or the end; nothing where no promise runs. It
    /// stays when it is past: then it is late.
    #[uniffi(default = None)]
    pub due_at_ms: Option<i64>,
    /// Whether the customer is blocked: nothing can be sent to them.
    #[uniffi(default = false)]
    pub is_blocked: bool,
    /// The tag of the language that the customer writes; nothing where it is not known.
    #[uniffi(default = None)]
    pub language: Option<String>,
    /// The time it was taken from an owner who was not there; nothing once somebody owns it.
    #[uniffi(default = None)]
    pub orphaned_at_ms: Option<i64>,
    /// The urgency in its queue; nothing where it is normal.
    #[uniffi(default = None)]
    pub priority: Option<Priority>,
    /// The ids of the tags that are on it.
    #[uniffi(default = [])]
    pub tags: Vec<String>,
    /// The reminder that the agent has there.
    #[uniffi(default = None)]
    pub reminder: Option<OwnReminder>,
    /// The offer to the agent that stands there.
    #[uniffi(default = None)]
    pub offer: Option<OwnOffer>,
    /// The agent's own unfinished acts.
    pub own: Own,
    /// Whether it has an unsent draft.
    pub has_draft: bool,
    /// The first hit of a search; nothing in other lists.
    pub hit: Option<Hit>,
}

/// A hit of a search.
#[derive(Clone, PartialEq, Eq, Debug, uniffi::Record)]
pub struct Hit {
    /// The place of the hit.
    pub found_in: FoundIn,
    /// The whole text that contains it.
    pub text: String,
    /// When the text was written; for contacts, the time of the newest line.
    pub at_ms: i64,
}

/// The place of a hit.
#[derive(Clone, Copy, PartialEq, Eq, Debug, uniffi::Enum)]
pub enum FoundIn {
    /// The customer's name or number.
    Contact,
    /// A line.
    Line {
        /// The line's number.
        seq: u64,
    },
    /// A note for the team, or from a supervisor to one agent.
    Note {
        /// The note's revision.
        revision: u64,
    },
}

impl From<store::Hit> for Hit {
    fn from(hit: store::Hit) -> Self {
        let found_in = match hit.found {
            store::Found::Contact => FoundIn::Contact,
            store::Found::Line(seq) => FoundIn::Line { seq },
            store::Found::Note(revision) => FoundIn::Note { revision },
        };
        Self { found_in, text: hit.text, at_ms: hit.at.ms() }
    }
}

impl From<lists::InboxRow> for InboxRow {
    fn from(row: lists::InboxRow) -> Self {
        let from_customer =
            row.preview.as_ref().is_some_and(|preview| preview.by == Author::Customer);
        let preview_kind = row.preview.as_ref().map(PreviewKind::of);
        Self {
            id: row.id.to_string(),
            title: row.customer.and_then(|customer| customer.title()),
            team: row.team_id.to_string(),
            channel: row.channel_id.to_string(),
            owner: row.owner.into(),
            owner_epoch: row.owner_epoch,
            status: row.status.into(),
            unanswered_since_ms: row.unanswered_since.map(baton_protocol::Timestamp::ms),
            activity_at_ms: row.activity_at.ms(),
            preview: row.preview.and_then(|preview| preview.text),
            preview_from_customer: from_customer,
            preview_kind,
            unread: row.unread,
            window_until_ms: row.window_until.map(baton_protocol::Timestamp::ms),
            due_at_ms: row.due_at.map(baton_protocol::Timestamp::ms),
            is_blocked: row.is_blocked,
            language: row.language.map(|spoken| spoken.language),
            orphaned_at_ms: row.orphaned_at.map(baton_protocol::Timestamp::ms),
            priority: Priority::unless_normal(row.priority),
            tags: row.tags.iter().map(ToString::to_string).collect(),
            reminder: row.reminder.map(OwnReminder::from),
            offer: row.offer.map(OwnOffer::from),
            own: row.own.into(),
            has_draft: row.has_draft,
            hit: row.hit.map(Hit::from),
        }
    }
}

/// An entry of a timeline.
#[expect(clippy::large_enum_variant, reason = "nearly all entries are lines")]
#[derive(Clone, PartialEq, Eq, Debug, uniffi::Enum)]
pub enum TimelineEntry {
    /// A message between customer and team.
    Line {
        /// The line.
        line: Line,
    },
    /// A note that only the team sees, or only one agent and the supervisors: see its `coached`.
    Note {
        /// The note.
        note: Note,
    },
    /// WhatsApp said that the customer has another number from here on. They are the same
    /// customer, and there is nothing to answer.
    Moved {
        /// The number before, in digits; nothing where none is known.
        from: Option<String>,
        /// The number from then on, in digits; nothing where it stayed and WhatsApp's id of the
        /// customer changed.
        to: Option<String>,
        /// When. No two of a conversation have the same.
        at_ms: i64,
    },
    /// An act of the agent that is not yet a line or note.
    Echo {
        /// The act.
        item: OutboxItem,
    },
}

/// A note for the team.
#[derive(Clone, PartialEq, Eq, Debug, uniffi::Record)]
pub struct Note {
    /// The id of the conversation.
    pub id: String,
    /// The id of its author.
    pub author: String,
    /// Whether the signed-in agent wrote it.
    pub is_mine: bool,
    /// The time at which it was written.
    pub at_ms: i64,
    /// Its text; nothing once it was erased.
    pub text: Option<String>,
    /// The op id of the act that wrote it.
    pub op_id: String,
    /// The id of the message of this conversation that it is about.
    #[uniffi(default = None)]
    pub quoted: Option<String>,
    /// The id of the agent whom it coaches: only they and the supervisors of the team see it.
    #[uniffi(default = None)]
    pub coached: Option<String>,
}

impl From<Entry> for TimelineEntry {
    fn from(entry: Entry) -> Self {
        match entry {
            Entry::Line { line, is_mine, loading } => {
                let loading = loading.map(FileProgress::from);
                Self::Line { line: Line { loading, ..Line::of(line, is_mine) } }
            }
            Entry::Note { note, is_mine } => Self::Note {
                note: Note {
                    id: note.id.to_string(),
                    author: note.author.to_string(),
                    is_mine,
                    at_ms: note.at.ms(),
                    text: note.text,
                    op_id: note.op_id.to_string(),
                    quoted: note.quoted.map(|id| id.to_string()),
                    coached: None,
                },
            },
            Entry::Coaching { note, is_mine } => Self::Note {
                note: Note {
                    id: note.id.to_string(),
                    author: note.author.to_string(),
                    is_mine,
                    at_ms: note.at.ms(),
                    text: note.text,
                    op_id: note.op_id.to_string(),
                    quoted: None,
                    coached: Some(note.agent_id.to_string()),
                },
            },
            Entry::Moved(Move { from, to, at }) => Self::Moved { from, to, at_ms: at.ms() },
            Entry::Echo(echo) => Self::Echo { item: OutboxItem::from(&*echo) },
        }
    }
}

/// Who writes in a conversation (holds its lease).
#[derive(Clone, PartialEq, Eq, Debug, uniffi::Enum)]
pub enum Hold {
    /// Nobody writes.
    Nobody,
    /// The signed-in agent on this device.
    Mine,
    /// A colleague, or the same agent on another device.
    Theirs {
        /// The id of the agent.
        agent: String,
    },
    /// Unknown, because there is no connection. Never show it as the agent's own.
    Unknown,
}

impl From<CoreHold> for Hold {
    fn from(hold: CoreHold) -> Self {
        match hold {
            CoreHold::Nobody => Self::Nobody,
            CoreHold::Mine => Self::Mine,
            CoreHold::Theirs(holder) => Self::Theirs { agent: holder.agent_id.to_string() },
            CoreHold::Unknown => Self::Unknown,
        }
    }
}

/// The header of a conversation.
#[derive(Clone, PartialEq, Eq, Debug, uniffi::Record)]
pub struct Header {
    /// The id of the conversation.
    pub id: String,
    /// The customer's name or number; nothing if the agent may see only the head.
    pub title: Option<String>,
    /// The owner of a conversation.
    pub owner: Owner,
    /// The version of the ownership, to pass to `Claim`, `Assign` and transfers.
    pub owner_epoch: u64,
    /// Whether the owner is connected; nothing if that is unknown.
    pub is_owner_online: Option<bool>,
    /// The status.
    pub status: Status,
    /// Unread lines.
    pub unread: u64,
    /// When the oldest unanswered line came in; nothing if all is answered.
    pub unanswered_since_ms: Option<i64>,
    /// When WhatsApp's window of 24 hours closes or closed.
    pub window_until_ms: Option<i64>,
    /// Whether the customer is blocked: nothing can be sent to them.
    #[uniffi(default = false)]
    pub is_blocked: bool,
    /// Who writes there.
    pub hold: Hold,
    /// The draft that a colleague is writing.
    pub colleague_draft: Option<String>,
    /// The ids of colleagues who have it on their screen.
    pub viewers: Vec<String>,
    /// The ids of agents who follow it.
    #[uniffi(default = [])]
    pub followers: Vec<String>,
    /// The ids of the tags that are on it.
    #[uniffi(default = [])]
    pub tags: Vec<String>,
    /// The fields of the customer's card that the agent sees.
    #[uniffi(default = [])]
    pub fields: Vec<ContactField>,
    /// The tag of the language that the customer writes; nothing where it is not known.
    #[uniffi(default = None)]
    pub language: Option<String>,
    /// The urgency in its queue; nothing where it is normal.
    #[uniffi(default = None)]
    pub priority: Option<Priority>,
    /// The reminder that the agent has there.
    #[uniffi(default = None)]
    pub reminder: Option<OwnReminder>,
    /// The offer to the agent that stands there.
    #[uniffi(default = None)]
    pub offer: Option<OwnOffer>,
    /// The agent's own unfinished acts.
    pub own: Own,
}

impl From<lists::Header> for Header {
    fn from(header: lists::Header) -> Self {
        Self {
            id: header.id.to_string(),
            title: header.customer.and_then(|customer| customer.title()),
            owner: header.owner.into(),
            owner_epoch: header.owner_epoch,
            is_owner_online: header.is_owner_online,
            status: header.status.into(),
            unread: header.unread,
            unanswered_since_ms: header.unanswered_since.map(baton_protocol::Timestamp::ms),
            window_until_ms: header.window_until.map(baton_protocol::Timestamp::ms),
            is_blocked: header.is_blocked,
            hold: header.hold.into(),
            colleague_draft: header.colleague_draft.map(|draft| draft.text),
            viewers: header.viewers.iter().map(ToString::to_string).collect(),
            followers: header.followers.iter().map(ToString::to_string).collect(),
            tags: header.tags.iter().map(ToString::to_string).collect(),
            fields: header.fields.iter().map(ContactField::from).collect(),
            language: header.language.map(|spoken| spoken.language),
            priority: Priority::unless_normal(header.priority),
            reminder: header.reminder.map(OwnReminder::from),
            offer: header.offer.map(OwnOffer::from),
            own: header.own.into(),
        }
    }
}

/// The counts on the app's icon and tabs.
#[derive(Clone, Copy, PartialEq, Eq, Debug, uniffi::Record)]
pub struct Badge {
    /// Conversations of the signed-in agent.
    pub mine: u64,
    /// Unread lines in them.
    pub unread: u64,
    /// Conversations without an owner.
    pub unassigned: u64,
    /// Acts that wait for the agent's decision.
    pub needs_review: u64,
}

impl From<lists::Badge> for Badge {
    fn from(badge: lists::Badge) -> Self {
        Self {
            mine: badge.mine.conversations,
            unread: badge.mine.unread,
            unassigned: badge.unassigned.conversations,
            needs_review: badge.needs_review,
        }
    }
}

/// Where lines before the first one shown are.
#[derive(Clone, Copy, PartialEq, Eq, Debug, uniffi::Enum)]
pub enum OlderLines {
    /// There are none.
    Nothing,
    /// On this device.
    Held,
    /// At the server.
    AtServer,
}

/// An update of a subscription.
#[expect(clippy::large_enum_variant, reason = "no box crosses the boundary")]
#[derive(Clone, PartialEq, Eq, Debug, uniffi::Enum)]
pub enum ListBatch {
    /// Of an inbox.
    Inbox {
        /// The number of the batch; grows.
        revision: u64,
        /// The steps, to apply in this order.
        steps: Vec<InboxStep>,
        /// Conversations in the list, shown or not.
        total: u64,
        /// Unread lines in all of them.
        unread: u64,
        /// Whether the list has more rows than are shown.
        has_more: bool,
    },
    /// Of a timeline.
    Timeline {
        /// The number of the batch; grows.
        revision: u64,
        /// The steps, to apply in this order.
        steps: Vec<TimelineStep>,
        /// Where older lines are.
        older: OlderLines,
        /// The number of the first line shown; 0 without lines.
        first_seq: u64,
        /// The line that came in last, to pass as `seen` with an act; nothing without lines.
        ///
        /// It need not be the last one in the list: customers' clocks order the lines.
        seen: Option<SeenLine>,
        /// Whether newer lines exist than are shown.
        has_newer: bool,
        /// Whether the agent may see the lines.
        is_full: bool,
    },
    /// Of a header; nothing for a conversation that is not on this device.
    Header {
        /// The header.
        header: Option<Header>,
    },
    /// Of the badge.
    Badge {
        /// The badge.
        badge: Badge,
    },
}

impl From<ListUpdate> for ListBatch {
    fn from(update: ListUpdate) -> Self {
        match update {
            ListUpdate::Inbox(Batch { revision, ops, about }) => Self::Inbox {
                revision,
                steps: ops.into_iter().map(InboxStep::from).collect(),
                total: about.total.conversations,
                unread: about.total.unread,
                has_more: about.has_more,
            },
            ListUpdate::Timeline(Batch { revision, ops, about }) => Self::Timeline {
                revision,
                steps: ops.into_iter().map(TimelineStep::from).collect(),
                older: match about.older {
                    Older::Nothing => OlderLines::Nothing,
                    Older::Held => OlderLines::Held,
                    Older::AtServer => OlderLines::AtServer,
                },
                first_seq: about.first_seq,
                seen: about.seen.map(SeenLine::from),
                has_newer: about.has_newer,
                is_full: about.is_full,
            },
            ListUpdate::Header(Batch::<Nothing, _> { about, .. }) => {
                Self::Header { header: about.map(|header| Header::from(*header)) }
            }
            ListUpdate::Badge(Batch::<Nothing, _> { about, .. }) => {
                Self::Badge { badge: about.into() }
            }
        }
    }
}
