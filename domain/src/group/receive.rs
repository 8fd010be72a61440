//! Inbound members: what webhooks say, decided against the state of the group.

use std::borrow::Cow;
use std::cmp::Reverse;

use baton_protocol::conversation::ContactCard;
use baton_protocol::{
    Actor, Amendment, Author, Change, ChannelId, ConversationId, Epoch, LineKind, LineRef,
    Marketing, MessageId, MessageStatus, Receipt, Timestamp,
};

use super::changes::Arrived;
use super::contact::{ContactNews, know_contact};
use super::past;
use super::senders::KnownSender;
use super::state::{
    Aside, By, Channel, Key, NotUnderstood, ParkedStatus, Quarantined, State, WantedFile,
};
use super::work::{FreshIds, MessageAt, Post};
use crate::decide::delivery::Sent;
use crate::decide::{delivery, file, marketing, opened, person, receive};
use crate::fact::inbound::{
    Element, ElementBody, GroupNews, InboundMessage, InboundReaction, Moved, Preference,
    ProviderStatus, Sender, StatusUpdate,
};
use crate::fact::line::is_same_side;
use crate::fact::predicates::is_not_understood;
use crate::fact::roster;
use crate::fact::tag::Tag;

/// An element that is decided: ids for what it may make, the life of the database, and the time.
#[derive(Clone, Copy)]
pub(super) struct Arrival<'a> {
    pub(super) fresh: &'a FreshIds,
    pub(super) epoch: Epoch,
    pub(super) now: Timestamp,
}

/// Decides a webhook, element by element: none stands in another's way.
pub(super) fn post(state: &mut State, post: &Post, epoch: Epoch, now: Timestamp) {
    for (element, fresh) in &post.elements {
        keep(state, post, element, fresh);
        if let Err(why) = one(state, post, element, Arrival { fresh, epoch, now }) {
            set_aside(state, post, element, fresh, why);
        }
    }
}

fn one(
    state: &mut State,
    post: &Post,
    element: &Element,
    arrival: Arrival<'_>,
) -> Result<(), Aside> {
    match &element.body {
        ElementBody::Ignored { .. } => Ok(()),
        ElementBody::Unattributable { reason } => Err(Aside("unattributable", reason.clone())),
        ElementBody::Message(message) => {
            let channel = channel_of(state, post, element)?;
            line(state, &channel, message, arrival, LineOf::Customer)
        }
        ElementBody::Echo(message) => {
            let channel = channel_of(state, post, element)?;
            line(state, &channel, message, arrival, LineOf::PhoneApp)
        }
        ElementBody::Reaction(reaction) => {
            let channel = channel_of(state, post, element)?;
            react(state, &channel, reaction, arrival);
            Ok(())
        }
        ElementBody::Moved(moved) => {
            let channel = channel_of(state, post, element)?;
            rename(state, &channel, moved, arrival);
            Ok(())
        }
        ElementBody::Group(news) => {
            let channel = channel_of(state, post, element)?;
            tell_of_group(state, &channel, news, arrival);
            Ok(())
        }
        ElementBody::Preference(wish) => {
            let channel = channel_of(state, post, element)?;
            prefer(state, &channel, wish, arrival);
            Ok(())
        }
        // What the number's phone app shared is kept as it came until its number is known.
        ElementBody::Past(_) | ElementBody::Booked(_) => {
            if let Ok(channel) = channel_of(state, post, element) {
                past::take_in(state, &channel, &element.body, arrival);
            }
            Ok(())
        }
        ElementBody::Status(update) => {
            let channel = channel_of(state, post, element)?;
            status(state, (channel.workspace, channel.id), update, arrival);
            Ok(())
        }
    }
}

/// The channel of an element; another meta app's numbers are none of this one's business.
fn channel_of(state: &State, post: &Post, element: &Element) -> Result<Channel, Aside> {
    let Some(number) = &element.phone_number_id else {
        return Err(aside("no_number", "it names no number of ours"));
    };
    match state.channels.get(number) {
        Some(channel) if channel.meta_app == post.meta_app => Ok(channel.clone()),
        Some(_) => Err(aside("other_meta_app", "the number belongs to another meta app")),
        None => Err(aside("unknown_number", "the number is not connected")),
    }
}

