//! The calls that the log tells of.

use baton_domain::group::OfferEndWork;
use baton_protocol::{OfferEnd, OfferId};

use super::*;
use crate::engine::testing::bench;
use crate::jobs::router::tests::choice;
use crate::store::testing::databases;

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
