//! Rules: when something happens to a conversation and tests hold, steps are done.

use serde::{Deserialize, Serialize};

use crate::{AgentId, ChannelId, LineKind, Priority, SettingId, TeamId};

/// A rule: when something happens and tests hold, something is done.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// As people read it.
    #[cfg_attr(feature = "schema", schemars(length(min = 1, max = 100)))]
    #[cfg_attr(feature = "schema", schemars(extend("x-column" = true)))]
    pub name: String,
    /// Whether it counts. One that is off is a draft.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[cfg_attr(feature = "schema", schemars(extend("x-column" = true)))]
    pub enabled: bool,
    /// The event or clock that wakes it. A clock whose time is over waits until the tests hold, as
    /// long as what it counts goes on.
    #[cfg_attr(feature = "schema", schemars(extend("x-column" = true)))]
    pub when: Trigger,
    /// Minutes after which a clock wakes it, 1 to 525,600; minutes before the end for
    /// `window_left`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = 525_600)))]
    #[cfg_attr(feature = "schema", schemars(extend("x-when" = crate::schema::by_clock(true))))]
    pub after_min: Option<u32>,
    /// The schedule whose open minutes these are; left out, all minutes count.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(extend("x-of" = "schedule")))]
    #[cfg_attr(feature = "schema", schemars(extend("x-when" = crate::schema::by_clock(false))))]
    pub hours: Option<SettingId>,
    /// Whether all tests must hold or one.
    #[serde(default)]
    pub holds: Holds,
    /// The tests; at most 30.
    #[serde(default, rename = "if", skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schema", schemars(length(max = 30)))]
    pub tests: Vec<Test>,
    /// The steps in their order; at most 10.
    #[cfg_attr(feature = "schema", schemars(length(min = 1, max = 10)))]
    pub then: Vec<RuleAction>,
    /// The limit of its runs on a conversation.
    #[serde(default)]
    pub once: Once,
    /// Whether rules after it are passed over for what woke it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub stop: bool,
    /// The last day on which it counts, as `2027-12-31`, in the workspace's time zone. Left out, it
    /// has no end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(regex(pattern = "^[0-9]{4}-[0-9]{2}-[0-9]{2}$")))]
    pub until: Option<String>,
}

/// The event or clock that wakes a rule.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Trigger {
    /// A customer says something.
    Message,
    /// A customer's first message in a conversation, also where the team wrote before.
    FirstMessage,
    /// An episode opens.
    EpisodeOpened,
    /// Another owner is responsible.
    OwnerChanged,
    /// The episode's status changes.
    StatusChanged,
    /// A tag is put on.
    Tagged,
    /// The episode ends.
    Resolved,
    /// An automatic message was left out, because so many were sent already: perhaps a machine
    /// answers.
    Limited,
    /// By clock: nobody has answered the customer.
    Unanswered,
    /// By clock: the customer waits, and nobody owns the conversation.
    Unassigned,
    /// By clock: nothing was said in what is not resolved.
    Idle,
    /// By clock: the customer waits, and so many minutes are left in which WhatsApp takes a free
    /// answer.
    WindowLeft,
}

impl Trigger {
    /// Whether a clock wakes the rule.
    pub fn is_clock(self) -> bool {
        matches!(self, Self::Unanswered | Self::Unassigned | Self::Idle | Self::WindowLeft)
    }
}

/// The number of tests that must hold.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Holds {
    /// Each of them.
    #[default]
    All,
    /// One of them.
    Any,
}

