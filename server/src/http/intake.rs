//! What webhooks said that a version did not understand: kept, and taken in again by a later one
//! (`baton admin intake`).

use std::num::NonZeroU32;

use baton_domain::inbound::{Element, ElementBody};
use baton_domain::predicates::is_not_understood;
use baton_protocol::Timestamp;
use sqlx_macros::FromRow;
use uuid::Uuid;

use super::webhooks::post;
use super::{Fault, HandlerResult};
use crate::clock::Clock;
use crate::engine::Engine;
use crate::engine::work::Post;
use crate::store::{Sql, Store, past};
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

/// One that waits, or was understood since.
#[derive(Clone, PartialEq, Eq, Debug, FromRow)]
pub(crate) struct NotUnderstoodEntry {
    pub(crate) id: String,
    pub(crate) meta_app: String,
    pub(crate) kind: String,
    pub(crate) original_type: Option<String>,
    pub(crate) message: Option<String>,
    pub(crate) element: String,
    pub(crate) at: i64,
    pub(crate) replayed_at: Option<i64>,
}

/// How many of a kind wait, and how many were understood since.
#[derive(Clone, PartialEq, Eq, Debug, FromRow)]
pub(crate) struct Count {
    pub(crate) kind: String,
    pub(crate) waits: i64,
    pub(crate) understood: i64,
}

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
        static COUNTS: Sql = Sql::new(
            "SELECT kind,
               CAST(SUM(CASE WHEN replayed_at IS NULL THEN 1 ELSE 0 END) AS BIGINT) AS waits,
               CAST(SUM(CASE WHEN replayed_at IS NULL THEN 0 ELSE 1 END) AS BIGINT) AS understood
             FROM not_understood GROUP BY kind ORDER BY kind",
        );
        Ok(self.store.rows_alone(&COUNTS, &[]).await?)
    }

    /// What waits, the newest first, with the beginnings of what it says; with `all`, what was
    /// understood since as well.
    pub(crate) async fn list(
        &self,
        before: Option<Uuid>,
        limit: NonZeroU32,
        all: bool,
    ) -> HandlerResult<Vec<NotUnderstoodEntry>> {
        // The whole of one may have megabytes.
        static LIST: Sql = Sql::new(
            "SELECT id, meta_app, kind, original_type, message, substr(element, 1, 4096) AS element,
               at, replayed_at
             FROM not_understood
             WHERE ($1 = '' OR id < $1) AND ($2 = 'all' OR replayed_at IS NULL)
             ORDER BY id DESC LIMIT CAST($3 AS BIGINT)",
        );
        let before = before.map(|id| id.to_string()).unwrap_or_default();
        let which = if all { "all" } else { "" };
        Ok(self.store.rows_alone(&LIST, &[&before, which, &limit.to_string()]).await?)
    }

    /// One, whole.
    pub(crate) async fn show(&self, id: Uuid) -> HandlerResult<NotUnderstoodEntry> {
        static SHOW: Sql = Sql::new(
            "SELECT id, meta_app, kind, original_type, message, element, at, replayed_at
             FROM not_understood WHERE id = $1",
        );
        let rows: Vec<NotUnderstoodEntry> =
            self.store.rows_alone(&SHOW, &[&id.to_string()]).await?;
        rows.into_iter().next().ok_or_else(Fault::not_found)
    }

    /// Takes in again what waits, the oldest first: lines that are read anew keep their places.
    /// What was taken in before changes nothing, so that it may end anywhere and begin again.
    pub(crate) async fn replay(&self) -> HandlerResult<Replayed> {
        let mut done = Replayed { webhooks: self.sift().await?, ..Replayed::default() };
        let mut after = String::new();
        loop {
            static WAITING: Sql = Sql::new(
                "SELECT id, meta_app, kind, original_type, message, element, at, replayed_at
                 FROM not_understood WHERE replayed_at IS NULL AND id > $1
                 ORDER BY id LIMIT CAST($2 AS BIGINT)",
            );
            let limit = PAGE.to_string();
            let rows: Vec<NotUnderstoodEntry> =
                self.store.rows_alone(&WAITING, &[&after, &limit]).await?;
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
        static MARK: Sql = Sql::new(
            "UPDATE not_understood SET replayed_at = CAST($2 AS BIGINT)
             WHERE id = $1 AND replayed_at IS NULL",
        );
        let arrived = Timestamp::from_ms(row.at);
        if PAST.contains(&row.kind.as_str()) {
            return self.take_past(&row, arrived).await;
        }
        let post = (self.read)(self.clock, row.meta_app, row.element.as_bytes(), arrived)?;
        if !post.elements.iter().all(|(element, _)| is_understood(element)) {
            return Ok(false);
        }
        self.engine.post(Post { again: true, ..post }).await?;
        let now = self.clock.now().ms().to_string();
        self.store.run_alone(&MARK, &[&row.id, &now]).await?;
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
        static LEFT: Sql = Sql::new(
            "SELECT id, meta_app, body, received_at FROM intake WHERE sifted = 0 AND id > $1
             ORDER BY id LIMIT CAST($2 AS BIGINT)",
        );
        static DONE: Sql = Sql::new("UPDATE intake SET sifted = 1 WHERE id = $1");
        let (mut done, mut after) = (0, String::new());
        loop {
            let rows: Vec<(String, String, String, i64)> =
                self.store.rows_alone(&LEFT, &[&after, &PAGE.to_string()]).await?;
            let Some((last, ..)) = rows.last() else { return Ok(done) };
            after.clone_from(last);
            for (id, meta_app, body, at) in rows {
                let arrived = Timestamp::from_ms(at);
                // A body that no version could read was never kept.
                if let Ok(post) = (self.read)(self.clock, meta_app, body.as_bytes(), arrived) {
                    self.engine.post(Post { again: true, ..post }).await?;
                }
                self.store.run_alone(&DONE, &[&id]).await?;
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
