//! Notes and read marks.

use std::collections::BTreeSet;

use baton_protocol::command::{MarkRead, MarkUnread, NoteText};
use baton_protocol::event::EventContent;
use baton_protocol::limits::{MENTIONS_MAX, NOTE_CHARS_MAX};
use baton_protocol::{Accepted, AgentId, Fact, MessageId, Refusal};

use super::{Case, Decided, Draft, facts, nothing};

pub(super) fn note(case: &Case<'_>, note: &NoteText) -> Decided {
    let id = case.conversation.head.id;
    if note.quoted.is_some_and(|quoted| case.context.lines.find(id, quoted).is_none()) {
        return Err(Refusal::invalid("quoted", "no message of this conversation"));
    }
    let (drafts, accepted) = noted(case, "text", &note.text, note.quoted, mentioned(case, note)?)?;
    // Whoever mentions somebody learns that it reaches nobody.
    let unreached = case.context.unseeing.iter().copied().collect();
    Ok((drafts, Accepted { unreached, ..accepted }))
}

/// A note that says this of a line and calls these, as `field` of the command.
pub(super) fn noted(
    case: &Case<'_>,
    field: &str,
    text: &str,
    quoted: Option<MessageId>,
    mentions: Vec<AgentId>,
) -> Decided {
    check_text(text, field, NOTE_CHARS_MAX)?;
    let (note_id, op_id) = (case.context.fresh.note, case.command.op_id);
    let fact = Fact::NoteAdded { note_id, author: case.context.my_id(), op_id, mentions };
    let content = Some(EventContent::Note { text: Some(text.to_owned()), quoted });
    Ok((vec![Draft { fact, content }], Accepted { note_id: Some(note_id), ..Accepted::default() }))
}

/// Whom the note calls, each once.
fn mentioned(case: &Case<'_>, note: &NoteText) -> Result<Vec<AgentId>, Refusal> {
    if note.mentions.len() > MENTIONS_MAX {
        let problem = format!("names {} agents, at most {MENTIONS_MAX} fit", note.mentions.len());
        return Err(Refusal::invalid("mentions", problem));
    }
    let each: BTreeSet<_> = note.mentions.iter().copied().collect();
    for agent in &each {
        case.active(*agent, "mentions")?;
    }
    Ok(each.into_iter().collect())
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

/// The mark goes back to before this line. It moves only back: what was read later counts as well.
pub(super) fn mark_unread(case: &Case<'_>, mark: &MarkUnread) -> Decided {
    let last_seq = case.conversation.head.last_seq;
    if !(1..=last_seq).contains(&mark.seq) {
        return Err(Refusal::invalid("seq", format!("the last line is {last_seq}")));
    }
    let seq = mark.seq - 1;
    if seq >= case.context.read_seq {
        return nothing();
    }
    facts([Fact::UnreadMarked { agent_id: case.context.my_id(), seq }])
}
