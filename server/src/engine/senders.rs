//! Whose a message is: the names that its sender is known by, made known where they are new, and
//! moved where a number has passed to somebody else.
//!
//! A user id belongs to one customer for good, a number does not. Who comes with a user id of
//! their own under a number of somebody who has another one is a new contact, and the number is
//! theirs from then on: what comes from it later without a user id is theirs too.

use std::collections::{BTreeMap, BTreeSet};

use baton_domain::inbound::InboundMessage;
use baton_protocol::{ContactId, ConversationId, MessageId, Timestamp};

use super::load::{Channel, LoadError, messages};
use super::memory::Key;
use super::needs::{Needs, json, names};
use super::work::{FreshIds, Work};
use crate::store::group as rows;
use crate::store::rows::{id, ids as texts};
use crate::store::{StoreError, Tx};

/// Whom a sender is, on a channel.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Known {
    pub(super) contact: ContactId,
    pub(super) conversation: ConversationId,
}

/// `[workspace, channel, kind, value]`.
type Name = (String, String, String, String);

/// Whose a name is, and since when by the time that WhatsApp gave.
#[derive(Clone, Copy, Debug)]
struct Holder {
    known: Known,
    since: Timestamp,
}

/// The names of a group's senders, as the messages looked at so far left them.
#[derive(Default)]
struct Book {
    names: BTreeMap<Name, Holder>,
    /// User ids of conversations, as far as they matter.
    users: BTreeMap<ConversationId, BTreeSet<String>>,
    fresh: BTreeSet<Name>,
    moved: BTreeSet<Name>,
}

/// Finds the senders, each as the messages before it left the names, and makes those known who
/// are new. Locks: contested numbers, then new names, each sorted.
pub(super) async fn load_senders(
    tx: &mut Tx,
    needs: &mut Needs,
    group: &[&Work],
    channels: &BTreeMap<String, Channel>,
) -> Result<BTreeMap<Key<MessageId>, Known>, LoadError> {
    let all: Vec<_> = messages(group, channels).collect();
    let keys: BTreeSet<Name> =
        all.iter().flat_map(|(channel, message, _)| keys(channel, message)).collect();
    if keys.is_empty() {
        return Ok(BTreeMap::new());
    }
    let mut book = read(tx, &keys).await?;
    let contested = book.contested(&all);
    if !contested.is_empty() {
        rows::lock_identities(tx, &json(&contested)).await?;
        book = read(tx, &keys).await?;
        if !book.contested(&all).is_subset(&contested) {
            return Err(LoadError::Again);
        }
        book.users = users(tx, needs, contested.iter().filter_map(|n| book.names.get(n))).await?;
    }
    let senders = all
        .iter()
        .filter_map(|(channel, message, ids)| {
            let key = (channel.workspace, ids.message);
            book.meet(channel, message, ids).map(|known| (key, known))
        })
        .collect::<BTreeMap<_, _>>();
    if !rows::insert_identities(tx, &book.rows(&book.fresh)).await? {
        return Err(LoadError::Again);
    }
    rows::move_identities(tx, &book.rows(&book.moved)).await?;
    let conversations = senders.iter().map(|((here, _), known)| (*here, known.conversation));
    needs.conversations.extend(conversations);
    Ok(senders)
}

async fn read(tx: &mut Tx, keys: &BTreeSet<Name>) -> Result<Book, StoreError> {
    let mut book = Book::default();
    for row in rows::identities(tx, &json(keys)).await? {
        let known = Known { contact: id(&row.contact)?, conversation: id(&row.conversation)? };
        let holder = Holder { known, since: Timestamp::from_ms(row.since) };
        book.names.insert((row.workspace, row.channel, row.kind, row.value), holder);
    }
    Ok(book)
}

