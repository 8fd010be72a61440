//! Conversations, lines and notes as rows: ids, times and numbers in columns, contents as sealed
//! JSON.
//!
//! Structs are destructured, so a new field of the wire cannot be forgotten here. Sealed parts need
//! no migration.

use baton_domain::see::mirror::{Full, Mirrored};
use baton_protocol::conversation::{ContactCard, ConversationView};
use baton_protocol::{
    Amended, Author, CoachNote, Content, Conversation, ConversationId, FileState, Head, HeldReason,
    Line, LineKind, MessageError, MessageId, MessageStatus, Note, Owner, Priority, Status, Thread,
    Timestamp,
};
use rusqlite::Row;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::StoreError;

/// The columns of a head, of `conversation AS c`, as [`head`] reads them: 16.
macro_rules! head_columns {
    () => {
        "c.id, c.channel, c.team, c.owner_queue, c.owner_agent, c.owner_epoch, c.status, \
         c.snoozed_until, c.episode, c.revision, c.last_seq, c.unanswered_since, c.activity_at, \
         c.due_at, c.priority, c.orphaned_at"
    };
}
pub(super) use head_columns;

/// The number of columns of a head.
pub(super) const HEAD_COLUMNS: usize = 16;

/// The sealed part of a conversation that is seen in full.
#[derive(Serialize, Deserialize)]
pub(super) struct ViewRest {
    thread: Thread,
    pub(super) contact: ContactCard,
    #[serde(skip_serializing_if = "Option::is_none")]
    preview: Option<Line>,
    /// Few, and of few conversations.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) coaching: Vec<CoachNote>,
}

/// The sealed part of a line. Names are short: there are many of them.
#[derive(Serialize, Deserialize)]
pub(super) struct LineRest {
    #[serde(rename = "a")]
    author: Author,
    #[serde(rename = "k")]
    kind: LineKind,
    #[serde(rename = "c")]
    content: Content,
    #[serde(rename = "f", default, skip_serializing_if = "Option::is_none")]
    file: Option<FileState>,
    #[serde(rename = "q", default, skip_serializing_if = "Option::is_none")]
    quoted: Option<MessageId>,
    #[serde(rename = "s", default, skip_serializing_if = "Option::is_none")]
    status: Option<MessageStatus>,
    #[serde(rename = "h", default, skip_serializing_if = "Option::is_none")]
    held: Option<HeldReason>,
    #[serde(rename = "e", default, skip_serializing_if = "Option::is_none")]
    error: Option<MessageError>,
    #[serde(rename = "l", default, skip_serializing_if = "Option::is_none")]
    leaves_at: Option<Timestamp>,
    #[serde(rename = "m", default, skip_serializing_if = "Option::is_none")]
    amended: Option<Box<Amended>>,
}

/// The parts of a line that a search needs.
#[derive(Deserialize)]
pub(super) struct LineText {
    #[serde(rename = "c")]
    pub(super) content: Content,
}

/// A conversation's row.
#[derive(Debug)]
pub(super) struct HeadRow {
    pub(super) number: i64,
    pub(super) head: Head,
    pub(super) unread: u64,
    pub(super) full: Option<FullRow>,
}

/// The further columns of a conversation that is held in full.
#[derive(Debug)]
pub(super) struct FullRow {
    pub(super) read_seq: u64,
    pub(super) from_seq: u64,
    pub(super) sealed: Vec<u8>,
}

/// Reads [`head_columns`] and then `number, unread, read_seq, from_seq, sealed`.
pub(super) fn head_row(row: &Row<'_>) -> rusqlite::Result<HeadRow> {
    let at = |offset: usize| HEAD_COLUMNS + offset;
    let sealed: Option<Vec<u8>> = row.get(at(4))?;
    let full = match sealed {
        Some(sealed) => {
            let (read_seq, from_seq) = (count(row, at(2))?, count(row, at(3))?);
            Some(FullRow { read_seq, from_seq, sealed })
        }
        None => None,
    };
    Ok(HeadRow { number: row.get(at(0))?, head: head(row)?, unread: count(row, at(1))?, full })
}

/// Reads [`head_columns`].
pub(super) fn head(row: &Row<'_>) -> rusqlite::Result<Head> {
    let owner = match maybe_id(row, 3)? {
        Some(team) => Owner::Queue(team),
        None => Owner::Agent(id(row, 4)?),
    };
    let name: String = row.get(6)?;
    let status = match (name.as_str(), maybe_time(row, 7)?) {
        ("open", None) => Status::Open,
        ("waiting", None) => Status::Waiting,
        ("resolved", None) => Status::Resolved,
        ("snoozed", Some(until)) => Status::Snoozed { until },
        _ => return Err(rusqlite::Error::InvalidQuery),
    };
    Ok(Head {
        id: id(row, 0)?,
        channel_id: id(row, 1)?,
        team_id: id(row, 2)?,
        owner,
        owner_epoch: count(row, 5)?,
        status,
        episode: row.get(8)?,
        revision: count(row, 9)?,
        last_seq: count(row, 10)?,
        unanswered_since: maybe_time(row, 11)?,
        activity_at: Timestamp::from_ms(row.get(12)?),
        due_at: maybe_time(row, 13)?,
        orphaned_at: maybe_time(row, 15)?,
        priority: row
            .get::<_, Option<String>>(14)?
            .map_or_else(Priority::default, |name| Priority::from_name(&name)),
    })
}

/// Takes the view apart: the rest is what is sealed.
pub(super) fn view_rest(full: &Full) -> Result<Vec<u8>, StoreError> {
    let ConversationView { conversation, contact, preview, read_seq: _ } = &full.view;
    let Conversation { head: _, thread } = conversation;
    let (thread, contact, preview) = (thread.clone(), contact.clone(), preview.clone());
    let coaching = full.coaching.values().cloned().collect();
    json(&ViewRest { thread, contact, preview, coaching })
}

