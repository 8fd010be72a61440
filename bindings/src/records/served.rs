//! Values of what the server alone knows: notices, drafts, filters, searches, views, devices and
//! levels of pushes.

use baton_mobile::lists;
use baton_mobile::runtime;
use baton_protocol::account;
use baton_protocol::conversation::ConversationView;
use baton_protocol::notice::{self, NoticeKind as Noticed};
use baton_protocol::page::{self, ConversationRow};
use baton_protocol::push::{self, PushPreference};
use baton_protocol::view::{self, ViewStatus};
use baton_protocol::{Author, Timestamp};

use super::{InboxRow, id_of, maybe_id, text_of};
use crate::CoreError;

/// The kind of a notice.
#[derive(Clone, Copy, PartialEq, Eq, Debug, uniffi::Enum)]
pub enum NoticeKind {
    /// A colleague asks for the agent, in a note or by making them a follower.
    Mention,
    /// A conversation became the agent's.
    Assigned,
    /// A message of the agent was not sent as written and has to be looked at.
    Review,
    /// A reminder of the agent rang.
    Reminder,
    /// One that this version does not know.
    Unknown,
}

/// Something that concerns the agent.
#[derive(Clone, PartialEq, Eq, Debug, uniffi::Record)]
pub struct Notice {
    /// Names the notice; a newer one has a larger number.
    pub position: u64,
    /// The time at which it happened.
    pub at_ms: i64,
    /// The kind.
    pub kind: NoticeKind,
    /// The id of the conversation.
    pub conversation: String,
    /// The customer's name or number.
    pub title: Option<String>,
    /// The id of the agent who caused it; nothing where nobody did.
    pub by: Option<String>,
    /// The text of the note that calls the agent, unless it was erased.
    pub text: Option<String>,
    /// The id of the message that has to be looked at.
    pub message: Option<String>,
    /// The agent saw it, or it is over.
    pub is_read: bool,
}

/// Notices of an agent.
#[derive(Clone, PartialEq, Eq, Debug, uniffi::Record)]
pub struct NoticesPage {
    /// The newest first.
    pub notices: Vec<Notice>,
    /// The number that is not read, on all pages.
    pub unread: u64,
    /// Loads older ones; nothing on the last page. A page may be short and have this nevertheless.
    pub before: Option<u64>,
}

impl From<notice::NoticePage> for NoticesPage {
    fn from(page: notice::NoticePage) -> Self {
        let notices = page.notices.into_iter().map(Notice::from).collect();
        Self { notices, unread: page.unread, before: page.before }
    }
}

impl From<notice::Notice> for Notice {
    fn from(notice: notice::Notice) -> Self {
        let (conversation, title) = titled(notice.conversation);
        Self {
            position: notice.position,
            at_ms: notice.at.ms(),
            kind: match notice.kind {
                Noticed::Mention => NoticeKind::Mention,
                Noticed::Assigned => NoticeKind::Assigned,
                Noticed::Review => NoticeKind::Review,
                Noticed::Reminder => NoticeKind::Reminder,
                Noticed::Unknown => NoticeKind::Unknown,
            },
            conversation,
            title,
            by: text_of(notice.by),
            text: notice.text,
            message: text_of(notice.message_id),
            is_read: notice.read,
        }
    }
}

/// The id of a conversation, and what its customer is called.
fn titled(view: ConversationView) -> (String, Option<String>) {
    let row = ConversationRow::Full { view: Box::new(view), unread: 0 };
    let row = InboxRow::from(lists::InboxRow::of(row));
    (row.id, row.title)
}

/// A text that an agent typed and did not send. It outlives the device on which it was typed.
#[derive(Clone, PartialEq, Eq, Debug, uniffi::Record)]
pub struct KeptDraft {
    /// The id of the agent who typed it.
    pub agent: String,
    /// The text.
    pub text: String,
    /// The time at which it was last typed.
    pub at_ms: i64,
}

