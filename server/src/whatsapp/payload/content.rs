//! What a message says: its kind, its text, and what the text alone does not say.
//!
//! Each type follows the Cloud API's reference of its webhook. A part that is missing or odd leaves
//! out what it would have said; the raw form keeps it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use baton_domain::text::said::in_words;
use baton_domain::text::shown::{file_name, is_override, shows};
use baton_protocol::limits::{LINE_DETAILS_JSON_BYTES_MAX, LINE_TEXT_JSON_BYTES_MAX};
use baton_protocol::{
    Content, Degrees, Details, FormAnswer, Forwarded, LineKind, OrderItem, Product, Referral,
    SharedCard,
};
use serde_json::value::RawValue;

use super::leaf::{Object, array, fitting, scalar};

#[cfg(test)]
mod tests;

/// Bytes, in JSON, of one name, address or the like.
const PART_BYTES_MAX: usize = 1_024;
/// Cards, items and answers of one message: more than any app lets people send.
const PARTS_MAX: usize = 50;

/// What one type says.
#[derive(Default)]
struct Said {
    text: Option<String>,
    details: Option<Details>,
}

/// Reads what a message says. If the type is known and the part of that type cannot be read, the
/// message is unreadable. If Meta itself leaves the part out, it is unsupported.
pub(super) fn said(message: &Object<'_>, original_type: Option<String>) -> (LineKind, Content) {
    let name = original_type.unwrap_or_else(|| "text".to_owned());
    let (kind, said) = match name.as_str() {
        "edit" => (LineKind::Edit, Some(edited(message).unwrap_or_default())),
        "revoke" => (LineKind::Revocation, Some(Said::default())),
        "request_welcome" => (LineKind::WelcomeRequest, Some(Said::default())),
        other => body(message, other),
    };
    let content = Content {
        original_type: (kind != LineKind::Text).then(|| name.clone()),
        forwarded: forwarded(message),
        referral: message.object("referral").and_then(|part| referral(&part)).map(Box::new),
        product: product(message).map(Box::new),
        ..Content::default()
    };
    match said {
        Some(said) => (
            kind,
            within_limits(Content {
                text: said.text,
                details: said.details.map(Box::new),
                ..content
            }),
        ),
        None if name == "text" => (LineKind::Unreadable, named_if_given(message, content)),
        None => (
            LineKind::Unsupported,
            Content { original_type: Some(part_named(message, name)), ..content },
        ),
    }
}

/// A message whose type is not even named tells none.
fn named_if_given(message: &Object<'_>, content: Content) -> Content {
    Content { original_type: message.id("type"), ..content }
}

/// What Meta does not pass on names its type in a part of its own.
fn part_named(message: &Object<'_>, name: String) -> String {
    match message.object(&name).and_then(|part| part.id("type")) {
        Some(part) if name == "unsupported" => format!("{name}/{part}"),
        _ => name,
    }
}

/// A message of this type, or what an edit puts in a message's place.
fn body(message: &Object<'_>, name: &str) -> (LineKind, Option<Said>) {
    let part = || message.object(name);
    match name {
        "text" => {
            let text = part().and_then(|part| part.scalar("body"));
            (LineKind::Text, text.map(|text| Said { text: Some(text), details: None }))
        }
        "image" => (LineKind::Image, part().map(|part| file(&part))),
        "video" => (LineKind::Video, part().map(|part| file(&part))),
        "document" => (LineKind::Document, part().map(|part| file(&part))),
        "sticker" => (LineKind::Sticker, part().map(|part| file(&part))),
        "audio" => {
            let part = part();
            let is_voice = part.as_ref().is_some_and(|part| part.flag("voice"));
            let kind = if is_voice { LineKind::Voice } else { LineKind::Audio };
            (kind, part.map(|part| file(&part)))
        }
        "location" => (LineKind::Location, part().and_then(|part| location(&part))),
        "contacts" => (LineKind::ContactCards, message.get(name).and_then(cards)),
        "interactive" => (LineKind::Choice, part().and_then(|part| interactive(&part))),
        "button" => (LineKind::Choice, part().and_then(|part| button(&part))),
        "order" => (LineKind::Order, part().and_then(|part| order(&part))),
        _ => (LineKind::Unsupported, None),
    }
}

/// The new words of an edited message; a caption where it has a file.
fn edited(message: &Object<'_>) -> Option<Said> {
    let new = message.object("edit")?.object("message")?;
    let name = new.id("type")?;
    body(&new, &name).1
}

/// Meta's id of a message's file.
pub(super) fn media(message: &Object<'_>, kind: LineKind) -> Option<String> {
    let files = [
        (LineKind::Image, "image"),
        (LineKind::Video, "video"),
        (LineKind::Audio, "audio"),
        (LineKind::Voice, "audio"),
        (LineKind::Document, "document"),
        (LineKind::Sticker, "sticker"),
    ];
    let (_, part) = files.into_iter().find(|(of, _)| *of == kind)?;
    message.object(part)?.id("id")
}

