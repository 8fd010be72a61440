//! Notes.

use baton_protocol::event::EventContent;
use baton_protocol::{Event, Fact, Note, Timestamp, WorkspaceId};
use sqlx_macros::FromRow;

use super::{column, from_json, id, number};
use crate::StoreError;
use crate::table::table;

table! {
    /// A note; `after_seq` is the line that was the last when it was written.
    note: NoteRow {
        key { workspace: String, id: String }
        fixed {
            conversation: String,
            author: String,
            op_id: String,
            at: i64,
            revision: i64,
            after_seq: i64,
        }
        state {}
    }
}

impl NoteRow {
    /// A note that an event tells of; `None` where it tells of another thing.
    pub fn new(workspace: WorkspaceId, event: &Event, after_seq: u64) -> Option<Self> {
        let Fact::NoteAdded { note_id, author, op_id, .. } = &event.fact else { return None };
        Some(Self {
            workspace: workspace.to_string(),
            id: note_id.to_string(),
            conversation: event.conversation_id?.to_string(),
            author: author.to_string(),
            op_id: op_id.to_string(),
            at: event.at.ms(),
            revision: column(event.revision?),
            after_seq: column(after_seq),
        })
    }
}

/// A note with its text, if that is not erased.
#[derive(FromRow, Clone, Debug)]
pub struct NotedRow {
    #[sqlx(flatten)]
    row: NoteRow,
    body: Option<String>,
}

impl NotedRow {
    /// The note that the row means.
    pub fn read(&self) -> Result<Note, StoreError> {
        let (text, quoted) = match self.body.as_deref().map(from_json).transpose()? {
            None => (None, None),
            Some(EventContent::Note { text, quoted }) => (text, quoted),
            Some(_) => {
                return Err(StoreError::corrupt("a note's content is of something else"));
            }
        };
        let row = &self.row;
        Ok(Note {
            id: id(&row.id)?,
            conversation_id: id(&row.conversation)?,
            author: id(&row.author)?,
            at: Timestamp::from_ms(row.at),
            revision: number(row.revision)?,
            text,
            quoted,
            op_id: id(&row.op_id)?,
        })
    }
}
