//! Fields of a customer's card: the values of the attributes that a team set up.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Number;

use crate::Unknown;

/// The value of an attribute.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(transform = crate::schema::one_of))]
#[serde(untagged)]
pub enum FieldValue {
    /// Yes or no.
    YesNo(bool),
    /// A number.
    Number(Number),
    /// A text; also a day as `2026-03-12`, one of some choices, or an address of the web.
    Text(String),
    /// One that this version cannot read.
    #[cfg_attr(feature = "schema", schemars(skip))]
    Unknown(Unknown),
}

impl From<bool> for FieldValue {
    fn from(is_so: bool) -> Self {
        Self::YesNo(is_so)
    }
}

impl From<&str> for FieldValue {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

/// `PUT /contacts/{contact}/attributes`: changes fields of a card, 1 to 20 in all. Attributes are
/// named by their keys.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ContactFieldsPut {
    /// New values.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub set: BTreeMap<String, FieldValue>,
    /// Attributes whose value goes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schema", schemars(length(max = 20)))]
    pub clear: Vec<String>,
}

/// The fields of a card, as far as the reader may see them.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ContactFields {
    /// The values, by the keys of their attributes.
    pub fields: BTreeMap<String, FieldValue>,
}
