//! Rules and clocks for a group: the policies that it is decided by, and when its conversations
//! are to be looked at again.

use std::collections::BTreeSet;
use std::sync::Arc;

use baton_domain::clocks;
use baton_domain::group::{Key, State, Work};
use baton_domain::rules::Policies;
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
/// A time that is noted may be too early and never too late. So a clock that each message moves on
/// a little costs a row when it begins, and one early look, but no row a message.
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
    let (mut looks, mut over) = (Vec::new(), looked.clone());
    for (key, held) in &state.conversations {
        let is_looked = looked.contains(key);
        if held.before.as_ref() == Some(&held.now) && !is_looked {
            continue;
        }
        let policies = state.policies.get(&key.0).map_or(&nothing, |policies| &**policies);
        // Where policies have clocks, one may have run by others than those of now.
        let ran = held.before.as_ref().and_then(|of| clocks::next(of, policies));
        match clocks::next(&held.now, policies) {
            Some(at) => {
                over.remove(key);
                // After a change of policies the waker looks at each, so the row is there.
                let is_noted = ran.is_some_and(|noted| clocks::may_stay(noted, at, now));
                if is_looked || !is_noted {
                    looks.push((*key, at));
                }
            }
            None if policies.has_clocks() || ran.is_some() => drop(over.insert(*key)),
            None => {}
        }
    }
    write_looks(tx, &looks, &over.into_iter().collect::<Vec<_>>()).await
}
