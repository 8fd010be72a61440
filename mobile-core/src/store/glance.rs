//! Reads for lists that changed little: order without contents, single rows, notes of a range. What
//! did not change is not decrypted again.

use baton_protocol::page::ConversationRow;
use baton_protocol::{CoachNote, ConversationId, Note, OpId, Timestamp};
use rusqlite::{Row, params};

use super::StoreError;
use super::lists::View;
use super::read::Read;
use super::rows::{self, HeadRow, head_columns, head_row, id, view};

/// A conversation's row, as far as it is plain: another row has another one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Stamp {
    /// The id.
    pub id: ConversationId,
    /// Number of its last event.
    pub revision: u64,
    /// Lines not read.
    pub unread: u64,
    /// Whether more than its head is seen.
    pub is_full: bool,
}

/// The held lines of a conversation: one unbroken run.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Stretch {
    /// Number of the first line held; older ones are there to be read from the server.
    pub from_seq: u64,
    /// Number of the last line held; below `from_seq` when none is.
    pub last_seq: u64,
}

/// The range of notes of a conversation.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct NotesBetween {
    /// Not older than this.
    pub since: Option<Timestamp>,
    /// Older than this.
    pub before: Option<Timestamp>,
    /// At most so many, the newest.
    pub limit: u32,
}

fn stamp(row: &Row<'_>) -> rusqlite::Result<Stamp> {
    let (revision, unread) = (rows::count(row, 1)?, rows::count(row, 2)?);
    Ok(Stamp { id: id(row, 0)?, revision, unread, is_full: row.get(3)? })
}

impl Read<'_> {
    /// The first conversations of a list, in order.
    pub fn stamps(&self, list: View, limit: u32) -> Result<Vec<Stamp>, StoreError> {
        self.sql.all(
            "SELECT c.id, c.revision, c.unread, c.sealed IS NOT NULL
             FROM listed l JOIN conversation c ON c.account = l.account AND c.id = l.id
             WHERE l.account = ?1 AND l.view = ?2 ORDER BY l.rank, l.id LIMIT ?3",
            params![self.whose.number, list.key(), limit],
            stamp,
        )
    }

    /// A conversation's stamp.
    pub fn stamp(&self, of: ConversationId) -> Result<Option<Stamp>, StoreError> {
        self.sql.one(
            "SELECT id, revision, unread, sealed IS NOT NULL FROM conversation
             WHERE account = ?1 AND id = ?2",
            params![self.whose.number, of.0.as_bytes()],
            stamp,
        )
    }

    /// A conversation's row of a list, without its lines.
    pub fn row(&self, of: ConversationId) -> Result<Option<ConversationRow>, StoreError> {
        let found = self.sql.one(
            concat!(
                "SELECT ",
                head_columns!(),
                ", c.number, c.unread, c.read_seq, c.from_seq, c.sealed
                 FROM conversation c WHERE c.account = ?1 AND c.id = ?2"
            ),
            params![self.whose.number, of.0.as_bytes()],
            head_row,
        )?;
        found.map(|row| self.opened_head(row)).transpose()
    }

    /// Opens what is sealed of a row, if more than the head is seen.
    pub(super) fn opened_head(&self, row: HeadRow) -> Result<ConversationRow, StoreError> {
        let HeadRow { head, unread, full, number: _ } = row;
        let Some(full) = full else { return Ok(ConversationRow::Head { head }) };
        let rest = self.view_rest(head.id, &full.sealed)?;
        let view = Box::new(view(head, full.read_seq, rest));
        Ok(ConversationRow::Full { view, unread })
    }

    /// The held lines of a conversation; `None` where no more than its head is seen.
    pub fn stretch(&self, of: ConversationId) -> Result<Option<Stretch>, StoreError> {
        let found = self.sql.one(
            "SELECT c.from_seq, (SELECT max(l.seq) FROM line l WHERE l.conversation = c.number)
             FROM conversation c WHERE c.account = ?1 AND c.id = ?2 AND c.from_seq IS NOT NULL",
            params![self.whose.number, of.0.as_bytes()],
            |row| {
                let last: Option<i64> = row.get(1)?;
                let last = last.map(|_| rows::count(row, 1)).transpose()?;
                Ok((rows::count(row, 0)?, last))
            },
        )?;
        let stretch = |(from_seq, last): (u64, Option<u64>)| {
            let last_seq = last.unwrap_or(from_seq.saturating_sub(1));
            Stretch { from_seq, last_seq }
        };
        Ok(found.map(stretch))
    }

    /// Notes of a conversation, by revision.
    pub fn notes_between(
        &self,
        of: ConversationId,
        wanted: NotesBetween,
    ) -> Result<Vec<Note>, StoreError> {
        let NotesBetween { since, before, limit } = wanted;
        let mut rows = self.sql.all(
            "SELECT n.revision, n.id, n.at, n.author, n.op_id, n.sealed
             FROM note n JOIN conversation c ON c.number = n.conversation
             WHERE c.account = ?1 AND c.id = ?2 AND n.at >= ?3 AND n.at < ?4
             ORDER BY n.revision DESC LIMIT ?5",
            params![
                self.whose.number,
                of.0.as_bytes(),
                since.map_or(i64::MIN, Timestamp::ms),
                before.map_or(i64::MAX, Timestamp::ms),
                limit
            ],
            |row| rows::note_row(row, of),
        )?;
        rows.reverse();
        rows.into_iter().map(|row| self.opened_note(of, row)).collect()
    }

    /// Coaching notes of a conversation, by position.
    pub fn coaching(&self, of: ConversationId) -> Result<Vec<CoachNote>, StoreError> {
        let sealed = self.sql.one(
            "SELECT sealed FROM conversation
             WHERE account = ?1 AND id = ?2 AND sealed IS NOT NULL",
            params![self.whose.number, of.0.as_bytes()],
            |row| row.get::<_, Vec<u8>>(0),
        )?;
        let rest = sealed.map(|sealed| self.view_rest(of, &sealed)).transpose()?;
        Ok(rest.map(|rest| rest.coaching).unwrap_or_default())
    }

    /// Whether a line or note that this command wrote is held.
    pub fn is_told(&self, of: ConversationId, op_id: OpId) -> Result<bool, StoreError> {
        let found = self.sql.one(
            "SELECT EXISTS (SELECT 1 FROM line l WHERE l.conversation = c.number AND l.op_id = ?3)
                 OR EXISTS (SELECT 1 FROM note n WHERE n.conversation = c.number AND n.op_id = ?3)
             FROM conversation c WHERE c.account = ?1 AND c.id = ?2",
            params![self.whose.number, of.0.as_bytes(), op_id.0.as_bytes()],
            |row| row.get(0),
        )?;
        Ok(found.unwrap_or(false))
    }

    /// Whether there is a draft of a conversation. It is not opened.
    pub fn has_draft(&self, of: ConversationId) -> Result<bool, StoreError> {
        let found = self.sql.one(
            "SELECT 1 FROM draft WHERE account = ?1 AND conversation = ?2",
            params![self.whose.number, of.0.as_bytes()],
            |_| Ok(()),
        )?;
        Ok(found.is_some())
    }

    /// The conversations that have a draft, in order. None is opened.
    pub fn drafted(&self) -> Result<Vec<ConversationId>, StoreError> {
        self.sql.all(
            "SELECT conversation FROM draft WHERE account = ?1 ORDER BY conversation",
            params![self.whose.number],
            |row| id(row, 0),
        )
    }
}
