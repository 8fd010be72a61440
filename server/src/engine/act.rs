//! Members that people and workers bring: commands, outcomes, claims, results, timers.

use std::collections::BTreeMap;

use baton_domain::context::{Context, Fresh, Lines, Prior, Writer};
use baton_domain::decide::delivery::{self, Claim, SendResult};
use baton_domain::decide::{Decision, Draft, decide, owner, status};
use baton_domain::outcome::Answer;
use baton_domain::planted::{Bug, is_planted};
use baton_protocol::{
    Accepted, Actor, Conversation, Fact, LineRef, MessageStatus, OpId, Refusal, Timestamp,
    WorkspaceId,
};

use super::load::Loaded;
use super::memory::{Attempt, By, Memory, Outcome};
use super::receive;
use super::work::{
    ClaimAnswer, ClaimWork, CommandWork, MessageAt, OutcomesWork, RehomeWork, RescueWork,
    ResultWork, UnparkWork, WakeWork,
};

/// The state as the group found it, kept only for the planted bug that decides on it.
pub(super) type Stale =
    (BTreeMap<super::memory::Key<baton_protocol::ConversationId>, Conversation>, Lines);

/// Decides a command; the answer's position and revision are filled in later.
pub(super) fn command(
    memory: &mut Memory,
    work: &CommandWork,
    now: Timestamp,
    stale: Option<&Stale>,
) -> Answer {
    let caller = work.caller;
    let key = (caller.workspace, work.command.conversation_id);
    // The author may be of another workspace, or not be here any more.
    let Some(decision) = decide_command(memory, work, now, stale) else {
        return Answer::Refused(Refusal::NotAllowed);
    };
    match decision {
        Decision::Replay(answer) => with_status(memory, caller.workspace, answer),
        Decision::Refuse(refusal) => {
            if is_stored(&refusal) {
                remember(memory, work, Answer::Refused(refusal.clone()), None);
            }
            Answer::Refused(refusal)
        }
        Decision::Accept(drafts, accepted) => {
            let drafts = if stale.is_some() { rebased(memory, key, drafts) } else { drafts };
            let first = memory.entries.len();
            note_marks(memory, work, &drafts);
            memory.append(key, drafts, By::new(Actor::Agent { id: caller.agent }, now));
            let revision = memory
                .conversation(caller.workspace, work.command.conversation_id)
                .map_or(0, |conversation| conversation.head.revision);
            let last_entry = memory.entries.len().checked_sub(1).filter(|last| *last >= first);
            let answer = Answer::Accepted(Accepted { revision, ..accepted });
            remember(memory, work, answer.clone(), last_entry);
            answer
        }
    }
}

fn decide_command(
    memory: &Memory,
    work: &CommandWork,
    now: Timestamp,
    stale: Option<&Stale>,
) -> Option<Decision> {
    let caller = work.caller;
    let key = (caller.workspace, work.command.conversation_id);
    let sight = memory.sights.get(&(caller.workspace, caller.agent))?;
    let people = memory.people.get(&caller.workspace)?;
    let none = BTreeMap::new();
    let priors = memory.priors.get(&(caller.workspace, caller.agent)).unwrap_or(&none);
    let mark = (caller.workspace, caller.agent, work.command.conversation_id);
    let (conversation, lines) = match stale {
        Some((conversations, lines)) => (conversations.get(&key), lines),
        None => (memory.conversation(key.0, key.1), &memory.lines),
    };
    let context = Context {
        conversation,
        lines,
        people,
        author: Writer { sight, device: caller.device },
        priors,
        body_hash: &work.body_hash,
        read_seq: memory.read_marks.get(&mark).copied().unwrap_or(0),
        lease: work.lease,
        fresh: Fresh { message: work.message, note: work.note },
    };
    Some(decide(&context, &work.command, now))
}

/// Refusals that say nothing of the command itself are not kept.
fn is_stored(refusal: &Refusal) -> bool {
    !refusal.is_retryable() && !matches!(refusal, Refusal::OpIdReused | Refusal::OpExpired)
}

/// A replayed answer tells where the message stands today.
fn with_status(memory: &Memory, workspace: WorkspaceId, answer: Answer) -> Answer {
    let Answer::Accepted(mut accepted) = answer else { return answer };
    if let Some(line) = accepted.line
        && let Some((conversation, _)) = memory.places.get(&(workspace, line.id))
        && let Some(facts) = memory.lines.find(*conversation, line.id)
    {
        accepted.status = facts.status;
    }
    Answer::Accepted(accepted)
}

