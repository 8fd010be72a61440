//! A running simulator's push services and phones.

use std::sync::atomic::Ordering;
use std::time::Duration;

use super::Simulator;
use crate::push;
use crate::state::push::{
    ApnsAccount, PushCall, PushCounts, PushDelivery, PushFault, PushOrder, PushSent,
    ServiceAccount, WebSubscription,
};

impl Simulator {
    /// Sends a push as the server would, by the device's push service.
    ///
    /// # Errors
    /// When its key is none, or it is more than a push may carry.
    pub fn push(&self, wanted: PushOrder) -> anyhow::Result<PushSent> {
        push::order(&self.shared, wanted)
    }

    /// Pushes delivered to the phone behind a target, from place `since` on: waits up to `wait` for
    /// the first.
    pub async fn push_inbox(
        &self,
        target: &str,
        since: usize,
        wait: Duration,
    ) -> Vec<PushDelivery> {
        push::inbox(&self.shared, target, since, wait).await
    }

    /// Switches the phone behind a target on or off.
    pub fn switch_phone(&self, target: &str, is_on: bool) {
        push::switch(&self.shared, target, is_on);
    }

    /// Counts of all pushes so far, by their end.
    #[must_use]
    pub fn push_counts(&self) -> PushCounts {
        push::counts(&self.shared)
    }

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

    /// Bytes of [`PushFault::Flood`] that the callers took, buffers on the way included.
    #[must_use]
    pub fn push_flood(&self) -> u64 {
        self.shared.world().providers.flood().load(Ordering::Relaxed)
    }

    /// The number of calls so far.
    #[must_use]
    pub fn push_call_count(&self) -> usize {
        self.shared.world().providers.calls.len()
    }
}
