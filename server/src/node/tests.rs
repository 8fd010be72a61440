//! Several nodes on one database, with a clock that the test moves.

use baton_protocol::Timestamp;

use super::*;
use crate::clock::ManualClock;
use crate::store::testing::databases;
use crate::store::{Sql, known_schema};

async fn join(store: &Store, clock: &ManualClock) -> (Node, Membership) {
    Node::begin(store.clone(), clock.clock(), Metrics::new(), false).await.unwrap()
}

/// All look `times` times, a beat apart.
async fn look(clock: &ManualClock, times: u32, nodes: &mut [&mut Node]) {
    for _ in 0..times {
        clock.advance_ms(u64::try_from(BEAT.as_millis()).unwrap());
        for node in nodes.iter_mut() {
            node.look().await.unwrap();
        }
    }
}

fn clock() -> ManualClock {
    ManualClock::new(Timestamp::from_ms(1_790_000_000_000), 1)
}

#[tokio::test]
async fn nodes_see_each_other_and_one_of_them_leads() {
    for database in databases().await {
        let (store, clock) = (&database.store, clock());
        let (mut a, of_a) = join(store, &clock).await;
        let (mut b, of_b) = join(store, &clock).await;
        look(&clock, 1, &mut [&mut a, &mut b]).await;
        assert_eq!(of_a.roster().live, of_b.roster().live);
        assert_eq!(of_a.roster().live.len(), 2);
        assert!(of_a.term().is_some() && of_b.term().is_none(), "who was first leads");
        look(&clock, 20, &mut [&mut a, &mut b]).await;
        assert_eq!((of_a.roster().live.len(), of_a.term().unwrap().number), (2, 1));
        database.close().await;
    }
}

#[tokio::test]
async fn a_dead_leader_is_followed_and_finds_out_when_it_was_only_asleep() {
    for database in databases().await {
        let (store, clock) = (&database.store, clock());
        let (mut a, of_a) = join(store, &clock).await;
        let (mut b, of_b) = join(store, &clock).await;
        let led = of_a.led(store).unwrap();
        let beats = u32::try_from(DEAD_AFTER.as_secs() / BEAT.as_secs()).unwrap();
        look(&clock, beats, &mut [&mut b]).await;
        assert_eq!(of_b.roster().live, [b.id()], "{beats} beats of it were missed");
        assert_eq!(of_b.term().map(|term| term.number), Some(2));
        let refused = led.begin().await.map(drop).unwrap_err();
        assert!(matches!(refused, StoreError::Deposed), "{refused}");
        let before = a.id();
        look(&clock, 1, &mut [&mut a, &mut b]).await;
        assert_ne!(a.id(), before, "its claims are not its own any more");
        assert!(of_a.term().is_none() && of_b.term().is_some());
        assert_eq!(of_b.roster().live.len(), 2);
        database.close().await;
    }
}

#[tokio::test]
async fn something_new_waits_until_the_last_node_of_before_is_gone() {
    static TELLS_LESS: Sql = Sql::new("UPDATE node SET version = version - 1 WHERE id = $1");
    for database in databases().await {
        let (store, clock) = (&database.store, clock());
        let newest = u64::try_from(known_schema()).unwrap();
        let (mut a, of_a) = join(store, &clock).await;
        let (b, of_b) = join(store, &clock).await;
        store.run_alone(&TELLS_LESS, &[&b.id().to_string()]).await.unwrap();
        look(&clock, 1, &mut [&mut a]).await;
        assert!(of_a.all_know(newest - 1) && !of_a.all_know(newest));
        end(store, &of_b, Duration::from_secs(5)).await;
        look(&clock, 1, &mut [&mut a]).await;
        assert!(of_a.all_know(newest));
        database.close().await;
    }
}

#[tokio::test]
async fn who_ends_is_not_waited_for() {
    for database in databases().await {
        let (store, clock) = (&database.store, clock());
        let (a, of_a) = join(store, &clock).await;
        let (mut b, of_b) = join(store, &clock).await;
        end(store, &of_a, Duration::from_secs(5)).await;
        drop(a);
        look(&clock, 1, &mut [&mut b]).await;
        assert_eq!(of_b.roster().live, [b.id()]);
        assert!(of_b.term().is_some());
        database.close().await;
    }
}

#[tokio::test]
async fn one_that_is_alone_follows_the_dead_at_once() {
    for database in databases().await {
        let (store, clock) = (&database.store, clock());
        let (_, of_a) = join(store, &clock).await;
        let begun = Node::begin(store.clone(), clock.clock(), Metrics::new(), true).await;
        let (b, of_b) = begun.unwrap();
        assert_eq!(of_b.roster().live, [b.id()]);
        assert!(of_b.term().unwrap().number > of_a.term().unwrap().number);
        database.close().await;
    }
}

#[tokio::test]
async fn a_backup_that_is_put_back_under_a_server_ends_it() {
    for database in databases().await {
        let (store, clock) = (&database.store, clock());
        let (mut node, membership) = join(store, &clock).await;
        let before = tokio::time::timeout(Duration::ZERO, membership.void()).await;
        assert!(before.is_err(), "nothing was put back yet");
        let mut tx = store.begin().await.unwrap();
        crate::store::restore::begin(
            &mut tx,
            Epoch(clock.clock().uuid_v4()),
            &[],
            clock.clock().now(),
        )
        .await
        .unwrap();
        tx.commit().await.unwrap();
        look(&clock, 1, &mut [&mut node]).await;
        tokio::time::timeout(Duration::from_secs(5), membership.void()).await.unwrap();
        database.close().await;
    }
}
