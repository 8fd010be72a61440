//! Runs of rules, as they are remembered.

use baton_protocol::setting::Once;
use baton_protocol::{Block, Clocks, Conversation, Ran, Replied, RuleStep, Timestamp, Turn};

/// Rules that run once in a conversation, as far as they are remembered. A workspace has 200; the
/// others are ones that ended since.
const CONVERSATION_KEPT: usize = 1_000;
/// Runs in turns of one episode that are remembered.
pub(crate) const TURNS_KEPT: usize = 120;
/// Automatic messages that are remembered. More than that are not sent within a day.
const REPLIED_KEPT: usize = 32;
/// Runs and automatic messages that earlier versions remembered.
const RAN_KEPT_BEFORE: usize = 40;
const REPLIED_KEPT_BEFORE: usize = 10;

/// The state of a conversation when a rule runs on it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reopening {
    /// The open turn.
    pub(crate) turn: Option<Turn>,
    /// The block of the customer, and the turn that opens again when they are not.
    pub(crate) block: Option<Block>,
}

impl Reopening {
    /// Where this one stands.
    pub(crate) fn new(conversation: &Conversation) -> Self {
        Self { turn: conversation.thread.turn, block: conversation.thread.block }
    }

    /// Whether a turn is open, or opens again though another episode has begun.
    fn keeps(self, turn: u64) -> bool {
        let blocked = self.block.and_then(|block| block.turn);
        [self.turn, blocked].into_iter().flatten().any(|of| of.from_seq == turn)
    }
}

/// Notes that a rule ran. Without a standing as earlier versions did, so that what they wrote is
/// found as they left it.
pub(crate) fn remember(
    clocks: &mut Clocks,
    (ran, at): (Ran, Timestamp),
    did: &[RuleStep],
    standing: Option<Reopening>,
) {
    if did.contains(&RuleStep::Reply) {
        clocks.replied.push(Replied { turn: ran.turn, at });
        let most = if standing.is_some() { REPLIED_KEPT } else { REPLIED_KEPT_BEFORE };
        let over = clocks.replied.len().saturating_sub(most);
        clocks.replied.drain(..over);
    }
    let Some(standing) = standing else { return remember_few(clocks, ran) };
    // No turn opens again once its episode is over, unless a block kept it.
    let can_open =
        |of: &Ran| of.episode == ran.episode || of.turn == ran.turn || standing.keeps(of.turn);
    clocks.ran.retain(|of| match of.once {
        Once::Always => false,
        Once::Turn => can_open(of) && !is_same(of, &ran),
        Once::Episode => of.episode == ran.episode && !is_same(of, &ran),
        Once::Conversation => of.rule_id != ran.rule_id,
    });
    if ran.once != Once::Always {
        clocks.ran.push(ran);
    }
    forget(&mut clocks.ran, Once::Turn, TURNS_KEPT);
    forget(&mut clocks.ran, Once::Conversation, CONVERSATION_KEPT);
}

fn remember_few(clocks: &mut Clocks, ran: Ran) {
    clocks.ran.retain(|of| match of.once {
        Once::Always => false,
        Once::Turn => of.turn == ran.turn,
        Once::Episode => of.episode == ran.episode,
        Once::Conversation => of.rule_id != ran.rule_id,
    });
    if ran.once != Once::Always {
        clocks.ran.push(ran);
    }
    let over = clocks.ran.len().saturating_sub(RAN_KEPT_BEFORE);
    clocks.ran.drain(..over);
}

fn is_same(one: &Ran, other: &Ran) -> bool {
    (one.rule_id, one.once, one.turn) == (other.rule_id, other.once, other.turn)
}

/// Forgets the oldest of these above a number.
fn forget(ran: &mut Vec<Ran>, once: Once, most: usize) {
    let over = ran.iter().filter(|of| of.once == once).count().saturating_sub(most);
    let mut left = over;
    ran.retain(|of| {
        let is_over = of.once == once && left > 0;
        left -= usize::from(is_over);
        !is_over
    });
}
