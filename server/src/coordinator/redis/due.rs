//! When to look for what may have lapsed. A node looks only where it knows of something, and not
//! before it can have lapsed. So workspaces where nothing happens cost nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use baton_protocol::WorkspaceId;
use tokio::sync::Notify;
use tokio::time::Instant;

/// What can lapse.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Kind {
    Leases,
    Presence,
}

/// What is looked at, and in which workspace.
pub(super) type DueKey = (Kind, WorkspaceId);

#[derive(Default)]
pub(super) struct Due {
    at: Mutex<BTreeMap<DueKey, Instant>>,
    sooner: Notify,
}

/// Something that lapses then is looked for a little later, so that it has.
const SLACK: Duration = Duration::from_millis(20);
/// Workspaces looked at in one round trip.
const AT_ONCE: usize = 64;
/// How long nothing is looked at when nothing is known.
const IDLE: Duration = Duration::from_secs(60);

impl Due {
    /// Looks at it after this time, or sooner if that was planned.
    pub(super) fn within(&self, place: DueKey, wait: Duration) {
        let at = Instant::now() + wait + SLACK;
        let mut all = self.lock();
        let planned = all.entry(place).or_insert(at);
        *planned = at.min(*planned);
        drop(all);
        self.sooner.notify_one();
    }

    /// Looks at all of them at once: nothing is known of what is there.
    pub(super) fn all_now(&self, workspaces: BTreeSet<WorkspaceId>) {
        for workspace in workspaces {
            self.within((Kind::Leases, workspace), Duration::ZERO);
            self.within((Kind::Presence, workspace), Duration::ZERO);
        }
    }

    /// Waits until something is due, and takes it.
    pub(super) async fn next(&self) -> Vec<DueKey> {
        loop {
            let sooner = self.sooner.notified();
            let now = Instant::now();
            let first = self.lock().values().min().copied();
            let wait = first.map_or(IDLE, |at| at.saturating_duration_since(now));
            if !wait.is_zero() {
                // Too early or told of something sooner: look again.
                drop(tokio::time::timeout(wait, sooner).await);
                continue;
            }
            let mut all = self.lock();
            let due = all.iter().filter(|(_, at)| **at <= now).map(|(place, _)| *place);
            let due: Vec<DueKey> = due.take(AT_ONCE).collect();
            for place in &due {
                all.remove(place);
            }
            return due;
        }
    }

    #[cfg(test)]
    pub(super) fn is_empty(&self) -> bool {
        self.lock().is_empty()
    }

    /// Everything that is known, due or not.
    #[cfg(test)]
    pub(super) fn take_all(&self) -> Vec<DueKey> {
        std::mem::take(&mut *self.lock()).into_keys().collect()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<DueKey, Instant>> {
        self.at.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    const HERE: DueKey = (Kind::Leases, WorkspaceId(Uuid::from_u128(1)));
    const THERE: DueKey = (Kind::Presence, WorkspaceId(Uuid::from_u128(2)));

    #[tokio::test(start_paused = true)]
    async fn what_is_due_first_is_looked_at_first_and_once() {
        let (due, began) = (Due::default(), Instant::now());
        due.within(HERE, Duration::from_secs(12));
        due.within(THERE, Duration::from_secs(30));
        due.within(HERE, Duration::from_secs(20));
        assert_eq!(due.next().await, [HERE]);
        assert_eq!(began.elapsed().as_secs(), 12, "what is planned sooner stays planned");
        assert_eq!(due.next().await, [THERE]);
        assert_eq!(began.elapsed().as_secs(), 30);
        assert!(due.is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_sooner_is_not_waited_past() {
        let (due, began) = (std::sync::Arc::new(Due::default()), Instant::now());
        due.within(THERE, Duration::from_secs(30));
        let waiting = tokio::spawn({
            let due = std::sync::Arc::clone(&due);
            async move { due.next().await }
        });
        tokio::task::yield_now().await;
        due.within(HERE, Duration::from_secs(1));
        assert_eq!(waiting.await.unwrap(), [HERE]);
        assert_eq!(began.elapsed().as_secs(), 1);
    }
}
