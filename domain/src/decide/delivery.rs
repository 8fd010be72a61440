//! A message on its way: the claim of a send with the fence looked at again, results, statuses.
//! Every transition is conditional on (state, attempt, claim epoch): otherwise somebody knew
//! better and nothing changes.

use baton_protocol::{
    Author, Conversation, Fact, HeldReason, LineKind, LineRef, MessageError, MessageId,
    MessageStatus, Status, Timestamp, Turn,
};

use super::{Draft, marketing, turn};
use crate::context::{LineFacts, Lines};
use crate::fact::answers;
use crate::fact::inbound::ProviderStatus;
pub use crate::fact::lines::SendClaim;
use crate::fact::planted::{Bug, is_planted};
use crate::fact::predicates::{needs_review, provider_rank, says_something};

/// After this long in `queued` a message is held instead of being sent late unasked.
pub const QUEUED_MS_MAX: i64 = 10 * 60 * 1000;
/// The lane waits this long for an unconfirmed head, then goes on.
pub const LANE_WAITS_MS: i64 = 30_000;

/// The decision on the claim of a send.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Claim {
    /// It may leave: the first byte within 2 s of the commit.
    Go(Vec<Draft>),
    /// It must not leave: held for review, with what follows it. What the customer may have by an
    /// earlier attempt is unconfirmed again, which it was all the time.
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
    if facts.leaves_at.is_some_and(|at| now < at) {
        return Claim::Wait;
    }
    if facts.author == Author::Acknowledgement {
        return claim_acknowledgement(conversation, lines, facts, now);
    }
    let seen_seq = facts.seen.map_or(0, |seen| seen.seq);
    // A reaction is to the message that it names, whatever came since.
    let overtaken = facts.kind != LineKind::Reaction && conversation.thread.customer_seq > seen_seq;
    let window_open = is_window_open(conversation, facts, now);
    let reason = if conversation.thread.block.is_some() {
        HeldReason::Blocked
    } else if overtaken && !is_planted(Bug::NoFenceAtSending) {
        HeldReason::Overtaken
    } else if !window_open {
        HeldReason::WindowClosed
    } else if now.since(facts.status_at) > QUEUED_MS_MAX {
        HeldReason::TooLate
    } else if lane_is_busy(conversation, lines, facts, now) {
        return Claim::Wait;
    } else {
        return go(conversation, facts);
    };
    if facts.in_doubt {
        return Claim::Hold(vec![still_unknown(conversation, facts, None).into()]);
    }
    let kept = Withheld { status: MessageStatus::Held, held: Some(reason), error: None };
    Claim::Hold(keep_back(conversation, lines, facts, kept))
}

fn go(conversation: &Conversation, facts: &LineFacts) -> Claim {
    let (attempt, turn) = (facts.attempt + 1, conversation.thread.turn);
    Claim::Go(vec![change(facts.line, MessageStatus::Sending, attempt, turn).into()])
}

/// Whether WhatsApp lets a message of this kind through now.
fn is_window_open(conversation: &Conversation, facts: &LineFacts, now: Timestamp) -> bool {
    facts.kind == LineKind::Template
        || conversation.thread.kind.is_group()
        || conversation.thread.window_until.is_some_and(|until| now < until)
}

/// An automatic acknowledgement says that somebody will answer. The message that it acknowledges
/// does not overtake it, nor does a further one. Once somebody has answered it is dropped, and
/// also where it may not leave or comes late. It closed no turn, and nobody is asked.
fn claim_acknowledgement(
    conversation: &Conversation,
    lines: &Lines,
    facts: &LineFacts,
    now: Timestamp,
) -> Claim {
    let decided_on = facts.seen.map_or(facts.line.seq, |seen| seen.seq);
    let is_answered =
        lines.above(conversation.head.id, decided_on).any(LineFacts::is_standing_answer);
    let is_dropped = is_answered
        || conversation.thread.block.is_some()
        || !is_window_open(conversation, facts, now)
        || now.since(facts.status_at) > QUEUED_MS_MAX;
    if is_dropped && facts.in_doubt {
        return Claim::Hold(vec![still_unknown(conversation, facts, None).into()]);
    }
    if is_dropped {
        let turn = conversation.thread.turn;
        let dropped = change(facts.line, MessageStatus::Cancelled, facts.attempt, turn);
        return Claim::Hold(vec![dropped.into()]);
    }
    if lane_is_busy(conversation, lines, facts, now) {
        return Claim::Wait;
    }
    go(conversation, facts)
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
            Some(_) | None => false,
        })
}

