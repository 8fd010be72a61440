//! Takes in what phone apps shared of the time before Baton. It is kept as it came when Meta posts
//! it, so that nobody waits for thousands of messages; here it goes in piece by piece.

use std::collections::BTreeSet;
use std::time::Duration;

use baton_protocol::Timestamp;

use super::every::Every;
use crate::clock::Clock;
use crate::engine::Engine;
use crate::node::Membership;
use crate::store::StoreError;
use crate::store::past::{shared, taken_in, waiting};
use crate::telemetry::Spell;
use crate::whatsapp::payload;

/// Takes in what was shared.
#[derive(Clone, Debug)]
pub struct Importer {
    /// Where it is decided.
    pub engine: Engine,
    /// Whether this node is the one that does it.
    pub membership: Membership,
    /// The time.
    pub clock: Clock,
}

const LOOK_EVERY: Duration = Duration::from_secs(2);
/// What is of a number that is not connected is looked at again after this time.
const AGAIN_EVERY: Duration = Duration::from_secs(10 * 60);

/// What came of one.
enum Took {
    /// All of it is here.
    All,
    /// It waits: for its number, or for a version that can read it.
    Nothing,
    /// The database is away, or the committer full.
    Unavailable,
}

impl Importer {
    /// Looks every other second, for ever.
    pub async fn run(self) {
        let spell = Spell::default();
        let mut again_time = Every::new(AGAIN_EVERY);
        let mut left = BTreeSet::new();
        loop {
            let now = self.clock.monotonic();
            if again_time.is_due(now) {
                left.clear();
            }
            if self.membership.term().is_some() {
                let looked = self.look(&mut left).await;
                if !self.engine.store().is_away() {
                    let what = "what a phone app shared is not taken in; trying again";
                    spell.note(what, looked.as_ref().err(), now);
                }
            }
            self.clock.sleep(LOOK_EVERY).await;
        }
    }

    /// Takes in all that waits, but for what is left. What was taken in before changes nothing:
    /// where a node ends in between, the next one begins anew.
    async fn look(&self, left: &mut BTreeSet<String>) -> Result<(), StoreError> {
        let mut after = String::new();
        while let Some(id) = waiting(self.engine.store(), &after).await? {
            after.clone_from(&id);
            if left.contains(&id) {
                continue;
            }
            match self.take(&id).await? {
                Took::All => {}
                Took::Nothing => {
                    left.insert(id);
                }
                Took::Unavailable => return Ok(()),
            }
        }
        Ok(())
    }

    async fn take(&self, id: &str) -> Result<Took, StoreError> {
        let store = self.engine.store();
        let Some(one) = shared(store, id).await? else { return Ok(Took::Nothing) };
        let arrived = Timestamp::from_ms(one.at);
        let Ok(told) = payload::shared(one.element.as_bytes(), arrived) else {
            return Ok(Took::Nothing);
        };
        if told.declined {
            tracing::info!("a number shares no history: it was declined on its phone");
        }
        let count = told.elements.len();
        if count == 0 && !told.declined {
            return Ok(Took::Nothing);
        }
        match self.engine.take_past(&one.meta_app, told.elements, arrived).await {
            Ok(true) => {}
            Ok(false) => return Ok(Took::Nothing),
            Err(_unavailable) => return Ok(Took::Unavailable),
        }
        taken_in(store, id, self.clock.now()).await?;
        tracing::info!(count, "what a phone app shared is taken in");
        Ok(Took::All)
    }
}
