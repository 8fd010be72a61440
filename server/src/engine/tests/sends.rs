//! A message on its way: what a worker's claim, result or rescue may still change.

use super::*;
use crate::store::read::{self, stranded_sends};

/// A message that is queued, and where it stands.
async fn queued(bench: &Bench) -> MessageAt {
    bench.says("16505551234", "wamid.1", "Hola").await;
    let conversation = bench.only_conversation().await;
    let answer = bench.does(0, reply("Sí", conversation.thread.last_line)).await;
    let line = accepted(answer).line.unwrap();
    MessageAt {
        workspace: bench.workspace,
        channel: conversation.head.channel_id,
        conversation: conversation.head.id,
        seq: line.seq,
        message: line.id,
    }
}

async fn status_of(bench: &Bench, at: MessageAt) -> MessageStatus {
    let mut tx = bench.database.store.read().await.unwrap();
    let lines = read::messages(&mut tx, at.workspace, &[at.message]).await.unwrap();
    tx.rollback().await.unwrap();
    lines.values().next().and_then(|(_, line)| line.status).unwrap()
}

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
        let at = queued(&bench).await;
        bench.engine.claim(at, 77).await.unwrap();
        let found = stranded(&bench).await;
        assert_eq!(found, [(at, (1, 77))]);
        // Between the look and the rescue, the worker told its result and claimed anew.
        bench.engine.result(at, (1, 77), SendResult::Again, None).await.unwrap();
        bench.engine.claim(at, 78).await.unwrap();
        for (at, claim) in found {
            bench.engine.rescue(at, claim).await.unwrap();
        }
        assert_eq!(status_of(&bench, at).await, MessageStatus::Sending);
        let found = stranded(&bench).await;
        assert_eq!(found, [(at, (2, 78))]);
        for (at, claim) in found {
            bench.engine.rescue(at, claim).await.unwrap();
        }
        assert_eq!(status_of(&bench, at).await, MessageStatus::Unconfirmed);
        bench.close().await;
    }
}
