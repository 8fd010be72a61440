//! Coaching: what somebody who supervises tells the owner, and nobody else.

use baton_protocol::event::EventContent;
use baton_protocol::limits::NOTE_CHARS_MAX;
use baton_protocol::{Accepted, Coach, Fact, Refusal};

use super::work::check_text;
use super::{Case, Decided, Draft};

pub(super) fn coach(case: &Case<'_>, coach: &Coach) -> Decided {
    let author = case.context.my_id();
    if !case.context.supervises(case.conversation) {
        return Err(Refusal::NotAllowed);
    }
    case.check_owner_epoch(coach.expect_owner_epoch)?;
    check_text(&coach.text, "text", NOTE_CHARS_MAX)?;
    let owner = case.conversation.head.owner.agent();
    // A queue cannot be coached, nor does anybody coach themselves.
    let agent_id = owner.filter(|agent| *agent != author).ok_or(Refusal::NotAllowed)?;
    let (note_id, op_id) = (case.context.fresh.note, case.command.op_id);
    let fact = Fact::Coached { note_id, author, agent_id, op_id };
    let content = Some(EventContent::Note { text: Some(coach.text.clone()), quoted: None });
    Ok((vec![Draft { fact, content }], Accepted { note_id: Some(note_id), ..Accepted::default() }))
}
