//! The settings that may change while the simulator runs: delays, limits, failures.
//!
//! The defaults are the platform as documented, prompt and without faults.

use serde::{Deserialize, Serialize};

use crate::base::span::Span;
use crate::state::connection::ConnectionKnobs;
use crate::state::endpoint::Endpoint;
use crate::state::push::PushKnobs;

/// All settings that may change while the simulator runs. Fields left out take their default.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Knobs {
    /// The delay between a customer's act and its webhook.
    pub webhook_delay: Span,
    /// The time to each next status (accepted → sent → delivered → read).
    pub status_delay: Span,
    /// The delay of an answer to a send.
    pub answer_delay: Span,
    /// The probability that an update is delivered a second time.
    pub duplicate_probability: f64,
    /// Updates due within this many milliseconds of each other may swap places.
    pub reorder_ms: u64,
    /// The most updates merged into one POST, 1 to 1000.
    pub batch_size: usize,
    /// The time that a POST waits for more updates while it is not full.
    pub batch_linger_ms: u64,
    /// The most first attempts of webhooks under way at once.
    pub max_in_flight: usize,
    /// The longest time that a webhook may take to answer.
    pub webhook_timeout_ms: u64,
    /// The pauses before each retry of a webhook; the last repeats.
    pub retry_delays_ms: Vec<u64>,
    /// After this long without a 200 a webhook is dropped.
    pub retry_for_ms: u64,
    /// Sends that are accepted although the caller never learns of it.
    pub lost_answers: Option<LostAnswers>,
    /// The status `sent` is delivered before the send is answered.
    pub status_before_answer: bool,
    /// Failures of sends, tried in order; the first that fires decides.
    pub faults: Vec<FaultRule>,
    /// Hosts that give nothing: files sent by a link to one of them fail with 131053.
    pub dead_hosts: Vec<String>,
    /// Statuses that are never delivered.
    pub drop_statuses: Vec<StatusKind>,
    /// Customers read what reaches them.
    pub auto_read: bool,
    /// Webhook bodies write `/` as `\/`.
    pub escape_slashes: bool,
    /// Webhook bodies have their keys in random order.
    pub shuffle_keys: bool,
    /// Free-form messages need a customer's message in the last 24 hours.
    pub enforce_window: bool,
    /// The way in which a closed window is reported.
    pub window_mode: WindowMode,
    /// One message in 6 seconds to a recipient, with bursts that are borrowed.
    pub enforce_pair_rate: bool,
    /// Refuse sends beyond `mps` on a number.
    pub enforce_mps: bool,
    /// Messages a second on a number, in and out together.
    pub mps: u32,
    /// The HTTP status of a refusal for `mps`: 400 or 429 (which carries Retry-After).
    pub mps_http: u16,
    /// Customers show a user id beside their phone number, as they do since March 2026.
    pub user_ids: bool,
    /// Faults between the server and the platform.
    pub connection: ConnectionKnobs,
    /// Faults of the push services.
    pub push: PushKnobs,
}

impl Default for Knobs {
    fn default() -> Self {
        Self {
            webhook_delay: Span::default(),
            status_delay: Span::default(),
            answer_delay: Span::default(),
            duplicate_probability: 0.0,
            reorder_ms: 0,
            batch_size: 1,
            batch_linger_ms: 0,
            max_in_flight: 32,
            webhook_timeout_ms: 20_000,
            retry_delays_ms: vec![0, 100, 200, 400, 800, 1_600, 3_000],
            retry_for_ms: 600_000,
            lost_answers: None,
            status_before_answer: false,
            faults: Vec::new(),
            dead_hosts: Vec::new(),
            drop_statuses: Vec::new(),
            auto_read: false,
            escape_slashes: false,
            shuffle_keys: false,
            enforce_window: true,
            window_mode: WindowMode::Async,
            enforce_pair_rate: true,
            enforce_mps: true,
            mps: 80,
            mps_http: 400,
            user_ids: true,
            connection: ConnectionKnobs::default(),
            push: PushKnobs::default(),
        }
    }
}

impl Knobs {
    /// Defaults without the window, the pair rate and the rate of the number.
    #[must_use]
    pub fn permissive() -> Self {
        Self {
            enforce_window: false,
            enforce_pair_rate: false,
            enforce_mps: false,
            ..Self::default()
        }
    }
}

/// The way in which a closed 24-hour window is reported (error 131047).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WindowMode {
    /// As the answer to the send.
    Sync,
    /// By a status `failed` after a 200, as the platform mostly does.
    Async,
}

/// Sends that reach the customer while the caller does not learn of it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LostAnswers {
    /// The share of sends.
    pub probability: f64,
    /// The loss that the caller meets.
    pub how: Loss,
}

/// The loss that the caller meets in place of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Loss {
    /// The connection is reset without an answer.
    Drop,
    /// A 200 whose body is not JSON.
    Garbage,
}

/// A failure of calls and when it happens.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FaultRule {
    /// The choice among the sends that the rule looks at.
    pub when: When,
    /// The fault that meets them.
    pub fault: Fault,
    /// Only sends to this `wa_id` or `user_id`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// Only sends from this number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone_number_id: Option<String>,
    /// Only calls of this kind; sends of messages where none is named.
    #[serde(default)]
    pub endpoint: Endpoint,
}

impl FaultRule {
    /// A rule for every recipient and number.
    #[must_use]
    pub const fn new(when: When, fault: Fault) -> Self {
        Self { when, fault, to: None, phone_number_id: None, endpoint: Endpoint::Messages }
    }
}

/// The choice among the sends that a rule looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum When {
    /// All of them.
    Always,
    /// The next so many, counted from the moment the knobs were set.
    Next(u64),
    /// Every so many-th.
    Every(u64),
}

/// The fault that meets a send which a rule chose.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind", deny_unknown_fields)]
pub enum Fault {
    /// 130429, as 400, or as 429 with Retry-After.
    RateLimited {
        /// 400 or 429.
        http: u16,
        /// Seconds told in Retry-After with a 429.
        #[serde(default)]
        retry_after_s: u64,
    },
    /// 131056: too many messages to this recipient.
    PairRate,
    /// 500 with 131000, an unknown outcome. The message is not sent.
    Unknown,
    /// 503 with 133004.
    Maintenance,
    /// 401 with 190.
    Token,
    /// Any other code of the table of errors.
    Error {
        /// The platform's error code.
        code: u32,
        /// The HTTP status.
        http: u16,
    },
    /// A 200, then a status `failed` with this code.
    AsyncFailure {
        /// The platform's error code.
        code: u32,
    },
    /// No answer for so long, then the connection is reset.
    Hang {
        /// The time without an answer, in ms.
        ms: u64,
        /// Whether the message reached the customer all the same.
        #[serde(default)]
        accepted: bool,
    },
    /// The connection is reset at once.
    Reset {
        /// Whether the message reached the customer all the same.
        #[serde(default)]
        accepted: bool,
    },
    /// A 200 whose body is not JSON; the message reached the customer.
    Garbage,
}

/// The statuses of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StatusKind {
    /// Left the platform.
    Sent,
    /// On the customer's device.
    Delivered,
    /// Seen by the customer.
    Read,
    /// Did not reach the customer.
    Failed,
    /// Heard by the customer, told of voice messages.
    Played,
}

impl StatusKind {
    /// The word in a webhook.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sent => "sent",
            Self::Delivered => "delivered",
            Self::Read => "read",
            Self::Failed => "failed",
            Self::Played => "played",
        }
    }
}
