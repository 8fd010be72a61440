//! Templates that stand in for others.

use serde::{Deserialize, Serialize};

use crate::template::TemplateName;

/// The template of a number that is offered in place of another, when Meta stops that one or makes
/// it marketing. Nothing is sent by itself.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(rename = "FallbackTemplate"))]
#[serde(deny_unknown_fields)]
pub struct TemplateFallback {
    /// The template that may be stopped.
    pub template: TemplateName,
    /// Meta's category of it, such as `utility`, when this was set.
    #[cfg_attr(feature = "schema", schemars(length(min = 1, max = 64)))]
    pub category: String,
    /// The one that is offered then: it needs the same variables.
    pub fallback: TemplateName,
}
