//! Everything a customer can send, as the platform posts it.

use std::sync::Arc;

use anyhow::{Context as _, bail, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::base::json::{put, put_some};
use crate::state::media::NewFile;
use crate::state::shared::Shared;
use crate::state::world::World;

/// The content that a customer sends.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Inbound {
    /// A text.
    Text {
        /// Its words.
        body: String,
    },
    /// An image, video, audio, document or sticker.
    Media(InboundMedia),
    /// A place.
    Location {
        /// Degrees north.
        latitude: f64,
        /// Degrees east.
        longitude: f64,
        /// Its name.
        #[serde(default)]
        name: Option<String>,
        /// Its address.
        #[serde(default)]
        address: Option<String>,
        /// Its web page.
        #[serde(default)]
        url: Option<String>,
    },
    /// Contact cards, as the platform writes them.
    Contacts {
        /// The cards.
        cards: Vec<Value>,
        /// The customer tapped on the business's request for their contact.
        #[serde(default)]
        is_requested: bool,
    },
    /// A reaction.
    Reaction {
        /// The message.
        wamid: String,
        /// The emoji; left out it takes the reaction back, and so does an empty one.
        #[serde(default)]
        emoji: Option<String>,
    },
    /// A tap on a button or a row of a message that reached the customer, also of a template.
    Tap {
        /// The message.
        wamid: String,
        /// The id of the button or row; the text of a template's button.
        id: String,
    },
    /// A flow that was filled in.
    Flow {
        /// The message with the flow.
        #[serde(default)]
        wamid: Option<String>,
        /// The values that the customer filled in.
        response: Value,
    },
    /// An order from the catalogue.
    Order {
        /// The catalogue.
        catalog_id: String,
        /// Words with it.
        #[serde(default)]
        text: String,
        /// The products, as the platform writes them.
        items: Vec<Value>,
    },
    /// Other contents for a message that the customer sent.
    Edit {
        /// That message.
        wamid: String,
        /// The new text; the caption where the message was a file.
        text: String,
    },
    /// A message that the customer takes back.
    Revoke {
        /// That message.
        wamid: String,
    },
    /// Something the platform does not pass on.
    Unsupported {
        /// Its sub-type, for example `poll_update`.
        #[serde(default)]
        sub_type: Option<String>,
    },
    /// An interactive message of which the platform tells nothing but an error.
    InteractiveWithoutBody,
    /// A file that was too large for the platform: error 131052.
    MediaTooLarge,
    /// The customer opened the chat for the first time.
    RequestWelcome,
}

/// A recording of a customer: two seconds of Opus in Ogg, quiet, loud, silent and half as loud.
pub const VOICE_NOTE: &[u8] = include_bytes!("voice.ogg");

/// A file that a customer sends.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct InboundMedia {
    /// `image`, `video`, `audio`, `document` or `sticker`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Its MIME type; a usual one of its kind when left out.
    pub mime_type: Option<String>,
    /// Its bytes as base64. When left out, a recording is [`VOICE_NOTE`], and other files are a few
    /// made-up bytes.
    pub base64: Option<String>,
    /// Words with it.
    pub caption: Option<String>,
    /// The name of a document.
    pub filename: Option<String>,
    /// A recording made in the chat.
    pub voice: bool,
    /// A sticker that moves.
    pub animated: bool,
}

/// The frame around a customer's message.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Around {
    /// The message it quotes.
    pub replies_to: Option<String>,
    /// It was forwarded, up to five times.
    pub forwarded: bool,
    /// It was forwarded more often.
    pub frequently_forwarded: bool,
    /// The product it is about: `catalog_id` and `product_retailer_id`.
    pub referred_product: Option<Value>,
    /// The advertisement the customer came from, as the platform writes it.
    pub referral: Option<Value>,
    /// The group it was sent to.
    pub group_id: Option<String>,
}

