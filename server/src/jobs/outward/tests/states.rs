//! A webhook is told of the state that a message came to, by whatever road.

use baton_domain::fact::inbound::ProviderStatus::{self, Delivered, Failed, Read, Sent};
use baton_domain::fact::tag::Tag;
use baton_domain::group::{ClaimAnswer, MessageAt};

use super::*;
use crate::engine::testing::NODE;

/// Statuses, and what a webhook is told by them.
type Road = (&'static [ProviderStatus], &'static [&'static str]);

const ROADS: [Road; 5] = [
    (&[Sent, Delivered, Read], &["message.sent"]),
    (&[Read, Delivered, Sent], &["message.sent"]),
    (&[Delivered], &["message.sent"]),
    (&[Failed, Failed], &["message.failed"]),
    (&[Sent, Failed, Sent, Delivered], &["message.sent", "message.failed", "message.sent"]),
];

impl Scene {
    /// WhatsApp tells of the first attempt, whose own answer nobody has heard.
    async fn hears(&self, of: MessageAt, status: ProviderStatus) {
        let epoch = self.outwards.store.epoch();
        let tag = Tag { epoch, message: of.message, attempt: 1 };
        self.bench.ticks(&format!("wamid.{}", of.message), status, Some(tag)).await;
    }
}

#[tokio::test]
async fn a_message_whose_answer_was_lost_is_told_by_its_first_status() {
    let events = vec![WebhookKind::MessageSent, WebhookKind::MessageFailed];
    for each_alone in [false, true] {
        for (statuses, expected) in ROADS {
            let change = |webhook: &mut Webhook| webhook.events = events.clone();
            for scene in scenes(change).await {
                let at = scene.bench.queued("34600").await;
                // It is on its way, and the answer is lost.
                let claimed = scene.bench.engine.claim(at, 77, NODE).await.unwrap();
                assert!(matches!(claimed, ClaimAnswer::Go(_)), "{claimed:?}");
                for status in statuses {
                    scene.hears(at, *status).await;
                    // Whether a look finds one of them or all makes no difference.
                    if each_alone {
                        scene.tells().await;
                    }
                }
                scene.tells().await;
                assert_eq!(scene.receiver.kinds(), expected, "{statuses:?}, alone: {each_alone}");
                scene.bench.close().await;
            }
        }
    }
}
