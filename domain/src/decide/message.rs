//! Acts of people on messages that went astray: resend, `mark_sent`, cancel.

use baton_protocol::command::Resend;
use baton_protocol::{Author, Fact, MessageId, MessageStatus, Refusal, Role, Seen, Status};

use super::{Case, Decided, facts, fence, nothing, reply, turn};
use crate::context::LineFacts;

/// How long an unconfirmed message has for a status to arrive before people may act.
const UNCONFIRMED_MS: i64 = 60_000;

pub(super) fn resend(case: &Case<'_>, resend: &Resend) -> Decided {
    let message = outgoing(case, resend.message_id)?;
    check_unconfirmed(case, message)?;
    case.may_answer()?;
    fence::check(case, resend.seen)?;
    reply::check_window(case)?;
    facts([changed(case, message, MessageStatus::Queued, resend.seen)])
}

pub(super) fn mark_sent(case: &Case<'_>, id: MessageId) -> Decided {
    let message = outgoing(case, id)?;
    check_unconfirmed(case, message)?;
    case.may_answer()?;
    facts([changed(case, message, MessageStatus::Sent, None)])
}

pub(super) fn cancel(case: &Case<'_>, id: MessageId) -> Decided {
    let message = outgoing(case, id)?;
    let mine = message.author == Author::Agent { id: case.context.my_id() };
    let role = case.context.author.sight.viewer.role;
    if !mine && !case.context.owns(case.conversation) && role < Role::Supervisor {
        return Err(Refusal::NotAllowed);
    }
    match message.status {
        Some(MessageStatus::Cancelled) => nothing(),
        Some(MessageStatus::Queued) => facts(withdrawn(case, message)),
        // Being held or failing has opened the turn already; who resolved since then meant it.
        Some(MessageStatus::Held | MessageStatus::Failed) => {
            facts([changed(case, message, MessageStatus::Cancelled, None)])
        }
        _ => Err(Refusal::NotAllowed),
    }
}

/// The customer has no answer: what was resolved meanwhile becomes a new episode.
fn withdrawn(case: &Case<'_>, message: &LineFacts) -> Vec<Fact> {
    let open = turn::reopened(case.conversation, case.context.lines, &[message]);
    let mut all = Vec::new();
    if open.is_some() && case.conversation.head.status == Status::Resolved {
        all.push(case.next_episode());
    }
    let mut cancelled = changed(case, message, MessageStatus::Cancelled, None);
    if let Fact::MessageChanged { turn, .. } = &mut cancelled {
        *turn = open;
    }
    all.push(cancelled);
    all
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
        return Err(Refusal::RateLimited { retry_after_ms });
    }
    Ok(())
}

fn changed(case: &Case<'_>, message: &LineFacts, status: MessageStatus, seen: Seen) -> Fact {
    let turn = case.conversation.thread.turn;
    let (line, attempt) = (message.line, message.attempt);
    Fact::MessageChanged { line, status, attempt, held: None, error: None, turn, seen }
}
