//! Acts of people on messages that wait or went astray: resend, `mark_sent`, cancel, `send_now`.

use baton_protocol::command::Resend;
use baton_protocol::{
    Accepted, AgentId, Author, Fact, LineKind, MessageId, MessageStatus, Refusal, Seen,
};

use super::{Case, Decided, delivery, facts, nothing, reply};
use crate::context::LineFacts;
use crate::fact::predicates::needs_review;

/// The time that a status may take to arrive before people may act on an unconfirmed message.
const UNCONFIRMED_MS: i64 = 60_000;

pub(super) fn resend(case: &Case<'_>, resend: &Resend) -> Decided {
    let message = outgoing(case, resend.message_id)?;
    check_unconfirmed(case, message)?;
    let (mut drafts, lease_ignored_of) =
        reply::answers(case, message.kind, resend.seen, resend.ignore_lease)?;
    if message.kind != LineKind::Template {
        reply::check_window(case)?;
    }
    let status = MessageStatus::Queued;
    drafts.push(changed(case, message, status, resend.seen, lease_ignored_of).into());
    Ok((drafts, Accepted::default()))
}

pub(super) fn mark_sent(case: &Case<'_>, id: MessageId) -> Decided {
    let message = outgoing(case, id)?;
    check_unconfirmed(case, message)?;
    case.may_answer()?;
    facts([changed(case, message, MessageStatus::Sent, None, None)])
}

pub(super) fn cancel(case: &Case<'_>, id: MessageId) -> Decided {
    let message = outgoing(case, id)?;
    may_withdraw(case, message)?;
    match message.status {
        Some(MessageStatus::Cancelled) => nothing(),
        Some(MessageStatus::Queued | MessageStatus::Held | MessageStatus::Failed) => {
            let drafts = delivery::withdraw(case.conversation, case.context.lines, message);
            Ok((drafts, Accepted::default()))
        }
        Some(_) | None => Err(Refusal::NotAllowed),
    }
}

/// Ends the time in which a message can be taken back. Once it is over nothing has to change.
pub(super) fn send_now(case: &Case<'_>, id: MessageId) -> Decided {
    let message = outgoing(case, id)?;
    if message.author != (Author::Agent { id: case.context.my_id() }) {
        return Err(Refusal::NotAllowed);
    }
    // What was taken back, held or lost does not leave by itself any more.
    if message.status.is_some_and(needs_review) {
        return Err(Refusal::NotAllowed);
    }
    if message.leaves_at.is_none() {
        return nothing();
    }
    facts([changed(case, message, MessageStatus::Queued, None, None)])
}

/// Its author, the owner (an agent who takes it from the queue becomes that) and supervisors.
pub(super) fn may_withdraw(case: &Case<'_>, message: &LineFacts) -> Result<(), Refusal> {
    let mine = message.author == Author::Agent { id: case.context.my_id() };
    if mine || case.context.owns(case.conversation) || case.context.supervises(case.conversation) {
        return Ok(());
    }
    Err(Refusal::NotAllowed)
}

fn outgoing<'a>(case: &'a Case<'_>, id: MessageId) -> Result<&'a LineFacts, Refusal> {
    case.context
        .lines
        .find(case.conversation.head.id, id)
        .filter(|facts| facts.status.is_some())
        .ok_or_else(|| Refusal::invalid("message_id", "no outgoing message of this conversation"))
}

fn check_unconfirmed(case: &Case<'_>, message: &LineFacts) -> Result<(), Refusal> {
    let waited_ms = case.now.since(message.status_at);
    if message.status != Some(MessageStatus::Unconfirmed) {
        return Err(Refusal::invalid("message_id", "this message's outcome is not unknown"));
    }
    if waited_ms < UNCONFIRMED_MS {
        let retry_after_ms = u64::try_from(UNCONFIRMED_MS - waited_ms).unwrap_or(0);
        return Err(Refusal::TooSoon { retry_after_ms });
    }
    Ok(())
}

fn changed(
    case: &Case<'_>,
    message: &LineFacts,
    status: MessageStatus,
    seen: Seen,
    lease_ignored_of: Option<AgentId>,
) -> Fact {
    Fact::MessageChanged {
        line: message.line,
        status,
        attempt: message.attempt,
        held: None,
        error: None,
        turn: case.conversation.thread.turn,
        seen,
        lease_ignored_of,
        last_answer: None,
        of_earlier: false,
    }
}
