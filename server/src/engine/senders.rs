//! Reads and writes the names that senders are known by; `baton_domain::group::senders` decides.

use std::collections::{BTreeMap, BTreeSet};

use baton_domain::group::senders::{Holder, NameKey, Sighting};
use baton_domain::group::{Book, Channel, Key, KnownSender, Work, sightings};
use baton_protocol::{ContactId, ConversationId, MessageId, Timestamp};

use super::load::LoadError;
use super::needs::{Needs, json};
use crate::store::group as rows;
use crate::store::tables::{IdentityRow, id, ids as texts, name_kind};
use crate::store::{StoreError, Tx};

type StoredName = crate::store::found::FoundRow<IdentityRow>;

/// Who wrote the messages.
#[derive(Default)]
pub(super) struct Found {
    /// The sender of each message.
    pub(super) senders: BTreeMap<Key<MessageId>, KnownSender>,
    /// Who is named by a name of another contact as well: that contact.
    pub(super) twins: BTreeMap<Key<MessageId>, ContactId>,
}

/// Finds the senders, each as the messages before it left the names, and makes those known who
/// are new. Locks: contested numbers, then new names, each sorted.
pub(super) async fn load_senders(
    tx: &mut Tx,
    needs: &mut Needs,
    group: &[&Work],
    channels: &BTreeMap<String, Channel>,
) -> Result<Found, LoadError> {
    let all: Vec<_> = sightings(group, channels).collect();
    let keys: BTreeSet<NameKey> = all.iter().flat_map(Sighting::keys).collect();
    if keys.is_empty() {
        return Ok(Found::default());
    }
    let (mut book, mut found) = read(tx, &keys).await?;
    let contested = book.contested(&all);
    if !contested.is_empty() {
        rows::lock_identities(tx, &json(&contested)).await?;
        (book, found) = read(tx, &keys).await?;
        if !book.contested(&all).is_subset(&contested) {
            return Err(LoadError::Again);
        }
    }
    // Somebody who moves gets a number in this group. Their user ids tell others from them.
    if !contested.is_empty() || all.iter().any(|sighting| sighting.formerly.is_some()) {
        book.users = users(tx, needs, book.names.values()).await?;
    }
    let senders = book.meet_all(&all);
    let fresh: Vec<_> = book.fresh().map(|(key, holder)| IdentityRow::new(key, holder)).collect();
    if !rows::insert_identities(tx, &fresh).await? {
        return Err(LoadError::Again);
    }
    let moved: Vec<_> = book.moved().map(|(key, holder)| IdentityRow::new(key, holder)).collect();
    rows::move_identities(tx, &moved, &found).await?;
    let conversations = senders.iter().map(|((here, _), known)| (*here, known.conversation));
    needs.conversations.extend(conversations);
    Ok(Found { senders, twins: book.twins })
}

/// The names, and their rows as they were found.
async fn read(
    tx: &mut Tx,
    keys: &BTreeSet<NameKey>,
) -> Result<(Book, Vec<StoredName>), StoreError> {
    let mut book = Book::default();
    let found = rows::identities(tx, &json(keys)).await?;
    for StoredName { row, .. } in &found {
        let known =
            KnownSender { contact: id(&row.contact)?, conversation: id(&row.conversation)? };
        let holder = Holder { known, since: Timestamp::from_ms(row.since) };
        let kind = name_kind(&row.kind)?;
        let value = row.value.clone();
        book.names.insert((id(&row.workspace)?, id(&row.channel)?, kind, value), holder);
    }
    Ok((book, found))
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
