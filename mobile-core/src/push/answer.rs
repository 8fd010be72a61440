//! The lines of a notification that count as seen, and the token with which it is answered.
//!
//! A notification counts as showing lines only when it shows every line whole that its reader has
//! not seen. Then an answer made from it carries the last of them, as one made in the app would.
//! Anything less never counts: the app opens instead.

use std::collections::BTreeMap;
use std::str::FromStr;

use baton_protocol::command::{OfOffer, Reply};
use baton_protocol::{
    AgentId, Author, CommandBody, ConversationId, Line, LineKind, LineRef, MessageId, OfferId, OpId,
};
use ring::digest::{SHA256, digest};
use uuid::Uuid;

use crate::push::text::Words;

/// Lines that a notification shows at most.
pub const LINES_MAX: usize = 6;
/// Characters that every platform shows whole.
pub const CHARS_MAX: usize = 400;

/// The lines of a conversation that its agent has not seen, where a notification can show all of
/// them whole.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Unseen {
    /// Their words; `None` where everything has been seen.
    pub words: Option<Words>,
    /// The last line of the conversation.
    pub to: LineRef,
}

impl Unseen {
    /// Of the lines that are held, by their numbers, and how far this agent has read. What lies
    /// before the customer's turn waits for no answer.
    pub fn of(name: &str, lines: &BTreeMap<u64, Line>, me: AgentId, read_seq: u64) -> Option<Self> {
        let (first_seq, _) = lines.first_key_value()?;
        let (_, last) = lines.last_key_value()?;
        let to = LineRef { seq: last.seq, id: last.id };
        let is_mine = last.author == Author::Agent { id: me };
        if last.seq <= read_seq || is_mine {
            return Some(Self { words: None, to });
        }
        let mut shown = Vec::new();
        let mut is_whole = false;
        for line in lines.values().rev() {
            // What was taken back is not to be read, nor that it was.
            let is_gone = line.amended.as_ref().is_some_and(|amended| amended.revoked.is_some());
            if line.author == Author::Acknowledgement
                || is_gone
                || line.kind == LineKind::Revocation
            {
                continue;
            }
            if line.author != Author::Customer || line.seq <= read_seq {
                is_whole = true;
                break;
            }
            shown.push((plain(line)?, line.at));
        }
        is_whole |= *first_seq == 1;
        if !is_whole || shown.is_empty() || shown.len() > LINES_MAX {
            return None;
        }
        shown.reverse();
        let chars: usize = shown.iter().map(|(text, _)| text.chars().count()).sum();
        let breaks = shown.len() - 1;
        if chars + breaks > CHARS_MAX {
            return None;
        }
        Some(Self { words: Some(Words::of_lines(name, &shown)?), to })
    }
}

/// The text of a line, where that is all it has.
pub fn plain(line: &Line) -> Option<&str> {
    let content = &line.content;
    let is_plain = line.kind == LineKind::Text
        && line.quoted.is_none()
        && !content.erased
        && content.details.is_none()
        && content.referral.is_none()
        && content.product.is_none();
    content.text.as_deref().filter(|_| is_plain)
}

/// Names what a notification showed. Opaque to apps, who keep it with the notification.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ActToken {
    /// The conversation.
    pub conversation: ConversationId,
    /// The last line that was shown.
    pub to: LineRef,
}

impl std::fmt::Display for ActToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}.{}", self.conversation, self.to.seq, self.to.id)
    }
}

/// The text is no token.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("this is not the token of a notification")]
pub struct NotAToken;

impl FromStr for ActToken {
    type Err = NotAToken;

    fn from_str(text: &str) -> Result<Self, NotAToken> {
        let mut parts = text.split('.');
        let mut uuid = || parts.next().and_then(|part| part.parse::<Uuid>().ok()).ok_or(NotAToken);
        let conversation = ConversationId(uuid()?);
        let seq = parts.next().and_then(|part| part.parse().ok()).ok_or(NotAToken)?;
        let id = parts.next().and_then(|part| part.parse().ok()).ok_or(NotAToken)?;
        match parts.next() {
            None => Ok(Self { conversation, to: LineRef { seq, id: MessageId(id) } }),
            Some(_) => Err(NotAToken),
        }
    }
}

/// Names an offer that a notification shows. Opaque to apps, as [`ActToken`] is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct OfferToken {
    /// The conversation.
    pub conversation: ConversationId,
    /// The offer.
    pub offer: OfferId,
}

impl std::fmt::Display for OfferToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.conversation, self.offer)
    }
}

impl FromStr for OfferToken {
    type Err = NotAToken;

    fn from_str(text: &str) -> Result<Self, NotAToken> {
        let (conversation, offer) = text.split_once('.').ok_or(NotAToken)?;
        let id = |text: &str| text.parse::<Uuid>().map_err(|_odd| NotAToken);
        Ok(Self { conversation: ConversationId(id(conversation)?), offer: OfferId(id(offer)?) })
    }
}

/// A tap on a notification, as the command that it is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Tapped {
    /// Its name: platforms hand over one tap twice, also to a process that did not see the first.
    pub op_id: OpId,
    /// The conversation.
    pub conversation: ConversationId,
    /// The command.
    pub body: CommandBody,
}

fn named(tap: &str) -> OpId {
    let digest = digest(&SHA256, tap.as_bytes());
    let (id, _) = digest.as_ref().split_first_chunk().unwrap_or((&[0; 16], &[]));
    OpId(uuid::Builder::from_custom_bytes(*id).into_uuid())
}

/// An answer of an agent to an offer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum OfferAnswer {
    /// Takes the conversation.
    Accept,
    /// Leaves it to somebody else.
    Decline,
}

impl OfferAnswer {
    /// The command of it.
    pub fn tapped(self, token: &OfferToken) -> Tapped {
        let of = OfOffer { offer_id: token.offer };
        let (name, body) = match self {
            Self::Accept => ("accept", CommandBody::AcceptOffer(of)),
            Self::Decline => ("decline", CommandBody::DeclineOffer(of)),
        };
        let op_id = named(&format!("{token} {name}"));
        Tapped { op_id, conversation: token.conversation, body }
    }
}

/// An answer of an agent from a notification.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum NotificationAnswer {
    /// Answers the customer.
    Reply(String),
    /// Closes the episode.
    Resolve,
}

impl NotificationAnswer {
    /// The command of it: who made it has seen what the notification showed.
    pub fn tapped(self, token: &ActToken) -> Tapped {
        let (op_id, seen) = (self.tap(token), Some(token.to));
        let body = match self {
            Self::Reply(text) => {
                let (quoted, replaces) = (None, None);
                CommandBody::Reply(Reply {
                    text,
                    seen,
                    quoted,
                    replaces,
                    ignore_lease: false,
                    canned: None,
                })
            }
            Self::Resolve => CommandBody::Resolve(seen.into()),
        };
        Tapped { op_id, conversation: token.conversation, body }
    }

    /// Its name.
    pub fn tap(&self, token: &ActToken) -> OpId {
        let text = match self {
            Self::Reply(text) => text.as_str(),
            Self::Resolve => "",
        };
        named(&format!("{token} {} {text}", matches!(self, Self::Resolve)))
    }
}
