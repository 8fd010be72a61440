//! What is heard of attempts, read back between one and the next, over both databases.

use baton_domain::fact::inbound::ProviderStatus;
use baton_domain::fact::tag::Tag;
use baton_protocol::command::{OfMessage, Resend};
use baton_protocol::{Epoch, MessageError, MessageId};

use super::*;

impl Bench {
    async fn attempt_ends(&self, at: MessageAt, result: SendResult) {
        let claim_epoch = 70 + self.clock.now().ms().unsigned_abs();
        let claimed = self.engine.claim(at, claim_epoch, NODE).await.unwrap();
        let ClaimAnswer::Go(claim) = claimed else { panic!("{claimed:?}") };
        self.engine.result(at, claim, result, None).await.unwrap();
    }

    async fn hears(&self, wamid: &str, tag: Option<(MessageAt, u32)>, status: ProviderStatus) {
        let epoch = self.database.store.epoch();
        let tag = tag.map(|(at, attempt)| Tag { epoch, message: at.message, attempt }.to_string());
        let error = MessageError { code: 131_026, reason: "no".to_owned(), remedy: String::new() };
        let at = self.clock.now();
        let update = StatusUpdate {
            wamid: wamid.to_owned(),
            status,
            at,
            tag,
            error: Some(error),
            participant: None,
        };
        self.post(vec![self.element(ElementBody::Status(update))]).await;
    }

    async fn resends(&self, at: MessageAt) {
        self.database.tamper("UPDATE message SET status_at = status_at - 61000").await;
        let seen = self.only_conversation().await.thread.last_line;
        let resend =
            CommandBody::Resend(Resend { message_id: at.message, seen, ignore_lease: false });
        accepted(self.does(0, resend).await);
    }

    async fn status(&self, at: MessageAt) -> Option<MessageStatus> {
        self.line(at).await.status
    }
}

fn taken(wamid: &str) -> SendResult {
    SendResult::Accepted { wamid: wamid.to_owned() }
}

#[tokio::test]
async fn a_failure_without_a_tag_is_of_the_attempt_that_brought_its_wamid() {
    for database in databases().await {
        let bench = bench(database, 1).await;
        let at = bench.queued("16505551234").await;
        bench.attempt_ends(at, SendResult::Again).await;
        bench.attempt_ends(at, taken("wamid.out")).await;
        bench.hears("wamid.out", None, ProviderStatus::Failed).await;
        assert_eq!(bench.status(at).await, Some(MessageStatus::Failed));
        bench.close().await;
    }
}

#[tokio::test]
async fn a_failure_opens_the_turn_again_and_holds_what_its_author_said_after_it() {
    for database in databases().await {
        let bench = bench(database, 1).await;
        let at = bench.queued("16505551234").await;
        bench.attempt_ends(at, taken("wamid.out")).await;
        let seen = bench.only_conversation().await.thread.last_line;
        let after = accepted(bench.does(0, reply("Y más", seen)).await).line.unwrap();
        assert_eq!(bench.only_conversation().await.thread.turn, None);
        bench.hears("wamid.out", None, ProviderStatus::Failed).await;
        let after = bench.line(MessageAt { seq: after.seq, message: after.id, ..at }).await;
        assert_eq!(after.status, Some(MessageStatus::Held));
        let turn = bench.only_conversation().await.thread.turn;
        assert_eq!(turn.map(|turn| turn.from_seq), Some(1));
        bench.close().await;
    }
}

#[tokio::test]
async fn a_failure_that_waited_for_its_wamid_is_of_the_attempt_that_brought_it() {
    for database in databases().await {
        let bench = bench(database, 1).await;
        let at = bench.queued("16505551234").await;
        bench.attempt_ends(at, SendResult::Again).await;
        bench.hears("wamid.out", None, ProviderStatus::Failed).await;
        bench.attempt_ends(at, taken("wamid.out")).await;
        assert_eq!(bench.status(at).await, Some(MessageStatus::Failed));
        bench.close().await;
    }
}

