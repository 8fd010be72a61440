//! The memory of the push services' stand-ins, and the failures that are set for them.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use serde::{Deserialize, Serialize};

use super::keys::Subscription;

/// A call that a stand-in answered, for tests to look at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PushCall {
    /// The time at which the stand-in had it, in the simulator's time.
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
    /// The plaintext that a simulated browser, or a phone behind the relay, decrypted.
    pub plaintext: Option<String>,
}

/// The failure of the next push.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum PushFault {
    /// The device is gone: 404 UNREGISTERED, 410 Unregistered, 410.
    Unregistered,
    /// Firebase: 400 `INVALID_ARGUMENT`; Apple: 400 `BadDeviceToken`; Web Push: 400.
    InvalidArgument,
    /// The target belongs to somebody else: 403 `SENDER_ID_MISMATCH`, 400
    /// `DeviceTokenNotForTopic`, 403.
    WrongSender,
    /// The credentials are not taken: 401, 403 `ExpiredProviderToken`, 401.
    Unauthorized,
    /// Firebase has no key for Apple: 401 `THIRD_PARTY_AUTH_ERROR`; Apple: 403
    /// `InvalidProviderToken`.
    ThirdPartyAuth,
    /// Too many: 429 with Retry-After where seconds are given.
    Throttled {
        /// Seconds.
        #[serde(default)]
        retry_after_s: Option<u64>,
    },
    /// 429 with Retry-After as a date, so many seconds away by the service's clock.
    ThrottledUntil {
        /// Seconds.
        in_s: u64,
    },
    /// 503, with Retry-After where seconds are given.
    Unavailable {
        /// Seconds.
        #[serde(default)]
        retry_after_s: Option<u64>,
    },
    /// 500.
    Internal,
    /// 413.
    TooLarge,
    /// 507: a distributor without a phone that listens.
    NoListener,
    /// A redirect elsewhere, which must not be followed.
    Redirect {
        /// The address that it names.
        to: String,
    },
    /// A 200 whose body is not what the service says. The push is delivered.
    Garbage,
    /// 503 with a body of so many bytes; [`Simulator::push_flood`] counts what was taken of it.
    ///
    /// [`Simulator::push_flood`]: crate::Simulator::push_flood
    Flood {
        /// Bytes.
        bytes: u64,
    },
    /// The connection is reset.
    Reset {
        /// Whether the push is delivered all the same.
        #[serde(default)]
        accepted: bool,
    },
    /// No answer for so long, then a reset.
    Hang {
        /// Milliseconds.
        ms: u64,
        /// Whether the push is delivered all the same.
        #[serde(default)]
        accepted: bool,
    },
    /// The push is delivered and answered; the connection takes no further one (HTTP/2 GOAWAY).
    GoAway,
}

impl PushFault {
    /// Whether the push is delivered all the same.
    pub(crate) fn is_delivered(&self) -> bool {
        matches!(
            self,
            Self::Garbage
                | Self::GoAway
                | Self::Reset { accepted: true }
                | Self::Hang { accepted: true, .. }
        )
    }
}

/// The collapsible messages of one device: how many of the burst are spent, and since when.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Bucket {
    pub(crate) spent: i64,
    pub(crate) at_ms: i64,
}

/// The memory of the stand-ins.
#[derive(Debug, Default)]
pub(crate) struct Providers {
    /// Access tokens and when they end.
    pub(crate) tokens: BTreeMap<String, i64>,
    /// Failures to come, by target; under the empty target those of any.
    pub(crate) faults: BTreeMap<String, VecDeque<PushFault>>,
    /// Devices that are gone, and since when.
    pub(crate) gone: BTreeMap<String, i64>,
    pub(crate) calls: Vec<PushCall>,
    /// The provider token that Apple saw last, and since when.
    pub(crate) apns_token: Option<(String, i64)>,
    /// The times at which each device got a push of Firebase, oldest first.
    pub(crate) fcm_times: BTreeMap<String, VecDeque<i64>>,
    /// The times at which each device got a collapsible push.
    pub(crate) fcm_collapsible: BTreeMap<String, Bucket>,
    pub(crate) subscriptions: BTreeMap<String, Subscription>,
    count: u64,
    /// Bytes of floods that were taken.
    flood: Arc<AtomicU64>,
}

impl Providers {
    /// The failure that a call for this target meets, if one was scripted.
    pub(crate) fn fault(&mut self, target: &str) -> Option<PushFault> {
        let own = self.faults.get_mut(target).and_then(VecDeque::pop_front);
        own.or_else(|| self.faults.get_mut("").and_then(VecDeque::pop_front))
    }

    pub(crate) fn flood(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.flood)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.count += 1;
        self.count
    }
}
