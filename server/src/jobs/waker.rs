//! Looks at conversations when a clock of theirs is due: snoozes that end, rules that a time wakes,
//! times that were promised. Whoever touches a conversation earlier lets the same clocks ring.

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use baton_domain::group::Key;
use baton_protocol::{ConversationId, WorkspaceId};
use futures_util::future::join_all;

use crate::clock::Clock;
use crate::engine::Engine;
use crate::node::Membership;
use crate::store::StoreError;
use crate::store::look::{clocked, due_looks, forgotten, unresolved_after};

/// Looks at what is due.
#[derive(Clone, Debug)]
pub struct Waker {
    /// Where clocks ring.
    pub engine: Engine,
    /// Whether this node is the one that looks.
    pub membership: Membership,
    /// The time.
    pub clock: Clock,
}

const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Conversations that are looked at at once.
const AT_ONCE: usize = 100;
/// Rounds from one look at what an earlier version noted no time for to the next. Such a node may
/// run beside this one for a while.
const FORGOTTEN_EVERY: u32 = 60;

/// The conversations that were looked at because settings changed.
#[derive(Default)]
struct Revised {
    /// The settings for which those of each workspace were looked at.
    settings_at: BTreeMap<WorkspaceId, i64>,
    /// The ones whose look failed: it is tried again, and keeps no other waiting.
    failed: BTreeSet<Key<ConversationId>>,
}

impl Waker {
    /// Looks every second, for ever.
    pub async fn run(self) {
        let (mut revised, mut rounds) = (Revised::default(), 0);
        loop {
            if self.membership.term().is_some() {
                if rounds == 0 && self.look_at_forgotten().await {
                    rounds = FORGOTTEN_EVERY;
                }
                rounds = rounds.saturating_sub(1);
                while self.membership.term().is_some() && self.look_due().await {}
                if let Err(error) = self.revise(&mut revised).await {
                    tracing::debug!(%error, "changed rules wait to be looked at");
                }
            } else {
                (revised, rounds) = (Revised::default(), 0);
            }
            self.clock.sleep(LOOK_EVERY).await;
        }
    }

    /// Looks at what an earlier version noted no time for; tells whether all was seen.
    async fn look_at_forgotten(&self) -> bool {
        let due = match self.engine.store().read().await {
            Ok(mut tx) => forgotten(&mut tx, self.clock.now(), AT_ONCE as u64).await,
            Err(error) => Err(error),
        };
        let Ok(due) = due else { return false };
        let is_full = due.len() >= AT_ONCE;
        self.look(due).await.is_empty() && !is_full
    }

    /// Looks at some whose clocks are due; tells whether there may be more.
    async fn look_due(&self) -> bool {
        let due = match self.engine.store().read().await {
            Ok(mut tx) => due_looks(&mut tx, self.clock.now(), AT_ONCE as u64).await,
            Err(error) => Err(error),
        };
        let Ok(due) = due else { return false };
        let is_full = due.len() == AT_ONCE;
        is_full & self.look(due).await.is_empty()
    }

    /// Looks at these, and says which could not be looked at.
    async fn look(&self, due: Vec<Key<ConversationId>>) -> Vec<Key<ConversationId>> {
        let looked = due.iter().map(|(workspace, of)| self.engine.look(*workspace, *of));
        let looked = join_all(looked).await.into_iter().zip(&due);
        let failed: Vec<_> =
            looked.filter(|(looked, _)| looked.is_err()).map(|(_, of)| *of).collect();
        if !failed.is_empty() {
            tracing::warn!(failed = failed.len(), "some clocks could not ring; trying again");
        }
        failed
    }

    /// Where rules or promises changed, each conversation is looked at once: its clocks may be
    /// others now.
    async fn revise(&self, revised: &mut Revised) -> Result<(), StoreError> {
        let failed: Vec<_> = std::mem::take(&mut revised.failed).into_iter().collect();
        for some in failed.chunks(AT_ONCE) {
            revised.failed.extend(self.look(some.to_vec()).await);
        }
        let all = clocked(&mut self.engine.store().read().await?).await?;
        for (workspace, settings_at) in all {
            if revised.settings_at.get(&workspace) == Some(&settings_at) {
                continue;
            }
            let mut after = None;
            loop {
                let mut tx = self.engine.store().read().await?;
                let found = unresolved_after(&mut tx, workspace, after, AT_ONCE as u64).await?;
                drop(tx);
                after = found.last().copied().or(after);
                let is_full = found.len() == AT_ONCE;
                let found = found.into_iter().map(|of| (workspace, of)).collect();
                revised.failed.extend(self.look(found).await);
                if self.membership.term().is_none() {
                    return Ok(());
                }
                if !is_full {
                    break;
                }
            }
            revised.settings_at.insert(workspace, settings_at);
        }
        Ok(())
    }
}
