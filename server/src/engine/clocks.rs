//! Rules and clocks for a group: the policies that it is decided by, and when its conversations
//! are to be looked at again.

use std::collections::BTreeSet;
use std::sync::Arc;

use baton_domain::auto::clocks::{self, NextLook};
use baton_domain::auto::rules::Policies;
use baton_domain::group::{Key, State, Work};
use baton_protocol::{ConversationId, Timestamp, WorkspaceId};

use super::settings_cache::SettingsCache;
use crate::store::group::policies;
use crate::store::look::write_looks;
use crate::store::{StoreError, Tx};

/// The policies of each workspace, as groups have read them.
#[derive(Debug, Default)]
pub(super) struct KnownPolicies(SettingsCache<Arc<Policies>>);

impl KnownPolicies {
    /// The policies of a workspace. Behind the log head's lock.
    pub(super) async fn policies(
        &self,
        tx: &mut Tx,
        workspace: WorkspaceId,
        settings_at: i64,
    ) -> Result<Arc<Policies>, StoreError> {
        let read = async {
            Ok(Arc::new(Policies::in_workspace(workspace, policies(tx, workspace).await?)))
        };
        self.0.get(workspace, settings_at, read).await
    }
}

/// Notes the times at which the conversations that changed are to be looked at. Where no clock can
/// ring, it does nothing.
///
/// A clock that each message moves on a little costs a row when it begins, and one early look, but
/// no row a message.
pub(super) async fn keep(
    tx: &mut Tx,
    state: &State,
    works: &[&Work],
    now: Timestamp,
) -> Result<(), StoreError> {
    let looked = works.iter().filter_map(|work| {
        let Work::Look(look) = work else { return None };
        Some((look.workspace, look.conversation))
    });
    let looked: BTreeSet<Key<ConversationId>> = looked.collect();
    let nothing = Policies::default();
    // One that is not there is looked at no more.
    let is_gone = |key: &&Key<ConversationId>| !state.conversations.contains_key(*key);
    let mut over: Vec<_> = looked.iter().filter(is_gone).copied().collect();
    let mut looks = Vec::new();
    for (key, held) in &state.conversations {
        let is_looked_at = looked.contains(key);
        if held.before.as_ref() == Some(&held.now) && !is_looked_at {
            continue;
        }
        let policies = state.policies.get(&key.0).map_or(&nothing, |policies| &**policies);
        let change = (held.before.as_ref(), &held.now);
        match clocks::next_look(change, policies, is_looked_at, now) {
            NextLook::At(at) => looks.push((*key, at)),
            NextLook::Over => over.push(*key),
            NextLook::Stays => {}
        }
    }
    write_looks(tx, &looks, &over).await
}
