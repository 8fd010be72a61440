//! Blocked customers: what they still say is kept, opens nothing and is told to nobody.
//!
//! A block is of one number, as it is at WhatsApp. A worker tells WhatsApp of it.

use baton_protocol::{
    Block, BlockState, Conversation, Fact, Owner, OwnerCause, Refusal, Status, Timestamp,
};

use super::{Case, Decided, Draft, facts, nothing};

/// The episode is resolved and the queue owns it: no customer waits there, and no agent's load
/// counts it.
pub(super) fn block(case: &Case<'_>) -> Decided {
    let Conversation { head, thread } = case.conversation;
    if thread.block.is_some() {
        return nothing();
    }
    may_block(case)?;
    let (by, since, turn) = (case.context.my_id(), case.now, thread.turn);
    let block = Block { by, since, whatsapp: BlockState::Waiting, turn };
    let mut all = vec![Fact::BlockChanged { block: Some(block) }];
    if head.status != Status::Resolved {
        all.push(Fact::StatusChanged { status: Status::Resolved, turn: None, outcome: None });
    }
    if matches!(head.owner, Owner::Agent(_)) {
        let queue = Owner::Queue(head.team_id);
        all.push(case.owned_by(queue, head.team_id, OwnerCause::Resolved));
    }
    facts(all)
}

/// Unblocks the customer. A turn from before the block waits again, in the queue.
pub(super) fn unblock(case: &Case<'_>) -> Decided {
    let Some(block) = case.conversation.thread.block else { return nothing() };
    may_block(case)?;
    let mut all = vec![Fact::BlockChanged { block: None }];
    if block.turn.is_some() {
        all.push(case.next_episode());
        all.push(Fact::StatusChanged { status: Status::Open, turn: block.turn, outcome: None });
    }
    facts(all)
}

fn may_block(case: &Case<'_>) -> Result<(), Refusal> {
    if case.conversation.thread.kind.is_group() {
        return Err(Refusal::invalid("conversation_id", "is a group: only customers are blocked"));
    }
    if case.context.supervises(case.conversation) { Ok(()) } else { case.may_answer() }
}

/// Whether WhatsApp is to be told that the customer is blocked, or no longer.
pub fn is_for_whatsapp(before: Option<&Conversation>, now: &Conversation) -> bool {
    let block = now.thread.block;
    let is_asked = block.is_none_or(|block| block.whatsapp == BlockState::Waiting);
    is_asked && block != before.and_then(|before| before.thread.block)
}

/// WhatsApp answered to a block. Of one that was lifted since, the answer says nothing.
pub fn told(conversation: &Conversation, since: Timestamp, whatsapp: BlockState) -> Vec<Draft> {
    let block = conversation.thread.block.filter(|block| block.since == since);
    let changed = block.filter(|block| block.whatsapp != whatsapp);
    let block = changed.map(|block| Block { whatsapp, ..block });
    block.map(|block| Fact::BlockChanged { block: Some(block) }.into()).into_iter().collect()
}

/// The customer wrote although they are blocked here: WhatsApp blocks who wrote lately.
pub(super) fn again(conversation: &Conversation) -> Option<Draft> {
    let block = conversation.thread.block.filter(|of| of.whatsapp == BlockState::NotRecent)?;
    let block = Block { whatsapp: BlockState::Waiting, ..block };
    Some(Fact::BlockChanged { block: Some(block) }.into())
}