/// A test of a conversation.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "test", rename_all = "snake_case", deny_unknown_fields)]
pub enum Test {
    /// The customer's text has these words, whole ones, however they are written.
    Text {
        /// The words; one of them is enough. At most 100.
        #[cfg_attr(feature = "schema", schemars(length(min = 1, max = 100)))]
        any_of: Vec<String>,
        /// Whether nothing else may be said.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        exactly: bool,
        /// Whether it must not hold.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        not: bool,
    },
    /// The customer's line is of one of these kinds.
    Kind {
        /// The names of the kinds.
        #[cfg_attr(feature = "schema", schemars(length(min = 1, max = 30)))]
        #[cfg_attr(feature = "schema", schemars(with = "Vec<String>"))]
        any_of: Vec<LineKind>,
        /// Whether it must not hold.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        not: bool,
    },
    /// It runs on one of these numbers.
    Channel {
        /// The numbers.
        #[cfg_attr(feature = "schema", schemars(length(min = 1, max = 100)))]
        #[cfg_attr(feature = "schema", schemars(extend("x-of" = "channel")))]
        any_of: Vec<ChannelId>,
        /// Whether it must not hold.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        not: bool,
    },
    /// It belongs to one of these teams.
    Team {
        /// The teams.
        #[cfg_attr(feature = "schema", schemars(length(min = 1, max = 100)))]
        #[cfg_attr(feature = "schema", schemars(extend("x-of" = "team")))]
        any_of: Vec<TeamId>,
        /// Whether it must not hold.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        not: bool,
    },
    /// Its owner.
    Owner {
        /// The owner's kind.
        is: OwnerKind,
    },
    /// The episode stands so.
    Status {
        /// The statuses.
        #[cfg_attr(feature = "schema", schemars(length(min = 1, max = 4)))]
        any_of: Vec<StatusKind>,
        /// Whether it must not hold.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        not: bool,
    },
    /// One of these tags is on.
    Tag {
        /// The tags.
        #[cfg_attr(feature = "schema", schemars(length(min = 1, max = 100)))]
        #[cfg_attr(feature = "schema", schemars(extend("x-of" = "tag")))]
        any_of: Vec<SettingId>,
        /// Whether it must not hold.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        not: bool,
    },
    /// The customer writes one of these languages, as far as that is known.
    Language {
        /// Their tags, as `pt`, which is also any of its regions, or `pt-BR`.
        #[cfg_attr(feature = "schema", schemars(length(min = 1, max = 30)))]
        any_of: Vec<String>,
        /// Whether it must not hold.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        not: bool,
    },
    /// A schedule is open then.
    Hours {
        /// The schedule.
        #[cfg_attr(feature = "schema", schemars(extend("x-of" = "schedule")))]
        schedule: SettingId,
        /// Whether it must be closed.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        not: bool,
    },
    /// The customer had an episode before this one.
    Known {
        /// Whether it must not hold.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        not: bool,
    },
    /// The customer's line came from an advertisement.
    FromAd {
        /// Whether it must not hold.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        not: bool,
    },
}

/// Kinds of owners.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum OwnerKind {
    /// A team's queue.
    Queue,
    /// An agent.
    Agent,
    /// An agent that is a program.
    Bot,
    /// An agent that is none.
    Person,
}

/// Statuses by their names.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "they are the statuses of conversations")]
pub enum StatusKind {
    Open,
    Waiting,
    Snoozed,
    Resolved,
}

