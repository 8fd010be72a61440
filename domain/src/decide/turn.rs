//! Turns: what a customer's line opens, an answer closes, and a kept-back answer opens again.

use baton_protocol::{Author, Conversation, Turn};

use crate::context::{LineFacts, Lines};
use crate::fact::answers;
use crate::fact::predicates::needs_review;

/// The open turn once `kept_back` will not reach the customer: as it was before, with its old
/// time, unless another answer stands.
///
/// The first of several answers closed the turn: when it was kept back before, the turn opens
/// again only now, with the last of them. Above the start of a turn that is open no answer stands,
/// so that the lines are looked at from there down. A line that was not read may be an answer that
/// stands: nothing below it opens a turn again.
pub(super) fn reopened(
    conversation: &Conversation,
    lines: &Lines,
    kept_back: &[&LineFacts],
) -> Option<Turn> {
    // Nobody is waited for who is blocked.
    if conversation.thread.block.is_some() {
        return None;
    }
    if conversation.thread.clocks.answers.is_some() {
        let is_kept = |seq| kept_back.iter().any(|kept| kept.line.seq == seq);
        return open_if(conversation, &|seq| is_kept(seq).then_some(true));
    }
    let open = conversation.thread.turn;
    let top = open.map_or(conversation.head.last_seq, |turn| turn.from_seq);
    let mut turn = open;
    let mut asked = false;
    for seq in (1..=top).rev() {
        let Some(facts) = lines.at(conversation.head.id, seq) else { return turn };
        let is_kept = facts.status.is_some_and(needs_review)
            || kept_back.iter().any(|kept| kept.line.id == facts.line.id);
        if is_kept {
            turn = turn.into_iter().chain(facts.closed_turn).min_by_key(|turn| turn.from_seq);
        } else if facts.is_standing_answer() {
            // What was thought lost when a later answer closed its turn may have arrived since:
            // then only what was asked after it is open.
            return turn.filter(|_| asked);
        }
        asked |= facts.author == Author::Customer;
    }
    turn
}

/// The open turn once these messages are lost, or are not: as it is where that changes nothing. A
/// message of an earlier episode changes nothing in this one.
pub(super) fn open_if(conversation: &Conversation, lost: answers::Fates<'_>) -> Option<Turn> {
    let now = conversation.thread.turn;
    let Some(answers) = conversation.thread.clocks.answers.as_deref() else { return now };
    let after = answers::open(answers, lost);
    if after == answers::open(answers, &|_| None) { now } else { after }
}
