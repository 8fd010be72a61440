//! Lists and values as apps draw them. A list is told as a snapshot first, then as what changed of
//! it: an app applies the steps in order, then shows the batch.

use baton_mobile::compose::Hold as CoreHold;
use baton_mobile::lists::{
    self, Batch, Entry, InboxOf, Letter, Nothing, Older, Own as CoreOwn, Wish,
};
use baton_mobile::store;
use baton_protocol::{Author, Owner as CoreOwner, Status as CoreStatus};

use super::{InboxStep, OutboxItem, SeenLine, TimelineStep, id_of, text_of};
use crate::CoreError;

/// A list of conversations.
#[derive(Clone, PartialEq, Eq, Debug, uniffi::Enum)]
pub enum InboxView {
    /// Owned by the agent who is signed in.
    Mine,
    /// Of one team.
    Team {
        /// Which.
        team: String,
    },
    /// In a queue.
    Unassigned,
    /// Waiting for the customer or a third party.
    Waiting,
    /// All that is in scope.
    All,
    /// In whose contact, lines or notes this stands, as far as this device holds them; accents and
    /// case do not matter. At most 200 finds, the newest activity first. Rows stay current; what is
    /// said later is found by searching again.
    Search {
        /// A part of a name, a number or a text; up to 256 characters.
        text: String,
    },
}

/// What a list of conversations is made of.
pub(crate) enum Asked {
    Wish(Wish),
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
            Self::Search { text } => return Ok(Asked::Search(text)),
        };
        Ok(Asked::Wish(Wish::Inbox(lists::Inbox::new(InboxOf::View(view)))))
    }
}

