//! The participants of a group, as far as messages, statuses and WhatsApp's news of it tell.

use baton_protocol::conversation::ContactCard;
use baton_protocol::{Amended, GroupCard, MessageStatus, Participant, Timestamp};

use crate::fact::inbound::{GroupNews, ProviderStatus, Sender};
use crate::fact::predicates::provider_rank;
use crate::text::number;

/// Participants that are remembered, those who left included. A group has at most eight at a time.
const PARTICIPANTS_MAX: usize = 64;

/// The card of a group after something became of it; `None` when nothing changed.
pub fn after_news(old: &ContactCard, news: &GroupNews) -> Option<ContactCard> {
    let mut card = of_group(old);
    card.name = news.subject.clone().or(card.name);
    let group = card.group.get_or_insert_default();
    group.state = news.state.unwrap_or(group.state);
    for who in &news.added {
        note(group, who, How::Joined(news.at));
    }
    for who in &news.removed {
        note(group, who, How::Left);
    }
    (card != *old).then_some(card)
}

/// The card of a group in which this participant wrote; `None` when nothing changed. Who writes is
/// in the group.
pub fn after_line(old: &ContactCard, by: Option<&Sender>) -> Option<ContactCard> {
    let mut card = of_group(old);
    if let Some(by) = by {
        note(card.group.get_or_insert_default(), by, How::Wrote);
    }
    (card != *old).then_some(card)
}

/// The card of a group of which a status names this participant; `None` when nothing changed.
pub fn after_status(old: &ContactCard, named: &str) -> Option<ContactCard> {
    let mut card = of_group(old);
    note(card.group.get_or_insert_default(), &by_name(named), How::Named);
    (card != *old).then_some(card)
}

/// The participant of this sender.
pub fn find<'a>(card: &'a ContactCard, who: &Sender) -> Option<&'a Participant> {
    card.group.as_ref()?.participants.iter().find(|one| is_same(one, who))
}

/// The participant whom a status names, by number or user id.
pub fn named<'a>(card: &'a ContactCard, name: &str) -> Option<&'a Participant> {
    find(card, &by_name(name))
}

/// Returns the lowest status that a message of this time reached in a group. Participants count if
/// they are in the group since then, or if a receipt names them. The message failed only if it
/// failed with each of them.
pub fn reached_all(card: &ContactCard, amended: &Amended, at: Timestamp) -> ProviderStatus {
    let was_there = |one: &&Participant| !one.left && one.joined_at.is_none_or(|since| since <= at);
    let here = card.group.iter().flat_map(|group| &group.participants).filter(was_there);
    let told = |n: u32| amended.receipts.iter().find(|receipt| receipt.participant == n);
    let numbers = here.map(|one| one.n).chain(amended.receipts.iter().map(|one| one.participant));
    let statuses = numbers.map(|n| told(n).map_or(MessageStatus::Sent, |receipt| receipt.status));
    let arrived = statuses.filter(|status| *status != MessageStatus::Failed);
    match arrived.min_by_key(|status| provider_rank(*status)) {
        Some(MessageStatus::Delivered) => ProviderStatus::Delivered,
        Some(MessageStatus::Read) => ProviderStatus::Read,
        Some(MessageStatus::Played) => ProviderStatus::Played,
        Some(_) => ProviderStatus::Sent,
        None => ProviderStatus::Failed,
    }
}

fn of_group(old: &ContactCard) -> ContactCard {
    ContactCard { group: Some(old.group.clone().unwrap_or_default()), ..old.clone() }
}

fn by_name(name: &str) -> Sender {
    let is_number = name.bytes().all(|byte| byte.is_ascii_digit());
    let (number, user) = if is_number { (Some(name), None) } else { (None, Some(name)) };
    Sender {
        wa_id: number.map(str::to_owned),
        user_id: user.map(str::to_owned),
        ..Sender::default()
    }
}

/// The event by which a participant came to be known.
#[derive(Clone, Copy)]
enum How {
    Joined(Timestamp),
    Left,
    Wrote,
    Named,
}

fn note(group: &mut GroupCard, who: &Sender, how: How) {
    if who.wa_id.is_none() && who.user_id.is_none() {
        return;
    }
    let place = place(group, who);
    let Some(one) = group.participants.get_mut(place) else { return };
    one.name = who.name.clone().or_else(|| one.name.take());
    one.phone = who.wa_id.clone().or_else(|| one.phone.take());
    one.username = who.username.clone().or_else(|| one.username.take());
    one.user_id = who.user_id.clone().or_else(|| one.user_id.take());
    match how {
        How::Joined(at) => {
            if one.left || one.joined_at.is_none() {
                one.joined_at = Some(at);
            }
            one.left = false;
        }
        How::Left => one.left = true,
        How::Wrote => one.left = false,
        How::Named => {}
    }
}

/// Where a participant stands in the list, who is added where they are new.
fn place(group: &mut GroupCard, who: &Sender) -> usize {
    if let Some(known) = group.participants.iter().position(|one| is_same(one, who)) {
        return known;
    }
    let n = group.participants.last().map_or(0, |one| one.n) + 1;
    if group.participants.len() >= PARTICIPANTS_MAX {
        let gone = group.participants.iter().position(|one| one.left).unwrap_or(0);
        group.participants.remove(gone);
    }
    group.participants.push(Participant { n, ..Participant::default() });
    group.participants.len() - 1
}

/// A user id tells people apart where both have one; else the number does, however it is written.
fn is_same(one: &Participant, who: &Sender) -> bool {
    if let (Some(known), Some(told)) = (&one.user_id, &who.user_id) {
        return known == told;
    }
    let (Some(known), Some(told)) = (&one.phone, &who.wa_id) else { return false };
    number::is_same(known, told)
}
