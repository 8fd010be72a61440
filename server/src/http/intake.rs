//! What webhooks said that a version did not understand: kept, and taken in again by a later one
//! (`baton admin intake`).

use std::num::NonZeroU32;

use baton_domain::fact::inbound::{Element, ElementBody};
use baton_domain::fact::predicates::is_not_understood;
use baton_protocol::Timestamp;
use uuid::Uuid;

use super::webhooks::post;
use super::{Fault, HandlerResult};
use crate::clock::Clock;
use crate::engine::Engine;
use crate::engine::work::Post;
use crate::store::not_understood::{self as kept, Count, NotUnderstoodEntry, Unsifted};
use crate::store::{Store, past};
use crate::whatsapp::payload;

/// What is kept, as the operator sees it.
#[derive(Debug)]
pub(crate) struct Intake<'a> {
    pub(crate) store: &'a Store,
    pub(crate) engine: &'a Engine,
    pub(crate) clock: &'a Clock,
    /// Reads a webhook: with what this version understands.
    pub(crate) read: Read,
}

/// Reads the body of a webhook that a meta app signed.
pub(crate) type Read = fn(&Clock, String, &[u8], Timestamp) -> HandlerResult<Post>;

/// What taking in again did.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(crate) struct Replayed {
    /// Webhooks of versions that kept nothing else, gone through once.
    pub(crate) webhooks: u64,
    /// What this version understands.
    pub(crate) understood: u64,
    /// What waits for another one.
    pub(crate) waits: u64,
}

/// What a phone app shares of the time before.
const PAST: [&str; 2] = ["history", "smb_app_state_sync"];
/// Rows that are read at once.
const PAGE: u64 = 100;

impl<'a> Intake<'a> {
    /// With what this version understands.
    pub(crate) fn new(store: &'a Store, engine: &'a Engine, clock: &'a Clock) -> Self {
        Self { store, engine, clock, read: post }
    }

    /// Each kind.
    pub(crate) async fn counts(&self) -> HandlerResult<Vec<Count>> {
        Ok(kept::counts(self.store).await?)
    }

    /// What waits, the newest first, with the beginnings of what it says; with `all`, what was
    /// understood since as well.
    pub(crate) async fn list(
        &self,
        before: Option<Uuid>,
        limit: NonZeroU32,
        all: bool,
    ) -> HandlerResult<Vec<NotUnderstoodEntry>> {
        Ok(kept::newest(self.store, before, limit.get(), all).await?)
    }

    /// One, whole.
    pub(crate) async fn show(&self, id: Uuid) -> HandlerResult<NotUnderstoodEntry> {
        kept::entry(self.store, id).await?.ok_or_else(Fault::not_found)
    }

    /// Takes in again what waits, the oldest first: lines that are read anew keep their places.
    /// What was taken in before changes nothing, so that it may end anywhere and begin again.
    pub(crate) async fn replay(&self) -> HandlerResult<Replayed> {
        let mut done = Replayed { webhooks: self.sift().await?, ..Replayed::default() };
        let mut after = String::new();
        loop {
            let rows = kept::waiting(self.store, &after, PAGE).await?;
            let Some(last) = rows.last() else { return Ok(done) };
            after.clone_from(&last.id);
            for row in rows {
                if self.replay_one(row).await? {
                    done.understood += 1;
                } else {
                    done.waits += 1;
                }
            }
        }
    }

    /// Whether it is understood.
    async fn replay_one(&self, row: NotUnderstoodEntry) -> HandlerResult<bool> {
        let arrived = Timestamp::from_ms(row.at);
        if PAST.contains(&row.kind.as_str()) {
            return self.take_past(&row, arrived).await;
        }
        let post = (self.read)(self.clock, row.meta_app, row.element.as_bytes(), arrived)?;
        if !post.elements.iter().all(|(element, _)| is_understood(element)) {
            return Ok(false);
        }
        self.engine.post(Post { again: true, ..post }).await?;
        kept::understood(self.store, &row.id, self.clock.now()).await?;
        Ok(true)
    }

    /// What a phone app shared of the time before is taken in piece by piece.
    async fn take_past(&self, row: &NotUnderstoodEntry, arrived: Timestamp) -> HandlerResult<bool> {
        let shared = payload::shared(row.element.as_bytes(), arrived);
        let shared = shared.map_err(|e| Fault::malformed(e.to_string()))?;
        let is_known = shared.declined || !shared.elements.is_empty();
        if !is_known || !self.engine.take_past(&row.meta_app, shared.elements, arrived).await? {
            return Ok(false);
        }
        past::taken_in(self.store, &row.id, self.clock.now()).await?;
        Ok(true)
    }

    /// Goes through webhooks of versions that kept nothing but their bodies, once.
    async fn sift(&self) -> HandlerResult<u64> {
        let (mut done, mut after) = (0, String::new());
        loop {
            let rows = kept::unsifted(self.store, &after, PAGE).await?;
            let Some(last) = rows.last() else { return Ok(done) };
            after.clone_from(&last.id);
            for Unsifted { id, meta_app, body, received_at } in rows {
                let arrived = Timestamp::from_ms(received_at);
                // A body that no version could read was never kept.
                if let Ok(post) = (self.read)(self.clock, meta_app, body.as_bytes(), arrived) {
                    self.engine.post(Post { again: true, ..post }).await?;
                }
                kept::sifted(self.store, &id).await?;
                done += 1;
            }
        }
    }
}

fn is_understood(element: &Element) -> bool {
    match &element.body {
        ElementBody::Ignored { .. } | ElementBody::Unattributable { .. } => false,
        ElementBody::Message(message) | ElementBody::Echo(message) => {
            !is_not_understood(message.kind)
        }
        ElementBody::Status(_)
        | ElementBody::Reaction(_)
        | ElementBody::Moved(_)
        | ElementBody::Group(_)
        | ElementBody::Past(_)
        | ElementBody::Booked(_)
        | ElementBody::Preference(_) => true,
    }
}
