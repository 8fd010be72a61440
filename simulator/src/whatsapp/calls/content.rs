//! The limits of each type of message, as in Meta's Cloud API reference.
//!
//! Text is checked in full; the other types for their required parts and published lengths.

use std::ops::RangeInclusive;

use serde_json::Value;

use crate::whatsapp::error::GraphError;

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

/// Checks the object of a message's type.
pub(crate) fn check(kind: &str, content: &Value) -> Check {
    match kind {
        "text" => {
            text(content, "body", 1..=4096)?;
            boolean(content, "preview_url")
        }
        "image" | "video" | "audio" | "document" | "sticker" => media(content),
        "location" => {
            number(content, "latitude")?;
            number(content, "longitude")
        }
        "contacts" => contacts(content),
        "reaction" => {
            text(content, "message_id", 1..=512)?;
            text(content, "emoji", 0..=16).map(drop)
        }
        "interactive" => interactive(content),
        "template" => template(content),
        other => Err(GraphError::parameter(format!("type '{other}' is not a message type."))),
    }
}

/// A string field within its limits of characters.
pub(crate) fn text<'v>(
    parent: &'v Value,
    field: &str,
    chars: RangeInclusive<usize>,
) -> Result<&'v str, GraphError> {
    let Some(value) = parent.get(field) else { return Err(GraphError::missing(field)) };
    let Some(text) = value.as_str() else {
        return Err(GraphError::parameter(format!("Param {field} must be a string.")));
    };
    let count = text.chars().count();
    if count > *chars.end() {
        let max = chars.end();
        let details = format!("Param {field} must be at most {max} characters long.");
        return Err(GraphError::parameter(details));
    }
    if count < *chars.start() {
        return Err(GraphError::parameter(format!("Param {field} must not be empty.")));
    }
    Ok(text)
}

fn optional_text(parent: &Value, field: &str, chars_max: usize) -> Check {
    match parent.get(field) {
        None | Some(Value::Null) => Ok(()),
        Some(_) => text(parent, field, 0..=chars_max).map(drop),
    }
}

fn boolean(parent: &Value, field: &str) -> Check {
    match parent.get(field) {
        None | Some(Value::Bool(_)) => Ok(()),
        Some(_) => Err(GraphError::parameter(format!("Param {field} must be a boolean."))),
    }
}

fn number(parent: &Value, field: &str) -> Check {
    let Some(value) = parent.get(field) else { return Err(GraphError::missing(field)) };
    let parsed = value.as_f64().or_else(|| value.as_str().and_then(|text| text.parse().ok()));
    match parsed {
        Some(_) => Ok(()),
        None => Err(GraphError::parameter(format!("Param {field} must be a number."))),
    }
}

fn array<'v>(
    parent: &'v Value,
    field: &str,
    count: RangeInclusive<usize>,
) -> Result<&'v [Value], GraphError> {
    let Some(value) = parent.get(field) else { return Err(GraphError::missing(field)) };
    match value.as_array() {
        Some(items) if count.contains(&items.len()) => Ok(items),
        _ => {
            let (min, max) = (count.start(), count.end());
            let details = format!("Param {field} must be an array of {min} to {max} elements.");
            Err(GraphError::parameter(details))
        }
    }
}

fn media(content: &Value) -> Check {
    match (content.get("id"), content.get("link")) {
        (Some(_), None) => text(content, "id", 1..=512)?,
        (None, Some(_)) => link(content)?,
        _ => return Err(GraphError::parameter("Either id or link is required, not both.")),
    };
    optional_text(content, "caption", 1024)?;
    optional_text(content, "filename", 240)
}

fn link(content: &Value) -> Result<&str, GraphError> {
    let link = text(content, "link", 1..=4096)?;
    if link.starts_with("https://") || link.starts_with("http://") {
        Ok(link)
    } else {
        Err(GraphError::parameter("Param link is not a valid URL."))
    }
}