/// Something that a rule does.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "do", rename_all = "snake_case", deny_unknown_fields)]
pub enum RuleAction {
    /// Puts a tag on.
    Tag {
        /// The tag.
        #[cfg_attr(feature = "schema", schemars(extend("x-of" = "tag")))]
        tag: SettingId,
    },
    /// Takes a tag off.
    Untag {
        /// The tag.
        #[cfg_attr(feature = "schema", schemars(extend("x-of" = "tag")))]
        tag: SettingId,
    },
    /// Writes something for the team beside what it did.
    Note {
        /// The text.
        #[cfg_attr(feature = "schema", schemars(length(min = 1, max = 4096)))]
        #[cfg_attr(feature = "schema", schemars(extend("x-lines" = 2)))]
        text: String,
    },
    /// Tells the customer that the message came. The turn stays open, and has one automatic
    /// message, whichever rule sends it. None goes into a running talk: see
    /// `quiet_after_answer_min` of the team's policy.
    Reply {
        /// The text. `{{customer.first_name|you}}` and `{{customer.name|you}}` are filled in, with
        /// the other words where nothing is known.
        #[cfg_attr(feature = "schema", schemars(length(min = 1, max = 4096)))]
        #[cfg_attr(feature = "schema", schemars(extend("x-lines" = 3)))]
        text: String,
    },
    /// Puts it into a team's queue.
    Route {
        /// The team.
        #[cfg_attr(feature = "schema", schemars(extend("x-of" = "team")))]
        team: TeamId,
        /// Whether it is taken from a person who owns it.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        even_if_owned: bool,
    },
    /// Calls somebody by push.
    Notify {
        /// The person or team that is called.
        whom: Notified,
    },
    /// Sets the status to waiting.
    MarkWaiting {},
    /// Snoozes for so many minutes.
    Snooze {
        /// 1 to 43,200: 30 days.
        #[cfg_attr(feature = "schema", schemars(range(min = 1, max = 43200)))]
        minutes: u32,
    },
    /// Resolves, where no customer waits for an answer: a person answered in the episode, longer
    /// than 30 minutes ago. A message alone that came within 24 hours after the end is resolved
    /// again.
    Resolve {},
    /// Says how urgent it is in its team's queue.
    Priority {
        /// The priority from here on.
        priority: Priority,
    },
    /// Notes that the customer wants no marketing: templates of that category are refused.
    StopMarketing {},
    /// Reminds the person who owns it after so many minutes. A reminder of their own stays.
    Remind {
        /// 1 to 525,600: a year.
        #[cfg_attr(feature = "schema", schemars(range(min = 1, max = 525_600)))]
        minutes: u32,
        /// The schedule whose open minutes these are; left out, all minutes count.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(feature = "schema", schemars(extend("x-of" = "schedule")))]
        hours: Option<SettingId>,
        /// True where it rings only if the customer has written nothing until then.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        follow_up: bool,
        /// Its text. Left out, it has none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(feature = "schema", schemars(length(min = 1, max = 500)))]
        #[cfg_attr(feature = "schema", schemars(extend("x-lines" = 2)))]
        text: Option<String>,
    },
    /// Asks routing to give it to an agent of its team who is there and has room. It goes on asking
    /// while the conversation waits in that queue.
    Assign {
        /// The way the agent is chosen.
        by: AssignBy,
        /// With `on_call`: those who may be asked, in their order; at most 20.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        #[cfg_attr(feature = "schema", schemars(length(max = 20)))]
        on_call: Vec<OnCall>,
    },
    /// Tells a webhook that lists `rule.called`. What it does not take is sent again.
    Webhook {
        /// The webhook.
        #[cfg_attr(feature = "schema", schemars(extend("x-of" = "webhook")))]
        webhook: SettingId,
    },
    /// Asks a source that is told what was said for its labels: they become tags, which rules wait
    /// for. What it does not answer in time gets the tag that it names for that.
    Classify {
        /// The source.
        #[cfg_attr(feature = "schema", schemars(extend("x-of" = "context_source")))]
        source: SettingId,
    },
}

/// The way a rule has an agent chosen.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum AssignBy {
    /// One after the other.
    RoundRobin,
    /// The one with the smallest part of their capacity in use.
    LeastLoaded,
    /// The first of a list who is on call.
    OnCall,
}

/// An agent who is on call, whatever the hours of their own say.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct OnCall {
    /// The agent.
    #[cfg_attr(feature = "schema", schemars(extend("x-of" = "agent")))]
    pub agent: AgentId,
    /// The schedule in whose hours they are; left out, always.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(extend("x-of" = "schedule")))]
    pub hours: Option<SettingId>,
}

/// The person or team that a rule calls.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Notified {
    /// The owner; where a queue owns it, its team.
    Owner,
    /// The team.
    Team,
    /// Those who supervise the team.
    Supervisors,
}

/// The limit of a rule's runs on a conversation. A run that did nothing is none.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Once {
    /// Each time.
    Always,
    /// Once a turn.
    #[default]
    Turn,
    /// Once an episode.
    Episode,
    /// Once.
    Conversation,
}