#[tokio::test]
async fn the_wamid_of_an_earlier_attempt_fails_nothing_that_followed() {
    for database in databases().await {
        let bench = bench(database, 1).await;
        let at = bench.queued("16505551234").await;
        bench.attempt_ends(at, SendResult::Unknown).await;
        bench.resends(at).await;
        bench.attempt_ends(at, SendResult::Unknown).await;
        bench.hears("wamid.first", Some((at, 1)), ProviderStatus::Failed).await;
        bench.hears("wamid.first", None, ProviderStatus::Failed).await;
        assert_eq!(bench.status(at).await, Some(MessageStatus::Unconfirmed));
        bench.hears("wamid.second", Some((at, 2)), ProviderStatus::Failed).await;
        assert_eq!(bench.status(at).await, Some(MessageStatus::Failed));
        bench.close().await;
    }
}

#[tokio::test]
async fn what_may_have_arrived_is_unconfirmed_again_when_its_resend_is_kept_back() {
    for database in databases().await {
        let bench = bench(database, 1).await;
        let at = bench.queued("16505551234").await;
        bench.attempt_ends(at, SendResult::Unknown).await;
        bench.resends(at).await;
        let withdraw = CommandBody::Cancel(OfMessage { message_id: at.message });
        accepted(bench.does(0, withdraw).await);
        assert_eq!(bench.status(at).await, Some(MessageStatus::Unconfirmed));
        bench.resends(at).await;
        bench.says("16505551234", "wamid.2", "¿Hola?").await;
        let claimed = bench.engine.claim(at, u64::MAX >> 2, NODE).await.unwrap();
        assert_eq!(claimed, ClaimAnswer::No);
        assert_eq!(bench.status(at).await, Some(MessageStatus::Unconfirmed));
        let conversation = bench.only_conversation().await;
        assert_eq!(conversation.thread.turn.map(|turn| turn.from_seq), Some(at.seq + 1));
        bench.close().await;
    }
}

#[tokio::test]
async fn a_tag_of_a_lost_life_proves_that_what_is_in_doubt_arrived_and_never_that_it_failed() {
    use ProviderStatus::{Delivered, Failed, Sent};
    for is_sent_again in [false, true] {
        for database in databases().await {
            let bench = bench(database, 1).await;
            let at = bench.queued("16505551234").await;
            bench.attempt_ends(at, SendResult::Unknown).await;
            if is_sent_again {
                bench.resends(at).await;
            }
            let before = bench.status(at).await;
            let lost = |attempt| {
                Some(Tag { epoch: Epoch(Uuid::from_u128(99)), message: at.message, attempt })
            };
            bench.ticks("wamid.lost", Failed, lost(1)).await;
            assert_eq!(bench.status(at).await, before, "it says nothing of attempts here");
            bench.ticks("wamid.lost", Sent, lost(2)).await;
            assert_eq!(bench.status(at).await, Some(MessageStatus::Sent));
            bench.ticks("wamid.lost", Delivered, lost(2)).await;
            assert_eq!(bench.status(at).await, Some(MessageStatus::Delivered));
            assert_eq!(bench.parked().await, 0);
            bench.close().await;
        }
    }
}

#[tokio::test]
async fn a_tag_of_a_lost_life_for_a_message_that_is_not_here_waits_like_any_other() {
    for database in databases().await {
        let bench = bench(database, 1).await;
        bench.queued("16505551234").await;
        let (epoch, message) = (Epoch(Uuid::from_u128(99)), MessageId(Uuid::from_u128(98)));
        let tag = Tag { epoch, message, attempt: 1 };
        bench.ticks("wamid.lost", ProviderStatus::Sent, Some(tag)).await;
        assert_eq!(bench.parked().await, 1);
        bench.close().await;
    }
}
