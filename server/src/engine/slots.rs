//! How much of the committer one agent may have: so many commands at once, on whichever road.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use baton_domain::group::Key;
use baton_protocol::AgentId;

/// The commands of all agents that are under way.
#[derive(Debug)]
pub(super) struct CommandSlots {
    each: usize,
    taken: Mutex<BTreeMap<Key<AgentId>, usize>>,
}

/// The slot of one command; given back when dropped, which is when it is decided.
#[derive(Debug)]
pub(super) struct CommandSlot {
    slots: Arc<CommandSlots>,
    whose: Key<AgentId>,
}

impl CommandSlots {
    pub(super) fn new(each: usize) -> Arc<Self> {
        Arc::new(Self { each, taken: Mutex::default() })
    }

    /// A slot, unless this agent has all there are for one.
    pub(super) fn take(self: &Arc<Self>, whose: Key<AgentId>) -> Option<CommandSlot> {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let count = taken.entry(whose).or_default();
        if *count >= self.each {
            return None;
        }
        *count += 1;
        Some(CommandSlot { slots: Arc::clone(self), whose })
    }
}

impl Drop for CommandSlot {
    fn drop(&mut self) {
        let mut taken = self.slots.taken.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = taken.get_mut(&self.whose) {
            *count -= 1;
            if *count == 0 {
                taken.remove(&self.whose);
            }
        }
    }
}
