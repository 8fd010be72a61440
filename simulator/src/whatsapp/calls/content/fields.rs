//! Reading fields of a body with the platform's words where they are wrong.

use std::ops::RangeInclusive;

use serde_json::Value;

use crate::whatsapp::error::GraphError;

/// A string field within its limits of characters.
pub(crate) fn text<'v>(
    parent: &'v Value,
    field: &str,
    chars: RangeInclusive<usize>,
) -> Result<&'v str, GraphError> {
    let text = string(parent, field)?;
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

/// A string field of an interactive message, whose limits are told as 131009.
pub(super) fn label<'v>(
    parent: &'v Value,
    field: &str,
    what: &str,
    chars: RangeInclusive<usize>,
) -> Result<&'v str, GraphError> {
    let text = string(parent, field)?;
    if chars.contains(&text.chars().count()) {
        return Ok(text);
    }
    let (min, max) = (chars.start(), chars.end());
    let details = format!("{what} length invalid. Min length: {min}, Max length: {max}");
    Err(GraphError::value(details))
}

/// A string field that may be absent or null.
pub(crate) fn optional_text(
    parent: &Value,
    field: &str,
    chars_max: usize,
) -> Result<(), GraphError> {
    match parent.get(field) {
        None | Some(Value::Null) => Ok(()),
        Some(_) => text(parent, field, 0..=chars_max).map(drop),
    }
}

/// A field that is true or false or absent.
pub(crate) fn boolean(parent: &Value, field: &str) -> Result<(), GraphError> {
    match parent.get(field) {
        None | Some(Value::Null | Value::Bool(_)) => Ok(()),
        Some(_) => Err(GraphError::parameter(format!("Param {field} must be a boolean."))),
    }
}

/// A number, also as text.
pub(super) fn number(parent: &Value, field: &str) -> Result<f64, GraphError> {
    let Some(value) = parent.get(field) else { return Err(GraphError::missing(field)) };
    let parsed = value.as_f64().or_else(|| value.as_str().and_then(|text| text.parse().ok()));
    parsed.ok_or_else(|| GraphError::parameter(format!("Param {field} must be a number.")))
}

/// An array within its limits of length.
pub(crate) fn array<'v>(
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

/// A field that is there.
pub(super) fn required<'v>(parent: &'v Value, field: &str) -> Result<&'v Value, GraphError> {
    parent.get(field).filter(|value| !value.is_null()).ok_or_else(|| GraphError::missing(field))
}

/// A field that may be absent or null.
pub(super) fn optional<'v>(parent: &'v Value, field: &str) -> Option<&'v Value> {
    parent.get(field).filter(|value| !value.is_null())
}

/// A field with a web address.
pub(super) fn url(parent: &Value, field: &str, chars_max: usize) -> Result<(), GraphError> {
    if is_web_url(text(parent, field, 1..=chars_max)?) {
        return Ok(());
    }
    Err(GraphError::parameter(format!("Param {field} is not a valid URI.")))
}

/// Whether a text is a web address with a scheme and a host.
pub(crate) fn is_web_url(text: &str) -> bool {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    rest.is_some_and(|rest| {
        let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
        !host.is_empty() && !rest.contains(char::is_whitespace)
    })
}

fn string<'v>(parent: &'v Value, field: &str) -> Result<&'v str, GraphError> {
    let value = required(parent, field)?;
    let text = value.as_str();
    text.ok_or_else(|| GraphError::parameter(format!("Param {field} must be a string.")))
}
