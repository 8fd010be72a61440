//! What a push tells, how urgent it is and how long it is worth showing.

use baton_protocol::push::PushLevel;
use serde::{Deserialize, Serialize};

const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 60 * MINUTE_MS;

/// What a push tells; of two in one conversation the greater is shown.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// What was told is over.
    Retract,
    /// A conversation is new in a queue of the agent's team.
    Queue,
    /// A customer wrote in a conversation of the agent.
    Message,
    /// The right to answer freely is about to end. Nothing makes it yet.
    WindowClosing,
    /// A conversation of the agent is open again.
    Reopened,
    /// A message of the agent was not sent as written and has to be looked at.
    Review,
    /// A colleague asks for the agent.
    Mention,
    /// A reminder of the agent rings.
    Reminder,
    /// A conversation became the agent's.
    Assigned,
    /// A conversation is the agent's if they accept it.
    Offer,
    /// A number stands otherwise at Meta. It is about no conversation.
    Number,
    /// What came in quiet hours, at their end. It is about no conversation.
    Digest,
}

/// How urgently a push is sent.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Urgency {
    /// It may wait until the device wakes by itself.
    Normal,
    /// It wakes the device.
    High,
}

baton_protocol::names!(Kind {
    Retract = "retract",
    Queue = "queue",
    Message = "message",
    WindowClosing = "window_closing",
    Reopened = "reopened",
    Review = "review",
    Mention = "mention",
    Reminder = "reminder",
    Assigned = "assigned",
    Offer = "offer",
    Number = "number",
    Digest = "digest",
});

/// How long a push waits for a device to say that its agent saw the event there.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Grace {
    /// Not at all.
    None,
    /// Five seconds, wherever the agent is.
    Always,
    /// Two seconds, where the agent is at a device.
    Spared,
}

/// What ends a push that still waits, beside an event that takes it back.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ends {
    /// Nothing, and nothing makes it quiet: it is sent as it was made.
    Never,
    /// Nothing, but it may tell less by now.
    TakenBack,
    /// Its agent has read all lines.
    Read,
    /// Nobody waits any more.
    Answered,
    /// Nothing that its agent is to see is left.
    Empty,
}

/// What all pushes of a kind need.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct KindSpec {
    /// The kind as all phones read it. A phone shows what it does not know as something new: this
    /// is the nearest that all of them know.
    pub wire: &'static str,
    /// The kind that it has, where `wire` is only the nearest: it says more to those that know it.
    pub exact: Option<&'static str>,
    /// Whether a phone shows something for it.
    pub is_shown: bool,
    /// How urgently it is sent. What shows nothing must not wake a device: services slow down apps
    /// that do so.
    pub urgency: Urgency,
    /// How long it is worth showing.
    pub lasts_ms: i64,
    /// What ends it before it is sent.
    pub ends: Ends,
    /// Whether it stands in the list of what concerns an agent. Lines are seen where they stand.
    pub is_notice: bool,
    /// The least that somebody who is told of it wants to be told.
    level: PushLevel,
    grace: Grace,
}

impl KindSpec {
    /// What most need.
    const fn of(wire: &'static str) -> Self {
        Self {
            wire,
            exact: None,
            is_shown: true,
            urgency: Urgency::High,
            lasts_ms: 24 * HOUR_MS,
            ends: Ends::Never,
            is_notice: false,
            level: PushLevel::Mine,
            grace: Grace::Spared,
        }
    }
}

impl Kind {
    /// What pushes of this kind need. A new kind says it here: everything else that depends on the
    /// kind asks for it.
    pub const fn spec(self) -> KindSpec {
        let spec = KindSpec::of;
        match self {
            Self::Retract => KindSpec {
                is_shown: false,
                urgency: Urgency::Normal,
                lasts_ms: 12 * HOUR_MS,
                level: PushLevel::Nothing,
                grace: Grace::None,
                ..spec("retract")
            },
            Self::Queue => KindSpec {
                urgency: Urgency::Normal,
                lasts_ms: HOUR_MS,
                ends: Ends::Answered,
                level: PushLevel::All,
                grace: Grace::Always,
                ..spec("queue")
            },
            Self::Message => KindSpec { ends: Ends::Read, grace: Grace::Always, ..spec("message") },
            Self::WindowClosing => KindSpec { lasts_ms: HOUR_MS, ends: Ends::Read, ..spec("sla") },
            Self::Reopened => KindSpec {
                exact: Some("reopened"),
                lasts_ms: 12 * HOUR_MS,
                ends: Ends::TakenBack,
                ..spec("assigned")
            },
            Self::Review => KindSpec { exact: Some("review"), is_notice: true, ..spec("assigned") },
            Self::Mention => KindSpec { is_notice: true, ..spec("mention") },
            Self::Reminder => {
                KindSpec { exact: Some("reminder"), is_notice: true, ..spec("mention") }
            }
            Self::Offer => {
                KindSpec { lasts_ms: 5 * MINUTE_MS, ends: Ends::TakenBack, ..spec("offer") }
            }
            Self::Number => KindSpec {
                exact: Some("number"),
                lasts_ms: 12 * HOUR_MS,
                grace: Grace::None,
                ..spec("mention")
            },
            Self::Digest => KindSpec {
                lasts_ms: 12 * HOUR_MS,
                ends: Ends::Empty,
                grace: Grace::None,
                ..spec("digest")
            },
            Self::Assigned => KindSpec {
                is_notice: true,
                lasts_ms: 12 * HOUR_MS,
                ends: Ends::TakenBack,
                ..spec("assigned")
            },
        }
    }

    /// Whether somebody who wants to be told this much is told of it.
    pub fn is_wanted(self, level: PushLevel) -> bool {
        match (self.spec().level, level) {
            (PushLevel::Nothing, _) | (_, PushLevel::All) => true,
            (least, level) => least == level,
        }
    }

    /// How long it waits for a device to say that its agent saw the event there.
    pub fn grace_ms(self, is_spared: bool) -> i64 {
        match self.spec().grace {
            Grace::Always => 5_000,
            Grace::Spared if is_spared => 2_000,
            Grace::None | Grace::Spared => 0,
        }
    }
}
