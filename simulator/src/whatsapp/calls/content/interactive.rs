//! The limits of interactive messages, kind by kind.

use std::collections::BTreeSet;

use serde_json::Value;

use super::fields::{array, label, optional, optional_text, required, text, url};
use super::{Check, source};
use crate::base::json::put;
use crate::whatsapp::error::GraphError;

/// Checks an interactive message. An `action` that came as JSON text becomes an object.
pub(super) fn check(content: &mut Value) -> Check {
    if let Some(Value::String(action)) = content.get("action") {
        let Ok(action) = serde_json::from_str::<Value>(action) else {
            return Err(GraphError::parameter("Param action is not a JSON object."));
        };
        put(content, "action", action);
    }
    let kind = text(content, "type", 1..=64)?;
    let action = required(content, "action")?;
    if !action.is_object() {
        return Err(GraphError::parameter("Param action must be a JSON object."));
    }
    header(kind, content)?;
    let body_max = if kind == "list" { 4096 } else { 1024 };
    match optional(content, "body") {
        Some(body) => label(body, "text", "Body text", 1..=body_max).map(drop)?,
        None if kind == "product" => {}
        None => return Err(GraphError::missing("body")),
    }
    if let Some(footer) = optional(content, "footer") {
        label(footer, "text", "Footer text", 1..=60)?;
    }
    action_of(kind, action)
}

fn header(kind: &str, content: &Value) -> Check {
    let Some(header) = optional(content, "header") else {
        return match kind {
            "product_list" => Err(GraphError::missing("header")),
            _ => Ok(()),
        };
    };
    let format = text(header, "type", 1..=32)?;
    let is_taken = match format {
        "text" => true,
        "image" | "video" | "document" => !matches!(kind, "list" | "product_list"),
        _ => false,
    };
    if !is_taken {
        let details = format!("A header of type {format} is not taken by type {kind}.");
        return Err(GraphError::value(details));
    }
    if format == "text" {
        return label(header, "text", "Header text", 1..=60).map(drop);
    }
    source(required(header, format)?)
}

fn action_of(kind: &str, action: &Value) -> Check {
    match kind {
        "button" => buttons(action),
        "list" => list(action),
        "product_list" => product_list(action),
        "product" => {
            text(action, "catalog_id", 1..=64)?;
            text(action, "product_retailer_id", 1..=256).map(drop)
        }
        "cta_url" => {
            let parameters = named(action, "cta_url")?;
            label(parameters, "display_text", "Display text", 1..=20)?;
            url(parameters, "url", 2000)
        }
        "flow" => {
            let parameters = named(action, "flow")?;
            text(parameters, "flow_message_version", 1..=8)?;
            label(parameters, "flow_cta", "Flow CTA", 1..=30)?;
            match (optional(parameters, "flow_id"), optional(parameters, "flow_name")) {
                (Some(_), None) | (None, Some(_)) => Ok(()),
                _ => Err(GraphError::parameter("Either flow_id or flow_name is required.")),
            }
        }
        "order_details" => named(action, "review_and_pay").map(drop),
        "order_status" => named(action, "review_order").map(drop),
        "location_request_message" => name(action, "send_location"),
        "catalog_message"
        | "request_contact_info"
        | "call_permission_request"
        | "address_message"
        | "voice_call" => optional_text(action, "name", 64),
        "carousel" => array(action, "cards", 2..=10).map(drop),
        other => {
            let details = format!("'{other}' is not a type of interactive message.");
            Err(GraphError::value(details))
        }
    }
}

fn buttons(action: &Value) -> Check {
    let mut unique = Unique::default();
    for button in array(action, "buttons", 1..=3)? {
        if text(button, "type", 1..=32)? != "reply" {
            return Err(GraphError::value("Button type must be reply"));
        }
        let reply = required(button, "reply")?;
        unique.add("Button id", label(reply, "id", "Button id", 1..=256)?)?;
        unique.add("Button title", label(reply, "title", "Button title", 1..=20)?)?;
    }
    Ok(())
}

fn list(action: &Value) -> Check {
    label(action, "button", "Button text", 1..=20)?;
    let sections = array(action, "sections", 1..=10)?;
    let mut unique = Unique::default();
    let mut rows_total = 0;
    for section in sections {
        section_title(section, sections.len())?;
        let rows = array(section, "rows", 1..=10)?;
        rows_total += rows.len();
        for row in rows {
            unique.add("Row id", label(row, "id", "Row id", 1..=200)?)?;
            label(row, "title", "Row title", 1..=24)?;
            if optional(row, "description").is_some() {
                label(row, "description", "Row description", 0..=72)?;
            }
        }
    }
    if rows_total > 10 {
        return Err(GraphError::value("Total row count exceed max allowed count: 10"));
    }
    Ok(())
}

fn product_list(action: &Value) -> Check {
    text(action, "catalog_id", 1..=64)?;
    let sections = array(action, "sections", 1..=10)?;
    let mut products = 0;
    for section in sections {
        section_title(section, sections.len())?;
        products += array(section, "product_items", 1..=30)?.len();
    }
    if products > 30 {
        return Err(GraphError::value("Total product count exceed max allowed count: 30"));
    }
    Ok(())
}

/// Sections have titles where there is more than one.
fn section_title(section: &Value, sections: usize) -> Check {
    if sections > 1 || optional(section, "title").is_some() {
        let min = usize::from(sections > 1);
        label(section, "title", "Section title", min..=24)?;
    }
    Ok(())
}

fn named<'v>(action: &'v Value, expected: &str) -> Result<&'v Value, GraphError> {
    name(action, expected)?;
    required(action, "parameters")
}

fn name(action: &Value, expected: &str) -> Check {
    if text(action, "name", 1..=64)? == expected {
        return Ok(());
    }
    Err(GraphError::parameter(format!("Param action.name must be '{expected}'.")))
}

/// Values that must not appear twice in one message.
#[derive(Default)]
struct Unique<'v>(BTreeSet<(&'static str, &'v str)>);

impl<'v> Unique<'v> {
    fn add(&mut self, what: &'static str, text: &'v str) -> Check {
        if self.0.insert((what, text)) {
            return Ok(());
        }
        Err(GraphError::value(format!("{what} must be unique: {text}")))
    }
}
