//! One group: lock → read → decide → write → commit.

use std::time::Duration;

use baton_domain::group::{Done, Post, Work, decide};
use baton_domain::log::Batch;

use super::announce;
use super::load::{LoadError, load};
use super::part::Owners;
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
    /// What was not understood, each by the name that is counted.
    pub(super) not_understood: Vec<&'static str>,
    /// Whether pushes were queued.
    pub(super) has_pushes: bool,
    /// Whether files are to be fetched.
    pub(super) has_files: bool,
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

/// Where a group runs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Road {
    /// In the committer's loop: everybody waits for it.
    Loop,
    /// Beside it: only its own workspace does.
    Beside,
}

/// What a group runs with.
#[derive(Clone, Copy)]
pub(super) struct Way<'a> {
    pub(super) store: &'a Store,
    pub(super) clock: &'a Clock,
    pub(super) owners: &'a Owners,
    pub(super) lock_wait: Duration,
    pub(super) road: Road,
}

/// Runs a group.
pub(super) async fn run(way: Way<'_>, group: &[&Task]) -> Result<Committed, Failed> {
    for _ in 0..AGAIN_MAX {
        if let Some(committed) = attempt(way, group).await? {
            return Ok(committed);
        }
    }
    Err(StoreError::LockTimeout.into())
}

/// `None`: somebody else was first, begin again.
async fn attempt(way: Way<'_>, group: &[&Task]) -> Result<Option<Committed>, Failed> {
    let Way { store, clock, owners, lock_wait, road } = way;
    let epoch = store.epoch();
    let mut tx = match road {
        Road::Loop => store.begin_commit(lock_wait).await?,
        Road::Beside => store.begin_commit_beside(lock_wait).await?,
    };
    if group.iter().any(|task| !task.writes.is_empty()) {
        tx.begin_stamping().await?;
    }
    for (sql, args) in group.iter().flat_map(|task| &task.writes) {
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        tx.run(sql, &args).await?;
    }
    let works: Vec<&Work> = group.iter().map(|task| &task.work).collect();
    let mut state = match load(&mut tx, &works, owners).await {
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
    let not_understood = state.not_understood.iter().map(|one| one.kind).collect();
    let has_files = !state.wanted_files.is_empty()
        || !state.forwarded_files.is_empty()
        || !state.past_contents.is_empty();
    Ok(Some(Committed { done, batches, set_aside, not_understood, has_pushes, has_files, commit }))
}
