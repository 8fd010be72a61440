//! The limits of each type of message, as in Meta's Cloud API reference.

mod emoji;
pub(crate) mod fields;
mod interactive;

use serde_json::Value;

use crate::whatsapp::error::GraphError;
use fields::{boolean, number, optional, optional_text, required, text, url};

/// The types of messages, the one taken where none is named first.
pub(crate) const TYPES: [&str; 11] = [
    "text",
    "image",
    "video",
    "audio",
    "document",
    "sticker",
    "location",
    "contacts",
    "reaction",
    "interactive",
    "template",
];

type Check = Result<(), GraphError>;

/// Checks the object of a message's type, and puts it into the form in which it is kept.
pub(crate) fn check(kind: &str, content: &mut Value) -> Check {
    match kind {
        "text" => {
            text(content, "body", 1..=4096)?;
            boolean(content, "preview_url")
        }
        "image" | "video" | "audio" | "document" | "sticker" => media(kind, content),
        "location" => location(content),
        "contacts" => contacts(content),
        "reaction" => reaction(content),
        "interactive" => interactive::check(content),
        "template" => template(content),
        other => Err(GraphError::parameter(format!("type '{other}' is not a message type."))),
    }
}

/// The ids of files that a message carries, each with the kind of message the file must fit.
pub(crate) fn file_ids(kind: &str, content: &Value) -> Vec<(String, String)> {
    let mut found = Vec::new();
    if matches!(kind, "image" | "video" | "audio" | "document" | "sticker") {
        found.extend(id_of(content).map(|id| (kind.to_owned(), id)));
        return found;
    }
    // Headers of interactive messages, their cards, and parameters of templates.
    let mut left = vec![content];
    while let Some(value) = left.pop() {
        match value {
            Value::Array(items) => left.extend(items),
            Value::Object(map) => {
                for name in ["image", "video", "document"] {
                    let id = map.get(name).and_then(id_of);
                    found.extend(id.map(|id| (name.to_owned(), id)));
                }
                left.extend(map.values());
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
    found
}

fn id_of(media: &Value) -> Option<String> {
    let id = media.get("id")?;
    id.as_str().map(str::to_owned).or_else(|| id.as_u64().map(|id| id.to_string()))
}

/// Where a file is to be fetched.
pub(crate) fn link<'a>(kind: &str, content: &'a Value) -> Option<&'a str> {
    let is_file = matches!(kind, "image" | "video" | "audio" | "document" | "sticker");
    content.get("link")?.as_str().filter(|_| is_file)
}

/// The host of a web address.
pub(crate) fn host(link: &str) -> Option<&str> {
    link.split_once("://")?.1.split(['/', '?', '#']).next()
}

fn media(kind: &str, content: &Value) -> Check {
    source(content)?;
    let takes_caption = matches!(kind, "image" | "video" | "document");
    for (field, is_taken, chars_max) in
        [("caption", takes_caption, 1024), ("filename", kind == "document", 240)]
    {
        if optional(content, field).is_some() && !is_taken {
            let details = format!("Unexpected key \"{field}\" on param \"{kind}\".");
            return Err(GraphError::parameter(details));
        }
        optional_text(content, field, chars_max)?;
    }
    boolean(content, "voice")
}

/// Where a file comes from: an id or a link, and only one of them.
fn source(content: &Value) -> Check {
    match (optional(content, "id"), optional(content, "link")) {
        (Some(Value::String(_) | Value::Number(_)), None) => Ok(()),
        (Some(_), None) => Err(GraphError::parameter("Param id must be a string.")),
        (None, Some(_)) => url(content, "link", 4096),
        _ => Err(GraphError::parameter("Either id or link is required, not both.")),
    }
}

fn location(content: &Value) -> Check {
    for (field, max) in [("latitude", 90.0), ("longitude", 180.0)] {
        let degrees = number(content, field)?;
        if !(-max..=max).contains(&degrees) {
            let details = format!("Param {field} must be between -{max} and {max}.");
            return Err(GraphError::value(details));
        }
    }
    optional_text(content, "name", 1_000)?;
    optional_text(content, "address", 1_000)
}

fn contacts(content: &Value) -> Check {
    let cards = content.as_array().map_or(&[][..], Vec::as_slice);
    if !(1..=5).contains(&cards.len()) {
        return Err(GraphError::parameter("Param contacts must have 1 to 5 elements."));
    }
    for card in cards {
        let name = required(card, "name")?;
        text(name, "formatted_name", 1..=1024)?;
        let others = ["first_name", "last_name", "middle_name", "suffix", "prefix"];
        if !others.iter().any(|other| optional(name, other).is_some()) {
            let details = "Param name needs a part of the name beside formatted_name.";
            return Err(GraphError::parameter(details));
        }
    }
    Ok(())
}

fn reaction(content: &Value) -> Check {
    text(content, "message_id", 1..=512)?;
    let emoji = text(content, "emoji", 0..=64)?;
    if emoji.is_empty() || emoji::is_single(emoji) {
        Ok(())
    } else {
        Err(GraphError::value("Param emoji must be a single emoji."))
    }
}

fn template(content: &Value) -> Check {
    text(content, "name", 1..=512)?;
    text(required(content, "language")?, "code", 1..=64)?;
    if optional(content, "components").is_none() {
        return Ok(());
    }
    for component in fields::array(content, "components", 0..=20)? {
        match text(component, "type", 1..=32)?.to_ascii_lowercase().as_str() {
            "header" | "body" | "footer" | "carousel" | "limited_time_offer" | "order_status" => {}
            "button" => {
                text(component, "sub_type", 1..=32)?;
                number(component, "index")?;
            }
            other => {
                let details = format!("'{other}' is not a component of a template.");
                return Err(GraphError::parameter(details));
            }
        }
        if optional(component, "parameters").is_none() {
            continue;
        }
        for parameter in fields::array(component, "parameters", 0..=100)? {
            let kind = text(parameter, "type", 1..=32)?;
            if matches!(kind, "image" | "video" | "document") {
                source(required(parameter, kind)?)?;
            }
        }
    }
    Ok(())
}
