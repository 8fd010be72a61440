//! Members that people and workers bring: commands, outcomes, claims, results, timers.

use std::collections::{BTreeMap, BTreeSet};

use baton_protocol::event::EventContent;
use baton_protocol::{
    Accepted, Actor, AgentId, Amendment, CommandBody, Conversation, Event, Fact, LineRef,
    MessageStatus, OpId, Refusal, Role, Timestamp, WorkspaceId,
};
use uuid::Uuid;

use super::state::{Attempt, By, ForwardedFile, SentFile, State};
use super::work::{
    BlockedWork, ClaimAnswer, ClaimWork, CommandWork, FileWork, MessageAt, OutcomesWork,
    RehomeWork, RescueWork, ResultWork, SettingWork, UnparkWork,
};
use super::{policies, receive};
use crate::context::{Context, Fresh, Lines, Prior, Writer};
use crate::decide::delivery::{self, Claim, SendClaim, SendResult, Sent};
use crate::decide::{Decision, Draft, block, decide, file, owner};
use crate::fact::log::Route;
use crate::fact::outcome::Answer;
use crate::fact::predicates::is_retryable;
use crate::fact::scope::{Level, Scope};
use crate::see::attributes::Attributes;
use crate::see::tags::Tags;
use crate::text::signature;

/// Decides a command and carries it out.
pub(super) fn command(state: &mut State, work: &CommandWork, now: Timestamp) -> Answer {
    let conversation = state.conversation(work.caller.workspace, work.command.conversation_id);
    let decision = decision(state, conversation, &state.lines, work, now);
    carry_out(state, work, decision, now)
}

/// What is decided of a command, on these facts of its conversation. `None`: its author is of
/// another workspace, or no longer here.
pub(super) fn decision(
    state: &State,
    conversation: Option<&Conversation>,
    lines: &Lines,
    work: &CommandWork,
    now: Timestamp,
) -> Option<Decision> {
    let caller = work.caller;
    let sight = state.sights.get(&(caller.workspace, caller.agent))?;
    let people = state.people.get(&caller.workspace)?;
    let none = BTreeMap::new();
    let priors = state.priors.get(&(caller.workspace, caller.agent)).unwrap_or(&none);
    let mark = (caller.workspace, caller.agent, work.command.conversation_id);
    let template = conversation.zip(work.command.body.template()).and_then(|(of, named)| {
        let named = (of.head.channel_id, named.0.to_owned(), named.1.to_owned());
        state.templates.get(&(caller.workspace, named))
    });
    let other = work.command.body.named_conversation();
    let other = other.and_then(|id| state.conversation(caller.workspace, id));
    let card = conversation.filter(|_| work.command.body.changes_card());
    let card = card.and_then(|of| state.cards.get(&(caller.workspace, of.thread.contact_id)));
    let upload = work.command.body.upload();
    let upload = upload.and_then(|id| state.uploads.get(&(caller.workspace, id)));
    let forwarded = work.command.body.forwarded();
    let forwarded =
        forwarded.and_then(|of| state.forwardables.get(&(caller.workspace, of.message_id)));
    let signs = conversation
        .is_some_and(|of| state.signing.contains(&(caller.workspace, of.head.channel_id)));
    let name = state.name_chars.get(&(caller.workspace, caller.agent)).filter(|_| signs);
    let names_tags = matches!(work.command.body, CommandBody::Tag(_) | CommandBody::Resolve(_));
    let tags = if names_tags { state.settings.tags(caller.workspace) } else { Tags::default() };
    let names_fields = matches!(work.command.body, CommandBody::SetAttributes(_));
    let attributes = if names_fields {
        state.settings.attributes(caller.workspace)
    } else {
        Attributes::default()
    };
    let outcomes = policies::outcomes(state, conversation, work);
    let context = Context {
        conversation,
        lines,
        people,
        author: Writer { sight, device: caller.device },
        priors,
        body_hash: &work.body_hash,
        read_seq: state.read_marks.get(&mark).copied().unwrap_or(0),
        lease: work.lease,
        fresh: Fresh { message: work.message, note: work.note },
        template,
        other,
        card,
        upload,
        forwarded,
        signature_chars: name.map_or(0, |chars| chars + signature::EXTRA_CHARS),
        tags: &tags,
        attributes: &attributes,
        canned_version: policies::canned_version(state, work),
        is_program: work.is_program,
        outcomes: &outcomes,
        hold_ms: policies::hold_ms(state, conversation, work),
        requires_note: policies::requires_note(state, conversation, work),
        may_pick: policies::may_pick(state, conversation, work),
        is_bot: policies::is_bot(state, work),
        unseeing: unseeing(state, conversation, work),
    };
    Some(decide(&context, &work.command, now))
}

