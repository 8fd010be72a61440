//! `POST /rules/dry-run`: what rules would have done in a stretch of the past.

use serde::{Deserialize, Serialize};

use crate::setting::Rule;
use crate::{ConversationId, RuleStep, SettingId, SkippedStep, Timestamp};

/// Rules as they would be, all of them, and the stretch in which they are tried.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct DryRunAsk {
    /// The rules in their order, at most 200. Those that are off do nothing.
    #[cfg_attr(feature = "schema", schemars(length(max = 200)))]
    pub rules: Vec<DryRule>,
    /// The beginning.
    pub from: Timestamp,
    /// The end, at most 31 days later.
    pub until: Timestamp,
}

/// A rule as it would be.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct DryRule {
    /// Its id.
    pub id: SettingId,
    /// Its body.
    pub body: Rule,
}

/// The runs that rules would have had. A rule is judged on what happened: what it would have
/// changed for what came later is not played on.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct DryRun {
    /// Each rule that would have run.
    pub rules: Vec<DryRunOf>,
    /// The conversations that were looked at.
    pub conversations: u32,
    /// Whether there were more conversations or events than are looked at.
    pub cut: bool,
    /// Messages whose text was erased since, or is not there: tests of it do not hold.
    pub erased: u32,
    /// Runs of the past that are among these.
    pub same: u32,
    /// Runs of the past that would not have been.
    pub gone: u32,
}

/// The runs that one rule would have had.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct DryRunOf {
    /// The rule.
    pub id: SettingId,
    /// The number of these runs.
    pub runs: u32,
    /// The first of them, at most 50.
    pub examples: Vec<DryRunExample>,
}

/// A run that would have been.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct DryRunExample {
    /// The conversation.
    pub conversation_id: ConversationId,
    /// The time.
    pub at: Timestamp,
    /// The steps that would have been done.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub did: Vec<RuleStep>,
    /// Those that would have been skipped.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub skipped: Vec<SkippedStep>,
}
