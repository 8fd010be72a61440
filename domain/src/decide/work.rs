//! Notes and read marks.

use baton_protocol::command::{MarkRead, NoteText};
use baton_protocol::event::EventContent;
use baton_protocol::limits::NOTE_CHARS_MAX;
use baton_protocol::{Accepted, Fact, Refusal};

use super::{Case, Decided, Draft, facts, nothing};

pub(super) fn note(case: &Case<'_>, note: &NoteText) -> Decided {
    check_note(&note.text, "text")?;
    let note_id = case.context.fresh.note;
    let fact = Fact::NoteAdded { note_id, author: case.context.my_id(), op_id: case.command.op_id };
    let content = Some(EventContent::Note { text: Some(note.text.clone()) });
    Ok((vec![Draft { fact, content }], Accepted { note_id: Some(note_id), ..Accepted::default() }))
}

pub(super) fn check_note(text: &str, field: &str) -> Result<(), Refusal> {
    check_text(text, field, NOTE_CHARS_MAX)
}

/// A text must say something, within a limit, and be storable.
pub(super) fn check_text(text: &str, field: &str, max: usize) -> Result<(), Refusal> {
    let chars = text.chars().count();
    if text.trim().is_empty() {
        return Err(Refusal::invalid(field, "must not be empty"));
    }
    if chars > max {
        return Err(Refusal::invalid(field, format!("has {chars} characters, at most {max} fit")));
    }
    if text.contains('\0') {
        return Err(Refusal::invalid(field, "must not contain NUL characters"));
    }
    Ok(())
}

/// Read marks only grow: the highest of all devices counts.
pub(super) fn mark_read(case: &Case<'_>, mark: &MarkRead) -> Decided {
    let last_seq = case.conversation.head.last_seq;
    if mark.seq > last_seq {
        return Err(Refusal::invalid("seq", format!("the last line is {last_seq}")));
    }
    if mark.seq <= case.context.read_seq {
        return nothing();
    }
    facts([Fact::ReadMarked { agent_id: case.context.my_id(), seq: mark.seq }])
}