/// The user ids of the conversations of these holders.
async fn users(
    tx: &mut Tx,
    needs: &Needs,
    holders: impl Iterator<Item = &Holder>,
) -> Result<BTreeMap<ConversationId, BTreeSet<String>>, StoreError> {
    let conversations: BTreeSet<_> = holders.map(|holder| holder.known.conversation).collect();
    let mut users: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
    for row in rows::user_ids(tx, &texts(&needs.workspaces), &texts(&conversations)).await? {
        users.entry(id(&row.conversation)?).or_default().insert(row.value);
    }
    Ok(users)
}

fn key(channel: &Channel, kind: &str, value: &str) -> Name {
    let (workspace, id) = (channel.workspace.to_string(), channel.id.to_string());
    (workspace, id, kind.to_owned(), value.to_owned())
}

fn keys(channel: &Channel, message: &InboundMessage) -> Vec<Name> {
    names(message).iter().map(|(kind, value, _)| key(channel, kind, value)).collect()
}

impl Book {
    /// The numbers that came with a user id and are known as something other than its holder's:
    /// whose they are depends on who else has a user id there.
    fn contested(&self, all: &[(&Channel, &InboundMessage, &FreshIds)]) -> BTreeSet<Name> {
        let mut contested = BTreeSet::new();
        for (channel, message, _) in all {
            let Some(user) = &message.sender.user_id else { continue };
            let user = key(channel, "user_id", user);
            let holder = self.conversation(&user);
            let is_contested = |name: &Name| {
                *name != user && self.names.contains_key(name) && self.conversation(name) != holder
            };
            contested.extend(keys(channel, message).into_iter().filter(is_contested));
        }
        contested
    }

    fn conversation(&self, name: &Name) -> Option<ConversationId> {
        self.names.get(name).map(|holder| holder.known.conversation)
    }

    /// The sender of a message; `None` where it names nobody.
    fn meet(
        &mut self,
        channel: &Channel,
        message: &InboundMessage,
        ids: &FreshIds,
    ) -> Option<Known> {
        let user = message.sender.user_id.as_deref();
        let names = names(message);
        let by_user = user.and_then(|user| self.names.get(&key(channel, "user_id", user)));
        let known = names
            .iter()
            .filter_map(|(kind, value, _)| self.names.get(&key(channel, kind, value)))
            .find(|holder| by_user.is_some() || !self.is_anothers(holder.known, user))
            .map_or_else(|| new(ids), |holder| holder.known);
        for (kind, value, is_certain) in &names {
            let name = key(channel, kind, value);
            // Deliveries may come late: an old one takes no number back.
            let has_passed = |holder: &Holder| {
                holder.known != known
                    && self.is_anothers(holder.known, user)
                    && holder.since <= message.at
            };
            match self.names.get(&name) {
                None if *is_certain => self.fresh.insert(name.clone()),
                // What is new in this group is written once, as it ends up.
                Some(holder) if has_passed(holder) && !self.fresh.contains(&name) => {
                    self.moved.insert(name.clone())
                }
                Some(holder) if has_passed(holder) => true,
                _ => continue,
            };
            self.names.insert(name, Holder { known, since: message.at });
        }
        if let Some(user) = user {
            self.users.entry(known.conversation).or_default().insert(user.to_owned());
        }
        (!names.is_empty()).then_some(known)
    }

    /// Whether this contact has a user id and it is not this one.
    fn is_anothers(&self, known: Known, user: Option<&str>) -> bool {
        let Some(user) = user else { return false };
        self.users.get(&known.conversation).is_some_and(|users| !users.contains(user))
    }

    fn rows(&self, names: &BTreeSet<Name>) -> Vec<rows::IdentityRow> {
        let row = |name: &Name| {
            let holder = self.names.get(name)?;
            let (workspace, channel, kind, value) = name.clone();
            let contact = holder.known.contact.to_string();
            let conversation = holder.known.conversation.to_string();
            let since = holder.since.ms();
            Some(rows::IdentityRow {
                workspace,
                channel,
                kind,
                value,
                contact,
                conversation,
                since,
            })
        };
        names.iter().filter_map(row).collect()
    }
}

fn new(ids: &FreshIds) -> Known {
    Known { contact: ContactId(ids.contact), conversation: ids.conversation }
}
