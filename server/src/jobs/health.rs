//! Keeps how numbers stand at Meta. It asks every half hour, and more often while something is
//! wrong. It asks at once when Meta or a refused message tells of it.

use std::time::Duration;

use super::every::Every;
use crate::accounts::AccountError;
use crate::clock::Clock;
use crate::connection::Inspector;
use crate::node::Membership;
use crate::store::health::{ask_at, claim_due, number};
use crate::telemetry::Spell;
use crate::whatsapp::versions;

const LOOK_EVERY: Duration = Duration::from_secs(1);
/// How often the log says that the Graph API's version ends.
const VERSION_EVERY: Duration = Duration::from_secs(24 * 60 * 60);
/// A number that was just added was checked then.
const FIRST_MS: i64 = 60_000;
const AGAIN_MS: i64 = 30 * 60_000;
/// Meta allows an app 200 such requests an hour for each account; a look makes six at most.
const AGAIN_AFTER_TROUBLE_MS: i64 = 3 * 60_000;

/// Asks Meta how numbers stand.
#[derive(Debug)]
pub struct Health {
    /// Asks Meta, and tells the log behind what people wait for.
    pub inspector: Inspector,
    /// Whether this node is the one that asks.
    pub membership: Membership,
    /// The time.
    pub clock: Clock,
}

impl Health {
    /// Looks every second what is due, for ever.
    pub async fn run(self) {
        let spell = Spell::default();
        let mut version_time = Every::new(VERSION_EVERY);
        loop {
            if self.membership.term().is_some() {
                if version_time.is_due(self.clock.monotonic()) {
                    let version = &self.inspector.whatsapp.graph_version;
                    versions::standing(version, self.clock.now()).log(version);
                }
                let looked = self.look().await;
                if !self.inspector.engine.store().is_away() {
                    let what = "how numbers stand could not be kept; trying again";
                    spell.note(what, looked.as_ref().err(), self.clock.monotonic());
                }
            }
            self.clock.sleep(LOOK_EVERY).await;
        }
    }

    async fn look(&self) -> Result<(), AccountError> {
        let store = self.inspector.engine.store();
        let now = self.clock.now();
        let until = now.plus_ms(AGAIN_AFTER_TROUBLE_MS);
        for of in claim_due(store, now, now.plus_ms(FIRST_MS), until).await? {
            self.inspector.refresh(of).await?;
            let mut tx = store.read().await?;
            let known = number(&mut tx, of).await?;
            tx.rollback().await?;
            let is_well = known.and_then(|known| known.health).is_some_and(|h| h.faults.is_empty());
            if is_well {
                ask_at(store, of, until, self.clock.now().plus_ms(AGAIN_MS)).await?;
            }
        }
        Ok(())
    }
}
