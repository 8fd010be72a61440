//! Tells the committer what became of a send.

use std::time::Duration;

use baton_domain::decide::delivery::{SendClaim, SendResult};
use baton_protocol::Timestamp;

use super::Sender;
use crate::store::Dialect;
use crate::store::read::MessageAt;

/// Writes of a result to a disk of our own, once the server stops.
const LAST_TRIES: u32 = 3;

impl Sender {
    /// Tells the result. While the database is away it is told again; should this process die
    /// first, the claim is rescued as unconfirmed. A stop waits for a database that may come back,
    /// and not for a disk that cannot be written.
    pub(super) async fn tell(
        &self,
        at: MessageAt,
        claim: SendClaim,
        result: SendResult,
        due_at: Option<Timestamp>,
    ) {
        let (mut wait_ms, mut last_tries) = (50, LAST_TRIES);
        for _ in 0..20 {
            let stopped = self.0.stopped.notified();
            if self.0.parts.engine.result(at, claim, result.clone(), due_at).await.is_ok() {
                return;
            }
            if !self.is_stopping() {
                tokio::select! {
                    () = stopped => {}
                    () = self.0.parts.clock.sleep(Duration::from_millis(wait_ms)) => {}
                }
            } else if self.store().dialect() == Dialect::Sqlite {
                last_tries -= 1;
                if last_tries == 0 {
                    break;
                }
            } else {
                self.0.parts.clock.sleep(Duration::from_millis(wait_ms)).await;
            }
            wait_ms = (wait_ms * 2).min(5000);
        }
        tracing::error!(message_id = %at.message, "what became of a send could not be recorded");
    }
}