fn aside(name: &'static str, words: &str) -> Aside {
    Aside(name, words.to_owned())
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum LineOf {
    Customer,
    PhoneApp,
}

fn line(
    state: &mut State,
    channel: &Channel,
    message: &InboundMessage,
    arrival: Arrival<'_>,
    of: LineOf,
) -> Result<(), Aside> {
    let Arrival { fresh, now, .. } = arrival;
    let workspace = channel.workspace;
    let wamid = (workspace, (channel.id, message.wamid.clone()));
    if state.wamids.contains_key(&wamid) {
        let author = match of {
            LineOf::Customer => Author::Customer,
            LineOf::PhoneApp => Author::PhoneApp,
        };
        read_anew(state, channel, message, author, arrival);
        return Ok(());
    }
    let known = state.senders.get(&(workspace, fresh.message)).copied();
    let known = known.ok_or_else(|| aside("names_nobody", "it names nobody"))?;
    let by = By { card: Some(fresh.card), ..By::new(Actor::Customer, now) };
    let told = match message.sender.group_id {
        Some(_) => ContactNews::Line(message.participant.as_ref()),
        None => ContactNews::Person(&message.sender, message.at.min(now)),
    };
    know_contact(state, channel, known, told, by);
    let key = (workspace, known.conversation);
    tell_twin(state, key, fresh, now);
    let message = &*with_author(state, (workspace, known), message);
    let Some(conversation) = state.conversation(workspace, known.conversation) else {
        return Err(aside("no_conversation", "its conversation could not be read"));
    };
    let quoted = message.quoted_wamid.as_ref().and_then(|wamid| {
        state.wamids.get(&(workspace, (channel.id, wamid.clone()))).map(|(_, id)| *id)
    });
    let (actor, author) = match of {
        LineOf::Customer => (Actor::Customer, Author::Customer),
        LineOf::PhoneApp => (Actor::System, Author::PhoneApp),
    };
    let line = LineRef { seq: conversation.head.last_seq + 1, id: fresh.message };
    let change = Change { line, at: message.at.min(now) };
    let arrived = Arrived { channel, conversation: known.conversation, message, author, change };
    let said = arrived.words(state);
    let drafts = match of {
        LineOf::Customer => receive::customer_line(conversation, &said, fresh.message, quoted, now),
        LineOf::PhoneApp => receive::echo_line(conversation, &said, fresh.message, quoted, now),
    };
    let drafts = drafts.into_iter().chain(arrived.amendments(state)).collect();
    state.append(key, drafts, By::new(actor, now));
    arrived.note(state);
    if let Some(media) = &said.media {
        want_file(state, MessageAt::of(channel, known.conversation, line), media, now);
    }
    state.wamids.insert(wamid, (known.conversation, fresh.message));
    let extras = state.extras.entry(fresh.message).or_default();
    extras.wamid = Some(message.wamid.clone());
    if of == LineOf::Customer {
        extras.identity = identity(&message.sender);
    }
    let sent = Sent { message: fresh.message, attempt: None, wamid: &message.wamid };
    hear(state, (workspace, channel.id), sent, None, now);
    Ok(())
}

/// The name under which a customer wrote. WhatsApp delivers to either; a number, where there is
/// one, always works.
fn identity(sender: &Sender) -> Option<(&'static str, String)> {
    let Sender { wa_id, user_id, group_id, .. } = sender;
    match (group_id, wa_id, user_id) {
        (Some(group_id), _, _) => Some(("group_id", group_id.clone())),
        (None, Some(wa_id), _) => Some(("wa_id", wa_id.clone())),
        (None, None, Some(user_id)) => Some(("user_id", user_id.clone())),
        (None, None, None) => None,
    }
}

/// The sender is named by a name of another contact as well: they are one person.
fn tell_twin(state: &mut State, of: Key<ConversationId>, fresh: &FreshIds, now: Timestamp) {
    let Some(twin) = state.twins.get(&(of.0, fresh.message)).copied() else { return };
    let told = state.conversation(of.0, of.1).and_then(|of| person::told(of, twin));
    state.append(of, told.into_iter().collect(), By::new(Actor::System, now));
}

/// A message that came before: if an earlier version did not understand it and this one does, its
/// line is read anew. It keeps its number and answers nobody, and nobody is told of it again.
fn read_anew(
    state: &mut State,
    channel: &Channel,
    message: &InboundMessage,
    author: Author,
    Arrival { fresh, now, .. }: Arrival<'_>,
) {
    let of = |wamid: &str| (channel.workspace, (channel.id, wamid.to_owned()));
    let Some((conversation, id)) = state.wamids.get(&of(&message.wamid)).copied() else { return };
    let known = state.lines.find(conversation, id);
    let Some(line) = known.filter(|facts| is_same_side(facts.author, author)) else { return };
    let is_gone = line.amended.as_ref().is_some_and(|amended| amended.revoked.is_some());
    if is_gone || !is_not_understood(line.kind) || is_not_understood(message.kind) {
        return;
    }
    let line = line.line;
    let change = Change { line, at: message.at.min(now) };
    let arrived = Arrived { channel, conversation, message, author, change };
    let said = arrived.words(state);
    let by = By { card: Some(fresh.card), ..By::new(Actor::System, now) };
    let drafts = std::iter::once(receive::understood(line, &said));
    let drafts = drafts.chain(arrived.amendments(state)).collect();
    state.append((channel.workspace, conversation), drafts, by);
    arrived.note(state);
    if let Some(media) = &said.media {
        want_file(state, MessageAt::of(channel, conversation, line), media, now);
    }
}

/// Keeps an element that this version does not understand for another one. A line that is known is
/// kept since it came.
fn keep(state: &mut State, post: &Post, element: &Element, fresh: &FreshIds) {
    let channel = channel_of(state, post, element).ok();
    let (kind, original_type, line) = match &element.body {
        ElementBody::Ignored { what } => (*what, None, None),
        ElementBody::Message(message) | ElementBody::Echo(message)
            if is_not_understood(message.kind) =>
        {
            let Some(channel) = &channel else { return };
            let wamid = (channel.workspace, (channel.id, message.wamid.clone()));
            let changes = state.changes.get(&wamid).into_iter().flatten();
            // What was taken back before it came is read by no version.
            if changes.into_iter().any(|one| one.kind == LineKind::Revocation) {
                return;
            }
            let line = state.wamids.get(&wamid).map_or(fresh.message, |(_, id)| *id);
            (message.kind.name(), message.content.original_type.clone(), Some(line))
        }
        ElementBody::Message(_)
        | ElementBody::Echo(_)
        | ElementBody::Status(_)
        | ElementBody::Reaction(_)
        | ElementBody::Moved(_)
        | ElementBody::Group(_)
        | ElementBody::Preference(_)
        | ElementBody::Past(_)
        | ElementBody::Booked(_)
        | ElementBody::Unattributable { .. } => return,
    };
    state.not_understood.push(NotUnderstood {
        id: fresh.message.0,
        meta_app: post.meta_app.clone(),
        workspace: channel.map(|channel| channel.workspace),
        kind,
        original_type,
        line,
        element: element.raw.clone(),
    });
}

/// The line's file is to be fetched.
fn want_file(state: &mut State, at: MessageAt, media: &str, now: Timestamp) {
    let wanted = file::wanted(LineRef { seq: at.seq, id: at.message });
    state.append((at.workspace, at.conversation), vec![wanted], By::new(Actor::System, now));
    state.wanted_files.push(WantedFile { at, media: media.to_owned() });
}

/// The message with its author, as far as the group knows them.
fn with_author<'a>(
    state: &State,
    (workspace, known): Key<KnownSender>,
    message: &'a InboundMessage,
) -> Cow<'a, InboundMessage> {
    let card = state.cards.get(&(workspace, known.contact));
    let who = card.zip(message.participant.as_ref());
    let Some(who) = who.and_then(|(card, who)| roster::find(card, who)) else {
        return Cow::Borrowed(message);
    };
    let mut message = message.clone();
    message.content.by = Some(Box::new(who.clone()));
    Cow::Owned(message)
}

