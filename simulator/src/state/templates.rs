//! Message templates of business accounts.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// A message template in one language.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Template {
    /// Its id, digits; given by the platform when left out.
    #[serde(default)]
    pub id: String,
    /// Its name: lower-case letters, digits and underscores.
    pub name: String,
    /// Its language, for example `en_US`.
    pub language: String,
    /// `MARKETING`, `UTILITY` or `AUTHENTICATION`.
    #[serde(default = "utility")]
    pub category: String,
    /// `APPROVED`, `PENDING`, `REJECTED`, `PAUSED`, `DISABLED`, …
    #[serde(default = "approved")]
    pub status: String,
    /// `POSITIONAL` or `NAMED`.
    #[serde(default = "positional")]
    pub parameter_format: String,
    /// Header, body, footer and buttons as the platform lists them.
    pub components: Vec<Value>,
    /// Why it was rejected.
    #[serde(default = "none")]
    pub rejected_reason: String,
    /// `GREEN`, `YELLOW`, `RED` or `UNKNOWN`.
    #[serde(default = "unknown")]
    pub quality: String,
    /// Since when, in seconds since 1970.
    #[serde(default = "long_since")]
    pub quality_date: i64,
}

fn utility() -> String {
    "UTILITY".to_owned()
}

fn approved() -> String {
    "APPROVED".to_owned()
}

fn positional() -> String {
    "POSITIONAL".to_owned()
}

fn none() -> String {
    "NONE".to_owned()
}

fn unknown() -> String {
    "UNKNOWN".to_owned()
}

fn long_since() -> i64 {
    1_700_000_000
}

impl Template {
    /// As the list tells it.
    pub(crate) fn shown(&self) -> Value {
        json!({
            "id": self.id,
            "name": self.name,
            "language": self.language,
            "status": self.status,
            "category": self.category,
            "parameter_format": self.parameter_format,
            "components": self.components,
            "rejected_reason": self.rejected_reason,
            "quality_score": {"score": self.quality, "date": self.quality_date},
        })
    }

    /// The component of a type, for example `BODY`.
    pub(crate) fn component(&self, kind: &str) -> Option<&Value> {
        self.components.iter().find(|one| {
            one.get("type").and_then(Value::as_str).is_some_and(|t| t.eq_ignore_ascii_case(kind))
        })
    }

    /// The number of its id, as webhooks tell it.
    pub(crate) fn id_number(&self) -> u64 {
        self.id.parse().unwrap_or_default()
    }
}

/// The templates of every account, each with the standard ones until something is changed.
#[derive(Debug, Default)]
pub(crate) struct Templates {
    accounts: BTreeMap<String, Vec<Template>>,
    made: u64,
}

impl Templates {
    pub(crate) fn of(&mut self, waba_id: &str) -> &mut Vec<Template> {
        self.accounts.entry(waba_id.to_owned()).or_insert_with(standard)
    }

    /// The templates of an account that was looked at before.
    pub(crate) fn peek(&self, waba_id: &str) -> &[Template] {
        self.accounts.get(waba_id).map_or(&[], Vec::as_slice)
    }

    /// Adds a template, or puts it in the place of the one with its name and language.
    pub(crate) fn put(&mut self, waba_id: &str, mut template: Template) -> Template {
        self.made += 1;
        let fresh_id = (900_000_000_000_000 + self.made).to_string();
        let list = self.of(waba_id);
        let twin = |one: &Template| one.name == template.name && one.language == template.language;
        let twin = list.iter().position(twin);
        if template.id.is_empty() {
            let known = twin.and_then(|place| list.get(place)).map(|one| one.id.clone());
            template.id = known.unwrap_or(fresh_id);
        }
        match twin.and_then(|place| list.get_mut(place)) {
            Some(found) => template.clone_into(found),
            None => list.push(template.clone()),
        }
        template
    }

    /// The account and template of an id.
    pub(crate) fn by_id(&mut self, id: &str) -> Option<(&String, &mut Template)> {
        self.accounts.iter_mut().find_map(|(waba_id, list)| {
            Some((waba_id, list.iter_mut().find(|template| template.id == id)?))
        })
    }
}

/// The templates of a new account: the platform's own first template, and one of each kind.
fn standard() -> Vec<Template> {
    // A test reads the same file, so that a mistake in it cannot hide as an empty list.
    serde_json::from_str(STANDARD).unwrap_or_default()
}

const STANDARD: &str = include_str!("templates/standard.json");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_standard_templates_are_read() {
        let names: Vec<String> = standard().into_iter().map(|template| template.name).collect();
        let expected =
            ["hello_world", "order_update", "order_update", "appointment", "autumn_sale"];
        assert_eq!(names, expected);
    }
}
