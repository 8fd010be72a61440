//! What a newer program says and this one does not know.
//!
//! The sets of the wire grow, and a phone or a node of last month meets the values of today. It
//! reads each that it does not know as the value that stands for it, and goes on. Nothing here is
//! ever decided or written by this version.

use std::fmt;

use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

/// How many kinds of facts this version knows. It grows with each new one. Nothing is decided by
/// it: it tells an operator and an app which side is the older one.
pub const FACTS: u32 = 42;

/// A part of the wire that this version does not know, kept as it came.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Unknown(Value);

impl Unknown {
    /// What it calls itself: its type or code, where it has one.
    pub fn name(&self) -> &str {
        let name = ["type", "code"].into_iter().find_map(|key| self.0.get(key)?.as_str());
        name.unwrap_or("unknown")
    }
}

/// It may hold a customer's text: only its name is shown.
impl fmt::Debug for Unknown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Unknown").field(&self.name()).finish()
    }
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Found<T> {
    Known(T),
    Other(IgnoredAny),
}

impl<T> Found<T> {
    fn known(self) -> Option<T> {
        match self {
            Self::Known(known) => Some(known),
            Self::Other(IgnoredAny) => None,
        }
    }
}

/// Reads a field; what this version can make nothing of is the default.
///
/// # Errors
/// When what stands there is not even JSON.
pub(crate) fn or_default<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(
    deserializer: D,
) -> Result<T, D::Error> {
    Ok(Found::deserialize(deserializer)?.known().unwrap_or_default())
}

/// Reads a list; elements that this version can make nothing of are passed over.
///
/// # Errors
/// When what stands there is no list.
pub(crate) fn known_ones<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Vec<T>, D::Error> {
    let found = Vec::<Found<T>>::deserialize(deserializer)?;
    Ok(found.into_iter().filter_map(Found::known).collect())
}