/// Something became of a group; of one that is not known only what begins it is told.
fn tell_of_group(
    state: &mut State,
    channel: &Channel,
    news: &GroupNews,
    Arrival { fresh, now, .. }: Arrival<'_>,
) {
    let known = state.senders.get(&(channel.workspace, fresh.message)).copied();
    let Some(known) = known else { return };
    let key = (channel.workspace, known.conversation);
    let is_new = !state.conversations.contains_key(&key);
    if is_new && !news.begins {
        return;
    }
    let by = By { card: Some(fresh.card), ..By::new(Actor::System, now) };
    know_contact(state, channel, known, ContactNews::Group(news), by);
    let opened = state.conversation(key.0, key.1).filter(|_| is_new).map(|of| opened(&of.head));
    state.append(key, opened.into_iter().map(Into::into).collect(), by);
}

/// Tells a reaction at its message. To one from before Baton's time it is kept raw.
fn react(
    state: &mut State,
    channel: &Channel,
    reaction: &InboundReaction,
    Arrival { fresh, now, .. }: Arrival<'_>,
) {
    let wamid = (channel.workspace, (channel.id, reaction.to_wamid.clone()));
    let Some((conversation, message)) = state.wamids.get(&wamid).copied() else { return };
    let Some(target) = state.lines.find(conversation, message) else { return };
    let amendment = Amendment::Reacted { by: reaction.by, at: reaction.at.min(now) };
    let draft = receive::amended(target, amendment, reaction.emoji.clone());
    let actor = if reaction.by == Author::Customer { Actor::Customer } else { Actor::System };
    let by = By { card: Some(fresh.card), ..By::new(actor, now) };
    state.append((channel.workspace, conversation), draft.into_iter().collect(), by);
}

