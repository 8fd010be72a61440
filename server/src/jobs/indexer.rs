//! The follower that makes texts searchable, so that no command waits for it.

use std::time::Duration;

use crate::clock::Clock;
use crate::node::Membership;
use crate::store::searchable::{make_searchable, unsearchable};
use crate::store::{Store, StoreError};
use crate::telemetry::Spell;

/// Makes new events searchable, and after an upgrade the old ones.
#[derive(Clone, Debug)]
pub struct Indexer {
    /// The database.
    pub store: Store,
    /// Whether this node is the one that does it.
    pub membership: Membership,
    /// The time.
    pub clock: Clock,
}

const LOOK_EVERY: Duration = Duration::from_millis(500);
/// Others write between two stretches of a long log: at least so long, and so many times as long as
/// the stretch took. A message has a dozen words; in a flood, taking it in comes before finding it.
const PAUSE: Duration = Duration::from_millis(20);
const PAUSE_TIMES: u32 = 4;
/// Events of one transaction.
const AT_ONCE: u64 = 200;

impl Indexer {
    /// Looks twice a second, for ever.
    pub async fn run(self) {
        let spell = Spell::default();
        loop {
            let began = self.clock.monotonic();
            let looked = self.look().await;
            let took = self.clock.monotonic().saturating_sub(began);
            if !self.store.is_away() {
                let what = "texts could not be made searchable; trying again";
                spell.note(what, looked.as_ref().err(), self.clock.monotonic());
            }
            let is_more = looked.unwrap_or(false);
            let pause = PAUSE.max(took.saturating_mul(PAUSE_TIMES));
            self.clock.sleep(if is_more { pause } else { LOOK_EVERY }).await;
        }
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
