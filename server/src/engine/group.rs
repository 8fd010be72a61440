//! One group: lock → read → decide → write → commit.

use std::time::Duration;

use baton_domain::group::{Done, Post, Work, decide};
use baton_domain::log::Batch;

use super::announce;
use super::load::{LoadError, load};
use super::record;
use super::work::Task;
use crate::clock::Clock;
use crate::store::{Store, StoreError, group as rows};

/// What a commit made true.
#[derive(Debug)]
pub(super) struct Committed {
    /// The answers, in the order of the members.
    pub(super) done: Vec<Done>,
    /// What is to be published.
    pub(super) batches: Vec<Batch>,
    /// Why elements of webhooks were set aside, each by the name that is counted.
    pub(super) set_aside: Vec<&'static str>,
    /// Whether pushes were queued.
    pub(super) has_pushes: bool,
    /// How long the commit itself took.
    pub(super) commit: Duration,
}

/// Why a group was not committed.
#[derive(Debug)]
pub(super) struct Failed {
    pub(super) error: StoreError,
    /// The commit was sent and its answer lost: it may have happened.
    pub(super) is_unknown: bool,
}

impl From<StoreError> for Failed {
    fn from(error: StoreError) -> Self {
        Self { error, is_unknown: false }
    }
}

/// How often a group begins again because somebody else was first.
const AGAIN_MAX: usize = 5;

/// Runs a group.
pub(super) async fn run(
    store: &Store,
    clock: &Clock,
    group: &[&Task],
    lock_wait: Duration,
) -> Result<Committed, Failed> {
    for _ in 0..AGAIN_MAX {
        if let Some(committed) = attempt(store, clock, group, lock_wait).await? {
            return Ok(committed);
        }
    }
    Err(StoreError::LockTimeout.into())
}

/// `None`: somebody else was first, begin again.
async fn attempt(
    store: &Store,
    clock: &Clock,
    group: &[&Task],
    lock_wait: Duration,
) -> Result<Option<Committed>, Failed> {
    let epoch = store.epoch();
    let mut tx = store.begin_commit(lock_wait).await?;
    if group.iter().any(|task| !task.writes.is_empty()) {
        tx.begin_stamping().await?;
    }
    for (sql, args) in group.iter().flat_map(|task| &task.writes) {
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        tx.run(sql, &args).await?;
    }
    let works: Vec<&Work> = group.iter().map(|task| &task.work).collect();
    let mut state = match load(&mut tx, &works).await {
        Ok(state) => state,
        Err(LoadError::Again) => {
            tx.rollback().await?;
            return Ok(None);
        }
        Err(LoadError::Store(error)) => return Err(error.into()),
    };
    let now = clock.now();
    let done = decide(&mut state, &works, epoch, now);
    let posts: Vec<&Post> = works.iter().filter_map(|work| work.post()).collect();
    let batches = state.batches(epoch);
    let mut writes = record::record(&state, &batches, &posts, clock, now);
    let announced = announce::announce(&mut tx, &state, clock, now).await?;
    let has_pushes = announced.is_due();
    (writes.pushes, writes.push_changes) = (announced.pushes, announced.changes);
    rows::write(&mut tx, &writes).await?;
    let before = clock.monotonic();
    tx.commit().await.map_err(|error| {
        let is_unknown = error.is_unavailable();
        Failed { error, is_unknown }
    })?;
    let commit = clock.monotonic().saturating_sub(before);
    let set_aside = state.quarantined.iter().map(|aside| aside.why.0).collect();
    Ok(Some(Committed { done, batches, set_aside, has_pushes, commit }))
}
