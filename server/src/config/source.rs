//! The sources, put together: each value with where it came from.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize as _;
use toml::{Table, Value};

use super::error::one_line;
use super::{Config, ConfigError, DEFAULTS, SECTIONS, origin};

/// The values in force, and the origins of those that are no defaults, by their full keys.
#[derive(Clone)]
pub(super) struct Values {
    all: Table,
    origins: BTreeMap<String, String>,
}

impl Values {
    /// The defaults.
    pub(super) fn defaults() -> Self {
        Self { all: defaults(), origins: BTreeMap::new() }
    }

    /// The values of a TOML file that has to be there.
    pub(super) fn file(&mut self, path: &Path) -> Result<(), ConfigError> {
        let failed = |reason: String| ConfigError::File { path: path.to_owned(), reason };
        let text = std::fs::read_to_string(path).map_err(|e| failed(e.to_string()))?;
        let parsed: Result<Table, _> = toml::from_str(&text);
        let parsed = parsed.map_err(|e| failed(one_line(&e.to_string())))?;
        for (key, value) in parsed {
            self.put(&key, value, &format!("file {}", path.display()));
        }
        Ok(())
    }

    /// The variables that set something. One that only looks so is an error: a setting that is
    /// silently not read is worse than a server that does not start.
    pub(super) fn variables(&mut self, all: &[(String, String)]) -> Result<(), ConfigError> {
        for (name, text) in all {
            let Some(rest) = name.strip_prefix("BATON_") else { continue };
            let rest = rest.to_ascii_lowercase();
            if rest.contains("__") {
                let key = rest.replace("__", ".");
                self.put(&key, parse(&key, text), &format!("environment variable {name}"));
            } else if let Some(section) = SECTIONS.iter().find(|s| is_in(&rest, s)) {
                let key = rest.trim_start_matches(section).trim_start_matches('_');
                let meant = format!("BATON_{section}__{key}").to_ascii_uppercase();
                return Err(ConfigError::Variable { name: name.clone(), meant });
            }
        }
        Ok(())
    }

    /// A flag's value.
    pub(super) fn flag(&mut self, flag: &str, key: &str, text: &str) {
        self.put(key, parse(key, text), &format!("flag {flag}"));
    }

    /// Puts a value in place of the one that is there; a section takes the place of single values.
    fn put(&mut self, key: &str, value: Value, origin: &str) {
        if is_section(key)
            && let Value::Table(section) = value
        {
            for (name, value) in section {
                self.put(&format!("{key}.{name}"), value, origin);
            }
            return;
        }
        self.origins.insert(key.to_owned(), origin.to_owned());
        put_in(&mut self.all, key, value);
    }

    /// The configuration that these values say.
    pub(super) fn parsed(&self) -> Result<Config, ConfigError> {
        self.find_unknown()?;
        let error = match Config::deserialize(self.all.clone()) {
            Ok(config) => return Ok(config),
            Err(error) => error,
        };
        // The reader does not say which value it was: each alone among the defaults does.
        for key in self.origins.keys() {
            let Some(value) = find(&self.all, key) else { continue };
            let mut alone = defaults();
            put_in(&mut alone, key, value.clone());
            if let Err(error) = Config::deserialize(alone) {
                return Err(self.wrong(key, &error));
            }
        }
        Err(self.wrong("", &error))
    }

    fn find_unknown(&self) -> Result<(), ConfigError> {
        let known = defaults();
        for key in self.origins.keys() {
            let (section, name) = key.split_once('.').unwrap_or((key, ""));
            let (beside, key) = match known.get(section).and_then(Value::as_table) {
                None => (&known, section),
                Some(names) if name.is_empty() || is_known(names, name) => continue,
                Some(names) => (names, key.as_str()),
            };
            let beside: Vec<&str> = beside.keys().map(String::as_str).collect();
            let (key, origin, known) = (key.to_owned(), self.origin(key), beside.join(", "));
            return Err(ConfigError::UnknownKey { key, origin, known });
        }
        Ok(())
    }

    fn wrong(&self, key: &str, error: &toml::de::Error) -> ConfigError {
        let value = find(&self.all, key).map_or("?".to_owned(), |value| origin::shown(key, value));
        let (key, origin) = (key.to_owned(), self.origin(key));
        ConfigError::Value { key, value, origin, reason: one_line(error.message()) }
    }

    /// The origin of a key's value, in the words of whoever set it: `default`, a file, a variable
    /// or a flag.
    pub(super) fn origin(&self, key: &str) -> String {
        let origin = self.origins.get(key).or_else(|| {
            let below = format!("{key}.");
            self.origins.iter().find(|(set, _)| set.starts_with(&below)).map(|(_, origin)| origin)
        });
        origin.cloned().unwrap_or_else(|| "default".to_owned())
    }

    /// The origins alone.
    pub(super) fn into_origins(self) -> BTreeMap<String, String> {
        self.origins
    }
}

fn defaults() -> Table {
    toml::from_str(DEFAULTS).unwrap_or_default()
}

fn is_section(key: &str) -> bool {
    SECTIONS.contains(&key)
}

/// Whether a section has the name; what hangs on a known one is its reader's to refuse.
fn is_known(names: &Table, name: &str) -> bool {
    names.contains_key(name.split('.').next().unwrap_or_default())
}

fn find<'t>(table: &'t Table, key: &str) -> Option<&'t Value> {
    match key.split_once('.') {
        Some((first, rest)) => find(table.get(first)?.as_table()?, rest),
        None => table.get(key),
    }
}

fn put_in(table: &mut Table, key: &str, value: Value) {
    let Some((first, rest)) = key.split_once('.') else {
        table.insert(key.to_owned(), value);
        return;
    };
    let below = table.entry(first).or_insert_with(|| Value::Table(Table::new()));
    if !below.is_table() {
        *below = Value::Table(Table::new());
    }
    if let Value::Table(below) = below {
        put_in(below, rest, value);
    }
}

fn is_in(name: &str, section: &str) -> bool {
    name.strip_prefix(section).is_some_and(|key| key.starts_with('_'))
}

/// Numbers, switches and lists are read as such, all else as text. What only ever is text stays
/// so: a directory may be called `2026`, an address `[::]:8080` is no list.
fn parse(key: &str, text: &str) -> Value {
    if is_text(key) {
        return Value::from(text);
    }
    if let Ok(number) = text.parse::<i64>() {
        return Value::from(number);
    }
    match text {
        "true" => Value::from(true),
        "false" => Value::from(false),
        _ => list(text).unwrap_or_else(|| Value::from(text)),
    }
}

/// A list as in the file, or with its texts bare: `[a.example, b.example]`.
fn list(text: &str) -> Option<Value> {
    let within = text.strip_prefix('[')?.strip_suffix(']')?;
    let alone = toml::from_str::<Table>(&format!("list = {text}"));
    if let Some(list) = alone.ok().filter(|all| all.len() == 1).and_then(|mut a| a.remove("list")) {
        return Some(list);
    }
    let bare = within.split(',').map(str::trim).filter(|one| !one.is_empty());
    Some(bare.map(Value::from).collect::<Vec<_>>().into())
}

fn is_text(key: &str) -> bool {
    matches!(key, "store.data" | "store.key_file" | "store.database" | "http.bind")
        // Names that others gave may be digits alone.
        || key.starts_with("push.apns_")
        || key.starts_with("redis.")
}
