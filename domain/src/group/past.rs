//! What the phone app shares of the time before Baton. It takes no seq, and tells nobody: only that
//! a conversation is there, and a contact's name, are events.

use baton_protocol::{Actor, ConversationId, Fact, Status};

use super::contact::{ContactNews, know_contact};
use super::receive::Arrival;
use super::senders::KnownSender;
use super::state::{By, Channel, Key, PastContent, State};
use crate::decide::receive;
use crate::fact::inbound::{BookEntry, ElementBody, PastLine, Sender};
use crate::fact::past::{Booked, Past, renamed};
use crate::text::naming;

/// Takes in what was shared.
pub(super) fn take_in(state: &mut State, channel: &Channel, shared: &ElementBody, at: Arrival<'_>) {
    if let ElementBody::Past(line) = shared {
        take(state, channel, line, at);
    } else if let ElementBody::Booked(entry) = shared {
        book(state, channel, entry, at);
    }
}

/// A message of the past. One that is held as a line already is left out.
fn take(state: &mut State, channel: &Channel, line: &PastLine, arrival: Arrival<'_>) {
    let key = (channel.workspace, (channel.id, line.wamid.clone()));
    if state.wamids.contains_key(&key) {
        return;
    }
    let known = state.senders.get(&(channel.workspace, arrival.fresh.message)).copied();
    if let (Some(known), Some(sender)) = (known, &line.sender) {
        meet(state, channel, known, sender, arrival);
    }
    let conversation = known.map(|known| known.conversation);
    let old = state.past.get(&key);
    let was_awaited = old.is_none_or(Past::is_awaited);
    let past = match old.cloned() {
        None => Past::first(line, conversation, arrival.fresh.message),
        Some(mut past) => {
            if !past.learn(line, conversation) {
                return;
            }
            past
        }
    };
    if let (true, Some(said)) = (was_awaited, &line.said) {
        let (workspace, id) = (channel.workspace, past.id);
        state.past_contents.push(PastContent { workspace, id, content: said.content.clone() });
    }
    state.changed_past.insert(key.clone());
    state.past.insert(key, past);
}

/// Whose conversation it was: one that is new here is over. It waits for nobody until the customer
/// writes.
fn meet(
    state: &mut State,
    channel: &Channel,
    known: KnownSender,
    sender: &Sender,
    Arrival { fresh, now, .. }: Arrival<'_>,
) {
    let key = (channel.workspace, known.conversation);
    if state.conversations.contains_key(&key) {
        return;
    }
    let booked = sender.wa_id.as_ref().and_then(|number| {
        state.book.get(&(channel.workspace, (channel.id, number.clone())))?.name.clone()
    });
    let sender = Sender { name: sender.name.clone().or(booked), ..sender.clone() };
    let by = By { card: Some(fresh.card), ..By::new(Actor::System, now) };
    know_contact(state, channel, known, ContactNews::Person(&sender, now), by);
    let over = Fact::StatusChanged { status: Status::Resolved, turn: None, outcome: None };
    state.append(key, vec![over.into()], By::new(Actor::System, now));
}

/// A name in the phone book: kept for who comes later, and told of a contact who has no other.
fn book(
    state: &mut State,
    channel: &Channel,
    entry: &BookEntry,
    Arrival { fresh, now, .. }: Arrival<'_>,
) {
    let Some(number) = &entry.of.wa_id else { return };
    let key = (channel.workspace, (channel.id, number.clone()));
    let booked = Booked::of(entry);
    let before = state.book.get(&key).cloned();
    if before.as_ref().is_some_and(|before| *before >= booked) {
        return;
    }
    state.changed_book.insert(key.clone());
    state.book.insert(key, booked.clone());
    let known = state.senders.get(&(channel.workspace, fresh.message)).copied();
    let Some(known) = known else { return };
    let of: Key<ConversationId> = (channel.workspace, known.conversation);
    if !state.conversations.contains_key(&of) {
        return;
    }
    let card_key = (channel.workspace, known.contact);
    let old = state.cards.get(&card_key).cloned().unwrap_or_default();
    let Some(name) = renamed(naming::own(&old), before.as_ref(), &booked) else { return };
    let new = naming::called(old, name);
    state.changed_cards.entry(card_key).or_insert(false);
    state.cards.insert(card_key, new.clone());
    let by = By { card: Some(fresh.card), ..By::new(Actor::System, now) };
    state.append(of, vec![receive::contact_changed(known.contact, new)], by);
}
