//! The body of a message, as the Cloud API's reference of `/messages` has it.

use baton_domain::fact::upload::CAPTION_CHARS_MAX;
use baton_domain::text::signature::signed;
use baton_protocol::limits::TEXT_CHARS_MAX;
use baton_protocol::template::{ButtonFilling, FilledButton, Filling, TemplateFile};
use baton_protocol::{Button, Details, Frame, LineKind, SharedCard};
use serde_json::{Map, Value, json};

use super::{Addressee, SendRequest};

/// The whole body of a request.
pub(super) fn write(request: &SendRequest<'_>) -> Value {
    let (kind, part) = part(request);
    let is_group = matches!(request.to, Addressee::Group(_));
    let mut message = json!({
        "messaging_product": "whatsapp",
        "recipient_type": if is_group { "group" } else { "individual" },
        "biz_opaque_callback_data": request.tag.to_string(),
        "type": kind,
        kind: part,
    });
    match request.to {
        Addressee::WaId(id) | Addressee::Group(id) => put(&mut message, "to", id.as_str()),
        Addressee::UserId(id) => put(&mut message, "recipient", id.as_str()),
    }
    if let Some(wamid) = request.quoted_wamid.filter(|_| kind != "reaction") {
        put(&mut message, "context", json!({ "message_id": wamid }));
    }
    message
}

/// The type, and the object of that type. A line without details is a text.
fn part(request: &SendRequest<'_>) -> (&'static str, Value) {
    let text = request.content.text.as_deref().unwrap_or_default();
    if let Some((kind, media)) = request.file {
        return file(kind, "id", media, request);
    }
    match request.content.details.as_deref() {
        Some(Details::File { link: Some(link), kind: Some(kind), .. }) => {
            file(*kind, "link", link, request)
        }
        Some(Details::Location { latitude, longitude, name, address, .. }) => {
            let degrees = [("latitude", latitude), ("longitude", longitude)];
            let degrees = degrees.map(|(field, at)| (field, Value::from(at.degrees())));
            let words = [("name", name), ("address", address)].into_iter();
            let words = words.filter_map(|(field, words)| Some((field, words.clone()?.into())));
            ("location", object(degrees.into_iter().chain(words)))
        }
        Some(Details::ContactCards { cards }) => ("contacts", cards.iter().map(contact).collect()),
        Some(Details::Buttons { buttons, frame }) => {
            let reply = |one: &Button| {
                let reply = json!({ "id": one.id, "title": one.title });
                json!({ "type": "reply", "reply": reply })
            };
            let buttons: Vec<_> = buttons.iter().map(reply).collect();
            let action = json!({ "buttons": buttons });
            ("interactive", interactive("button", text, frame, &action))
        }
        Some(Details::List { button, sections, frame }) => {
            let action = json!({ "button": button, "sections": sections });
            ("interactive", interactive("list", text, frame, &action))
        }
        Some(Details::Link { title, url, frame }) => {
            let parameters = json!({ "display_text": title, "url": url });
            let action = json!({ "name": "cta_url", "parameters": parameters });
            ("interactive", interactive("cta_url", text, frame, &action))
        }
        Some(Details::Template { name, language, header, body, buttons }) => {
            let components = components(header, body, buttons);
            let language = json!({ "code": language });
            let part = json!({ "name": name, "language": language, "components": components });
            ("template", part)
        }
        Some(Details::Reaction { emoji }) => {
            let to = request.quoted_wamid.unwrap_or_default();
            ("reaction", json!({ "message_id": to, "emoji": emoji.as_deref().unwrap_or_default() }))
        }
        Some(Details::File { .. } | Details::Choice { .. } | Details::Order { .. }) | None => {
            let has_link = text.contains("https://") || text.contains("http://");
            let body = under_name(request, text, TEXT_CHARS_MAX);
            ("text", json!({ "preview_url": has_link && request.previews_links, "body": body }))
        }
    }
}

/// What the customer reads: under the agent's name, where the number tells it.
fn under_name(request: &SendRequest<'_>, text: &str, chars_max: usize) -> String {
    request.author.map_or_else(|| text.to_owned(), |name| signed(name, text, chars_max))
}