fn contacts(content: &Value) -> Check {
    let cards = content.as_array().map_or(&[][..], Vec::as_slice);
    if !(1..=5).contains(&cards.len()) {
        return Err(GraphError::parameter("Param contacts must have 1 to 5 elements."));
    }
    for card in cards {
        let name = card.get("name").ok_or_else(|| GraphError::missing("name"))?;
        text(name, "formatted_name", 1..=1024)?;
    }
    Ok(())
}

fn template(content: &Value) -> Check {
    text(content, "name", 1..=512)?;
    let language = content.get("language").ok_or_else(|| GraphError::missing("language"))?;
    text(language, "code", 1..=64)?;
    if content.get("components").is_none() {
        return Ok(());
    }
    for component in array(content, "components", 0..=20)? {
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
        if component.get("parameters").is_some() {
            for parameter in array(component, "parameters", 0..=100)? {
                text(parameter, "type", 1..=32)?;
            }
        }
    }
    Ok(())
}

fn interactive(content: &Value) -> Check {
    let kind = text(content, "type", 1..=64)?;
    let action = content.get("action").ok_or_else(|| GraphError::missing("action"))?;
    if let Some(header) = content.get("header")
        && text(header, "type", 1..=32)? == "text"
    {
        text(header, "text", 1..=60)?;
    }
    let body_max = if kind == "list" { 4096 } else { 1024 };
    match content.get("body") {
        Some(body) => text(body, "text", 1..=body_max).map(drop)?,
        None if kind == "product" => {}
        None => return Err(GraphError::missing("body")),
    }
    if let Some(footer) = content.get("footer") {
        text(footer, "text", 0..=60)?;
    }
    action_of(kind, action)
}

fn action_of(kind: &str, action: &Value) -> Check {
    match kind {
        "button" => {
            for button in array(action, "buttons", 1..=3)? {
                let reply = button.get("reply").ok_or_else(|| GraphError::missing("reply"))?;
                text(reply, "id", 1..=256)?;
                text(reply, "title", 1..=20)?;
            }
            Ok(())
        }
        "list" => list(action),
        "product_list" => {
            text(action, "catalog_id", 1..=64)?;
            array(action, "sections", 1..=10).map(drop)
        }
        "product" => {
            text(action, "catalog_id", 1..=64)?;
            text(action, "product_retailer_id", 1..=256).map(drop)
        }
        "cta_url" => {
            let parameters = named(action, "cta_url")?;
            text(parameters, "display_text", 1..=20)?;
            text(parameters, "url", 1..=2000).map(drop)
        }
        "flow" => {
            let parameters = named(action, "flow")?;
            text(parameters, "flow_cta", 1..=30)?;
            match (parameters.get("flow_id"), parameters.get("flow_name")) {
                (Some(_), None) | (None, Some(_)) => Ok(()),
                _ => Err(GraphError::parameter("Either flow_id or flow_name is required.")),
            }
        }
        "catalog_message"
        | "location_request_message"
        | "request_contact_info"
        | "call_permission_request"
        | "carousel"
        | "order_details"
        | "order_status"
        | "address_message"
        | "voice_call" => Ok(()),
        other => {
            let details = format!("'{other}' is not a type of interactive message.");
            Err(GraphError::parameter(details))
        }
    }
}

fn named<'v>(action: &'v Value, name: &str) -> Result<&'v Value, GraphError> {
    if text(action, "name", 1..=64)? != name {
        return Err(GraphError::parameter(format!("Param action.name must be '{name}'.")));
    }
    action.get("parameters").ok_or_else(|| GraphError::missing("parameters"))
}

fn list(action: &Value) -> Check {
    text(action, "button", 1..=20)?;
    let sections = array(action, "sections", 1..=10)?;
    let mut rows_total = 0;
    for section in sections {
        if sections.len() > 1 {
            text(section, "title", 1..=24)?;
        }
        let rows = array(section, "rows", 1..=10)?;
        rows_total += rows.len();
        for row in rows {
            text(row, "id", 1..=200)?;
            text(row, "title", 1..=24)?;
            optional_text(row, "description", 72)?;
        }
    }
    if rows_total > 10 {
        return Err(GraphError::parameter("A list has at most 10 rows over all sections."));
    }
    Ok(())
}
