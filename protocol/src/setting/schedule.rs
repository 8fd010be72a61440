//! Schedules: when somebody is there.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// When somebody is there.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Schedule {
    /// As people read it.
    #[cfg_attr(feature = "schema", schemars(length(min = 1, max = 100)))]
    #[cfg_attr(feature = "schema", schemars(extend("x-column" = true)))]
    pub name: String,
    /// Its time zone, as `Europe/Madrid`.
    #[cfg_attr(feature = "schema", schemars(length(min = 1, max = 64)))]
    #[cfg_attr(feature = "schema", schemars(extend("x-column" = true)))]
    pub zone: String,
    /// The spans of each weekday, Monday first; at most 6 a day, in order.
    #[serde(default)]
    pub week: [Vec<Span>; 7],
    /// The spans of single days, as `2026-12-24`; none for a day that is closed. At most 400.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub days: BTreeMap<String, Vec<Span>>,
}

/// A stretch of a day in minutes since its beginning: `[540, 1080]` is from 9:00 until 18:00. A
/// night is two spans.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct Span(
    /// Its beginning, 0 to 1,439.
    pub u16,
    /// Its end, 1 to 1,440.
    pub u16,
);
