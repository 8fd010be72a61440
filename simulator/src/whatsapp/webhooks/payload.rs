//! The bodies of webhooks, as in Meta's webhook reference.

use rand::RngExt;
use rand::rngs::StdRng;
use serde_json::{Value, json};

use crate::base::json::{put, put_some};
use crate::state::knobs::StatusKind;
use crate::state::people::Person;
use crate::state::shared::{Element, Kind};
use crate::whatsapp::error::GraphError;

/// A message from a customer: `content` holds its type and the object of that type.
pub(crate) fn message(
    person: &Person,
    wamid: &str,
    at_ms: i64,
    content: &serde_json::Map<String, Value>,
) -> Value {
    let mut message = json!({"id": wamid, "timestamp": seconds(at_ms)});
    put_some(&mut message, "from", person.wa_id.as_deref());
    put_some(&mut message, "from_user_id", person.user_id.as_deref());
    for (key, value) in content {
        put(&mut message, key, value.clone());
    }
    message
}

/// The content of a status.
pub(crate) struct StatusOf<'a> {
    pub(crate) wamid: &'a str,
    pub(crate) status: StatusKind,
    pub(crate) at_ms: i64,
    /// Sent to a user id: the phone number is not told.
    pub(crate) by_user_id: bool,
    pub(crate) category: &'a str,
    pub(crate) tag: Option<&'a str>,
    pub(crate) error: Option<&'a GraphError>,
}

/// A status of a message that was sent.
pub(crate) fn status(person: &Person, of: &StatusOf<'_>) -> Value {
    let mut status = json!({
        "id": of.wamid,
        "status": of.status.as_str(),
        "timestamp": seconds(of.at_ms),
    });
    if !of.by_user_id {
        put_some(&mut status, "recipient_id", person.wa_id.as_deref());
    }
    put_some(&mut status, "recipient_user_id", person.user_id.as_deref());
    put_some(&mut status, "biz_opaque_callback_data", of.tag);
    if matches!(of.status, StatusKind::Sent | StatusKind::Delivered) {
        let free = of.category == "service";
        let pricing = json!({
            "billable": !free,
            "pricing_model": "PMP",
            "type": if free { "free_customer_service" } else { "regular" },
            "category": of.category,
        });
        put(&mut status, "pricing", pricing);
    }
    if let Some(error) = of.error {
        put(&mut status, "errors", vec![error.in_status()]);
    }
    status
}

/// The statuses of a message to a group: `sent` once, the others for each participant.
pub(crate) fn group_statuses(
    group_id: &str,
    participants: &[Person],
    of: &StatusOf<'_>,
) -> Vec<(Option<Value>, Value)> {
    let status = |participant: Option<&Person>| {
        let mut status = json!({
            "id": of.wamid,
            "status": of.status.as_str(),
            "timestamp": seconds(of.at_ms),
            "recipient_id": group_id,
            "recipient_type": "group",
        });
        let wa_id = participant.and_then(|person| person.wa_id.as_deref());
        put_some(&mut status, "recipient_participant_id", wa_id);
        let user_id = participant.and_then(|person| person.user_id.as_deref());
        put_some(&mut status, "recipient_participant_user_id", user_id);
        put_some(&mut status, "biz_opaque_callback_data", of.tag);
        if let Some(error) = of.error {
            put(&mut status, "errors", vec![error.in_status()]);
        }
        (None, status)
    };
    match of.status {
        StatusKind::Sent | StatusKind::Failed => vec![status(None)],
        StatusKind::Delivered | StatusKind::Read | StatusKind::Played => {
            participants.iter().map(|person| status(Some(person))).collect()
        }
    }
}

/// The contact of a message or status; usernames are not told with `sent`.
pub(crate) fn contact(person: &Person, with_username: bool) -> Value {
    let mut profile = json!({"name": person.name});
    if with_username {
        put_some(&mut profile, "username", person.username.as_deref());
    }
    let mut contact = json!({"profile": profile});
    put_some(&mut contact, "wa_id", person.wa_id.as_deref());
    put_some(&mut contact, "user_id", person.user_id.as_deref());
    contact
}

/// One body for these elements. Several may share a value, a change each or an entry each: all
/// three are legal, and the generator picks.
pub(crate) fn envelope(elements: &[Element], rng: &mut StdRng) -> Value {
    let shape = if elements.len() == 1 { 0 } else { rng.random_range(0..3) };
    let mut entries: Vec<(&String, Vec<Value>)> = Vec::new();
    for run in runs(elements, shape == 0) {
        let Some(first) = run.first() else { continue };
        let change = change(first, run);
        let waba_id = &first.number.waba_id;
        match entries.last_mut() {
            Some((id, changes)) if shape < 2 && *id == waba_id => changes.push(change),
            _ => entries.push((waba_id, vec![change])),
        }
    }
    let entries: Vec<Value> =
        entries.into_iter().map(|(id, changes)| json!({"id": id, "changes": changes})).collect();
    json!({"object": "whatsapp_business_account", "entry": entries})
}

fn runs(elements: &[Element], merge: bool) -> impl Iterator<Item = &[Element]> {
    elements.chunk_by(move |a, b| {
        merge && a.kind == b.kind && a.number.phone_number_id == b.number.phone_number_id
    })
}

fn change(first: &Element, run: &[Element]) -> Value {
    let mut value = json!({
        "messaging_product": "whatsapp",
        "metadata": {
            "display_phone_number": first.number.display_phone_number,
            "phone_number_id": first.number.phone_number_id,
        },
    });
    let mut contacts: Vec<Value> = Vec::new();
    for contact in run.iter().filter_map(|element| element.contact.as_ref()) {
        if !contacts.contains(contact) {
            contacts.push(contact.clone());
        }
    }
    if !contacts.is_empty() {
        put(&mut value, "contacts", contacts);
    }
    let key = match first.kind {
        Kind::Messages => "messages",
        Kind::Statuses => "statuses",
    };
    let elements: Vec<Value> = run.iter().map(|element| element.value.clone()).collect();
    put(&mut value, key, elements);
    json!({"field": "messages", "value": value})
}

fn seconds(at_ms: i64) -> String {
    at_ms.div_euclid(1_000).to_string()
}
