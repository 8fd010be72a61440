//! Reads the stored data of one account.

use baton_domain::see::mirror::{Full, Mirrored};
use baton_protocol::{
    AgentId, ConversationId, Cursor, DeviceId, Epoch, Head, Line, MessageId, Note, WorkspaceId,
};
use rusqlite::params;

use super::StoreError;
use super::rows::{
    self, FullRow, HEAD_COLUMNS, LineRest, ViewRest, from_json, head, head_columns, head_row, id,
    line, line_row, maybe_id, note_row, number, view,
};
use super::seal::{CellAddress, Keys};
use super::sql::Sql;
use crate::gathered::gathered;

/// Whose rows they are: who is signed in, where, on what.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Account {
    /// The tenant.
    pub workspace: WorkspaceId,
    /// The agent who is signed in.
    pub agent: AgentId,
    /// The device, as the server knows it.
    pub device: DeviceId,
}

impl Account {
    /// As it stands in the places of what is sealed.
    pub(super) fn bytes(&self) -> Vec<u8> {
        let Self { workspace, agent, device } = self;
        [workspace.0.as_bytes().as_slice(), agent.0.as_bytes(), device.0.as_bytes()].concat()
    }
}

/// The cursor up to which the log is applied, and the reader's state.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct StoredProgress {
    /// `None` before the first welcome, and after the log began anew.
    pub cursor: Option<Cursor>,
    /// Opaque: the connection's.
    pub state: Vec<u8>,
}

/// An account and its number in this database; 0 when it has none so far.
#[derive(Clone, Debug)]
pub(super) struct Whose {
    pub(super) number: i64,
    pub(super) me: AgentId,
    pub(super) bytes: Vec<u8>,
}

/// A reading transaction of one account.
#[derive(Debug)]
pub struct Read<'c> {
    pub(super) sql: Sql<'c>,
    pub(super) keys: &'c Keys,
    pub(super) whose: Whose,
}

impl<'c> Read<'c> {
    pub(super) fn new(sql: Sql<'c>, keys: &'c Keys, of: &Account) -> Result<Self, StoreError> {
        let (workspace, agent, device) = (of.workspace.0, of.agent.0, of.device.0);
        let found = sql.one(
            "SELECT number FROM account WHERE workspace = ?1 AND agent = ?2 AND device = ?3",
            params![workspace.as_bytes(), agent.as_bytes(), device.as_bytes()],
            |row| row.get(0),
        )?;
        let whose = Whose { number: found.unwrap_or(0), me: of.agent, bytes: of.bytes() };
        Ok(Self { sql, keys, whose })
    }

    /// Opens what was sealed for a column and row of this account.
    pub(super) fn open(
        &self,
        column: &'static str,
        row: &[&[u8]],
        sealed: &[u8],
    ) -> Result<Vec<u8>, StoreError> {
        let whole = [&[self.whose.bytes.as_slice()], row].concat();
        let plain = self.keys.open(CellAddress { column, row: &whole }, sealed);
        plain.ok_or_else(|| self.sql.damaged())
    }

    /// Seals for a column and row of this account.
    pub(super) fn seal(
        &self,
        column: &'static str,
        row: &[&[u8]],
        plain: &[u8],
    ) -> Result<Vec<u8>, StoreError> {
        let whole = [&[self.whose.bytes.as_slice()], row].concat();
        self.keys.seal(CellAddress { column, row: &whole }, plain)
    }

    /// A conversation, exactly as it was put.
    pub fn conversation(&self, id: ConversationId) -> Result<Option<Mirrored>, StoreError> {
        Ok(self.load(id)?.map(|(.., held)| held))
    }

    /// A conversation, the number of its row, and how many lines were not read.
    pub(super) fn load(
        &self,
        id: ConversationId,
    ) -> Result<Option<(i64, u64, Mirrored)>, StoreError> {
        let found = self.sql.one(
            concat!(
                "SELECT ",
                head_columns!(),
                ", c.number, c.unread, c.read_seq, c.from_seq, c.sealed
                 FROM conversation c WHERE c.account = ?1 AND c.id = ?2"
            ),
            params![self.whose.number, id.0.as_bytes()],
            head_row,
        )?;
        let Some(row) = found else { return Ok(None) };
        let Some(FullRow { read_seq, from_seq, sealed }) = row.full else {
            return Ok(Some((row.number, row.unread, Mirrored::Head(row.head))));
        };
        let mut rest = self.view_rest(id, &sealed)?;
        let coaching = std::mem::take(&mut rest.coaching).into_iter();
        let coaching = gathered(coaching.map(|note| (note.position, note)));
        let lines = self.lines(row.number, id, None)?;
        let lines = gathered(lines.into_iter().map(|line| (line.seq, line)));
        let notes = self.notes(row.number, id)?;
        let notes = gathered(notes.into_iter().map(|note| (note.revision, note)));
        let full = Full { view: view(row.head, read_seq, rest), lines, notes, coaching, from_seq };
        Ok(Some((row.number, row.unread, Mirrored::Full(Box::new(full)))))
    }

    pub(super) fn view_rest(
        &self,
        id: ConversationId,
        sealed: &[u8],
    ) -> Result<ViewRest, StoreError> {
        let plain = self.open("conversation.sealed", &[id.0.as_bytes()], sealed)?;
        from_json(&plain).ok_or_else(|| self.sql.damaged())
    }

