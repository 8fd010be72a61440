//! Gives files that agents uploaded to WhatsApp, so that the command which sends one need not wait.
//!
//! A row of `upload` is its own job, as a row of `file` is for the fetcher. A file that a dying
//! node gave to WhatsApp in vain is given once more: nobody sees the first one there.

use std::sync::Arc;
use std::time::Duration;

use baton_domain::group::Key;
use baton_protocol::MessageId;
use tokio::sync::Notify;

use super::Unseal;
use super::again::while_away;
use super::every::Every;
use super::slots::{STRAYS_EVERY, Slots};
use crate::clock::Clock;
use crate::media::{MediaStore, ObjectKey, Pictures, Preview, has_preview};
use crate::node::Membership;
use crate::store::uploads::{
    ClaimedUpload, claim_uploads, expire_uploads, forget_upload, is_nobodys, put_off_upload,
    release_uploads, upload_ready, upload_refused,
};
use crate::store::{Period, Store, StoreError};
use crate::telemetry::Spell;
use crate::whatsapp::media::{Given, MediaClient, NotTaken};

/// What another node received, and what is due again, is looked for this often.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Files on their way to WhatsApp at once.
const RUNNING_MAX: usize = 8;
/// Longer than the slowest upload may take.
const CLAIM_MS: i64 = 2 * 60 * 60_000;
const AGAIN_MS: i64 = 1_000;
const AGAIN_MAX_MS: i64 = 60_000;
/// About five minutes of trying: its author waits.
const TRIES_MAX: u32 = 10;
/// What nobody sent or asked about for an hour goes.
const KEPT_MS: i64 = 3_600_000;
const TIDY_EVERY: Duration = Duration::from_secs(5 * 60);
const TIDY_AT_ONCE: u64 = 200;

/// Passes uploads on.
pub struct Uploads {
    /// The database.
    pub store: Store,
    /// Which node this is.
    pub membership: Membership,
    /// The time.
    pub clock: Clock,
    /// The way to Meta.
    pub client: MediaClient,
    /// Opens tokens.
    pub unseal: Unseal,
    /// Where files are kept.
    pub media: Arc<dyn MediaStore>,
    /// Makes small pictures.
    pub pictures: Arc<Pictures>,
    /// The Graph API's version.
    pub version: String,
    /// Rung when an upload is complete.
    pub bell: Arc<Notify>,
}

impl std::fmt::Debug for Uploads {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Uploads").finish_non_exhaustive()
    }
}

impl Uploads {
    /// Passes on what is due, for ever.
    pub async fn run(self) {
        let (claiming, tidying) = (Spell::default(), Spell::default());
        let mut under_way = Slots::new(RUNNING_MAX);
        let mut tidying_time = Every::new(TIDY_EVERY);
        let mut release_time = Every::new(STRAYS_EVERY);
        let this = Arc::new(self);
        loop {
            let me = this.membership.roster().me;
            let now = this.clock.now();
            if release_time.is_due(this.clock.monotonic()) {
                this.release(&under_way).await;
            }
            let period = Period::of_ms(now, CLAIM_MS);
            let claimed = claim_uploads(&this.store, me, period, under_way.free()).await;
            let at = this.clock.monotonic();
            if !this.store.is_away() {
                claiming.note("uploads could not be claimed", claimed.as_ref().err(), at);
            }
            for one in claimed.into_iter().flatten() {
                let uploads = Arc::clone(&this);
                under_way.begin(one.key, async move { uploads.pass(one).await });
            }
            if tidying_time.is_due(at) {
                let done = this.tidy().await;
                tidying.note("uploads that nobody sent stay", done.as_ref().err(), at);
            }
            tokio::select! {
                () = under_way.one_ended() => {}
                () = this.bell.notified() => {}
                () = this.clock.sleep(LOOK_EVERY) => {}
            }
        }
    }

    /// Gives back what this node has claimed and does not work on.
    async fn release(&self, under_way: &Slots) {
        let (me, now) = (self.membership.roster().me, self.clock.now());
        match release_uploads(&self.store, me, &under_way.keys(), now).await {
            Ok(0) => {}
            Ok(uploads) => tracing::info!(uploads, "uploads that nobody worked on are passed on"),
            Err(error) => tracing::debug!(%error, "claims could not be looked at"),
        }
    }

