//! The event that a notification is about, and which of several events is shown.

use baton_protocol::{ConversationId, Cursor, Epoch, Timestamp};
use serde::{Deserialize, Serialize};

use crate::push::payload::{Kind, OfferId, Push, PushId};

/// One happening that is worth a notification. Hundreds are remembered: their fields have the short
/// names of the payload.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Subject {
    /// The push that told of it; `None` where the socket did.
    #[serde(rename = "id", default, skip_serializing_if = "Option::is_none")]
    pub push: Option<PushId>,
    /// The kind of happening.
    #[serde(rename = "k")]
    pub kind: Kind,
    /// The conversation it happened in.
    #[serde(rename = "c", default, skip_serializing_if = "Option::is_none")]
    pub conversation: Option<ConversationId>,
    /// The offer it is about.
    #[serde(rename = "o", default, skip_serializing_if = "Option::is_none")]
    pub offer: Option<OfferId>,
    /// Where in the log.
    #[serde(rename = "s")]
    pub cursor: Cursor,
    /// The time when it is over.
    #[serde(rename = "x")]
    pub expires_at: Timestamp,
}

/// The place of a notification: one shows at a time, a newer one replaces it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(tag = "kind", content = "id", rename_all = "snake_case")]
pub enum Tag {
    /// The notification of a conversation.
    Conversation(ConversationId),
    /// A notification that names no conversation.
    Group(Group),
}

/// The channels of notifications, whose sound and importance people choose; the collapse keys.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Group {
    /// Offers, and what is assigned.
    Offer,
    /// Acts of customers.
    Inbox,
    /// Questions of colleagues.
    Mention,
    /// The rest.
    Sys,
}

impl Group {
    /// Its name, as collapse keys are written.
    pub fn name(self) -> &'static str {
        match self {
            Self::Offer => "offer",
            Self::Inbox => "inbox",
            Self::Mention => "mention",
            Self::Sys => "sys",
        }
    }
}

impl From<Kind> for Group {
    fn from(kind: Kind) -> Self {
        kind.spec().group
    }
}

impl std::fmt::Display for Tag {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Conversation(id) => write!(f, "conversation:{id}"),
            Self::Group(group) => f.write_str(group.name()),
        }
    }
}

impl Subject {
    /// The subject of a push.
    pub fn of(push: &Push) -> Self {
        Self {
            push: Some(push.id),
            kind: push.kind,
            conversation: push.conversation,
            offer: push.offer,
            cursor: push.cursor,
            expires_at: push.expires_at,
        }
    }

    /// Where it is shown.
    pub fn tag(&self) -> Tag {
        match self.conversation {
            Some(id) => Tag::Conversation(id),
            None => Tag::Group(self.kind.into()),
        }
    }

    /// Whether both are about the same event, however it arrived. An offer is one event; otherwise
    /// the cursor, kind and agent decide.
    pub fn is_same(&self, other: &Self) -> bool {
        if self.push.is_some() && self.push == other.push {
            return true;
        }
        // One event may end several things, each by a retract of its own.
        let is_retract = self.kind == Kind::Retract;
        if self.kind != other.kind || is_retract || self.cursor.epoch != other.cursor.epoch {
            return false;
        }
        if let (Some(one), Some(another)) = (self.offer, other.offer) {
            return one == another;
        }
        let is_here = self.cursor.position == other.cursor.position;
        match (self.conversation, other.conversation) {
            (Some(one), Some(another)) => is_here && one == another,
            // A wake names no conversation, but its place in the log does.
            (None, _) | (_, None) => is_here && self.kind.spec().is_event,
        }
    }

    /// The sort key: of several in one place the greatest is shown. An event of another epoch ranks
    /// below one of this epoch. An offer is never hidden by another kind; else the later event
    /// wins. Whichever came first does not matter.
    pub fn weight(&self, life: Option<Epoch>) -> impl Ord + use<> {
        let is_of_this_life = Some(self.cursor.epoch) == life;
        let is_offer = self.kind == Kind::Offer;
        (is_of_this_life, is_offer, self.cursor.position, self.kind.spec().rank, self.push)
    }
}
