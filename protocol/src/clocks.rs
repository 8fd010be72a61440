//! Rules and clocks of a conversation: rules that ran, clocks that rang, times that are promised.

use serde::{Deserialize, Serialize};

use crate::setting::{Once, SlaTarget};
use crate::{AgentId, Priority, SettingId, Status, TeamId, Timestamp, Turn};

/// The rules that ran on a conversation, the clocks that rang, and the times that are promised.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Clocks {
    /// Rules that ran, as far as they run only so often.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ran: Vec<Ran>,
    /// The newest automatic messages.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub replied: Vec<Replied>,
    /// Clocks that rang.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rang: Vec<Rang>,
    /// The times that are promised; none where nothing is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sla: Option<Box<SlaState>>,
    /// The time at which a person last wrote, where an automatic message came after it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idle_since: Option<Timestamp>,
    /// The time that it spends with a bot; none where no bot owns it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bot: Option<BotState>,
    /// True where a bot had it and it went to people: no bot takes it in this episode.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_for_people: bool,
    /// The last survey at an end, or the one that is to come.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub survey: Option<SurveyState>,
    /// The answers of the latest episode; none where an earlier version opened it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answers: Option<Box<Answers>>,
    /// What the newest commit did by itself later than it was due; none where it was on time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub late: Option<Late>,
}

/// The customer's questions and the team's answers in an episode. The open turn follows from them,
/// also once an answer is lost or arrives after all.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Answers {
    /// The number of the first line that can stand in the episode.
    pub from_seq: u64,
    /// The time of its first message; of its opening before there was one.
    pub since: Timestamp,
    /// The customer's first line before all of `said`, where it waits for an answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked: Option<Turn>,
    /// The newest messages of the team. Those before them are known to have arrived, or are taken
    /// for that.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub said: Vec<Said>,
    /// A person wrote before all of `said`.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub written: bool,
    /// A person answered a turn of the episode before all of `said`.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub answered: bool,
    /// The last agent who answered before all of `said`, in whatever episode.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<AgentId>,
    /// The time at which a bot last gave it to people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handed_at: Option<Timestamp>,
    /// The agent who owned it when it was resolved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<AgentId>,
    /// The stretches in which it waited for the customer, was put aside or was resolved.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pauses: Vec<Pause>,
}

/// A message of the team in an episode.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Said {
    /// Its number.
    pub seq: u64,
    /// Its author; none for the phone app.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<AgentId>,
    /// The author is a bot: its messages answer nobody.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub bot: bool,
    /// It failed, is held or was taken back.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub lost: bool,
    /// The status of the episode when it was written, where it answered an open turn.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<Status>,
    /// The customer's first line after it, and before the next message of the team.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked: Option<Turn>,
}

/// Something that was due before the commit in which it happened, because nobody looked. What rules
/// do because of it counts from the time at which it was due.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Late {
    /// The time at which it was due.
    pub due_at: Timestamp,
    /// The time of the commit.
    pub at: Timestamp,
}

/// The question to a customer at the end of an episode.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SurveyState {
    /// The survey.
    pub survey_id: SettingId,
    /// The episode.
    pub episode: u32,
    /// The agent who resolved it.
    pub agent_id: AgentId,
    /// The time at which they are asked, or were.
    pub at: Timestamp,
    /// The best that they may choose; 0 before they were asked.
    #[serde(default)]
    pub best: u32,
    /// Their choice, the worst is 1; none before they made it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<u32>,
}

/// A step of a survey.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum SurveyStep {
    /// The customer is to be asked.
    Planned {
        /// The time.
        at: Timestamp,
    },
    /// They were asked.
    Asked {
        /// The best that they may choose; the worst is 1.
        best: u32,
    },
    /// They are not asked: WhatsApp takes no free message any more, or it is too late.
    Dropped,
    /// They chose.
    Answered {
        /// The worst is 1.
        value: u32,
        /// The best there is.
        best: u32,
        /// Whether they had chosen before.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        again: bool,
    },
    /// One that this version does not know.
    #[serde(other)]
    #[cfg_attr(feature = "schema", schemars(skip))]
    Unknown,
}

/// The time that a conversation spends with a bot.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct BotState {
    /// The bot.
    pub agent_id: AgentId,
    /// The time at which it became the owner.
    pub since: Timestamp,
    /// Messages of the customer since then.
    pub received: u32,
    /// Since when the customer waits for it to say something; none where it has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waits_since: Option<Timestamp>,
    /// The begin of the customer's waiting before all of `said`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked: Option<Timestamp>,
    /// Its newest messages.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub said: Vec<BotSaid>,
}

/// A message of a bot.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct BotSaid {
    /// Its number.
    pub seq: u64,
    /// It failed, is held or was taken back.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub lost: bool,
    /// The time of the customer's first line after it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked: Option<Timestamp>,
}

/// The way to a bot, or from it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum BotStep {
    /// It became the owner.
    Began,
    /// The customer asked for a person.
    Asked,
    /// The customer wrote as often as a bot may try.
    Turns,
    /// It said nothing for too long.
    Silent,
    /// Its time was over.
    Time,
    /// It is no bot any more.
    Gone,
    /// One that this version does not know.
    #[serde(other)]
    #[cfg_attr(feature = "schema", schemars(skip))]
    Unknown,
}

