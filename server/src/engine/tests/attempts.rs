//! What is heard of attempts, read back between one and the next, over both databases.

use baton_domain::inbound::ProviderStatus;
use baton_domain::tag::Tag;
use baton_protocol::MessageError;
use baton_protocol::command::{OfMessage, Resend};

use super::*;

impl Bench {
    async fn attempt_ends(&self, at: MessageAt, result: SendResult) {
        let claim_epoch = 70 + self.clock.now().ms().unsigned_abs();
        let claimed = self.engine.claim(at, claim_epoch, NODE).await.unwrap();
        let ClaimAnswer::Go { attempt, claim_epoch } = claimed else { panic!("{claimed:?}") };
        self.engine.result(at, (attempt, claim_epoch), result, None).await.unwrap();
    }

    async fn hears(&self, wamid: &str, tag: Option<(MessageAt, u32)>, status: ProviderStatus) {
        let epoch = self.database.store.epoch();
        let tag = tag.map(|(at, attempt)| Tag { epoch, message: at.message, attempt }.to_string());
        let error = MessageError { code: 131_026, reason: "no".to_owned(), remedy: String::new() };
        let at = self.clock.now();
        let update = StatusUpdate { wamid: wamid.to_owned(), status, at, tag, error: Some(error) };
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
