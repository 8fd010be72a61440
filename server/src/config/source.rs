//! The sources as providers, each value labelled with where it came from.

use std::path::Path;

use figment::providers::{Format, Toml};
use figment::value::{Dict, Map, Value};
use figment::{Metadata, Profile, Provider, Source, util};

use super::error::one_line;
use super::{ConfigError, SECTIONS};

/// One value with its origin.
pub(super) struct One {
    origin: String,
    key: String,
    value: Value,
}

impl Provider for One {
    fn metadata(&self) -> Metadata {
        Metadata::from("value", Source::Custom(self.origin.clone()))
    }

    fn data(&self) -> Result<Map<Profile, Dict>, figment::Error> {
        let dict = util::nest(&self.key, self.value.clone()).into_dict().unwrap_or_default();
        Ok(Profile::Default.collect(dict))
    }
}

/// A TOML file that has to be there.
pub(super) fn file(path: &Path) -> Result<impl Provider + use<>, ConfigError> {
    let failed = |reason: String| ConfigError::File { path: path.to_owned(), reason };
    let text = std::fs::read_to_string(path).map_err(|e| failed(e.to_string()))?;
    let parsed: Result<toml::Table, _> = toml::from_str(&text);
    parsed.map_err(|e| failed(one_line(&e.to_string())))?;
    Ok(Toml::file_exact(path))
}

/// The variables that set something. One that only looks so is an error: a setting that is
/// silently not read is worse than a server that does not start.
pub(super) fn variables(all: &[(String, String)]) -> Result<Vec<One>, ConfigError> {
    let mut values = Vec::new();
    for (name, text) in all {
        let Some(rest) = name.strip_prefix("BATON_") else { continue };
        let rest = rest.to_ascii_lowercase();
        if rest.contains("__") {
            let key = rest.replace("__", ".");
            let origin = format!("environment variable {name}");
            values.push(One { origin, value: parse(&key, text), key });
        } else if let Some(section) = SECTIONS.iter().find(|s| is_in(&rest, s)) {
            let key = rest.trim_start_matches(section).trim_start_matches('_');
            let meant = format!("BATON_{section}__{key}").to_ascii_uppercase();
            return Err(ConfigError::Variable { name: name.clone(), meant });
        }
    }
    Ok(values)
}

fn is_in(name: &str, section: &str) -> bool {
    name.strip_prefix(section).is_some_and(|key| key.starts_with('_'))
}

/// A flag's value.
pub(super) fn flag(flag: &str, key: &str, text: &str) -> One {
    One { origin: format!("flag {flag}"), key: key.to_owned(), value: parse(key, text) }
}

/// Numbers, switches and lists are read as such, all else as text. What only ever is text stays
/// so: a directory may be called `2026`, an address `[::]:8080` is no list.
fn parse(key: &str, text: &str) -> Value {
    let is_typed =
        text.starts_with('[') || matches!(text, "true" | "false") || text.parse::<i64>().is_ok();
    if !is_typed || is_text(key) {
        return Value::from(text);
    }
    text.parse().unwrap_or_else(|_| Value::from(text))
}

fn is_text(key: &str) -> bool {
    matches!(key, "store.data" | "store.key_file" | "store.database" | "http.bind")
        // Names that others gave may be digits alone.
        || key.starts_with("push.apns_")
        || key.starts_with("redis.")
}
