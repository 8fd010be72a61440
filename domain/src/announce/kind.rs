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
    /// A conversation became the agent's.
    Assigned,
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
    Assigned = "assigned",
});

impl Kind {
    /// Whether somebody who wants to be told this much is told of it.
    pub fn is_wanted(self, level: PushLevel) -> bool {
        match level {
            PushLevel::All => true,
            PushLevel::Mine => self != Self::Queue,
            PushLevel::Nothing => self == Self::Retract,
        }
    }

    /// Whether it stands in the list of what concerns an agent. Lines are seen where they stand.
    pub fn is_notice(self) -> bool {
        match self {
            Self::Review | Self::Mention | Self::Assigned => true,
            Self::Retract | Self::Queue | Self::Message | Self::WindowClosing | Self::Reopened => {
                false
            }
        }
    }

    /// Whether a phone shows something for it.
    pub fn is_shown(self) -> bool {
        self != Self::Retract
    }

    /// How urgently it is sent. What shows nothing must not wake a device: services slow down apps
    /// that do so.
    pub fn urgency(self) -> Urgency {
        match self {
            Self::Retract | Self::Queue => Urgency::Normal,
            Self::Message
            | Self::WindowClosing
            | Self::Reopened
            | Self::Review
            | Self::Mention
            | Self::Assigned => Urgency::High,
        }
    }

    /// How long it waits for a device to say that its agent saw the event there.
    pub fn grace_ms(self, is_spared: bool) -> i64 {
        match self {
            Self::Retract => 0,
            Self::Message | Self::Queue => 5_000,
            Self::WindowClosing
            | Self::Reopened
            | Self::Review
            | Self::Mention
            | Self::Assigned => {
                if is_spared {
                    2_000
                } else {
                    0
                }
            }
        }
    }

    /// How long it is worth showing.
    pub fn lasts_ms(self) -> i64 {
        match self {
            Self::Queue | Self::WindowClosing => HOUR_MS,
            Self::Retract | Self::Reopened | Self::Assigned => 12 * HOUR_MS,
            Self::Message | Self::Review | Self::Mention => 24 * HOUR_MS,
        }
    }
}
