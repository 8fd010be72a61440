//! Pushes as their senders claim and finish them.

use baton_domain::announce::{Kind, Push, Stage};
use baton_protocol::push::PushLane;
use baton_protocol::{AgentId, ConversationId, DeviceId, NodeId, PushId, Timestamp, WorkspaceId};
use uuid::Uuid;

use super::seed::{WORKSPACE, seed};
use super::world::parsed;
use crate::store::Store;
use crate::store::group::{Writes, live_pushes, write};
use crate::store::push::{
    Claim, Claimed, Ended, Finished, next_push, suppress_pushes, turn_pushes,
};
use crate::store::rows::{PushChange, PushRow, ids};
use crate::store::testing::databases;

const LANES: &[PushLane] = &[PushLane::Fcm];
const AGENT: AgentId = AgentId(Uuid::from_u128(5));
const TALK: ConversationId = ConversationId(Uuid::from_u128(6));

fn at(s: i64) -> Timestamp {
    Timestamp::from_ms(1_700_000_000_000 + s * 1_000)
}

fn push(n: u128, due_s: i64) -> Push {
    Push {
        id: PushId(Uuid::from_u128(n)),
        agent: AGENT,
        device: DeviceId(Uuid::from_u128(9)),
        lane: PushLane::Fcm,
        conversation: TALK,
        kind: Kind::Assigned,
        position: u64::try_from(n).unwrap(),
        stage: Stage::Queued,
        due_at: at(due_s),
        expires_at: at(1_000),
        is_new: true,
        is_changed: false,
    }
}

async fn queue(store: &Store, pushes: &[Push]) {
    let workspace = parsed::<WorkspaceId>(WORKSPACE);
    let rows = pushes.iter().map(|push| PushRow::new(workspace, push, at(0)));
    let mut tx = store.begin().await.unwrap();
    write(&mut tx, &Writes { pushes: rows.collect(), ..Writes::default() }).await.unwrap();
    tx.commit().await.unwrap();
}

async fn claim(store: &Store, node: u128, now_s: i64) -> Vec<Claimed> {
    turn(store, &[], node, now_s).await
}

async fn turn(store: &Store, finished: &[Finished], node: u128, now_s: i64) -> Vec<Claimed> {
    let claim = Claim {
        lanes: LANES,
        node: NodeId(Uuid::from_u128(node)),
        now: at(now_s),
        until: at(now_s + 30),
        most: 10,
    };
    turn_pushes(store, finished, &claim).await.unwrap()
}

fn end(of: &Claimed, ended: Ended) -> Finished {
    Finished { of: (of.workspace, of.id), claim_epoch: of.claim_epoch, ended, reason: None }
}

#[tokio::test]
async fn a_claim_of_a_dead_node_is_taken_over_and_only_the_newest_one_counts() {
    for database in databases().await {
        seed(&database).await;
        let store = &database.store;
        queue(store, &[push(1, 0), push(2, 60)]).await;
        assert_eq!(next_push(store, LANES).await.unwrap(), Some(at(0)));
        let first = claim(store, 1, 1).await;
        assert_eq!(first.iter().map(|one| one.position).collect::<Vec<_>>(), [1]);
        assert_eq!(claim(store, 2, 20).await, [], "it is claimed");
        let second = claim(store, 2, 31).await;
        let [first, second] = [&first[0], &second[0]];
        assert_eq!((second.id, second.attempts), (first.id, 2));
        // The first node was only slow: what it says does not count any more.
        turn(store, &[end(first, Ended::Dead)], 1, 32).await;
        assert_eq!(claim(store, 3, 40).await, []);
        turn(store, &[end(second, Ended::Accepted)], 2, 41).await;
        let rest = claim(store, 3, 100).await;
        assert_eq!(rest.iter().map(|one| one.position).collect::<Vec<_>>(), [2]);
        // Tried again later.
        turn(store, &[end(&rest[0], Ended::Again(at(150)))], 3, 101).await;
        assert_eq!(claim(store, 3, 149).await, []);
        assert_eq!(claim(store, 3, 150).await.len(), 1);
        database.close().await;
    }
}

#[tokio::test]
async fn a_push_that_is_taken_back_while_it_is_on_its_way_stays_taken_back() {
    for database in databases().await {
        seed(&database).await;
        let store = &database.store;
        let workspace = parsed::<WorkspaceId>(WORKSPACE);
        queue(store, &[push(1, 0)]).await;
        let claimed = claim(store, 1, 1).await;
        let mut tx = store.begin().await.unwrap();
        let live = live_pushes(&mut tx, &ids([TALK])).await.unwrap();
        let mut live = live[0].read().unwrap();
        assert_eq!(live.stage, Stage::UnderWay);
        live.stage = Stage::Retracted;
        let push_changes = vec![PushChange::new(workspace, &live, at(2))];
        write(&mut tx, &Writes { push_changes, ..Writes::default() }).await.unwrap();
        tx.commit().await.unwrap();
        turn(store, &[end(&claimed[0], Ended::Accepted)], 1, 3).await;
        let mut tx = store.begin().await.unwrap();
        assert!(live_pushes(&mut tx, &ids([TALK])).await.unwrap().is_empty());
        tx.rollback().await.unwrap();
        assert_eq!(claim(store, 1, 100).await, []);
        database.close().await;
    }
}

#[tokio::test]
async fn what_an_agent_saw_is_not_sent() {
    for database in databases().await {
        seed(&database).await;
        let store = &database.store;
        let workspace = parsed::<WorkspaceId>(WORKSPACE);
        queue(store, &[push(1, 5), push(2, 5), push(3, 5)]).await;
        let dropped = suppress_pushes(store, &[((workspace, AGENT), 2)], at(1)).await.unwrap();
        assert_eq!(dropped, 2);
        let rest = claim(store, 1, 6).await;
        assert_eq!(rest.iter().map(|one| one.position).collect::<Vec<_>>(), [3]);
        database.close().await;
    }
}
