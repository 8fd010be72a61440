//! A reply: owner, lease, fence, window, then a line.

use baton_protocol::command::{CannedUse, Reply, Send};
use baton_protocol::event::EventContent;
use baton_protocol::limits::TEXT_CHARS_MAX;
use baton_protocol::{
    Accepted, AgentId, Author, Content, Fact, FileState, LineKind, LineRef, MessageId,
    MessageStatus, Owner, OwnerCause, Refusal, Seen, Status,
};

use super::{Case, Decided, Draft, delivery, fence, message, sendable, work};
use crate::fact::planted::{Bug, is_planted};
use crate::fact::predicates::{provider_rank, says_something};
use crate::fact::upload::Uploaded;

pub(super) fn decide(case: &Case<'_>, reply: &Reply) -> Decided {
    case.check_signed(&reply.text, TEXT_CHARS_MAX)?;
    let text = Some(reply.text.clone());
    let answer = OutgoingMessage {
        kind: LineKind::Text,
        content: Content { text, ..Content::default() },
        seen: reply.seen,
        quoted: reply.quoted,
        replaces: reply.replaces,
        ignore_lease: reply.ignore_lease,
        canned: reply.canned,
    };
    write(case, answer)
}

pub(super) fn send(case: &Case<'_>, send: &Send) -> Decided {
    let (kind, content) = sendable::line(case, send)?;
    let upload = case.context.upload.filter(|_| case.command.body.upload().is_some());
    let file = upload.map(|upload| {
        let Uploaded { bytes, picture, sound, .. } = *upload;
        FileState::Stored { bytes, picture, sound }
    });
    let answer = OutgoingMessage {
        kind,
        content,
        seen: send.seen,
        quoted: send.quoted,
        replaces: send.replaces,
        ignore_lease: send.ignore_lease,
        canned: send.canned,
    };
    let (mut drafts, accepted) = write(case, answer)?;
    // Its file is here since it was uploaded.
    if let Some((file, line)) = file.zip(accepted.line) {
        drafts.push(Fact::FileChanged { line, file }.into());
    }
    Ok((drafts, accepted))
}

/// The message for the customer, and the last line its author had seen.
pub(super) struct OutgoingMessage {
    pub(super) kind: LineKind,
    pub(super) content: Content,
    pub(super) seen: Seen,
    pub(super) quoted: Option<MessageId>,
    pub(super) replaces: Option<MessageId>,
    pub(super) ignore_lease: bool,
    pub(super) canned: Option<CannedUse>,
}

pub(super) fn write(case: &Case<'_>, answer: OutgoingMessage) -> Decided {
    if case.conversation.thread.kind.is_group() {
        check_for_group(answer.kind)?;
    }
    check_quoted(case, answer.quoted)?;
    check_canned(case, answer.canned)?;
    let is_reaction = answer.kind == LineKind::Reaction;
    if is_reaction {
        check_reacted(case, answer.quoted)?;
    }
    let (mut drafts, lease_ignored_of) =
        answers(case, answer.kind, answer.seen, answer.ignore_lease)?;
    if answer.kind != LineKind::Template {
        check_window(case)?;
    }
    drafts.extend(replaced(case, answer.replaces)?);
    let seq = case.conversation.head.last_seq + 1;
    let line = LineRef { seq, id: case.context.fresh.message };
    let fact = Fact::LineWritten {
        line,
        author: Author::Agent { id: case.context.my_id() },
        kind: answer.kind,
        at: case.now,
        status: MessageStatus::Queued,
        seen: answer.seen,
        quoted: answer.quoted,
        op_id: Some(case.command.op_id),
        device_id: Some(case.context.author.device),
        turn: case.conversation.thread.turn.filter(|_| is_reaction || case.context.is_bot),
        lease_ignored_of,
        leaves_at: (case.context.hold_ms > 0 && !is_reaction && !case.context.is_bot)
            .then(|| case.now.plus_ms(case.context.hold_ms)),
        canned: answer.canned,
        bot: case.context.is_bot,
    };
    drafts.push(Draft { fact, content: Some(EventContent::Line(answer.content)) });
    let accepted =
        Accepted { line: Some(line), status: Some(MessageStatus::Queued), ..Accepted::default() };
    Ok((drafts, accepted))
}

/// The changes of an answer beside its line, and the colleague whose lease its author ignored. A
/// reaction has neither: it belongs to one message, also when newer lines came or a colleague
/// writes.
pub(super) fn answers(
    case: &Case<'_>,
    kind: LineKind,
    seen: Seen,
    ignore_lease: bool,
) -> Result<(Vec<Draft>, Option<AgentId>), Refusal> {
    if kind == LineKind::Reaction {
        return case.may_answer().map(|()| (Vec::new(), None));
    }
    let drafts = if is_trusted(case) { Vec::new() } else { take_over(case)? };
    let lease_ignored_of = check_lease(case, ignore_lease)?;
    if !is_trusted(case) {
        fence::check(case, seen)?;
    }
    Ok((drafts, lease_ignored_of))
}

/// With the planted bug, the author holds the lease: nothing else is asked.
fn is_trusted(case: &Case<'_>) -> bool {
    let mine = case.context.lease.is_some_and(|lease| lease.agent_id == case.context.my_id());
    is_planted(Bug::LockTrusted) && mine && case.conversation.head.status != Status::Resolved
}