impl From<notice::KeptDraft> for KeptDraft {
    fn from(draft: notice::KeptDraft) -> Self {
        let notice::KeptDraft { agent_id, text, at } = draft;
        Self { agent: agent_id.to_string(), text, at_ms: at.ms() }
    }
}

/// Where conversations of a filter stand.
#[derive(Clone, Copy, PartialEq, Eq, Debug, uniffi::Enum)]
pub enum FilterStatus {
    /// The team has to act.
    Open,
    /// It waits for the customer or a third party.
    Waiting,
    /// It is hidden until a set time.
    Snoozed,
    /// It is resolved.
    Resolved,
}

/// The owner of the conversations of a filter.
#[derive(Clone, PartialEq, Eq, Debug, uniffi::Enum)]
pub enum FilterOwner {
    /// The signed-in agent.
    Me,
    /// Nobody: they wait in a queue.
    Nobody,
    /// A colleague.
    Agent {
        /// The id of the agent.
        agent: String,
    },
}

/// A filter of conversations, or a search. Everything that is said must hold.
#[derive(Clone, PartialEq, Eq, Debug, Default, uniffi::Record)]
pub struct Filter {
    /// Words, or a part of a name or number.
    #[uniffi(default = None)]
    pub text: Option<String>,
    /// Where they stand; without it, and without a text, open or waiting.
    #[uniffi(default = None)]
    pub status: Option<FilterStatus>,
    /// Their owner.
    #[uniffi(default = None)]
    pub owner: Option<FilterOwner>,
    /// The id of their team.
    #[uniffi(default = None)]
    pub team: Option<String>,
    /// The id of their number.
    #[uniffi(default = None)]
    pub channel: Option<String>,
    /// Only those whose customer waits for an answer. It does not go with a text.
    #[uniffi(default = false)]
    pub is_unanswered: bool,
    /// Not before this time: when it was said in a search, else when the newest line was.
    #[uniffi(default = None)]
    pub from_ms: Option<i64>,
    /// Before this time.
    #[uniffi(default = None)]
    pub until_ms: Option<i64>,
}

impl Filter {
    pub(crate) fn core(self) -> Result<view::ViewFilter, CoreError> {
        Ok(view::ViewFilter {
            status: self.status.map(|status| match status {
                FilterStatus::Open => ViewStatus::Open,
                FilterStatus::Waiting => ViewStatus::Waiting,
                FilterStatus::Snoozed => ViewStatus::Snoozed,
                FilterStatus::Resolved => ViewStatus::Resolved,
            }),
            owner: self.owner.map(|owner| match owner {
                FilterOwner::Me => "me".to_owned(),
                FilterOwner::Nobody => "nobody".to_owned(),
                FilterOwner::Agent { agent } => agent,
            }),
            team_id: maybe_id("team", self.team)?,
            channel_id: maybe_id("channel", self.channel)?,
            unanswered: self.is_unanswered,
            text: self.text,
            from: self.from_ms.map(Timestamp::from_ms),
            until: self.until_ms.map(Timestamp::from_ms),
        })
    }
}

impl From<view::ViewFilter> for Filter {
    fn from(filter: view::ViewFilter) -> Self {
        Self {
            text: filter.text,
            status: filter.status.map(|status| match status {
                ViewStatus::Open => FilterStatus::Open,
                ViewStatus::Waiting => FilterStatus::Waiting,
                ViewStatus::Snoozed => FilterStatus::Snoozed,
                ViewStatus::Resolved => FilterStatus::Resolved,
            }),
            owner: filter.owner.map(|owner| match owner.as_str() {
                "me" => FilterOwner::Me,
                "nobody" => FilterOwner::Nobody,
                _ => FilterOwner::Agent { agent: owner },
            }),
            team: text_of(filter.team_id),
            channel: text_of(filter.channel_id),
            is_unanswered: filter.unanswered,
            from_ms: filter.from.map(Timestamp::ms),
            until_ms: filter.until.map(Timestamp::ms),
        }
    }
}

