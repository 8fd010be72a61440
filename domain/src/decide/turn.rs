//! Turns: what a customer's line opens, an answer closes, and a kept-back answer opens again.

use baton_protocol::{Conversation, MessageStatus, Turn};

use crate::context::{LineFacts, Lines};

/// The open turn once `kept_back` will not reach the customer: as it was before, with its old
/// time, unless another answer stands.
///
/// The first of several answers closed the turn: when it was kept back before, the turn opens
/// again only now, with the last of them.
pub(super) fn reopened(
    conversation: &Conversation,
    lines: &Lines,
    kept_back: &[&LineFacts],
) -> Option<Turn> {
    let stands = |facts: &LineFacts| {
        facts.is_standing_answer() && !kept_back.iter().any(|kept| kept.line.id == facts.line.id)
    };
    let closed = lines
        .above(conversation.head.id, 0)
        .rev()
        .take_while(|facts| !stands(facts))
        .filter(|facts| {
            facts.status.is_some_and(MessageStatus::needs_review)
                || kept_back.iter().any(|kept| kept.line.id == facts.line.id)
        })
        .filter_map(|facts| facts.closed_turn)
        .min_by_key(|turn| turn.from_seq);
    match (closed, conversation.thread.turn) {
        (Some(closed), Some(open)) if open.from_seq <= closed.from_seq => Some(open),
        (Some(closed), _) => Some(closed),
        (None, open) => open,
    }
}