/// Tells what a customer wants of marketing. Of somebody whom nobody wrote to nothing is kept.
fn prefer(
    state: &mut State,
    channel: &Channel,
    wish: &Preference,
    Arrival { fresh, now, .. }: Arrival<'_>,
) {
    let workspace = channel.workspace;
    let Some(known) = state.senders.get(&(workspace, fresh.message)).copied() else { return };
    let Some(conversation) = state.conversation(workspace, known.conversation) else { return };
    let marketing = Marketing { stopped: wish.stops, since: wish.at.min(now) };
    let draft = marketing::told(conversation, marketing);
    let by = By::new(Actor::Customer, now);
    state.append((workspace, known.conversation), draft.into_iter().collect(), by);
}

/// Tells a customer's new number. Under whom they are found is in the senders already.
fn rename(
    state: &mut State,
    channel: &Channel,
    moved: &Moved,
    Arrival { fresh, now, .. }: Arrival<'_>,
) {
    let known = state.senders.get(&(channel.workspace, fresh.message)).copied();
    let is_held = |known: &KnownSender| {
        state.conversations.contains_key(&(channel.workspace, known.conversation))
    };
    let Some(known) = known.filter(is_held) else { return };
    let by = By { card: Some(fresh.card), ..By::new(Actor::Customer, now) };
    know_contact(state, channel, known, ContactNews::Moved(moved, now), by);
}

fn status(
    state: &mut State,
    of: Key<ChannelId>,
    update: &StatusUpdate,
    Arrival { fresh, epoch, now }: Arrival<'_>,
) {
    let key = (of.0, (of.1, update.wamid.clone()));
    let by_tag = update
        .tag
        .as_deref()
        .and_then(Tag::parse)
        .filter(|tag| state.places.contains_key(&(of.0, tag.message)));
    let by_wamid = state.wamids.get(&key).map(|(_, id)| *id);
    let message = by_tag.map(|tag| tag.message).or(by_wamid);
    let told = ParkedStatus {
        status: update.status,
        error: update.error.clone(),
        at: update.at,
        participant: update.participant.clone(),
    };
    match message {
        Some(message) => {
            let is_of_lost_life = by_tag.is_some_and(|tag| tag.epoch != epoch);
            let attempt = match by_tag {
                Some(tag) if !is_of_lost_life => Some(tag.attempt),
                // A life that was lost counted its attempts for itself.
                Some(_) | None => attempt_of(state, message, &update.wamid),
            };
            // What arrived from there has arrived. What failed there says nothing of this life's
            // attempts, unless it is known here already as what arrived.
            let is_failure = update.status == ProviderStatus::Failed;
            if is_of_lost_life && is_failure && by_wamid != Some(message) {
                return;
            }
            let sent = Sent { message, attempt, wamid: &update.wamid };
            set_wamid(state, of, sent);
            if let Some(named) = &update.participant {
                let by = By { card: Some(fresh.card), ..By::new(Actor::System, now) };
                know_participant(state, (of.0, message), named, by);
            }
            hear(state, of, sent, Some(told), now);
        }
        // It overtook the answer to its own send, or is of no message of ours.
        None => {
            state.parked.entry(key.clone()).or_default().push(told.clone());
            state.newly_parked.push((key, told));
        }
    }
}

/// The conversation of a message, if it is a group's.
fn group_of(state: &State, of: Key<MessageId>) -> Option<(Key<ConversationId>, ContactCard)> {
    let (id, _) = state.places.get(&of)?;
    let conversation = state.conversation(of.0, *id)?;
    let thread = &conversation.thread;
    let card = state.cards.get(&(of.0, thread.contact_id)).cloned().unwrap_or_default();
    thread.kind.is_group().then_some(((of.0, *id), card))
}

/// Takes note of a participant whom nobody told of before.
fn know_participant(state: &mut State, of: Key<MessageId>, named: &str, by: By) {
    let Some((key, card)) = group_of(state, of) else { return };
    let new = ContactNews::Status(named).card(&card);
    let contact = state.conversation(key.0, key.1).map(|of| of.thread.contact_id);
    let Some((new, contact)) = new.zip(contact) else { return };
    state.changed_cards.entry((of.0, contact)).or_insert(false);
    state.cards.insert((of.0, contact), new.clone());
    state.append(key, vec![receive::contact_changed(contact, new)], by);
}

