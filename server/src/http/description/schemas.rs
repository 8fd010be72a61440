//! Schemas of what comes and what goes, under one roof.
//!
//! What a client sends may leave out more than what a server tells. So one type can have two
//! schemas: then that of what is sent has the name with `Input` behind it.

use std::collections::BTreeSet;

use schemars::generate::SchemaSettings;
use schemars::{Schema, SchemaGenerator};
use serde_json::{Map, Value};

/// Where schemas stand in a description.
const PLACE: &str = "#/components/schemas/";

/// Makes the schemas of both directions.
#[derive(Debug)]
pub(super) struct Schemas {
    sent: SchemaGenerator,
    told: SchemaGenerator,
}

impl Schemas {
    pub(super) fn new() -> Self {
        let settings = |is_sent: bool| {
            let mut settings = SchemaSettings::draft2020_12();
            settings.definitions_path = "/components/schemas".into();
            settings.meta_schema = None;
            if is_sent { settings.for_deserialize() } else { settings.for_serialize() }
        };
        Self { sent: settings(true).into_generator(), told: settings(false).into_generator() }
    }

    /// Returns the schema of what clients send.
    pub(super) fn sent(&mut self, of: fn(&mut SchemaGenerator) -> Schema) -> Value {
        of(&mut self.sent).to_value()
    }

    /// Returns the schema of what the server tells.
    pub(super) fn told(&mut self, of: fn(&mut SchemaGenerator) -> Schema) -> Value {
        of(&mut self.told).to_value()
    }

    /// All of them by name, and the names that have `Input` behind them where they are sent.
    pub(super) fn collect(mut self) -> (Map<String, Value>, BTreeSet<String>) {
        let sent = self.sent.take_definitions(true);
        let mut all = self.told.take_definitions(true);
        let mut twice: BTreeSet<String> = sent
            .iter()
            .filter(|(name, of)| all.get(*name).is_some_and(|it| it != *of))
            .map(name)
            .collect();
        // What names one that differs, differs as well.
        loop {
            let more = sent.iter().filter(|(name, of)| {
                all.contains_key(*name) && !twice.contains(*name) && names_one(of, &twice)
            });
            let more: Vec<String> = more.map(name).collect();
            if more.is_empty() {
                break;
            }
            twice.extend(more);
        }
        for (name, mut schema) in sent {
            rename(&mut schema, &twice);
            let name = if twice.contains(&name) { format!("{name}Input") } else { name };
            all.insert(name, schema);
        }
        all.values_mut().for_each(tidy);
        (all, twice)
    }
}

fn name((name, _): (&String, &Value)) -> String {
    name.clone()
}

fn names_one(schema: &Value, names: &BTreeSet<String>) -> bool {
    match schema {
        Value::Object(fields) => fields.iter().any(|(key, value)| {
            let to = value.as_str().filter(|_| key == "$ref").and_then(|to| to.strip_prefix(PLACE));
            to.map_or_else(|| names_one(value, names), |to| names.contains(to))
        }),
        Value::Array(items) => items.iter().any(|item| names_one(item, names)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

/// Lets what is sent name what is sent.
pub(super) fn rename(schema: &mut Value, twice: &BTreeSet<String>) {
    match schema {
        Value::Object(fields) => {
            for (key, value) in fields {
                if key == "$ref"
                    && let Some(to) = value.as_str().and_then(|to| to.strip_prefix(PLACE))
                    && twice.contains(to)
                {
                    *value = format!("{PLACE}{to}Input").into();
                } else {
                    rename(value, twice);
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| rename(item, twice)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Comments of the code name other items in brackets, and break lines anywhere.
fn tidy(schema: &mut Value) {
    match schema {
        Value::Object(fields) => {
            for (key, value) in fields {
                if let (Value::String(text), "description") = (&mut *value, key.as_str()) {
                    *text = plain(text);
                } else {
                    tidy(value);
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(tidy),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn plain(text: &str) -> String {
    let mut plain = String::new();
    // `[name](link)` and [`name`] lose their brackets.
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('[') {
        plain.push_str(before);
        let Some((name, behind)) = after.split_once(']') else {
            rest = after;
            break;
        };
        plain.push_str(name);
        let link = behind.strip_prefix('(').and_then(|link| link.split_once(')'));
        rest = link.map_or(behind, |(_, behind)| behind);
    }
    plain.push_str(rest);
    plain.split_whitespace().collect::<Vec<_>>().join(" ")
}
