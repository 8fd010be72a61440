//! The frame of a POST: entries, their changes, and what each change lists, still undecoded.
//!
//! A well-formed frame is read in few passes. One that is not is taken apart level by level, so
//! that each odd piece is set aside alone.

use std::{fmt, marker::PhantomData};

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor, value::MapAccessDeserializer};
use serde_json::value::RawValue;

use super::leaf::{Object, array, scalar};

/// What a POST lists.
#[derive(Default, Debug)]
pub(super) struct Post<'a> {
    /// Its changes, in order.
    pub(super) changes: Vec<Change<'a>>,
    /// Pieces where something else should be.
    pub(super) odd: Vec<(Level, &'a RawValue)>,
}

/// Where an odd piece lay.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Level {
    /// It is the whole POST.
    Post,
    /// One of `entry`.
    Entry,
    /// One of `changes`.
    Change,
}

/// One change of one entry.
#[derive(Debug)]
pub(super) struct Change<'a> {
    /// What kind of change.
    pub(super) field: Option<&'a RawValue>,
    /// What it says.
    pub(super) value: &'a RawValue,
}

/// The value of a change, as far as messages go.
#[derive(serde::Deserialize, Default, Debug)]
pub(super) struct Value<'a> {
    /// Which number it concerns.
    #[serde(borrow, default)]
    pub(super) metadata: Option<&'a RawValue>,
    /// Who the people in it are.
    #[serde(borrow, default)]
    pub(super) contacts: Vec<&'a RawValue>,
    /// What customers did.
    #[serde(borrow, default)]
    pub(super) messages: Vec<&'a RawValue>,
    /// What was said on the phone app.
    #[serde(borrow, default)]
    pub(super) message_echoes: Vec<&'a RawValue>,
    /// What customers who called did.
    #[serde(borrow, default)]
    pub(super) calls: Vec<&'a RawValue>,
    /// How far outgoing messages got.
    #[serde(borrow, default)]
    pub(super) statuses: Vec<&'a RawValue>,
    /// Trouble that concerns no message, or the message beside it.
    #[serde(borrow, default)]
    pub(super) errors: Option<&'a RawValue>,
    /// Lists that are none, by name.
    #[serde(skip)]
    pub(super) odd: Vec<(&'static str, &'a RawValue)>,
}

#[derive(serde::Deserialize)]
struct WholePost<'a> {
    #[serde(borrow, default)]
    object: Option<&'a RawValue>,
    #[serde(borrow)]
    entry: Vec<Members<WholeEntry<'a>>>,
}

#[derive(serde::Deserialize)]
struct WholeEntry<'a> {
    #[serde(borrow)]
    changes: Vec<Members<WholeChange<'a>>>,
}

#[derive(serde::Deserialize)]
struct WholeChange<'a> {
    #[serde(borrow, default)]
    field: Option<&'a RawValue>,
    #[serde(borrow)]
    value: Option<&'a RawValue>,
}

/// A struct read from an object only: serde would take an array of its members as well.
struct Members<T>(T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Members<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Read<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Read<T> {
            type Value = Members<T>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                T::deserialize(MapAccessDeserializer::new(map)).map(Members)
            }
        }
        deserializer.deserialize_map(Read(PhantomData))
    }
}

/// Reads the frame of a POST. `None`: it is about another kind of object than WhatsApp.
pub(super) fn read(raw: &RawValue) -> Option<Post<'_>> {
    let Ok(Members(post)) = serde_json::from_str::<Members<WholePost<'_>>>(raw.get()) else {
        return read_apart(raw);
    };
    if is_foreign(post.object) {
        return None;
    }
    let changes = post.entry.into_iter().flat_map(|Members(entry)| entry.changes);
    let changes: Option<Vec<Change<'_>>> = changes
        .map(|Members(change)| Some(Change { field: change.field, value: change.value? }))
        .collect();
    match changes {
        Some(changes) => Some(Post { changes, odd: Vec::new() }),
        None => read_apart(raw),
    }
}

/// Reads the same, level by level.
pub(super) fn read_apart(raw: &RawValue) -> Option<Post<'_>> {
    let mut post = Post::default();
    let Some(object) = Object::read(raw) else {
        post.odd.push((Level::Post, raw));
        return Some(post);
    };
    if is_foreign(object.get("object")) {
        return None;
    }
    let Some(entries) = object.get("entry").and_then(array) else {
        post.odd.push((Level::Post, raw));
        return Some(post);
    };
    for entry in entries {
        let changes = Object::read(entry).and_then(|entry| array(entry.get("changes")?));
        let Some(changes) = changes else {
            post.odd.push((Level::Entry, entry));
            continue;
        };
        for change in changes {
            let read = Object::read(change)
                .and_then(|c| Some(Change { field: c.get("field"), value: c.get("value")? }));
            match read {
                Some(change) => post.changes.push(change),
                None => post.odd.push((Level::Change, change)),
            }
        }
    }
    Some(post)
}

impl<'a> Value<'a> {
    /// How many elements it lists.
    pub(super) fn len(&self) -> usize {
        let lists = [&self.messages, &self.message_echoes, &self.calls, &self.statuses];
        lists.iter().map(|list| list.len()).sum()
    }

    /// Reads the value of a change that speaks of messages; `None` when it is no object.
    pub(super) fn read(raw: &'a RawValue) -> Option<Self> {
        let whole = serde_json::from_str(raw.get()).map(|Members(value)| value);
        whole.ok().or_else(|| Self::read_apart(raw))
    }

    /// Reads the same, list by list.
    pub(super) fn read_apart(raw: &'a RawValue) -> Option<Self> {
        let object = Object::read(raw)?;
        let mut odd = Vec::new();
        let mut list = |name| match object.get(name) {
            None => Vec::new(),
            // One element without the array around it is taken as it is meant.
            Some(single) if is_object(single) => vec![single],
            Some(raw) => array(raw).unwrap_or_else(|| {
                odd.push((name, raw));
                Vec::new()
            }),
        };
        let (contacts, messages) = (list("contacts"), list("messages"));
        let (message_echoes, statuses) = (list("message_echoes"), list("statuses"));
        let calls = list("calls");
        let (metadata, errors) = (object.get("metadata"), object.get("errors"));
        Some(Self { metadata, contacts, messages, message_echoes, calls, statuses, errors, odd })
    }
}

fn is_object(raw: &RawValue) -> bool {
    raw.get().starts_with('{')
}

fn is_foreign(object: Option<&RawValue>) -> bool {
    object.and_then(scalar).is_some_and(|object| object != "whatsapp_business_account")
}
