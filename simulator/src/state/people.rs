//! The customers the simulator knows.

use std::collections::BTreeMap;

use rand::RngExt;
use serde::{Deserialize, Serialize};

use crate::base::seeds::Seeds;

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
    /// The customer blocked the business: what is sent to them fails with 131026.
    #[serde(default)]
    pub blocks_business: bool,
}

impl Person {
    /// The id that names this person to the simulator.
    pub(crate) fn key(&self) -> &str {
        self.wa_id.as_deref().or(self.user_id.as_deref()).unwrap_or_default()
    }
}

/// The user id that the platform gives to a phone number: always the same one. `nth` rises when
/// the customer gets another one.
pub(crate) fn user_id_of(wa_id: &str, nth: u64) -> String {
    const COUNTRIES: [(&str, &str); 8] = [
        ("1", "US"),
        ("34", "ES"),
        ("44", "GB"),
        ("49", "DE"),
        ("52", "MX"),
        ("54", "AR"),
        ("55", "BR"),
        ("971", "AE"),
    ];
    let country = COUNTRIES.iter().find(|(prefix, _)| wa_id.starts_with(prefix));
    let country = country.map_or("US", |(_, country)| country);
    let digits = Seeds(nth).rng("user id", wa_id, 0).random_range(10_u64.pow(18)..10_u64.pow(19));
    format!("{country}.{digits}")
}

/// All customers, found by either id.
#[derive(Debug, Default)]
pub(crate) struct People {
    list: BTreeMap<String, KnownPerson>,
    by_user_id: BTreeMap<String, String>,
}

/// A customer and how many things happened to them, which numbers their ids and choices.
#[derive(Debug, Default)]
pub(crate) struct KnownPerson {
    pub(crate) person: Person,
    pub(crate) wrote: u64,
    pub(crate) got: u64,
    pub(crate) tried: u64,
}

impl People {
    /// Makes a person known, or learns what is new about a known one. Returns the key.
    pub(crate) fn meet(&mut self, mut person: Person, gives_user_ids: bool) -> String {
        if let (Some(wa_id), None, true) = (&person.wa_id, &person.user_id, gives_user_ids) {
            let known = self.list.get(wa_id).and_then(|known| known.person.user_id.clone());
            person.user_id = Some(known.unwrap_or_else(|| user_id_of(wa_id, 0)));
        }
        let key = match (&person.wa_id, &person.user_id) {
            (None, Some(user_id)) => self.by_user_id.get(user_id).cloned(),
            _ => None,
        };
        let key = key.unwrap_or_else(|| person.key().to_owned());
        if let Some(user_id) = &person.user_id {
            self.by_user_id.insert(user_id.clone(), key.clone());
        }
        let known = &mut self.list.entry(key.clone()).or_default().person;
        known.blocks_business |= person.blocks_business;
        known.wa_id = person.wa_id.or(known.wa_id.take());
        known.user_id = person.user_id.or(known.user_id.take());
        known.username = person.username.or(known.username.take());
        if !person.name.is_empty() {
            known.name = person.name;
        }
        key
    }

    /// A customer whom somebody met.
    pub(crate) fn peek(&self, key: &str) -> Option<&Person> {
        self.list.get(key).map(|known| &known.person)
    }

    /// Gives a customer another number or user id; returns the new key.
    pub(crate) fn change(&mut self, key: &str, wa_id: Option<String>, user_id: String) -> String {
        let mut known = self.list.remove(key).unwrap_or_default();
        if let Some(old) = known.person.user_id.replace(user_id.clone()) {
            self.by_user_id.remove(&old);
        }
        known.person.wa_id = wa_id.or(known.person.wa_id);
        let key = known.person.key().to_owned();
        self.by_user_id.insert(user_id, key.clone());
        self.list.insert(key.clone(), known);
        key
    }

    pub(crate) fn get(&mut self, key: &str) -> &mut KnownPerson {
        self.list.entry(key.to_owned()).or_default()
    }
}
