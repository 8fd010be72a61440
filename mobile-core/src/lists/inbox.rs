//! Lists of conversations.

use std::collections::BTreeMap;

use baton_domain::fact::reminders;
use baton_domain::text::shown::titled;
use baton_protocol::conversation::{ContactCard, ConversationView};
use baton_protocol::page::ConversationRow;
use baton_protocol::{
    AgentId, Author, ChannelId, Conversation, ConversationId, Head, LineKind, MessageStatus,
    OpenOffer, Owner, Priority, Reminder, SettingId, Spoken, Status, TeamId, Timestamp,
};

use super::diff::Keyed;
use super::echoes::Own;
use super::query::{LastResult, Query, QueryResult, Sources};
use super::{Observer, Touched};
use crate::gathered::gathered;
use crate::store::{Hit, Stamp, StoreError, Total, View};

/// Conversations that a list begins with, and by which it grows.
pub const PAGE: u32 = 50;

/// Characters of a text that a row shows.
const PREVIEW_CHARS: usize = 160;

/// The content of a list.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum InboxOf {
    /// A view, as the store lists it.
    View(View),
    /// Results of a search, in its order, as far as they are still held: each conversation once,
    /// with its first hit.
    Found(Vec<Hit>),
}

/// The query for a list of conversations.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Inbox {
    of: InboxOf,
    limit: u32,
}

/// The customer, as the team sees them.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Customer {
    /// The name they chose.
    pub name: Option<String>,
    /// The number, digits without `+`.
    pub phone: Option<String>,
    /// The user name that they show in place of their number, without `@`.
    pub username: Option<String>,
}

impl Customer {
    /// The title: the name if it shows anything, else the number, else the user name; `None` where
    /// none is known.
    pub fn title(&self) -> Option<String> {
        titled(self.name.as_deref(), self.phone.as_deref(), self.username.as_deref())
    }
}

/// The last line, in short.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Preview {
    /// Its number.
    pub seq: u64,
    /// The author.
    pub by: Author,
    /// The kind of line.
    pub kind: LineKind,
    /// The beginning of its text.
    pub text: Option<String>,
    /// The time when it was said.
    pub at: Timestamp,
    /// Where an outgoing one stands.
    pub status: Option<MessageStatus>,
    /// Whether its text was erased.
    pub is_erased: bool,
}

/// A conversation in a list.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct InboxRow {
    /// The id.
    pub id: ConversationId,
    /// Number of its last event.
    pub revision: u64,
    /// The number it runs on.
    pub channel_id: ChannelId,
    /// The team it belongs to.
    pub team_id: TeamId,
    /// The owner.
    pub owner: Owner,
    /// To be named by who claims or hands over.
    pub owner_epoch: u64,
    /// Where it stands.
    pub status: Status,
    /// Since when the customer waits.
    pub unanswered_since: Option<Timestamp>,
    /// The time of the last activity.
    pub activity_at: Timestamp,
    /// The time until which the customer was promised something; it stays when it is past.
    pub due_at: Option<Timestamp>,
    /// The time it was taken from an owner who was not there; `None` once somebody owns it.
    pub orphaned_at: Option<Timestamp>,
    /// The urgency in its queue.
    pub priority: Priority,
    /// The customer; `None` where no more than the head is seen.
    pub customer: Option<Customer>,
    /// The last line.
    pub preview: Option<Preview>,
    /// Lines not read.
    pub unread: u64,
    /// The time when the window closes, or closed; an app counts down to it by the server's time.
    pub window_until: Option<Timestamp>,
    /// Whether the customer is blocked.
    pub is_blocked: bool,
    /// The language that the customer writes, where it is known.
    pub language: Option<Spoken>,
    /// Tags that are on it; none where no more than the head is seen.
    pub tags: Vec<SettingId>,
    /// The reminder that the agent has there.
    pub reminder: Option<Reminder>,
    /// The offer to the agent that stands there.
    pub offer: Option<OpenOffer>,
    /// The agent's own acts there that are not done.
    pub own: Own,
    /// Whether the agent has typed there and not sent.
    pub has_draft: bool,
    /// The hit of a search there.
    pub hit: Option<Hit>,
}

