//! The customers the simulator knows.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// A customer. At least one of `wa_id` and `user_id` is known.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Person {
    /// The phone number, digits only. People with a username may not show theirs.
    #[serde(default)]
    pub wa_id: Option<String>,
    /// The business-scoped user id, for example `US.13491208655302741918`.
    #[serde(default)]
    pub user_id: Option<String>,
    /// The profile's name.
    #[serde(default)]
    pub name: String,
    /// The username, with its `@`.
    #[serde(default)]
    pub username: Option<String>,
}

impl Person {
    /// The id that names this person to the simulator.
    pub(crate) fn key(&self) -> &str {
        self.wa_id.as_deref().or(self.user_id.as_deref()).unwrap_or_default()
    }
}

/// All customers, found by either id.
#[derive(Debug, Default)]
pub(crate) struct People {
    list: BTreeMap<String, Known>,
    by_user_id: BTreeMap<String, String>,
}

/// A customer and how many things happened to them, which numbers their ids and choices.
#[derive(Debug, Default)]
pub(crate) struct Known {
    pub(crate) person: Person,
    pub(crate) wrote: u64,
    pub(crate) got: u64,
    pub(crate) tried: u64,
}

impl People {
    /// Makes a person known, or learns what is new about a known one. Returns the key.
    pub(crate) fn meet(&mut self, person: Person) -> String {
        let key = match (&person.wa_id, &person.user_id) {
            (None, Some(user_id)) => self.by_user_id.get(user_id).cloned(),
            _ => None,
        };
        let key = key.unwrap_or_else(|| person.key().to_owned());
        if let Some(user_id) = &person.user_id {
            self.by_user_id.insert(user_id.clone(), key.clone());
        }
        let known = &mut self.list.entry(key.clone()).or_default().person;
        known.wa_id = person.wa_id.or(known.wa_id.take());
        known.user_id = person.user_id.or(known.user_id.take());
        known.username = person.username.or(known.username.take());
        if !person.name.is_empty() {
            known.name = person.name;
        }
        key
    }

    pub(crate) fn get(&mut self, key: &str) -> &mut Known {
        self.list.entry(key.to_owned()).or_default()
    }
}
