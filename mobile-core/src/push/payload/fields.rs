//! The fields of a payload, whichever service it came from.

use std::collections::BTreeMap;
use std::str::FromStr;

use serde_json::{Map, Value};

use super::{PAYLOAD_BYTES_MAX, UnreadableReason};
use crate::gathered::gathered;

/// Short names and their texts.
pub(super) struct Fields(BTreeMap<String, String>);

impl Fields {
    pub(super) fn of_map(data: &BTreeMap<String, String>) -> Result<Self, UnreadableReason> {
        let bytes = data.iter().map(|(name, text)| name.len() + text.len());
        if bytes.fold(0_usize, usize::saturating_add) > PAYLOAD_BYTES_MAX {
            return Err(UnreadableReason::TooLarge);
        }
        Ok(Self(data.clone()))
    }

    /// Custom keys of APNs lie beside `aps`; a declarative Web Push has them in the data of its
    /// notification.
    pub(super) fn of_json(json: &[u8]) -> Result<Self, UnreadableReason> {
        if json.len() > PAYLOAD_BYTES_MAX {
            return Err(UnreadableReason::TooLarge);
        }
        let mut object: Map<String, Value> = serde_json::from_slice(json)
            .map_err(|_json: serde_json::Error| UnreadableReason::NotJson)?;
        let is_declarative = object.get("web_push") == Some(&Value::from(8030));
        let nested = object.get_mut("notification").and_then(|n| n.get_mut("data"));
        if let (true, Some(Value::Object(data))) = (is_declarative, nested) {
            object = std::mem::take(data);
        }
        let texts = object.into_iter().filter_map(|(name, value)| match value {
            Value::String(text) => Some((name, text)),
            Value::Number(number) => Some((name, number.to_string())),
            Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
        });
        Ok(Self(gathered(texts)))
    }

    /// Whether a body is an object. Sealed bytes begin with a random salt: one in 256 begins like
    /// an object, and then does not go on as UTF-8.
    pub(super) fn is_json_like(body: &[u8]) -> bool {
        body.first() == Some(&b'{') && std::str::from_utf8(body).is_ok()
    }

    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|text| !text.is_empty())
    }

    /// The field's value, if it is there and can be read.
    pub(super) fn get<T: FromStr>(&self, name: &str) -> Option<T> {
        self.text(name)?.parse().ok()
    }

    pub(super) fn optional<T: FromStr>(
        &self,
        name: &'static str,
    ) -> Result<Option<T>, UnreadableReason> {
        let Some(text) = self.text(name) else { return Ok(None) };
        text.parse().map(Some).map_err(|_text: T::Err| UnreadableReason::Malformed(name))
    }

    pub(super) fn required<T: FromStr>(&self, name: &'static str) -> Result<T, UnreadableReason> {
        self.optional(name)?.ok_or(UnreadableReason::Missing(name))
    }
}
