//! News of a contact, and the changes that follow from it.

use baton_protocol::conversation::ContactCard;
use baton_protocol::{ConversationKind, Fact, Timestamp};

use super::senders::KnownSender;
use super::state::{By, Channel, State};
use crate::decide::receive;
use crate::fact::inbound::{GroupNews, Moved, Sender};
use crate::fact::roster;

/// News of a contact.
#[derive(Clone, Copy)]
pub(super) enum ContactNews<'a> {
    /// Their names, and when they said something under them, by the time that WhatsApp gave.
    Person(&'a Sender, Timestamp),
    /// Their new names, and the time by this server's clock.
    Moved(&'a Moved, Timestamp),
    /// A line in a group, and its author.
    Line(Option<&'a Sender>),
    /// A change of a group.
    Group(&'a GroupNews),
    /// A participant of a group, named by a status.
    Status(&'a str),
}

impl ContactNews<'_> {
    fn kind(self) -> ConversationKind {
        match self {
            Self::Person(..) | Self::Moved(..) => ConversationKind::Contact,
            Self::Line(_) | Self::Group(_) | Self::Status(_) => ConversationKind::Group,
        }
    }

    /// The contact's card with it; `None` when nothing changed.
    pub(super) fn card(self, old: &ContactCard) -> Option<ContactCard> {
        match self {
            Self::Person(sender, at) => receive::card(old, sender, at),
            Self::Moved(moved, now) => receive::moved(old, moved, now),
            Self::Line(by) => roster::after_line(old, by),
            Self::Group(news) => roster::after_news(old, news),
            Self::Status(named) => roster::after_status(old, named),
        }
    }
}

/// Begins the conversation of a new contact; takes note of a changed name or number.
pub(super) fn know_contact(
    state: &mut State,
    channel: &Channel,
    known: KnownSender,
    told: ContactNews<'_>,
    by: By,
) {
    let key = (channel.workspace, known.conversation);
    let card_key = (channel.workspace, known.contact);
    let is_new = !state.conversations.contains_key(&key);
    if is_new {
        let opened = Fact::ConversationOpened {
            channel_id: channel.id,
            contact_id: known.contact,
            team_id: channel.team,
            kind: told.kind(),
        };
        state.append(key, vec![opened.into()], by);
    }
    if is_new {
        state.changed_cards.insert(card_key, true);
    }
    let old = state.cards.get(&card_key).cloned().unwrap_or_default();
    if let Some(new) = told.card(&old) {
        state.changed_cards.entry(card_key).or_insert(false);
        state.cards.insert(card_key, new.clone());
        state.append(key, vec![receive::contact_changed(known.contact, new)], by);
    }
}
