//! A message's row: a line of a conversation, in or out.

use baton_domain::context::LineFacts;
use baton_protocol::event::EventContent;
use baton_protocol::{
    AgentId, Author, ChannelId, Content, ConversationId, Line, LineKind, MessageId, Timestamp,
    WorkspaceId,
};
use serde_json::{Value, json};
use sqlx::FromRow;

use super::{from_json, id, named, number, some_id};
use crate::store::StoreError;

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

/// The author of a line, as its two columns.
fn author_columns(author: Author) -> (&'static str, Option<AgentId>) {
    match author {
        Author::Customer => ("customer", None),
        Author::Agent { id } => ("agent", Some(id)),
        Author::PhoneApp => ("phone_app", None),
        Author::Acknowledgement => ("acknowledgement", None),
    }
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

/// A message's state, of which a change writes all.
#[derive(Clone, Copy, Debug)]
pub(crate) struct MessageState<'a> {
    pub(crate) facts: &'a LineFacts,
    pub(crate) wamid: Option<&'a str>,
    pub(crate) wamid_attempt: Option<u32>,
    pub(crate) rank: u8,
    pub(crate) error: Option<&'a str>,
    pub(crate) sending_at: Option<Timestamp>,
    pub(crate) due_at: Option<Timestamp>,
}

/// What a message's row has beyond its state: it never changes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct MessageOrigin<'a> {
    pub(crate) channel: ChannelId,
    pub(crate) kind: LineKind,
    pub(crate) at: Timestamp,
    pub(crate) quoted: Option<MessageId>,
    pub(crate) identity: Option<(&'static str, &'a str)>,
}

/// What a change of a message writes: its key, then the columns of its state.
pub(crate) fn message_change_values(
    workspace: WorkspaceId,
    conversation: ConversationId,
    state: MessageState<'_>,
) -> Vec<Value> {
    let facts = state.facts;
    vec![
        json!(workspace),
        json!(conversation),
        json!(facts.line.seq),
        json!(state.wamid),
        json!(facts.seen.map(|seen| seen.seq)),
        json!(facts.seen.map(|seen| seen.id)),
        json!(facts.status),
        json!(state.rank),
        json!(facts.held),
        json!(state.error),
        json!(facts.attempt),
        json!(facts.claim_epoch),
        json!(state.sending_at.map(Timestamp::ms)),
        json!(state.due_at.map(Timestamp::ms)),
        json!(facts.status_at.ms()),
        json!(i64::from(facts.in_doubt)),
        json!(state.wamid_attempt),
    ]
}

/// A new message: the columns that changes write too, then those that stay.
pub(crate) fn message_values(
    workspace: WorkspaceId,
    conversation: ConversationId,
    state: MessageState<'_>,
    origin: MessageOrigin<'_>,
) -> Vec<Value> {
    let facts = state.facts;
    let (author_kind, author) = author_columns(facts.author);
    let mut row = message_change_values(workspace, conversation, state);
    row.extend([
        json!(facts.line.id),
        json!(origin.channel),
        json!(author_kind),
        json!(author),
        json!(origin.kind),
        json!(origin.at.ms()),
        json!(facts.accepted_at.ms()),
        json!(origin.quoted),
        json!(origin.identity.map(|(kind, _)| kind)),
        json!(origin.identity.map(|(_, value)| value)),
        json!(facts.op_id),
        json!(facts.device),
        json!(facts.closed_turn.map(|turn| turn.from_seq)),
        json!(facts.closed_turn.map(|turn| turn.since.ms())),
    ]);
    row
}
