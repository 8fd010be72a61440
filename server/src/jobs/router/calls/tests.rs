//! What the memory of a leader calls for.

use baton_domain::group::OfferEndWork;
use baton_domain::hand::routing::rung::Calls;
use baton_protocol::{OfferEnd, OfferId, Trail, WorkspaceId};
use uuid::Uuid;

use super::*;
use crate::engine::testing::bench;
use crate::jobs::router::tests::choice;
use crate::store::testing::databases;

const HOUR_MS: i64 = 60 * 60 * 1000;

fn turn() -> TurnKey {
    let id = |number| Uuid::from_u128(number);
    (WorkspaceId(id(1)), TeamId(id(2)), ConversationId(id(3)), Timestamp::from_ms(0))
}

fn nobody() -> Planned {
    let (.., conversation, _) = turn();
    Planned { conversation, agent: None, is_early: false, trail: Trail::default() }
}

#[test]
fn a_turn_that_waits_for_days_is_called_for_twice_in_all() {
    let (mut memory, planned) = (Memory::default(), nobody());
    let (workspace, team, ..) = turn();
    let (mut log, mut calls) = (Calls::default(), Vec::new());
    for minute in 0..(60 * 72) {
        let now = Timestamp::from_ms(minute * HOUR_MS / 60);
        memory.forget_turns((workspace, team), &[turn()]);
        if let Some(call) = memory.call((&planned, turn()), now) {
            // It is looked up in the log, where the commit puts it then.
            memory.called.insert(turn(), log);
            if log.due(true, now) == Some(call) {
                log.note(call, now);
                calls.push((minute, call));
            }
        }
    }
    assert_eq!(calls, [(0, Call::First), (10, Call::Again)]);
    memory.forget_turns((workspace, team), &[]);
    assert!(memory.called.is_empty(), "it waits no more");
}

/// More offers than facts are looked at for a call.
const OFFERS: usize = 101;

#[tokio::test]
async fn a_call_is_remembered_however_many_offers_come_after_it() {
    for database in databases().await {
        let bench = bench(database, 1).await;
        bench.says("34600", "wamid.1", "Hola").await;
        let waits = bench.only_conversation().await;
        let (workspace, conversation) = (bench.workspace, waits.head.id);
        bench.engine.route(choice(&bench, &waits, None)).await.unwrap();
        for _ in 0..OFFERS {
            let offer_id = OfferId(bench.clock.uuid_v4());
            bench.engine.route(choice(&bench, &waits, Some(offer_id))).await.unwrap();
            let end = OfferEnd::NotReceived;
            let over = OfferEndWork { workspace, conversation, offer_id, end };
            bench.engine.end_offer(over).await.unwrap();
        }
        let after = bench.only_conversation().await;
        let told = 2 * u64::try_from(OFFERS).unwrap();
        assert!(after.head.revision > waits.head.revision + told, "all of them were made");
        let since = after.head.unanswered_since.unwrap();
        let mut tx = bench.database.store.read().await.unwrap();
        let of = (workspace, conversation);
        let calls = read::calls(&mut tx, of, (waits.head.team_id, since)).await.unwrap();
        tx.rollback().await.unwrap();
        assert!(calls.is_begun());
        assert_eq!(calls.due(true, bench.clock.now()), None, "nobody is told twice");
        bench.database.close().await;
    }
}
