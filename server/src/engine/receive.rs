//! Inbound members: what webhooks say, decided against the memory of the group.

use baton_domain::decide::{Draft, delivery, receive};
use baton_domain::inbound::{Element, ElementBody, InboundMessage, StatusUpdate};
use baton_protocol::conversation::ContactCard;
use baton_protocol::event::EventContent;
use baton_protocol::{Actor, ChannelId, Epoch, Fact, MessageId, Timestamp, WorkspaceId};

use super::load::{Channel, Loaded};
use super::memory::{Aside, By, Heard, Memory, Quarantined};
use super::needs::tagged;
use super::senders::Known;
use super::work::{FreshIds, Post};

/// Decides a webhook, element by element: none stands in another's way.
pub(super) fn post(loaded: &mut Loaded, post: &Post, epoch: Epoch, now: Timestamp) {
    for (element, fresh) in &post.elements {
        if let Err(why) = one(loaded, post, element, fresh, (epoch, now)) {
            set_aside(loaded, post, element, fresh, why);
        }
    }
}

fn one(
    loaded: &mut Loaded,
    post: &Post,
    element: &Element,
    fresh: &FreshIds,
    (epoch, now): (Epoch, Timestamp),
) -> Result<(), Aside> {
    match &element.body {
        ElementBody::Ignored { .. } => Ok(()),
        ElementBody::Unattributable { reason } => Err(Aside("unattributable", reason.clone())),
        ElementBody::Message(message) => {
            let channel = channel_of(loaded, post, element)?;
            line(loaded, &channel, message, (fresh, now), LineOf::Customer)
        }
        ElementBody::Echo(message) => {
            let channel = channel_of(loaded, post, element)?;
            line(loaded, &channel, message, (fresh, now), LineOf::PhoneApp)
        }
        ElementBody::Status(update) => {
            let channel = channel_of(loaded, post, element)?;
            status(&mut loaded.memory, &channel, update, epoch, now);
            Ok(())
        }
    }
}

