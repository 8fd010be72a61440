//! One message of a customer, or one that somebody sent from the phone app.

use baton_domain::inbound::{ElementBody, InboundMessage, Sender};
use baton_protocol::{LineKind, Timestamp};
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};

use super::content;
use super::leaf::Object;
use super::people::People;

/// Reads what a customer did, and the contact that it belongs to.
pub(super) fn inbound<'a>(
    raw: &RawValue,
    people: &People<'a>,
    arrived: Timestamp,
) -> (ElementBody, Option<&'a RawValue>) {
    let customer = |message: &Object<'_>| people.named(message, "from", "from_user_id");
    read(raw, arrived, customer, ElementBody::Message)
}

/// Reads what was said on the phone app; its customer is the addressee.
pub(super) fn echo<'a>(
    raw: &RawValue,
    people: &People<'a>,
    arrived: Timestamp,
) -> (ElementBody, Option<&'a RawValue>) {
    let customer = |message: &Object<'_>| people.named(message, "to", "to_user_id");
    read(raw, arrived, customer, ElementBody::Echo)
}

type Named<'a> = Option<(Sender, Option<&'a RawValue>)>;

fn read<'a>(
    raw: &RawValue,
    arrived: Timestamp,
    customer: impl FnOnce(&Object<'_>) -> Named<'a>,
    body: impl FnOnce(InboundMessage) -> ElementBody,
) -> (ElementBody, Option<&'a RawValue>) {
    let unattributable =
        |reason: &str| (ElementBody::Unattributable { reason: reason.to_owned() }, None);
    let Some(message) = Object::read(raw) else {
        return unattributable("a message that is no readable object");
    };
    let original_type = message.id("type");
    match original_type.as_deref() {
        Some("reaction") => return (ElementBody::Ignored { what: "reaction" }, None),
        Some("system") => return (ElementBody::Ignored { what: "system" }, None),
        _ => {}
    }
    let Some((sender, contact)) = customer(&message) else {
        return unattributable("a message that names nobody");
    };
    let (kind, content) = content::said(&message, original_type);
    let wamid = message.id("id");
    let at = message.instant("timestamp");
    let understood = wamid.is_some() && at.is_some();
    let line = InboundMessage {
        sender,
        wamid: wamid.unwrap_or_else(|| digest(raw)),
        at: at.unwrap_or(arrived),
        kind: if understood { kind } else { LineKind::Unreadable },
        content,
        quoted_wamid: quoted(&message),
    };
    (body(line), contact)
}

/// The message that this one replies to, changes or takes back.
fn quoted(message: &Object<'_>) -> Option<String> {
    let of = |member, id| message.object(member).and_then(|object: Object<'_>| object.id(id));
    of("context", "id")
        .or_else(|| of("edit", "original_message_id"))
        .or_else(|| of("revoke", "original_message_id"))
}

/// Stands for the id of what came without one: equal for equal elements, whatever the order of
/// their members.
fn digest(raw: &RawValue) -> String {
    let canonical = serde_json::from_str::<serde_json::Value>(raw.get())
        .map_or_else(|_| raw.get().to_owned(), |value| value.to_string());
    format!("digest:{}", hex::encode(Sha256::digest(canonical)))
}
