//! Shows customers that an agent has read, or is typing, where their number does so.
//!
//! Nothing is repeated and nobody is told of a failure: it is counted.

use std::time::Duration;

use baton_domain::auto::courtesy::{Done, next};
use baton_domain::group::Key;
use baton_protocol::ConversationId;
use futures_util::future::join_all;

use super::Unseal;
use crate::clock::Clock;
use crate::config::WhatsAppConfig;
use crate::engine::Engine;
use crate::store::courtesy::{Markable, claim, markable};
use crate::telemetry::Metrics;
use crate::whatsapp::client::{Client, MarkRequest};

/// What is done within this is looked at together.
const GATHER: Duration = Duration::from_millis(300);
const AT_ONCE: usize = 16;

/// Shows customers what agents do.
#[derive(Clone)]
pub struct Courtesy {
    /// What agents do, and the database.
    pub engine: Engine,
    /// The way out.
    pub client: Client,
    /// Opens tokens.
    pub unseal: Unseal,
    /// Where the Graph API is.
    pub whatsapp: WhatsAppConfig,
    /// What is counted.
    pub metrics: Metrics,
    /// The time.
    pub clock: Clock,
}

impl Courtesy {
    /// Shows what agents do, for ever.
    pub async fn run(self) {
        loop {
            let all: Vec<_> = self.engine.courtesies().next().await.into_iter().collect();
            for some in all.chunks(AT_ONCE) {
                join_all(some.iter().map(|(of, done)| self.show(*of, *done))).await;
            }
            self.clock.sleep(GATHER).await;
        }
    }

    /// Shows what is new, unless another node does.
    async fn show(&self, of: Key<ConversationId>, done: Done) {
        let store = self.engine.store();
        let Ok(Some(markable)) = markable(store, of).await else { return };
        let (before, now) = (markable.shown, self.clock.now());
        let Some(shown) = next(done, markable.newest, markable.policy, before, now) else {
            return;
        };
        // Claimed first: after a crash in between it is not shown, which is a courtesy lost.
        if !claim(store, of, before, shown).await.unwrap_or(false) {
            return;
        }
        let typing = shown.typing_at == Some(now);
        let is_taken = self.mark(of, &markable, typing).await;
        let kind = if typing { "typing" } else { "read" };
        let outcome = if is_taken { "accepted" } else { "failed" };
        self.metrics.courtesies.inc([kind, outcome]);
    }

    async fn mark(
        &self,
        (workspace, _): Key<ConversationId>,
        markable: &Markable,
        typing: bool,
    ) -> bool {
        let token = (self.unseal)(workspace, markable.channel, &markable.token_sealed);
        let Some(token) = token else { return false };
        let request = MarkRequest {
            base_url: &self.whatsapp.graph_url,
            version: &self.whatsapp.graph_version,
            phone_number_id: &markable.phone_number_id,
            token: &token,
            wamid: &markable.wamid,
            typing,
        };
        self.client.mark(request).await
    }
}
