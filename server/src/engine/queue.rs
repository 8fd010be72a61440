//! What waits for the committer. Workspaces take turns, so that one with all the load keeps no
//! other waiting, and none fills the queue.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use baton_domain::group::Done;
use tokio::sync::{Notify, oneshot};

use super::part::{Owners, Part};
use super::slots::CommandSlot;
use super::work::Task;
use crate::store::StoreError;

/// People's wishes take this part of the queue at most: the rest is for webhooks and sends.
const FOR_PEOPLE: (usize, usize) = (3, 4);
/// A workspace may have so many times the room that is left. Alone it has seven eighths of the
/// queue. Each other one always finds room, however many are busy.
const TIMES_THE_REST: usize = 7;
/// The same for what people want.
const TIMES_THE_REST_FOR_PEOPLE: usize = 3;

/// Something to be decided, for somebody who waits for it.
pub(super) struct Member {
    pub(super) task: Task,
    /// True for what a person wants.
    pub(super) is_of_people: bool,
    pub(super) done: oneshot::Sender<Result<Done, StoreError>>,
    pub(super) _slot: Option<CommandSlot>,
}

/// Where the answer to a member comes.
pub(super) type Answered = oneshot::Receiver<Result<Done, StoreError>>;

impl Member {
    pub(super) fn new(task: Task) -> (Self, Answered) {
        let (done, receiver) = oneshot::channel();
        (Self { task, is_of_people: false, done, _slot: None }, receiver)
    }
}

/// Members by workspace, in order within each.
pub(super) struct Queue {
    waiting: Mutex<Waiting>,
    came: Notify,
    most: usize,
    owners: Arc<Owners>,
}

#[derive(Default)]
struct Waiting {
    lanes: BTreeMap<Part, VecDeque<Member>>,
    /// The lanes in which something waits; the first one is next.
    turns: VecDeque<Part>,
    count: usize,
    of_people: usize,
    is_closed: bool,
}

impl Queue {
    pub(super) fn new(most: usize, owners: Arc<Owners>) -> Arc<Self> {
        let (waiting, came) = (Mutex::default(), Notify::new());
        Arc::new(Self { waiting, came, most, owners })
    }

    /// Takes a member in, where there is room for it.
    pub(super) fn push(&self, member: Member) -> bool {
        let part = self.owners.part(&member.task.work);
        let mut waiting = self.waiting();
        if waiting.is_closed {
            return false;
        }
        let left = self.most.saturating_sub(waiting.count);
        let own = waiting.lanes.get(&part).map_or(0, VecDeque::len);
        let has_room = if member.is_of_people {
            let (part, of) = FOR_PEOPLE;
            waiting.of_people * of < self.most * part && own < left * TIMES_THE_REST_FOR_PEOPLE
        } else {
            left > 0 && own <= left * TIMES_THE_REST
        };
        if !has_room {
            return false;
        }
        waiting.add(part, member);
        drop(waiting);
        self.came.notify_one();
        true
    }

    /// The next member, once there is one. `None` when none can come any more.
    pub(super) async fn next(&self) -> Option<Member> {
        loop {
            {
                let mut waiting = self.waiting();
                if let Some(member) = waiting.take() {
                    return Some(member);
                }
                if waiting.is_closed {
                    return None;
                }
            }
            self.came.notified().await;
        }
    }

    /// The next member, if one is there.
    pub(super) fn take(&self) -> Option<Member> {
        self.waiting().take()
    }

    /// Members that wait.
    pub(super) fn size(&self) -> usize {
        self.waiting().count
    }

    fn close(&self) {
        self.waiting().is_closed = true;
        self.came.notify_one();
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Waiting {
    fn add(&mut self, part: Part, member: Member) {
        self.count += 1;
        self.of_people += usize::from(member.is_of_people);
        let lane = self.lanes.entry(part.clone()).or_default();
        if lane.is_empty() {
            self.turns.push_back(part);
        }
        lane.push_back(member);
    }

    /// The first of the lane whose turn it is; the lane's next turn comes behind all others.
    fn take(&mut self) -> Option<Member> {
        let part = self.turns.pop_front()?;
        let lane = self.lanes.get_mut(&part)?;
        let member = lane.pop_front()?;
        if lane.is_empty() {
            self.lanes.remove(&part);
        } else {
            self.turns.push_back(part);
        }
        self.count -= 1;
        self.of_people -= usize::from(member.is_of_people);
        Some(member)
    }
}

/// The end at which members go out. When it is dropped, nobody is kept waiting any more.
pub(super) struct Exit(pub(super) Arc<Queue>);

impl std::ops::Deref for Exit {
    type Target = Queue;

    fn deref(&self) -> &Queue {
        &self.0
    }
}

impl Drop for Exit {
    fn drop(&mut self) {
        *self.0.waiting() = Waiting { is_closed: true, ..Waiting::default() };
    }
}

/// The end at which members come in. When the last one is dropped, none comes any more.
pub(super) struct Entrance(Arc<Queue>);

impl Entrance {
    pub(super) fn to(queue: Arc<Queue>) -> Arc<Self> {
        Arc::new(Self(queue))
    }
}

impl std::ops::Deref for Entrance {
    type Target = Queue;

    fn deref(&self) -> &Queue {
        &self.0
    }
}

impl Drop for Entrance {
    fn drop(&mut self) {
        self.0.close();
    }
}
