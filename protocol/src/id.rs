//! Identifiers: UUIDs that cannot be mistaken for one another.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
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
    /// A person or bot that works in a workspace.
    AgentId,
    /// A group of agents with a queue.
    TeamId,
    /// The lasting thread of a contact on a channel.
    ConversationId,
    /// A message. Random, so that a restored database never repeats it.
    MessageId,
    /// A filter of the inbox that is kept by name.
    ViewId,
    /// A setting (UUIDv7, made by the client); of a kind with one per home, the home's id.
    SettingId,
    /// A note, which only the team sees.
    NoteId,
    /// A phone, tablet or browser of an agent.
    DeviceId,
    /// An invitation to a workspace.
    InvitationId,
    /// An offer of a conversation to one agent. Random.
    OfferId,
    /// The id that the author of a command gave it (UUIDv7).
    OpId,
    /// A push: every copy of it, on every road, has the same (UUIDv7).
    PushId,
    /// One running server. A restarted server gets a new id.
    NodeId,
    /// The identity of the log. A restored database gets a new one.
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