/// Conversations as the server lists them.
#[derive(Clone, PartialEq, Eq, Debug, uniffi::Record)]
pub struct ServerList {
    /// In the server's order. Unfinished acts and drafts of this device are left out.
    pub rows: Vec<InboxRow>,
    /// Loads the next page; nothing on the last.
    pub next: Option<String>,
}

impl From<runtime::ServerList> for ServerList {
    fn from(list: runtime::ServerList) -> Self {
        let rows = list.rows.into_iter().map(InboxRow::from).collect();
        Self { rows, next: list.next }
    }
}

/// A part of an excerpt.
#[derive(Clone, PartialEq, Eq, Debug, uniffi::Record)]
pub struct ExcerptPart {
    /// As it was written.
    pub text: String,
    /// Whether it is a word that was searched for.
    pub is_match: bool,
}

/// A message or note with the words that were searched for.
#[derive(Clone, PartialEq, Eq, Debug, uniffi::Record)]
pub struct ServerHit {
    /// The id of the conversation.
    pub conversation: String,
    /// The customer's name or number.
    pub title: Option<String>,
    /// The number of the message; of a note that of the message before it.
    pub seq: u64,
    /// The id of the message; nothing where it is a note.
    pub message: Option<String>,
    /// The id of the note.
    pub note: Option<String>,
    /// Whether the customer wrote it.
    pub from_customer: bool,
    /// The time at which it was written.
    pub at_ms: i64,
    /// The words around the first match.
    pub excerpt: Vec<ExcerptPart>,
}

impl From<page::SearchHit> for ServerHit {
    fn from(hit: page::SearchHit) -> Self {
        let (conversation, title) = titled(hit.conversation);
        let excerpt = hit.excerpt.into_iter();
        Self {
            conversation,
            title,
            seq: hit.seq,
            message: text_of(hit.message_id),
            note: text_of(hit.note_id),
            from_customer: hit.author == Author::Customer,
            at_ms: hit.at.ms(),
            excerpt: excerpt
                .map(|part| ExcerptPart { text: part.text, is_match: part.hit })
                .collect(),
        }
    }
}

/// A hit of a search at the server.
#[derive(Clone, PartialEq, Eq, Debug, uniffi::Record)]
pub struct ServerFound {
    /// Conversations whose customer has the text in the name or number: five, on the first page.
    pub customers: Vec<InboxRow>,
    /// Messages and notes, the newest first.
    pub hits: Vec<ServerHit>,
    /// Loads older ones; nothing on the last page. A page may be short and have this nevertheless.
    pub next: Option<String>,
}

impl From<page::SearchPage> for ServerFound {
    fn from(found: page::SearchPage) -> Self {
        let row = |row| InboxRow::from(lists::InboxRow::of(row));
        Self {
            customers: found.conversations.into_iter().map(row).collect(),
            hits: found.hits.into_iter().map(ServerHit::from).collect(),
            next: found.next,
        }
    }
}

/// A filter that is kept by name.
#[derive(Clone, PartialEq, Eq, Debug, uniffi::Record)]
pub struct SavedView {
    /// The id.
    pub id: String,
    /// The name.
    pub name: String,
    /// The id of the team whose members have it; nothing where it is the agent's own.
    pub of_team: Option<String>,
    /// The filter, for `server_list`, or for `server_search` where it has a text.
    pub filter: Filter,
}

impl From<view::SavedView> for SavedView {
    fn from(view: view::SavedView) -> Self {
        let view::SavedView { id, name, of_team, filter, editable: _ } = view;
        Self { id: id.to_string(), name, of_team: text_of(of_team), filter: filter.into() }
    }
}

