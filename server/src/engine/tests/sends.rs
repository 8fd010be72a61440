//! A message on its way: what a worker's claim, result or rescue may still change.

use baton_domain::fact::inbound::{InboundMessage, ProviderStatus, Sender};
use baton_domain::fact::tag::Tag;
use baton_protocol::{Content, LineKind};

use super::*;
use crate::store::node::{self, NodeId};
use crate::store::read::stranded_sends;

/// The second attempt, claimed at 78.
const SECOND: SendClaim = SendClaim { attempt: 2, epoch: 78 };

async fn stranded(bench: &Bench) -> Vec<(MessageAt, SendClaim)> {
    let mut tx = bench.database.store.read().await.unwrap();
    let found = stranded_sends(&mut tx, NODE, bench.clock.now(), 9).await.unwrap();
    tx.rollback().await.unwrap();
    found
}

#[tokio::test]
async fn who_rescues_a_claim_that_is_over_leaves_the_one_that_followed_it_alone() {
    for database in databases().await {
        let bench = bench(database, 1).await;
        let at = bench.queued("16505551234").await;
        bench.engine.claim(at, 77, NODE).await.unwrap();
        let found = stranded(&bench).await;
        assert_eq!(found, [(at, FIRST)]);
        // Between the look and the rescue, the worker told its result and claimed anew.
        bench.engine.result(at, FIRST, SendResult::Again, None).await.unwrap();
        bench.engine.claim(at, 78, NODE).await.unwrap();
        for (at, claim) in found {
            bench.engine.rescue(at, claim).await.unwrap();
        }
        assert_eq!(bench.line(at).await.status, Some(MessageStatus::Sending));
        let found = stranded(&bench).await;
        assert_eq!(found, [(at, SECOND)]);
        for (at, claim) in found {
            bench.engine.rescue(at, claim).await.unwrap();
        }
        assert_eq!(bench.line(at).await.status, Some(MessageStatus::Unconfirmed));
        bench.close().await;
    }
}

#[tokio::test]
async fn a_status_that_waited_is_applied_when_another_with_our_tag_names_its_message() {
    for database in databases().await {
        let bench = bench(database, 1).await;
        let at = bench.queued("16505551234").await;
        bench.engine.claim(at, 77, NODE).await.unwrap();
        bench.engine.result(at, FIRST, SendResult::Unknown, None).await.unwrap();
        bench.ticks("wamid.out", ProviderStatus::Delivered, None).await;
        assert_eq!(bench.parked().await, 1);
        assert_eq!(bench.line(at).await.status, Some(MessageStatus::Unconfirmed));
        let tag = Tag { epoch: bench.engine.store().epoch(), message: at.message, attempt: 1 };
        bench.ticks("wamid.out", ProviderStatus::Sent, Some(tag)).await;
        assert_eq!(bench.line(at).await.status, Some(MessageStatus::Delivered));
        assert_eq!(bench.parked().await, 0);
        bench.close().await;
    }
}

#[tokio::test]
async fn a_failure_that_overtook_its_own_answer_fails_whichever_attempt_it_is_of() {
    for database in databases().await {
        let bench = bench(database, 1).await;
        let at = bench.queued("16505551234").await;
        bench.engine.claim(at, 77, NODE).await.unwrap();
        bench.engine.result(at, FIRST, SendResult::Again, None).await.unwrap();
        bench.engine.claim(at, 78, NODE).await.unwrap();
        bench.ticks("wamid.out", ProviderStatus::Failed, None).await;
        let sent = SendResult::Accepted { wamid: "wamid.out".to_owned() };
        bench.engine.result(at, SECOND, sent, None).await.unwrap();
        let line = bench.line(at).await;
        assert_eq!(line.status, Some(MessageStatus::Failed));
        assert_eq!(line.error.map(|error| error.code), Some(131_026));
        assert_eq!(bench.parked().await, 0);
        bench.close().await;
    }
}

#[tokio::test]
async fn what_waited_is_applied_in_the_order_of_its_heights_whatever_the_order_it_came_in() {
    use ProviderStatus::{Delivered, Failed, Read, Sent};
    for order in [[Failed, Read, Sent, Delivered], [Delivered, Sent, Read, Failed]] {
        for database in databases().await {
            let bench = bench(database, 1).await;
            let at = bench.queued("16505551234").await;
            bench.engine.claim(at, 77, NODE).await.unwrap();
            for status in order {
                bench.ticks("wamid.out", status, None).await;
            }
            let before = bench.only_conversation().await.head.revision;
            let sent = SendResult::Accepted { wamid: "wamid.out".to_owned() };
            bench.engine.result(at, FIRST, sent, None).await.unwrap();
            assert_eq!(bench.line(at).await.status, Some(MessageStatus::Read));
            let head = bench.only_conversation().await.head;
            assert_eq!(head.revision, before + 2, "accepted, read");
            assert_eq!(bench.parked().await, 0);
            bench.close().await;
        }
    }
}

#[tokio::test]
async fn a_status_that_came_before_the_echo_of_its_message_is_applied_with_it() {
    for database in databases().await {
        let bench = bench(database, 1).await;
        bench.says("16505551234", "wamid.1", "Hola").await;
        bench.ticks("wamid.app", ProviderStatus::Read, None).await;
        assert_eq!(bench.parked().await, 1);
        let sender = Sender { wa_id: Some("16505551234".to_owned()), ..Sender::default() };
        let echo = ElementBody::Echo(InboundMessage {
            sender,
            wamid: "wamid.app".to_owned(),
            at: bench.clock.now(),
            kind: LineKind::Text,
            content: Content { text: Some("Buenos días".to_owned()), ..Content::default() },
            participant: None,
            quoted_wamid: None,
            media: None,
            language: None,
        });
        let (element, fresh) = bench.element(echo);
        bench.post(vec![(element, fresh)]).await;
        let head = bench.only_conversation().await.head;
        let at = MessageAt {
            workspace: bench.workspace,
            channel: head.channel_id,
            conversation: head.id,
            seq: head.last_seq,
            message: fresh.message,
        };
        assert_eq!(bench.line(at).await.status, Some(MessageStatus::Read));
        assert_eq!(bench.parked().await, 0);
        bench.close().await;
    }
}

#[tokio::test]
async fn a_claim_is_stranded_when_its_node_is_dead_or_of_our_own_and_old() {
    for database in databases().await {
        let bench = bench(database, 1).await;
        let store = bench.database.store.clone();
        node::begin(&store, NODE, bench.clock.now()).await.unwrap();
        let at = bench.queued("16505551234").await;
        bench.engine.claim(at, 77, NODE).await.unwrap();
        let stranded = async |me: NodeId, since: Timestamp| {
            let mut tx = store.read().await.unwrap();
            let found = stranded_sends(&mut tx, me, since, 9).await.unwrap();
            tx.rollback().await.unwrap();
            found
        };
        let (now, earlier) = (bench.clock.now(), Timestamp::from_ms(0));
        let other = NodeId(Uuid::from_u128(5));
        assert_eq!(stranded(other, now).await, [], "it lives and will tell");
        assert_eq!(stranded(NODE, earlier).await, [], "it has time");
        assert_eq!(stranded(NODE, now).await, [(at, FIRST)]);
        node::end(&store, NODE).await.unwrap();
        assert_eq!(stranded(other, earlier).await, [(at, FIRST)]);
        bench.close().await;
    }
}
