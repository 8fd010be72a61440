//! An inbound message is a command of its channel: it is never refused.
//!
//! An edit or revocation takes a number like any line, since it changes what was said.

use baton_protocol::conversation::{ContactCard, Move};
use baton_protocol::event::EventContent;
use baton_protocol::limits::{MOVES_MAX, WINDOW_MS};
use baton_protocol::{
    Amendment, Author, Change, ContactId, Conversation, Fact, LineKind, LineRef, MessageId,
    MessageStatus, Status, Timestamp, Turn,
};

use super::{Draft, block, opened};
use crate::context::LineFacts;
use crate::fact::inbound::{InboundMessage, Moved, Sender};
use crate::fact::language;
use crate::fact::line::{is_news, is_same_side};
use crate::fact::predicates::says_something;
use crate::fact::survey;
use crate::text::naming;
use crate::text::shown::shows;

/// The contact's card with what a message of that time says of its sender; `None` when nothing
/// changed. What the message leaves out stays, unless it is a name that shows nothing. A late
/// message brings no former number back.
pub fn card(old: &ContactCard, sender: &Sender, said_at: Timestamp) -> Option<ContactCard> {
    let has_left = |number: &String| {
        old.moves.iter().any(|known| known.from.as_ref() == Some(number) && known.at >= said_at)
    };
    let number = sender.wa_id.clone().filter(|number| !has_left(number));
    let name = sender.name.clone().or_else(|| naming::own(old).map(str::to_owned));
    let new = ContactCard {
        phone: number.or_else(|| old.phone.clone()),
        username: sender.username.clone().or_else(|| old.username.clone()),
        ..naming::called(old.clone(), name.filter(|name| shows(name)))
    };
    (new != *old).then_some(new)
}

/// The contact's card with what WhatsApp says of their new number or user id; `None` where that is
/// known. Of one moment there is one change, however often and in however many parts it is told.
pub fn moved(old: &ContactCard, moved: &Moved, now: Timestamp) -> Option<ContactCard> {
    let at = moved.at.min(now);
    let from = moved.from.wa_id.clone().or_else(|| old.phone.clone());
    let to = moved.to.wa_id.clone().filter(|to| moved.from.wa_id.as_ref() != Some(to));
    let newest = old.moves.last();
    // Without a time of WhatsApp's it is known by what it says.
    if to.is_some() && to == old.phone && newest.is_some_and(|newest| newest.to == to) {
        return None;
    }
    let is_newest = newest.is_none_or(|newest| newest.at <= at);
    let mut new = old.clone();
    let (from, to) = match to {
        Some(to) => (from.filter(|from| *from != to), Some(to)),
        None => (None, None),
    };
    match new.moves.iter_mut().find(|known| known.at == at) {
        Some(known) if known.to.is_some() || to.is_none() => return None,
        Some(known) => (known.from, known.to) = (from, to.clone()),
        None => {
            new.moves.push(Move { from, to: to.clone(), at });
            new.moves.sort_by_key(|known| known.at);
            new.moves.drain(..new.moves.len().saturating_sub(MOVES_MAX));
        }
    }
    if is_newest {
        new.phone = to.or(new.phone);
    }
    (new != *old).then_some(new)
}

/// The contact's name or number changed.
pub fn contact_changed(contact_id: ContactId, card: ContactCard) -> Draft {
    let content = Some(EventContent::Contact(card));
    Draft { fact: Fact::ContactChanged { contact_id }, content }
}

/// Whether a line of this kind can be edited and taken back.
pub fn can_change(kind: LineKind) -> bool {
    says_something(kind) || kind == LineKind::Unreadable
}

/// What a line that edits or takes back an earlier one does there. Only its own side's words can
/// be changed, and only what says something.
pub fn change_of(
    target: &LineFacts,
    message: &InboundMessage,
    author: Author,
    change: Change,
) -> Option<Draft> {
    if !is_same_side(target.author, author) || !can_change(target.kind) {
        return None;
    }
    if message.kind == LineKind::Edit {
        return amended(target, Amendment::Edited(change), None);
    }
    (message.kind == LineKind::Revocation)
        .then(|| amended(target, Amendment::Revoked(change), None))
        .flatten()
}

