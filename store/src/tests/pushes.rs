//! Pushes as their senders claim and finish them.

use std::collections::BTreeSet;

use baton_domain::announce::{Kind, Push, PushStage};
use baton_protocol::push::PushLane;
use baton_protocol::{
    AgentId, ConversationId, DeviceId, NodeId, Owner, PushId, Timestamp, WorkspaceId,
};
use uuid::Uuid;

use super::seed::{ANA, BEN, TEAM, WORKSPACE, seed};
use super::world::{Dice, World, parsed};
use crate::database::testing::databases;
use crate::group::{Writes, live_pushes, write};
use crate::tables::{PushChange, PushRow, ids};
use crate::work::push::{
    Claim, Claimed, Ended, Finished, next_push, push_badge, report, suppress_pushes, turn_pushes,
    waiting_pushes,
};
use crate::{Sql, Store};

const LANES: &[PushLane] = &[PushLane::Fcm];
const AGENT: AgentId = AgentId(Uuid::from_u128(5));
const PHONE: DeviceId = DeviceId(Uuid::from_u128(9));
const TALK: ConversationId = ConversationId(Uuid::from_u128(6));

fn at(s: i64) -> Timestamp {
    Timestamp::from_ms(1_700_000_000_000 + s * 1_000)
}

fn push(n: u128, due_s: i64) -> Push {
    Push {
        id: PushId(Uuid::from_u128(n)),
        agent: AGENT,
        device: PHONE,
        lane: PushLane::Fcm,
        conversation: TALK,
        kind: Kind::Assigned,
        position: u64::try_from(n).unwrap(),
        stage: PushStage::Queued,
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
    turn_pushes(store, finished, &whose(node, now_s)).await.unwrap()
}

fn whose(node: u128, now_s: i64) -> Claim<'static> {
    Claim {
        lanes: LANES,
        node: NodeId(Uuid::from_u128(node)),
        now: at(now_s),
        until: at(now_s + 30),
        most: 10,
    }
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
        assert_eq!(live.stage, PushStage::UnderWay);
        live.stage = PushStage::Retracted;
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
        let dropped =
            suppress_pushes(store, &[((workspace, AGENT, PHONE), 2)], at(1)).await.unwrap();
        assert_eq!(dropped, 2);
        let rest = claim(store, 1, 6).await;
        assert_eq!(rest.iter().map(|one| one.position).collect::<Vec<_>>(), [3]);
        database.close().await;
    }
}

#[tokio::test]
async fn an_ack_just_within_the_grace_spares_both_devices_and_without_one_each_is_told_once() {
    for database in databases().await {
        seed(&database).await;
        let store = &database.store;
        let whose = (parsed::<WorkspaceId>(WORKSPACE), parsed::<AgentId>(ANA));
        let desk = DeviceId(Uuid::from_u128(10));
        let due_s = Kind::Assigned.grace_ms(true) / 1_000;
        let of = |n, device| Push { agent: whose.1, device, ..push(n, due_s) };
        queue(store, &[of(1, PHONE), of(2, desk)]).await;
        let just_before = at(due_s).plus_ms(-100);
        let early = Claim { now: just_before, ..self::whose(1, 0) };
        assert_eq!(turn_pushes(store, &[], &early).await.unwrap(), []);
        let seen = [((whose.0, whose.1, desk), 9)];
        assert_eq!(suppress_pushes(store, &seen, just_before).await.unwrap(), 2);
        assert_eq!(claim(store, 1, due_s + 60).await, []);
        queue(store, &[of(3, PHONE), of(4, desk)]).await;
        let told = claim(store, 1, due_s).await;
        let devices: Vec<_> = told.iter().map(|one| one.device).collect();
        assert!(devices.len() == 2 && devices.contains(&PHONE) && devices.contains(&desk));
        let ends: Vec<_> = told.iter().map(|one| end(one, Ended::Accepted)).collect();
        assert_eq!(turn(store, &ends, 1, due_s + 60).await, [], "each once");
        database.close().await;
    }
}

