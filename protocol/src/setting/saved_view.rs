//! Filters of the inbox.

use serde::{Deserialize, Serialize};

use crate::view::ViewFilter;

/// A filter of the inbox that is kept by name. What it names may end: then it shows nothing.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(rename = "InboxView"))]
#[serde(deny_unknown_fields)]
pub struct SavedView {
    /// As people read it.
    #[cfg_attr(feature = "schema", schemars(length(min = 1, max = 40)))]
    #[cfg_attr(feature = "schema", schemars(extend("x-column" = true)))]
    pub name: String,
    /// The filter that its conversations pass.
    pub filter: ViewFilter,
}
