//! Finds the contact of a sender by the names that the sender is known by. It records new names,
//! and moves a name when a number has passed to somebody else.
//!
//! A user id belongs to one customer for good, a number does not. A new user id may come under the
//! number of somebody who has another user id. That sender is a new contact and gets the number.
//! Later messages from the number without a user id are theirs too.

use std::collections::{BTreeMap, BTreeSet};

use baton_protocol::{ChannelId, ContactId, ConversationId, MessageId, Timestamp, WorkspaceId};
use serde::Serialize;

use super::state::{Channel, Key};
use super::work::{BeginWork, FreshIds, Work};
use crate::fact::inbound::{ElementBody, Sender};
use crate::text::number::variant;

/// Whom a sender is, on a channel.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct KnownSender {
    /// The contact.
    pub contact: ContactId,
    /// Their conversation on the channel.
    pub conversation: ConversationId,
}

/// The kind of a name.
#[expect(clippy::enum_variant_names, reason = "WhatsApp calls each of them an id")]
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum NameKind {
    /// WhatsApp's id of a user, for good.
    UserId,
    /// A number, which may pass to somebody else.
    WaId,
    /// WhatsApp's id of a group.
    GroupId,
}

baton_protocol::names!(NameKind {
    UserId = "user_id",
    WaId = "wa_id",
    GroupId = "group_id",
});

/// A name that WhatsApp gives to a contact.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Name {
    /// The kind.
    pub kind: NameKind,
    /// As WhatsApp writes it.
    pub value: String,
}

/// A name that somebody has.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NameSince {
    /// The name.
    pub name: Name,
    /// Since when it is theirs, by the time that WhatsApp gave.
    pub since: Timestamp,
}

/// A name on a channel. As JSON `[workspace, channel, kind, value]`; ordered alike.
pub type NameKey = (WorkspaceId, ChannelId, NameKind, String);

/// Whose a name is, and since when by the time that WhatsApp gave.
#[derive(Clone, Copy, Debug)]
pub struct Holder {
    /// Whom the name belongs to.
    pub known: KnownSender,
    /// The time from which they hold it, by WhatsApp's clock.
    pub since: Timestamp,
}

/// The names of a group's senders, as the messages looked at so far left them.
#[derive(Clone, Default, Debug)]
pub struct Book {
    /// The holder of each name.
    pub names: BTreeMap<NameKey, Holder>,
    /// User ids of the conversations that hold [`Book::names`] at first. They may be left out where
    /// no name is [`Book::contested`] and nobody moves.
    pub users: BTreeMap<ConversationId, BTreeSet<String>>,
    /// Messages whose sender is named by a name of another contact as well.
    pub twins: BTreeMap<Key<MessageId>, ContactId>,
    fresh: BTreeSet<NameKey>,
    moved: BTreeSet<NameKey>,
}

/// The name under which a customer is reached, who said something under `said`. Where they moved to
/// another number since, it is that; where the number passed on to somebody else, their user id.
///
/// `names` are the customer's on this channel. WhatsApp's times are whole seconds: a move may bear
/// that of the line before it.
pub fn reached_under(said: Name, said_at: Timestamp, names: &[NameSince]) -> Option<Name> {
    let newest = |fits: &dyn Fn(&NameSince) -> bool| {
        let of = names.iter().filter(|held| fits(held));
        of.max_by_key(|held| held.since).map(|held| held.name.clone())
    };
    if !names.iter().any(|held| held.name == said) {
        return newest(&|held| held.name.kind == NameKind::UserId);
    }
    let moved =
        newest(&|held| held.name.kind == said.kind && held.name != said && held.since >= said_at);
    Some(moved.unwrap_or(said))
}

/// The name under which somebody is reached who has said nothing yet: their newest number, or their
/// user id.
pub fn first_reached_under(names: &[NameSince]) -> Option<Name> {
    let newest = names.iter().max_by_key(|held| (held.name.kind, held.since));
    newest.map(|held| held.name.clone())
}

/// Somebody whom an element of the group names, with the channel it came by and its fresh ids.
#[derive(Clone, Copy, Debug)]
pub struct Sighting<'a> {
    /// The channel.
    pub channel: &'a Channel,
    /// As they are known now.
    pub sender: &'a Sender,
    /// As they were known before, where the element tells that they moved.
    pub formerly: Option<&'a Sender>,
    /// The time of the element, by WhatsApp's clock.
    pub at: Timestamp,
    /// Fresh ids for who is new.
    pub ids: &'a FreshIds,
}