    async fn pass(&self, one: ClaimedUpload) {
        let (_, upload_id) = one.key;
        let told = match self.give(&one).await {
            Ok(media) => {
                let Preview { picture, sound } = self.preview(&one).await;
                let ready = || upload_ready(&self.store, &one, &media, picture, sound);
                while_away(&self.clock, ready).await
            }
            Err(NotTaken::Refused(why)) => {
                tracing::info!(%upload_id, why, "WhatsApp takes an upload not");
                self.refuse(&one, &format!("WhatsApp does not take it: {why}")).await
            }
            Err(NotTaken::Held | NotTaken::Failed(_)) if one.tries >= TRIES_MAX => {
                self.refuse(&one, "WhatsApp could not be reached, or refuses this number").await
            }
            Err(again @ (NotTaken::Held | NotTaken::Failed(_))) => {
                let tries = one.tries;
                tracing::info!(%upload_id, why = ?again, tries, "an upload is tried again");
                let wait_ms = (AGAIN_MS << one.tries.min(16)).min(AGAIN_MAX_MS);
                let due_at = self.clock.now().plus_ms(wait_ms);
                let put_off = || put_off_upload(&self.store, &one, due_at);
                while_away(&self.clock, put_off).await
            }
        };
        match told {
            Ok(true) => {}
            Ok(false) => self.drop_if_ended(&one).await,
            Err(error) => {
                tracing::warn!(%error, %upload_id, "an upload waits until its claim ends");
            }
        }
    }

    /// It ended while it was passed on: a small picture that was made since then goes too.
    async fn drop_if_ended(&self, one: &ClaimedUpload) {
        let (_, upload_id) = one.key;
        let dropped: anyhow::Result<()> = async {
            if is_nobodys(&self.store, one.key).await? {
                self.media.delete(place(one.key)).await?;
            }
            Ok(())
        }
        .await;
        if let Err(error) = dropped {
            tracing::warn!(%error, %upload_id, "the small picture of an upload that ended stays");
        }
    }

    async fn refuse(&self, one: &ClaimedUpload, why: &str) -> Result<bool, StoreError> {
        while_away(&self.clock, || upload_refused(&self.store, one, why)).await
    }

    async fn give(&self, one: &ClaimedUpload) -> Result<String, NotTaken> {
        let (workspace, _) = one.key;
        let token = (self.unseal)(workspace, one.channel, &one.token_sealed);
        let token = token.ok_or(NotTaken::Held)?;
        let content = self.media.get(place(one.key), 0, one.bytes).await;
        let content = match content {
            Ok(Some(content)) => content,
            Ok(None) => return Err(NotTaken::Failed("its bytes are not in the folder")),
            Err(error) => {
                tracing::warn!(%error, "an upload could not be read");
                return Err(NotTaken::Failed("it could not be read"));
            }
        };
        let given = Given {
            version: &self.version,
            phone_number_id: &one.phone_number_id,
            token: &token,
            media_type: &one.media_type,
            bytes: one.bytes,
            content,
        };
        self.client.upload(given).await
    }

    /// Makes the small picture of a picture, and listens to a voice note.
    async fn preview(&self, one: &ClaimedUpload) -> Preview {
        if !has_preview(&one.media_type) {
            return Preview::default();
        }
        self.pictures.make(self.media.as_ref(), place(one.key), one.bytes).await
    }

    async fn tidy(&self) -> anyhow::Result<()> {
        if self.membership.term().is_none() {
            return Ok(());
        }
        let before = self.clock.now().plus_ms(-KEPT_MS);
        for key in expire_uploads(&self.store, before, TIDY_AT_ONCE).await? {
            self.media.delete(place(key)).await?;
            forget_upload(&self.store, key).await?;
        }
        Ok(())
    }
}

fn place((workspace, message): Key<MessageId>) -> ObjectKey {
    ObjectKey { workspace, message }
}
