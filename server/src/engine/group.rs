//! One group: lock → read → decide → write → commit.

use std::time::Duration;

use baton_domain::log::Batch;
use baton_domain::outcome::Answer;
use baton_protocol::{Actor, AgentId, Epoch, Event, OpId, Timestamp};

use super::load::{LoadError, Loaded, load};
use super::memory::{Entry, Key, Memory};
use super::work::{ClaimAnswer, Done, Post, SettingWork, Work};
use super::{act, receive, record};
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

/// Runs a group. Members are decided by rank: inbound, results, commands, claims.
pub(super) async fn run(
    store: &Store,
    clock: &Clock,
    group: &[&Work],
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
    group: &[&Work],
    lock_wait: Duration,
) -> Result<Option<Committed>, Failed> {
    let epoch = store.epoch();
    let mut tx = store.begin_commit(lock_wait).await?;
    for work in group {
        if let Work::Setting(setting) = work {
            for (sql, args) in &setting.writes {
                let args: Vec<&str> = args.iter().map(String::as_str).collect();
                tx.run(sql, &args).await?;
            }
        }
    }
    let mut loaded = match load(&mut tx, group).await {
        Ok(loaded) => loaded,
        Err(LoadError::Again) => {
            tx.rollback().await?;
            return Ok(None);
        }
        Err(LoadError::Store(error)) => return Err(error.into()),
    };
    let now = clock.now();
    let mut done = decide(&mut loaded, group, epoch, now);
    let posts: Vec<&Post> = group.iter().filter_map(|work| work.post()).collect();
    let memory = &mut loaded.memory;
    let recorded = record::record(memory, &posts, epoch, clock, now);
    rows::write(&mut tx, &recorded.writes).await?;
    let before = clock.monotonic();
    tx.commit().await.map_err(|error| {
        let is_unknown = error.is_unavailable();
        Failed { error, is_unknown }
    })?;
    fill_positions(memory, group, &mut done);
    let commit = clock.monotonic().saturating_sub(before);
    let set_aside = memory.quarantined.iter().map(|aside| aside.why.0).collect();
    Ok(Some(Committed { done, batches: recorded.batches, set_aside, commit }))
}

/// Decides one member after the other, each on the state its predecessors left.
fn decide(loaded: &mut Loaded, group: &[&Work], epoch: Epoch, now: Timestamp) -> Vec<Done> {
    let stale = act::stale(&loaded.memory);
    let mut order: Vec<usize> = (0..group.len()).collect();
    order.sort_by_key(|place| group.get(*place).map(|work| work.rank()));
    let mut done: Vec<(usize, Done)> = Vec::with_capacity(group.len());
    for place in order {
        let Some(work) = group.get(place) else { continue };
        done.push((place, decide_one(loaded, work, (epoch, now), stale.as_ref())));
    }
    done.sort_by_key(|(place, _)| *place);
    done.into_iter().map(|(_, done)| done).collect()
}

fn decide_one(
    loaded: &mut Loaded,
    work: &Work,
    (epoch, now): (Epoch, Timestamp),
    stale: Option<&act::Stale>,
) -> Done {
    match work {
        Work::Post(post) => {
            receive::post(loaded, post, epoch, now);
            Done::Post
        }
        Work::Command(work) => Done::Command(act::command(&mut loaded.memory, work, now, stale)),
        Work::Outcomes(work) => Done::Outcomes(act::outcomes(&mut loaded.memory, work)),
        Work::Claim(work) => Done::Claim(act::claim(&mut loaded.memory, work, now)),
        Work::Result(work) => {
            act::result(loaded, work, now);
            Done::Result
        }
        Work::Rescue(work) => {
            act::rescue(&mut loaded.memory, work, now);
            Done::Result
        }
        Work::Unpark(work) => {
            act::unpark(&mut loaded.memory, work, now);
            Done::Result
        }
        Work::Restored(at) => {
            act::restored(&mut loaded.memory, *at, now);
            Done::Result
        }
        Work::Wake(work) => {
            act::wake(&mut loaded.memory, work, now);
            Done::Result
        }
        Work::Rehome(work) => {
            act::rehome(&mut loaded.memory, work, now);
            Done::Result
        }
        Work::Setting(work) => {
            setting(&mut loaded.memory, work, now);
            Done::Setting
        }
    }
}

fn setting(memory: &mut Memory, work: &SettingWork, now: Timestamp) {
    for fact in &work.facts {
        let event = Event {
            position: 0,
            conversation_id: None,
            revision: None,
            at: now,
            actor: work.by.map_or(Actor::System, |id| Actor::Agent { id }),
            fact: fact.clone(),
            content: None,
        };
        memory.entries.push(Entry {
            workspace: work.workspace,
            event,
            route: baton_domain::log::Route::of(fact, None, None),
            content_id: None,
        });
    }
}

/// Positions are known only once everything was decided.
fn fill_positions(memory: &Memory, group: &[&Work], done: &mut [Done]) {
    for (work, done) in group.iter().zip(done) {
        match (work, done) {
            (Work::Command(work), Done::Command(answer)) => {
                let author = (work.caller.workspace, work.caller.agent);
                fill_position(memory, author, work.command.op_id, answer);
            }
            // Whoever asks may ask of a command of the same group.
            (Work::Outcomes(work), Done::Outcomes(answers)) => {
                for (op_id, answer) in answers {
                    fill_position(memory, (work.workspace, work.agent), *op_id, answer);
                }
            }
            _ => {}
        }
    }
}

fn fill_position(memory: &Memory, author: Key<AgentId>, op_id: OpId, answer: &mut Answer) {
    if let Answer::Accepted(accepted) = answer {
        accepted.position = stored_position(memory, author, op_id).or(accepted.position);
    }
}

fn stored_position(memory: &Memory, author: Key<AgentId>, op_id: OpId) -> Option<u64> {
    match &memory.priors.get(&author)?.get(&op_id)?.answer {
        Answer::Accepted(accepted) => accepted.position,
        Answer::Refused(_) => None,
    }
}

impl Done {
    /// Whether a claim said go.
    pub(super) fn claim(self) -> ClaimAnswer {
        if let Self::Claim(answer) = self { answer } else { ClaimAnswer::No }
    }
}