/// Whom the command's note mentions and who do not see all of its conversation.
fn unseeing(
    state: &State,
    conversation: Option<&Conversation>,
    work: &CommandWork,
) -> BTreeSet<AgentId> {
    let Some(scope) = conversation.map(|of| Scope::of(&of.head)) else { return BTreeSet::new() };
    let sight = |agent: AgentId| state.sights.get(&(work.caller.workspace, agent));
    let is_blind = |agent: &AgentId| sight(*agent).is_some_and(|of| of.level(scope) < Level::Full);
    work.command.body.mentions().iter().copied().filter(is_blind).collect()
}

/// Appends what was decided, and keeps the answer under the command's op id.
pub(super) fn carry_out(
    state: &mut State,
    work: &CommandWork,
    decision: Option<Decision>,
    now: Timestamp,
) -> Answer {
    let caller = work.caller;
    let key = (caller.workspace, work.command.conversation_id);
    match decision {
        None => Answer::Refused(Refusal::NotAllowed),
        Some(Decision::Replay(answer)) => with_status(state, caller.workspace, answer),
        Some(Decision::Refuse(refusal)) => {
            let answer = Answer::Refused(refusal.clone());
            if is_stored(&refusal) {
                remember(state, work, answer.clone());
            }
            answer
        }
        Some(Decision::Accept(drafts, accepted)) => {
            let first = state.entries.len();
            note_marks(state, work, &drafts);
            note_card(state, work, &drafts);
            let card = work.command.body.changes_card().then_some(work.note.0);
            let card = card.or_else(|| said_content(work, &drafts));
            let by = By { card, ..By::new(Actor::Agent { id: caller.agent }, now) };
            state.append(key, drafts, by);
            record_forwarded(state, work, now);
            let revision = state.conversation(key.0, key.1).map_or(0, |found| found.head.revision);
            let position = state.entries.iter().skip(first).next_back();
            let position = position.map(|entry| entry.event.position);
            let answer = Answer::Accepted(Accepted { revision, position, ..accepted });
            take_upload(state, work, accepted_line(&answer));
            take_forwarded(state, work, accepted_line(&answer));
            remember(state, work, answer.clone());
            answer
        }
    }
}

/// The id of what is said of an outcome or of a priority.
fn said_content(work: &CommandWork, drafts: &[Draft]) -> Option<Uuid> {
    let is_said = |draft: &Draft| {
        matches!(draft.content, Some(EventContent::Outcome(_)))
            || matches!(draft.fact, Fact::PriorityChanged { .. })
    };
    drafts.iter().any(is_said).then_some(work.note.0)
}

fn accepted_line(answer: &Answer) -> Option<LineRef> {
    let Answer::Accepted(accepted) = answer else { return None };
    accepted.line
}

/// The upload is the line's file from here on: no other command can name it.
fn take_upload(state: &mut State, work: &CommandWork, line: Option<LineRef>) {
    let key = (work.caller.workspace, work.command.conversation_id);
    let upload = work.command.body.upload().zip(line);
    let upload = upload.and_then(|(id, line)| Some((state.uploads.remove(&(key.0, id))?, line)));
    let Some((upload, line)) = upload else { return };
    let Some(channel) = state.conversation(key.0, key.1).map(|of| of.head.channel_id) else {
        return;
    };
    let (workspace, conversation) = key;
    let at = MessageAt { workspace, channel, conversation, seq: line.seq, message: line.id };
    state.sent_files.push(SentFile { at, upload });
}

/// The line that was sent on says so, in its own conversation.
fn record_forwarded(state: &mut State, work: &CommandWork, now: Timestamp) {
    let Some(of) = work.command.body.forwarded() else { return };
    let key = (work.caller.workspace, of.conversation_id);
    let Some(facts) = state.lines.find(key.1, of.message_id) else { return };
    let fact = Fact::LineAmended { line: facts.line, amendment: Amendment::Forwarded };
    let by = By::new(Actor::Agent { id: work.caller.agent }, now);
    state.append(key, vec![fact.into()], by);
}

/// The file of a line that is sent on: a worker copies it and gives it to WhatsApp.
fn take_forwarded(state: &mut State, work: &CommandWork, line: Option<LineRef>) {
    let (workspace, conversation) = (work.caller.workspace, work.command.conversation_id);
    let Some((of, line)) = work.command.body.forwarded().zip(line) else { return };
    let facts = state.lines.find(conversation, line.id);
    if facts.is_none_or(|facts| facts.file.is_none()) {
        return;
    }
    let held = state.conversation(workspace, conversation);
    let Some(channel) = held.map(|of| of.head.channel_id) else { return };
    let at = MessageAt { workspace, channel, conversation, seq: line.seq, message: line.id };
    state.forwarded_files.push(ForwardedFile { at, source: of.message_id });
}

