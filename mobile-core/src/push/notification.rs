//! Notifications, as the app shows them.

use baton_protocol::{ConversationId, Owner, Timestamp};

use crate::push::answer::ActToken;
use crate::push::known::{Held, PushContext, Sight};
use crate::push::payload::{Content, Kind, OfferId, PushId};
use crate::push::subject::{Group, Subject, Tag};
use crate::push::text::{Generic, Text};

/// A notification.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Notification {
    /// Where: it replaces what is shown with the same tag.
    pub tag: Tag,
    /// The channel whose sound and importance people choose.
    pub group: Group,
    /// The text.
    pub text: Text,
    /// The text on a locked screen that must tell nothing.
    pub public_text: Generic,
    /// The actions offered right there.
    pub actions: Vec<Action>,
    /// Lines not read in what the agent owns: absolute. `None` leaves the badge as it is.
    pub badge: Option<u32>,
    /// Whether it makes itself heard.
    pub alerts: bool,
    /// The time when the platform should remove it by itself.
    pub expires_at: Option<Timestamp>,
    /// The push to say `opened` and `dismissed` of.
    pub push: Option<PushId>,
    /// The conversation that a tap opens; the app shows there how an offer ended, a tap accepts
    /// nothing.
    pub opens: Option<ConversationId>,
}

/// An action without opening the app: done by the outbox, as a command of its own.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Action {
    /// Take the offered conversation.
    Accept {
        /// The offered conversation.
        conversation: ConversationId,
        /// The offer to accept.
        offer: OfferId,
        /// Not to be tapped after this.
        until: Timestamp,
    },
    /// Leave it to somebody else.
    Decline {
        /// The offered conversation.
        conversation: ConversationId,
        /// The offer to decline.
        offer: OfferId,
        /// Not to be tapped after this.
        until: Timestamp,
    },
    /// Answer the customer.
    Reply {
        /// The conversation to answer in.
        conversation: ConversationId,
        /// The token for the lines that count as seen; without it the app has to be opened for
        /// that.
        token: Option<ActToken>,
    },
    /// Close the episode.
    Resolve {
        /// The conversation to resolve.
        conversation: ConversationId,
        /// The token for the lines that count as seen; without it the app has to be opened for
        /// that.
        token: Option<ActToken>,
    },
}

impl Notification {
    /// That something happened which this core cannot read: the app will tell.
    pub fn fallback() -> Self {
        Self::generic(Generic::Activity, Tag::Group(Group::Sys), None)
    }

    /// A generic text without sound or actions.
    pub fn generic(text: Generic, tag: Tag, push: Option<PushId>) -> Self {
        Self {
            tag,
            group: Group::Sys,
            text: Text::Generic(text),
            public_text: text,
            actions: Vec::new(),
            badge: None,
            alerts: false,
            expires_at: None,
            push,
            opens: None,
        }
    }

    /// Of something live. `content` is there while its push is at hand; it is not kept.
    pub fn of(
        subject: &Subject,
        content: Option<&Content>,
        known: &PushContext,
        now: Timestamp,
    ) -> Self {
        let generic = Generic::from(subject.kind);
        let is_offer = subject.kind == Kind::Offer;
        let is_quiet = known.quiet.until.is_some_and(|until| now < until);
        let text = text(subject, content, known);
        let actions = actions(subject, token(subject, &text, known), known);
        Self {
            tag: subject.tag(),
            group: subject.kind.into(),
            text,
            public_text: generic,
            actions,
            badge: None,
            alerts: !is_quiet || (is_offer && known.quiet.offers_pass),
            expires_at: is_offer.then_some(subject.expires_at),
            push: subject.push,
            opens: subject.conversation,
        }
    }
}

fn text(subject: &Subject, content: Option<&Content>, known: &PushContext) -> Text {
    let given = match content {
        Some(Content::Full(words) | Content::Opened(Some(words))) => Some(words),
        Some(Content::Wake | Content::Opened(None) | Content::Sealed(_) | Content::Unopened(_))
        | None => None,
    };
    let spec = subject.kind.spec();
    let held = held(subject, known).filter(|_| spec.has_words);
    let unseen = held.and_then(|held| held.unseen.as_ref()?.words.as_ref());
    let words = match (given, unseen) {
        // The store holds what was said before as well.
        (Some(given), Some(unseen)) if unseen.body().ends_with(given.body()) => Some(unseen),
        (Some(given), _) => Some(given),
        (None, Some(unseen)) => Some(unseen),
        (None, None) => held.and_then(|held| held.preview.as_ref()),
    };
    let Some(words) = words else { return Text::Generic(subject.kind.into()) };
    // What happened is no line of the customer's; and a picture may have no words.
    match spec.is_named || words.body().trim().is_empty() {
        true if words.title().trim().is_empty() => Text::Generic(subject.kind.into()),
        true => Text::Named(words.clone(), subject.kind.into()),
        false => Text::Given(words.clone()),
    }
}

/// The conversation, where the store holds what the notification is about.
fn held<'a>(subject: &Subject, known: &'a PushContext) -> Option<&'a Held> {
    let is_held = known.sight(subject.cursor) == Sight::Held;
    known.conversations.get(&subject.conversation?).filter(|_| is_held)
}

/// The token for the lines that a reader of these words has seen.
fn token(subject: &Subject, text: &Text, known: &PushContext) -> Option<ActToken> {
    let conversation = subject.conversation?;
    let unseen = held(subject, known)?.unseen.as_ref()?;
    let is_shown = match (&unseen.words, text) {
        (None, _) => true,
        (Some(unseen), Text::Given(shown)) => unseen == shown,
        (Some(_), Text::Generic(_) | Text::Named(..)) => false,
    };
    is_shown.then_some(ActToken { conversation, to: unseen.to })
}

/// An offer can be answered as long as it may be live. A customer can be answered where the store
/// holds what the notification tells: the fence would refuse an answer to unseen lines.
fn actions(subject: &Subject, token: Option<ActToken>, known: &PushContext) -> Vec<Action> {
    let Some(conversation) = subject.conversation else { return Vec::new() };
    let until = subject.expires_at;
    let is_of_another_life = known.cursor.is_some_and(|held| held.epoch != subject.cursor.epoch);
    match (subject.kind, subject.offer) {
        (Kind::Offer, Some(_)) if is_of_another_life => Vec::new(),
        (Kind::Offer, Some(offer)) => vec![
            Action::Accept { conversation, offer, until },
            Action::Decline { conversation, offer, until },
        ],
        (kind, _) if kind.spec().is_answered => {
            answers(conversation, token, held(subject, known), known)
        }
        _ => Vec::new(),
    }
}

fn answers(
    conversation: ConversationId,
    token: Option<ActToken>,
    held: Option<&Held>,
    known: &PushContext,
) -> Vec<Action> {
    match held.map(|held| held.owner) {
        Some(Owner::Agent(owner)) if owner == known.agent => {
            vec![Action::Reply { conversation, token }, Action::Resolve { conversation, token }]
        }
        // Sending claims.
        Some(Owner::Queue(_)) => vec![Action::Reply { conversation, token }],
        Some(Owner::Agent(_)) | None => Vec::new(),
    }
}
