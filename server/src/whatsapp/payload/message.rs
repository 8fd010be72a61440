//! One message of a customer, or one that somebody sent from the phone app.

use baton_domain::fact::inbound::{
    ElementBody, InboundMessage, InboundReaction, Moved, PastLine, PastSaid, Sender,
};
use baton_protocol::{Author, LineKind, MessageStatus, Timestamp};
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};

use super::content;
use super::leaf::{Object, shortened};
use super::people::{People, group_id, user_id, wa_id};
use crate::whatsapp::language::heard;

/// Reads what a customer did, and the contact that it belongs to.
pub(super) fn inbound<'a>(
    raw: &RawValue,
    people: &'a People<'_>,
    arrived: Timestamp,
) -> (ElementBody, Option<&'a RawValue>) {
    let customer = |message: &Object<'_>| people.named(message, "from", "from_user_id");
    read(raw, arrived, Author::Customer, customer, ElementBody::Message)
}

/// Reads what was said on the phone app; its customer is the addressee.
pub(super) fn echo<'a>(
    raw: &RawValue,
    people: &'a People<'_>,
    arrived: Timestamp,
) -> (ElementBody, Option<&'a RawValue>) {
    let customer = |message: &Object<'_>| people.named(message, "to", "to_user_id");
    read(raw, arrived, Author::PhoneApp, customer, ElementBody::Echo)
}

type Named<'a> = Option<(Sender, Option<&'a RawValue>)>;

fn read<'a>(
    raw: &RawValue,
    arrived: Timestamp,
    by: Author,
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
        Some("reaction") => return (reaction(&message, arrived, by), None),
        Some("system") => return (moved(&message, arrived), None),
        _ => {}
    }
    let Some((sender, contact)) = customer(&message) else {
        return unattributable("a message that names nobody");
    };
    let (kind, content) = content::said(&message, original_type);
    let wamid = message.id("id");
    let at = message.instant("timestamp", arrived);
    let understood = wamid.is_some() && at.is_some();
    let kind = if understood { kind } else { LineKind::Unreadable };
    let (sender, participant) = match group(&message) {
        // In its author's own conversation it would be answered there.
        None if message.get("group_id").is_some() => {
            return unattributable("a message of a group that has no readable id");
        }
        Some(group) => (group, Some(sender).filter(|_| by == Author::Customer)),
        None => (sender, None),
    };
    // Taps and places say what others wrote.
    let is_written =
        matches!(kind, LineKind::Text | LineKind::Image | LineKind::Video | LineKind::Document);
    let text = content.text.as_deref().filter(|_| is_written && by == Author::Customer);
    let language = text.and_then(heard);
    let line = InboundMessage {
        sender,
        participant,
        wamid: wamid.unwrap_or_else(|| digest(raw)),
        at: at.unwrap_or(arrived),
        kind,
        content,
        quoted_wamid: quoted(&message),
        media: content::media(&message, kind),
        language,
    };
    (body(line), contact)
}

