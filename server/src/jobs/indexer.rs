//! The follower that makes texts searchable, so that no command waits for it. It erases what was
//! taken back, too: nothing is made searchable while that goes.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use baton_protocol::WorkspaceId;

use crate::clock::Clock;
use crate::media::{MediaStore, ObjectKey};
use crate::node::Membership;
use crate::store::erase::{erase, revocations, taken_files};
use crate::store::files::forget_files;
use crate::store::searchable::{make_searchable, unsearchable};
use crate::store::{Store, StoreError};
use crate::telemetry::Spell;

/// Makes new events searchable, and after an upgrade the old ones.
#[derive(Clone)]
pub struct Indexer {
    /// The database.
    pub store: Store,
    /// Whether this node is the one that does it.
    pub membership: Membership,
    /// The time.
    pub clock: Clock,
    /// Where files are kept.
    pub media: Arc<dyn MediaStore>,
}

impl std::fmt::Debug for Indexer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Indexer").finish_non_exhaustive()
    }
}

/// Why something that was taken back is still there.
#[derive(Debug, thiserror::Error)]
enum EraseError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Folder(#[from] std::io::Error),
}

const LOOK_EVERY: Duration = Duration::from_millis(500);
/// Others write between two stretches of a long log: so many times as long as the stretch took,
/// within these bounds. A message has a dozen words, so in a flood the index must not take the
/// time in which the next messages are stored.
const PAUSE_TIMES: u32 = 4;
/// The part of a stretch that the pause takes where nobody writes. Who begins waits for a stretch.
const QUIET_PART: u32 = 4;
const QUIET_MIN: Duration = Duration::from_millis(1);
const PAUSE_MIN: Duration = Duration::from_millis(20);
const PAUSE_MAX: Duration = Duration::from_secs(2);
/// Events of one transaction.
const AT_ONCE: u64 = 200;
/// Revocations that are looked at together.
const REVOCATIONS_AT_ONCE: u64 = 20;

impl Indexer {
    /// Looks twice a second, for ever.
    pub async fn run(self) {
        let (spell, erasing) = (Spell::default(), Spell::default());
        let mut heads = BTreeMap::new();
        loop {
            let began = self.clock.monotonic();
            let erased = self.erase().await;
            if !self.store.is_away() {
                let what = "what was taken back is not erased yet; trying again";
                erasing.note(what, erased.as_ref().err(), self.clock.monotonic());
            }
            let looked = self.look(&mut heads).await;
            let took = self.clock.monotonic().saturating_sub(began);
            if !self.store.is_away() {
                let what = "texts could not be made searchable; trying again";
                spell.note(what, looked.as_ref().err(), self.clock.monotonic());
            }
            self.clock.sleep(pause(looked.unwrap_or(Left::Nothing), took)).await;
        }
    }

    /// Erases what was taken back if this node leads: words, texts and files.
    async fn erase(&self) -> Result<(), EraseError> {
        let Some(led) = self.membership.led(&self.store) else { return Ok(()) };
        for of in revocations(&led, REVOCATIONS_AT_ONCE).await? {
            let files = taken_files(&led, &of).await?;
            for (workspace, message) in &files {
                self.media.delete(ObjectKey { workspace: *workspace, message: *message }).await?;
            }
            if !files.is_empty() {
                forget_files(&led, &files).await?;
            }
            erase(&led, &of).await?;
        }
        Ok(())
    }

    /// Does a stretch of each log if this node leads, and tells what is left. `heads` are those of
    /// the logs that were not searchable at the look before.
    async fn look(&self, heads: &mut BTreeMap<WorkspaceId, u64>) -> Result<Left, StoreError> {
        let Some(led) = self.membership.led(&self.store) else { return Ok(Left::Nothing) };
        let mut tx = self.store.read().await?;
        let behind: BTreeMap<_, _> = unsearchable(&mut tx).await?.into_iter().collect();
        tx.rollback().await?;
        let is_quiet = is_quiet(heads, &behind);
        let mut left = Left::Nothing;
        for workspace in behind.keys() {
            match make_searchable(&led, *workspace, AT_ONCE).await {
                Ok(true) if is_quiet => left = Left::Quiet,
                Ok(true) => left = Left::Busy,
                Ok(false) => {}
                // The one that leads by now goes on.
                Err(StoreError::Deposed) => return Ok(Left::Nothing),
                Err(error) => return Err(error),
            }
        }
        *heads = behind;
        Ok(left)
    }
}

/// No log that is behind has grown since the look before. One that was not behind then and is now
/// has grown.
fn is_quiet(before: &BTreeMap<WorkspaceId, u64>, now: &BTreeMap<WorkspaceId, u64>) -> bool {
    now.iter().all(|(workspace, head)| before.get(workspace) == Some(head))
}

/// The work that a look leaves to the next one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Left {
    Nothing,
    /// More, and no log grew since the look before.
    Quiet,
    /// More, while others write.
    Busy,
}

/// How long to wait before the next stretch.
fn pause(left: Left, took: Duration) -> Duration {
    match left {
        Left::Nothing => LOOK_EVERY,
        Left::Quiet => (took / QUIET_PART).clamp(QUIET_MIN, PAUSE_MAX),
        Left::Busy => took.saturating_mul(PAUSE_TIMES).clamp(PAUSE_MIN, PAUSE_MAX),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_indexer_takes_a_fifth_of_the_time_while_others_write() {
        let ms = Duration::from_millis;
        assert_eq!(pause(Left::Busy, ms(100)), ms(400));
        assert_eq!(pause(Left::Busy, ms(1)), PAUSE_MIN);
        assert_eq!(pause(Left::Busy, Duration::MAX), PAUSE_MAX, "a database that stood still");
        assert_eq!(pause(Left::Nothing, ms(100)), LOOK_EVERY);
    }

    #[test]
    fn the_indexer_takes_most_of_the_time_while_nobody_writes() {
        let ms = Duration::from_millis;
        assert_eq!(pause(Left::Quiet, ms(100)), ms(25));
        assert_eq!(pause(Left::Quiet, Duration::ZERO), QUIET_MIN);
        assert_eq!(pause(Left::Quiet, Duration::MAX), PAUSE_MAX, "a database that stood still");
    }

    #[test]
    fn a_log_that_grows_or_is_behind_anew_shows_that_others_write() {
        let [one, two] = [1, 2].map(|n| WorkspaceId(uuid::Uuid::from_u128(n)));
        let heads = |all: &[(WorkspaceId, u64)]| all.iter().copied().collect::<BTreeMap<_, _>>();
        let before = heads(&[(one, 900), (two, 7)]);
        assert!(is_quiet(&before, &heads(&[(one, 900), (two, 7)])));
        assert!(is_quiet(&before, &heads(&[(one, 900)])), "the other is searchable");
        assert!(!is_quiet(&before, &heads(&[(one, 901), (two, 7)])));
        assert!(!is_quiet(&heads(&[(one, 900)]), &before));
    }
}
