//! The push services: what phones are handed, when, and how often.

mod behaviour;
mod fixtures;
mod opening;
mod polling;
mod providers;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use baton_mobile::push::DeviceKey;
use baton_protocol::Timestamp;
use baton_simulator::{PushDelivery, PushFields, PushInput, PushKey, PushLane, PushOrder, PushTo};

pub(crate) const WORKSPACE: &str = "01890a5d-ac96-774b-bcce-00000000a00e";
pub(crate) const AGENT: &str = "01890a5d-ac96-774b-bcce-00000000a001";
pub(crate) const CONVERSATION: &str = "01890a5d-ac96-774b-bcce-00000000a009";
pub(crate) const OFFER: &str = "01890a5d-ac96-774b-bcce-00000000a010";
pub(crate) const EPOCH: &str = "01890a5d-ac96-774b-bcce-00000000a0ee";

/// A device's key, made as the phone makes it.
pub(crate) fn device_key(byte: u8) -> DeviceKey {
    DeviceKey::made(&[byte; 48], Timestamp::default()).unwrap()
}

/// What the phone tells the server of it.
pub(crate) fn public(key: &DeviceKey) -> PushKey {
    let recipient = key.recipient();
    PushKey {
        id: Some(key.id().to_string()),
        p256dh: URL_SAFE_NO_PAD.encode(recipient.p256dh),
        auth: URL_SAFE_NO_PAD.encode(recipient.auth),
    }
}

pub(crate) fn to(lane: PushLane, key: Option<&DeviceKey>) -> PushTo {
    PushTo { lane, target: "target-1".to_owned(), key: key.map(public) }
}

/// A push of this kind, good for an hour from the simulator's `now_ms`.
pub(crate) fn fields(kind: &str, now_ms: i64) -> PushFields {
    PushFields {
        kind: kind.to_owned(),
        id: None,
        workspace: WORKSPACE.to_owned(),
        agent: Some(AGENT.to_owned()),
        conversation: Some(CONVERSATION.to_owned()),
        offer: (kind == "offer").then(|| OFFER.to_owned()),
        expires_at_ms: now_ms + 3_600_000,
        cursor: format!("{EPOCH}:7"),
        badge: Some(3),
        title: "Lucía Ω".to_owned(),
        body: "El paquete es púrpura".to_owned(),
        ..PushFields::default()
    }
}

/// A push by its id, without contents.
pub(crate) fn wake(id: &str, lane: PushLane, now_ms: i64) -> PushOrder {
    let push = PushFields { id: Some(id.to_owned()), ..fields("message", now_ms) };
    PushOrder::new(to(lane, None), push)
}

pub(crate) fn ids(inbox: &[PushDelivery]) -> Vec<&str> {
    inbox.iter().map(|one| one.id.as_deref().unwrap_or("dropped")).collect()
}

/// As the phone core reads it.
pub(crate) fn input(of: &PushInput) -> baton_mobile::push::Input {
    serde_json::from_value(serde_json::to_value(of).unwrap()).unwrap()
}
