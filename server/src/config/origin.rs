//! The part of a value that errors show.

use toml::Value;

/// Keys whose values are never shown.
const SECRETS: [&str; 1] = ["store.database"];

/// A value as an error may show it.
pub(super) fn shown(key: &str, value: &Value) -> String {
    if SECRETS.contains(&key) {
        return "***".to_owned();
    }
    match value {
        Value::String(text) => format!("{text:?}"),
        Value::Integer(number) => number.to_string(),
        Value::Float(number) => number.to_string(),
        Value::Boolean(yes) => yes.to_string(),
        Value::Datetime(at) => at.to_string(),
        Value::Table(_) => "a section".to_owned(),
        Value::Array(_) => "a list".to_owned(),
    }
}