/// A change of an earlier line; `None` when it says nothing new.
pub fn amended(target: &LineFacts, amendment: Amendment, emoji: Option<String>) -> Option<Draft> {
    if !is_news(target.amended.as_deref(), amendment, emoji.as_deref()) {
        return None;
    }
    let fact = Fact::LineAmended { line: target.line, amendment };
    Some(Draft { fact, content: emoji.map(|emoji| EventContent::Reaction { emoji }) })
}

/// A line is read anew: what it says stands at its place.
pub fn understood(line: LineRef, message: &InboundMessage) -> Draft {
    Draft {
        fact: Fact::LineUnderstood { line, kind: message.kind },
        content: Some(EventContent::Line(message.content.clone())),
    }
}

/// A customer's act: the next line. It opens an episode after `resolved`, ends waiting and
/// snoozed, opens the turn and extends the window. Of a blocked customer it extends the window
/// alone. A group has no window. What takes an earlier line back does nothing of that.
pub fn customer_line(
    conversation: &Conversation,
    message: &InboundMessage,
    id: MessageId,
    quoted: Option<MessageId>,
    now: Timestamp,
) -> Vec<Draft> {
    let mut drafts = Vec::new();
    // A time in the future would hold the window open for ever.
    let said_at = message.at.min(now);
    let line = LineRef { seq: conversation.head.last_seq + 1, id };
    let is_blocked = conversation.thread.block.is_some();
    let is_tap = !is_blocked && survey::is_tap(&message.content);
    // Nothing is asked by a tap, nor by taking something back.
    let is_quiet = is_tap || message.kind == LineKind::Revocation;
    match conversation.head.status {
        _ if is_quiet && !is_blocked => {}
        _ if is_blocked => drafts.extend(block::again(conversation)),
        Status::Open if conversation.head.episode > 0 => {}
        Status::Open | Status::Resolved => {
            drafts.push(opened(&conversation.head).into());
        }
        Status::Waiting | Status::Snoozed { .. } => drafts.push(
            Fact::StatusChanged {
                status: Status::Open,
                turn: conversation.thread.turn,
                outcome: None,
            }
            .into(),
        ),
    }
    let opened = Turn { from_seq: line.seq, since: said_at };
    let turn = (!is_blocked).then(|| conversation.thread.turn.unwrap_or(opened));
    let turn = if is_quiet { conversation.thread.turn } else { turn };
    let window_until = window(conversation, message, said_at);
    // Before the message: rules that it wakes know the language.
    drafts.extend(language::heard(conversation, message.language));
    drafts.push(Draft {
        fact: Fact::LineReceived {
            line,
            kind: message.kind,
            at: message.at,
            quoted,
            turn,
            window_until,
        },
        content: Some(EventContent::Line(message.content.clone())),
    });
    drafts.extend(survey::answer(conversation, &message.content, now).filter(|_| is_tap));
    drafts
}

/// The end of the window once this was said. What takes something back does not extend it for
/// certain.
fn window(
    conversation: &Conversation,
    message: &InboundMessage,
    said_at: Timestamp,
) -> Option<Timestamp> {
    let old = conversation.thread.window_until;
    if message.kind == LineKind::Revocation {
        return old;
    }
    let new = said_at.plus_ms(WINDOW_MS);
    let new = old.map_or(new, |old| old.max(new));
    Some(new).filter(|_| conversation.thread.kind.is_contact())
}

/// Said on the phone app that shares the number: somebody else's answer, which closes the turn,
/// unless it says nothing of its own. The window stays as it is.
pub fn echo_line(
    conversation: &Conversation,
    message: &InboundMessage,
    id: MessageId,
    quoted: Option<MessageId>,
    now: Timestamp,
) -> Vec<Draft> {
    let mut drafts = Vec::new();
    if conversation.head.episode == 0 {
        drafts.push(opened(&conversation.head).into());
    }
    drafts.push(Draft {
        fact: Fact::LineWritten {
            line: LineRef { seq: conversation.head.last_seq + 1, id },
            author: Author::PhoneApp,
            kind: message.kind,
            at: message.at.min(now),
            status: MessageStatus::Sent,
            seen: None,
            quoted,
            op_id: None,
            device_id: None,
            // What changes an earlier message says nothing to the customer.
            turn: conversation.thread.turn.filter(|_| !says_something(message.kind)),
            lease_ignored_of: None,
            leaves_at: None,
            canned: None,
            bot: false,
        },
        content: Some(EventContent::Line(message.content.clone())),
    });
    drafts
}
