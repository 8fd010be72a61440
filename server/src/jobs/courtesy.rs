//! Shows customers that an agent has read, or is typing, where their number does so.
//!
//! Nothing is repeated and nobody is told of a failure: it is counted.

use std::collections::BTreeMap;
use std::time::Duration;

use baton_protocol::limits::WINDOW_MS;
use futures_util::future::join_all;

use super::Unseal;
use crate::clock::Clock;
use crate::config::WhatsAppConfig;
use crate::engine::Engine;
use crate::engine::courtesies::{Done, Where};
use crate::store::courtesy::{Newest, newest};
use crate::telemetry::Metrics;
use crate::whatsapp::client::{Client, MarkRequest};

/// What is done within this is looked at together.
const GATHER: Duration = Duration::from_millis(300);
/// WhatsApp shows that somebody is typing for this long.
const TYPING_SHOWN: Duration = Duration::from_secs(25);
/// WhatsApp marks no older message.
const MARKED_DAYS_MAX: i64 = 30;
const DAY_MS: i64 = 24 * 60 * 60 * 1000;
/// Conversations of which it is remembered what was shown.
const REMEMBERED_MAX: usize = 20_000;
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

/// What a customer was shown.
#[derive(Clone, Default, Debug)]
struct Shown {
    /// The message that was marked last.
    wamid: String,
    /// When it was last shown that somebody types.
    typing_at: Option<Duration>,
}

impl Courtesy {
    /// Shows what agents do, for ever.
    pub async fn run(self) {
        let mut shown: BTreeMap<Where, Shown> = BTreeMap::new();
        loop {
            let all: Vec<_> = self.engine.courtesies().next().await.into_iter().collect();
            for some in all.chunks(AT_ONCE) {
                let each = some.iter().map(|(of, done)| self.show(*of, *done, shown.get(of)));
                let fresh = join_all(each).await;
                let fresh = some.iter().zip(fresh).filter_map(|((of, _), is)| Some((*of, is?)));
                shown.extend(fresh);
            }
            if shown.len() > REMEMBERED_MAX {
                shown.clear();
            }
            self.clock.sleep(GATHER).await;
        }
    }

    /// Shows what is to be shown; tells what was.
    async fn show(&self, of: Where, done: Done, before: Option<&Shown>) -> Option<Shown> {
        let elapsed = self.clock.monotonic();
        let before = before.cloned().unwrap_or_default();
        let was_typing = before.typing_at.is_some_and(|at| elapsed < at + TYPING_SHOWN);
        if was_typing && !done.read {
            return None;
        }
        let newest = newest(self.engine.store(), of).await.ok().flatten()?;
        let age_ms = self.clock.now().since(newest.at);
        let typing =
            done.typed && newest.policy.typing == Some(true) && age_ms < WINDOW_MS && !was_typing;
        let read = done.read
            && newest.is_read
            && newest.policy.read_receipts == Some(true)
            && age_ms < MARKED_DAYS_MAX * DAY_MS
            && newest.wamid != before.wamid;
        if !typing && !read {
            return None;
        }
        let is_taken = self.mark(of, &newest, typing).await;
        let kind = if typing { "typing" } else { "read" };
        let outcome = if is_taken { "accepted" } else { "failed" };
        self.metrics.courtesies.inc([kind, outcome]);
        let typing_at = if typing { Some(elapsed) } else { before.typing_at };
        Some(Shown { wamid: newest.wamid, typing_at })
    }

    async fn mark(&self, (workspace, _): Where, newest: &Newest, typing: bool) -> bool {
        let token = (self.unseal)(workspace, newest.channel, &newest.token_sealed);
        let Some(token) = token else { return false };
        let request = MarkRequest {
            base_url: &self.whatsapp.graph_url,
            version: &self.whatsapp.graph_version,
            phone_number_id: &newest.phone_number_id,
            token: &token,
            wamid: &newest.wamid,
            typing,
        };
        self.client.mark(request).await
    }
}
