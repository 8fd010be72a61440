//! What became of a group: that it was made, who came and left, its subject, its state.

use baton_domain::fact::inbound::{ElementBody, GroupNews, Sender};
use baton_protocol::{GroupState, Timestamp};
use serde_json::value::RawValue;

use super::leaf::{Object, array, scalar};
use super::people::{group_id, name, user_id, wa_id};

/// The fields that tell of groups.
pub(super) const FIELDS: [&str; 4] = [
    "group_lifecycle_update",
    "group_participants_update",
    "group_settings_update",
    "group_status_update",
];

/// Participants of one list that are read; a group has at most eight.
const LISTED_MAX: usize = 64;

/// Reads one entry of `groups`. What failed, and what asks the business, is kept raw.
pub(super) fn read(raw: &RawValue, field: &'static str, arrived: Timestamp) -> ElementBody {
    let ignored = ElementBody::Ignored { what: field };
    let Some(entry) = Object::read(raw) else { return ignored };
    let group = entry.scalar("group_id").as_deref().and_then(group_id);
    let (Some(group_id), None) = (group, entry.get("errors")) else { return ignored };
    let added = people(&entry, "added_participants");
    let removed = people(&entry, "removed_participants");
    let kind = entry.id("type").unwrap_or_default();
    let state = match kind.as_str() {
        "group_create" | "group_suspend_cleared" => Some(GroupState::Open),
        "group_suspend" => Some(GroupState::Suspended),
        "group_delete" => Some(GroupState::Deleted),
        _ => None,
    };
    let subject = subject(&entry);
    if state.is_none() && subject.is_none() && added.is_empty() && removed.is_empty() {
        return ignored;
    }
    ElementBody::Group(GroupNews {
        group: Sender { group_id: Some(group_id), ..Sender::default() },
        begins: field == "group_lifecycle_update" && kind == "group_create" || !added.is_empty(),
        subject,
        added,
        removed,
        state,
        at: entry.instant("timestamp", arrived).unwrap_or(arrived),
    })
}

/// At its making a plain text; later an object that tells whether the change was made.
fn subject(entry: &Object<'_>) -> Option<String> {
    let changed = entry.object("group_subject");
    let is_made = |change: &Object<'_>| {
        change.get("update_successful").is_none_or(|told| told.get() == "true")
    };
    let changed = changed.filter(is_made).and_then(|change| change.scalar("text"));
    entry.scalar("subject").or(changed).as_deref().and_then(name)
}

/// Each by number or user id; those who could not be added or removed stand in another list.
fn people(entry: &Object<'_>, list: &str) -> Vec<Sender> {
    let list = entry.get(list).and_then(array).unwrap_or_default();
    let person = |raw: &&RawValue| {
        let named = match Object::read(raw) {
            Some(person) => Sender {
                wa_id: person.scalar("wa_id").or_else(|| person.scalar("input")),
                user_id: person.scalar("user_id"),
                ..Sender::default()
            },
            None => Sender { wa_id: scalar(raw), ..Sender::default() },
        };
        let wa_id = named.wa_id.as_deref().and_then(wa_id);
        let user_id = named.user_id.as_deref().and_then(user_id);
        let is_named = wa_id.is_some() || user_id.is_some();
        is_named.then_some(Sender { wa_id, user_id, ..Sender::default() })
    };
    list.iter().filter_map(person).take(LISTED_MAX).collect()
}
