//! Conversations and their episodes.

use baton_domain::group::Key;
use baton_protocol::{
    AgentId, Block, Clocks, Conversation, ConversationId, ConversationKind, Head, LapsedOffer,
    LineRef, Marketing, OpenOffer, Priority, Reminder, Spoken, Status, TagOn, Thread, Timestamp,
    WorkspaceId,
};
use sqlx_macros::FromRow;

use super::{
    ErrandRow, column, from_json, id, json, number, owner, some_id, text, turn, whole_json,
};
use crate::StoreError;
use crate::table::table;

table! {
    /// A conversation's facts.
    conversation: ConversationRow {
        key { workspace: String, id: String }
        fixed {
            channel: String,
            contact: String,
            /// `group`; NULL with one customer.
            kind: Option<String>,
        }
        state {
            team: String,
            owner_agent: Option<String>,
            owner_epoch: i64,
            status: String,
            snoozed_until: Option<i64>,
            episode: i64,
            revision: i64,
            last_seq: i64,
            last_line: Option<String>,
            customer_seq: i64,
            turn_seq: Option<i64>,
            unanswered_since: Option<i64>,
            window_until: Option<i64>,
            last_agent: Option<String>,
            activity_at: i64,
            /// As JSON; NULL when the customer is not blocked.
            block: Option<String>,
            /// As JSON; NULL when the customer said nothing of marketing.
            marketing: Option<String>,
            /// NULL where nobody said who else the contact is.
            person: Option<String>,
            /// The offer that stands: its id, who is asked, and until when.
            offer_id: Option<String>,
            offer_agent: Option<String>,
            offer_until: Option<i64>,
            /// As JSON; NULL where no tag is on.
            tags: Option<String>,
            /// As JSON; NULL where nothing is remembered of what happens by itself.
            clocks: Option<String>,
            /// NULL where no clock of a promise runs.
            due_at: Option<i64>,
            /// As JSON; NULL where it is not known.
            language: Option<String>,
            /// NULL where it is normal.
            priority: Option<String>,
            /// NULL where it was not taken from an owner who was not there.
            orphaned_at: Option<i64>,
            /// As JSON; NULL where none was left unanswered.
            lapsed: Option<String>,
            /// As JSON; NULL where no agent wants to be called back.
            reminders: Option<String>,
            /// The time at which the first of them is called.
            remind_at: Option<i64>,
        }
    }
}

table! {
    /// A block of which WhatsApp is to be told, or its end, for nodes of before errands.
    block_call: BlockCallRow {
        key { workspace: String, conversation: String }
        fixed {}
        state { due_at: i64 }
    }
}

impl From<ErrandRow> for BlockCallRow {
    /// The same, as nodes of before errands know it.
    fn from(errand: ErrandRow) -> Self {
        let ErrandRow { workspace, key: conversation, due_at, .. } = errand;
        Self { workspace, conversation, due_at }
    }
}

table! {
    /// That an agent follows a conversation.
    follower: FollowerRow {
        key { workspace: String, conversation: String, agent: String }
        fixed {}
        state {}
    }
}

impl FollowerRow {
    /// An agent who follows.
    pub fn new((workspace, conversation): Key<ConversationId>, agent: AgentId) -> Self {
        Self {
            workspace: workspace.to_string(),
            conversation: conversation.to_string(),
            agent: agent.to_string(),
        }
    }
}

/// What is read of a conversation: its row of `conversation AS c`, and who follows it.
macro_rules! thread_columns {
    () => {
        "{columns c conversation},
         (SELECT string_agg(f.agent, ' ' ORDER BY f.agent) FROM follower AS f
          WHERE f.workspace = c.workspace AND f.conversation = c.id) AS followers"
    };
}
pub(crate) use thread_columns;

/// See [`thread_columns`].
#[derive(FromRow, Clone, Debug)]
#[expect(missing_docs, reason = "fields are named as the columns are")]
pub struct ThreadRow {
    #[sqlx(flatten)]
    pub row: ConversationRow,
    /// Ids, apart by blanks; NULL where there are none.
    followers: Option<String>,
}

