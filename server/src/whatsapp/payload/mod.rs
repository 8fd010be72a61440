//! From the body of a webhook to elements: one for each message, status, echo and anything else
//! it tells, each standing for itself.
//!
//! Nothing here fails on what Meta may add: unknown members, types and fields are kept raw, numbers
//! may come as text and text as numbers. An element that cannot be understood becomes an unreadable
//! message of its sender, or is set aside when it names nobody; its siblings never notice.
//! The caller limits the size of the body. Depth is limited where whole elements are decoded;
//! everything else is passed over without recursion.

use baton_domain::fact::inbound::{Element, ElementBody};
use baton_protocol::Timestamp;
use serde_json::value::RawValue;

mod call;
mod content;
mod groups;
mod leaf;
mod message;
mod past;
mod people;
mod preferences;
mod skeleton;
mod status;
#[cfg(test)]
mod tests;

pub(super) use content::sha256;
use leaf::{Object, array, scalar};
pub use past::{Shared, shared};
use people::People;
use skeleton::{Change, Level, Value};

/// The body is no JSON at all, or no UTF-8.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("the body is not JSON: line {line}, column {column}")]
pub struct NotJson {
    line: usize,
    column: usize,
}

fn not_json(error: &serde_json::Error) -> NotJson {
    NotJson { line: error.line(), column: error.column() }
}

/// Elements of one POST. Meta sends at most a thousand; each is kept with what it came with, so
/// that without an end a small body could become gigabytes.
const ELEMENTS_MAX: usize = 2_000;
const TOO_MANY: &str = "more elements than a POST may have";
const ELSEWHERE: &str = "messages under a field that is not known";
/// Metadata that every element keeps: a number and its id. More than this is no metadata of Meta's.
const METADATA_BYTES_MAX: usize = 2_048;

