//! Rules about who is responsible, recomputed from the log.

use std::collections::BTreeMap;

use baton_domain::fact::apply::{apply, begin};
use baton_domain::fact::predicates::is_load;
use baton_protocol::{AgentId, Conversation, ConversationId, Event, Fact, Owner};

use super::History;

/// S5, S9: the number of a conversation's owner climbs by one with each change, so that at every
/// position there is one owner.
pub(super) fn single(history: &History) -> Vec<String> {
    let mut epochs: BTreeMap<ConversationId, u64> = BTreeMap::new();
    let mut wrong = Vec::new();
    for event in &history.events {
        let Some(id) = event.conversation_id else { continue };
        let Fact::OwnerChanged { owner_epoch, .. } = &event.fact else { continue };
        let before = epochs.insert(id, *owner_epoch);
        if before.is_some_and(|before| *owner_epoch != before + 1) {
            wrong.push(format!("S9: owner {owner_epoch} of {id} came after {before:?}"));
        }
    }
    wrong
}

/// S10: nobody is given a conversation above the capacity, unless a supervisor said so.
pub(super) fn within_capacity(history: &History) -> Vec<String> {
    let mut held: BTreeMap<ConversationId, Conversation> = BTreeMap::new();
    let mut loads: BTreeMap<AgentId, u32> = BTreeMap::new();
    let mut wrong = Vec::new();
    for event in &history.events {
        let Some(id) = event.conversation_id else { continue };
        let was = held.get(&id).and_then(burdened);
        hear(&mut held, id, event);
        let is = held.get(&id).and_then(burdened);
        if was == is {
            continue;
        }
        if let Some(agent) = was {
            let load = loads.entry(agent).or_default();
            *load = load.saturating_sub(1);
        }
        let Some(agent) = is else { continue };
        let load = loads.entry(agent).or_default();
        *load += 1;
        let Fact::OwnerChanged { exceeded_capacity: false, .. } = event.fact else { continue };
        let capacity = history.capacities.get(&agent);
        if capacity.is_some_and(|capacity| *load > *capacity) {
            let at = event.position;
            wrong.push(format!("S10: at {at} {agent} was given no. {load}, above {capacity:?}"));
        }
    }
    wrong
}

fn hear(held: &mut BTreeMap<ConversationId, Conversation>, id: ConversationId, event: &Event) {
    if let Some(begun) = begin(id, event) {
        held.insert(id, begun);
    } else if let Some(conversation) = held.get_mut(&id) {
        apply(conversation, event);
    }
}

/// The agent whose load it is.
fn burdened(conversation: &Conversation) -> Option<AgentId> {
    let head = &conversation.head;
    match head.owner {
        Owner::Agent(agent) if is_load(head.status) => Some(agent),
        Owner::Agent(_) | Owner::Queue(_) => None,
    }
}
