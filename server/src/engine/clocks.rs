//! Rules and clocks for a group: the policies that it is decided by, and when its conversations
//! are to be looked at again.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use baton_domain::clocks;
use baton_domain::group::{Key, State, Work};
use baton_domain::rules::Policies;
use baton_protocol::{ConversationId, WorkspaceId};

use crate::store::group::policies;
use crate::store::look::write_looks;
use crate::store::{StoreError, Tx};

/// The policies of each workspace, as groups have read them: valid as long as the log tells of no
/// newer setting.
#[derive(Debug, Default)]
pub(super) struct KnownPolicies(Mutex<ByWorkspace>);

type ByWorkspace = BTreeMap<WorkspaceId, (i64, Arc<Policies>)>;

impl KnownPolicies {
    /// The policies of a workspace, read anew where a setting changed since. Behind the log head's
    /// lock: nobody changes one meanwhile.
    pub(super) async fn policies(
        &self,
        tx: &mut Tx,
        workspace: WorkspaceId,
        settings_at: i64,
    ) -> Result<Arc<Policies>, StoreError> {
        let known = self.all().get(&workspace).cloned();
        if let Some((_, policies)) = known.filter(|(at, _)| *at == settings_at) {
            return Ok(policies);
        }
        let read = Arc::new(Policies::in_workspace(workspace, policies(tx, workspace).await?));
        self.all().insert(workspace, (settings_at, Arc::clone(&read)));
        Ok(read)
    }

    fn all(&self) -> MutexGuard<'_, ByWorkspace> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Notes when the conversations that changed are to be looked at. Where no clock can ring, it does
/// nothing.
pub(super) async fn keep(tx: &mut Tx, state: &State, works: &[&Work]) -> Result<(), StoreError> {
    let looked = works.iter().filter_map(|work| {
        let Work::Look(look) = work else { return None };
        Some((look.workspace, look.conversation))
    });
    let looked: BTreeSet<Key<ConversationId>> = looked.collect();
    let (mut looks, mut over) = (Vec::new(), looked.clone());
    for (key, held) in &state.conversations {
        let Some(policies) = state.policies.get(&key.0).filter(|of| of.has_clocks()) else {
            continue;
        };
        if held.before.as_ref() == Some(&held.now) && !looked.contains(key) {
            continue;
        }
        match clocks::next(&held.now, policies) {
            Some(at) => {
                over.remove(key);
                looks.push((*key, at));
            }
            None => drop(over.insert(*key)),
        }
    }
    write_looks(tx, &looks, &over.into_iter().collect::<Vec<_>>()).await
}
