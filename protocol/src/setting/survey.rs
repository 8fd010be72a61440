//! Surveys: customers are asked how it was, once a person has resolved an episode.

use serde::{Deserialize, Serialize};

/// The question to customers once a person has resolved their episode.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Survey {
    /// The question. Left out, nobody is asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(length(min = 1, max = 1_024), extend("x-lines" = 2)))]
    pub ask: Option<String>,
    /// The choices.
    #[serde(default)]
    pub scale: Scale,
    /// The words of the choices, the worst first: as many as the scale has. Left out, faces or
    /// stars.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schema", schemars(length(max = 5)))]
    pub choices: Vec<String>,
    /// Minutes after the end, 0 to 60, at which they are asked, unless somebody writes before.
    #[serde(default)]
    #[cfg_attr(feature = "schema", schemars(range(max = 60)))]
    pub after_min: u32,
    /// Of a hundred episodes so many are asked about, 1 to 100.
    #[serde(default = "all")]
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = 100)))]
    pub share: u32,
    /// Days, 0 to 365, in which nobody is asked again.
    #[serde(default = "week")]
    #[cfg_attr(feature = "schema", schemars(range(max = 365)))]
    pub not_within_days: u32,
    /// The thanks to whoever answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(length(min = 1, max = 1_024), extend("x-lines" = 2)))]
    pub thanks: Option<String>,
}

/// The choices of a survey.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Scale {
    /// Three faces, as buttons.
    #[default]
    Smile3,
    /// One to five stars, as a list.
    Stars5,
}

impl Scale {
    /// The best value; the worst is 1.
    pub fn best(self) -> u32 {
        match self {
            Self::Smile3 => 3,
            Self::Stars5 => 5,
        }
    }
}

impl Default for Survey {
    fn default() -> Self {
        Self {
            ask: None,
            scale: Scale::default(),
            choices: Vec::new(),
            after_min: 0,
            share: all(),
            not_within_days: week(),
            thanks: None,
        }
    }
}

const fn all() -> u32 {
    100
}

const fn week() -> u32 {
    7
}
