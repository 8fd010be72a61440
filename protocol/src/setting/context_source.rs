//! Sources of context: programs of the team's own that are asked about a customer when their card
//! is opened.

use serde::{Deserialize, Serialize};

use crate::SettingId;

/// A program of the team's own that is asked about a customer whenever their card is opened.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ContextSource {
    /// As people read it, on the card too.
    #[cfg_attr(feature = "schema", schemars(length(min = 1, max = 100)))]
    #[cfg_attr(feature = "schema", schemars(extend("x-column" = true)))]
    pub name: String,
    /// The address: https, of the open Internet.
    #[cfg_attr(feature = "schema", schemars(length(min = 1, max = 2048)))]
    #[cfg_attr(feature = "schema", schemars(extend("x-column" = true)))]
    pub url: String,
    /// Only rows with these labels are shown; left out, all. At most 20.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schema", schemars(length(max = 20)))]
    pub shows: Vec<String>,
    /// Seconds for which an answer is shown without asking again, 60 to 86,400.
    #[serde(default = "ContextSource::default_fresh")]
    #[cfg_attr(feature = "schema", schemars(range(min = 60, max = 86400)))]
    pub fresh_s: u32,
    /// Whether it is told what was said last. Agents may ask it for an answer, and rules for
    /// labels.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub suggests: bool,
    /// Labels that it may give what was said, and the tags that stand for them; at most 20.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schema", schemars(length(max = 20)))]
    pub labels: Vec<SourceLabel>,
    /// The tag that a rule puts on where it gives none of its labels, or does not answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(extend("x-of" = "tag")))]
    pub otherwise: Option<SettingId>,
    /// Requests to it on a day of the workspace's time zone, 1 to 1,000,000. Left out, any number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = 1_000_000)))]
    pub per_day: Option<u32>,
    /// Whether it is asked.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[cfg_attr(feature = "schema", schemars(extend("x-column" = true)))]
    pub enabled: bool,
}

impl ContextSource {
    fn default_fresh() -> u32 {
        300
    }
}

/// A label of a source, and the tag that stands for it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct SourceLabel {
    /// The label, as the source gives it.
    #[cfg_attr(feature = "schema", schemars(length(min = 1, max = 60)))]
    pub label: String,
    /// The tag.
    #[cfg_attr(feature = "schema", schemars(extend("x-of" = "tag")))]
    pub tag: SettingId,
}
