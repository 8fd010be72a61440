//! A message on its way: the claim of a send with the fence looked at again, results, statuses.
//! Every transition is conditional on (state, attempt, claim epoch): otherwise somebody knew
//! better and nothing changes.

use baton_protocol::{
    Author, Conversation, Fact, HeldReason, LineRef, MessageError, MessageId, MessageStatus,
    Status, Timestamp,
};

use super::{Draft, turn};
use crate::context::{LineFacts, Lines};
use crate::inbound::ProviderStatus;
use crate::planted::{Bug, is_planted};

/// After this long in `queued` a message is held instead of being sent late unasked.
pub const QUEUED_MS_MAX: i64 = 10 * 60 * 1000;
/// The lane waits this long for an unconfirmed head, then goes on.
pub const LANE_WAITS_MS: i64 = 30_000;

/// What became of the claim of a send.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Claim {
    /// It may leave: the first byte within 2 s of the commit.
    Go(Vec<Draft>),
    /// It must not leave: held for review, with what follows it.
    Hold(Vec<Draft>),
    /// Not its turn: an earlier message of the lane is under way.
    Wait,
    /// It is not queued (any more).
    Gone,
}

/// The fence at sending: `queued → sending` looks again, because a reply may have waited.
pub fn claim(
    conversation: &Conversation,
    lines: &Lines,
    message: MessageId,
    now: Timestamp,
) -> Claim {
    let id = conversation.head.id;
    let Some(facts) = lines.find(id, message) else { return Claim::Gone };
    if facts.status != Some(MessageStatus::Queued) {
        return Claim::Gone;
    }
    let seen_seq = facts.seen.map_or(0, |seen| seen.seq);
    let overtaken = conversation.thread.customer_seq > seen_seq;
    let window_open = conversation.thread.window_until.is_some_and(|until| now < until);
    let reason = if overtaken && !is_planted(Bug::NoFenceAtSending) {
        HeldReason::Overtaken
    } else if !window_open {
        HeldReason::WindowClosed
    } else if now.since(facts.status_at) > QUEUED_MS_MAX {
        HeldReason::TooLate
    } else if lane_is_busy(conversation, lines, facts, now) {
        return Claim::Wait;
    } else {
        let attempt = facts.attempt + 1;
        let turn = conversation.thread.turn;
        return Claim::Go(vec![change(facts.line, MessageStatus::Sending, attempt, turn).into()]);
    };
    Claim::Hold(keep_back(conversation, lines, facts, MessageStatus::Held, Some(reason), None))
}

fn lane_is_busy(
    conversation: &Conversation,
    lines: &Lines,
    facts: &LineFacts,
    now: Timestamp,
) -> bool {
    lines
        .above(conversation.head.id, 0)
        .take_while(|earlier| earlier.line.seq < facts.line.seq)
        .any(|earlier| match earlier.status {
            Some(MessageStatus::Queued | MessageStatus::Sending) => true,
            Some(MessageStatus::Unconfirmed) => now.since(earlier.status_at) < LANE_WAITS_MS,
            _ => false,
        })
}

/// What WhatsApp answered to an attempt.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum SendResult {
    /// It took the message.
    Accepted {
        /// Meta's id of it.
        wamid: String,
    },
    /// It provably was not sent; try again later.
    Again,
    /// It provably was not sent and will not be.
    Refused(MessageError),
    /// Nobody knows.
    Unknown,
}

/// An attempt ended.
pub fn result(
    conversation: &Conversation,
    lines: &Lines,
    message: MessageId,
    (attempt, claim_epoch): (u32, u64),
    result: &SendResult,
) -> Vec<Draft> {
    let Some(facts) = lines.find(conversation.head.id, message) else { return Vec::new() };
    let is_this_attempt = facts.attempt == attempt && facts.claim_epoch == claim_epoch;
    if facts.status != Some(MessageStatus::Sending) || !is_this_attempt {
        return Vec::new();
    }
    let turn = conversation.thread.turn;
    let to = |status| vec![Draft::from(change(facts.line, status, attempt, turn))];
    match result {
        SendResult::Accepted { .. } => to(MessageStatus::Accepted),
        SendResult::Again => to(MessageStatus::Queued),
        SendResult::Unknown => to(MessageStatus::Unconfirmed),
        SendResult::Refused(error) => {
            keep_back(conversation, lines, facts, MessageStatus::Failed, None, Some(error.clone()))
        }
    }
}

