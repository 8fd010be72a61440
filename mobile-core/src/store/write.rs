//! A writing transaction. Conversations stay in memory until it ends, so many events of one of them
//! cost one write of the lines that changed.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use baton_domain::see::mirror::{Full, Mirrored};
use baton_protocol::{ConversationId, Head, Line, Note, Owner, Status, Timestamp};
use rusqlite::params;

use super::StoreError;
use super::incoming::{Gone, has_file};
use super::lists::{Places, moved};
use super::read::{Account, Read, StoredProgress};
use super::rows::{NoteSealed, is_in_order, json, line_rest, number, view_rest};
use super::seal::Keys;
use super::sql::Sql;
use crate::gathered::gathered;

/// Conversations held at once before they are written: bounds what a long resume takes of memory.
const TOUCHED_MAX: usize = 32;

/// A conversation that this transaction has to do with.
#[derive(Debug)]
struct Touched {
    row: Option<i64>,
    /// How many lines were not read, as it is stored.
    unread: u64,
    stored: Option<Arc<Mirrored>>,
    held: Option<Arc<Mirrored>>,
}

/// A writing transaction of one account.
#[derive(Debug)]
pub struct Write<'c> {
    pub(super) read: Read<'c>,
    touched: BTreeMap<ConversationId, Touched>,
    /// Conversations written so far.
    pub(super) written: u64,
    /// Whose files go when this is committed.
    pub(super) gone: Vec<Gone>,
    pub(super) changes: Changes,
}

/// What a transaction changed of the conversations held.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Changes {
    /// Everything was let go of first.
    pub is_cleared: bool,
    /// Held, and not as before.
    pub put: BTreeSet<ConversationId>,
    /// Held no more.
    pub removed: BTreeSet<ConversationId>,
    /// Settings are others.
    pub has_settings: bool,
}

impl Changes {
    fn note(&mut self, id: ConversationId, is_held: bool) {
        let (is, was) = match is_held {
            true => (&mut self.put, &mut self.removed),
            false => (&mut self.removed, &mut self.put),
        };
        was.remove(&id);
        is.insert(id);
    }

    /// Whether nothing changed.
    pub fn is_empty(&self) -> bool {
        let has_conversations = self.is_cleared || !self.put.is_empty() || !self.removed.is_empty();
        !has_conversations && !self.has_settings
    }
}

impl<'c> Write<'c> {
    pub(super) fn new(sql: Sql<'c>, keys: &'c Keys, of: &Account) -> Result<Self, StoreError> {
        let (workspace, agent, device) = (of.workspace.0, of.agent.0, of.device.0);
        sql.run(
            "INSERT INTO account (workspace, agent, device) VALUES (?1, ?2, ?3)
             ON CONFLICT DO NOTHING",
            params![workspace.as_bytes(), agent.as_bytes(), device.as_bytes()],
        )?;
        let read = Read::new(sql, keys, of)?;
        let (touched, changes) = (BTreeMap::new(), Changes::default());
        Ok(Self { read, touched, written: 0, gone: Vec::new(), changes })
    }

    /// What this transaction changed so far.
    pub fn changes(&mut self) -> Result<Changes, StoreError> {
        self.flush()?;
        Ok(self.changes.clone())
    }