fn file(part: &Object<'_>) -> Said {
    let name = part.words("filename").as_deref().and_then(file_name);
    let text = part.scalar("caption").filter(|text| !text.is_empty()).or_else(|| name.clone());
    let details = Details::File {
        media_type: part.words("mime_type"),
        name,
        sha256: part.scalar("sha256").as_deref().and_then(sha256),
        animated: part.flag("animated"),
        upload: None,
        link: None,
        kind: None,
    };
    Said { text, details: Some(details) }
}

/// SHA-256 in lower-case hex. It comes as base64 of 32 bytes as a rule, and as hex elsewhere.
pub(crate) fn sha256(text: &str) -> Option<String> {
    let is_hex = text.len() == 64 && text.bytes().all(|b| b.is_ascii_hexdigit());
    if is_hex {
        return Some(text.to_ascii_lowercase());
    }
    let bytes = STANDARD.decode(text).ok().filter(|bytes| bytes.len() == 32)?;
    Some(hex::encode(bytes))
}

fn location(part: &Object<'_>) -> Option<Said> {
    let degrees = |name| part.scalar(name)?.parse().ok().and_then(Degrees::new);
    let (latitude, longitude) = (degrees("latitude")?, degrees("longitude")?);
    let (name, address) = (part.words("name"), part.words("address"));
    let url = part.words("url");
    let details = Details::Location { latitude, longitude, name, address, url };
    Some(Said { text: Some(in_words(&details)), details: Some(details) })
}

fn cards(raw: &RawValue) -> Option<Said> {
    let cards: Vec<_> = objects(raw).iter().map(card).collect();
    let details = Details::ContactCards { cards };
    let text = in_words(&details);
    (!text.trim().is_empty()).then_some(Said { text: Some(text), details: Some(details) })
}

fn card(card: &Object<'_>) -> SharedCard {
    let name = card.object("name").and_then(|name| {
        let parts = ["first_name", "last_name"].map(|part| name.words(part));
        let parts = || parts.into_iter().flatten().collect::<Vec<_>>().join(" ");
        let shown = |name: &String| shows(name);
        let formatted = name.words("formatted_name").filter(shown);
        formatted.or_else(|| Some(parts()).filter(shown))
    });
    let each = |list: &str, of: &str| -> Vec<String> {
        let rows = card.get(list).map(objects).unwrap_or_default();
        rows.iter().filter_map(|row| row.words(of)).collect()
    };
    let organisation = card.object("org").and_then(|org| org.words("company"));
    SharedCard {
        name,
        organisation,
        phones: phones(card),
        emails: each("emails", "email"),
        addresses: addresses(card),
        urls: each("urls", "url"),
        birthday: card.words("birthday"),
    }
}

/// Each number once: as it is written, else as WhatsApp has it.
fn phones(card: &Object<'_>) -> Vec<String> {
    let digits = |phone: &str| phone.chars().filter(char::is_ascii_digit).collect::<String>();
    let mut phones: Vec<String> = Vec::new();
    for row in card.get("phones").map(objects).unwrap_or_default() {
        let Some(phone) = row.words("phone").or_else(|| row.words("wa_id")) else { continue };
        let is_there = |other: &String| *other == phone || digits(other) == digits(&phone);
        if !phones.iter().any(is_there) {
            phones.push(phone);
        }
    }
    phones
}

/// Each address in one line.
fn addresses(card: &Object<'_>) -> Vec<String> {
    let rows = card.get("addresses").map(objects).unwrap_or_default();
    let line = |row: &Object<'_>| {
        let parts = ["street", "zip", "city", "state", "country"].map(|part| row.words(part));
        let parts: Vec<_> = parts.into_iter().flatten().collect();
        (!parts.is_empty()).then(|| parts.join(", "))
    };
    rows.iter().filter_map(line).collect()
}

fn interactive(part: &Object<'_>) -> Option<Said> {
    if let Some(form) = part.object("nfm_reply") {
        return Some(form_reply(&form));
    }
    let choice = part.object("button_reply").or_else(|| part.object("list_reply"))?;
    let text = choice.words("title")?;
    let details = Details::Choice {
        id: choice.id("id"),
        description: choice.words("description"),
        answers: Vec::new(),
    };
    Some(Said { text: Some(text), details: Some(details) })
}

/// A form that was filled in: each answer is a line of its text.
fn form_reply(form: &Object<'_>) -> Said {
    let answers = form.scalar("response_json").map(|text| answers(&text)).unwrap_or_default();
    let lines: Vec<_> =
        answers.iter().map(|answer| format!("{}: {}", answer.field, answer.value)).collect();
    let text = if lines.is_empty() { form.words("body") } else { Some(lines.join("\n")) };
    let details = Details::Choice { id: None, description: None, answers };
    Said { text, details: Some(details) }
}