table! {
    /// A stretch of a conversation, from open to resolved.
    episode: EpisodeRow {
        /// Its end.
        change: EpisodeEnd {
            key { workspace: String, conversation: String, n: i64 }
            state { resolved_at: Option<i64> }
        }
        fixed { opened_at: i64 }
    }
}

impl EpisodeRow {
    /// An episode that began then.
    pub fn new(change: EpisodeEnd, opened_at: Timestamp) -> Self {
        Self { change, opened_at: opened_at.ms() }
    }
}

impl EpisodeEnd {
    /// The end of an episode; `None` while it is open.
    pub fn new(
        (workspace, conversation): Key<ConversationId>,
        n: u32,
        at: Option<Timestamp>,
    ) -> Self {
        Self {
            workspace: workspace.to_string(),
            conversation: conversation.to_string(),
            n: n.into(),
            resolved_at: at.map(Timestamp::ms),
        }
    }
}

impl ConversationRow {
    /// What is stored of it.
    pub fn new(workspace: WorkspaceId, of: &Conversation) -> Self {
        let (head, thread) = (&of.head, &of.thread);
        let snoozed_until = match head.status {
            Status::Snoozed { until } => Some(until.ms()),
            Status::Open | Status::Waiting | Status::Resolved => None,
        };
        Self {
            workspace: workspace.to_string(),
            id: head.id.to_string(),
            channel: head.channel_id.to_string(),
            contact: thread.contact_id.to_string(),
            kind: thread.kind.is_group().then(|| "group".to_owned()),
            team: head.team_id.to_string(),
            owner_agent: text(head.owner.agent()),
            owner_epoch: column(head.owner_epoch),
            status: head.status.name().to_owned(),
            snoozed_until,
            episode: head.episode.into(),
            revision: column(head.revision),
            last_seq: column(head.last_seq),
            last_line: text(thread.last_line.map(|line| line.id)),
            customer_seq: column(thread.customer_seq),
            turn_seq: thread.turn.map(|turn| column(turn.from_seq)),
            unanswered_since: thread.turn.map(|turn| turn.since.ms()),
            window_until: thread.window_until.map(Timestamp::ms),
            last_agent: text(thread.last_agent),
            activity_at: head.activity_at.ms(),
            block: thread.block.as_ref().map(json),
            marketing: thread.marketing.as_ref().map(json),
            person: text(thread.person),
            offer_id: text(thread.offer.map(|offer| offer.offer_id)),
            offer_agent: text(thread.offer.map(|offer| offer.agent_id)),
            offer_until: thread.offer.map(|offer| offer.until.ms()),
            tags: (!thread.tags.is_empty()).then(|| json(&thread.tags)),
            clocks: (!thread.clocks.is_empty()).then(|| json(&thread.clocks)),
            due_at: head.due_at.map(Timestamp::ms),
            language: thread.language.as_ref().map(json),
            priority: (!head.priority.is_normal()).then(|| head.priority.name().to_owned()),
            orphaned_at: head.orphaned_at.map(Timestamp::ms),
            lapsed: (!thread.lapsed.is_empty()).then(|| json(&thread.lapsed)),
            reminders: (!thread.reminders.is_empty()).then(|| json(&thread.reminders)),
            remind_at: thread.reminders.iter().map(|one| one.at.ms()).min(),
        }
    }

    /// The offer that stands.
    fn offer(&self) -> Result<Option<OpenOffer>, StoreError> {
        let offer = (self.offer_id.as_deref(), self.offer_agent.as_deref(), self.offer_until);
        let (Some(offer), Some(agent), Some(until)) = offer else { return Ok(None) };
        let until = Timestamp::from_ms(until);
        Ok(Some(OpenOffer { offer_id: id(offer)?, agent_id: id(agent)?, until }))
    }

