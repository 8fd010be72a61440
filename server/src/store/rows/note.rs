//! A note's row.

use baton_protocol::event::EventContent;
use baton_protocol::{Note, Timestamp};
use sqlx::FromRow;

use super::{from_json, id, number};
use crate::store::StoreError;

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