fn answers(response: &str) -> Vec<FormAnswer> {
    let Ok(fields) = serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(response)
    else {
        return Vec::new();
    };
    let of_the_customer = fields.into_iter().filter(|(field, _)| field != "flow_token");
    let answers = of_the_customer.map(|(field, value)| {
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        FormAnswer {
            field: fitting(whole(&field), PART_BYTES_MAX),
            value: fitting(whole(&value), PART_BYTES_MAX),
        }
    });
    answers.take(PARTS_MAX).collect()
}

/// PostgreSQL takes no NUL.
fn whole(text: &str) -> String {
    text.replace('\0', "\u{FFFD}")
}

/// The quick reply of a template.
fn button(part: &Object<'_>) -> Option<Said> {
    let text = part.words("text")?;
    let details =
        Details::Choice { id: part.id("payload"), description: None, answers: Vec::new() };
    Some(Said { text: Some(text), details: Some(details) })
}

fn order(part: &Object<'_>) -> Option<Said> {
    let rows = part.get("product_items").map(objects)?;
    let items: Vec<_> = rows.iter().filter_map(order_item).collect();
    let said = part.words("text").filter(|text| !text.is_empty());
    let lines = said.into_iter().chain(items.iter().map(item_in_words));
    let text = lines.collect::<Vec<_>>().join("\n");
    let details = Details::Order { catalog_id: part.id("catalog_id"), items };
    (!text.is_empty()).then_some(Said { text: Some(text), details: Some(details) })
}

fn order_item(row: &Object<'_>) -> Option<OrderItem> {
    Some(OrderItem {
        product_id: row.words("product_retailer_id")?,
        quantity: row.words("quantity").unwrap_or_else(|| "1".to_owned()),
        price: row.words("item_price"),
        currency: row.words("currency"),
    })
}

fn item_in_words(item: &OrderItem) -> String {
    let what = format!("{} × {}", item.quantity, item.product_id);
    match (&item.price, &item.currency) {
        (Some(price), Some(currency)) => format!("{what}, {price} {currency}"),
        (Some(price), None) => format!("{what}, {price}"),
        (None, _) => what,
    }
}

fn forwarded(message: &Object<'_>) -> Option<Forwarded> {
    let context = message.object("context")?;
    if context.flag("frequently_forwarded") {
        return Some(Forwarded::Often);
    }
    context.flag("forwarded").then_some(Forwarded::Once)
}

fn referral(part: &Object<'_>) -> Option<Referral> {
    let referral = Referral {
        source_id: part.id("source_id"),
        source_type: part.words("source_type"),
        url: part.words("source_url"),
        headline: part.words("headline"),
        body: part.words("body"),
        welcome: part.object("welcome_message").and_then(|welcome| welcome.words("text")),
        media_url: ["image_url", "video_url", "thumbnail_url"]
            .into_iter()
            .find_map(|url| part.words(url)),
        click_id: part.id("ctwa_clid"),
    };
    (referral != Referral::default()).then_some(referral)
}

/// The product that the customer looked at when they began to write.
fn product(message: &Object<'_>) -> Option<Product> {
    let part = message.object("context")?.object("referred_product")?;
    let product_id = part.words("product_retailer_id")?;
    Some(Product { catalog_id: part.id("catalog_id"), product_id })
}

fn objects(raw: &RawValue) -> Vec<Object<'_>> {
    let rows = array(raw).unwrap_or_default();
    rows.into_iter().filter_map(Object::read).take(PARTS_MAX).collect()
}

/// Long texts end in an ellipsis. Details that are too long together are left out; what they say
/// in words stays.
fn within_limits(mut content: Content) -> Content {
    let json_bytes = |content: &Content| {
        let rest = Content { text: None, ..content.clone() };
        serde_json::to_vec(&rest).map_or(usize::MAX, |json| json.len())
    };
    content.text = content.text.map(|text| fitting(text, LINE_TEXT_JSON_BYTES_MAX));
    if json_bytes(&content) > LINE_DETAILS_JSON_BYTES_MAX {
        content.details = None;
    }
    content
}

impl Object<'_> {
    /// A member that is `true`, as a truth value or as text.
    fn flag(&self, name: &str) -> bool {
        self.get(name).is_some_and(|raw| matches!(raw.get(), "true" | "\"true\""))
    }

    /// A member of a few words: they stand in one line with words of this program, and do not turn
    /// those around.
    fn words(&self, name: &str) -> Option<String> {
        let mut text = scalar(self.get(name)?)?;
        text.retain(|c| !is_override(c));
        (!text.is_empty()).then(|| fitting(text, PART_BYTES_MAX))
    }
}
