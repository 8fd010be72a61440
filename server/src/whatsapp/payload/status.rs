//! One status of an outgoing message.

use baton_domain::fact::inbound::{ElementBody, ProviderStatus, StatusUpdate};
use baton_protocol::{MessageError, Timestamp};
use serde_json::value::RawValue;

use super::leaf::{Object, array};
use crate::whatsapp::errors::{effective_code, message_error, unexplained_error};

/// Reads a status.
pub(super) fn read(raw: &RawValue, arrived: Timestamp) -> ElementBody {
    let unattributable = |reason: &str| ElementBody::Unattributable { reason: reason.to_owned() };
    let Some(object) = Object::read(raw) else {
        return unattributable("a status that is no readable object");
    };
    let Some(wamid) = object.id("id") else {
        return unattributable("a status that names no message");
    };
    let Some(status) = object.id("status").and_then(|name| named(&name)) else {
        return ElementBody::Ignored { what: "status_unlisted" };
    };
    let failed = status == ProviderStatus::Failed;
    ElementBody::Status(StatusUpdate {
        wamid,
        status,
        at: object.instant("timestamp", arrived).unwrap_or(arrived),
        tag: object.id("biz_opaque_callback_data"),
        error: failed.then(|| first_error(&object)),
        participant: participant(&object),
    })
}

/// Of whom in a group it is told. Meta's pages print the field's name in two ways.
fn participant(status: &Object<'_>) -> Option<String> {
    const BYTES_MAX: usize = 128;
    let fields = ["recipient_participant_id", "participant_recipient_id"];
    let named = fields.into_iter().find_map(|field| status.scalar(field))?;
    let named = named.strip_prefix('+').unwrap_or(&named).to_owned();
    (1..=BYTES_MAX).contains(&named.len()).then_some(named)
}

fn named(name: &str) -> Option<ProviderStatus> {
    ProviderStatus::from_name(&name.to_ascii_lowercase())
}

fn first_error(status: &Object<'_>) -> MessageError {
    let errors = status.get("errors").and_then(array).unwrap_or_default();
    let Some(error) = errors.first().and_then(|raw| Object::read(raw)) else {
        return unexplained_error();
    };
    let number = |name| error.scalar(name).and_then(|code| code.parse::<i64>().ok());
    match number("code") {
        Some(code) => message_error(effective_code(code, number("error_subcode"))),
        None => unexplained_error(),
    }
}