/// Refusals that say nothing of the command itself are not kept.
fn is_stored(refusal: &Refusal) -> bool {
    !is_retryable(refusal) && !matches!(refusal, Refusal::OpIdReused | Refusal::OpExpired)
}

/// A replayed answer tells where the message stands today.
fn with_status(state: &State, workspace: WorkspaceId, answer: Answer) -> Answer {
    let Answer::Accepted(mut accepted) = answer else { return answer };
    if let Some(line) = accepted.line
        && let Some((conversation, _)) = state.places.get(&(workspace, line.id))
        && let Some(facts) = state.lines.find(*conversation, line.id)
    {
        accepted.status = facts.status;
    }
    Answer::Accepted(accepted)
}

fn note_marks(state: &mut State, work: &CommandWork, drafts: &[Draft]) {
    let key = (work.caller.workspace, work.caller.agent, work.command.conversation_id);
    for draft in drafts {
        if let Fact::ReadMarked { seq, .. } | Fact::UnreadMarked { seq, .. } = draft.fact {
            state.read_marks.insert(key, seq);
            state.marked.insert(key);
        }
    }
}

fn note_card(state: &mut State, work: &CommandWork, drafts: &[Draft]) {
    for draft in drafts {
        if let (Fact::ContactChanged { contact_id }, Some(EventContent::Contact(card))) =
            (&draft.fact, &draft.content)
        {
            let key = (work.caller.workspace, *contact_id);
            state.changed_cards.entry(key).or_insert(false);
            state.cards.insert(key, card.clone());
        }
    }
}

fn remember(state: &mut State, work: &CommandWork, answer: Answer) {
    let (workspace, agent) = (work.caller.workspace, work.caller.agent);
    let op_id = work.command.op_id;
    let conversation = Some(work.command.conversation_id);
    let prior = Prior { body_hash: work.body_hash.clone(), after: work.command.after, answer };
    state.priors.entry((workspace, agent)).or_default().insert(op_id, prior);
    state.fresh_priors.insert((workspace, agent, op_id), conversation);
}

/// What became of op ids: unknown ones are cancelled from here on.
pub(super) fn outcomes(state: &mut State, work: &OutcomesWork) -> Vec<(OpId, Answer)> {
    let (workspace, agent) = (work.workspace, work.agent);
    let mut answers = Vec::new();
    for op_id in &work.op_ids {
        let priors = state.priors.entry((workspace, agent)).or_default();
        if let Some(prior) = priors.get(op_id) {
            let answer = prior.answer.clone();
            answers.push((*op_id, with_status(state, workspace, answer)));
            continue;
        }
        let answer = Answer::Refused(Refusal::Cancelled);
        let tombstone = Prior { body_hash: String::new(), after: None, answer: answer.clone() };
        priors.insert(*op_id, tombstone);
        state.fresh_priors.insert((workspace, agent, *op_id), None);
        answers.push((*op_id, answer));
    }
    answers
}

/// The claim of a send: the fence is looked at again.
pub(super) fn claim(state: &mut State, work: &ClaimWork, now: Timestamp) -> ClaimAnswer {
    let (key, message) = ((work.at.workspace, work.at.conversation), work.at.message);
    let Some(facts) = state.lines.find(work.at.conversation, message) else {
        return ClaimAnswer::No;
    };
    let last = facts.claim();
    if facts.status == Some(MessageStatus::Sending) && last.epoch == work.claim_epoch {
        // The commit whose outcome was unknown did happen.
        return ClaimAnswer::Go(last);
    }
    // The clock may have been put back since the last claim: epochs grow all the same.
    let epoch = work.claim_epoch.max(last.epoch + 1);
    let Some(conversation) = state.conversation(key.0, key.1) else { return ClaimAnswer::No };
    let claim = Some((epoch, work.node));
    let by = By { claim, ..By::new(Actor::System, now) };
    match delivery::claim(conversation, &state.lines, message, now) {
        Claim::Go(drafts) => {
            state.append(key, drafts, by);
            ClaimAnswer::Go(SendClaim { attempt: last.attempt + 1, epoch })
        }
        Claim::Hold(drafts) => {
            state.append(key, drafts, By::new(Actor::System, now));
            ClaimAnswer::No
        }
        Claim::Wait => ClaimAnswer::Wait,
        Claim::Gone => ClaimAnswer::No,
    }
}