/// WhatsApp's answer to an attempt.
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

/// An attempt ended. That WhatsApp took it is proof in whatever state the message is by then; all
/// else counts only while the attempt is waited for.
pub fn result(
    conversation: &Conversation,
    lines: &Lines,
    message: MessageId,
    claim: SendClaim,
    result: &SendResult,
) -> Vec<Draft> {
    let Some(facts) = lines.find(conversation.head.id, message) else { return Vec::new() };
    let attempt = claim.attempt;
    let is_last = facts.claim() == claim && attempt > 0;
    let Some(current) = facts.status.filter(|_| is_last) else {
        return Vec::new();
    };
    let to = |status, turn| vec![Draft::from(change(facts.line, status, attempt, turn))];
    let is_sending = current == MessageStatus::Sending;
    let turn = conversation.thread.turn;
    match result {
        SendResult::Accepted { .. } => {
            if provider_rank(current) > 0 || has_failed(current) {
                return Vec::new();
            }
            to(MessageStatus::Accepted, answered(conversation, facts))
        }
        SendResult::Again if is_sending => to(MessageStatus::Queued, turn),
        SendResult::Unknown if is_sending => to(MessageStatus::Unconfirmed, turn),
        SendResult::Refused(error) if is_sending && facts.in_doubt => {
            vec![still_unknown(conversation, facts, Some(error)).into()]
        }
        SendResult::Refused(error) if is_sending => failed(conversation, lines, facts, Some(error)),
        SendResult::Again | SendResult::Unknown | SendResult::Refused(_) => Vec::new(),
    }
}

/// A message under the id that Meta gave it.
#[derive(Clone, Copy, Debug)]
pub struct Sent<'a> {
    /// Our id of it.
    pub message: MessageId,
    /// The attempt that Meta gave this id, if it is known which.
    pub attempt: Option<u32>,
    /// Meta's id.
    pub wamid: &'a str,
}

/// WhatsApp says how far a message got, and of which attempt it speaks if its tag says so.
/// Statuses climb, never fall; a status of ours proves acceptance in any state. The failure of an
/// earlier attempt says nothing of the one that followed it.
pub fn status(
    conversation: &Conversation,
    lines: &Lines,
    sent: Sent<'_>,
    status: ProviderStatus,
    error: Option<&MessageError>,
) -> Vec<Draft> {
    let Some(facts) = lines.find(conversation.head.id, sent.message) else { return Vec::new() };
    let Some(current) = facts.status else { return Vec::new() };
    let rank = provider_rank(current);
    let next = match status {
        ProviderStatus::Sent => MessageStatus::Sent,
        ProviderStatus::Delivered => MessageStatus::Delivered,
        ProviderStatus::Read => MessageStatus::Read,
        ProviderStatus::Played => MessageStatus::Played,
        ProviderStatus::Failed => {
            let arrived = rank >= provider_rank(MessageStatus::Delivered);
            let is_of_the_last = sent.attempt.map_or(facts.attempt <= 1, |n| n == facts.attempt);
            if arrived || needs_review(current) || !is_of_the_last {
                return Vec::new();
            }
            // Its failure says nothing of an earlier attempt of which nobody knows.
            let was_taken = matches!(
                current,
                MessageStatus::Sending | MessageStatus::Accepted | MessageStatus::Sent
            );
            if facts.in_doubt && was_taken {
                return vec![still_unknown(conversation, facts, error).into()];
            }
            return failed(conversation, lines, facts, error);
        }
    };
    // Whatever arrived did not fail: `delivered` may come after `failed` on several devices.
    let after_failure =
        has_failed(current) && provider_rank(next) < provider_rank(MessageStatus::Delivered);
    if provider_rank(next) <= rank || after_failure {
        return Vec::new();
    }
    let turn = answered(conversation, facts);
    vec![change(facts.line, next, facts.attempt, turn).into()]
}

