//! What customers want of marketing: they stop it, or let it come again.

use baton_domain::fact::inbound::{ElementBody, Preference};
use baton_protocol::Timestamp;
use serde_json::value::RawValue;

use super::leaf::Object;
use super::people::People;

/// The field, and the list in it.
pub(super) const FIELD: &str = "user_preferences";
const CATEGORY: &str = "marketing_messages";

/// Reads one entry, and the contact that it names. What is of another category, or says something
/// else, is kept raw.
pub(super) fn read<'a>(
    raw: &RawValue,
    people: &'a People<'_>,
    arrived: Timestamp,
) -> (ElementBody, Option<&'a RawValue>) {
    let ignored = (ElementBody::Ignored { what: FIELD }, None);
    let Some(entry) = Object::read(raw) else { return ignored };
    let Some((by, contact)) = people.named(&entry, "wa_id", "user_id") else { return ignored };
    let stops = match (entry.scalar("category").as_deref(), entry.scalar("value").as_deref()) {
        (Some(CATEGORY), Some("stop")) => true,
        (Some(CATEGORY), Some("resume" | "signup")) => false,
        _ => return ignored,
    };
    let at = entry.instant("timestamp", arrived).unwrap_or(arrived);
    (ElementBody::Preference(Preference { by, stops, at }), contact)
}