/// A file that WhatsApp has already, or fetches from a link.
fn file(
    kind: LineKind,
    from: &str,
    media: &str,
    request: &SendRequest<'_>,
) -> (&'static str, Value) {
    let content = request.content;
    let name = if let Some(Details::File { name, .. }) = content.details.as_deref() {
        name.as_deref()
    } else {
        None
    };
    // A document without a caption has its name as text.
    let caption = content.text.as_deref().filter(|text| name != Some(text));
    let mut part = json!({ from: media });
    if let Some(caption) = caption {
        put(&mut part, "caption", under_name(request, caption, CAPTION_CHARS_MAX));
    }
    if kind == LineKind::Voice {
        put(&mut part, "voice", true);
    }
    let kind = if kind == LineKind::Voice { LineKind::Audio } else { kind };
    if let (LineKind::Document, Some(name)) = (kind, name) {
        put(&mut part, "filename", name);
    }
    (kind.name(), part)
}

fn interactive(kind: &str, text: &str, frame: &Frame, action: &Value) -> Value {
    let mut part = json!({ "type": kind, "body": { "text": text }, "action": action });
    if let Some(header) = &frame.header {
        put(&mut part, "header", json!({ "type": "text", "text": header }));
    }
    if let Some(footer) = &frame.footer {
        put(&mut part, "footer", json!({ "text": footer }));
    }
    part
}

/// The parts of a template that have variables.
fn components(header: &[Filling], body: &[Filling], buttons: &[ButtonFilling]) -> Vec<Value> {
    let mut components = Vec::new();
    if !header.is_empty() {
        let parameters: Vec<_> = header.iter().map(above).collect();
        components.push(json!({ "type": "header", "parameters": parameters }));
    }
    if !body.is_empty() {
        let parameters: Vec<_> = body.iter().map(words).collect();
        components.push(json!({ "type": "body", "parameters": parameters }));
    }
    components.extend(buttons.iter().map(button));
    components
}

/// Words, or a file by its address.
fn above(filling: &Filling) -> Value {
    let kind = match filling.file {
        None => return words(filling),
        Some(TemplateFile::Image) => "image",
        Some(TemplateFile::Video) => "video",
        Some(TemplateFile::Document) => "document",
    };
    json!({ "type": kind, kind: { "link": filling.text } })
}

fn words(filling: &Filling) -> Value {
    let mut parameter = json!({ "type": "text", "text": filling.text });
    if let Some(name) = &filling.name {
        put(&mut parameter, "parameter_name", name.as_str());
    }
    parameter
}

fn button(filling: &ButtonFilling) -> Value {
    let (sub_type, parameter) = match filling.kind {
        FilledButton::Link => ("url", json!({ "type": "text", "text": filling.text })),
        FilledButton::CopyCode => {
            ("copy_code", json!({ "type": "coupon_code", "coupon_code": filling.text }))
        }
        FilledButton::QuickReply => {
            ("quick_reply", json!({ "type": "payload", "payload": filling.text }))
        }
    };
    json!({
        "type": "button",
        "sub_type": sub_type,
        "index": filling.index.to_string(),
        "parameters": [parameter],
    })
}

/// WhatsApp wants a part of the name beside the whole: the whole stands for it.
fn contact(card: &SharedCard) -> Value {
    let name = card.name.as_deref().unwrap_or_default();
    let mut contact = json!({ "name": { "formatted_name": name, "first_name": name } });
    if let Some(organisation) = &card.organisation {
        put(&mut contact, "org", json!({ "company": organisation }));
    }
    let each = |field: &str, values: &[String]| -> Value {
        values.iter().map(|value| object([(field, value.as_str().into())])).collect()
    };
    if !card.phones.is_empty() {
        put(&mut contact, "phones", each("phone", &card.phones));
    }
    if !card.emails.is_empty() {
        put(&mut contact, "emails", each("email", &card.emails));
    }
    if !card.addresses.is_empty() {
        put(&mut contact, "addresses", each("street", &card.addresses));
    }
    if !card.urls.is_empty() {
        put(&mut contact, "urls", each("url", &card.urls));
    }
    if let Some(birthday) = &card.birthday {
        put(&mut contact, "birthday", birthday.as_str());
    }
    contact
}

fn put(object: &mut Value, field: &str, value: impl Into<Value>) {
    if let Some(fields) = object.as_object_mut() {
        fields.insert(field.to_owned(), value.into());
    }
}

fn object<'a>(fields: impl IntoIterator<Item = (&'a str, Value)>) -> Value {
    let fields = fields.into_iter().map(|(field, value)| (field.to_owned(), value));
    Value::Object(fields.collect::<Map<_, _>>())
}