/// Who is responsible.
#[derive(Clone, PartialEq, Eq, Debug, uniffi::Enum)]
pub enum Owner {
    /// The queue of a team.
    Queue {
        /// Which team.
        team: String,
    },
    /// A person or bot.
    Agent {
        /// Who.
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

/// Where the latest episode stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug, uniffi::Enum)]
pub enum Status {
    /// Somebody has to do something.
    Open,
    /// Waiting for the customer or a third party.
    Waiting,
    /// Out of sight until then.
    Snoozed {
        /// When it wakes.
        until_ms: i64,
    },
    /// Done.
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

/// What the agent did in a conversation and is not done.
#[derive(Clone, Copy, PartialEq, Eq, Debug, uniffi::Record)]
pub struct Own {
    /// Acts on their way.
    pub waiting: u32,
    /// Acts that need their author.
    pub needs_review: u32,
    /// To be shown as claiming, never as owned.
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
    /// Which.
    pub id: String,
    /// The customer's name, or their number; none where no more than the head is seen.
    pub title: Option<String>,
    /// The team it belongs to.
    pub team: String,
    /// The number it runs on.
    pub channel: String,
    /// Who is responsible.
    pub owner: Owner,
    /// To be named by who claims or hands over.
    pub owner_epoch: u64,
    /// Where it stands.
    pub status: Status,
    /// Since when the customer waits.
    pub unanswered_since_ms: Option<i64>,
    /// When something was last said.
    pub activity_at_ms: i64,
    /// The beginning of the last line.
    pub preview: Option<String>,
    /// Whether the customer said it.
    pub preview_from_customer: bool,
    /// Lines not read.
    pub unread: u64,
    /// When the window closes, or closed.
    pub window_until_ms: Option<i64>,
    /// What the agent did there and is not done.
    pub own: Own,
    /// Whether the agent has typed there and not sent.
    pub has_draft: bool,
    /// What a search found there first; none in other lists.
    pub hit: Option<Hit>,
}

/// What a search found.
#[derive(Clone, PartialEq, Eq, Debug, uniffi::Record)]
pub struct Hit {
    /// Where.
    pub found_in: FoundIn,
    /// The whole text that it was found in.
    pub text: String,
    /// When that was said; of contacts, when something was last said.
    pub at_ms: i64,
}

/// Where a search found something.
#[derive(Clone, Copy, PartialEq, Eq, Debug, uniffi::Enum)]
pub enum FoundIn {
    /// The customer's name or number.
    Contact,
    /// A line.
    Line {
        /// Its number.
        seq: u64,
    },
    /// A note.
    Note {
        /// Its revision.
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
            unread: row.unread,
            window_until_ms: row.window_until.map(baton_protocol::Timestamp::ms),
            own: row.own.into(),
            has_draft: row.has_draft,
            hit: row.hit.map(Hit::from),
        }
    }
}

/// Something of a timeline.
#[derive(Clone, PartialEq, Eq, Debug, uniffi::Enum)]
pub enum TimelineEntry {
    /// What the customer can see.
    Line {
        /// It.
        line: Line,
    },
    /// What only the team sees.
    Note {
        /// It.
        note: Note,
    },
    /// What the agent did, and is not there as a line or note so far.
    Echo {
        /// It.
        item: OutboxItem,
    },
}

/// A line of a conversation.
#[derive(Clone, PartialEq, Eq, Debug, uniffi::Record)]
pub struct Line {
    /// Its number and id: what somebody who saw it has seen.
    pub seen: SeenLine,
    /// Whether the customer wrote it.
    pub from_customer: bool,
    /// The agent who wrote it.
    pub agent: Option<String>,
    /// Whether the agent who is signed in wrote it.
    pub is_mine: bool,
    /// The text.
    pub text: Option<String>,
    /// When it was said.
    pub at_ms: i64,
    /// Where an outgoing one stands, as the server names it.
    pub status: Option<String>,
    /// Why it did not arrive, and what to do; for people.
    pub problem: Option<String>,
    /// The command that wrote it.
    pub op_id: Option<String>,
}

impl Line {
    pub(crate) fn of(line: baton_protocol::Line, is_mine: bool) -> Self {
        let agent = match line.author {
            Author::Agent { id } => Some(id.to_string()),
            Author::Customer | Author::PhoneApp | Author::Acknowledgement => None,
        };
        let problem = line.error.map(|error| format!("{}. {}", error.reason, error.remedy));
        Self {
            seen: SeenLine { seq: line.seq, id: line.id.to_string() },
            from_customer: line.author == Author::Customer,
            agent,
            is_mine,
            text: line.content.text,
            at_ms: line.at.ms(),
            status: line.status.map(|status| status.name().to_owned()),
            problem,
            op_id: text_of(line.op_id),
        }
    }
}

/// A note.
#[derive(Clone, PartialEq, Eq, Debug, uniffi::Record)]
pub struct Note {
    /// Which.
    pub id: String,
    /// Who wrote it.
    pub author: String,
    /// Whether the agent who is signed in wrote it.
    pub is_mine: bool,
    /// When.
    pub at_ms: i64,
    /// What it says; none once it was erased.
    pub text: Option<String>,
    /// The command that wrote it.
    pub op_id: String,
}

impl From<Entry> for TimelineEntry {
    fn from(entry: Entry) -> Self {
        match entry {
            Entry::Line { line, is_mine } => Self::Line { line: Line::of(line, is_mine) },
            Entry::Note { note, is_mine } => Self::Note {
                note: Note {
                    id: note.id.to_string(),
                    author: note.author.to_string(),
                    is_mine,
                    at_ms: note.at.ms(),
                    text: note.text,
                    op_id: note.op_id.to_string(),
                },
            },
            Entry::Echo(echo) => Self::Echo { item: OutboxItem::from(&*echo) },
        }
    }
}

/// Who composes.
#[derive(Clone, PartialEq, Eq, Debug, uniffi::Enum)]
pub enum Hold {
    /// Nobody was told of.
    Nobody,
    /// This agent on this device.
    Mine,
    /// Somebody else, or this agent on another device.
    Theirs {
        /// Who.
        agent: String,
    },
    /// Nobody knows: there is no connection. Never to be shown as mine.
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

/// What stands above a conversation.
#[derive(Clone, PartialEq, Eq, Debug, uniffi::Record)]
pub struct Header {
    /// Which conversation.
    pub id: String,
    /// The customer's name, or their number; none where no more than the head is seen.
    pub title: Option<String>,
    /// Who is responsible.
    pub owner: Owner,
    /// To be named by who claims or hands over.
    pub owner_epoch: u64,
    /// Whether the owner is there, where that is known.
    pub is_owner_online: Option<bool>,
    /// Where it stands.
    pub status: Status,
    /// Lines not read.
    pub unread: u64,
    /// Since when the customer waits.
    pub unanswered_since_ms: Option<i64>,
    /// When the window closes, or closed.
    pub window_until_ms: Option<i64>,
    /// Who composes.
    pub hold: Hold,
    /// What a colleague composes.
    pub colleague_draft: Option<String>,
    /// Colleagues who have it on their screen.
    pub viewers: Vec<String>,
    /// What the agent did there and is not done.
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
            hold: header.hold.into(),
            colleague_draft: header.colleague_draft.map(|draft| draft.text),
            viewers: header.viewers.iter().map(ToString::to_string).collect(),
            own: header.own.into(),
        }
    }
}

/// The numbers on the icon and tabs.
#[derive(Clone, Copy, PartialEq, Eq, Debug, uniffi::Record)]
pub struct Badge {
    /// Conversations that the agent owns.
    pub mine: u64,
    /// Lines not read in them.
    pub unread: u64,
    /// Conversations in a queue.
    pub unassigned: u64,
    /// Acts that need their author.
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

/// What older lines there are.
#[derive(Clone, Copy, PartialEq, Eq, Debug, uniffi::Enum)]
pub enum OlderLines {
    /// None: this is the beginning.
    Nothing,
    /// Lines that are held.
    Held,
    /// Lines that the server has.
    AtServer,
}

/// What a subscriber is told.
#[derive(Clone, PartialEq, Eq, Debug, uniffi::Enum)]
pub enum ListBatch {
    /// To who subscribed to an inbox.
    Inbox {
        /// Grows with every batch.
        revision: u64,
        /// To be applied in this order.
        steps: Vec<InboxStep>,
        /// Conversations in the list, shown or not.
        total: u64,
        /// Lines not read in all of them.
        unread: u64,
        /// Whether there is more than is shown.
        has_more: bool,
    },
    /// To who subscribed to a timeline.
    Timeline {
        /// Grows with every batch.
        revision: u64,
        /// To be applied in this order.
        steps: Vec<TimelineStep>,
        /// What comes before.
        older: OlderLines,
        /// Number of the first line shown; 0 when none is.
        first_seq: u64,
        /// What somebody who looks at these lines has seen: to be given with an act. It is the line
        /// that came in last, which a customer's clock may have put before another; none without
        /// lines.
        seen: Option<SeenLine>,
        /// Whether there are newer lines than are shown.
        has_newer: bool,
        /// Whether its lines may be seen at all.
        is_full: bool,
    },
    /// To who subscribed to a header; none for a conversation that is not held.
    Header {
        /// It.
        header: Option<Header>,
    },
    /// To who subscribed to the badge.
    Badge {
        /// It.
        badge: Badge,
    },
}

impl From<Letter> for ListBatch {
    fn from(letter: Letter) -> Self {
        match letter {
            Letter::Inbox(Batch { revision, ops, about }) => Self::Inbox {
                revision,
                steps: ops.into_iter().map(InboxStep::from).collect(),
                total: about.total.conversations,
                unread: about.total.unread,
                has_more: about.has_more,
            },
            Letter::Timeline(Batch { revision, ops, about }) => Self::Timeline {
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
            Letter::Header(Batch::<Nothing, _> { about, .. }) => {
                Self::Header { header: about.map(|header| Header::from(*header)) }
            }
            Letter::Badge(Batch::<Nothing, _> { about, .. }) => Self::Badge { badge: about.into() },
        }
    }
}