/// Reads a message that the phone app shared of the time before, and whose it is. Reactions, what
/// the system told, and what was said in groups are left out.
pub(super) fn past(
    raw: &RawValue,
    arrived: Timestamp,
    whose: impl FnOnce(&Object<'_>) -> (Option<Sender>, Author),
) -> Option<PastLine> {
    let message = Object::read(raw)?;
    let original_type = message.id("type");
    let is_left_out = matches!(original_type.as_deref(), Some("reaction" | "system"));
    if is_left_out || message.get("group_id").is_some() {
        return None;
    }
    let (sender, author) = whose(&message);
    let (kind, content) = content::said(&message, original_type.clone());
    let (wamid, at) = (message.id("id"), message.instant("timestamp", arrived));
    let understood = wamid.is_some() && at.is_some();
    let kind = if understood { kind } else { LineKind::Unreadable };
    let is_told = original_type.as_deref() != Some("media_placeholder");
    let said = is_told.then(|| PastSaid {
        kind,
        content,
        quoted_wamid: quoted(&message),
        media: content::media(&message, kind),
    });
    let status = message.object("history_context").and_then(|context| context.id("status"));
    Some(PastLine {
        sender,
        author,
        wamid: wamid.unwrap_or_else(|| digest(raw)),
        at: at.unwrap_or(arrived),
        said,
        status: status.as_deref().and_then(past_status),
    })
}

/// A status as histories write it: in upper case.
fn past_status(name: &str) -> Option<MessageStatus> {
    Some(match name.to_ascii_lowercase().as_str() {
        "pending" => MessageStatus::Accepted,
        "sent" => MessageStatus::Sent,
        "delivered" => MessageStatus::Delivered,
        "read" => MessageStatus::Read,
        "played" => MessageStatus::Played,
        "error" | "failed" => MessageStatus::Failed,
        _ => return None,
    })
}

/// The group in which it was said.
fn group(message: &Object<'_>) -> Option<Sender> {
    let group_id = message.scalar("group_id").as_deref().and_then(group_id)?;
    Some(Sender { group_id: Some(group_id), ..Sender::default() })
}

/// The message that this one replies to, changes or takes back.
fn quoted(message: &Object<'_>) -> Option<String> {
    let of = |member, id| message.object(member).and_then(|object: Object<'_>| object.id(id));
    of("context", "id")
        .or_else(|| of("edit", "original_message_id"))
        .or_else(|| of("revoke", "original_message_id"))
}

/// A reaction, or that it was taken back: with no emoji, or an empty one. In a group it is of one
/// of many customers, and is kept raw.
fn reaction(message: &Object<'_>, arrived: Timestamp, by: Author) -> ElementBody {
    let reaction = message.object("reaction");
    let to_wamid = reaction.as_ref().and_then(|reaction| reaction.id("message_id"));
    let (Some(reaction), Some(to_wamid), None) = (reaction, to_wamid, message.get("group_id"))
    else {
        return ElementBody::Ignored { what: "reaction" };
    };
    let emoji = reaction.scalar("emoji").filter(|emoji| !emoji.is_empty());
    ElementBody::Reaction(InboundReaction {
        by,
        to_wamid,
        emoji: emoji.map(|emoji| shortened(emoji, EMOJI_CHARS_MAX)),
        at: message.instant("timestamp", arrived).unwrap_or(arrived),
    })
}

/// Code points of one emoji: families with skin tones have some ten.
const EMOJI_CHARS_MAX: usize = 20;

/// A system message that tells of a customer's new number or user id. It names the former ones in
/// `from`, `from_user_id` and `previous_user_id`, or some of them, and has no contacts beside it.
fn moved(message: &Object<'_>, arrived: Timestamp) -> ElementBody {
    let ignored = ElementBody::Ignored { what: "system" };
    let Some(system) = message.object("system") else { return ignored };
    let kind = system.id("type");
    if !matches!(kind.as_deref(), Some("user_changed_number" | "user_changed_user_id")) {
        return ignored;
    }
    let text = |of: &Object<'_>, name| of.scalar(name);
    let from = Sender {
        wa_id: text(message, "from").as_deref().and_then(wa_id),
        user_id: text(&system, "previous_user_id")
            .or_else(|| text(message, "from_user_id"))
            .as_deref()
            .and_then(user_id),
        ..Sender::default()
    };
    let to = Sender {
        wa_id: text(&system, "wa_id")
            .or_else(|| text(&system, "new_wa_id"))
            .as_deref()
            .and_then(wa_id),
        user_id: text(&system, "user_id").as_deref().and_then(user_id),
        ..Sender::default()
    };
    let names_somebody = |who: &Sender| who.wa_id.is_some() || who.user_id.is_some();
    if !names_somebody(&from) || !names_somebody(&to) {
        return ignored;
    }
    ElementBody::Moved(Moved {
        from,
        to,
        at: message.instant("timestamp", arrived).unwrap_or(arrived),
    })
}

/// Stands for the id of what came without one: equal for equal elements, whatever the order of
/// their members.
pub(super) fn digest(raw: &RawValue) -> String {
    let canonical = serde_json::from_str::<serde_json::Value>(raw.get())
        .map_or_else(|_| raw.get().to_owned(), |value| value.to_string());
    format!("digest:{}", hex::encode(Sha256::digest(canonical)))
}