    /// Everything as this transaction has it so far.
    pub fn read(&mut self) -> Result<&Read<'c>, StoreError> {
        self.flush()?;
        Ok(&self.read)
    }

    /// A conversation, if it is held.
    pub fn get(&mut self, id: ConversationId) -> Result<Option<Mirrored>, StoreError> {
        let touched = self.touch(id)?;
        Ok(touched.held.as_deref().cloned())
    }

    /// Holds a conversation, in place of what was held of it.
    pub fn put(&mut self, held: Mirrored) -> Result<(), StoreError> {
        if !is_in_order(&held) {
            return Err(StoreError::Unfit("a line or note under another's number"));
        }
        let id = held.head().id;
        self.touch(id)?.held = Some(Arc::new(held));
        Ok(())
    }

    /// Lets go of a conversation. Drafts and the outbox stay.
    pub fn remove(&mut self, id: ConversationId) -> Result<(), StoreError> {
        self.touch(id)?.held = None;
        Ok(())
    }

    /// Lets go of all conversations and settings. Drafts and the outbox stay.
    pub fn clear(&mut self) -> Result<(), StoreError> {
        self.touched.clear();
        self.changes = Changes { is_cleared: true, ..Changes::default() };
        let account = params![self.read.whose.number];
        self.read.sql.run("DELETE FROM conversation WHERE account = ?1", account)?;
        self.read.sql.run("DELETE FROM listed WHERE account = ?1", account)?;
        self.read.sql.run("DELETE FROM total WHERE account = ?1", account)?;
        self.changes.has_settings =
            self.read.sql.run("DELETE FROM setting WHERE account = ?1", account)? > 0;
        Ok(())
    }

    /// The revision that is held of a conversation.
    pub fn revision(&self, id: ConversationId) -> Result<Option<u64>, StoreError> {
        match self.touched.get(&id) {
            Some(touched) => Ok(touched.held.as_ref().map(|held| held.head().revision)),
            None => self.read.revision(id),
        }
    }

    /// The ids of all conversations held, in order.
    pub fn ids(&self) -> Result<Vec<ConversationId>, StoreError> {
        let mut ids: BTreeSet<_> = gathered(self.read.ids()?);
        for (id, touched) in &self.touched {
            match touched.held {
                Some(_) => ids.insert(*id),
                None => ids.remove(id),
            };
        }
        Ok(ids.into_iter().collect())
    }

    /// The heads of all conversations held, in order of id, and what is unread of each.
    pub fn heads(&self) -> Result<Vec<(Head, u64)>, StoreError> {
        let heads = self.read.heads()?.into_iter();
        let mut heads: BTreeMap<_, _> = gathered(heads.map(|(head, n)| (head.id, (head, n))));
        for (id, touched) in &self.touched {
            match &touched.held {
                Some(held) => heads.insert(*id, (held.head().clone(), held.unread_lines())),
                None => heads.remove(id),
            };
        }
        Ok(heads.into_values().collect())
    }

    /// Keeps how far the log is applied, with what this transaction says of conversations.
    pub fn set_progress(&mut self, progress: &StoredProgress) -> Result<(), StoreError> {
        let epoch = progress.cursor.map(|cursor| cursor.epoch.0.into_bytes());
        let position = progress.cursor.map(|cursor| number(cursor.position)).transpose()?;
        let sealed = self.read.seal("progress.sealed", &[], &progress.state)?;
        self.read.sql.run(
            "INSERT INTO progress (account, epoch, position, sealed) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (account) DO UPDATE SET epoch = excluded.epoch,
                 position = excluded.position, sealed = excluded.sealed",
            params![self.read.whose.number, epoch, position, sealed],
        )?;
        Ok(())
    }

    /// The agent opened a conversation: its lines are the last to go when room is short.
    pub fn opened(&mut self, id: ConversationId, at: Timestamp) -> Result<(), StoreError> {
        self.flush()?;
        self.read.sql.run(
            "UPDATE conversation SET opened_at = max(opened_at, ?3) WHERE account = ?1 AND id = ?2",
            params![self.read.whose.number, id.0.as_bytes(), at.ms()],
        )?;
        Ok(())
    }

    fn touch(&mut self, id: ConversationId) -> Result<&mut Touched, StoreError> {
        if !self.touched.contains_key(&id) && self.touched.len() >= TOUCHED_MAX {
            self.flush()?;
        }
        match self.touched.entry(id) {
            std::collections::btree_map::Entry::Occupied(entry) => Ok(entry.into_mut()),
            std::collections::btree_map::Entry::Vacant(entry) => {
                let found = self.read.load(id)?;
                let (row, unread) = found.as_ref().map(|(row, unread, _)| (*row, *unread)).unzip();
                let stored = found.map(|(_, _, stored)| Arc::new(stored));
                let held = stored.clone();
                let unread = unread.unwrap_or_default();
                Ok(entry.insert(Touched { row, unread, stored, held }))
            }
        }
    }

    /// Writes what changed.
    pub(super) fn flush(&mut self) -> Result<(), StoreError> {
        self.write_touched().map_err(|error| self.read.sql.fail(error))
    }

    fn write_touched(&mut self) -> Result<(), StoreError> {
        for (id, touched) in std::mem::take(&mut self.touched) {
            let (stored, held) = (touched.stored.as_deref(), touched.held.as_deref());
            if stored == held {
                continue;
            }
            if !matches!(held, Some(Mirrored::Full(_))) {
                self.gone.push(Gone::Conversation(id));
            }
            match held {
                None => self.delete(id)?,
                Some(held) => self.store(touched.row, stored, held)?,
            }
            self.changes.note(id, held.is_some());
            let me = self.read.whose.me;
            let before = Places::of(stored, me).counting(touched.unread);
            moved(&self.read, id, &before, &Places::of(held, me))?;
            self.written += 1;
        }
        Ok(())
    }

    fn delete(&self, id: ConversationId) -> Result<(), StoreError> {
        self.read.sql.run(
            "DELETE FROM conversation WHERE account = ?1 AND id = ?2",
            params![self.read.whose.number, id.0.as_bytes()],
        )?;
        Ok(())
    }

    fn store(
        &mut self,
        row: Option<i64>,
        stored: Option<&Mirrored>,
        held: &Mirrored,
    ) -> Result<(), StoreError> {
        let row = match row.filter(|_| stored.is_some_and(|stored| is_same_row(stored, held))) {
            Some(row) => row,
            None => self.upsert(held)?,
        };
        let id = held.head().id;
        let none = (&BTreeMap::new(), &BTreeMap::new());
        let ((old_lines, old_notes), (lines, notes)) = (
            stored.map_or(none, |stored| parts(stored).unwrap_or(none)),
            parts(held).unwrap_or(none),
        );
        for seq in old_lines.keys().filter(|seq| !lines.contains_key(seq)) {
            let args = params![row, number(*seq)?];
            self.read.sql.run("DELETE FROM line WHERE conversation = ?1 AND seq = ?2", args)?;
        }
        for (seq, line) in lines.iter().filter(|(seq, line)| old_lines.get(seq) != Some(line)) {
            self.put_line(row, id, *seq, line)?;
            if line.file.is_some() && !has_file(line) {
                self.gone.push(Gone::Line(id, line.id));
            }
        }
        for revision in old_notes.keys().filter(|revision| !notes.contains_key(revision)) {
            let args = params![row, number(*revision)?];
            self.read
                .sql
                .run("DELETE FROM note WHERE conversation = ?1 AND revision = ?2", args)?;
        }
        for (revision, note) in notes.iter().filter(|(at, note)| old_notes.get(at) != Some(note)) {
            self.put_note(row, *revision, note)?;
        }
        Ok(())
    }

    /// Writes the row of a conversation; gives its number.
    fn upsert(&self, held: &Mirrored) -> Result<i64, StoreError> {
        let Head { id, channel_id, team_id, owner, owner_epoch, status, .. } = held.head();
        let Head { episode, revision, last_seq, unanswered_since, activity_at, .. } = held.head();
        let Head { due_at, priority, orphaned_at, .. } = held.head();
        let (queue, agent) = match owner {
            Owner::Queue(team) => (Some(team.0.as_bytes()), None),
            Owner::Agent(agent) => (None, Some(agent.0.as_bytes())),
        };
        let until = match status {
            Status::Snoozed { until } => Some(until.ms()),
            Status::Open | Status::Waiting | Status::Resolved => None,
        };
        let (read_seq, from_seq, sealed) = match held {
            Mirrored::Head(_) => (None, None, None),
            Mirrored::Full(full) => {
                let rest = view_rest(full)?;
                let sealed = self.read.seal("conversation.sealed", &[id.0.as_bytes()], &rest)?;
                (Some(number(full.view.read_seq)?), Some(number(full.from_seq)?), Some(sealed))
            }
        };
        let row = self.read.sql.one(
            "INSERT INTO conversation (account, id, channel, team, owner_queue, owner_agent,
                 owner_epoch, status, snoozed_until, episode, revision, last_seq,
                 unanswered_since, activity_at, unread, read_seq, from_seq, sealed, due_at,
                 priority, orphaned_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17,
                 ?18, ?19, ?20, ?21)
             ON CONFLICT (account, id) DO UPDATE SET channel = excluded.channel,
                 team = excluded.team, owner_queue = excluded.owner_queue,
                 owner_agent = excluded.owner_agent, owner_epoch = excluded.owner_epoch,
                 status = excluded.status, snoozed_until = excluded.snoozed_until,
                 episode = excluded.episode, revision = excluded.revision,
                 last_seq = excluded.last_seq, unanswered_since = excluded.unanswered_since,
                 activity_at = excluded.activity_at, unread = excluded.unread,
                 read_seq = excluded.read_seq, from_seq = excluded.from_seq,
                 sealed = excluded.sealed, due_at = excluded.due_at,
                 priority = excluded.priority, orphaned_at = excluded.orphaned_at
             RETURNING number",
            params![
                self.read.whose.number,
                id.0.as_bytes(),
                channel_id.0.as_bytes(),
                team_id.0.as_bytes(),
                queue,
                agent,
                number(*owner_epoch)?,
                status.name(),
                until,
                episode,
                number(*revision)?,
                number(*last_seq)?,
                unanswered_since.map(Timestamp::ms),
                activity_at.ms(),
                number(held.unread_lines())?,
                read_seq,
                from_seq,
                sealed,
                due_at.map(Timestamp::ms),
                (!priority.is_normal()).then(|| priority.name()),
                orphaned_at.map(Timestamp::ms),
            ],
            |row| row.get(0),
        )?;
        row.ok_or(StoreError::Damaged)
    }

    fn put_line(
        &self,
        row: i64,
        of: ConversationId,
        seq: u64,
        line: &Line,
    ) -> Result<(), StoreError> {
        let place: [&[u8]; 2] = [of.0.as_bytes(), &seq.to_le_bytes()];
        let sealed = self.read.seal("line.sealed", &place, &line_rest(line)?)?;
        let op_id = line.op_id.map(|id| id.0.into_bytes());
        let device = line.device_id.map(|id| id.0.into_bytes());
        self.read.sql.run(
            "INSERT INTO line (conversation, seq, id, at, op_id, device, sealed)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
             ON CONFLICT (conversation, seq) DO UPDATE SET id = excluded.id, at = excluded.at,
                 op_id = excluded.op_id, device = excluded.device, sealed = excluded.sealed",
            params![row, number(seq)?, line.id.0.as_bytes(), line.at.ms(), op_id, device, sealed],
        )?;
        Ok(())
    }

    fn put_note(&self, row: i64, revision: u64, note: &Note) -> Result<(), StoreError> {
        let Note { id, conversation_id, author, at, revision: _, text: _, quoted: _, op_id } = note;
        let place: [&[u8]; 2] = [conversation_id.0.as_bytes(), &revision.to_le_bytes()];
        let sealed = self.read.seal("note.sealed", &place, &json(&NoteSealed::of(note))?)?;
        let (id, author, op_id) = (id.0.as_bytes(), author.0.as_bytes(), op_id.0.as_bytes());
        self.read.sql.run(
            "INSERT INTO note (conversation, revision, id, at, author, op_id, sealed)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
             ON CONFLICT (conversation, revision) DO UPDATE SET id = excluded.id,
                 at = excluded.at, author = excluded.author, op_id = excluded.op_id,
                 sealed = excluded.sealed",
            params![row, number(revision)?, id, at.ms(), author, op_id, sealed],
        )?;
        Ok(())
    }
}

type LinesAndNotes<'a> = (&'a BTreeMap<u64, Line>, &'a BTreeMap<u64, Note>);

fn parts(held: &Mirrored) -> Option<LinesAndNotes<'_>> {
    match held {
        Mirrored::Head(_) => None,
        Mirrored::Full(full) => Some((&full.lines, &full.notes)),
    }
}

/// Whether the conversation's own row stays as it is.
fn is_same_row(stored: &Mirrored, held: &Mirrored) -> bool {
    match (stored, held) {
        (Mirrored::Head(stored), Mirrored::Head(held)) => stored == held,
        (Mirrored::Full(stored), Mirrored::Full(held)) => {
            let Full { view, lines: _, notes: _, coaching, from_seq } = &**held;
            stored.view == *view && stored.coaching == *coaching && stored.from_seq == *from_seq
        }
        (Mirrored::Head(_), Mirrored::Full(_)) | (Mirrored::Full(_), Mirrored::Head(_)) => false,
    }
}