/// Puts a view together again.
pub(super) fn view(head: Head, read_seq: u64, rest: ViewRest) -> ConversationView {
    let ViewRest { thread, contact, preview, coaching: _ } = rest;
    ConversationView { conversation: Conversation { head, thread }, contact, preview, read_seq }
}

/// A line's columns beside its seq.
#[derive(Debug)]
pub(super) struct LineRow {
    pub(super) seq: u64,
    id: MessageId,
    at: Timestamp,
    op_id: Option<Uuid>,
    device: Option<Uuid>,
    pub(super) sealed: Vec<u8>,
}

/// Reads `seq, id, at, op_id, device, sealed`.
pub(super) fn line_row(row: &Row<'_>) -> rusqlite::Result<LineRow> {
    let at = Timestamp::from_ms(row.get(2)?);
    let (op_id, device) = (maybe_id(row, 3)?, maybe_id(row, 4)?);
    Ok(LineRow { seq: count(row, 0)?, id: id(row, 1)?, at, op_id, device, sealed: row.get(5)? })
}

/// The sealed part of a line.
pub(super) fn line_rest(line: &Line) -> Result<Vec<u8>, StoreError> {
    // Those that are passed over have columns.
    let Line {
        seq: _,
        id: _,
        author,
        kind,
        at: _,
        content,
        file,
        quoted,
        status,
        held,
        error,
        op_id: _,
        device_id: _,
        leaves_at,
        amended,
    } = line.clone();
    json(&LineRest { author, kind, content, file, quoted, status, held, error, leaves_at, amended })
}

/// Puts a line together again.
pub(super) fn line(row: &LineRow, rest: LineRest) -> Line {
    let LineRest { author, kind, content, file, quoted, status, held, error, leaves_at, amended } =
        rest;
    let (op_id, device_id) = (row.op_id.map(Into::into), row.device.map(Into::into));
    let (seq, id, at) = (row.seq, row.id, row.at);
    Line {
        seq,
        id,
        author,
        kind,
        at,
        content,
        file,
        quoted,
        status,
        held,
        error,
        op_id,
        device_id,
        leaves_at,
        amended,
    }
}

/// The sealed part of a note. One that is about no line is its text alone.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
pub(super) enum NoteSealed {
    About { text: Option<String>, quoted: MessageId },
    Text(Option<String>),
}

impl NoteSealed {
    /// The sealed part of a note.
    pub(super) fn of(note: &Note) -> Self {
        let text = note.text.clone();
        note.quoted.map_or(Self::Text(text.clone()), |quoted| Self::About { text, quoted })
    }

    /// Gives a note what it says.
    pub(super) fn put(self, note: &Note) -> Note {
        match self {
            Self::About { text, quoted } => Note { text, quoted: Some(quoted), ..*note },
            Self::Text(text) => Note { text, ..*note },
        }
    }
}

/// A note without its text, and the text as it is sealed.
pub(super) type NoteRow = (Note, Vec<u8>);

/// Reads `revision, id, at, author, op_id, sealed`.
pub(super) fn note_row(row: &Row<'_>, conversation: ConversationId) -> rusqlite::Result<NoteRow> {
    let note = Note {
        id: id(row, 1)?,
        conversation_id: conversation,
        author: id(row, 3)?,
        at: Timestamp::from_ms(row.get(2)?),
        revision: count(row, 0)?,
        text: None,
        quoted: None,
        op_id: id(row, 4)?,
    };
    Ok((note, row.get(5)?))
}

/// Whether lines and notes stand under their own numbers, in their own conversation.
pub(super) fn is_in_order(held: &Mirrored) -> bool {
    let Mirrored::Full(full) = held else { return true };
    let Full { view, lines, notes, coaching, from_seq: _ } = &**full;
    let id = view.conversation.head.id;
    let is_own = |note: &Note| note.conversation_id == id;
    lines.iter().all(|(seq, line)| *seq == line.seq)
        && notes.iter().all(|(revision, note)| *revision == note.revision && is_own(note))
        && coaching.iter().all(|(position, note)| *position == note.position)
}

/// Reads a number that is none below 0.
pub(super) fn count(row: &Row<'_>, column: usize) -> rusqlite::Result<u64> {
    let number: i64 = row.get(column)?;
    let range = |_negative| rusqlite::Error::IntegralValueOutOfRange(column, number);
    u64::try_from(number).map_err(range)
}

/// A number as the database has them.
pub(super) fn number(number: u64) -> Result<i64, StoreError> {
    i64::try_from(number).map_err(|_large| StoreError::Unfit("a number above 2^63"))
}

/// Reads an id.
pub(super) fn id<T: From<Uuid>>(row: &Row<'_>, column: usize) -> rusqlite::Result<T> {
    Ok(Uuid::from_bytes(row.get(column)?).into())
}

/// Reads an id that may be missing.
pub(super) fn maybe_id<T: From<Uuid>>(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<T>> {
    let bytes: Option<[u8; 16]> = row.get(column)?;
    Ok(bytes.map(|bytes| Uuid::from_bytes(bytes).into()))
}

fn maybe_time(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<Timestamp>> {
    let ms: Option<i64> = row.get(column)?;
    Ok(ms.map(Timestamp::from_ms))
}

/// The sealed form of a value.
pub(super) fn json(value: &impl Serialize) -> Result<Vec<u8>, StoreError> {
    serde_json::to_vec(value).map_err(|_error| StoreError::Unfit("a value"))
}

/// Reads what [`json`] wrote.
pub(super) fn from_json<T: DeserializeOwned>(plain: &[u8]) -> Option<T> {
    serde_json::from_slice(plain).ok()
}
