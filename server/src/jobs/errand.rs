//! Errands: work outside that a commit wished, in the same commit. One runner for all kinds claims
//! what is due on the node that leads, does so many at once, and ends or puts off each.
//!
//! A kind is a row in the store ([`ErrandKind`]) and one `impl` of [`Errand`]. It may be done
//! twice: a node can die after it was done and before that was noted. Each kind says why that is
//! harmless.

#[cfg(test)]
mod tests;

use std::time::Duration;

use baton_protocol::Timestamp;
use tokio::task::JoinSet;

use super::again::while_away;
use crate::clock::Clock;
use crate::node::Membership;
use crate::store::errand::{self, Due};
use crate::store::tables::ErrandKind;
use crate::store::{Store, StoreError};
use crate::telemetry::{Metrics, Spell};

const LOOK_EVERY: Duration = Duration::from_secs(1);

/// The terms on which errands of a kind are done.
#[derive(Clone, Copy, Debug)]
pub struct Terms {
    /// The number of those that are done at once.
    pub at_once: usize,
    /// Longer than one takes: then its claim is over, and it is done again.
    pub claimed_ms: i64,
    /// The pause before the second try. It doubles with each further one.
    pub again_ms: i64,
    /// The longest pause.
    pub again_ms_max: i64,
    /// The number of tries. The last one settles it.
    pub tries_max: u32,
}

impl Terms {
    /// The pause after a try, in milliseconds.
    fn pause_ms(&self, tries: u32) -> i64 {
        self.again_ms.saturating_mul(1 << tries.min(20)).min(self.again_ms_max)
    }

    /// True for the try that settles it.
    fn is_last(&self, tries: u32) -> bool {
        tries >= self.tries_max
    }
}

/// The end of a try.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ended {
    /// It is done, or nothing is left to do.
    Done,
    /// It is tried again after a pause.
    Again,
}

impl Ended {
    fn name(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Again => "again",
        }
    }
}

/// One kind of errand.
pub trait Errand: Clone + Send + Sync + 'static {
    /// The kind.
    const KIND: ErrandKind;
    /// Its terms.
    const TERMS: Terms;

    /// Does one. The last try has to settle it; [`Ended::Again`] then says that even this could not
    /// be told.
    fn carry_out(&self, of: &Due, is_last: bool) -> impl Future<Output = Ended> + Send;

    /// Takes over what programs of before errands left elsewhere. Mostly there is nothing.
    fn take_over(
        &self,
        _store: &Store,
        _now: Timestamp,
    ) -> impl Future<Output = Result<(), StoreError>> + Send {
        std::future::ready(Ok(()))
    }
}

/// Does the errands of one kind.
#[derive(Clone)]
pub struct Errands<E> {
    /// The kind.
    pub errand: E,
    /// The database.
    pub store: Store,
    /// Tells if this node leads: then it does them.
    pub membership: Membership,
    /// The counters.
    pub metrics: Metrics,
    /// The time.
    pub clock: Clock,
}

impl<E> std::fmt::Debug for Errands<E> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Errands").finish_non_exhaustive()
    }
}

impl<E: Errand> Errands<E> {
    /// Looks every second what is due, for ever.
    pub async fn run(self) {
        let spell = Spell::default();
        let mut under_way = JoinSet::new();
        loop {
            let claimed = self.claim(under_way.len()).await;
            if !self.store.is_away() {
                let what = "work outside could not be claimed; trying again";
                spell.note(what, claimed.as_ref().err(), self.clock.monotonic());
            }
            for of in claimed.into_iter().flatten() {
                let this = self.clone();
                under_way.spawn(async move { this.settle(of).await });
            }
            let ended = async {
                // One that broke off is done again when its claim is over.
                match under_way.join_next().await {
                    Some(Err(error)) => tracing::error!(%error, "an errand broke off"),
                    Some(Ok(())) => {}
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = ended => {}
                () = self.clock.sleep(LOOK_EVERY) => {}
            }
        }
    }

    /// Claims as many as there is room for, if this node leads.
    async fn claim(&self, under_way: usize) -> Result<Vec<Due>, StoreError> {
        let Some(led) = self.membership.led(&self.store) else { return Ok(Vec::new()) };
        let now = self.clock.now();
        self.errand.take_over(&led, now).await?;
        let room = E::TERMS.at_once.saturating_sub(under_way);
        errand::claim(&led, (E::KIND, room), now, now.plus_ms(E::TERMS.claimed_ms)).await
    }

    /// Does one, and notes what came of it.
    async fn settle(&self, of: Due) {
        let ended = self.errand.carry_out(&of, E::TERMS.is_last(of.tries)).await;
        self.metrics.errands.inc([E::KIND.name(), ended.name()]);
        let at = self.clock.now().plus_ms(E::TERMS.pause_ms(of.tries));
        let noted = while_away(&self.clock, async || match ended {
            Ended::Done => errand::done(&self.store, &of).await,
            Ended::Again => errand::again_at(&self.store, &of, at).await,
        });
        if let Err(error) = noted.await {
            tracing::warn!(%error, kind = E::KIND.name(), "an errand is done once more");
        }
    }
}
