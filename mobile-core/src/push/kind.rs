//! Kinds of pushes, and everything that depends on the kind.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::push::subject::Group;
use crate::push::text::Generic;

/// The kind of event that a push tells of.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A conversation is offered to this agent.
    Offer,
    /// A conversation became this agent's.
    Assigned,
    /// A conversation of this agent is open again.
    Reopened,
    /// A message of this agent was not sent as written.
    Review,
    /// Something waits in a team's queue.
    Queue,
    /// A customer wrote.
    Message,
    /// A colleague asks for this agent.
    Mention,
    /// A reminder of this agent rings.
    Reminder,
    /// A number stands otherwise at Meta.
    Number,
    /// A customer waits for too long.
    Sla,
    /// An earlier push is over.
    Retract,
    /// A summary.
    Digest,
}

baton_protocol::names!(Kind {
    Offer = "offer",
    Assigned = "assigned",
    Reopened = "reopened",
    Review = "review",
    Queue = "queue",
    Message = "message",
    Mention = "mention",
    Reminder = "reminder",
    Number = "number",
    Sla = "sla",
    Retract = "retract",
    Digest = "digest",
});

/// The text names no kind.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("this is not a kind of push")]
pub struct NotAKind;

impl FromStr for Kind {
    type Err = NotAKind;
    fn from_str(text: &str) -> Result<Self, NotAKind> {
        Self::from_name(text).ok_or(NotAKind)
    }
}

/// The condition under which the store settles an event, so that it need not be shown.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Settled {
    /// Never.
    Never,
    /// The offer is another one, or the conversation has an owner.
    Taken,
    /// The conversation is not the agent's or resolved, or they opened it since.
    Left,
    /// The agent opened the conversation since.
    Opened,
    /// The conversation is in no queue, the customer was answered, or nothing of it is unread.
    Picked,
    /// A colleague has the conversation, the customer was answered, or nothing of it is unread.
    Read,
    /// The customer was answered, or the conversation is resolved.
    Answered,
}

/// The needs of all pushes of a kind.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct KindSpec {
    /// The channel of its notifications.
    pub(super) group: Group,
    /// The text without words of people.
    pub(super) generic: Generic,
    /// Of several at one place of the log the greatest is shown.
    pub(super) rank: u8,
    /// The kind as which older cores read it: they know no nearer one.
    pub(super) near: Option<Kind>,
    /// Whether an event of the log made it, and not a clock.
    pub(super) is_event: bool,
    /// Whether it waits for the customer: nothing is told of that in a muted conversation.
    pub(super) is_waiting: bool,
    /// Whether it counts as unread, so that nothing unread settles one without a conversation.
    pub(super) is_unread: bool,
    /// Whether words that the store holds may stand in it.
    pub(super) has_words: bool,
    /// Whether it is no line of the customer's: it names them, and says what happened.
    pub(super) is_named: bool,
    /// Whether the customer can be answered from it.
    pub(super) is_answered: bool,
    /// The condition under which the store settles it.
    pub(super) settled: Settled,
}

impl KindSpec {
    /// The needs of most kinds: an event that an agent looks at.
    const fn of(generic: Generic, rank: u8, group: Group) -> Self {
        Self {
            group,
            generic,
            rank,
            near: None,
            is_event: true,
            is_waiting: false,
            is_unread: false,
            has_words: false,
            is_named: false,
            is_answered: true,
            settled: Settled::Opened,
        }
    }

    /// A customer waits.
    const fn waiting(generic: Generic, rank: u8, settled: Settled) -> Self {
        let spec = Self::of(generic, rank, Group::Inbox);
        Self { is_waiting: true, has_words: true, settled, ..spec }
    }

    /// Something happened to a conversation, which older cores tell as an assignment.
    const fn happened(generic: Generic, rank: u8, settled: Settled) -> Self {
        let spec = Self::of(generic, rank, Group::Offer);
        Self { near: Some(Kind::Assigned), has_words: true, is_named: true, settled, ..spec }
    }
}

impl Kind {
    /// The needs of pushes of this kind. A new kind says it here: everything else that depends on
    /// the kind asks for it.
    pub(super) const fn spec(self) -> KindSpec {
        match self {
            Self::Offer => KindSpec {
                is_answered: false,
                settled: Settled::Taken,
                ..KindSpec::of(Generic::Offer, 9, Group::Offer)
            },
            Self::Assigned => KindSpec {
                has_words: true,
                settled: Settled::Left,
                ..KindSpec::of(Generic::Assigned, 8, Group::Offer)
            },
            Self::Mention => KindSpec::of(Generic::Mention, 7, Group::Mention),
            Self::Reminder => KindSpec {
                near: Some(Self::Mention),
                is_named: true,
                ..KindSpec::of(Generic::Reminder, 7, Group::Mention)
            },
            Self::Number => KindSpec {
                near: Some(Self::Mention),
                is_answered: false,
                settled: Settled::Never,
                ..KindSpec::of(Generic::Number, 7, Group::Mention)
            },
            Self::Review => KindSpec::happened(Generic::Review, 6, Settled::Opened),
            Self::Reopened => KindSpec::happened(Generic::Reopened, 5, Settled::Left),
            Self::Sla => KindSpec {
                is_event: false,
                ..KindSpec::waiting(Generic::Sla, 4, Settled::Answered)
            },
            Self::Message => KindSpec {
                is_unread: true,
                ..KindSpec::waiting(Generic::Message, 3, Settled::Read)
            },
            Self::Queue => KindSpec {
                is_unread: true,
                ..KindSpec::waiting(Generic::Queue, 2, Settled::Picked)
            },
            Self::Digest => KindSpec {
                is_event: false,
                is_unread: true,
                is_answered: false,
                settled: Settled::Never,
                ..KindSpec::of(Generic::Digest, 1, Group::Inbox)
            },
            Self::Retract => KindSpec {
                is_event: false,
                is_answered: false,
                settled: Settled::Never,
                ..KindSpec::of(Generic::Settled, 0, Group::Sys)
            },
        }
    }
}
