//! A conversation's row.

use baton_protocol::{
    AgentId, Conversation, Head, LineRef, Status, Thread, Timestamp, WorkspaceId,
};
use serde_json::{Value, json};
use sqlx::FromRow;

use super::{id, number, owner, some_id, turn};
use crate::store::StoreError;

/// The columns of [`ConversationRow`], of `conversation AS c`.
macro_rules! conversation_columns {
    () => {
        "c.id, c.channel, c.contact, c.team, c.owner_agent, c.owner_epoch, c.status,
         c.snoozed_until, c.episode, c.revision, c.last_seq, c.last_line, c.customer_seq,
         c.turn_seq, c.unanswered_since, c.window_until, c.last_agent, c.activity_at,
         (SELECT string_agg(f.agent, ' ' ORDER BY f.agent) FROM follower AS f
          WHERE f.workspace = c.workspace AND f.conversation = c.id) AS followers"
    };
}
pub(crate) use conversation_columns;

/// A conversation's facts.
#[derive(FromRow, Clone, Debug)]
pub(crate) struct ConversationRow {
    id: String,
    channel: String,
    contact: String,
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
    /// Ids, apart by blanks; NULL where there are none.
    followers: Option<String>,
}

impl ConversationRow {
    /// What the row means.
    pub(crate) fn read(&self) -> Result<Conversation, StoreError> {
        let last_seq = number(self.last_seq)?;
        let last_line = some_id(self.last_line.as_deref())?;
        Ok(Conversation {
            head: self.head(last_seq)?,
            thread: Thread {
                contact_id: id(&self.contact)?,
                last_line: last_line.map(|id| LineRef { seq: last_seq, id }),
                customer_seq: number(self.customer_seq)?,
                turn: turn(self.turn_seq, self.unanswered_since)?,
                window_until: self.window_until.map(Timestamp::from_ms),
                last_agent: some_id(self.last_agent.as_deref())?,
                followers: self.followers()?,
            },
        })
    }

    fn followers(&self) -> Result<Vec<AgentId>, StoreError> {
        self.followers.iter().flat_map(|ids| ids.split(' ')).map(id).collect()
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
        })
    }
}

/// A conversation's row, in the order of the table's columns.
pub(crate) fn conversation_values(workspace: WorkspaceId, of: &Conversation) -> Value {
    let (head, thread) = (&of.head, &of.thread);
    let snoozed_until = match head.status {
        Status::Snoozed { until } => Some(until.ms()),
        Status::Open | Status::Waiting | Status::Resolved => None,
    };
    json!([
        workspace,
        head.id,
        head.channel_id,
        thread.contact_id,
        head.team_id,
        head.owner.agent(),
        head.owner_epoch,
        head.status.name(),
        snoozed_until,
        head.episode,
        head.revision,
        head.last_seq,
        thread.last_line.map(|line| line.id),
        thread.customer_seq,
        thread.turn.map(|turn| turn.from_seq),
        thread.turn.map(|turn| turn.since.ms()),
        thread.window_until.map(Timestamp::ms),
        thread.last_agent,
        head.activity_at.ms(),
    ])
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
