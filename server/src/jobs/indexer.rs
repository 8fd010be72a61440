//! The follower that makes texts searchable, so that no command waits for it. It erases what was
//! taken back, too: nothing is made searchable while that goes.

use std::sync::Arc;
use std::time::Duration;

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
        loop {
            let began = self.clock.monotonic();
            let erased = self.erase().await;
            if !self.store.is_away() {
                let what = "what was taken back is not erased yet; trying again";
                erasing.note(what, erased.as_ref().err(), self.clock.monotonic());
            }
            let looked = self.look().await;
            let took = self.clock.monotonic().saturating_sub(began);
            if !self.store.is_away() {
                let what = "texts could not be made searchable; trying again";
                spell.note(what, looked.as_ref().err(), self.clock.monotonic());
            }
            let is_more = looked.unwrap_or(false);
            self.clock.sleep(pause(is_more, took)).await;
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

    /// Does a stretch of each log if this node leads, and tells whether there is more.
    async fn look(&self) -> Result<bool, StoreError> {
        let Some(led) = self.membership.led(&self.store) else { return Ok(false) };
        let mut tx = self.store.read().await?;
        let workspaces = unsearchable(&mut tx).await?;
        tx.rollback().await?;
        let mut is_more = false;
        for workspace in workspaces {
            match make_searchable(&led, workspace, AT_ONCE).await {
                Ok(more) => is_more |= more,
                // The one that leads by now goes on.
                Err(StoreError::Deposed) => return Ok(false),
                Err(error) => return Err(error),
            }
        }
        Ok(is_more)
    }
}

/// How long to wait before the next stretch.
fn pause(is_more: bool, took: Duration) -> Duration {
    match is_more {
        true => took.saturating_mul(PAUSE_TIMES).clamp(PAUSE_MIN, PAUSE_MAX),
        false => LOOK_EVERY,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_indexer_takes_a_fifth_of_the_time_while_there_is_more() {
        let ms = Duration::from_millis;
        assert_eq!(pause(true, ms(100)), ms(400));
        assert_eq!(pause(true, ms(1)), PAUSE_MIN);
        assert_eq!(pause(true, Duration::MAX), PAUSE_MAX, "a database that stood still");
        assert_eq!(pause(false, ms(100)), LOOK_EVERY);
    }
}