/// Everybody whom the group names: customers by a channel of their webhook's app, and those whom
/// an agent writes to first.
pub fn sightings<'a>(
    group: &'a [&Work],
    channels: &'a BTreeMap<String, Channel>,
) -> impl Iterator<Item = Sighting<'a>> {
    let in_posts = group
        .iter()
        .filter_map(|work| work.post())
        .flat_map(|post| post.elements.iter().map(move |element| (post, element)))
        .filter_map(|(post, (element, ids))| {
            let channel = channels.get(element.phone_number_id.as_ref()?)?;
            let (sender, formerly, at) = match &element.body {
                ElementBody::Message(message) | ElementBody::Echo(message) => {
                    (&message.sender, None, message.at)
                }
                ElementBody::Moved(moved) => (&moved.to, Some(&moved.from), moved.at),
                ElementBody::Group(news) if news.begins => (&news.group, None, news.at),
                ElementBody::Group(news) => (&news.group, Some(&news.group), news.at),
                ElementBody::Preference(wish) => (&wish.by, Some(&wish.by), wish.at),
                ElementBody::Past(line) => (line.sender.as_ref()?, None, line.at),
                ElementBody::Booked(entry) => (&entry.of, Some(&entry.of), entry.at),
                ElementBody::Reaction(_)
                | ElementBody::Status(_)
                | ElementBody::Ignored { .. }
                | ElementBody::Unattributable { .. } => return None,
            };
            let sighting = Sighting { channel, sender, formerly, at, ids };
            (channel.meta_app == post.meta_app).then_some(sighting)
        });
    let begun = group.iter().filter_map(|work| {
        let Work::Begin(BeginWork { caller, phone_number_id, to: sender, fresh: ids, at }) = work
        else {
            return None;
        };
        let channel = channels.get(phone_number_id)?;
        let sighting = Sighting { channel, sender, formerly: None, at: *at, ids };
        (channel.workspace == caller.workspace).then_some(sighting)
    });
    in_posts.chain(begun)
}

impl Sighting<'_> {
    /// The names under which they may be found on their channel.
    pub fn keys(&self) -> Vec<NameKey> {
        [Some(self.sender), self.formerly]
            .into_iter()
            .flatten()
            .flat_map(names)
            .map(|called| key(self.channel, called.name))
            .collect()
    }
}

fn key(channel: &Channel, name: Name) -> NameKey {
    (channel.workspace, channel.id, name.kind, name.value)
}

fn user_key(channel: &Channel, user: &str) -> NameKey {
    key(channel, Name { kind: NameKind::UserId, value: user.to_owned() })
}