/// WhatsApp says how far a message got. Statuses climb, never fall; a status of ours proves
/// acceptance in any state.
pub fn status(
    conversation: &Conversation,
    lines: &Lines,
    message: MessageId,
    status: ProviderStatus,
    error: Option<&MessageError>,
) -> Vec<Draft> {
    let Some(facts) = lines.find(conversation.head.id, message) else { return Vec::new() };
    let Some(current) = facts.status else { return Vec::new() };
    let rank = current.provider_rank();
    let next = match status {
        ProviderStatus::Sent => MessageStatus::Sent,
        ProviderStatus::Delivered => MessageStatus::Delivered,
        ProviderStatus::Read => MessageStatus::Read,
        ProviderStatus::Played => MessageStatus::Played,
        ProviderStatus::Failed => {
            let arrived = rank >= MessageStatus::Delivered.provider_rank();
            if arrived || current.needs_review() {
                return Vec::new();
            }
            let error = error.cloned();
            return keep_back(conversation, lines, facts, MessageStatus::Failed, None, error);
        }
    };
    // Whatever arrived did not fail: `delivered` may come after `failed` on several devices.
    let after_failure = current == MessageStatus::Failed
        && next.provider_rank() < MessageStatus::Delivered.provider_rank();
    if next.provider_rank() <= rank || after_failure {
        return Vec::new();
    }
    let turn = answered(conversation, lines, facts);
    vec![change(facts.line, next, facts.attempt, turn).into()]
}

/// The open turn once a message that was thought lost has arrived: closed, if it answered it.
fn answered(
    conversation: &Conversation,
    lines: &Lines,
    facts: &LineFacts,
) -> Option<baton_protocol::Turn> {
    let open = conversation.thread.turn?;
    let was_kept_back = facts.status.is_some_and(MessageStatus::needs_review);
    let customer_wrote_later = lines
        .above(conversation.head.id, facts.line.seq)
        .any(|later| later.author == Author::Customer);
    let answers = was_kept_back && !customer_wrote_later && open.from_seq < facts.line.seq;
    (!answers).then_some(open)
}

/// A claim whose worker died: honest about not knowing.
pub fn rescue(conversation: &Conversation, lines: &Lines, message: MessageId) -> Vec<Draft> {
    let Some(facts) = lines.find(conversation.head.id, message) else { return Vec::new() };
    if facts.status != Some(MessageStatus::Sending) {
        return Vec::new();
    }
    let turn = conversation.thread.turn;
    vec![change(facts.line, MessageStatus::Unconfirmed, facts.attempt, turn).into()]
}

fn change(
    line: LineRef,
    status: MessageStatus,
    attempt: u32,
    turn: Option<baton_protocol::Turn>,
) -> Fact {
    Fact::MessageChanged { line, status, attempt, held: None, error: None, turn, seen: None }
}

/// Holds or fails a message and holds the author's later ones; the turn opens again. What was
/// resolved meanwhile becomes a new episode: the customer has no answer.
fn keep_back(
    conversation: &Conversation,
    lines: &Lines,
    facts: &LineFacts,
    status: MessageStatus,
    held: Option<HeldReason>,
    error: Option<MessageError>,
) -> Vec<Draft> {
    let later: Vec<&LineFacts> = lines
        .above(conversation.head.id, facts.line.seq)
        .filter(|later| later.author == facts.author && later.status == Some(MessageStatus::Queued))
        .collect();
    let all: Vec<&LineFacts> = std::iter::once(facts).chain(later.iter().copied()).collect();
    let turn = turn::reopened(conversation, lines, &all);
    let mut drafts = Vec::new();
    if turn.is_some() && conversation.head.status == Status::Resolved {
        drafts.push(Fact::EpisodeOpened { episode: conversation.head.episode + 1 }.into());
    }
    let (line, attempt) = (facts.line, facts.attempt);
    let first = Fact::MessageChanged { line, status, attempt, held, error, turn, seen: None };
    drafts.push(first.into());
    drafts.extend(later.iter().map(|later| {
        Draft::from(Fact::MessageChanged {
            line: later.line,
            status: MessageStatus::Held,
            attempt: later.attempt,
            held: Some(HeldReason::PredecessorHeld),
            error: None,
            turn,
            seen: None,
        })
    }));
    drafts
}