fn note_marks(memory: &mut Memory, work: &CommandWork, drafts: &[Draft]) {
    let key = (work.caller.workspace, work.caller.agent, work.command.conversation_id);
    for draft in drafts {
        if let Fact::ReadMarked { seq, .. } = draft.fact {
            memory.read_marks.insert(key, seq);
            memory.marked.insert(key);
        }
    }
}

fn remember(memory: &mut Memory, work: &CommandWork, answer: Answer, last_entry: Option<usize>) {
    let (workspace, agent) = (work.caller.workspace, work.caller.agent);
    let op_id = work.command.op_id;
    let conversation = Some(work.command.conversation_id);
    let prior = Prior { body_hash: work.body_hash.clone(), after: work.command.after, answer };
    memory.priors.entry((workspace, agent)).or_default().insert(op_id, prior);
    let outcome = Outcome { conversation, last_entry };
    memory.fresh_priors.insert((workspace, agent, op_id), outcome);
}

/// With the planted bug, drafts were made on a stale state: numbers are made to fit, as separate
/// set-based statements would.
fn rebased(
    memory: &Memory,
    key: super::memory::Key<baton_protocol::ConversationId>,
    drafts: Vec<Draft>,
) -> Vec<Draft> {
    let Some(now) = memory.conversation(key.0, key.1) else { return drafts };
    let mut drafts = drafts;
    for draft in &mut drafts {
        if let Fact::LineWritten { line, .. } = &mut draft.fact {
            *line = LineRef { seq: now.head.last_seq + 1, id: line.id };
        } else if let Fact::OwnerChanged { owner_epoch, .. } = &mut draft.fact {
            *owner_epoch = now.head.owner_epoch + 1;
        }
    }
    drafts
}

/// The state for the planted bug, if it is planted.
pub(super) fn stale(memory: &Memory) -> Option<Stale> {
    is_planted(Bug::ConditionalUpdatesInGroup).then(|| {
        let conversations =
            memory.conversations.iter().map(|(key, held)| (*key, held.now.clone())).collect();
        (conversations, memory.lines.clone())
    })
}

/// What became of op ids: unknown ones are cancelled from here on.
pub(super) fn outcomes(memory: &mut Memory, work: &OutcomesWork) -> Vec<(OpId, Answer)> {
    let (workspace, agent) = (work.workspace, work.agent);
    let mut answers = Vec::new();
    for op_id in &work.op_ids {
        let priors = memory.priors.entry((workspace, agent)).or_default();
        if let Some(prior) = priors.get(op_id) {
            let answer = prior.answer.clone();
            answers.push((*op_id, with_status(memory, workspace, answer)));
            continue;
        }
        let answer = Answer::Refused(Refusal::Cancelled);
        let tombstone = Prior { body_hash: String::new(), after: None, answer: answer.clone() };
        priors.insert(*op_id, tombstone);
        let outcome = Outcome { conversation: None, last_entry: None };
        memory.fresh_priors.insert((workspace, agent, *op_id), outcome);
        answers.push((*op_id, answer));
    }
    answers
}

/// The claim of a send: the fence is looked at again.
pub(super) fn claim(memory: &mut Memory, work: &ClaimWork, now: Timestamp) -> ClaimAnswer {
    let (key, message) = ((work.at.workspace, work.at.conversation), work.at.message);
    let Some(facts) = memory.lines.find(work.at.conversation, message) else {
        return ClaimAnswer::No;
    };
    let (attempt, claim_epoch) = (facts.attempt, work.claim_epoch);
    if facts.status == Some(MessageStatus::Sending) && facts.claim_epoch == claim_epoch {
        // The commit whose outcome was unknown did happen.
        return ClaimAnswer::Go { attempt, claim_epoch };
    }
    // The clock may have been put back since the last claim: epochs grow all the same.
    let claim_epoch = claim_epoch.max(facts.claim_epoch + 1);
    let Some(conversation) = memory.conversation(key.0, key.1) else { return ClaimAnswer::No };
    let claim = Some((claim_epoch, work.node));
    let by = By { claim, ..By::new(Actor::System, now) };
    match delivery::claim(conversation, &memory.lines, message, now) {
        Claim::Go(drafts) => {
            memory.append(key, drafts, by);
            ClaimAnswer::Go { attempt: attempt + 1, claim_epoch }
        }
        Claim::Hold(drafts) => {
            memory.append(key, drafts, By::new(Actor::System, now));
            ClaimAnswer::No
        }
        Claim::Wait => ClaimAnswer::Wait,
        Claim::Gone => ClaimAnswer::No,
    }
}