impl Clocks {
    /// Whether there is nothing to remember.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// That a rule ran.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Ran {
    /// The rule.
    pub rule_id: SettingId,
    /// The limit of its runs.
    pub once: Once,
    /// The turn that was open, by its first line; the customer's last line where none was.
    pub turn: u64,
    /// The episode.
    pub episode: u32,
}

/// An automatic message.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Replied {
    /// The turn, by its first line.
    pub turn: u64,
    /// The time.
    pub at: Timestamp,
}

/// That a clock rang. One that begins again at the same time does not ring again.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Rang {
    /// The clock.
    pub clock: Clock,
    /// The time at which it began.
    pub start: Timestamp,
    /// The exact time at which it was due, and that of the commit in which it rang.
    pub due_at: Timestamp,
    /// See above.
    pub at: Timestamp,
    /// The policy, where it is a promise's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy_id: Option<SettingId>,
}

/// A clock of a conversation.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Clock {
    /// Of a rule.
    Rule {
        /// The rule.
        rule_id: SettingId,
    },
    /// The promise is about to be broken.
    Warned {
        /// The answer that is promised.
        answer: Promised,
    },
    /// The promise is broken.
    Breached {
        /// The answer that is promised.
        answer: Promised,
    },
}

/// An answer that is promised.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Promised {
    /// The first one of an episode.
    First,
    /// Each further one.
    Next,
    /// The end of the episode.
    Resolution,
}

/// The times that are promised in an episode, as they were when it began.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SlaState {
    /// The policy.
    pub policy_id: SettingId,
    /// Its version.
    pub version: u32,
    /// For the first answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first: Option<SlaTarget>,
    /// For each further one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<SlaTarget>,
    /// For the end of the episode.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resolution: Option<SlaTarget>,
    /// The time from which the end of the episode is counted.
    pub since: Timestamp,
    /// Whether a person has answered in this episode.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub answered: bool,
    /// The stretches in which it waited for the customer or was put aside, as earlier versions
    /// kept them: no clock of a promise runs there.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pauses: Vec<Pause>,
    /// The schedules by which it counts, as they were when it was promised.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub calendars: Vec<Calendar>,
}

/// A schedule in the version in which a promise counts by it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Calendar {
    /// The schedule.
    pub id: SettingId,
    /// Its version.
    pub version: u32,
}

/// A stretch in which the clocks of promises stand still.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Pause {
    /// Its beginning.
    pub from: Timestamp,
    /// Its end; `None` while it lasts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
}

/// A step of a rule.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum RuleStep {
    /// A tag was put on.
    Tag {
        /// The tag.
        tag: SettingId,
    },
    /// A tag was taken off.
    Untag {
        /// The tag.
        tag: SettingId,
    },
    /// A text for the team: the event's content.
    Note,
    /// The customer was told that the message came.
    Reply,
    /// It went into a team's queue.
    Route {
        /// The team.
        team: TeamId,
    },
    /// The owner was called.
    NotifyOwner,
    /// The team was called.
    NotifyTeam,
    /// Those who supervise the team were called.
    NotifySupervisors,
    /// The status became waiting.
    MarkWaiting,
    /// It was snoozed.
    Snooze,
    /// It was resolved.
    Resolve,
    /// It is more or less urgent.
    Priority {
        /// The priority.
        priority: Priority,
    },
    /// The customer wants no marketing.
    StopMarketing,
    /// The owner is reminded of it later.
    Remind,
    /// Routing is asked for an agent.
    Assign,
    /// A webhook is told.
    Webhook {
        /// The webhook.
        webhook: SettingId,
    },
    /// A source is asked for labels.
    Classify {
        /// The source.
        source: SettingId,
    },
    /// One that this version does not know.
    #[serde(other)]
    #[cfg_attr(feature = "schema", schemars(skip))]
    Unknown,
}

/// A step of a rule that was not done.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SkippedStep {
    /// The step.
    pub step: RuleStep,
    /// Why it was not done.
    pub why: SkipReason,
}

/// Why a step of a rule was not done.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum SkipReason {
    /// WhatsApp takes no free message any more.
    WindowClosed,
    /// The customer is blocked.
    Blocked,
    /// The thing that it names has ended.
    Ended,
    /// A person owns the conversation.
    OwnedByPerson,
    /// It is so already.
    Already,
    /// The time is over for what reaches the customer.
    TooLate,
    /// So much happened by itself already.
    Limit,
    /// It is a group.
    Group,
    /// No person owns it.
    NoOwner,
    /// The webhook is told nothing of rules, or of this team or number.
    NotTold,
    /// Its text has a blank that nobody fills in.
    Blank,
    /// A customer's message is not answered.
    Unanswered,
    /// No person answered in this episode.
    NobodyAnswered,
    /// A person of the team answered a short time ago.
    RunningTalk,
    /// One that this version does not know.
    #[serde(other)]
    #[cfg_attr(feature = "schema", schemars(skip))]
    Unknown,
}
