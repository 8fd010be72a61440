//! A message's row: a line of a conversation, in or out.

use baton_protocol::event::EventContent;
use baton_protocol::{Author, Content, Line, Timestamp};
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
