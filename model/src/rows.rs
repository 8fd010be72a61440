//! What clients read beside conversations: lines with their words, notes, contacts, read marks.

use std::collections::BTreeMap;

use baton_domain::fact::line::{change, written};
use baton_protocol::conversation::ContactCard;
use baton_protocol::event::EventContent;
use baton_protocol::{AgentId, ConversationId, Event, Fact, Line, MessageId, Note};

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
            Some(EventContent::Note { text, quoted }) => {
                self.keep_note(of, event, text.as_ref(), *quoted);
            }
            Some(
                EventContent::Line(_)
                | EventContent::Reaction { .. }
                | EventContent::Setting(_)
                | EventContent::Outcome(_)
                | EventContent::Unknown(_),
            )
            | None => {}
        }
        let rows = self.lines.entry(of).or_default();
        rows.extend(written(event));
        if let Fact::MessageChanged { line, .. }
        | Fact::LineAmended { line, .. }
        | Fact::FileChanged { line, .. }
        | Fact::LineUnderstood { line, .. } = &event.fact
        {
            rows.iter_mut().filter(|row| row.id == line.id).for_each(|row| change(row, event));
        }
        if let Fact::ReadMarked { agent_id, seq } | Fact::UnreadMarked { agent_id, seq } =
            event.fact
        {
            self.reads.insert((agent_id, of), seq);
        }
    }

    fn keep_note(
        &mut self,
        of: ConversationId,
        event: &Event,
        text: Option<&String>,
        quoted: Option<MessageId>,
    ) {
        let Fact::NoteAdded { note_id, author, op_id, .. } = event.fact else { return };
        let note = Note {
            id: note_id,
            conversation_id: of,
            author,
            at: event.at,
            revision: event.revision.unwrap_or_default(),
            text: text.cloned(),
            quoted,
            op_id,
        };
        self.notes.entry(of).or_default().push(note);
    }
}
