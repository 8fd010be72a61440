//! A line as its events tell it: how it was written, and what became of it.

use baton_protocol::event::EventContent;
use baton_protocol::{
    Amended, Amendment, Author, CoachNote, Content, Event, Fact, Line, LineKind, MessageId,
    Reaction,
};

use crate::fact::predicates::provider_rank;

/// The line that an event wrote, as a snapshot right after it would show it.
#[expect(clippy::wildcard_enum_match_arm, reason = "most facts write no line")]
pub fn written(event: &Event) -> Option<Line> {
    let content = content_of(event);
    match &event.fact {
        Fact::LineReceived { line, kind, at, quoted, .. } => Some(Line {
            seq: line.seq,
            id: line.id,
            author: Author::Customer,
            kind: *kind,
            at: *at,
            content,
            file: None,
            quoted: *quoted,
            status: None,
            held: None,
            error: None,
            op_id: None,
            device_id: None,
            leaves_at: None,
            amended: None,
        }),
        Fact::LineWritten {
            line,
            author,
            kind,
            at,
            status,
            quoted,
            op_id,
            device_id,
            leaves_at,
            ..
        } => Some(Line {
            seq: line.seq,
            id: line.id,
            author: *author,
            kind: *kind,
            at: *at,
            content,
            file: None,
            quoted: *quoted,
            status: Some(*status),
            held: None,
            error: None,
            op_id: *op_id,
            device_id: *device_id,
            leaves_at: *leaves_at,
            amended: None,
        }),
        _ => None,
    }
}

/// The coaching note that an event wrote.
pub fn coached(event: &Event) -> Option<CoachNote> {
    let Fact::Coached { note_id: id, author, agent_id, op_id } = event.fact else { return None };
    let text = match &event.content {
        Some(EventContent::Note { text, .. }) => text.clone(),
        _ => None,
    };
    let (at, position) = (event.at, event.position);
    Some(CoachNote { id, author, agent_id, at, position, text, op_id })
}

fn content_of(event: &Event) -> Content {
    match &event.content {
        Some(EventContent::Line(content)) => content.clone(),
        _ => Content { erased: true, ..Content::default() },
    }
}

/// Changes the line that an event is about. The caller looks it up.
#[expect(clippy::wildcard_enum_match_arm, reason = "most facts change no line")]
pub fn change(line: &mut Line, event: &Event) {
    match &event.fact {
        Fact::MessageChanged { status, held, error, .. } => {
            line.leaves_at = None;
            line.status = Some(*status);
            line.held = *held;
            line.error.clone_from(error);
        }
        Fact::LineAmended { amendment, .. } => {
            amend(line.amended.get_or_insert_default(), *amendment, event.content.as_ref());
            hide(line);
        }
        Fact::FileChanged { file, .. } => {
            line.file = Some(*file);
            hide(line);
        }
        Fact::LineUnderstood { kind, .. } => {
            line.kind = *kind;
            line.content = content_of(event);
            hide(line);
        }
        _ => {}
    }
}

/// Leaves out what a line said that was taken back.
pub fn hide(line: &mut Line) {
    if line.amended.as_ref().is_some_and(|amended| amended.revoked.is_some()) {
        (line.content, line.file) = (Content::default(), None);
    }
}

/// Leaves out what edits of this line said, where it was taken back: they are lines of their own.
pub fn hide_edits<'a>(of: &Line, lines: impl IntoIterator<Item = &'a mut Line>) {
    if of.amended.as_ref().is_none_or(|amended| amended.revoked.is_none()) {
        return;
    }
    let edits = lines.into_iter().filter(|line| is_edit_of(line, of.id));
    edits.for_each(|edit| (edit.content, edit.file) = (Content::default(), None));
}

/// Whether a line has new words for another one.
pub fn is_edit_of(line: &Line, of: MessageId) -> bool {
    line.kind == LineKind::Edit && line.quoted == Some(of)
}

/// Folds one change into what became of a line.
pub fn amend(amended: &mut Amended, amendment: Amendment, content: Option<&EventContent>) {
    match amendment {
        Amendment::Edited(change) => amended.edited = Some(change),
        Amendment::Revoked(change) => amended.revoked = Some(change),
        Amendment::Reacted { by, at } => {
            let emoji = emoji(content).map(str::to_owned);
            amended.reactions.retain(|reaction| !is_same_side(reaction.by, by));
            amended.reactions.push(Reaction { by, at, emoji });
        }
        Amendment::Received(receipt) => {
            amended.receipts.retain(|known| known.participant != receipt.participant);
            amended.receipts.push(receipt);
        }
        Amendment::Forwarded => amended.forwarded = amended.forwarded.saturating_add(1),
    }
}

fn emoji(content: Option<&EventContent>) -> Option<&str> {
    let EventContent::Reaction { emoji } = content? else { return None };
    Some(emoji)
}

/// Whether a change says more than is known: each side has one reaction to a line, the newest,
/// and deliveries may overtake one another.
pub fn is_news(amended: Option<&Amended>, amendment: Amendment, emoji: Option<&str>) -> bool {
    let Some(amended) = amended else { return true };
    match amendment {
        Amendment::Edited(change) => amended.edited.is_none_or(|known| known.at <= change.at),
        Amendment::Revoked(_) => amended.revoked.is_none(),
        Amendment::Reacted { by, at } => {
            let known = amended.reactions.iter().find(|known| is_same_side(known.by, by));
            known.is_none_or(|known| known.at <= at && known.emoji.as_deref() != emoji)
        }
        Amendment::Received(receipt) => {
            let mut known = amended.receipts.iter();
            let known = known.find(|known| known.participant == receipt.participant);
            // What arrived has not failed.
            known.is_none_or(|known| provider_rank(known.status) < provider_rank(receipt.status))
        }
        Amendment::Forwarded => true,
    }
}

/// Whether two authors are on one side of the conversation: the customer's, or the business's.
pub fn is_same_side(a: Author, b: Author) -> bool {
    (a == Author::Customer) == (b == Author::Customer)
}
