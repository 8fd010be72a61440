//! The outbox's rows and the drafts. They are never evicted, nor deleted with a conversation.

use baton_protocol::{ConversationId, OpId, Timestamp};
use rusqlite::{Row, params};

use super::StoreError;
use super::read::Read;
use super::rows::{count, id, maybe_id, number};
use super::write::Write;

/// One item of the outbox.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OutboxRow {
    /// The id of its command.
    pub op_id: OpId,
    /// The conversation whose lane it is in, if it is about one.
    pub conversation: Option<ConversationId>,
    /// Its place in the lane; the smallest goes first.
    pub place: u64,
    /// Where it stands, in the outbox's words. Not sealed: no contents in it.
    pub state: String,
    /// The time of the act.
    pub created_at: Timestamp,
    /// Whether a byte of it was ever sent: only then may the server know of it.
    pub byte_sent: bool,
    /// Opaque: the outbox's.
    pub payload: Vec<u8>,
}

/// A text that an agent has typed and not sent.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Draft {
    /// The conversation.
    pub conversation: ConversationId,
    /// The time when it was last changed.
    pub at: Timestamp,
    /// The text.
    pub text: String,
    /// Whether it becomes a note.
    pub is_note: bool,
}

/// The mark before the sealed text of a note. No reply begins with it.
const NOTE: char = '\u{1}';

/// A row without its payload, and what is sealed of that.
type Sealed<T> = (T, Vec<u8>);

fn outbox_row(row: &Row<'_>) -> rusqlite::Result<Sealed<OutboxRow>> {
    let found = OutboxRow {
        op_id: id(row, 0)?,
        conversation: maybe_id(row, 1)?,
        place: count(row, 2)?,
        state: row.get(3)?,
        created_at: Timestamp::from_ms(row.get(4)?),
        byte_sent: row.get(5)?,
        payload: Vec::new(),
    };
    Ok((found, row.get(6)?))
}

fn draft_row(row: &Row<'_>) -> rusqlite::Result<Sealed<Draft>> {
    let (conversation, at) = (id(row, 0)?, Timestamp::from_ms(row.get(1)?));
    Ok((Draft { conversation, at, text: String::new(), is_note: false }, row.get(2)?))
}

impl Read<'_> {
    /// All items, lane by lane, each in its order.
    pub fn outbox(&self) -> Result<Vec<OutboxRow>, StoreError> {
        let rows = self.sql.all(
            "SELECT op_id, conversation, place, state, created_at, byte_sent, sealed FROM outbox
             WHERE account = ?1 ORDER BY conversation, place, op_id",
            params![self.whose.number],
            outbox_row,
        )?;
        rows.into_iter().map(|row| self.opened_row(row)).collect()
    }

    /// The items of one lane, in its order.
    pub fn lane(&self, of: Option<ConversationId>) -> Result<Vec<OutboxRow>, StoreError> {
        let rows = self.sql.all(
            "SELECT op_id, conversation, place, state, created_at, byte_sent, sealed FROM outbox
             WHERE account = ?1 AND conversation IS ?2 ORDER BY place, op_id",
            params![self.whose.number, of.map(|id| id.0.into_bytes())],
            outbox_row,
        )?;
        rows.into_iter().map(|row| self.opened_row(row)).collect()
    }

    /// One item.
    #[cfg(test)]
    pub(crate) fn outbox_item(&self, op_id: OpId) -> Result<Option<OutboxRow>, StoreError> {
        let row = self.sql.one(
            "SELECT op_id, conversation, place, state, created_at, byte_sent, sealed FROM outbox
             WHERE account = ?1 AND op_id = ?2",
            params![self.whose.number, op_id.0.as_bytes()],
            outbox_row,
        )?;
        row.map(|row| self.opened_row(row)).transpose()
    }

    fn opened_row(&self, (row, sealed): Sealed<OutboxRow>) -> Result<OutboxRow, StoreError> {
        let payload = self.open("outbox.sealed", &[row.op_id.0.as_bytes()], &sealed)?;
        Ok(OutboxRow { payload, ..row })
    }

    /// The draft of a conversation.
    pub fn draft(&self, of: ConversationId) -> Result<Option<Draft>, StoreError> {
        let row = self.sql.one(
            "SELECT conversation, at, sealed FROM draft WHERE account = ?1 AND conversation = ?2",
            params![self.whose.number, of.0.as_bytes()],
            draft_row,
        )?;
        row.map(|row| self.opened_draft(row)).transpose()
    }

    /// All drafts, by conversation.
    pub fn drafts(&self) -> Result<Vec<Draft>, StoreError> {
        let rows = self.sql.all(
            "SELECT conversation, at, sealed FROM draft WHERE account = ?1 ORDER BY conversation",
            params![self.whose.number],
            draft_row,
        )?;
        rows.into_iter().map(|row| self.opened_draft(row)).collect()
    }

    fn opened_draft(&self, (draft, sealed): Sealed<Draft>) -> Result<Draft, StoreError> {
        let text = self.open("draft.sealed", &[draft.conversation.0.as_bytes()], &sealed)?;
        let text = String::from_utf8(text).map_err(|_no_text| self.sql.damaged())?;
        Ok(match text.strip_prefix(NOTE) {
            Some(text) => Draft { text: text.to_owned(), is_note: true, ..draft },
            None => Draft { text, ..draft },
        })
    }
}

