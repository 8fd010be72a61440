//! Keeps how numbers stand at Meta: every half hour, more often while something is wrong, and at
//! once when Meta or a refused message tells of it.

use std::time::Duration;

use crate::accounts::AccountError;
use crate::clock::Clock;
use crate::connection::Inspector;
use crate::engine::Engine;
use crate::node::Membership;
use crate::store::health::{ask_at, claim_due, counts, number};
use crate::telemetry::{Metrics, Spell};

use super::every::Every;

const LOOK_EVERY: Duration = Duration::from_secs(1);
/// The figures tell of every node's numbers this often.
const COUNT_EVERY: Duration = Duration::from_secs(5);
/// A number that was just added was checked then.
const FIRST_MS: i64 = 60_000;
const AGAIN_MS: i64 = 30 * 60_000;
/// Meta allows an app 200 such requests an hour for each account; a look makes five at most.
const AGAIN_AFTER_TROUBLE_MS: i64 = 3 * 60_000;

/// Asks Meta how numbers stand.
#[derive(Debug)]
pub struct Health {
    inspector: Inspector,
    membership: Membership,
    clock: Clock,
    metrics: Metrics,
}

impl Health {
    /// Asks by `inspector`, and tells the log behind what people wait for.
    pub fn new(
        (inspector, behind, membership): (&Inspector, &Engine, &Membership),
        clock: &Clock,
        metrics: &Metrics,
    ) -> Self {
        Self {
            inspector: Inspector { engine: behind.clone(), ..inspector.clone() },
            membership: membership.clone(),
            clock: clock.clone(),
            metrics: metrics.clone(),
        }
    }

    /// Looks every second what is due, for ever.
    pub async fn run(self) {
        let (spell, mut counting) = (Spell::default(), Every::new(COUNT_EVERY));
        loop {
            if self.membership.term().is_some() {
                let looked = self.look().await;
                if !self.inspector.engine.store().is_away() {
                    let what = "how numbers stand could not be kept; trying again";
                    spell.note(what, looked.as_ref().err(), self.clock.monotonic());
                }
            }
            if counting.is_due(self.clock.monotonic()) {
                self.count().await;
            }
            self.clock.sleep(LOOK_EVERY).await;
        }
    }

    async fn look(&self) -> Result<(), AccountError> {
        let store = self.inspector.engine.store();
        let now = self.clock.now();
        let until = now.plus_ms(AGAIN_AFTER_TROUBLE_MS);
        for of in claim_due(store, now, (now.plus_ms(FIRST_MS), until)).await? {
            self.inspector.refresh(of).await?;
            let mut tx = store.read().await?;
            let known = number(&mut tx, of).await?;
            tx.rollback().await?;
            let is_well = known.and_then(|known| known.health).is_some_and(|h| h.faults.is_empty());
            if is_well {
                ask_at(store, of, (until, self.clock.now().plus_ms(AGAIN_MS))).await?;
            }
        }
        Ok(())
    }

    async fn count(&self) {
        let counted = async {
            let mut tx = self.inspector.engine.store().read().await?;
            let counted = counts(&mut tx).await?;
            tx.rollback().await?;
            Ok::<_, crate::store::StoreError>(counted)
        };
        let Ok((stopped, attention)) = counted.await else { return };
        self.metrics.numbers_stopped.set(stopped);
        self.metrics.numbers_attention.set(attention);
    }
}