/// The status of the message as a whole that follows from this one. One of a participant is noted
/// first.
fn receive_status(
    state: &mut State,
    of: Key<MessageId>,
    one: &ParkedStatus,
    now: Timestamp,
) -> ProviderStatus {
    let Some(named) = &one.participant else { return one.status };
    let Some((key, card)) = group_of(state, of) else { return one.status };
    let told = match one.status {
        ProviderStatus::Sent => return ProviderStatus::Sent,
        ProviderStatus::Delivered => MessageStatus::Delivered,
        ProviderStatus::Read => MessageStatus::Read,
        ProviderStatus::Played => MessageStatus::Played,
        ProviderStatus::Failed => MessageStatus::Failed,
    };
    let facts = state.lines.find(key.1, of.1).zip(roster::named(&card, named));
    let Some((facts, participant)) = facts else { return ProviderStatus::Sent };
    let receipt = Receipt { participant: participant.n, status: told, at: one.at.min(now) };
    let draft = receive::amended(facts, Amendment::Received(receipt), None);
    state.append(key, draft.into_iter().collect(), By::new(Actor::System, now));
    let facts = state.lines.find(key.1, of.1);
    let amended = facts.and_then(|facts| facts.amended.as_deref().zip(Some(facts.accepted_at)));
    amended.map_or(ProviderStatus::Sent, |(known, at)| roster::reached_all(&card, known, at))
}

/// The attempt that brought a message its wamid, if it is this one.
fn attempt_of(state: &State, message: MessageId, wamid: &str) -> Option<u32> {
    let extras = state.extras.get(&message)?;
    extras.wamid_attempt.filter(|_| extras.wamid.as_deref() == Some(wamid))
}

/// Notes Meta's id of a message and the attempt that brought it, unless one is known already.
pub(super) fn set_wamid(
    state: &mut State,
    (workspace, channel): Key<ChannelId>,
    Sent { message, attempt, wamid }: Sent<'_>,
) {
    let Some((conversation, _)) = state.places.get(&(workspace, message)).copied() else {
        return;
    };
    let key = (workspace, (channel, wamid.to_owned()));
    if state.wamids.contains_key(&key) {
        return;
    }
    let extras = state.extras.entry(message).or_default();
    if extras.wamid.is_none() {
        extras.wamid = Some(wamid.to_owned());
        extras.wamid_attempt = attempt;
        extras.is_changed = true;
        extras.conversation.get_or_insert((workspace, conversation));
        state.wamids.insert(key, (conversation, message));
    }
}

/// Lets a message climb by all that is known of it: what waited for its id of Meta, and what is
/// told now. All is of the attempt that Meta gave this id, if it is known which.
pub(super) fn hear(
    state: &mut State,
    (workspace, channel): Key<ChannelId>,
    sent: Sent<'_>,
    told: Option<ParkedStatus>,
    now: Timestamp,
) {
    let key = (workspace, (channel, sent.wamid.to_owned()));
    let mut all = state.parked.remove(&key).unwrap_or_default();
    if !all.is_empty() {
        state.unparked.insert(key);
    }
    all.extend(told);
    // The highest comes first, because it says all that is below it. A failure comes last: what has
    // arrived has not failed, in whatever order the statuses came.
    all.sort_by_key(|one| (one.status == ProviderStatus::Failed, Reverse(one.status)));
    for one in all {
        let of = (workspace, sent.message);
        let status = receive_status(state, of, &one, now);
        let Some((id, _)) = state.places.get(&of).copied() else { return };
        let Some(conversation) = state.conversation(workspace, id) else { return };
        let drafts = delivery::status(conversation, &state.lines, sent, status, one.error.as_ref());
        state.append((workspace, id), drafts, By::new(Actor::System, now));
    }
}

fn set_aside(state: &mut State, post: &Post, element: &Element, fresh: &FreshIds, why: Aside) {
    // Only its own meta app speaks for a number: what another one says is not its workspace's.
    let channel = channel_of(state, post, element).ok();
    state.quarantined.push(Quarantined {
        id: fresh.contact,
        meta_app: post.meta_app.clone(),
        workspace: channel.map(|channel| channel.workspace),
        intake_digest: post.digest.clone(),
        why,
        element: element.raw.clone(),
    });
}