/// Sending to what nobody owns makes it the author's; to what is resolved, opens a new episode.
fn take_over(case: &Case<'_>) -> Result<Vec<Draft>, Refusal> {
    case.may_answer()?;
    let mut drafts = Vec::new();
    if case.conversation.head.status == Status::Resolved {
        drafts.push(case.next_episode().into());
    }
    if matches!(case.conversation.head.owner, Owner::Queue(_)) {
        case.check_pick()?;
        drafts.push(case.taken_by_author(OwnerCause::Replied)?.into());
    }
    Ok(drafts)
}

/// The colleague whose lease was ignored, if the author said so.
fn check_lease(case: &Case<'_>, ignore: bool) -> Result<Option<AgentId>, Refusal> {
    let other = case.context.lease.filter(|lease| lease.agent_id != case.context.my_id());
    match other {
        Some(lease) if ignore => Ok(Some(lease.agent_id)),
        Some(lease) => Err(Refusal::BeingAnswered { holder: lease.agent_id, since: lease.since }),
        None => Ok(None),
    }
}

impl Case<'_> {
    /// A text that leaves under its author's name, where the number tells it.
    pub(super) fn check_signed(&self, text: &str, max: usize) -> Result<(), Refusal> {
        work::check_text(text, "text", max)?;
        let (chars, name) = (text.chars().count(), self.context.signature_chars);
        if chars + name > max {
            let problem = format!(
                "has {chars} characters, at most {} fit beside the name above it",
                max.saturating_sub(name)
            );
            return Err(Refusal::invalid("text", problem));
        }
        Ok(())
    }
}

/// WhatsApp takes nothing else for groups.
fn check_for_group(kind: LineKind) -> Result<(), Refusal> {
    match kind {
        LineKind::Text
        | LineKind::Image
        | LineKind::Video
        | LineKind::Audio
        | LineKind::Voice
        | LineKind::Document
        | LineKind::Sticker
        | LineKind::Template => Ok(()),
        LineKind::Location
        | LineKind::ContactCards
        | LineKind::Choice
        | LineKind::Order
        | LineKind::Interactive
        | LineKind::Reaction
        | LineKind::Edit
        | LineKind::Revocation
        | LineKind::WelcomeRequest
        | LineKind::Call
        | LineKind::Unsupported
        | LineKind::Unreadable => {
            Err(Refusal::invalid("details.type", "a group takes texts, files and templates only"))
        }
    }
}

/// The reply is there, or was, in a version that there is.
fn check_canned(case: &Case<'_>, canned: Option<CannedUse>) -> Result<(), Refusal> {
    let Some(CannedUse { version, .. }) = canned else { return Ok(()) };
    let known = case.context.canned_version;
    if known.is_some_and(|newest| (1..=newest).contains(&version)) {
        return Ok(());
    }
    Err(Refusal::invalid("canned", "names no version of a canned reply that is there"))
}

fn check_quoted(case: &Case<'_>, quoted: Option<MessageId>) -> Result<(), Refusal> {
    let id = case.conversation.head.id;
    match quoted {
        Some(quoted) if case.context.lines.find(id, quoted).is_none() => {
            Err(Refusal::invalid("quoted", "no message of this conversation"))
        }
        _ => Ok(()),
    }
}

/// A reaction is to a message that WhatsApp knows, and not to a reaction.
fn check_reacted(case: &Case<'_>, quoted: Option<MessageId>) -> Result<(), Refusal> {
    let id = case.conversation.head.id;
    let target = quoted.and_then(|quoted| case.context.lines.find(id, quoted));
    let Some(target) = target else {
        return Err(Refusal::invalid("quoted", "must name the message that is reacted to"));
    };
    let is_known = target.status.is_none_or(|status| provider_rank(status) > 0);
    if is_known && says_something(target.kind) {
        return Ok(());
    }
    Err(Refusal::invalid("quoted", "cannot be reacted to: it was not sent, or is not a message"))
}

pub(super) fn check_window(case: &Case<'_>) -> Result<(), Refusal> {
    if case.conversation.thread.kind.is_group() {
        return Ok(());
    }
    let closed_at = case.conversation.thread.window_until;
    if closed_at.is_some_and(|until| case.now < until) {
        return Ok(());
    }
    Err(Refusal::WindowClosed { closed_at })
}

/// The kept-back message that this reply replaces, cancelled.
fn replaced(case: &Case<'_>, replaces: Option<MessageId>) -> Result<Vec<Draft>, Refusal> {
    let Some(id) = replaces else { return Ok(Vec::new()) };
    let facts = case.context.lines.find(case.conversation.head.id, id);
    let Some(facts) = facts else {
        return Err(Refusal::invalid("replaces", "no message of this conversation"));
    };
    match facts.status {
        Some(MessageStatus::Held | MessageStatus::Failed) => {}
        Some(MessageStatus::Cancelled) => return Ok(Vec::new()),
        Some(_) | None => {
            return Err(Refusal::invalid("replaces", "this message is neither held nor failed"));
        }
    }
    // An agent who answers from the queue owns it from here on, and reviews the messages in it.
    if matches!(case.conversation.head.owner, Owner::Agent(_)) {
        message::may_withdraw(case, facts)?;
    }
    Ok(delivery::withdraw(case.conversation, case.context.lines, facts))
}