/// Whether WhatsApp took the message and it failed, or it was withdrawn because of that. A late
/// status that WhatsApp took it is then no news.
fn has_failed(current: MessageStatus) -> bool {
    matches!(current, MessageStatus::Failed | MessageStatus::Cancelled)
}

/// The open turn once a message that was thought lost has arrived: closed, if it answered it.
fn answered(conversation: &Conversation, facts: &LineFacts) -> Option<Turn> {
    let open = conversation.thread.turn?;
    if conversation.thread.clocks.answers.is_some() {
        let seq = facts.line.seq;
        return turn::open_if(conversation, &|of| (of == seq).then_some(false));
    }
    let was_kept_back = says_something(facts.kind) && facts.status.is_some_and(needs_review);
    let is_last_word = conversation.thread.customer_seq < facts.line.seq;
    (!(was_kept_back && is_last_word)).then_some(open)
}

/// A claim whose worker died: honest about not knowing. Of that claim only: another one since is
/// of a worker that lives.
pub fn rescue(
    conversation: &Conversation,
    lines: &Lines,
    message: MessageId,
    claim: SendClaim,
) -> Vec<Draft> {
    let Some(facts) = lines.find(conversation.head.id, message) else { return Vec::new() };
    if facts.status != Some(MessageStatus::Sending) || facts.claim() != claim {
        return Vec::new();
    }
    let turn = conversation.thread.turn;
    vec![change(facts.line, MessageStatus::Unconfirmed, facts.attempt, turn).into()]
}

/// A backup of the database was put back: what was on its way in it may have left in the life that
/// was lost.
pub fn restored(conversation: &Conversation, lines: &Lines, message: MessageId) -> Vec<Draft> {
    let Some(facts) = lines.find(conversation.head.id, message) else { return Vec::new() };
    if !matches!(facts.status, Some(MessageStatus::Queued | MessageStatus::Sending)) {
        return Vec::new();
    }
    let fact = Fact::MessageChanged {
        line: facts.line,
        status: MessageStatus::Unconfirmed,
        attempt: facts.attempt,
        held: Some(HeldReason::Restored),
        error: None,
        turn: conversation.thread.turn,
        seen: None,
        lease_ignored_of: None,
        last_answer: None,
        of_earlier: false,
    };
    vec![fact.into()]
}

fn change(line: LineRef, status: MessageStatus, attempt: u32, turn: Option<Turn>) -> Fact {
    Fact::MessageChanged {
        line,
        status,
        attempt,
        held: None,
        error: None,
        turn,
        seen: None,
        lease_ignored_of: None,
        last_answer: None,
        of_earlier: false,
    }
}

/// Nothing more is tried, and nobody knows whether an earlier attempt arrived. A failure would open
/// the turn again, and the customer might be answered twice.
fn still_unknown(
    conversation: &Conversation,
    facts: &LineFacts,
    error: Option<&MessageError>,
) -> Fact {
    Fact::MessageChanged {
        line: facts.line,
        status: MessageStatus::Unconfirmed,
        attempt: facts.attempt,
        held: None,
        error: error.cloned(),
        turn: conversation.thread.turn,
        seen: None,
        lease_ignored_of: None,
        last_answer: None,
        of_earlier: false,
    }
}

