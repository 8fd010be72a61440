//! Where a value came from, in the words of whoever set it.

use figment::value::Value;
use figment::{Figment, Source};

/// Keys whose values are never shown.
pub(super) const SECRETS: [&str; 1] = ["store.database"];

/// The origin of a key's value: `default`, a file, a variable or a flag.
pub(super) fn of(figment: &Figment, key: &str) -> String {
    let Some(metadata) = figment.find_metadata(key) else {
        return "default".to_owned();
    };
    match &metadata.source {
        Some(Source::File(path)) => format!("file {}", path.display()),
        Some(Source::Custom(text)) => text.clone(),
        _ => "default".to_owned(),
    }
}

/// A value as an error may show it.
pub(super) fn shown(key: &str, value: &Value) -> String {
    if SECRETS.contains(&key) {
        return "***".to_owned();
    }
    match value {
        Value::String(_, text) => format!("{text:?}"),
        Value::Num(_, number) => match (number.to_u128(), number.to_i128(), number.to_f64()) {
            (Some(n), _, _) => n.to_string(),
            (None, Some(n), _) => n.to_string(),
            (None, None, n) => n.map_or_else(String::new, |n| n.to_string()),
        },
        Value::Bool(_, yes) => yes.to_string(),
        Value::Char(_, c) => format!("{c:?}"),
        Value::Empty(..) => "nothing".to_owned(),
        Value::Dict(..) => "a section".to_owned(),
        Value::Array(..) => "a list".to_owned(),
    }
}
