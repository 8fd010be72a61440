//! Rows as both databases give them, and what they mean: the one place that knows how facts lie
//! in tables.

use std::fmt::Display;
use std::str::FromStr;

use baton_domain::log::{Logged, Route};
use baton_domain::scope::Scope;
use baton_protocol::event::EventContent;
use baton_protocol::{
    Actor, Author, Content, Conversation, ConversationId, Event, Fact, Head, Line, LineRef, Note,
    Owner, Status, TeamId, Thread, Timestamp, Turn, WorkspaceId,
};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use sqlx::FromRow;

use super::error::StoreError;

/// An id out of a text column.
pub(crate) fn id<T: FromStr<Err: Display>>(text: &str) -> Result<T, StoreError> {
    text.parse().map_err(|error| StoreError::corrupt(format!("id {text:?}: {error}")))
}

/// An id out of a text column that may be NULL.
pub(crate) fn some_id<T: FromStr<Err: Display>>(
    text: Option<&str>,
) -> Result<Option<T>, StoreError> {
    text.map(id).transpose()
}

/// A number that is never negative.
pub(crate) fn number<T: TryFrom<i64>>(value: i64) -> Result<T, StoreError> {
    T::try_from(value).map_err(|_range| StoreError::corrupt(format!("number {value}")))
}

/// A number as a parameter or column: beyond what fits it stops.
pub(crate) fn column(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// A value that is stored by its name on the wire.
pub(crate) fn named<T: DeserializeOwned>(name: &str) -> Result<T, StoreError> {
    serde_json::from_value(Value::from(name))
        .map_err(|error| StoreError::corrupt(format!("name {name:?}: {error}")))
}

/// A value that is stored as JSON.
pub(crate) fn from_json<T: DeserializeOwned>(text: &str) -> Result<T, StoreError> {
    // The error names a place and a type, never the value.
    serde_json::from_str(text).map_err(|error| {
        StoreError::corrupt(format!("JSON, {:?} at column {}", error.classify(), error.column()))
    })
}

/// Ids as the JSON array of strings that `{in $n}` and `{texts $n}` read.
pub(crate) fn ids<T: Display>(ids: impl IntoIterator<Item = T>) -> String {
    Value::from_iter(ids.into_iter().map(|id| id.to_string())).to_string()
}

/// The columns of [`ConversationRow`], of `conversation AS c`.
macro_rules! conversation_columns {
    () => {
        "c.id, c.channel, c.contact, c.team, c.owner_agent, c.owner_epoch, c.status,
         c.snoozed_until, c.episode, c.revision, c.last_seq, c.last_line, c.customer_seq,
         c.turn_seq, c.unanswered_since, c.window_until, c.last_agent, c.activity_at"
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
            },
        })
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

