//! The calls that look at business accounts and their numbers, and change them.

pub(crate) mod blocks;
pub(crate) mod numbers;
pub(crate) mod profile;
pub(crate) mod subscriptions;
pub(crate) mod tokens;

use serde_json::Value;

/// Keeps the fields that a call asked for; `id` always. All of them where nothing was asked.
pub(crate) fn only(mut object: Value, fields: Option<&String>) -> Value {
    let Some(fields) = fields else { return object };
    // Sub-fields such as `throughput{level}` are told whole.
    let wanted: Vec<&str> =
        fields.split(',').map(|field| field.split('{').next().unwrap_or_default().trim()).collect();
    if let Some(map) = object.as_object_mut() {
        map.retain(|key, _| key == "id" || wanted.contains(&key.as_str()));
    }
    object
}
