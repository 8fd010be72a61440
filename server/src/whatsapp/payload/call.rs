//! Calls to the number. Baton takes none: each is a line, so that somebody writes or calls back.

use baton_domain::fact::inbound::{ElementBody, InboundMessage};
use baton_protocol::{Content, LineKind, Timestamp};
use serde_json::value::RawValue;

use super::leaf::Object;
use super::message::digest;
use super::people::People;

/// Reads one event of a call, and the contact of who called. The events of one call have one id:
/// the first makes the line.
pub(super) fn read<'a>(
    raw: &RawValue,
    people: &'a People<'_>,
    arrived: Timestamp,
) -> (ElementBody, Option<&'a RawValue>) {
    let set_aside = |reason: &str| ElementBody::Unattributable { reason: reason.to_owned() };
    let Some(call) = Object::read(raw) else {
        return (set_aside("a call that is no readable object"), None);
    };
    if call.id("direction").is_some_and(|direction| direction != "USER_INITIATED") {
        return (ElementBody::Ignored { what: "calls" }, None);
    }
    let Some((sender, contact)) = people.named(&call, "from", "from_user_id") else {
        return (set_aside("a call that names nobody"), None);
    };
    let talked = call.scalar("duration").and_then(|s| s.parse::<u64>().ok()).unwrap_or(0) > 0;
    let text = if talked { "Call" } else { "Missed call" };
    let line = InboundMessage {
        sender,
        wamid: call.id("id").unwrap_or_else(|| digest(raw)),
        at: call.instant("timestamp", arrived).unwrap_or(arrived),
        kind: LineKind::Call,
        content: Content {
            text: Some(text.to_owned()),
            original_type: Some("call".to_owned()),
            ..Content::default()
        },
        quoted_wamid: None,
        media: None,
        language: None,
        participant: None,
    };
    (ElementBody::Message(line), contact)
}
