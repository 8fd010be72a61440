//! Who is one person. A contact is of one number, and people write to several numbers. Or they come
//! with a number here and a user id there.
//!
//! A link joins no conversations and moves no line. Whoever reads one conversation sees where else
//! the same person is answered, and by whom. Taking it back leaves what was there before.

use baton_protocol::command::{Link, NameContact};
use baton_protocol::{Accepted, ContactId, Conversation, Fact, Refusal};

use super::{Case, Decided, Draft, facts, nothing, receive};
use crate::fact::scope::{Level, Scope};
use crate::text::{names, naming};

pub(super) fn link(case: &Case<'_>, link: &Link) -> Decided {
    let here = case.conversation;
    may_say(case)?;
    if link.with == here.head.id {
        return Err(Refusal::invalid("with", "is this conversation itself"));
    }
    let sight = case.context.author.sight;
    let other = case.context.other.filter(|of| sight.level(Scope::of(&of.head)) == Level::Full);
    let other = other.ok_or_else(|| Refusal::invalid("with", "is none that you may read"))?;
    if other.thread.kind.is_group() {
        return Err(Refusal::invalid("with", "is a group"));
    }
    let (mine, theirs) = (here.thread.contact_id, other.thread.contact_id);
    if here.thread.person == Some(theirs) || other.thread.person == Some(mine) {
        return nothing();
    }
    if is_linked(here) {
        let problem = "this customer is linked already; unlink them first, or link the other one";
        return Err(Refusal::invalid("with", problem));
    }
    facts([Fact::PersonChanged { person: theirs }])
}

/// What is undone is not done again by what WhatsApp says: they are nobody else from here on.
pub(super) fn unlink(case: &Case<'_>) -> Decided {
    may_say(case)?;
    if !is_linked(case.conversation) {
        return nothing();
    }
    facts([Fact::PersonChanged { person: case.conversation.thread.contact_id }])
}

/// A name of the team's own. Groups are called by their subject.
pub(super) fn name(case: &Case<'_>, name: &NameContact) -> Decided {
    may_say(case)?;
    let invalid = |problem| Refusal::invalid("name", problem);
    let given = name.name.as_deref().map(names::name).transpose().map_err(invalid)?;
    let Some(card) = case.context.card else { return nothing() };
    let new = naming::named(card, given);
    if new == *card {
        return nothing();
    }
    let changed = receive::contact_changed(case.conversation.thread.contact_id, new);
    Ok((vec![changed], Accepted::default()))
}

fn may_say(case: &Case<'_>) -> Result<(), Refusal> {
    if case.conversation.thread.kind.is_group() {
        return Err(Refusal::invalid("conversation_id", "is a group: only customers are linked"));
    }
    if case.context.supervises(case.conversation) { Ok(()) } else { case.may_answer() }
}

fn is_linked(of: &Conversation) -> bool {
    of.thread.person.is_some_and(|person| person != of.thread.contact_id)
}

/// WhatsApp names this customer by a name of another contact as well. What people said of them
/// stands.
pub fn told(conversation: &Conversation, twin: ContactId) -> Option<Draft> {
    let thread = &conversation.thread;
    let is_news = thread.person.is_none() && twin != thread.contact_id && !thread.kind.is_group();
    is_news.then(|| Fact::PersonChanged { person: twin }.into())
}
