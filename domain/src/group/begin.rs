//! An agent writes first: the conversation with somebody who may never have written.
//!
//! Nothing can be said in it but a template, until the customer answers.

use baton_protocol::{Actor, ConversationId, Fact, Owner, OwnerCause, Refusal, Timestamp};

use super::contact::{ContactNews, know_contact};
use super::state::{By, State};
use super::work::BeginWork;
use crate::decide::{changed, opened};
use crate::fact::scope::{Level, Scope};

/// Finds the conversation, or begins it. What is new is the agent's who began it, unless they are
/// full: then it waits in the queue of the number's team.
pub(super) fn begin(
    state: &mut State,
    work: &BeginWork,
    now: Timestamp,
) -> Result<ConversationId, Refusal> {
    let caller = work.caller;
    let channel = state.channels.get(&work.phone_number_id).cloned();
    let channel = channel.filter(|channel| channel.workspace == caller.workspace);
    let known = state.senders.get(&(caller.workspace, work.fresh.message)).copied();
    let (Some(channel), Some(known)) = (channel, known) else {
        return Err(Refusal::invalid("phone", "names nobody"));
    };
    let sight = state.sights.get(&(caller.workspace, caller.agent));
    let Some(sight) = sight.cloned() else { return Err(Refusal::NotAllowed) };
    if let Some(conversation) = state.conversation(caller.workspace, known.conversation) {
        let level = sight.level(Scope::of(&conversation.head));
        return if level == Level::None {
            Err(Refusal::NotInScope)
        } else {
            Ok(known.conversation)
        };
    }
    let by = By::new(Actor::Agent { id: caller.agent }, now);
    let key = (caller.workspace, known.conversation);
    let named = By { card: Some(work.fresh.card), ..by };
    know_contact(state, &channel, known, ContactNews::Person(&work.to, now), named);
    let first = state.conversation(key.0, key.1).map(|of| opened(&of.head));
    let taken = taken(state, work, known.conversation);
    let facts: Vec<Fact> = first.into_iter().chain(taken).collect();
    state.append(key, facts.into_iter().map(Into::into).collect(), by);
    Ok(known.conversation)
}

/// Given to the agent, if they may have one more.
fn taken(state: &State, work: &BeginWork, id: ConversationId) -> Option<Fact> {
    let caller = work.caller;
    let agent = state.people.get(&caller.workspace)?.agents.get(&caller.agent)?;
    let head = &state.conversation(caller.workspace, id)?.head;
    let owner = Owner::Agent(caller.agent);
    let taken = || changed(head, owner, head.team_id, OwnerCause::Claimed, false);
    (!agent.is_full()).then(taken)
}
