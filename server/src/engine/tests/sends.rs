//! A message on its way: what a worker's claim, result or rescue may still change.

use super::*;
use crate::store::read::stranded_sends;

async fn stranded(bench: &Bench) -> Vec<(MessageAt, (u32, u64))> {
    let mut tx = bench.database.store.read().await.unwrap();
    let found = stranded_sends(&mut tx, bench.clock.now(), 9).await.unwrap();
    tx.rollback().await.unwrap();
    found
}

#[tokio::test]
async fn who_rescues_a_claim_that_is_over_leaves_the_one_that_followed_it_alone() {
    for database in databases().await {
        let bench = bench(database, 1).await;
        let at = bench.queued("16505551234").await;
        bench.engine.claim(at, 77).await.unwrap();
        let found = stranded(&bench).await;
        assert_eq!(found, [(at, (1, 77))]);
        // Between the look and the rescue, the worker told its result and claimed anew.
        bench.engine.result(at, (1, 77), SendResult::Again, None).await.unwrap();
        bench.engine.claim(at, 78).await.unwrap();
        for (at, claim) in found {
            bench.engine.rescue(at, claim).await.unwrap();
        }
        assert_eq!(bench.line(at).await.status, Some(MessageStatus::Sending));
        let found = stranded(&bench).await;
        assert_eq!(found, [(at, (2, 78))]);
        for (at, claim) in found {
            bench.engine.rescue(at, claim).await.unwrap();
        }
        assert_eq!(bench.line(at).await.status, Some(MessageStatus::Unconfirmed));
        bench.close().await;
    }
}