/// An attempt ended.
pub(super) fn result(state: &mut State, work: &ResultWork, now: Timestamp) {
    let (workspace, message) = (work.at.workspace, work.at.message);
    let key = (workspace, work.at.conversation);
    state.places.insert((workspace, message), (work.at.conversation, work.at.seq));
    let Some(conversation) = state.conversation(key.0, key.1) else { return };
    let drafts = delivery::result(conversation, &state.lines, message, work.claim, &work.result);
    let extras = state.extras.entry(message).or_default();
    // A result that nobody waits for any more says nothing of when to try again.
    if !drafts.is_empty() {
        extras.due_at = work.due_at;
    }
    extras.attempts.push(Attempt {
        n: work.claim.attempt,
        claim_epoch: work.claim.epoch,
        node: None,
        began: None,
        ended: Some((now, outcome_name(&work.result), wamid_of(&work.result))),
    });
    state.append(key, drafts, By::new(Actor::System, now));
    if let SendResult::Accepted { wamid } = &work.result {
        let of = (workspace, work.at.channel);
        let sent = Sent { message, attempt: Some(work.claim.attempt), wamid };
        receive::set_wamid(state, of, sent);
        receive::hear(state, of, sent, None, now);
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
pub(super) fn rescue(state: &mut State, work: &RescueWork, now: Timestamp) {
    let key = (work.at.workspace, work.at.conversation);
    let Some(conversation) = state.conversation(key.0, key.1) else { return };
    let drafts = delivery::rescue(conversation, &state.lines, work.at.message, work.claim);
    state.append(key, drafts, By::new(Actor::System, now));
}

/// Statuses that still wait although their message is known.
pub(super) fn unpark(state: &mut State, work: &UnparkWork, now: Timestamp) {
    let of = (work.workspace, work.channel);
    let key = (work.workspace, (work.channel, work.wamid.clone()));
    let Some((_, message)) = state.wamids.get(&key).copied() else { return };
    let sent = Sent { message, attempt: work.attempt, wamid: &work.wamid };
    receive::hear(state, of, sent, None, now);
}

/// The database was put back while it was on its way.
pub(super) fn restored(state: &mut State, at: MessageAt, now: Timestamp) {
    let key = (at.workspace, at.conversation);
    let Some(conversation) = state.conversation(key.0, key.1) else { return };
    let drafts = delivery::restored(conversation, &state.lines, at.message);
    state.append(key, drafts, By::new(Actor::System, now));
}

/// A file was fetched, or cannot be had.
pub(super) fn file(state: &mut State, work: &FileWork, now: Timestamp) {
    // The past has no lines in the log: nothing is told of it.
    if work.at.seq == 0 {
        let known = state.past_files.get_mut(&(work.at.workspace, work.at.message));
        let known = known.filter(|known| file::counts(**known, work.file, work.is_old));
        let Some(known) = known else { return };
        *known = work.file;
        return state.ended_files.push(work.clone());
    }
    let key = (work.at.workspace, work.at.conversation);
    let Some(conversation) = state.conversation(key.0, key.1) else { return };
    let message = work.at.message;
    let told = file::told(conversation, &state.lines, message, work.file, work.is_old);
    let Some(draft) = told else { return };
    state.append(key, vec![draft], By::new(Actor::System, now));
    state.ended_files.push(work.clone());
}

/// WhatsApp answered to a block.
pub(super) fn blocked(state: &mut State, work: &BlockedWork, now: Timestamp) {
    let key = (work.workspace, work.conversation);
    let Some(conversation) = state.conversation(key.0, key.1) else { return };
    let drafts = block::told(conversation, work.since, work.whatsapp);
    state.append(key, drafts, By::new(Actor::System, now));
}

/// Whoever owns it leaves, or is in its team no more.
pub(super) fn rehome(state: &mut State, work: &RehomeWork, now: Timestamp) {
    let key = (work.workspace, work.conversation);
    let Some(conversation) = state.conversation(key.0, key.1) else { return };
    let people = state.people.get(&work.workspace);
    let Some(agent) = people.and_then(|people| people.agents.get(&work.agent)) else { return };
    let sight = state.sights.get(&(work.workspace, work.agent));
    let is_in = sight.is_none_or(|sight| {
        let viewer = &sight.viewer;
        viewer.role == Role::Admin || viewer.teams.contains_key(&conversation.head.team_id)
    });
    let is_out_of_team = work.is_of_team && !is_in;
    let drafts = owner::rehome(conversation, agent, (&work.heirs, is_out_of_team));
    state.append(key, drafts, By::new(Actor::System, now));
}

/// Settings were changed: the facts that tell of it.
pub(super) fn setting(state: &mut State, work: &SettingWork, now: Timestamp) {
    let actor = work.by.map_or(Actor::System, |id| Actor::Agent { id });
    for fact in &work.facts {
        let event = Event {
            position: 0,
            conversation_id: None,
            revision: None,
            at: now,
            actor,
            fact: fact.clone(),
            content: None,
        };
        state.push(work.workspace, event, Route::of(fact, None, None), None);
    }
}
