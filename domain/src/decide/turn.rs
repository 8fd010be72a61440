//! Turns: what a customer's line opens, an answer closes, and a kept-back answer opens again.

use baton_protocol::{Conversation, MessageStatus, Turn};

use crate::context::{LineFacts, Lines};

/// The open turn once `kept_back` will not reach the customer: as it was before, with its old
/// time, unless another answer stands.
///
/// The first of several answers closed the turn: when it was kept back before, the turn opens
/// again only now, with the last of them. Above the start of a turn that is open no answer stands,
/// so that the lines are looked at from there down. A line that was not read may be an answer that
/// stands: the walk ends at it.
pub(super) fn reopened(
    conversation: &Conversation,
    lines: &Lines,
    kept_back: &[&LineFacts],
) -> Option<Turn> {
    let open = conversation.thread.turn;
    let top = open.map_or(conversation.head.last_seq, |turn| turn.from_seq);
    let is_kept = |facts: &LineFacts| {
        facts.status.is_some_and(MessageStatus::needs_review)
            || kept_back.iter().any(|kept| kept.line.id == facts.line.id)
    };
    (1..=top)
        .rev()
        .map_while(|seq| lines.at(conversation.head.id, seq))
        .take_while(|facts| is_kept(facts) || !facts.is_standing_answer())
        .filter(|facts| is_kept(facts))
        .filter_map(|facts| facts.closed_turn)
        .chain(open)
        .min_by_key(|turn| turn.from_seq)
}