#[tokio::test]
async fn who_wants_each_device_told_is_spared_only_where_they_look() {
    static WISH: Sql = Sql::new(
        "INSERT INTO push_preference (workspace, agent, level, each_device)
         VALUES ($1, $2, 'all', 1)",
    );
    for database in databases().await {
        seed(&database).await;
        let store = &database.store;
        let (workspace, agent) = (parsed::<WorkspaceId>(WORKSPACE), parsed::<AgentId>(ANA));
        let of = |n, device| Push { agent, device, ..push(n, 5) };
        let desk = DeviceId(Uuid::from_u128(10));
        let seen = [((workspace, agent, desk), 9)];
        queue(store, &[of(1, PHONE), of(2, desk)]).await;
        assert_eq!(suppress_pushes(store, &seen, at(1)).await.unwrap(), 2, "both are spared");
        store.run_alone(&WISH, &[WORKSPACE, ANA]).await.unwrap();
        queue(store, &[of(3, PHONE), of(4, desk)]).await;
        assert_eq!(suppress_pushes(store, &seen, at(1)).await.unwrap(), 1);
        let rest = claim(store, 1, 6).await;
        assert_eq!(rest.iter().map(|one| one.device).collect::<Vec<_>>(), [PHONE]);
        database.close().await;
    }
}

/// What a push is, as far as its sender knows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Known {
    Queued { due_s: i64 },
    Claimed { epoch: u64, until_s: i64 },
    Over(&'static str),
}

/// One push in the hands of senders that are slow, die, and say late how it went.
struct Story {
    now_s: i64,
    known: Known,
    claims: Vec<Claimed>,
}

impl Story {
    async fn step(&mut self, store: &Store, dice: &mut Dice) {
        match dice.roll(4) {
            0 => self.now_s += i64::try_from(dice.roll(25)).unwrap(),
            1 => self.is_claimed(store, u128::from(dice.roll(3)) + 1).await,
            2 if !self.claims.is_empty() => {
                let of = self.claims[usize::try_from(dice.roll(self.claims.len() as u64)).unwrap()]
                    .clone();
                self.ends(store, &of, dice).await;
            }
            _ => {
                let seen = [((parsed::<WorkspaceId>(WORKSPACE), AGENT, PHONE), 1)];
                if dice.roll(12) == 0 {
                    let dropped = suppress_pushes(store, &seen, at(self.now_s)).await.unwrap();
                    let was_queued = matches!(self.known, Known::Queued { .. });
                    assert_eq!(dropped, u64::from(was_queued), "{:?}", self.known);
                    if was_queued {
                        self.known = Known::Over("suppressed");
                    }
                }
            }
        }
    }

    async fn is_claimed(&mut self, store: &Store, node: u128) {
        let claimed = claim(store, node, self.now_s).await;
        let is_free = match self.known {
            Known::Queued { due_s } => due_s <= self.now_s,
            Known::Claimed { until_s, .. } => until_s <= self.now_s,
            Known::Over(_) => false,
        };
        assert_eq!(claimed.len(), usize::from(is_free), "{:?} at {}", self.known, self.now_s);
        for one in claimed {
            self.known = Known::Claimed { epoch: one.claim_epoch, until_s: self.now_s + 30 };
            self.claims.push(one);
        }
    }

    async fn ends(&mut self, store: &Store, of: &Claimed, dice: &mut Dice) {
        let again_s = self.now_s + i64::try_from(dice.roll(20)).unwrap();
        let (ended, after) = match dice.roll(5) {
            0 => (Ended::Accepted, Known::Over("accepted")),
            1 => (Ended::Dead, Known::Over("dead")),
            2 => (Ended::Expired, Known::Over("expired")),
            _ => (Ended::Again(at(again_s)), Known::Queued { due_s: again_s }),
        };
        let claim = Claim { most: 0, ..whose(1, self.now_s) };
        turn_pushes(store, &[end(of, ended)], &claim).await.unwrap();
        if matches!(self.known, Known::Claimed { epoch, .. } if epoch == of.claim_epoch) {
            self.known = after;
        }
    }

