//! A conversation in full: its facts, its newest lines and notes, kept as a snapshot would give
//! them.

use std::collections::BTreeMap;

use baton_protocol::conversation::{ContactCard, ConversationView};
use baton_protocol::event::EventContent;
use baton_protocol::limits::{COACHING_MAX, NOTES_MAX};
use baton_protocol::{
    Amendment, Author, CoachNote, ConversationId, Event, Fact, Line, LineKind, Note,
};

use crate::fact::apply::{apply, begin};
use crate::fact::line::{change, hide_edits, written};

/// A conversation with its newest lines and notes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Full {
    /// The row of the inbox.
    pub view: ConversationView,
    /// One unbroken run of lines, by seq.
    pub lines: BTreeMap<u64, Line>,
    /// Notes of the same stretch, by revision: the newest, as a snapshot would give them.
    pub notes: BTreeMap<u64, Note>,
    /// The newest coaching notes that are for the viewer to see, by position.
    pub coaching: BTreeMap<u64, CoachNote>,
    /// The seq of the first line held. Older lines can be read from the server.
    pub from_seq: u64,
}

impl Full {
    pub(super) fn new(
        view: ConversationView,
        from_seq: u64,
        lines: Vec<Line>,
        notes: Vec<Note>,
        coaching: Vec<CoachNote>,
    ) -> Self {
        let lines = lines.into_iter().map(|line| (line.seq, line)).collect();
        let notes = notes.into_iter().map(|note| (note.revision, note)).collect();
        let mut full = Self { view, lines, notes, coaching: BTreeMap::new(), from_seq };
        full.hide_edits();
        full.keep_newest_notes();
        full.coached(coaching);
        full
    }

    /// Leaves out what edits said whose line was taken back; an older server did not say so.
    pub fn hide_edits(&mut self) {
        let is_gone = |line: &&Line| line.amended.as_ref().is_some_and(|one| one.revoked.is_some());
        let gone: Vec<Line> = self.lines.values().filter(is_gone).cloned().collect();
        for line in gone {
            hide_edits(&line, self.lines.values_mut().chain(&mut self.view.preview));
        }
    }

    pub(super) fn unread_lines(&self) -> u64 {
        let (read, upto) = (self.view.read_seq, self.view.conversation.thread.customer_seq);
        let Some(first) = read.checked_add(1).filter(|first| *first <= upto) else { return 0 };
        let not_held = self.from_seq.min(upto.saturating_add(1)).saturating_sub(first);
        let is_said = |line: &&Line| {
            line.author == Author::Customer
                && line.kind != LineKind::Revocation
                && line.amended.as_ref().is_none_or(|amended| amended.revoked.is_none())
        };
        let held = self.lines.range(first..=upto).map(|(_, line)| line).filter(is_said);
        not_held.saturating_add(held.count() as u64)
    }

    /// A conversation that begins with this event.
    pub(super) fn begun(id: ConversationId, event: &Event) -> Option<Self> {
        let conversation = begin(id, event)?;
        let contact = ContactCard::default();
        let view = ConversationView { conversation, contact, preview: None, read_seq: 0 };
        Some(Self::new(view, 1, Vec::new(), Vec::new(), Vec::new()))
    }

    /// Older ones are read from the server, page by page.
    fn keep_newest_notes(&mut self) {
        while self.notes.len() > NOTES_MAX {
            self.notes.pop_first();
        }
    }

    /// Adds coaching notes. They make no revision: each is known by its position.
    pub(super) fn coached(&mut self, notes: impl IntoIterator<Item = CoachNote>) {
        self.coaching.extend(notes.into_iter().map(|note| (note.position, note)));
        while self.coaching.len() > COACHING_MAX {
            self.coaching.pop_first();
        }
    }

    /// Read marks only grow.
    pub(super) fn read_upto(&mut self, seq: u64) {
        self.view.read_seq = self.view.read_seq.max(seq);
    }

    /// Lines above this one count as unread again.
    pub(super) fn unread_from(&mut self, seq: u64) {
        self.view.read_seq = self.view.read_seq.min(seq);
    }

    /// Applies the next event of this conversation.
    #[expect(clippy::wildcard_enum_match_arm, reason = "most facts are of the head alone")]
    pub(super) fn apply(&mut self, event: &Event) {
        apply(&mut self.view.conversation, event);
        if let Some(line) = written(event) {
            let is_edit = line.kind == LineKind::Edit;
            self.view.preview = Some(line.clone());
            self.lines.insert(line.seq, line);
            if is_edit {
                self.hide_edits();
            }
        }
        match &event.fact {
            Fact::MessageChanged { line, .. }
            | Fact::LineAmended { line, .. }
            | Fact::FileChanged { line, .. }
            | Fact::LineUnderstood { line, .. } => {
                let held = self.lines.get_mut(&line.seq).filter(|held| held.id == line.id);
                let preview = self.view.preview.as_mut().filter(|held| held.id == line.id);
                for held in held.into_iter().chain(preview) {
                    change(held, event);
                }
                if matches!(event.fact, Fact::LineAmended { amendment: Amendment::Revoked(_), .. })
                {
                    self.hide_edits();
                }
            }
            Fact::NoteAdded { .. } => {
                if let Some(note) = note_of(event) {
                    self.notes.insert(note.revision, note);
                    self.keep_newest_notes();
                }
            }
            Fact::ContactChanged { .. } => {
                self.view.contact = match &event.content {
                    Some(EventContent::Contact(card)) => card.clone(),
                    _ => ContactCard::default(),
                };
            }
            _ => {}
        }
    }
}

fn note_of(event: &Event) -> Option<Note> {
    let Fact::NoteAdded { note_id, author, op_id, .. } = &event.fact else { return None };
    let (text, quoted) = match &event.content {
        Some(EventContent::Note { text, quoted }) => (text.clone(), *quoted),
        _ => (None, None),
    };
    Some(Note {
        id: *note_id,
        conversation_id: event.conversation_id?,
        author: *author,
        at: event.at,
        revision: event.revision?,
        text,
        quoted,
        op_id: *op_id,
    })
}