    fn head(&self, last_seq: u64) -> Result<Head, StoreError> {
        let team_id = id(&self.team)?;
        Ok(Head {
            id: id(&self.id)?,
            channel_id: id(&self.channel)?,
            team_id,
            owner: owner(team_id, self.owner_agent.as_deref())?,
            owner_epoch: number(self.owner_epoch)?,
            status: status(&self.status, self.snoozed_until)?,
            episode: number(self.episode)?,
            revision: number(self.revision)?,
            last_seq,
            unanswered_since: self.unanswered_since.map(Timestamp::from_ms),
            activity_at: Timestamp::from_ms(self.activity_at),
            due_at: self.due_at.map(Timestamp::from_ms),
            orphaned_at: self.orphaned_at.map(Timestamp::from_ms),
            priority: self.priority.as_deref().map(Priority::from_name).unwrap_or_default(),
        })
    }
}

impl ThreadRow {
    /// What the row means.
    pub fn read(&self) -> Result<Conversation, StoreError> {
        let row = &self.row;
        let last_seq = number(row.last_seq)?;
        let last_line = some_id(row.last_line.as_deref())?;
        Ok(Conversation {
            head: row.head(last_seq)?,
            thread: Thread {
                contact_id: id(&row.contact)?,
                last_line: last_line.map(|id| LineRef { seq: last_seq, id }),
                customer_seq: number(row.customer_seq)?,
                turn: turn(row.turn_seq, row.unanswered_since)?,
                window_until: row.window_until.map(Timestamp::from_ms),
                last_agent: some_id(row.last_agent.as_deref())?,
                followers: self.followers()?,
                tags: row.tags.as_deref().map(from_json).transpose()?.unwrap_or_default(),
                block: row.block.as_deref().map(from_json).transpose()?,
                marketing: row.marketing.as_deref().map(from_json).transpose()?,
                person: some_id(row.person.as_deref())?,
                offer: row.offer()?,
                lapsed: row.lapsed.as_deref().map(from_json).transpose()?.unwrap_or_default(),
                reminders: row.reminders.as_deref().map(from_json).transpose()?.unwrap_or_default(),
                language: row.language.as_deref().map(from_json).transpose()?,
                clocks: row.clocks.as_deref().map(from_json).transpose()?.unwrap_or_default(),
                kind: match row.kind.as_deref() {
                    None => ConversationKind::Contact,
                    Some("group") => ConversationKind::Group,
                    Some(other) => return Err(StoreError::corrupt(format!("kind {other:?}"))),
                },
            },
        })
    }

    /// What the row means, to be changed and written again: nothing of it may be lost that a
    /// newer version wrote.
    pub fn read_whole(&self) -> Result<Conversation, StoreError> {
        if let Some(block) = &self.row.block {
            whole_json::<Block>(block)?;
        }
        if let Some(marketing) = &self.row.marketing {
            whole_json::<Marketing>(marketing)?;
        }
        if let Some(tags) = &self.row.tags {
            whole_json::<Vec<TagOn>>(tags)?;
        }
        if let Some(lapsed) = &self.row.lapsed {
            whole_json::<Vec<LapsedOffer>>(lapsed)?;
        }
        if let Some(reminders) = &self.row.reminders {
            whole_json::<Vec<Reminder>>(reminders)?;
        }
        if let Some(language) = &self.row.language {
            whole_json::<Spoken>(language)?;
        }
        if let Some(priority) = &self.row.priority
            && Priority::from_name(priority) == Priority::Unknown
        {
            return Err(StoreError::corrupt(format!("priority {priority:?}")));
        }
        if let Some(clocks) = &self.row.clocks {
            whole_json::<Clocks>(clocks)?;
        }
        self.read()
    }

    fn followers(&self) -> Result<Vec<AgentId>, StoreError> {
        self.followers.iter().flat_map(|ids| ids.split(' ')).map(id).collect()
    }
}

fn status(name: &str, snoozed_until: Option<i64>) -> Result<Status, StoreError> {
    Ok(match (name, snoozed_until) {
        ("open", _) => Status::Open,
        ("waiting", _) => Status::Waiting,
        ("snoozed", Some(until)) => Status::Snoozed { until: Timestamp::from_ms(until) },
        ("resolved", _) => Status::Resolved,
        (other, _) => return Err(StoreError::corrupt(format!("status {other:?}"))),
    })
}