impl Keyed for InboxRow {
    type Key = ConversationId;

    fn key(&self) -> ConversationId {
        self.id
    }
}

impl InboxRow {
    /// The row of a conversation, without the agent's own acts.
    pub fn of(row: ConversationRow) -> Self {
        let (head, rest) = match row {
            ConversationRow::Head { head } => (head, None),
            ConversationRow::Full { view, unread } => {
                let ConversationView { conversation, contact, preview, read_seq: _ } = *view;
                let Conversation { head, thread } = conversation;
                (head, Some((contact, preview, unread, thread)))
            }
        };
        let Head { id, revision, channel_id, team_id, owner, owner_epoch, status, .. } = head;
        let Head { unanswered_since, activity_at, due_at, priority, orphaned_at, .. } = head;
        let mut made = Self {
            id,
            revision,
            channel_id,
            team_id,
            owner,
            owner_epoch,
            status,
            unanswered_since,
            activity_at,
            due_at,
            orphaned_at,
            priority,
            customer: None,
            preview: None,
            unread: 0,
            window_until: None,
            is_blocked: false,
            language: None,
            tags: Vec::new(),
            reminder: None,
            offer: None,
            own: Own::default(),
            has_draft: false,
            hit: None,
        };
        if let Some((contact, preview, unread, thread)) = rest {
            let ContactCard { name, phone, username, .. } = contact;
            made.customer = Some(Customer { name, phone, username });
            made.preview = preview.map(|line| Preview::of(&line));
            (made.unread, made.window_until) = (unread, thread.window_until);
            made.is_blocked = thread.block.is_some();
            made.language = thread.language;
            made.tags = thread.tags.iter().map(|on| on.tag).collect();
        }
        made
    }

    /// The row of a conversation as this agent has it: with their reminder, and what is offered to
    /// them. Without their own acts.
    pub fn seen_by(row: ConversationRow, me: AgentId) -> Self {
        let (reminder, offer) = match &row {
            ConversationRow::Head { .. } => (None, None),
            ConversationRow::Full { view, .. } => {
                let reminder = reminders::standing(&view.conversation, me).copied();
                let offer = view.conversation.thread.offer;
                (reminder, offer.filter(|offer| offer.agent_id == me))
            }
        };
        Self { reminder, offer, ..Self::of(row) }
    }

    /// Whether the store still says the same, as far as it is plain.
    fn is_as(&self, stamp: &Stamp) -> bool {
        (self.revision, self.unread, self.customer.is_some())
            == (stamp.revision, stamp.unread, stamp.is_full)
    }
}

impl Preview {
    fn of(line: &baton_protocol::Line) -> Self {
        let text = line.content.text.as_deref();
        Self {
            seq: line.seq,
            by: line.author,
            kind: line.kind,
            text: text.map(|text| text.chars().take(PREVIEW_CHARS).collect()),
            at: line.at,
            status: line.status,
            is_erased: line.content.erased,
        }
    }
}

/// Facts about a list as a whole.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct InboxAbout {
    /// The total in it, shown or not.
    pub total: Total,
    /// Whether there is more than is shown: [`Observer::more`].
    pub has_more: bool,
}

impl Inbox {
    /// The first page of a list.
    pub fn new(of: InboxOf) -> Self {
        Self { of, limit: PAGE }
    }

    /// The content of the list.
    pub fn of(&self) -> &InboxOf {
        &self.of
    }