impl Book {
    /// Finds whom each sighting names, each as those before it left the names; who names nobody
    /// is left out. What became known is in [`Book::fresh`] and [`Book::moved`].
    pub fn meet_all(&mut self, all: &[Sighting<'_>]) -> BTreeMap<Key<MessageId>, KnownSender> {
        let known = all.iter().filter_map(|sighting| {
            let key = (sighting.channel.workspace, sighting.ids.message);
            let known = match sighting.formerly {
                None => self.meet(sighting),
                Some(formerly) => self.follow(sighting, formerly),
            };
            let twin = known.and_then(|known| self.twin(sighting, known));
            self.twins.extend(twin.map(|twin| (key, twin)));
            known.map(|known| (key, known))
        });
        known.collect()
    }

    /// Names that are new.
    pub fn fresh(&self) -> impl Iterator<Item = (&NameKey, &Holder)> {
        self.fresh.iter().filter_map(|name| self.names.get_key_value(name))
    }

    /// Names that passed to somebody else.
    pub fn moved(&self) -> impl Iterator<Item = (&NameKey, &Holder)> {
        self.moved.iter().filter_map(|name| self.names.get_key_value(name))
    }

    /// Begins the next group: fresh and moved names are taken as written.
    pub fn settle(&mut self) {
        self.fresh.clear();
        self.moved.clear();
        self.twins.clear();
    }

    /// The numbers that came with a user id and are known as somebody else's than its holder's.
    /// Their owner depends on who else has a user id there.
    pub fn contested(&self, all: &[Sighting<'_>]) -> BTreeSet<NameKey> {
        let mut contested = BTreeSet::new();
        for sighting in all {
            let holder = match (sighting.formerly, &sighting.sender.user_id) {
                (Some(formerly), _) => {
                    self.holder(sighting.channel, formerly).map(|one| one.known.conversation)
                }
                (None, Some(user)) => self.conversation(&user_key(sighting.channel, user)),
                (None, None) => continue,
            };
            let is_contested = |name: &NameKey| {
                name.2 == NameKind::WaId
                    && self.names.contains_key(name)
                    && self.conversation(name) != holder
            };
            contested.extend(sighting.keys().into_iter().filter(is_contested));
        }
        contested
    }

    /// Whose the first known name of a sender is.
    fn holder(&self, channel: &Channel, sender: &Sender) -> Option<Holder> {
        let names = names(sender).into_iter();
        names.filter_map(|called| self.names.get(&key(channel, called.name))).next().copied()
    }

    fn conversation(&self, name: &NameKey) -> Option<ConversationId> {
        self.names.get(name).map(|holder| holder.known.conversation)
    }

    /// The sender of a message; `None` where it names nobody.
    fn meet(&mut self, sighting: &Sighting<'_>) -> Option<KnownSender> {
        let Sighting { channel, sender, at, ids, .. } = *sighting;
        let user = sender.user_id.as_deref();
        let names = names(sender);
        let by_user = user.and_then(|user| self.names.get(&user_key(channel, user)));
        let known = names
            .iter()
            .filter_map(|called| self.names.get(&key(channel, called.name.clone())))
            .find(|holder| by_user.is_some() || !self.is_anothers(holder.known, user))
            .map_or_else(|| new(ids), |holder| holder.known);
        for called in &names {
            let name = key(channel, called.name.clone());
            // Deliveries may come late: an old one takes no number back.
            let has_passed = |holder: &Holder| {
                holder.known != known && self.is_anothers(holder.known, user) && holder.since <= at
            };
            match self.names.get(&name) {
                None if called.is_certain => self.fresh.insert(name.clone()),
                // What is new in this group is written once, as it ends up.
                Some(holder) if has_passed(holder) && !self.fresh.contains(&name) => {
                    self.moved.insert(name.clone())
                }
                Some(holder) if has_passed(holder) => true,
                _ => continue,
            };
            self.names.insert(name, Holder { known, since: at });
        }
        if let Some(user) = user {
            self.users.entry(known.conversation).or_default().insert(user.to_owned());
        }
        (!names.is_empty()).then_some(known)
    }

    /// Gives a customer who moved their new names; `None` where nobody is known by the former
    /// ones. A user id stays whose it is, and so does a number that came to somebody later.
    fn follow(&mut self, sighting: &Sighting<'_>, formerly: &Sender) -> Option<KnownSender> {
        let Sighting { channel, sender, at, .. } = *sighting;
        let Some(Holder { known, .. }) = self.holder(channel, formerly) else {
            return self.holder(channel, sender).map(|holder| holder.known);
        };
        for Called { name: Name { kind, value }, is_certain } in names(sender) {
            let name = key(channel, Name { kind, value });
            let is_new = !self.names.contains_key(&name);
            let is_free = self.names.get(&name).is_none_or(|holder| {
                holder.known != known && kind == NameKind::WaId && holder.since <= at
            });
            if !is_certain || !is_free {
                continue;
            }
            // What is new in this group is written once, as it ends up.
            if is_new {
                self.fresh.insert(name.clone());
            } else if !self.fresh.contains(&name) {
                self.moved.insert(name.clone());
            }
            self.names.insert(name, Holder { known, since: at });
        }
        // A user id that stays with somebody else is not theirs, also for the rest of the group.
        if let Some(user) = &sender.user_id
            && self.conversation(&user_key(channel, user)) == Some(known.conversation)
        {
            self.users.entry(known.conversation).or_default().insert(user.clone());
        }
        Some(known)
    }

    /// A contact with another name of the sender's, without a user id that says they are another.
    fn twin(&self, sighting: &Sighting<'_>, known: KnownSender) -> Option<ContactId> {
        let Sighting { channel, sender, .. } = *sighting;
        let user = sender.user_id.as_deref()?;
        let certain = names(sender).into_iter().filter(|called| called.is_certain);
        let holders = certain.filter_map(|called| {
            self.names.get(&key(channel, called.name)).map(|holder| holder.known)
        });
        let mut others = holders.filter(|holder| holder.contact != known.contact);
        others.find(|other| !self.is_anothers(*other, Some(user))).map(|other| other.contact)
    }

    /// Whether this contact has a user id and it is not this one.
    fn is_anothers(&self, known: KnownSender, user: Option<&str>) -> bool {
        let Some(user) = user else { return false };
        self.users.get(&known.conversation).is_some_and(|users| !users.contains(user))
    }
}

fn new(ids: &FreshIds) -> KnownSender {
    KnownSender { contact: ContactId(ids.contact), conversation: ids.conversation }
}

/// A name under which a sender may be known.
struct Called {
    name: Name,
    /// Not a variant of a number, which is for finding only.
    is_certain: bool,
}

/// The names under which a sender may be known, most certain first.
fn names(sender: &Sender) -> Vec<Called> {
    let called =
        |kind, is_certain| move |value: String| Called { name: Name { kind, value }, is_certain };
    let mut names = Vec::new();
    names.extend(sender.group_id.clone().map(called(NameKind::GroupId, true)));
    names.extend(sender.user_id.clone().map(called(NameKind::UserId, true)));
    if let Some(wa_id) = &sender.wa_id {
        names.push(called(NameKind::WaId, true)(wa_id.clone()));
        names.extend(variant(wa_id).map(called(NameKind::WaId, false)));
    }
    names
}
