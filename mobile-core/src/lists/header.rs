//! The header of a conversation.

use std::collections::BTreeMap;

use baton_protocol::page::ConversationRow;
use baton_protocol::{
    AgentId, ChannelId, ConversationId, FieldValue, OpenOffer, Owner, Priority, Reminder,
    SettingId, Spoken, Status, TeamId, Timestamp,
};

use super::Touched;
use super::around::ColleagueDraft;
use super::echoes::Own;
use super::inbox::{Customer, InboxRow};
use super::query::{LastResult, Nothing, Query, QueryResult, Sources};
use crate::compose::Hold;
use crate::store::StoreError;

/// The header of a conversation.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Header {
    /// The conversation it is the header of.
    pub id: ConversationId,
    /// Number of its last event.
    pub revision: u64,
    /// The number it runs on.
    pub channel_id: ChannelId,
    /// The team it belongs to.
    pub team_id: TeamId,
    /// Who is responsible.
    pub owner: Owner,
    /// To be named by who claims or hands over.
    pub owner_epoch: u64,
    /// Whether the owner is there; `None` where that is not known, and of queues.
    pub is_owner_online: Option<bool>,
    /// Where it stands.
    pub status: Status,
    /// The customer; `None` where no more than the head is seen.
    pub customer: Option<Customer>,
    /// Lines not read.
    pub unread: u64,
    /// Since when the customer waits.
    pub unanswered_since: Option<Timestamp>,
    /// When the window closes, or closed.
    pub window_until: Option<Timestamp>,
    /// Whether the customer is blocked.
    pub is_blocked: bool,
    /// The colleague who composes, if any.
    pub hold: Hold,
    /// What a colleague composes.
    pub colleague_draft: Option<ColleagueDraft>,
    /// Colleagues who have it on their screen.
    pub viewers: Vec<AgentId>,
    /// Agents who follow it; none where no more than the head is seen.
    pub followers: Vec<AgentId>,
    /// Tags that are on it; none where no more than the head is seen.
    pub tags: Vec<SettingId>,
    /// Fields of the customer's card; none where no more than the head is seen.
    pub fields: BTreeMap<SettingId, FieldValue>,
    /// The language that the customer writes, where it is known.
    pub language: Option<Spoken>,
    /// The urgency in its queue.
    pub priority: Priority,
    /// The reminder that the agent has there.
    pub reminder: Option<Reminder>,
    /// The offer to the agent that stands there.
    pub offer: Option<OpenOffer>,
    /// What the agent did there and is not done.
    pub own: Own,
    /// Whether the agent has typed there and not sent.
    pub has_draft: bool,
}

/// Asks for the header of a conversation; `None` is said of one that is not held.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct HeaderOf(pub ConversationId);

impl Query for HeaderOf {
    type Item = Nothing;
    type About = Option<Box<Header>>;

    fn is_about(
        &self,
        touched: &Touched,
        _last: &QueryResult<Nothing, Option<Box<Header>>>,
    ) -> bool {
        let Self(of) = *self;
        touched.has(of) || touched.has_own(of) || touched.has_around(of)
    }

    fn ask(
        &self,
        sources: &Sources<'_, '_>,
        _known: Option<LastResult<'_, Nothing, Option<Box<Header>>>>,
    ) -> Result<QueryResult<Nothing, Option<Box<Header>>>, StoreError> {
        let Self(of) = *self;
        let Some(row) = sources.read.row(of)? else {
            return Ok(QueryResult { items: Vec::new(), about: None });
        };
        let (followers, fields) = match &row {
            ConversationRow::Full { view, .. } => {
                (view.conversation.thread.followers.clone(), view.contact.fields.clone())
            }
            ConversationRow::Head { .. } => (Vec::new(), BTreeMap::new()),
        };
        let row = InboxRow::seen_by(row, sources.me);
        let (language, priority) = (row.language.clone(), row.priority);
        let Sources { read, around, me, .. } = *sources;
        let mut own = Own::of(sources, of)?;
        own.is_claiming &= row.owner != Owner::Agent(me);
        let viewers = around.viewers(of).iter().copied().filter(|agent| *agent != me);
        let header = Header {
            id: of,
            revision: row.revision,
            channel_id: row.channel_id,
            team_id: row.team_id,
            owner: row.owner,
            owner_epoch: row.owner_epoch,
            is_owner_online: row.owner.agent().and_then(|owner| around.is_online(owner)),
            status: row.status,
            customer: row.customer,
            unread: row.unread,
            unanswered_since: row.unanswered_since,
            window_until: row.window_until,
            is_blocked: row.is_blocked,
            hold: around.hold(of),
            colleague_draft: around.draft(of).filter(|draft| draft.agent_id != me).cloned(),
            viewers: viewers.collect(),
            followers,
            tags: row.tags,
            fields,
            language,
            priority,
            reminder: row.reminder,
            offer: row.offer,
            own,
            has_draft: read.has_draft(of)?,
        };
        Ok(QueryResult { items: Vec::new(), about: Some(Box::new(header)) })
    }
}
