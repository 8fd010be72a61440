//! Numbers whose token WhatsApp refused: what they have to send waits, until the pause is over or
//! somebody has given the number another token.

use super::Sender;
use crate::store::StoreError;
use crate::store::read::channel_token;

impl Sender {
    /// Looks whether tokens that were refused have been replaced, here or by another process, and
    /// lets what waits for that go on.
    pub(super) async fn lift_replaced(&self) {
        let refused = self.pace().refused(self.pace_now());
        if refused.is_empty() {
            return;
        }
        let replaced = async {
            let mut tx = self.store().read().await?;
            let mut replaced = Vec::new();
            for (workspace, channel, old) in refused {
                if channel_token(&mut tx, workspace, channel).await?.is_some_and(|new| new != old) {
                    replaced.push(channel);
                }
            }
            tx.rollback().await?;
            Ok::<_, StoreError>(replaced)
        };
        let Ok(replaced) = replaced.await else { return };
        for channel in &replaced {
            tracing::info!(channel_id = %channel, "the number has another token; sends go on");
            self.pace().lift_refused(*channel);
        }
        if !replaced.is_empty() {
            self.0.lifted.notify_waiters();
        }
    }
}
