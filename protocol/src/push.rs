//! Push: how a device is reached, and what it tells of the pushes that came.

use serde::{Deserialize, Serialize};

use crate::{DeviceId, PushId, Timestamp};

/// The road that pushes take to a device.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
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
    /// The server's log: for trials.
    Log,
}

impl PushLane {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Fcm, Self::Apns, Self::Webpush, Self::Unifiedpush, Self::Relay, Self::Log];

    /// The name on the wire and in tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Fcm => "fcm",
            Self::Apns => "apns",
            Self::Webpush => "webpush",
            Self::Unifiedpush => "unifiedpush",
            Self::Relay => "relay",
            Self::Log => "log",
        }
    }

    /// Reads a name as `name` writes it.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|lane| lane.name() == name)
    }
}

/// What a target is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PushTargetKind {
    /// A registration or device token.
    Token,
    /// A Firebase installation id.
    Fid,
    /// A URL to post to.
    Endpoint,
}

impl PushTargetKind {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Token, Self::Fid, Self::Endpoint];

    /// The name on the wire and in tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Token => "token",
            Self::Fid => "fid",
            Self::Endpoint => "endpoint",
        }
    }

    /// Reads a name as `name` writes it.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// Which of Apple's services knows the token.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PushEnv {
    /// The one for apps from the store.
    Production,
    /// The one for apps that are being developed.
    Sandbox,
}

impl PushEnv {
    /// The name on the wire and in tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Production => "production",
            Self::Sandbox => "sandbox",
        }
    }

    /// Reads a name as `name` writes it.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Production, Self::Sandbox].into_iter().find(|env| env.name() == name)
    }
}

/// The key that contents are sealed to (RFC 8291), for this device alone.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PushKey {
    /// How the device names it: 16 hexadecimal digits. Pushes say which key they are sealed to; a
    /// browser, which has one alone, gives it no name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The public key: an uncompressed point of P-256, base64url without padding.
    pub p256dh: String,
    /// The secret shared by device and server: 16 bytes, base64url without padding.
    pub auth: String,
}

/// The public half of a [`PushKey`].
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct PushPublicKey {
    /// How the device names it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The public key.
    pub p256dh: String,
}

/// `PUT /devices/{id}/push`, by the device itself: how it wants to be reached from now on. What
/// was said before is replaced; the same target under another device moves here.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PushPut {
    /// By which road.
    pub lane: PushLane,
    /// What the target is.
    pub target_kind: PushTargetKind,
    /// Where to: the token, id or URL that the platform gave the app. Kept sealed, never shown.
    pub target: String,
    /// What contents are sealed to; without it pushes carry none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<PushKey>,
    /// The app, as the push service knows it: a package or bundle.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub app_id: Option<String>,
    /// Apple's only: which service.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub env: Option<PushEnv>,
    /// The language of what is shown, as a tag of BCP 47.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub locale: Option<String>,
    /// What this app can do with pushes, in short names of its own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub caps: Vec<String>,
}

/// Whether a device can be reached.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PushState {
    /// As far as is known.
    Active,
    /// The app did not confirm the target for long: a last resort.
    Stale,
}

/// `GET /devices/{id}/push`: what the server knows, the target aside.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct PushDevice {
    /// Which device.
    pub device_id: DeviceId,
    /// By which road.
    pub lane: PushLane,
    /// What the target is.
    pub target_kind: PushTargetKind,
    /// What contents are sealed to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<PushPublicKey>,
    /// The app.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub app_id: Option<String>,
    /// Apple's only: which service.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub env: Option<PushEnv>,
    /// The language of what is shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub locale: Option<String>,
    /// What the app can do with pushes.
    pub caps: Vec<String>,
    /// Whether it can be reached.
    pub state: PushState,
    /// When this device was first told to be reached by push.
    pub registered_at: Timestamp,
    /// When the app last said that the target is good.
    pub confirmed_at: Timestamp,
    /// When the last receipt of a push came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_receipt_at: Option<Timestamp>,
}

/// The answer of `PUT /devices/{id}/push`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PushRegistered {
    /// What the server knows now.
    pub registration: PushDevice,
    /// Sent as `Authorization: Bearer` to `/push/receipts`, and good for nothing else: for
    /// processes that do not have the session. The same as long as the registration lasts.
    pub receipt_key: String,
}

/// How far a push came.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
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

impl ReceiptStage {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Received, Self::Shown, Self::Opened, Self::Dismissed];

    /// The name on the wire and in tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Received => "received",
            Self::Shown => "shown",
            Self::Opened => "opened",
            Self::Dismissed => "dismissed",
        }
    }
}

/// What the app was doing.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AppState {
    /// On the screen.
    Foreground,
    /// Running out of sight.
    Background,
    /// Not running: the extension took the push.
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
#[serde(deny_unknown_fields)]
pub struct PushReceipt {
    /// Of which push.
    pub id: PushId,
    /// How far it came.
    pub stage: ReceiptStage,
    /// When, by the device's clock.
    pub at: Timestamp,
    /// What the app was doing.
    pub app_state: AppState,
}

/// The answer of `POST /push/receipts`. None of them has to be sent again.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ReceiptsTaken {
    /// Those that the server has now, those included that it had.
    pub taken: u32,
    /// Those of pushes that this device cannot have had.
    pub ignored: u32,
}

crate::secret_debug!(PushKey, PushPut, PushRegistered);