/// The owner: no agent means the team's queue.
pub(crate) fn owner(team: TeamId, agent: Option<&str>) -> Result<Owner, StoreError> {
    Ok(match agent {
        Some(agent) => Owner::Agent(id(agent)?),
        None => Owner::Queue(team),
    })
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

pub(crate) fn turn(seq: Option<i64>, since: Option<i64>) -> Result<Option<Turn>, StoreError> {
    let (Some(seq), Some(since)) = (seq, since) else { return Ok(None) };
    Ok(Some(Turn { from_seq: number(seq)?, since: Timestamp::from_ms(since) }))
}

/// The columns of [`LineRow`], of `message AS m`. The content is looked up row by row: a join
/// might be planned over the whole table.
macro_rules! line_columns {
    () => {
        "m.conversation, m.seq, m.id, m.author_kind, m.author, m.kind, m.at, m.quoted, m.status,
         m.held, m.error, m.op_id, m.device,
         (SELECT t.body FROM content AS t WHERE t.workspace = m.workspace AND t.id = m.id) AS body"
    };
}
pub(crate) use line_columns;

/// A line with its content, if that is not erased.
#[derive(FromRow, Clone, Debug)]
pub(crate) struct LineRow {
    pub(crate) conversation: String,
    seq: i64,
    id: String,
    author_kind: String,
    author: Option<String>,
    kind: String,
    at: i64,
    quoted: Option<String>,
    status: Option<String>,
    held: Option<String>,
    error: Option<String>,
    op_id: Option<String>,
    device: Option<String>,
    body: Option<String>,
}

impl LineRow {
    /// What the row means.
    pub(crate) fn read(&self) -> Result<Line, StoreError> {
        Ok(Line {
            seq: number(self.seq)?,
            id: id(&self.id)?,
            author: author(&self.author_kind, self.author.as_deref())?,
            kind: named(&self.kind)?,
            at: Timestamp::from_ms(self.at),
            content: line_content(self.body.as_deref())?,
            quoted: some_id(self.quoted.as_deref())?,
            status: self.status.as_deref().map(named).transpose()?,
            held: self.held.as_deref().map(named).transpose()?,
            error: self.error.as_deref().map(from_json).transpose()?,
            op_id: some_id(self.op_id.as_deref())?,
            device_id: some_id(self.device.as_deref())?,
        })
    }
}

/// The author of a line.
pub(crate) fn author(kind: &str, agent: Option<&str>) -> Result<Author, StoreError> {
    Ok(match (kind, agent) {
        ("customer", _) => Author::Customer,
        ("agent", Some(agent)) => Author::Agent { id: id(agent)? },
        ("phone_app", _) => Author::PhoneApp,
        ("acknowledgement", _) => Author::Acknowledgement,
        (other, _) => return Err(StoreError::corrupt(format!("author {other:?}"))),
    })
}

fn line_content(body: Option<&str>) -> Result<Content, StoreError> {
    let Some(body) = body else {
        return Ok(Content { erased: true, ..Content::default() });
    };
    match from_json(body)? {
        EventContent::Line(content) => Ok(content),
        EventContent::Note { .. } | EventContent::Contact(_) => {
            Err(StoreError::corrupt("a line's content is of something else"))
        }
    }
}

/// A note with its text, if that is not erased.
#[derive(FromRow, Clone, Debug)]
pub(crate) struct NoteRow {
    id: String,
    conversation: String,
    author: String,
    at: i64,
    revision: i64,
    op_id: String,
    body: Option<String>,
}

impl NoteRow {
    /// What the row means.
    pub(crate) fn read(&self) -> Result<Note, StoreError> {
        let text = match self.body.as_deref().map(from_json).transpose()? {
            None => None,
            Some(EventContent::Note { text }) => text,
            Some(EventContent::Line(_) | EventContent::Contact(_)) => {
                return Err(StoreError::corrupt("a note's content is of something else"));
            }
        };
        Ok(Note {
            id: id(&self.id)?,
            conversation_id: id(&self.conversation)?,
            author: id(&self.author)?,
            at: Timestamp::from_ms(self.at),
            revision: number(self.revision)?,
            text,
            op_id: id(&self.op_id)?,
        })
    }
}

/// The columns of [`LogRow`], of `log AS l`.
macro_rules! log_columns {
    () => {
        "l.position, l.at, l.actor_kind, l.actor, l.conversation, l.revision, l.team_before,
         l.owner_before, l.team_after, l.owner_after, l.fact, l.content,
         (SELECT t.body FROM content AS t WHERE t.workspace = l.workspace AND t.id = l.content)
           AS body"
    };
}
pub(crate) use log_columns;

/// A row of the log with its content, if that is not erased.
#[derive(FromRow, Clone, Debug)]
pub(crate) struct LogRow {
    position: i64,
    at: i64,
    actor_kind: String,
    actor: Option<String>,
    conversation: Option<String>,
    revision: Option<i64>,
    team_before: Option<String>,
    owner_before: Option<String>,
    team_after: Option<String>,
    owner_after: Option<String>,
    fact: String,
    content: Option<String>,
    body: Option<String>,
}

impl LogRow {
    /// What the row means.
    pub(crate) fn read(&self) -> Result<Logged, StoreError> {
        let fact: Fact = from_json(&self.fact)?;
        let before = scope(self.team_before.as_deref(), self.owner_before.as_deref())?;
        let after = scope(self.team_after.as_deref(), self.owner_after.as_deref())?;
        let route = Route::of(&fact, before, after);
        let event = Event {
            position: number(self.position)?,
            conversation_id: some_id::<ConversationId>(self.conversation.as_deref())?,
            revision: self.revision.map(number).transpose()?,
            at: Timestamp::from_ms(self.at),
            actor: actor(&self.actor_kind, self.actor.as_deref())?,
            content: self.content(&fact)?,
            fact,
        };
        Ok(Logged { event, route })
    }

    fn content(&self, fact: &Fact) -> Result<Option<EventContent>, StoreError> {
        match (&self.content, &self.body) {
            (None, _) => Ok(None),
            (Some(_), Some(body)) => from_json(body).map(Some),
            (Some(_), None) => Ok(erased(fact)),
        }
    }
}

/// What stands in the place of an erased content.
fn erased(fact: &Fact) -> Option<EventContent> {
    match fact {
        Fact::LineReceived { .. } | Fact::LineWritten { .. } => {
            Some(EventContent::Line(Content { erased: true, ..Content::default() }))
        }
        Fact::NoteAdded { .. } => Some(EventContent::Note { text: None }),
        // A card that was erased is as if it had never been told.
        Fact::ContactChanged { .. }
        | Fact::ConversationOpened { .. }
        | Fact::EpisodeOpened { .. }
        | Fact::MessageChanged { .. }
        | Fact::OwnerChanged { .. }
        | Fact::StatusChanged { .. }
        | Fact::ReadMarked { .. }
        | Fact::AgentChanged { .. }
        | Fact::TeamChanged { .. }
        | Fact::MembershipChanged { .. }
        | Fact::ChannelChanged { .. }
        | Fact::HeadChanged { .. } => None,
    }
}

fn scope(team: Option<&str>, agent: Option<&str>) -> Result<Option<Scope>, StoreError> {
    let Some(team) = some_id(team)? else { return Ok(None) };
    Ok(Some(Scope { team, owner: owner(team, agent)? }))
}

fn actor(kind: &str, agent: Option<&str>) -> Result<Actor, StoreError> {
    Ok(match (kind, agent) {
        ("customer", _) => Actor::Customer,
        ("agent", Some(agent)) => Actor::Agent { id: id(agent)? },
        ("system", _) => Actor::System,
        (other, _) => return Err(StoreError::corrupt(format!("actor {other:?}"))),
    })
}

/// A row of the log, in the order of the table's columns; `content` is the id of the content row
/// and its digest.
pub(crate) fn log_values(
    workspace: WorkspaceId,
    logged: &Logged,
    content: Option<(&str, &str)>,
) -> Value {
    let event = &logged.event;
    let (before, after) = match logged.route {
        Route::Conversation { before, after } => (before, Some(after)),
        Route::Agent(_) | Route::Everyone => (None, None),
    };
    let (actor_kind, actor) = match event.actor {
        Actor::Customer => ("customer", None),
        Actor::Agent { id } => ("agent", Some(id)),
        Actor::System => ("system", None),
    };
    json!([
        workspace,
        event.position,
        event.position.checked_sub(1).filter(|previous| *previous > 0),
        event.at.ms(),
        actor_kind,
        actor,
        event.conversation_id,
        event.revision,
        before.map(|scope| scope.team),
        before.and_then(|scope| scope.owner.agent()),
        after.map(|scope| scope.team),
        after.and_then(|scope| scope.owner.agent()),
        fact_text(&event.fact),
        content.map(|(id, _)| id),
        content.map(|(_, digest)| digest),
    ])
}

/// A fact as it is stored. Facts are ids, numbers and names: this cannot fail.
fn fact_text(fact: &Fact) -> String {
    serde_json::to_string(fact).unwrap_or_default()
}

/// Rows of the feed: one for each audience of the event.
pub(crate) fn feed_values(workspace: WorkspaceId, logged: &Logged) -> Vec<Value> {
    let event = &logged.event;
    let audiences = logged.route.audiences();
    audiences
        .iter()
        .map(|of| json!([workspace, of.to_string(), event.position, event.conversation_id]))
        .collect()
}
