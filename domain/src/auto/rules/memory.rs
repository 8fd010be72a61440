//! Memory of the rules that ran on a conversation, so that each runs as often as it may
//! and no more.
//!
//! A run that did nothing is none, and is not remembered: its fact says `always`.

use baton_protocol::setting::Once;
use baton_protocol::{Conversation, Ran, RuleStep, SkipReason, SkippedStep};

use super::{KnownRule, Stepped};
use crate::fact::ran::TURNS_KEPT;

/// Whether a rule has run as often as it may, in a conversation as it stands and in this turn.
pub(super) fn has_run(known: &KnownRule, now: &Conversation, turn: u64) -> bool {
    let ran = &now.thread.clocks.ran;
    let mut own = ran.iter().filter(|ran| ran.rule_id == known.id);
    match known.rule.once {
        Once::Always => false,
        // What is forgotten has run: a turn may open again, and twice is worse than never.
        Once::Turn => own.any(|ran| ran.turn == turn) || is_forgotten(ran, turn),
        Once::Episode => own.any(|ran| ran.episode == now.head.episode),
        Once::Conversation => own.next().is_some(),
    }
}

/// Whether a turn lies before all that are remembered, of which some are forgotten.
fn is_forgotten(ran: &[Ran], turn: u64) -> bool {
    let turns = || ran.iter().filter(|ran| ran.once == Once::Turn);
    turns().count() >= TURNS_KEPT && turns().all(|ran| turn < ran.turn)
}

/// The limit that a run counts for: none where it did nothing.
pub fn spent(known: &KnownRule, did: &[RuleStep]) -> Once {
    if did.is_empty() { Once::Always } else { known.rule.once }
}

/// Whether there is nothing to say of a run: all that the rule does is done already. A rule that
/// runs each time says so each time.
pub fn is_idle(known: &KnownRule, stepped: &Stepped) -> bool {
    let is_there = |of: &SkippedStep| of.why == SkipReason::Already && of.step != RuleStep::Reply;
    known.rule.once != Once::Always
        && stepped.did.is_empty()
        && !stepped.skipped.is_empty()
        && stepped.skipped.iter().all(is_there)
}
