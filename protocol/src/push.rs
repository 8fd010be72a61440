//! Push: registrations of devices, and receipts of pushes.

use serde::{Deserialize, Serialize};

use crate::{ConversationId, DeviceId, PushId, TeamId, Timestamp};

/// The ability of an app to answer an offer from its notification: of those that have it, pushes
/// name the offer. Others would show nothing of it once they are up to date.
pub const PUSH_CAP_OFFERS: &str = "offers";

/// The push service of a device.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum PushLane {
    /// Firebase Cloud Messaging, HTTP v1.
    Fcm,
    /// Apple's push service.
    Apns,
    /// A browser's push service (RFC 8030).
    Webpush,
    /// A distributor on the phone (RFC 8030).
    Unifiedpush,
    /// A relay that holds the keys of an app in a store.
    Relay,
    /// The server's log, for tests.
    Log,
}

names!(PushLane {
    Fcm = "fcm",
    Apns = "apns",
    Webpush = "webpush",
    Unifiedpush = "unifiedpush",
    Relay = "relay",
    Log = "log",
});

/// The kind of a target.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum PushTargetKind {
    /// A registration or device token.
    Token,
    /// A Firebase installation id.
    Fid,
    /// A URL to post to.
    Endpoint,
}

names!(PushTargetKind {
    Token = "token",
    Fid = "fid",
    Endpoint = "endpoint",
});

/// Apple's service that issued the token.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum PushEnv {
    /// For apps from the store.
    Production,
    /// For apps in development.
    Sandbox,
}

names!(PushEnv {
    Production = "production",
    Sandbox = "sandbox",
});

/// The key of this device, to which contents are sealed (RFC 8291).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct PushKey {
    /// The device's name for the key: 16 hexadecimal digits. Pushes name the key that they are
    /// sealed to. A browser has one key and gives it no name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The public key: an uncompressed point of P-256, base64url without padding.
    pub p256dh: String,
    /// The secret shared by device and server: 16 bytes, base64url without padding.
    pub auth: String,
}

/// The public half of a [`PushKey`].
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PushPublicKey {
    /// The device's name for the key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The public key.
    pub p256dh: String,
}

/// `PUT /devices/{id}/push`, by the device itself. It replaces the earlier registration. A target
/// that another device registered moves here.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct PushPut {
    /// The push service.
    pub lane: PushLane,
    /// The kind of the target.
    pub target_kind: PushTargetKind,
    /// The token, id or URL that the platform gave the app. Kept sealed, never shown.
    pub target: String,
    /// The key for contents. Without it pushes have no contents.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<PushKey>,
    /// The app's package or bundle at the push service.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub app_id: Option<String>,
    /// Apple only: the service.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub env: Option<PushEnv>,
    /// The language of notifications, as a BCP 47 tag.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub locale: Option<String>,
    /// Abilities of this app with pushes, in short names.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub caps: Vec<String>,
}

/// The place of a conversation's notification on a phone: its tag on Android, its identifier on
/// Apple's systems, where the server sends it as `apns-collapse-id`. A newer one replaces the one
/// before, and a phone takes away by it what its extension or its system drew.
pub fn notification_tag(conversation: ConversationId) -> String {
    format!("conversation-{conversation}")
}

/// `GET /push/keys`: what an app needs before it registers.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PushKeys {
    /// The key with which browsers and distributors subscribe (VAPID, RFC 8292): an uncompressed
    /// point of P-256, base64url without padding.
    pub vapid: String,
}

/// The state of a registration.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum PushState {
    /// The device can be reached, as far as is known.
    Active,
    /// The app has not confirmed the target for long.
    Stale,
    /// This server is not set up for the push service: nothing is sent.
    NotSetUp,
}

/// `GET /devices/{id}/push`: the registration without its target.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PushDevice {
    /// The device.
    pub device_id: DeviceId,
    /// The push service.
    pub lane: PushLane,
    /// The kind of the target.
    pub target_kind: PushTargetKind,
    /// The key for contents.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<PushPublicKey>,
    /// The app.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub app_id: Option<String>,
    /// Apple only: the service.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub env: Option<PushEnv>,
    /// The language of notifications.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub locale: Option<String>,
    /// Abilities of the app with pushes.
    pub caps: Vec<String>,
    /// The state.
    pub state: PushState,
    /// The time of the first registration.
    pub registered_at: Timestamp,
    /// The time at which the app last confirmed the target.
    pub confirmed_at: Timestamp,
    /// The time of the last receipt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_receipt_at: Option<Timestamp>,
}

/// The answer of `PUT /devices/{id}/push`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PushRegistered {
    /// The registration now.
    pub registration: PushDevice,
    /// Sent as `Authorization: Bearer` to `/push/receipts` only, for processes without the session.
    /// The same as long as the registration lasts.
    pub receipt_key: String,
}

/// The stage of a push.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum ReceiptStage {
    /// It reached the device.
    Received,
    /// Its notification was shown.
    Shown,
    /// It was tapped.
    Opened,
    /// It was swiped away.
    Dismissed,
}

names!(ReceiptStage {
    Received = "received",
    Shown = "shown",
    Opened = "opened",
    Dismissed = "dismissed",
});

/// The state of the app.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum AppState {
    /// The app was on the screen.
    Foreground,
    /// The app ran in the background.
    Background,
    /// The app did not run; the extension took the push.
    Extension,
}

impl AppState {
    /// The name on the wire and in tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Foreground => "foreground",
            Self::Background => "background",
            Self::Extension => "extension",
        }
    }
}

/// One of `POST /push/receipts`, which takes an array of them (at most
/// [`RECEIPTS_MAX`](crate::limits::RECEIPTS_MAX)).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct PushReceipt {
    /// The push.
    pub id: PushId,
    /// The stage it reached.
    pub stage: ReceiptStage,
    /// The time, by the device's clock.
    pub at: Timestamp,
    /// The state of the app.
    pub app_state: AppState,
}

/// The answer of `POST /push/receipts`. No receipt has to be sent again.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ReceiptsTaken {
    /// The number of receipts that the server has now, repeated ones included.
    pub taken: u32,
    /// The number of receipts for pushes that this device cannot have had.
    pub ignored: u32,
}

/// The level of pushes that an agent wants.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum PushLevel {
    /// News of the agent's conversations, and of the queues of the agent's teams.
    #[default]
    All,
    /// News of the agent's conversations.
    Mine,
    /// Nothing.
    Nothing,
}

impl PushLevel {
    /// The name on the wire and in tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Mine => "mine",
            Self::Nothing => "nothing",
        }
    }
}

/// A part of each day in which nothing is pushed. It may reach over midnight.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct QuietHours {
    /// The time at which it begins, as `22:00`.
    pub from: String,
    /// The time at which it ends, as `07:00`.
    pub until: String,
    /// An IANA time zone, as `Europe/Madrid`.
    pub zone: String,
}

/// `GET` and `PUT /me/push`: how much the agent wants to be told, on all devices.
#[derive(Clone, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct PushPreference {
    /// The level for all teams without one of their own.
    #[serde(default)]
    pub level: PushLevel,
    /// The hours without pushes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quiet: Option<QuietHours>,
    /// Teams whose conversations are told of more, or less, than all others.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub teams: Vec<TeamPushLevel>,
    /// Each device is told, also while the agent looks at another one.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub each_device: bool,
}

/// The level of pushes that an agent wants of the conversations of one team.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct TeamPushLevel {
    /// The team.
    pub team_id: TeamId,
    /// The level for this team.
    pub level: PushLevel,
}

crate::secret_debug!(PushKey, PushPut, PushRegistered);
