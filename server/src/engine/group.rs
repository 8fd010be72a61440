//! One group: lock → read → decide → write → commit.

use std::time::Duration;

use baton_domain::fact::log::Batch;
use baton_domain::group::{Done, Post, Work, decide};

use super::load::{LoadError, load};
use super::others::Others;
use super::part::Owners;
use super::policies::Policies;
use super::record;
use super::work::Task;
use super::{announce, assign, classify, clocks, drafts, errand, notice};
use crate::clock::Clock;
use crate::store::{Store, StoreError, Tx, group as rows};

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
    pub(super) policies: &'a Policies,
    pub(super) others: &'a Others,
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
    let mut tx = match way.road {
        Road::Loop => way.store.begin_commit(way.lock_wait).await?,
        Road::Beside => way.store.begin_commit_beside(way.lock_wait).await?,
    };
    let Some(mut written) = Box::pin(write(&mut tx, way, group)).await? else {
        tx.rollback().await?;
        return Ok(None);
    };
    let before = way.clock.monotonic();
    tx.commit().await.map_err(|error| {
        let is_unknown = error.is_unavailable();
        Failed { error, is_unknown }
    })?;
    written.commit = way.clock.monotonic().saturating_sub(before);
    Ok(Some(written))
}

/// All of a group but its commit; `None` where somebody else was first.
pub(super) async fn write(
    tx: &mut Tx,
    way: Way<'_>,
    group: &[&Task],
) -> Result<Option<Committed>, StoreError> {
    let Way { store, clock, owners, policies, others, .. } = way;
    let epoch = store.epoch();
    if group.iter().any(|task| !task.writes.is_empty()) {
        tx.begin_stamping().await?;
    }
    for (sql, args) in group.iter().flat_map(|task| &task.writes) {
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        tx.run(sql, &args).await?;
    }
    let works: Vec<&Work> = group.iter().map(|task| &task.work).collect();
    let (mut state, found) = match load(tx, &works, owners, policies).await {
        Ok(loaded) => loaded,
        Err(LoadError::Again) => return Ok(None),
        Err(LoadError::Store(error)) => return Err(error),
    };
    state.has_older_nodes = !others.count_answers();
    let now = clock.now();
    // Where nothing happens by itself, nothing is drawn: ids are the same in every grouping.
    if state.policies.values().any(|policies| !policies.is_empty()) {
        state.seed = [u64::from_le_bytes(clock.bytes()), u64::from_le_bytes(clock.bytes())];
    }
    let done = decide(&mut state, &works, epoch, now);
    for (workspace, agent) in &state.miscounted {
        tracing::error!(
            %workspace, %agent,
            "the load of an agent is less than what they carry: see `baton verify-log`"
        );
    }
    let posts: Vec<&Post> = works.iter().filter_map(|work| work.post()).collect();
    let batches = state.batches(epoch);
    let mut writes = record::record(&state, &batches, &posts, clock, now);
    writes.found = found;
    if !others.do_errands() {
        errand::as_before(&mut writes);
    }
    let announced = announce::announce(tx, &state, clock, now).await?;
    let has_pushes = announced.is_due();
    (writes.pushes, writes.push_changes) = (announced.pushes, announced.changes);
    rows::write(tx, &writes).await?;
    notice::notice(tx, &state, now).await?;
    drafts::end(tx, &state).await?;
    clocks::keep(tx, &state, &works, now).await?;
    assign::keep(tx, &state).await?;
    classify::keep(tx, &state, works.iter().copied().zip(&done)).await?;
    let commit = Duration::ZERO;
    let set_aside = state.quarantined.iter().map(|aside| aside.why.0).collect();
    let not_understood = state.not_understood.iter().map(|one| one.kind).collect();
    let has_files = !state.wanted_files.is_empty()
        || !state.forwarded_files.is_empty()
        || !state.past_contents.is_empty();
    Ok(Some(Committed { done, batches, set_aside, not_understood, has_pushes, has_files, commit }))
}