/// Writes a message with its type and the object of that type, without id, sender and time.
pub(super) fn compose(
    shared: &Shared,
    phone_number_id: &str,
    inbound: Inbound,
) -> anyhow::Result<Map<String, Value>> {
    let of = |kind: &str, value: Value| Ok(typed(kind, value));
    match inbound {
        Inbound::Text { body } => of("text", json!({"body": body})),
        Inbound::Media(media) => file(shared, phone_number_id, media),
        Inbound::Location { latitude, longitude, name, address, url } => {
            let mut place = json!({"latitude": latitude, "longitude": longitude});
            for (key, text) in [("name", name), ("address", address), ("url", url)] {
                put_some(&mut place, key, text.as_deref());
            }
            of("location", place)
        }
        Inbound::Contacts { cards, is_requested } => {
            let mut message = typed("contacts", cards.into());
            if is_requested {
                message.insert("origin".to_owned(), "contact_request".into());
            }
            Ok(message)
        }
        Inbound::Reaction { wamid, emoji } => {
            let mut reaction = json!({"message_id": wamid});
            put_some(&mut reaction, "emoji", emoji.as_deref());
            of("reaction", reaction)
        }
        Inbound::Tap { wamid, id } => tapped(&shared.world(), &wamid, &id),
        Inbound::Flow { wamid, response } => {
            let reply = json!({
                "name": "flow", "body": "Sent", "response_json": response.to_string(),
            });
            let mut message =
                typed("interactive", json!({"type": "nfm_reply", "nfm_reply": reply}));
            if let Some(wamid) = wamid {
                message.insert("context".to_owned(), json!({"id": wamid}));
            }
            Ok(message)
        }
        Inbound::Order { catalog_id, text, items } => {
            of("order", json!({"catalog_id": catalog_id, "text": text, "product_items": items}))
        }
        Inbound::Edit { wamid, text } => edited(&shared.world(), &wamid, &text),
        Inbound::Revoke { wamid } => {
            let mut world = shared.world();
            let said = world.said.get_mut(&wamid).filter(|said| said.is_inbound);
            said.context("no such message was sent")?.is_revoked = true;
            drop(world);
            of("revoke", json!({"original_message_id": wamid}))
        }
        Inbound::Unsupported { sub_type } => Ok(unsupported(sub_type.as_deref())),
        Inbound::InteractiveWithoutBody => Ok(bare("interactive")),
        Inbound::MediaTooLarge => {
            let mut message = unsupported(None);
            message.insert("errors".to_owned(), json!([trouble(131_052, "Media file too large")]));
            Ok(message)
        }
        Inbound::RequestWelcome => Ok(bare("request_welcome")),
    }
}

/// Adds what stands around a message.
pub(super) fn surround(message: &mut Map<String, Value>, around: &Around, quoted_from: Value) {
    let mut context = message.remove("context").unwrap_or_else(|| json!({}));
    if let Some(wamid) = &around.replies_to {
        put(&mut context, "id", wamid.as_str());
    }
    if context.get("id").is_some() {
        put(&mut context, "from", quoted_from);
    }
    for (key, is_set) in
        [("forwarded", around.forwarded), ("frequently_forwarded", around.frequently_forwarded)]
    {
        if is_set {
            put(&mut context, key, true);
        }
    }
    if let Some(product) = &around.referred_product {
        put(&mut context, "referred_product", product.clone());
    }
    if context.as_object().is_some_and(|context| !context.is_empty()) {
        message.insert("context".to_owned(), context);
    }
    if let Some(referral) = &around.referral {
        message.insert("referral".to_owned(), referral.clone());
    }
    if let Some(group_id) = &around.group_id {
        message.insert("group_id".to_owned(), group_id.as_str().into());
    }
}

/// A system message: somebody's number or id has changed.
pub(super) fn system(kind: &str, mut facts: Value) -> Map<String, Value> {
    put(&mut facts, "type", kind);
    typed("system", facts)
}

/// Keeps a file as the platform does, and says what a message tells of it: type and object.
pub(crate) fn file(
    shared: &Shared,
    phone_number_id: &str,
    media: InboundMedia,
) -> anyhow::Result<Map<String, Value>> {
    let usual = match media.kind.as_str() {
        "image" => "image/jpeg",
        "video" => "video/mp4",
        "audio" if media.voice => "audio/ogg; codecs=opus",
        "audio" => "audio/mpeg",
        "document" => "application/pdf",
        "sticker" => "image/webp",
        other => bail!("type {other} has no file: image, video, audio, document and sticker have"),
    };
    let mime_type = media.mime_type.unwrap_or_else(|| usual.to_owned());
    let bytes: Arc<[u8]> = match &media.base64 {
        Some(text) => STANDARD.decode(text).context("base64")?.into(),
        None if media.kind == "audio" && media.voice => VOICE_NOTE.into(),
        None => format!("a made-up {}", media.kind).into_bytes().into(),
    };
    ensure!(bytes.len() <= 100 * 1024 * 1024, "customers send at most 100 MB");
    let now_ms = shared.clock.now_ms();
    let mut world = shared.world();
    let filename = media.filename.clone();
    let new = NewFile { phone_number_id, is_upload: false, mime_type: &mime_type, filename, bytes };
    let (id, file) = world.media.keep(shared.seeds, new, now_ms);
    let path = world.media.url(shared.seeds, &id, now_ms);
    drop(world);
    let mut object = json!({
        "id": id,
        "mime_type": mime_type,
        "sha256": file.sha256_base64(),
        "url": format!("{}{path}", shared.base_url),
    });
    put_some(&mut object, "caption", media.caption.as_deref());
    put_some(&mut object, "filename", media.filename.as_deref());
    match media.kind.as_str() {
        "audio" => put(&mut object, "voice", media.voice),
        "sticker" => put(&mut object, "animated", media.animated),
        _ => {}
    }
    Ok(typed(&media.kind, object))
}