impl Write<'_> {
    /// Puts an item into the outbox. `false` when its op id is there already, as after a double
    /// tap: what is there stays.
    pub fn put_outbox(&mut self, row: &OutboxRow) -> Result<bool, StoreError> {
        let OutboxRow { op_id, conversation, place, state, created_at, byte_sent, .. } = row;
        let args = params![
            self.read.whose.number,
            op_id.0.as_bytes(),
            conversation.map(|id| id.0.into_bytes()),
            number(*place)?,
            state,
            created_at.ms(),
            byte_sent,
            self.sealed_payload(row)?,
        ];
        let changed = self.read.sql.run(
            "INSERT INTO outbox
                 (account, op_id, conversation, place, state, created_at, byte_sent, sealed)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT (account, op_id) DO NOTHING",
            args,
        )?;
        Ok(changed > 0)
    }

    /// Puts an item in place of the one with its op id. `false` when there is none.
    pub fn replace_outbox(&mut self, row: &OutboxRow) -> Result<bool, StoreError> {
        let OutboxRow { op_id, conversation, place, state, created_at, byte_sent, .. } = row;
        let args = params![
            self.read.whose.number,
            op_id.0.as_bytes(),
            conversation.map(|id| id.0.into_bytes()),
            number(*place)?,
            state,
            created_at.ms(),
            byte_sent,
            self.sealed_payload(row)?,
        ];
        let changed = self.read.sql.run(
            "UPDATE outbox SET conversation = ?3, place = ?4, state = ?5, created_at = ?6,
                 byte_sent = ?7, sealed = ?8
             WHERE account = ?1 AND op_id = ?2",
            args,
        )?;
        Ok(changed > 0)
    }

    fn sealed_payload(&self, row: &OutboxRow) -> Result<Vec<u8>, StoreError> {
        self.read.seal("outbox.sealed", &[row.op_id.0.as_bytes()], &row.payload)
    }

    /// Takes an item out of the outbox. `false` when it was not there.
    pub fn remove_outbox(&mut self, op_id: OpId) -> Result<bool, StoreError> {
        let changed = self.read.sql.run(
            "DELETE FROM outbox WHERE account = ?1 AND op_id = ?2",
            params![self.read.whose.number, op_id.0.as_bytes()],
        )?;
        Ok(changed > 0)
    }

    /// Keeps a draft in place of the conversation's last one.
    pub fn set_draft(&mut self, draft: &Draft) -> Result<(), StoreError> {
        let Draft { conversation, at, text, is_note } = draft;
        let text = text.trim_start_matches(NOTE);
        let text = if *is_note { format!("{NOTE}{text}") } else { text.to_owned() };
        let row = conversation.0.as_bytes();
        let sealed = self.read.seal("draft.sealed", &[row], text.as_bytes())?;
        self.read.sql.run(
            "INSERT INTO draft (account, conversation, at, sealed) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (account, conversation) DO UPDATE SET at = excluded.at,
                 sealed = excluded.sealed",
            params![self.read.whose.number, row, at.ms(), sealed],
        )?;
        Ok(())
    }

    /// Drops a draft. `false` when there was none.
    pub fn remove_draft(&mut self, of: ConversationId) -> Result<bool, StoreError> {
        let changed = self.read.sql.run(
            "DELETE FROM draft WHERE account = ?1 AND conversation = ?2",
            params![self.read.whose.number, of.0.as_bytes()],
        )?;
        Ok(changed > 0)
    }
}
