//! Stand-ins for the push services themselves, as a server calls them: Firebase with its OAuth,
//! Apple over HTTP/2, Web Push, and a relay. What they take lands in the inboxes of the simulated
//! phones.
//!
//! They verify what the real ones verify, enforce their limits, and fail by script
//! ([`PushFault`]).

mod apns;
mod failing;
mod fcm;
mod http2;
mod jwt;
mod oauth;
mod open;
mod relay;
mod webpush;

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use serde_json::Value;

use crate::state::push::keys;
use crate::state::push::{ApnsAccount, PushCall, PushFault, ServiceAccount, WebSubscription};
use crate::state::shared::Shared;
pub(crate) use http2::serve as serve_http2;

/// The routes: `/push/oauth/token`, `/v1/projects/{project}/messages:send`, `/3/device/{token}`,
/// `/push/web/{id}` and `/push/relay`.
pub(crate) fn router() -> Router<Arc<Shared>> {
    Router::new()
        .merge(oauth::router())
        .merge(fcm::router())
        .merge(apns::router())
        .merge(webpush::router())
        .merge(relay::router())
        .layer(DefaultBodyLimit::max(1024 * 1024))
}

impl Shared {
    pub(crate) fn service_account(&self) -> ServiceAccount {
        self.push_keys.service_account(&self.base_url)
    }

    pub(crate) fn apns_account(&self) -> ApnsAccount {
        self.push_keys.apns_account()
    }

    pub(crate) fn relay(&self) -> (String, String) {
        (format!("{}/push/relay", self.base_url), relay::KEY.to_owned())
    }

    pub(crate) fn subscribe(&self, vapid_key: Option<&str>) -> WebSubscription {
        let mut world = self.world();
        let nth = world.providers.next();
        let rng = &mut self.seeds.rng("subscription", "", nth);
        let (given, kept) = keys::subscribe(&self.base_url, nth, vapid_key, rng);
        world.providers.subscriptions.insert(given.endpoint.clone(), kept);
        given
    }

    pub(crate) fn push_fails(&self, target: &str, faults: impl IntoIterator<Item = PushFault>) {
        let mut world = self.world();
        world.providers.faults.entry(target.to_owned()).or_default().extend(faults);
    }

    pub(crate) fn unregister(&self, target: &str) {
        let now_ms = self.clock.now_ms();
        self.world().providers.gone.insert(target.to_owned(), now_ms);
    }

    pub(crate) fn push_calls_since(&self, n: usize) -> Vec<PushCall> {
        self.world().providers.calls.get(n..).unwrap_or_default().to_vec()
    }

    /// Notes a call; it is answered after this, as late as the service is away.
    async fn answer(&self, call: PushCall) {
        let span = self.world().knobs.push.answers_after;
        let nth = {
            let calls = &mut self.world().providers.calls;
            calls.push(call);
            calls.len() as u64
        };
        self.changed();
        tokio::time::sleep(self.seeds.delay(span, "push answer", "", nth)).await;
    }
}

/// A field of a JSON object as text.
fn text_of<'v>(value: &'v Value, field: &str) -> &'v str {
    value.get(field).and_then(Value::as_str).unwrap_or_default()
}