/// An attempt ended.
pub(super) fn result(loaded: &mut Loaded, work: &ResultWork, now: Timestamp) {
    let memory = &mut loaded.memory;
    let (workspace, message) = (work.at.workspace, work.at.message);
    let key = (workspace, work.at.conversation);
    memory.places.insert((workspace, message), (work.at.conversation, work.at.seq));
    let Some(conversation) = memory.conversation(key.0, key.1) else { return };
    let drafts = delivery::result(
        conversation,
        &memory.lines,
        message,
        (work.attempt, work.claim_epoch),
        &work.result,
    );
    let extras = memory.extras.entry(message).or_default();
    // A result that nobody waits for any more says nothing of when to try again.
    if !drafts.is_empty() {
        extras.due_at = work.due_at;
    }
    extras.attempts.push(Attempt {
        n: work.attempt,
        claim_epoch: work.claim_epoch,
        node: None,
        began: None,
        ended: Some((now, outcome_name(&work.result), wamid_of(&work.result))),
    });
    memory.append(key, drafts, By::new(Actor::System, now));
    if let SendResult::Accepted { wamid } = &work.result {
        let of = (workspace, work.at.channel);
        receive::set_wamid(memory, of, message, (wamid, Some(work.attempt)));
        receive::hear(memory, of, (message, Some(work.attempt)), (wamid, None), now);
    }
}

fn outcome_name(result: &SendResult) -> &'static str {
    match result {
        SendResult::Accepted { .. } => "accepted",
        SendResult::Again => "again",
        SendResult::Refused(_) => "refused",
        SendResult::Unknown => "unknown",
    }
}

fn wamid_of(result: &SendResult) -> Option<String> {
    match result {
        SendResult::Accepted { wamid } => Some(wamid.clone()),
        SendResult::Again | SendResult::Refused(_) | SendResult::Unknown => None,
    }
}

/// A claim whose worker died.
pub(super) fn rescue(memory: &mut Memory, work: &RescueWork, now: Timestamp) {
    let key = (work.at.workspace, work.at.conversation);
    let Some(conversation) = memory.conversation(key.0, key.1) else { return };
    let claim = (work.attempt, work.claim_epoch);
    let drafts = delivery::rescue(conversation, &memory.lines, work.at.message, claim);
    memory.append(key, drafts, By::new(Actor::System, now));
}

/// Statuses that still wait although their message is known.
pub(super) fn unpark(memory: &mut Memory, work: &UnparkWork, now: Timestamp) {
    let of = (work.workspace, work.channel);
    let key = (work.workspace, (work.channel, work.wamid.clone()));
    let Some((_, message)) = memory.wamids.get(&key).copied() else { return };
    receive::hear(memory, of, (message, work.attempt), (&work.wamid, None), now);
}

/// The database was put back while it was on its way.
pub(super) fn restored(memory: &mut Memory, at: MessageAt, now: Timestamp) {
    let key = (at.workspace, at.conversation);
    let Some(conversation) = memory.conversation(key.0, key.1) else { return };
    let drafts = delivery::restored(conversation, &memory.lines, at.message);
    memory.append(key, drafts, By::new(Actor::System, now));
}

/// A snooze ends.
pub(super) fn wake(memory: &mut Memory, work: &WakeWork, now: Timestamp) {
    let key = (work.workspace, work.conversation);
    let Some(conversation) = memory.conversation(key.0, key.1) else { return };
    let drafts = status::wake(conversation, work.until, now);
    memory.append(key, drafts, By::new(Actor::System, now));
}

/// Whoever owns it leaves.
pub(super) fn rehome(memory: &mut Memory, work: &RehomeWork, now: Timestamp) {
    let key = (work.workspace, work.conversation);
    let Some(conversation) = memory.conversation(key.0, key.1) else { return };
    let people = memory.people.get(&work.workspace);
    let Some(agent) = people.and_then(|people| people.agents.get(&work.agent)) else { return };
    let drafts = owner::rehome(conversation, agent);
    memory.append(key, drafts, By::new(Actor::System, now));
}
