//! Reports: how much came in, and how fast it was answered. All times are by the wall clock.

use serde::{Deserialize, Serialize};

use crate::{AgentId, ChannelId, ConversationId, SettingId, TeamId, Timestamp};

/// `GET /reports/answers`: figures worked out from the log. A figure belongs to the stretch in
/// which it ended; a turn that began, to the one in which it began.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct AnswersReport {
    /// The position up to which the log was read.
    pub upto: u64,
    /// The limit that [`Spread::within`] counts by, ms.
    pub within_ms: u64,
    /// Of the whole time.
    pub whole: Figures,
    /// Between each two edges, in order.
    pub stretches: Vec<StretchFigures>,
    /// Of each agent, as far as there is something to tell.
    pub agents: Vec<AgentFigures>,
    /// Of each team.
    pub teams: Vec<TeamFigures>,
    /// Of each number.
    pub channels: Vec<ChannelFigures>,
    /// Of the episodes with each tag, and of those without one.
    #[serde(default)]
    pub tags: Vec<TagFigures>,
    /// Of the episodes with each outcome, of those without one, and of the unresolved.
    #[serde(default)]
    pub outcomes: Vec<OutcomeFigures>,
}

/// Figures of a stretch of time.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct StretchFigures {
    /// Its begin.
    pub from: Timestamp,
    /// Its end, which belongs to the next.
    pub until: Timestamp,
    /// The figures.
    #[serde(flatten)]
    pub figures: Figures,
}

/// Figures of an agent: what they wrote, took and resolved.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct AgentFigures {
    /// The agent.
    pub agent_id: AgentId,
    /// The figures.
    #[serde(flatten)]
    pub figures: Figures,
}

/// Figures of a team: of conversations that were its at that moment.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct TeamFigures {
    /// The team.
    pub team_id: TeamId,
    /// The figures.
    #[serde(flatten)]
    pub figures: Figures,
}

/// Figures of a number.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ChannelFigures {
    /// The number.
    pub channel_id: ChannelId,
    /// The figures.
    #[serde(flatten)]
    pub figures: Figures,
}

/// Figures of the episodes that have a tag. An episode with two tags counts under both.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct TagFigures {
    /// The tag, or the one that it was merged into; absent for episodes without a tag.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tag_id: Option<SettingId>,
    /// Its name; absent where it was erased.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The figures.
    #[serde(flatten)]
    pub figures: Figures,
}

/// Figures of the episodes that ended with an outcome.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct OutcomeFigures {
    /// The outcome; absent for episodes that ended without one, and for unresolved ones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome_id: Option<SettingId>,
    /// Its name; absent where it was erased.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// True for the episodes that are not resolved at the end of the whole time.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unresolved: bool,
    /// The figures.
    #[serde(flatten)]
    pub figures: Figures,
}

/// Counts and times.
#[derive(Clone, Default, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Figures {
    /// Messages of customers.
    pub received: u64,
    /// Messages of people in the team.
    pub sent: u64,
    /// Turns that began.
    pub turns: u64,
    /// Turns that a person answered.
    pub answered: u64,
    /// Turns that resolving closed, without an answer.
    pub unanswered: u64,
    /// Turns that began here and were open at the end of the whole time.
    pub open: u64,
    /// Episodes that began.
    pub opened: u64,
    /// Episodes that were resolved.
    pub resolved: u64,
    /// Of the resolved, those after which the conversation's next episode began within seven days.
    #[serde(default)]
    pub reopened: u64,
    /// Of the resolved, those that ended seven days ago or longer. Of the others nobody knows yet
    /// whether they will be reopened.
    #[serde(default)]
    pub settled: u64,
    /// Of the settled, those that were reopened. Divided by `settled` it is the reopen rate.
    #[serde(default)]
    pub settled_reopened: u64,
    /// Customers who were asked how it was.
    #[serde(default)]
    pub asked: u64,
    /// Customers who said it.
    #[serde(default)]
    pub rated: u64,
    /// The sum of their choices: 100 for each who chose the best, 0 for each who chose the worst.
    /// Divided by `rated` it is the satisfaction in percent.
    #[serde(default)]
    pub points: u64,
    /// From a turn's begin to the first answer of its episode; from when a bot gave it to people,
    /// if that was later.
    pub first_reply: Spread,
    /// From a turn's begin to its answer.
    pub reply: Spread,
    /// From an episode's begin to its first person as owner.
    pub pick_up: Spread,
    /// From when a person owned it, or the turn began if that was later, to the answer.
    #[serde(default)]
    pub hold: Spread,
    /// From an episode's begin to its end.
    pub resolution: Spread,
}

/// The spread of a time, ms. Without anything measured there are no times.
#[derive(Clone, Default, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Spread {
    /// The number of measurements.
    pub count: u64,
    /// Their mean.
    pub mean_ms: Option<u64>,
    /// Half took at most so long.
    pub median_ms: Option<u64>,
    /// Nine of ten took at most so long.
    pub p90_ms: Option<u64>,
    /// The longest.
    pub max_ms: Option<u64>,
    /// The number of those that took at most [`AnswersReport::within_ms`].
    pub within: u64,
    /// The number of those that go on, and have lasted longer than that. So `within` is a share of
    /// `count` and these.
    #[serde(default)]
    pub open_late: u64,
}

/// The times that are measured of a conversation.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Measure {
    /// See [`Figures::first_reply`].
    FirstReply,
    /// See [`Figures::reply`].
    Reply,
    /// See [`Figures::pick_up`].
    PickUp,
    /// See [`Figures::resolution`].
    Resolution,
    /// See [`Figures::unanswered`].
    Unanswered,
    /// See [`Figures::open`].
    Open,
    /// See [`Figures::reopened`]: from the end of an episode to the begin of the next one. It
    /// belongs to the stretch in which the first one ended, and to whoever resolved that.
    Reopened,
    /// See [`Figures::hold`].
    Hold,
}

names!(Measure {
    FirstReply = "first_reply",
    Reply = "reply",
    PickUp = "pick_up",
    Resolution = "resolution",
    Unanswered = "unanswered",
    Open = "open",
    Reopened = "reopened",
    Hold = "hold",
});

/// `GET /reports/answers/conversations`: what is behind a figure, the slowest first.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct MeasuredPage {
    /// At most [`MEASURED_MAX`](crate::limits::MEASURED_MAX).
    pub rows: Vec<Measured>,
    /// There are more: ask for a shorter time.
    pub more: bool,
}

/// One measured time.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Measured {
    /// The conversation it was measured in.
    pub conversation_id: ConversationId,
    /// The agent who answered, took or resolved it; absent for the phone app and for open ones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent_id: Option<AgentId>,
    /// The team it was with.
    pub team_id: TeamId,
    /// The number.
    pub channel_id: ChannelId,
    /// The time when it began.
    pub since: Timestamp,
    /// The time when it ended; absent while it is open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Timestamp>,
    /// The duration; of an open one, until the end of the time asked for.
    pub ms: u64,
}