/// The channel of an element; another meta app's numbers are none of this one's business.
fn channel_of(loaded: &Loaded, post: &Post, element: &Element) -> Result<Channel, Aside> {
    let Some(number) = &element.phone_number_id else {
        return Err(aside("no_number", "it names no number of ours"));
    };
    match loaded.channels.get(number) {
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
    loaded: &mut Loaded,
    channel: &Channel,
    message: &InboundMessage,
    (fresh, now): (&FreshIds, Timestamp),
    of: LineOf,
) -> Result<(), Aside> {
    let workspace = channel.workspace;
    let wamid = (workspace, (channel.id, message.wamid.clone()));
    if loaded.memory.wamids.contains_key(&wamid) {
        return Ok(());
    }
    let known = loaded.senders.get(&fresh.message).copied();
    let known = known.ok_or_else(|| aside("names_nobody", "it names nobody"))?;
    let memory = &mut loaded.memory;
    let by = By { card: Some(fresh.card), ..By::new(Actor::Customer, now) };
    know_contact(memory, channel, known, message, by);
    let key = (workspace, known.conversation);
    let Some(conversation) = memory.conversation(workspace, known.conversation) else {
        return Err(aside("no_conversation", "its conversation could not be read"));
    };
    let quoted = message.quoted_wamid.as_ref().and_then(|wamid| {
        memory.wamids.get(&(workspace, (channel.id, wamid.clone()))).map(|(_, id)| *id)
    });
    let drafts = match of {
        LineOf::Customer => {
            receive::customer_line(conversation, message, (fresh.message, quoted), now)
        }
        LineOf::PhoneApp => receive::echo_line(conversation, message, fresh.message, now),
    };
    let actor = if of == LineOf::Customer { Actor::Customer } else { Actor::System };
    memory.append(key, drafts, By::new(actor, now));
    memory.wamids.insert(wamid, (known.conversation, fresh.message));
    let extras = memory.extras.entry(fresh.message).or_default();
    extras.wamid = Some(message.wamid.clone());
    if of == LineOf::Customer {
        // WhatsApp delivers to either name; a number, where there is one, always works.
        extras.identity = match (&message.sender.wa_id, &message.sender.user_id) {
            (Some(wa_id), _) => Some(("wa_id", wa_id.clone())),
            (None, Some(user_id)) => Some(("user_id", user_id.clone())),
            (None, None) => None,
        };
    }
    Ok(())
}

/// Begins the conversation of a new contact; takes note of a changed name or number.
fn know_contact(
    memory: &mut Memory,
    channel: &Channel,
    known: Known,
    message: &InboundMessage,
    by: By,
) {
    let key = (channel.workspace, known.conversation);
    let card_key = (channel.workspace, known.contact);
    let is_new = !memory.conversations.contains_key(&key);
    if is_new {
        let opened = Fact::ConversationOpened {
            channel_id: channel.id,
            contact_id: known.contact,
            team_id: channel.team,
        };
        memory.append(key, vec![opened.into()], by);
    }
    let old = memory.cards.get(&card_key).cloned().unwrap_or_default();
    let new = ContactCard {
        name: message.sender.name.clone().or_else(|| old.name.clone()),
        phone: message.sender.wa_id.clone().or_else(|| old.phone.clone()),
    };
    if is_new {
        memory.changed_cards.insert(card_key, true);
    }
    if new != old {
        memory.changed_cards.entry(card_key).or_insert(false);
        memory.cards.insert(card_key, new.clone());
        let draft = Draft {
            fact: Fact::ContactChanged { contact_id: known.contact },
            content: Some(EventContent::Contact(new)),
        };
        memory.append(key, vec![draft], by);
    }
}

fn status(
    memory: &mut Memory,
    channel: &Channel,
    update: &StatusUpdate,
    epoch: Epoch,
    now: Timestamp,
) {
    let key = (channel.workspace, (channel.id, update.wamid.clone()));
    let by_tag = tagged(update.tag.as_deref(), epoch)
        .filter(|tag| memory.places.contains_key(&(channel.workspace, tag.message)));
    let by_wamid = memory.wamids.get(&key).map(|(_, id)| *id);
    let message = by_tag.map(|tag| tag.message).or(by_wamid);
    let heard = Heard {
        status: update.status,
        attempt: match by_tag {
            Some(tag) => Some(tag.attempt),
            None => by_wamid.and_then(|id| attempt_of(memory, id, &update.wamid)),
        },
        error: update.error.clone(),
        at: update.at,
    };
    match message {
        Some(message) => {
            let here = (channel.workspace, channel.id);
            set_wamid(memory, here, message, (&update.wamid, heard.attempt));
            apply_status(memory, channel.workspace, message, &heard, now);
        }
        // It overtook the answer to its own send, or is of no message of ours.
        None => {
            memory.parked.entry(key.clone()).or_default().push(heard.clone());
            memory.newly_parked.push((key, heard));
        }
    }
}

/// The attempt that brought a message its wamid, if it is this one.
fn attempt_of(memory: &Memory, message: MessageId, wamid: &str) -> Option<u32> {
    let extras = memory.extras.get(&message)?;
    extras.wamid_attempt.filter(|_| extras.wamid.as_deref() == Some(wamid))
}

/// Notes Meta's id of a message and the attempt that brought it, unless one is known already.
pub(super) fn set_wamid(
    memory: &mut Memory,
    (workspace, channel): (WorkspaceId, ChannelId),
    message: MessageId,
    (wamid, attempt): (&str, Option<u32>),
) {
    let Some((conversation, _)) = memory.places.get(&(workspace, message)).copied() else {
        return;
    };
    let key = (workspace, (channel, wamid.to_owned()));
    if memory.wamids.contains_key(&key) {
        return;
    }
    let extras = memory.extras.entry(message).or_default();
    if extras.wamid.is_none() {
        extras.wamid = Some(wamid.to_owned());
        extras.wamid_attempt = attempt;
        extras.is_changed = true;
        extras.conversation.get_or_insert((workspace, conversation));
        memory.wamids.insert(key, (conversation, message));
    }
}

/// Lets a message climb.
pub(super) fn apply_status(
    memory: &mut Memory,
    workspace: WorkspaceId,
    message: MessageId,
    heard: &Heard,
    now: Timestamp,
) {
    let Some((id, _)) = memory.places.get(&(workspace, message)).copied() else { return };
    let Some(conversation) = memory.conversation(workspace, id) else { return };
    let drafts = delivery::status(
        conversation,
        &memory.lines,
        (message, heard.attempt),
        heard.status,
        heard.error.as_ref(),
    );
    memory.append((workspace, id), drafts, By::new(Actor::System, now));
}

fn set_aside(loaded: &mut Loaded, post: &Post, element: &Element, fresh: &FreshIds, why: Aside) {
    // Only its own meta app speaks for a number: what another one says is not its workspace's.
    let channel = channel_of(loaded, post, element).ok();
    loaded.memory.quarantined.push(Quarantined {
        id: fresh.contact,
        meta_app: post.meta_app.clone(),
        workspace: channel.map(|channel| channel.workspace),
        intake_digest: post.digest.clone(),
        why,
        element: element.raw.clone(),
    });
}