/// Reads the body of a POST: its elements in order, then what was odd about its frame.
///
/// What does not tell its time readably is given the time it `arrived`.
///
/// # Errors
///
/// Only when the body is not JSON.
pub fn parse(raw: &[u8], arrived: Timestamp) -> Result<Vec<Element>, NotJson> {
    let post: &RawValue = match serde_json::from_slice(raw) {
        Ok(post) => post,
        Err(e) => return Err(not_json(&e)),
    };
    let mut elements = Vec::new();
    let Some(frame) = skeleton::read(post) else {
        elements.push(ignored(None, post.get().to_owned(), "foreign_object"));
        return Ok(elements);
    };
    for change in &frame.changes {
        if elements.len() >= ELEMENTS_MAX {
            elements.push(set_aside(None, post.get().to_owned(), TOO_MANY));
            break;
        }
        read_change(change, arrived, &mut elements);
    }
    for (level, piece) in frame.odd {
        if elements.len() > ELEMENTS_MAX {
            break;
        }
        if elements.len() == ELEMENTS_MAX {
            elements.push(set_aside(None, post.get().to_owned(), TOO_MANY));
            break;
        }
        let piece = piece.get();
        let (raw, what) = match level {
            Level::Post => (piece.to_owned(), "a POST without a list of entries"),
            Level::Entry => (format!(r#"{{"entry":[{piece}]}}"#), "an entry without changes"),
            Level::Change => {
                (format!(r#"{{"entry":[{{"changes":[{piece}]}}]}}"#), "a change without a value")
            }
        };
        elements.push(set_aside(None, raw, what));
    }
    Ok(elements)
}

/// Where the elements of a change come from.
struct Origin<'a> {
    field: &'static str,
    metadata: Option<&'a RawValue>,
    phone_number_id: Option<String>,
}

fn read_change(change: &Change<'_>, arrived: Timestamp, elements: &mut Vec<Element>) {
    let field = change.field.and_then(scalar);
    let field = field.as_deref().map_or("messages", known_field);
    if groups::FIELDS.contains(&field) {
        return read_groups(change, field, arrived, elements);
    }
    if field == preferences::FIELD {
        return read_preferences(change, arrived, elements);
    }
    if !matches!(field, "messages" | "smb_message_echoes" | "calls") {
        let value = Object::read(change.value);
        let number = phone_number_id(value.as_ref().and_then(|value| value.get("metadata")));
        let has_messages = value.as_ref().is_some_and(|value| value.get("messages").is_some());
        // What customers may have said is not merely kept: somebody is to look at it.
        elements.push(match field {
            "unlisted_field" if has_messages => set_aside(number, whole(change), ELSEWHERE),
            _ => ignored(number, whole(change), field),
        });
        return;
    }
    let Some(value) = Value::read(change.value) else {
        elements.push(set_aside(None, whole(change), "a change whose value is no object"));
        return;
    };
    let before = elements.len();
    let people = People::read(&value.contacts);
    let origin = Origin {
        field,
        metadata: value.metadata.filter(|data| data.get().len() <= METADATA_BYTES_MAX),
        phone_number_id: phone_number_id(value.metadata),
    };
    let room = ELEMENTS_MAX.saturating_sub(before);
    if value.len() > room {
        elements.push(set_aside(None, whole(change), TOO_MANY));
        return;
    }
    for raw in &value.messages {
        // On the field of echoes every message is one.
        let list = if field == "smb_message_echoes" { message::echo } else { message::inbound };
        let (body, contact) = list(raw, &people, arrived);
        elements.push(origin.element("messages", raw, contact, body));
    }
    for raw in &value.message_echoes {
        let (body, contact) = message::echo(raw, &people, arrived);
        elements.push(origin.element("message_echoes", raw, contact, body));
    }
    for raw in &value.calls {
        let (body, contact) = call::read(raw, &people, arrived);
        elements.push(origin.element("calls", raw, contact, body));
    }
    // How far calls of the business got is no status of a message.
    let statuses = if field == "calls" { &[][..] } else { &value.statuses[..] };
    for raw in statuses {
        elements.push(origin.element("statuses", raw, None, status::read(raw, arrived)));
    }
    for (list, raw) in &value.odd {
        let reason = format!("{list} is no list");
        let body = ElementBody::Unattributable { reason };
        elements.push(Element { raw: origin.post(list, raw.get(), None), ..origin.bare(body) });
    }
    if elements.len() == before {
        let what = match (field, value.errors.is_some()) {
            ("calls", _) => "calls",
            (_, true) => "errors",
            (_, false) => "empty",
        };
        elements.push(ignored(origin.phone_number_id, whole(change), what));
    }
}

/// Entries of `groups`, each for itself.
fn read_groups(
    change: &Change<'_>,
    field: &'static str,
    arrived: Timestamp,
    elements: &mut Vec<Element>,
) {
    let value = Object::read(change.value);
    let metadata = value.as_ref().and_then(|value| value.get("metadata"));
    let list = value.as_ref().and_then(|value| value.get("groups")).and_then(array);
    let room = ELEMENTS_MAX.saturating_sub(elements.len());
    let origin = Origin {
        field,
        metadata: metadata.filter(|data| data.get().len() <= METADATA_BYTES_MAX),
        phone_number_id: phone_number_id(metadata),
    };
    match list.filter(|list| !list.is_empty() && list.len() <= room) {
        Some(list) => elements.extend(
            list.into_iter()
                .map(|raw| origin.element("groups", raw, None, groups::read(raw, field, arrived))),
        ),
        None => elements.push(ignored(origin.phone_number_id, whole(change), field)),
    }
}

/// Entries of `user_preferences`, each for itself.
fn read_preferences(change: &Change<'_>, arrived: Timestamp, elements: &mut Vec<Element>) {
    let field = preferences::FIELD;
    let value = Object::read(change.value);
    let of = |name| value.as_ref().and_then(|value| value.get(name));
    let metadata = of("metadata");
    let contacts = of("contacts").and_then(array).unwrap_or_default();
    let people = People::read(&contacts);
    let room = ELEMENTS_MAX.saturating_sub(elements.len());
    let origin = Origin {
        field,
        metadata: metadata.filter(|data| data.get().len() <= METADATA_BYTES_MAX),
        phone_number_id: phone_number_id(metadata),
    };
    let list = of(field).and_then(array);
    match list.filter(|list| !list.is_empty() && list.len() <= room) {
        Some(list) => elements.extend(list.into_iter().map(|raw| {
            let (body, contact) = preferences::read(raw, &people, arrived);
            origin.element(field, raw, contact, body)
        })),
        None => elements.push(ignored(origin.phone_number_id, whole(change), field)),
    }
}

impl Origin<'_> {
    fn element(
        &self,
        list: &str,
        raw: &RawValue,
        contact: Option<&RawValue>,
        body: ElementBody,
    ) -> Element {
        let contact = contact.map(RawValue::get);
        Element { raw: self.post(list, &format!("[{}]", raw.get()), contact), ..self.bare(body) }
    }

    fn bare(&self, body: ElementBody) -> Element {
        Element { phone_number_id: self.phone_number_id.clone(), raw: String::new(), body }
    }

    /// A POST that says this one thing.
    fn post(&self, list: &str, elements: &str, contact: Option<&str>) -> String {
        let mut post = String::with_capacity(elements.len() + contact.map_or(0, str::len) + 256);
        post.push_str(r#"{"entry":[{"changes":[{"field":""#);
        post.push_str(self.field);
        post.push_str(r#"","value":{"#);
        if let Some(metadata) = self.metadata {
            post.push_str(r#""metadata":"#);
            post.push_str(metadata.get());
            post.push(',');
        } else if let Some(id) = &self.phone_number_id {
            let metadata = serde_json::json!({ "phone_number_id": id });
            post.push_str(&format!(r#""metadata":{metadata},"#));
        }
        if let Some(contact) = contact {
            post.push_str(r#""contacts":["#);
            post.push_str(contact);
            post.push_str("],");
        }
        post.push('"');
        post.push_str(list);
        post.push_str("\":");
        post.push_str(elements);
        post.push_str("}}]}]}");
        post
    }
}

/// A POST that holds this one change.
fn whole(change: &Change<'_>) -> String {
    let field = change.field.map_or("null", RawValue::get);
    let value = change.value.get();
    format!(r#"{{"entry":[{{"changes":[{{"field":{field},"value":{value}}}]}}]}}"#)
}

fn phone_number_id(metadata: Option<&RawValue>) -> Option<String> {
    Object::read(metadata?)?.id("phone_number_id")
}

fn ignored(phone_number_id: Option<String>, raw: String, what: &'static str) -> Element {
    Element { phone_number_id, raw, body: ElementBody::Ignored { what } }
}

fn set_aside(phone_number_id: Option<String>, raw: String, reason: &str) -> Element {
    let body = ElementBody::Unattributable { reason: reason.to_owned() };
    Element { phone_number_id, raw, body }
}

/// The names of fields, so that counters have a bounded set of them.
const FIELDS: &[&str] = &[
    "messages",
    "smb_message_echoes",
    "account_alerts",
    "account_review_update",
    "account_update",
    "automatic_events",
    "business_capability_update",
    "business_username_update",
    "calls",
    "flows",
    "group_lifecycle_update",
    "group_participants_update",
    "group_settings_update",
    "group_status_update",
    "history",
    "message_template_components_update",
    "message_template_quality_update",
    "message_template_status_update",
    "partner_solutions",
    "payment_configuration_update",
    "phone_number_name_update",
    "phone_number_quality_update",
    "security",
    "smb_app_state_sync",
    "template_category_update",
    "user_preferences",
];

fn known_field(field: &str) -> &'static str {
    FIELDS.iter().find(|known| **known == field).copied().unwrap_or("unlisted_field")
}
