//! The runner of errands, with a kind that only counts.

use std::sync::{Arc, Mutex, PoisonError};

use baton_protocol::command::Nothing;
use baton_protocol::{CommandBody, Timestamp};

use super::*;
use crate::clock::ManualClock;
use crate::engine::testing::{Bench, bench_at};
use crate::node::testing::{alone, given};
use crate::store::Sql;
use crate::store::testing::databases;

const PATIENCE: Duration = Duration::from_secs(30);
const BEGIN: Timestamp = Timestamp::from_ms(1_790_000_000_000);

/// What was tried: the key, and whether it was the last try.
type Tried = Arc<Mutex<Vec<(String, bool)>>>;

/// Notes each try, and answers as it is told to.
#[derive(Clone)]
struct Counting {
    tried: Tried,
    answers: Arc<dyn Fn(usize) -> Ended + Send + Sync>,
}

impl Counting {
    fn answering(answers: impl Fn(usize) -> Ended + Send + Sync + 'static) -> Self {
        Self { tried: Tried::default(), answers: Arc::new(answers) }
    }

    fn tried(&self) -> Vec<(String, bool)> {
        self.tried.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Errand for Counting {
    const KIND: ErrandKind = ErrandKind::Block;
    const TERMS: Terms = Terms {
        at_once: 2,
        claimed_ms: 60_000,
        again_ms: 1_000,
        again_ms_max: 4_000,
        tries_max: 3,
    };

    async fn carry_out(&self, of: &Due, is_last: bool) -> Ended {
        let mut tried = self.tried.lock().unwrap_or_else(PoisonError::into_inner);
        tried.push((of.key.clone(), is_last));
        (self.answers)(tried.len())
    }
}

async fn wish(bench: &Bench, key: &str, at: Timestamp) {
    let row = format!("('{}', 'block', '{key}', 'null', {}, 0)", bench.workspace, at.ms());
    let again =
        "ON CONFLICT (workspace, kind, key) DO UPDATE SET due_at = excluded.due_at, tries = 0";
    bench.database.tamper(&format!("INSERT INTO errand VALUES {row} {again}")).await;
}

async fn standing(bench: &Bench) -> Vec<(String, i64, i64)> {
    static SELECT: Sql = Sql::new("SELECT key, due_at, tries FROM errand ORDER BY key");
    let mut tx = bench.database.store.read().await.unwrap();
    let rows = tx.rows(&SELECT, &[]).await.unwrap();
    tx.rollback().await.unwrap();
    rows
}

async fn runner(bench: &Bench, clock: &ManualClock, errand: Counting) -> Errands<Counting> {
    Errands {
        errand,
        store: bench.database.store.clone(),
        membership: alone(&bench.database.store, &clock.clock()).await,
        metrics: Metrics::new(),
        clock: clock.clock(),
    }
}

/// Lets time pass until something holds.
async fn until(clock: &ManualClock, mut holds: impl AsyncFnMut() -> bool) {
    let held = async {
        while !holds().await {
            clock.advance_ms(100);
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, held).await.expect("it does not come to hold");
}

#[tokio::test]
async fn an_errand_is_done_once_and_what_waits_is_tried_again_after_a_longer_pause() {
    for database in databases().await {
        let clock = ManualClock::new(BEGIN, 1);
        let bench = bench_at(database, 1, clock.clock()).await;
        wish(&bench, "a", BEGIN).await;
        let errand = Counting::answering(|n| if n < 4 { Ended::Again } else { Ended::Done });
        let runner = runner(&bench, &clock, errand.clone()).await;
        let mut pauses = Vec::new();
        for n in 0..4 {
            until(&clock, async || {
                standing(&bench).await.iter().all(|one| one.1 <= clock.clock().now().ms())
            })
            .await;
            let claimed = runner.claim(0).await.unwrap();
            assert!(runner.claim(0).await.unwrap().is_empty(), "nobody claims it again");
            let [of] = <[Due; 1]>::try_from(claimed).unwrap();
            assert_eq!(of.tries, n);
            let now = clock.clock().now().ms();
            runner.settle(of).await;
            pauses.extend(standing(&bench).await.iter().map(|one| one.1 - now));
        }
        assert_eq!(pauses, [1_000, 2_000, 4_000]);
        assert_eq!(standing(&bench).await, []);
        let last: Vec<_> = errand.tried().iter().map(|(_, is_last)| *is_last).collect();
        assert_eq!(last, [false, false, false, true]);
        bench.close().await;
    }
}

#[tokio::test]
async fn what_was_wished_again_meanwhile_is_not_ended_by_the_answer_to_the_wish_before() {
    for database in databases().await {
        let clock = ManualClock::new(BEGIN, 1);
        let bench = bench_at(database, 1, clock.clock()).await;
        for ended in [Ended::Done, Ended::Again] {
            let runner = runner(&bench, &clock, Counting::answering(move |_| ended)).await;
            wish(&bench, "a", clock.clock().now()).await;
            let [of] = <[Due; 1]>::try_from(runner.claim(0).await.unwrap()).unwrap();
            clock.advance_ms(10);
            wish(&bench, "a", clock.clock().now()).await;
            runner.settle(of).await;
            assert_eq!(standing(&bench).await, [("a".to_owned(), clock.clock().now().ms(), 0)]);
        }
        bench.close().await;
    }
}

#[tokio::test]
async fn so_many_are_claimed_as_there_is_room_for_and_a_lost_claim_ends() {
    for database in databases().await {
        let clock = ManualClock::new(BEGIN, 1);
        let bench = bench_at(database, 1, clock.clock()).await;
        for key in ["a", "b", "c"] {
            wish(&bench, key, BEGIN).await;
        }
        let runner = runner(&bench, &clock, Counting::answering(|_| Ended::Done)).await;
        assert_eq!(runner.claim(0).await.unwrap().len(), 2);
        assert_eq!(runner.claim(2).await.unwrap(), []);
        assert_eq!(runner.claim(1).await.unwrap().len(), 1);
        // The node that claimed them died.
        let running = tokio::spawn(runner.clone().run());
        until(&clock, async || standing(&bench).await.is_empty()).await;
        running.abort();
        assert!(clock.clock().now().since(BEGIN) >= Counting::TERMS.claimed_ms);
        let mut tried: Vec<_> = runner.errand.tried().into_iter().map(|(key, _)| key).collect();
        tried.sort();
        assert_eq!(tried, ["a", "b", "c"]);
        bench.close().await;
    }
}

#[tokio::test]
async fn a_node_that_does_not_lead_does_no_errand() {
    for database in databases().await {
        let clock = ManualClock::new(BEGIN, 1);
        let bench = bench_at(database, 1, clock.clock()).await;
        wish(&bench, "a", BEGIN).await;
        let leads = runner(&bench, &clock, Counting::answering(|_| Ended::Done)).await;
        let roster = (*leads.membership.roster()).clone();
        let follows = Errands { membership: given(roster).1, ..leads.clone() };
        assert_eq!(follows.claim(0).await.unwrap(), []);
        assert_eq!(leads.claim(0).await.unwrap().len(), 1);
        bench.close().await;
    }
}

#[tokio::test]
async fn while_a_node_of_before_lives_it_is_told_and_a_new_leader_takes_over() {
    static LEFT: Sql = Sql::new("SELECT conversation FROM block_call");
    let left = async |bench: &Bench| {
        let mut tx = bench.database.store.read().await.unwrap();
        let rows: Vec<(String,)> = tx.rows(&LEFT, &[]).await.unwrap();
        tx.rollback().await.unwrap();
        rows.len()
    };
    for database in databases().await {
        let clock = ManualClock::new(BEGIN, 1);
        let bench = bench_at(database, 1, clock.clock()).await;
        bench.engine.know_nodes(|schema| schema < 82);
        bench.says("34600", "wamid.1", "Hola").await;
        bench.does(0, CommandBody::Block(Nothing {})).await;
        assert_eq!((left(&bench).await, standing(&bench).await), (1, vec![]));
        let store = &bench.database.store;
        errand::take_over_blocks(store, clock.clock().now()).await.unwrap();
        let conversation = bench.only_conversation().await.head.id.to_string();
        assert_eq!(standing(&bench).await, [(conversation, clock.clock().now().ms(), 0)]);
        assert_eq!(left(&bench).await, 0);
        bench.close().await;
    }
}
