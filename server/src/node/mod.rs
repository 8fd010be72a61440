//! This server among the others on its database: it says that it lives, buries those that do not,
//! and leads when nobody else does.
//!
//! The database alone decides who lives and who leads; Redis has no say in it.

mod roster;

use std::sync::Arc;
use std::time::Duration;

use baton_protocol::Epoch;
use tokio::sync::watch;

use crate::clock::Clock;
use crate::store::node::{self as table, NodeId, Term};
use crate::store::{Store, StoreError};
use crate::telemetry::Metrics;
use roster::Watch;
pub use roster::{BEAT, DEAD_AFTER, Roster};

/// What the other parts of a node look at. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Membership(watch::Receiver<State>);

#[derive(Clone, PartialEq, Eq, Debug)]
struct State {
    roster: Arc<Roster>,
    term: Option<Term>,
    is_void: bool,
    /// The newest schema that each living node knows.
    common: u64,
}

impl Membership {
    /// Returns the nodes that live, as this one sees it.
    pub fn roster(&self) -> Arc<Roster> {
        Arc::clone(&self.0.borrow().roster)
    }

    /// The term in which this node leads, if it does.
    pub fn term(&self) -> Option<Term> {
        self.0.borrow().term
    }

    /// The store for what only the leader writes; `None` while another node leads.
    pub fn led(&self, store: &Store) -> Option<Store> {
        self.term().map(|term| store.under(term))
    }

    /// Whether each living node knows the schema with this number. What nodes of before would not
    /// understand is written once it is true. A node that comes later is never older: a program
    /// that does not know the database's schema refuses to start.
    pub fn all_know(&self, schema: u64) -> bool {
        self.0.borrow().common >= schema
    }

    /// Waits until who lives or who leads has changed.
    pub async fn changed(&mut self) {
        if self.0.changed().await.is_err() {
            // The node has ended: nothing changes any more.
            std::future::pending::<()>().await;
        }
    }

    /// Waits until the database has another epoch than at the start: a backup was put back under
    /// this server, and nothing it remembers holds.
    pub async fn void(&self) {
        let mut state = self.0.clone();
        if state.wait_for(|state| state.is_void).await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

/// This process among the nodes of its database.
#[derive(Debug)]
pub struct Node {
    store: Store,
    clock: Clock,
    metrics: Metrics,
    /// Whether no other server can be on this database.
    is_alone: bool,
    me: NodeId,
    watch: Watch,
    state: watch::Sender<State>,
    epoch: Epoch,
}

impl Node {
    /// Begins a life and looks around once.
    pub async fn begin(
        store: Store,
        clock: Clock,
        metrics: Metrics,
        is_alone: bool,
    ) -> Result<(Self, Membership), StoreError> {
        let me = NodeId(clock.uuid_v4());
        let roster = Arc::new(Roster::alone(me));
        let (state, receiver) =
            watch::channel(State { roster, term: None, is_void: false, common: 0 });
        let (watch, epoch) = (Watch::default(), store.epoch());
        let mut node = Self { store, clock, metrics, is_alone, me, watch, state, epoch };
        table::begin(&node.store, me, node.clock.now()).await?;
        node.look().await?;
        Ok((node, Membership(receiver)))
    }

    /// Beats and looks around, for ever.
    pub async fn run(mut self) {
        let mut is_told = false;
        loop {
            self.clock.sleep(BEAT).await;
            match self.look().await {
                Ok(()) => is_told = false,
                Err(error) if is_told => tracing::debug!(%error, "no beat"),
                Err(error) => {
                    tracing::warn!(%error, "this node cannot say that it lives; trying again");
                    is_told = true;
                }
            }
        }
    }

    async fn look(&mut self) -> Result<(), StoreError> {
        let mut table = table::beat(&self.store, self.me).await?;
        if !table.lives.iter().any(|life| life.node == self.me) {
            // Others took it for dead: what it had claimed is unconfirmed, what it led is led by
            // somebody else. It goes on as a new one.
            tracing::warn!(node = %self.me, "this node was taken for dead; it begins a new life");
            self.me = NodeId(self.clock.uuid_v4());
            table::begin(&self.store, self.me, self.clock.now()).await?;
            table = table::beat(&self.store, self.me).await?;
        }
        let now = self.clock.monotonic();
        let dead = self.watch.look(self.me, self.is_alone, &table.lives, now);
        if !dead.is_empty() {
            let count = table::bury(&self.store, &dead).await?;
            tracing::info!(count, "nodes that no longer beat were removed");
            table.lives.retain(|life| !dead.contains(life));
        }
        let live: Vec<_> = table.lives.iter().map(|life| life.node).collect();
        let number = table.term;
        let term = match table.leader {
            Some(node) if node == self.me => Some(Term { node, number }),
            Some(node) if live.contains(&node) => None,
            Some(_) | None => table::lead(&self.store, self.me, number).await?,
        };
        let count = i64::try_from(live.len()).unwrap_or(i64::MAX);
        self.metrics.nodes.set(count);
        self.metrics.leads.set(term.is_some().into());
        let is_void = table.epoch != self.epoch;
        let common = table.lives.iter().map(|life| life.version).min().unwrap_or_default();
        let roster = Arc::new(Roster { me: self.me, live });
        let state = State { roster, term, is_void, common };
        self.state.send_if_modified(|known| {
            let is_new = *known != state;
            *known = state;
            is_new
        });
        Ok(())
    }

    /// This node's present life.
    pub fn id(&self) -> NodeId {
        self.me
    }
}

/// Ends a life, so that nobody has to wait for it.
pub async fn end(store: &Store, membership: &Membership, within: Duration) {
    let ended = table::end(store, membership.roster().me);
    match tokio::time::timeout(within, ended).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::warn!(%error, "the others will find out that this node ended"),
        Err(_) => tracing::warn!("the others will find out that this node ended"),
    }
}

#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
