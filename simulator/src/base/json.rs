//! Building JSON objects piece by piece.

use serde_json::Value;

/// Sets a field of an object.
pub(crate) fn put(object: &mut Value, key: &str, value: impl Into<Value>) {
    if let Some(map) = object.as_object_mut() {
        map.insert(key.to_owned(), value.into());
    }
}

/// Sets a field of an object if there is something to set.
pub(crate) fn put_some(object: &mut Value, key: &str, value: Option<&str>) {
    if let Some(value) = value {
        put(object, key, value);
    }
}