    async fn is_as_the_database_says(&self, store: &Store) {
        static STATE: Sql = Sql::new("SELECT state, claim_epoch FROM push");
        let rows = store.rows_alone::<(String, i64)>(&STATE, &[]).await.unwrap();
        let (state, epoch) = rows.into_iter().next().unwrap();
        let expected = match self.known {
            Known::Queued { .. } => "queued",
            Known::Claimed { .. } => "claimed",
            Known::Over(state) => state,
        };
        assert_eq!(state, expected);
        assert_eq!(usize::try_from(epoch).unwrap(), self.claims.len(), "a number for each claim");
    }
}

#[tokio::test]
async fn whatever_senders_do_a_push_ends_once_and_only_by_its_newest_claim() {
    static FORGET: Sql = Sql::new("DELETE FROM push");
    for database in databases().await {
        seed(&database).await;
        let store = &database.store;
        let (mut dice, mut ends) = (Dice(11), BTreeSet::new());
        for _ in 0..60 {
            queue(store, &[push(1, 0)]).await;
            let known = Known::Queued { due_s: 0 };
            let mut story = Story { now_s: 1, known, claims: Vec::new() };
            for _ in 0..30 {
                story.step(store, &mut dice).await;
                story.is_as_the_database_says(store).await;
            }
            if let Known::Over(how) = story.known {
                ends.insert(how);
            }
            store.run_alone(&FORGET, &[""; 0]).await.unwrap();
        }
        assert_eq!(ends.len(), 4, "each end was played: {ends:?}");
        database.close().await;
    }
}

#[tokio::test]
async fn what_waits_and_how_pushes_fared_is_told() {
    for database in databases().await {
        seed(&database).await;
        let store = &database.store;
        queue(store, &[push(1, 0), push(2, 0), push(3, 60)]).await;
        let waiting = async |now_s| {
            let mut tx = store.read().await.unwrap();
            let waiting = waiting_pushes(&mut tx, at(now_s)).await.unwrap();
            tx.rollback().await.unwrap();
            (waiting.count, waiting.oldest)
        };
        assert_eq!(waiting(10).await, (2, Some(at(0))), "the third is not due");
        let claimed = claim(store, 1, 10).await;
        assert_eq!(waiting(10).await.0, 2, "they are on their way");
        let ended: Vec<_> = claimed.iter().map(|one| end(one, Ended::Accepted)).collect();
        turn(store, &ended, 1, 11).await;
        assert_eq!(waiting(12).await, (0, None));
        assert_eq!(waiting(60).await.0, 1);
        let fared = report(store, at(0)).await.unwrap();
        let [fcm] = fared.as_slice() else { panic!("{fared:?}") };
        assert_eq!((fcm.lane.as_str(), fcm.accepted, fcm.received), ("fcm", 2, 0));
        assert_eq!(report(store, at(1)).await.unwrap(), [], "they are older");
        database.close().await;
    }
}

#[tokio::test]
async fn the_badge_counts_what_customers_wrote_and_the_owner_did_not_read() {
    for database in databases().await {
        let mut world = World::new(&database).await;
        let (workspace, ana) = (world.workspace, parsed::<AgentId>(ANA));
        let (ben, team) = (parsed::<AgentId>(BEN), parsed(TEAM));
        let store = world.store.clone();
        let badge = async || push_badge(&store, workspace, ana).await.unwrap();
        let (mine, second, other) =
            (world.opens(team).await, world.opens(team).await, world.opens(team).await);
        world.goes_to(mine, team, Owner::Agent(ana)).await;
        world.goes_to(second, team, Owner::Agent(ana)).await;
        world.goes_to(other, team, Owner::Agent(ben)).await;
        assert_eq!(badge().await, 0);
        for of in [mine, mine, second, other] {
            world.says(of, "¿Hola?").await;
        }
        assert_eq!(badge().await, 3, "of what is hers");
        world.reads(mine, ana, 1).await;
        assert_eq!(badge().await, 2);
        world.answers(mine, ana, "Ya voy").await;
        world.notes(mine, ben, "Looks urgent").await;
        assert_eq!(badge().await, 2, "nobody counts what the team says");
        world.reads(second, ben, 1).await;
        assert_eq!(badge().await, 2, "Ben's reading is his own");
        for _ in 0..120 {
            world.says(second, "¿Sigue ahí?").await;
        }
        assert_eq!(badge().await, 99, "and no more");
        database.close().await;
    }
}