    /// Lines of a row's conversation: all of them, or this many before this seq, by seq.
    fn lines(
        &self,
        row: i64,
        of: ConversationId,
        before: Option<(u64, u32)>,
    ) -> Result<Vec<Line>, StoreError> {
        let (before, limit) = match before {
            Some((seq, limit)) => (number(seq)?, i64::from(limit)),
            None => (i64::MAX, -1),
        };
        let mut rows = self.sql.all(
            "SELECT seq, id, at, op_id, device, sealed FROM line
             WHERE conversation = ?1 AND seq < ?2 ORDER BY seq DESC LIMIT ?3",
            params![row, before, limit],
            line_row,
        )?;
        rows.reverse();
        let read = |row| {
            let rest: LineRest = self.line_part(of, &row)?;
            Ok(line(&row, rest))
        };
        rows.into_iter().map(read).collect()
    }

    /// The sealed part of a line, or as much as `T` asks for.
    pub(super) fn line_part<T: serde::de::DeserializeOwned>(
        &self,
        of: ConversationId,
        row: &rows::LineRow,
    ) -> Result<T, StoreError> {
        let place: [&[u8]; 2] = [of.0.as_bytes(), &row.seq.to_le_bytes()];
        let plain = self.open("line.sealed", &place, &row.sealed)?;
        from_json(&plain).ok_or_else(|| self.sql.damaged())
    }

    /// Notes of a row's conversation, by revision.
    pub(super) fn notes(&self, row: i64, of: ConversationId) -> Result<Vec<Note>, StoreError> {
        let rows = self.sql.all(
            "SELECT revision, id, at, author, op_id, sealed FROM note
             WHERE conversation = ?1 ORDER BY revision",
            params![row],
            |row| note_row(row, of),
        )?;
        rows.into_iter().map(|row| self.opened_note(of, row)).collect()
    }

    pub(super) fn opened_note(
        &self,
        of: ConversationId,
        (note, sealed): rows::NoteRow,
    ) -> Result<Note, StoreError> {
        let place: [&[u8]; 2] = [of.0.as_bytes(), &note.revision.to_le_bytes()];
        let plain = self.open("note.sealed", &place, &sealed)?;
        let said: rows::NoteSealed = from_json(&plain).ok_or_else(|| self.sql.damaged())?;
        Ok(said.put(&note))
    }

    /// Lines of a conversation before a seq, for a reader who scrolls up: at most `limit`, by seq.
    pub fn lines_before(
        &self,
        id: ConversationId,
        before: u64,
        limit: u32,
    ) -> Result<Vec<Line>, StoreError> {
        let row = self.sql.one(
            "SELECT number FROM conversation WHERE account = ?1 AND id = ?2",
            params![self.whose.number, id.0.as_bytes()],
            |row| row.get(0),
        )?;
        let before = before.min(i64::MAX.unsigned_abs());
        row.map_or(Ok(Vec::new()), |row| self.lines(row, id, Some((before, limit))))
    }

    /// A line by the id of its message, if it is held.
    pub fn line(&self, of: ConversationId, id: MessageId) -> Result<Option<Line>, StoreError> {
        let row = self.sql.one(
            "SELECT l.seq, l.id, l.at, l.op_id, l.device, l.sealed FROM line l
             JOIN conversation c ON l.conversation = c.number
             WHERE c.account = ?1 AND c.id = ?2 AND l.id = ?3",
            params![self.whose.number, of.0.as_bytes(), id.0.as_bytes()],
            line_row,
        )?;
        row.map(|row| Ok(line(&row, self.line_part(of, &row)?))).transpose()
    }

    /// The revision that is held of a conversation.
    pub fn revision(&self, id: ConversationId) -> Result<Option<u64>, StoreError> {
        self.sql.one(
            "SELECT revision FROM conversation WHERE account = ?1 AND id = ?2",
            params![self.whose.number, id.0.as_bytes()],
            |row| rows::count(row, 0),
        )
    }

    /// The ids of all conversations held, in order.
    pub fn ids(&self) -> Result<Vec<ConversationId>, StoreError> {
        self.sql.all(
            "SELECT id FROM conversation WHERE account = ?1 ORDER BY id",
            params![self.whose.number],
            |row| id(row, 0),
        )
    }

    /// The heads of all conversations held, in order of id, and what is unread of each.
    pub fn heads(&self) -> Result<Vec<(Head, u64)>, StoreError> {
        self.sql.all(
            concat!(
                "SELECT ",
                head_columns!(),
                ", c.unread FROM conversation c WHERE c.account = ?1 ORDER BY c.id"
            ),
            params![self.whose.number],
            |row| Ok((head(row)?, rows::count(row, HEAD_COLUMNS)?)),
        )
    }

    /// The cursor up to which the log is applied, and the reader's state.
    pub fn progress(&self) -> Result<StoredProgress, StoreError> {
        let found = self.sql.one(
            "SELECT epoch, position, sealed FROM progress WHERE account = ?1",
            params![self.whose.number],
            |row| {
                let epoch: Option<Epoch> = maybe_id(row, 0)?;
                Ok((epoch, row.get::<_, Option<i64>>(1)?, row.get::<_, Vec<u8>>(2)?))
            },
        )?;
        let Some((epoch, position, sealed)) = found else { return Ok(StoredProgress::default()) };
        let position = position.map(u64::try_from).transpose();
        let position = position.map_err(|_negative| self.sql.damaged())?;
        let cursor = epoch.zip(position).map(|(epoch, position)| Cursor { epoch, position });
        Ok(StoredProgress { cursor, state: self.open("progress.sealed", &[], &sealed)? })
    }
}
