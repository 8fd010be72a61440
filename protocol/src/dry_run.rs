//! `POST /rules/dry-run`: what rules would have done in a stretch of the past. `POST /rules/try`:
//! their fates with a message that nobody sent.

use serde::{Deserialize, Serialize};

use crate::setting::Rule;
use crate::{ChannelId, ConversationId, LineKind, RuleStep, SettingId, SkippedStep, Timestamp};

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

/// Rules as they would be, all of them, and a customer's message that is tried on them.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RuleTrialAsk {
    /// The rules in their order, at most 200. Those that are off do nothing.
    #[cfg_attr(feature = "schema", schemars(length(max = 200)))]
    pub rules: Vec<DryRule>,
    /// The conversation in which it is said; left out, a customer says it whom nobody knows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conversation_id: Option<ConversationId>,
    /// The number that somebody new writes to; left out, the workspace's first one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel_id: Option<ChannelId>,
    /// The text; it may be empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[cfg_attr(feature = "schema", schemars(length(max = 4096)))]
    pub text: String,
    /// The kind of message; left out, a text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "Option<String>"))]
    pub kind: Option<LineKind>,
}

/// The fates of rules with a message. Nothing was done.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RuleTrial {
    /// Each rule that was given, in its order.
    pub rules: Vec<RuleTried>,
}

/// The fate of one rule: its steps, or why it would not run.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RuleTried {
    /// The rule.
    pub id: SettingId,
    /// The result.
    pub fate: RuleFate,
    /// Whether each of its tests holds, in their order. Empty where nothing wakes it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tests: Vec<bool>,
    /// The steps that it would do.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub did: Vec<RuleStep>,
    /// Those that would be skipped.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub skipped: Vec<SkippedStep>,
    /// Its text to the customer, filled in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub says: Option<String>,
    /// The time at which its clock would ring, of one that waits for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Timestamp>,
}

/// The result of a trial for one rule.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum RuleFate {
    /// It runs.
    Runs,
    /// It is off.
    Off,
    /// Nothing that happens wakes it.
    NotWoken,
    /// Its tests do not hold.
    Tests,
    /// It has run as often as it may.
    Spent,
    /// A rule before it stops those after it.
    Stopped,
    /// Too many rules run.
    Cut,
    /// Its clock rings later.
    Waits,
    /// One that this version does not know.
    #[serde(other)]
    #[cfg_attr(feature = "schema", schemars(skip))]
    Unknown,
}
