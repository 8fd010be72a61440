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
mod keys;
mod oauth;
mod open;
mod relay;
mod webpush;

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::Router;
use axum::extract::DefaultBodyLimit;
use serde::Serialize;
use serde_json::Value;

use crate::simulator::Simulator;
use crate::state::shared::Shared;
pub use failing::PushFault;
pub(crate) use http2::serve as serve_http2;
pub(crate) use keys::Keys;
pub use keys::{ApnsAccount, ServiceAccount, WebSubscription};

/// A call that a stand-in answered, for tests to look at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PushCall {
    /// When the stand-in had it, in the simulator's time.
    pub at_ms: i64,
    /// `fcm`, `apns`, `webpush`, `relay` or `oauth`.
    pub lane: String,
    /// The device's token or endpoint; empty for OAuth.
    pub target: String,
    /// The HTTP status it was answered with; 0 where the connection was reset.
    pub status: u16,
    /// Why it was refused, in the service's own word.
    pub reason: Option<String>,
    /// The headers that say how to deliver it.
    pub headers: BTreeMap<String, String>,
    /// The body as it came, base64url for Web Push.
    pub body: String,
    /// What a simulated browser decrypted, or a phone behind the relay.
    pub plaintext: Option<String>,
}

/// What the stand-ins remember.
#[derive(Debug, Default)]
pub(crate) struct Providers {
    /// Access tokens and when they end.
    tokens: BTreeMap<String, i64>,
    /// Failures to come, by target; under the empty target those of any.
    faults: BTreeMap<String, VecDeque<PushFault>>,
    /// Devices that are gone, and since when.
    gone: BTreeMap<String, i64>,
    calls: Vec<PushCall>,
    /// The provider token that Apple saw last, and since when.
    apns_token: Option<(String, i64)>,
    /// When each device got a push of Firebase, oldest first.
    fcm_times: BTreeMap<String, VecDeque<i64>>,
    /// When each device got a collapsible push.
    fcm_collapsible: BTreeMap<String, fcm::Bucket>,
    subscriptions: BTreeMap<String, keys::Subscription>,
    count: u64,
    /// Bytes of floods that were taken.
    flood: Arc<AtomicU64>,
}

impl Providers {
    /// The failure that a call for this target meets, if one was scripted.
    fn fault(&mut self, target: &str) -> Option<PushFault> {
        let own = self.faults.get_mut(target).and_then(VecDeque::pop_front);
        own.or_else(|| self.faults.get_mut("").and_then(VecDeque::pop_front))
    }

    fn flood(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.flood)
    }

    fn next(&mut self) -> u64 {
        self.count += 1;
        self.count
    }
}

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
    pub(super) fn service_account(&self) -> ServiceAccount {
        self.push_keys.service_account(&self.base_url)
    }

    pub(super) fn apns_account(&self) -> ApnsAccount {
        self.push_keys.apns_account()
    }

    pub(super) fn relay(&self) -> (String, String) {
        (format!("{}/push/relay", self.base_url), relay::KEY.to_owned())
    }

    pub(super) fn subscribe(&self, vapid_key: Option<&str>) -> WebSubscription {
        let mut world = self.world();
        let nth = world.providers.next();
        let rng = &mut self.seeds.rng("subscription", "", nth);
        let (given, kept) = keys::subscribe(&self.base_url, nth, vapid_key, rng);
        world.providers.subscriptions.insert(given.endpoint.clone(), kept);
        given
    }

    pub(super) fn push_fails(&self, target: &str, faults: impl IntoIterator<Item = PushFault>) {
        let mut world = self.world();
        world.providers.faults.entry(target.to_owned()).or_default().extend(faults);
    }

    pub(super) fn unregister(&self, target: &str) {
        let now_ms = self.clock.now_ms();
        self.world().providers.gone.insert(target.to_owned(), now_ms);
    }

    pub(super) fn push_calls_since(&self, n: usize) -> Vec<PushCall> {
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

impl Simulator {
    /// Where the push services listen for HTTP/2 without TLS; Apple's answers nowhere else. The
    /// others answer over HTTP/1.1 at [`Simulator::base_url`] as well.
    #[must_use]
    pub fn push_base_url(&self) -> String {
        self.shared.push_base_url.clone()
    }

    /// A service account of the simulated Firebase project.
    #[must_use]
    pub fn service_account(&self) -> ServiceAccount {
        self.shared.service_account()
    }

    /// A key for the simulated Apple service.
    #[must_use]
    pub fn apns_account(&self) -> ApnsAccount {
        self.shared.apns_account()
    }

    /// Where the relay takes pushes, and the key that it gave out. What is pushed by it to the
    /// endpoint of a browser is decrypted.
    #[must_use]
    pub fn relay(&self) -> (String, String) {
        self.shared.relay()
    }

    /// A browser that subscribes, with a key of its own, perhaps for one VAPID key alone. What is
    /// pushed to its endpoint is decrypted.
    #[must_use]
    pub fn subscribe(&self, vapid_key: Option<&str>) -> WebSubscription {
        self.shared.subscribe(vapid_key)
    }

    /// Scripts the next failures of pushes to a target; of any target where it is empty; of the
    /// token endpoint where it is `oauth`.
    pub fn push_fails(&self, target: &str, faults: impl IntoIterator<Item = PushFault>) {
        self.shared.push_fails(target, faults);
    }

    /// The app was removed from the device behind a target, now.
    pub fn unregister(&self, target: &str) {
        self.shared.unregister(target);
    }

    /// Every call that the push services answered.
    #[must_use]
    pub fn push_calls(&self) -> Vec<PushCall> {
        self.shared.push_calls_since(0)
    }

    /// The calls after the first so many.
    #[must_use]
    pub fn push_calls_since(&self, n: usize) -> Vec<PushCall> {
        self.shared.push_calls_since(n)
    }

    /// How many bytes of [`PushFault::Flood`] the callers took, buffers on the way included.
    #[must_use]
    pub fn push_flood(&self) -> u64 {
        self.shared.world().providers.flood().load(Ordering::Relaxed)
    }

    /// How many calls there were.
    #[must_use]
    pub fn push_call_count(&self) -> usize {
        self.shared.world().providers.calls.len()
    }
}

/// A field of a JSON object as text.
fn text_of<'v>(value: &'v Value, field: &str) -> &'v str {
    value.get(field).and_then(Value::as_str).unwrap_or_default()
}
