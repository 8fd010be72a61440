//! What clients read beside conversations: lines with their words, notes, contacts, read marks.

use std::collections::BTreeMap;

use baton_protocol::conversation::ContactCard;
use baton_protocol::event::EventContent;
use baton_protocol::{AgentId, Author, Content, ConversationId, Event, Fact, Line, Note};

/// Lines with their texts, notes, contacts and read marks.
#[derive(Clone, Default, Debug)]
pub(crate) struct Rows {
    pub(crate) lines: BTreeMap<ConversationId, Vec<Line>>,
    pub(crate) notes: BTreeMap<ConversationId, Vec<Note>>,
    pub(crate) cards: BTreeMap<ConversationId, ContactCard>,
    pub(crate) reads: BTreeMap<(AgentId, ConversationId), u64>,
}

impl Rows {
    /// Keeps what an event says.
    pub(crate) fn keep(&mut self, event: &Event) {
        let Some(of) = event.conversation_id else { return };
        match &event.content {
            Some(EventContent::Contact(card)) => drop(self.cards.insert(of, card.clone())),
            Some(EventContent::Note { text }) => self.keep_note(of, event, text.as_ref()),
            Some(EventContent::Line(content)) => self.keep_line(of, event, content),
            None => {}
        }
        if let Fact::ReadMarked { agent_id, seq } = event.fact {
            self.reads.insert((agent_id, of), seq);
        }
        if let Fact::MessageChanged { line, status, held, error, .. } = &event.fact {
            let rows = self.lines.entry(of).or_default();
            for row in rows.iter_mut().filter(|row| row.id == line.id) {
                (row.status, row.held) = (Some(*status), *held);
                row.error.clone_from(error);
            }
        }
    }

    fn keep_note(&mut self, of: ConversationId, event: &Event, text: Option<&String>) {
        let Fact::NoteAdded { note_id, author, op_id } = event.fact else { return };
        let note = Note {
            id: note_id,
            conversation_id: of,
            author,
            at: event.at,
            revision: event.revision.unwrap_or_default(),
            text: text.cloned(),
            op_id,
        };
        self.notes.entry(of).or_default().push(note);
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "no other fact writes a line")]
    fn keep_line(&mut self, of: ConversationId, event: &Event, content: &Content) {
        let row = match &event.fact {
            Fact::LineReceived { line, kind, at, quoted, .. } => Line {
                seq: line.seq,
                id: line.id,
                author: Author::Customer,
                kind: *kind,
                at: *at,
                content: content.clone(),
                quoted: *quoted,
                status: None,
                held: None,
                error: None,
                op_id: None,
                device_id: None,
            },
            Fact::LineWritten {
                line, author, kind, at, status, quoted, op_id, device_id, ..
            } => Line {
                seq: line.seq,
                id: line.id,
                author: *author,
                kind: *kind,
                at: *at,
                content: content.clone(),
                quoted: *quoted,
                status: Some(*status),
                held: None,
                error: None,
                op_id: *op_id,
                device_id: *device_id,
            },
            _ => return,
        };
        self.lines.entry(of).or_default().push(row);
    }
}
