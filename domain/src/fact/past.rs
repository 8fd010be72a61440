//! Messages from before Baton's time, as the phone app shares them: unordered, repeated, in pieces.
//!
//! What is known of one only grows, so that the order in which it is told does not matter.

use baton_protocol::{Author, ConversationId, LineKind, MessageId, MessageStatus, Timestamp};

use crate::fact::inbound::{BookEntry, PastLine};
use crate::fact::predicates::provider_rank;
use crate::text::shown::shown;

/// The known facts of a message of the past. What it says is kept beside it, under its id.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Past {
    /// Its id.
    pub id: MessageId,
    /// Its conversation; `None` until something tells whose it is.
    pub conversation: Option<ConversationId>,
    /// The side that said it.
    pub author: Author,
    /// The time it was said.
    pub at: Timestamp,
    /// The kind; `None` for a file that nothing else is told of.
    pub kind: Option<LineKind>,
    /// The status it reached.
    pub status: Option<MessageStatus>,
    /// Meta's id of the message it quotes, edits or takes back.
    pub quoted_wamid: Option<String>,
    /// Meta's id of its file.
    pub media: Option<String>,
}

impl Past {
    /// The first that is told of a message.
    pub fn first(line: &PastLine, conversation: Option<ConversationId>, id: MessageId) -> Self {
        let PastLine { author, at, .. } = *line;
        let mut past = Self {
            id,
            conversation: None,
            author,
            at,
            kind: None,
            status: None,
            quoted_wamid: None,
            media: None,
        };
        past.learn(line, conversation);
        past
    }

    /// Takes in what else is told; whether that is news.
    pub fn learn(&mut self, line: &PastLine, conversation: Option<ConversationId>) -> bool {
        let before = self.clone();
        // Where a thread says whose it is, it says who wrote it, too.
        if self.conversation.is_none() && conversation.is_some() {
            (self.conversation, self.author) = (conversation, line.author);
        }
        self.at = self.at.min(line.at);
        if let (None, Some(said)) = (self.kind, &line.said) {
            self.kind = Some(said.kind);
            self.quoted_wamid.clone_from(&said.quoted_wamid);
            self.media.clone_from(&said.media);
        }
        self.status = farther(self.status, line.status);
        *self != before
    }

    /// Whether it is a file that is told of later, or never.
    pub fn is_awaited(&self) -> bool {
        self.kind.is_none()
    }
}

/// The status that got farther: what has arrived has not failed.
fn farther(one: Option<MessageStatus>, other: Option<MessageStatus>) -> Option<MessageStatus> {
    let rank = |status: Option<MessageStatus>| match status {
        None => 0,
        Some(MessageStatus::Failed) => 5,
        Some(status) => provider_rank(status) * 2,
    };
    if rank(other) > rank(one) { other } else { one }
}

/// The phone book's present entry for a number.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Booked {
    /// The time from which the name holds.
    pub at: Timestamp,
    /// The name, unless it was removed.
    pub name: Option<String>,
}

impl Booked {
    /// As an entry says it.
    pub fn of(entry: &BookEntry) -> Self {
        Self { at: entry.at, name: entry.name.clone() }
    }
}

/// The name that the phone book gives to a contact; `None` where they keep theirs. A name that the
/// contact gave themselves stays.
pub fn renamed(
    name: Option<&str>,
    before: Option<&Booked>,
    now: &Booked,
) -> Option<Option<String>> {
    let is_booked = before.is_some_and(|before| before.name.as_deref() == name);
    let is_theirs = shown(name).is_some() && !is_booked;
    (!is_theirs && name != now.name.as_deref()).then(|| now.name.clone())
}
