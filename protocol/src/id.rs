//! Identifiers: UUIDs that cannot be mistaken for one another.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
            }
        }

        impl std::str::FromStr for $name {
            type Err = uuid::Error;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Uuid::parse_str(text).map(Self)
            }
        }

        impl From<Uuid> for $name {
            fn from(id: Uuid) -> Self {
                Self(id)
            }
        }
    )+};
}

ids! {
    /// A tenant.
    WorkspaceId,
    /// One WhatsApp number, or another way in.
    ChannelId,
    /// The customer.
    ContactId,
    /// A person (or bot) who works here.
    AgentId,
    /// A group of agents with a queue.
    TeamId,
    /// The lasting thread of a contact on a channel.
    ConversationId,
    /// What the customer can see; random, never repeated by a second life of the database.
    MessageId,
    /// What only the team sees.
    NoteId,
    /// A phone, tablet or browser of an agent.
    DeviceId,
    /// The id that the author of a command gave it (UUIDv7).
    OpId,
    /// A push: every copy of it, on every road, has the same (UUIDv7).
    PushId,
    /// One life of a server among those on its database.
    NodeId,
    /// The identity of a workspace's log: another life of the database has another one.
    Epoch,
}

impl OpId {
    /// When its author made this id, in milliseconds since 1970; `None` unless it is a UUIDv7.
    pub fn made_at(&self) -> Option<crate::Timestamp> {
        made_at(self.0)
    }
}

impl PushId {
    /// When the server made this id; `None` unless it is a UUIDv7.
    pub fn made_at(&self) -> Option<crate::Timestamp> {
        made_at(self.0)
    }
}

fn made_at(id: Uuid) -> Option<crate::Timestamp> {
    if id.get_version_num() != 7 {
        return None;
    }
    let (seconds, nanos) = id.get_timestamp()?.to_unix();
    let ms = i64::try_from(seconds).ok()?.checked_mul(1000)?;
    Some(crate::Timestamp::from_ms(ms + i64::from(nanos / 1_000_000)))
}