    /// The conversations that are shown, in order, and what is said of them.
    fn stamps(&self, sources: &Sources<'_, '_>) -> Result<(Vec<Stamp>, InboxAbout), StoreError> {
        let read = sources.read;
        match &self.of {
            InboxOf::View(view) => {
                let (stamps, total) = (read.stamps(*view, self.limit)?, read.total(*view)?);
                let has_more = total.conversations > stamps.len() as u64;
                Ok((stamps, InboxAbout { total, has_more }))
            }
            InboxOf::Found(_) => {
                let mut stamps = Vec::new();
                for id in self.hits().keys() {
                    stamps.extend(read.stamp(*id)?.filter(|stamp| stamp.is_full));
                }
                let order = self.order();
                stamps.sort_by_key(|stamp| order.get(&stamp.id).copied());
                let unread = stamps.iter().map(|stamp| stamp.unread).sum();
                let total = Total { conversations: stamps.len() as u64, unread };
                stamps.truncate(usize::try_from(self.limit).unwrap_or(usize::MAX));
                let has_more = total.conversations > stamps.len() as u64;
                Ok((stamps, InboxAbout { total, has_more }))
            }
        }
    }

    /// The first hit of each conversation.
    fn hits(&self) -> BTreeMap<ConversationId, &Hit> {
        match &self.of {
            InboxOf::View(_) => BTreeMap::new(),
            InboxOf::Found(hits) => gathered(hits.iter().rev().map(|hit| (hit.conversation, hit))),
        }
    }

    /// Where each conversation of a search stands.
    fn order(&self) -> BTreeMap<ConversationId, usize> {
        match &self.of {
            InboxOf::View(_) => BTreeMap::new(),
            InboxOf::Found(hits) => {
                let places = hits.iter().enumerate().rev();
                gathered(places.map(|(at, hit)| (hit.conversation, at)))
            }
        }
    }
}

impl Query for Inbox {
    type Item = InboxRow;
    type About = InboxAbout;

    fn is_about(&self, touched: &Touched, last: &QueryResult<InboxRow, InboxAbout>) -> bool {
        let is_of_row = || last.items.iter().any(|row| touched.has_own(row.id));
        let is_told = match &self.of {
            // Any conversation may have come into it.
            InboxOf::View(_) => touched.has_any(),
            InboxOf::Found(hits) => hits.iter().any(|hit| touched.has(hit.conversation)),
        };
        is_told || (touched.has_any_own() && is_of_row())
    }

    fn ask(
        &self,
        sources: &Sources<'_, '_>,
        known: Option<LastResult<'_, InboxRow, InboxAbout>>,
    ) -> Result<QueryResult<InboxRow, InboxAbout>, StoreError> {
        let (stamps, about) = self.stamps(sources)?;
        let mut old = BTreeMap::new();
        if let Some(known) = known {
            let rows = known.answer.items.iter().filter(|row| !known.touched.has(row.id));
            old.extend(rows.map(|row| (row.id, row)));
        }
        let drafted = sources.read.drafted()?;
        let hits = self.hits();
        let mut items = Vec::with_capacity(stamps.len());
        for stamp in stamps {
            let id = stamp.id;
            let row = match old.get(&id).filter(|row| row.is_as(&stamp)) {
                Some(row) => Some((*row).clone()),
                None => sources.read.row(id)?.map(|row| InboxRow::seen_by(row, sources.me)),
            };
            let Some(mut row) = row else { continue };
            row.own = Own::of(sources, id)?;
            row.own.is_claiming &= row.owner != Owner::Agent(sources.me);
            row.has_draft = drafted.binary_search(&id).is_ok();
            row.hit = hits.get(&id).map(|hit| (*hit).clone());
            items.push(row);
        }
        Ok(QueryResult { items, about })
    }
}

impl Observer<Inbox> {
    /// Shows a page more, if there is more.
    pub fn more(&mut self) {
        let has_more = self.answer().is_some_and(|answer| answer.about.has_more);
        if has_more {
            self.change(|inbox| inbox.limit = inbox.limit.saturating_add(PAGE));
        }
    }
}