/// The state in which a message is kept from the customer.
struct Withheld {
    status: MessageStatus,
    held: Option<HeldReason>,
    error: Option<MessageError>,
}

impl Withheld {
    fn behind() -> Self {
        let held = Some(HeldReason::PredecessorHeld);
        Self { status: MessageStatus::Held, held, error: None }
    }

    fn unknown() -> Self {
        Self { status: MessageStatus::Unconfirmed, held: None, error: None }
    }

    fn failed(error: Option<&MessageError>) -> Self {
        Self { status: MessageStatus::Failed, held: None, error: error.cloned() }
    }
}

/// It will not arrive; what WhatsApp says of the customer by that is kept.
fn failed(
    conversation: &Conversation,
    lines: &Lines,
    facts: &LineFacts,
    error: Option<&MessageError>,
) -> Vec<Draft> {
    let mut drafts = keep_back(conversation, lines, facts, Withheld::failed(error));
    drafts.extend(marketing::refused(conversation, error, facts.status_at));
    drafts
}

/// Holds or fails a message and holds the author's later ones; the turn opens again. Of those the
/// ones in doubt are unconfirmed again. Nothing that follows a reaction or an acknowledgement leans
/// on it.
fn keep_back(
    conversation: &Conversation,
    lines: &Lines,
    facts: &LineFacts,
    kept: Withheld,
) -> Vec<Draft> {
    let (in_doubt, later): (Vec<&LineFacts>, Vec<&LineFacts>) = lines
        .above(conversation.head.id, facts.line.seq)
        .filter(|_| facts.kind != LineKind::Reaction && facts.author != Author::Acknowledgement)
        .filter(|later| later.author == facts.author && later.status == Some(MessageStatus::Queued))
        .partition(|later| later.in_doubt);
    let all: Vec<&LineFacts> = std::iter::once(facts).chain(later.iter().copied()).collect();
    let turn = turn::reopened(conversation, lines, &all);
    let change = |facts: &LineFacts, kept: Withheld| {
        Draft::from(Fact::MessageChanged {
            line: facts.line,
            status: kept.status,
            attempt: facts.attempt,
            held: kept.held,
            error: kept.error,
            turn,
            seen: None,
            lease_ignored_of: None,
            last_answer: None,
            of_earlier: false,
        })
    };
    let mut drafts = vec![change(facts, kept)];
    drafts.extend(later.iter().map(|later| change(later, Withheld::behind())));
    drafts.extend(in_doubt.iter().map(|later| change(later, Withheld::unknown())));
    drafts.extend(going_on(conversation, turn));
    drafts
}

/// Withdraws a message that has not left; one that may have is unconfirmed again. What was kept
/// back opened the turn again then already.
pub(super) fn withdraw(
    conversation: &Conversation,
    lines: &Lines,
    facts: &LineFacts,
) -> Vec<Draft> {
    if facts.in_doubt {
        return vec![still_unknown(conversation, facts, None).into()];
    }
    let turn = if facts.status.is_some_and(needs_review) {
        conversation.thread.turn
    } else {
        turn::reopened(conversation, lines, &[facts])
    };
    let changed = change(facts.line, MessageStatus::Cancelled, facts.attempt, turn);
    std::iter::once(changed.into()).chain(going_on(conversation, turn)).collect()
}

/// The status once the customer waits again: the one in which the lost answer was written. Whatever
/// relied on that is taken back.
fn going_on(conversation: &Conversation, turn: Option<Turn>) -> Option<Draft> {
    let Conversation { head, thread } = conversation;
    let turn = turn.filter(|_| thread.turn.is_none() && head.status != Status::Open)?;
    let answers = thread.clocks.answers.as_deref();
    let status = answers.and_then(|answers| answers::answered_in(answers, turn));
    let status = status.unwrap_or(Status::Open);
    let fact = Fact::StatusChanged { status, turn: Some(turn), outcome: None };
    (status != head.status).then(|| fact.into())
}
