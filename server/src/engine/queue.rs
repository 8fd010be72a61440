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
/// A workspace may have so many times the room that is left, in all and of the part for people.
/// Alone it has seven eighths of either.
const TIMES_THE_REST: usize = 7;

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
    lanes: BTreeMap<Part, Members>,
    /// The lanes in which something waits; the first one is next.
    turns: VecDeque<Part>,
    /// The number of the member that came last.
    last: u64,
    count: usize,
    of_people: usize,
    /// The owners' count of what they learned, when members were put into lanes.
    known: u64,
    is_closed: bool,
}

/// Those of a lane, each with its number in the order in which all came.
#[derive(Default)]
struct Members {
    all: VecDeque<(u64, Member)>,
    of_people: usize,
}

impl Queue {
    pub(super) fn new(most: usize, owners: Arc<Owners>) -> Arc<Self> {
        let (waiting, came) = (Mutex::default(), Notify::new());
        Arc::new(Self { waiting, came, most, owners })
    }

    /// Takes a member in, where there is room for it.
    pub(super) fn push(&self, member: Member) -> bool {
        let mut waiting = self.waiting();
        if waiting.is_closed {
            return false;
        }
        let lane = self.owners.part(&member.task.work);
        let own = waiting.lanes.get(&lane);
        let (own, own_of_people) = own.map_or((0, 0), |own| (own.all.len(), own.of_people));
        let left = self.most.saturating_sub(waiting.count);
        let mut has_room = left > 0 && own <= left * TIMES_THE_REST;
        if member.is_of_people {
            let (part, of) = FOR_PEOPLE;
            let left = (self.most * part / of).saturating_sub(waiting.of_people);
            has_room &= left > 0 && own_of_people <= left * TIMES_THE_REST;
        }
        if !has_room {
            return false;
        }
        let number = waiting.last + 1;
        waiting.last = number;
        waiting.add(lane, number, member);
        drop(waiting);
        self.came.notify_one();
        true
    }

    /// The next member, once there is one. `None` when none can come any more.
    pub(super) async fn next(&self) -> Option<Member> {
        loop {
            {
                let mut waiting = self.in_lanes();
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
        self.in_lanes().take()
    }

    /// Members that wait.
    pub(super) fn size(&self) -> usize {
        self.waiting().count
    }

    /// The members, each in the lane that is known for it now. A number whose workspace was learned
    /// keeps its place in the order of that workspace.
    fn in_lanes(&self) -> MutexGuard<'_, Waiting> {
        let mut waiting = self.waiting();
        let known = self.owners.known_numbers();
        if waiting.known != known {
            waiting.known = known;
            waiting.sort_anew(&self.owners);
        }
        waiting
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
    fn add(&mut self, lane: Part, number: u64, member: Member) {
        self.count += 1;
        self.of_people += usize::from(member.is_of_people);
        let members = self.lanes.entry(lane.clone()).or_default();
        members.of_people += usize::from(member.is_of_people);
        if members.all.is_empty() {
            self.turns.push_back(lane);
        }
        // Hardly ever anywhere but at the end.
        let at = members.all.partition_point(|(of, _)| *of < number);
        members.all.insert(at, (number, member));
    }

    /// The first of the lane whose turn it is; the lane's next turn comes behind all others.
    fn take(&mut self) -> Option<Member> {
        let lane = self.turns.pop_front()?;
        let members = self.lanes.get_mut(&lane)?;
        let (_, member) = members.all.pop_front()?;
        members.of_people -= usize::from(member.is_of_people);
        if members.all.is_empty() {
            self.lanes.remove(&lane);
        } else {
            self.turns.push_back(lane);
        }
        self.count -= 1;
        self.of_people -= usize::from(member.is_of_people);
        Some(member)
    }

    /// Those of unknown numbers go where they belong, as far as that is known now.
    fn sort_anew(&mut self, owners: &Owners) {
        let is_unknown = |lane: &Part| matches!(lane, Part::Number(_));
        let unknown: Vec<_> = self.lanes.extract_if(.., |lane, _| is_unknown(lane)).collect();
        self.turns.retain(|lane| !is_unknown(lane));
        for (_, Members { all, of_people }) in unknown {
            self.count -= all.len();
            self.of_people -= of_people;
            for (number, member) in all {
                self.add(owners.part(&member.task.work), number, member);
            }
        }
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

#[cfg(test)]
mod tests {
    use baton_domain::group::{MessageAt, Work};
    use baton_protocol::{ChannelId, ConversationId, MessageId, WorkspaceId};
    use uuid::Uuid;

    use super::*;

    #[test]
    fn what_people_of_one_workspace_want_leaves_room_for_people_of_another() {
        let queue = Queue::new(80, Arc::default());
        let wants = |workspace| {
            let at = MessageAt {
                workspace: WorkspaceId(Uuid::from_u128(workspace)),
                channel: ChannelId(Uuid::nil()),
                conversation: ConversationId(Uuid::nil()),
                seq: 1,
                message: MessageId(Uuid::nil()),
            };
            let (member, _) = Member::new(Work::Restored(at).into());
            queue.push(Member { is_of_people: true, ..member })
        };
        let taken = (0..200).filter(|_| wants(1)).count();
        assert_eq!(taken, 53, "seven eighths of people's three quarters");
        assert!(wants(2));
        let all = 54 + (3..100).filter(|of| wants(*of)).count();
        assert_eq!(all, 60, "what is left is for webhooks and sends");
    }
}