/// A device on which the agent is signed in.
#[derive(Clone, PartialEq, Eq, Debug, uniffi::Record)]
pub struct SignedInDevice {
    /// The id.
    pub id: String,
    /// The name.
    pub name: String,
    /// The time at which it signed in.
    pub since_ms: i64,
    /// The time at which the server last heard it.
    pub last_seen_ms: i64,
    /// Whether it is this one.
    pub is_this: bool,
}

impl From<account::Device> for SignedInDevice {
    fn from(device: account::Device) -> Self {
        let account::Device { id, name, created_at, last_seen_at, current } = device;
        Self {
            id: id.to_string(),
            name,
            since_ms: created_at.ms(),
            last_seen_ms: last_seen_at.ms(),
            is_this: current,
        }
    }
}

/// The level of an agent's pushes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, uniffi::Enum)]
pub enum PushLevel {
    /// News of the agent's conversations, and of the queues of the agent's teams.
    All,
    /// News of the agent's conversations.
    Mine,
    /// Nothing.
    Nothing,
}

impl From<push::PushLevel> for PushLevel {
    fn from(level: push::PushLevel) -> Self {
        match level {
            push::PushLevel::All => Self::All,
            push::PushLevel::Mine => Self::Mine,
            push::PushLevel::Nothing => Self::Nothing,
        }
    }
}

impl From<PushLevel> for push::PushLevel {
    fn from(level: PushLevel) -> Self {
        match level {
            PushLevel::All => Self::All,
            PushLevel::Mine => Self::Mine,
            PushLevel::Nothing => Self::Nothing,
        }
    }
}

/// A part of each day in which nothing is pushed. It may reach over midnight.
#[derive(Clone, PartialEq, Eq, Debug, uniffi::Record)]
pub struct QuietHours {
    /// Its beginning, as `22:00`.
    pub from: String,
    /// Its end, as `07:00`.
    pub until: String,
    /// An IANA time zone, as `Europe/Madrid`.
    pub zone: String,
}

/// The level of pushes for the conversations of one team.
#[derive(Clone, PartialEq, Eq, Debug, uniffi::Record)]
pub struct TeamPushLevel {
    /// The id of the team.
    pub team: String,
    /// The level.
    pub level: PushLevel,
}

/// The level of an agent's pushes, on all their devices.
#[derive(Clone, PartialEq, Eq, Debug, uniffi::Record)]
pub struct PushLevels {
    /// The level for teams without one of their own.
    pub level: PushLevel,
    /// The hours without pushes.
    #[uniffi(default = None)]
    pub quiet: Option<QuietHours>,
    /// Teams that are told of more, or less, than all others.
    #[uniffi(default = [])]
    pub teams: Vec<TeamPushLevel>,
    /// Each device is told, also while the agent looks at another one.
    #[uniffi(default = false)]
    pub each_device: bool,
}

impl From<PushPreference> for PushLevels {
    fn from(wanted: PushPreference) -> Self {
        let PushPreference { level, quiet, teams, each_device } = wanted;
        let team = |of: push::TeamPushLevel| TeamPushLevel {
            team: of.team_id.to_string(),
            level: of.level.into(),
        };
        Self {
            level: level.into(),
            quiet: quiet.map(|push::QuietHours { from, until, zone }| QuietHours {
                from,
                until,
                zone,
            }),
            teams: teams.into_iter().map(team).collect(),
            each_device,
        }
    }
}

impl PushLevels {
    pub(crate) fn core(self) -> Result<PushPreference, CoreError> {
        let team = |of: &TeamPushLevel| {
            let (team_id, level) = (id_of("team", &of.team)?, of.level.into());
            Ok::<_, CoreError>(push::TeamPushLevel { team_id, level })
        };
        Ok(PushPreference {
            level: self.level.into(),
            quiet: self.quiet.map(|QuietHours { from, until, zone }| push::QuietHours {
                from,
                until,
                zone,
            }),
            teams: self.teams.iter().map(team).collect::<Result<_, _>>()?,
            each_device: self.each_device,
        })
    }
}