/// The reply to a tap: buttons and rows answer as `interactive`, a template's buttons as `button`.
fn tapped(world: &World, wamid: &str, id: &str) -> anyhow::Result<Map<String, Value>> {
    let reached = world.reached.iter().find(|one| one.wamid == wamid);
    let reached = reached.context("no such message reached the customer")?;
    let mut message = match reached.kind.as_str() {
        "template" => {
            typed("button", json!({"payload": payload_of(&reached.body, id), "text": id}))
        }
        "interactive" => {
            let action = reached.body.get("action").unwrap_or(&Value::Null);
            let reply = offered(action, id).context("the message has no such button or row")?;
            typed("interactive", reply)
        }
        other => bail!("a message of type {other} has no buttons"),
    };
    message.insert("context".to_owned(), json!({"id": wamid}));
    Ok(message)
}

/// The payload that a business gave a template's button; the button's text where it gave none.
fn payload_of(template: &Value, text: &str) -> String {
    let components = list(template, "/components");
    let payloads: Vec<&str> = components
        .filter(|one| text_at(one, "/sub_type") == Some("quick_reply"))
        .filter_map(|one| text_at(one, "/parameters/0/payload"))
        .collect();
    match payloads[..] {
        [only] => only.to_owned(),
        _ => text.to_owned(),
    }
}

fn offered(action: &Value, id: &str) -> Option<Value> {
    let named = |one: &&Value| text_at(one, "/id") == Some(id);
    let mut buttons = list(action, "/buttons").filter_map(|one| one.get("reply"));
    if let Some(button) = buttons.find(named) {
        let reply = json!({"id": id, "title": button.get("title")});
        return Some(json!({"type": "button_reply", "button_reply": reply}));
    }
    let mut rows = list(action, "/sections").flat_map(|section| list(section, "/rows"));
    let row = rows.find(named)?;
    let mut reply = json!({"id": id, "title": row.get("title")});
    put_some(&mut reply, "description", text_at(row, "/description"));
    Some(json!({"type": "list_reply", "list_reply": reply}))
}

fn list<'v>(value: &'v Value, pointer: &str) -> impl Iterator<Item = &'v Value> + use<'v> {
    value.pointer(pointer).and_then(Value::as_array).into_iter().flatten()
}

fn text_at<'v>(value: &'v Value, pointer: &str) -> Option<&'v str> {
    value.pointer(pointer)?.as_str()
}

fn edited(world: &World, wamid: &str, text: &str) -> anyhow::Result<Map<String, Value>> {
    let is_there = world.said.get(wamid).is_some_and(|said| said.is_inbound);
    ensure!(is_there, "no such message was sent");
    // Only messages that are no text are kept.
    let original = world.sent.get(wamid);
    let kind = original.and_then(|one| text_at(one, "/type")).unwrap_or("text");
    let mut object = original.and_then(|one| one.get(kind)).cloned().unwrap_or_else(|| json!({}));
    let field = if kind == "text" { "body" } else { "caption" };
    put(&mut object, field, text);
    let message = Value::Object(typed(kind, object));
    Ok(typed("edit", json!({"original_message_id": wamid, "message": message})))
}

fn unsupported(sub_type: Option<&str>) -> Map<String, Value> {
    let mut message = bare("unsupported");
    message.insert("errors".to_owned(), json!([trouble(131_051, "Message type unknown")]));
    if let Some(sub_type) = sub_type {
        message.insert("unsupported".to_owned(), json!({"type": sub_type}));
    }
    message
}

fn trouble(code: u32, title: &str) -> Value {
    let details = "Message type is currently not supported.";
    json!({"code": code, "title": title, "message": title, "error_data": {"details": details}})
}

fn typed(kind: &str, value: Value) -> Map<String, Value> {
    let mut message = bare(kind);
    message.insert(kind.to_owned(), value);
    message
}

fn bare(kind: &str) -> Map<String, Value> {
    Map::from_iter([("type".to_owned(), json!(kind))])
}
