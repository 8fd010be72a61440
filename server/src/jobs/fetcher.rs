//! Fetches the files that customers send: each once, at once, into the media store.
//!
//! A row of `file` is its own job. A node claims some and asks Meta where each lies. It reads each
//! into a file of its own, checks it and keeps it under its message's name. Then it tells the
//! committer. When a node ends in between, another one or its next life fetches the file again,
//! into the same place. Only the first end that is told counts.

use std::sync::Arc;
use std::time::Duration;

use baton_domain::group::FileWork;
use baton_protocol::{Details, FileState, MessageId};
use futures_util::TryStreamExt as _;

use super::Unseal;
use super::again::{again, while_away};
use super::every::Every;
use super::slots::{STRAYS_EVERY, Slots};
use crate::clock::Clock;
use crate::config::MediaConfig;
use crate::engine::Engine;
use crate::media::{MediaStore, ObjectKey, Pictures, Preview, Scratch, has_preview};
use crate::node::Membership;
use crate::store::files::{
    ClaimedFile, FileOrder, claim_files, erased_files, file_given, file_order, forget_files,
    hold_files, put_off_file, release_files, waiting_files,
};
use crate::store::read::kept_file;
use crate::store::usage::{all_usage, old_files, usage};
use crate::store::{Period, Store, StoreError};
use crate::telemetry::{Metrics, Spell};
use crate::whatsapp::client::Token;
use crate::whatsapp::media::{Found, Given, MediaClient, NotHad, NotTaken, Wanted};

/// What is due again, and what a dead node left, is looked for this often.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// Longer than the slowest file may take.
const CLAIM_MS: i64 = 60 * 60_000;
/// The shortest and the longest wait for another try.
const AGAIN_MS: i64 = 2_000;
const AGAIN_MAX_MS: i64 = 60 * 60_000;
/// The wait after an answer that would be the last: a wrong setting of the account looks the same.
const DOUBT_MS: i64 = 60_000;
const DOUBT_FACTOR: i64 = 10;
/// After so many such answers the last one is believed.
const DOUBTS_MAX: u32 = 3;
/// All files of a number wait for so long when its token is refused.
const HOLD_MS: i64 = 60_000;
/// Meta keeps a customer's file for seven days.
const GIVE_UP_MS: i64 = 7 * 86_400_000;
/// A file must come at this pace, in bytes a second, after a while.
const PACE_MIN: u64 = 32 * 1024;
const PACE_AFTER: Duration = Duration::from_secs(10);
/// Files left by workers that died, and files of erased lines, are looked for this often.
const TIDY_EVERY: Duration = Duration::from_secs(60 * 60);
const TIDY_AT_ONCE: u64 = 500;
const TIDY_ROUNDS_MAX: u32 = 100;
const DAY_MS: i64 = 86_400_000;

/// A file that is put off: what is counted, why, for how long, and the doubts so far.
#[derive(Clone, Copy)]
struct PutOff {
    outcome: &'static str,
    why: &'static str,
    wait_ms: i64,
    doubts: u32,
}

/// Fetches files.
pub struct Fetcher {
    /// Where ends are told.
    pub engine: Engine,
    /// Which node this is.
    pub membership: Membership,
    /// The time.
    pub clock: Clock,
    /// What is counted.
    pub metrics: Metrics,
    /// The way to Meta.
    pub client: MediaClient,
    /// Opens tokens.
    pub unseal: Unseal,
    /// Where files are kept.
    pub media: Arc<dyn MediaStore>,
    /// Makes small pictures.
    pub pictures: Arc<Pictures>,
    /// Limits.
    pub config: MediaConfig,
    /// The Graph API's version.
    pub version: String,
}

impl std::fmt::Debug for Fetcher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Fetcher").finish_non_exhaustive()
    }
}

/// Why files of erased lines stay.
#[derive(Debug, thiserror::Error)]
enum EraseError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Folder(#[from] std::io::Error),
}

/// What a try came to.
enum Tried {
    /// It is kept.
    Stored { bytes: u64, preview: Preview, media_type: Option<String>, sha256: String },
    /// It cannot be had, and will not be.
    Over(FileState, &'static str),
    /// An answer that would be the last, if it stands.
    Doubt(FileState, &'static str),
    /// Its number has to wait.
    Held,
    /// Something that may pass.
    Again(&'static str),
}

/// A file that was copied.
struct Copied {
    bytes: u64,
    sha256: String,
    media_type: Option<String>,
}

impl Fetcher {
    /// Fetches what is due, for ever.
    pub async fn run(self) {
        let mut under_way = Slots::new(self.config.fetches_running_max.try_into().unwrap_or(1));
        let this = Arc::new(self);
        let mut tidying_time = Every::new(TIDY_EVERY);
        let mut release_time = Every::new(STRAYS_EVERY);
        let spell = Spell::default();
        loop {
            if release_time.is_due(this.clock.monotonic()) {
                this.release(&under_way).await;
            }
            let claimed = this.claim(under_way.free()).await;
            let now = this.clock.monotonic();
            if !this.store().is_away() {
                spell.note("files to fetch could not be read", claimed.as_ref().err(), now);
            }
            for file in claimed.into_iter().flatten() {
                let fetcher = Arc::clone(&this);
                let key = (file.at.workspace, file.at.message);
                under_way.begin(key, async move { fetcher.fetch(file).await });
            }
            if tidying_time.is_due(now) {
                this.tidy().await;
            }
            tokio::select! {
                () = under_way.one_ended() => {}
                () = this.engine.files_due() => {}
                () = this.clock.sleep(LOOK_EVERY) => {}
            }
        }
    }

    /// Gives back what this node has claimed and does not work on.
    async fn release(&self, under_way: &Slots) {
        let (me, now) = (self.membership.roster().me, self.clock.now());
        match release_files(self.store(), me, &under_way.keys(), now).await {
            Ok(0) => {}
            Ok(files) => tracing::info!(files, "files that nobody worked on are fetched again"),
            Err(error) => tracing::debug!(%error, "claims could not be looked at"),
        }
    }

    async fn claim(&self, most: usize) -> Result<Vec<ClaimedFile>, StoreError> {
        let now = self.clock.now();
        let (waiting, due) = waiting_files(self.store(), now).await?;
        self.metrics.files_waiting.set(i64::try_from(waiting).unwrap_or(i64::MAX));
        if due == 0 || most == 0 {
            return Ok(Vec::new());
        }
        let me = self.membership.roster().me;
        claim_files(self.store(), me, Period::of_ms(now, CLAIM_MS), most).await
    }

    async fn fetch(&self, file: ClaimedFile) {
        let asked = || file_order(self.store(), file.at);
        let order = match while_away(&self.clock, asked).await {
            Ok(order) => order,
            // The claim ends by itself.
            Err(error) => return tracing::warn!(%error, "a file must wait"),
        };
        let tried = match &order {
            None => Tried::Over(FileState::Expired, "the number is gone"),
            Some(_) if file.media.is_empty() && file.source.is_none() => {
                Tried::Over(FileState::Expired, "WhatsApp never told of it")
            }
            Some(FileOrder { content: None, .. }) => {
                Tried::Over(FileState::Expired, "the line was erased")
            }
            Some(order) => match file.source {
                Some(source) => self.send_on(&file, order, source).await,
                None => self.attempt(&file, order).await,
            },
        };
        self.conclude(&file, tried).await;
    }

    /// Copies the file of another line and gives it to WhatsApp. The line that it is for leaves
    /// once that is told.
    async fn send_on(&self, file: &ClaimedFile, order: &FileOrder, source: MessageId) -> Tried {
        let token = (self.unseal)(file.at.workspace, file.at.channel, &order.token_sealed);
        let Some(token) = token else { return Tried::Held };
        let copied = match self.copy(file, source).await {
            Ok(copied) => copied,
            Err(tried) => return tried,
        };
        let media_type = told_type(order).map(str::to_owned).or(copied.media_type);
        let place = ObjectKey { workspace: file.at.workspace, message: file.at.message };
        let given = Given {
            version: &self.version,
            phone_number_id: &order.phone_number_id,
            token: &token,
            media_type: media_type.as_deref().unwrap_or_default(),
            bytes: copied.bytes,
            content: match self.media.get(place, 0, copied.bytes).await {
                Ok(Some(content)) => content,
                Ok(None) | Err(_) => return Tried::Again("its copy could not be read"),
            },
        };
        let media = match self.client.upload(given).await {
            Ok(media) => media,
            Err(NotTaken::Held) => return Tried::Held,
            Err(NotTaken::Failed(why)) => return Tried::Again(why),
            Err(NotTaken::Refused(why)) => {
                tracing::info!(message_id = %file.at.message, why, "WhatsApp takes a file not");
                return Tried::Over(FileState::Refused, "WhatsApp does not take it");
            }
        };
        let told = || file_given(self.store(), file, &media);
        if !while_away(&self.clock, told).await.unwrap_or(false) {
            return Tried::Again("its claim is void");
        }
        let preview = match media_type.as_deref().is_some_and(has_preview) {
            true => self.pictures.make(self.media.as_ref(), place, copied.bytes).await,
            false => Preview::default(),
        };
        let (bytes, sha256) = (copied.bytes, copied.sha256);
        Tried::Stored { bytes, preview, media_type, sha256 }
    }

    /// Copies a file within the store: each line has its own, and keeps it for its own time.
    async fn copy(&self, file: &ClaimedFile, source: MessageId) -> Result<Copied, Tried> {
        let workspace = file.at.workspace;
        let looked = async {
            let mut tx = self.store().read().await?;
            let kept = kept_file(&mut tx, workspace, source).await?;
            let kept_bytes = usage(&mut tx, workspace).await?.bytes;
            tx.rollback().await?;
            Ok::<_, StoreError>((kept, kept_bytes))
        };
        let looked = looked.await.map_err(|_away| Tried::Again("the database does not answer"))?;
        let gone = || Tried::Over(FileState::Expired, "the line it is of has it no longer");
        let kept = looked.0.filter(|kept| kept.content.is_some()).ok_or_else(gone)?;
        let FileState::Stored { bytes, .. } = kept.state else { return Err(gone()) };
        let most = self.config.workspace_bytes_max;
        if most > 0 && looked.1.saturating_add(bytes) > most {
            return Err(Tried::Over(FileState::Refused, "the workspace keeps as much as it may"));
        }
        let from = ObjectKey { workspace, message: source };
        let failed = |error: std::io::Error| {
            tracing::warn!(%error, "a file could not be copied; it is tried again");
            Tried::Again("it could not be copied")
        };
        let content = self.media.get(from, 0, bytes).await.map_err(failed)?;
        let mut content = content.ok_or(Tried::Again("its bytes are not there"))?;
        let mut scratch = self.media.scratch().await.map_err(failed)?;
        while let Some(piece) = content.try_next().await.map_err(failed)? {
            scratch = scratch.push(&piece).await.map_err(failed)?;
        }
        let sha256 = scratch.sha256();
        if scratch.bytes() != bytes || kept.sha256.as_ref().is_some_and(|told| *told != sha256) {
            return Err(Tried::Over(FileState::Refused, "the stored file is damaged"));
        }
        let place = ObjectKey { workspace, message: file.at.message };
        self.media.put(place, scratch).await.map_err(failed)?;
        Ok(Copied { bytes, sha256, media_type: kept.media_type })
    }

    async fn attempt(&self, file: &ClaimedFile, order: &FileOrder) -> Tried {
        let token = (self.unseal)(file.at.workspace, file.at.channel, &order.token_sealed);
        let Some(token) = token else { return Tried::Held };
        match self.transfer(file, order, &token).await {
            Ok(tried) => tried,
            Err(NotHad::Held) => Tried::Held,
            Err(NotHad::Gone) => Tried::Doubt(FileState::Expired, "WhatsApp has it no longer"),
            Err(NotHad::Failed(why)) => Tried::Again(why),
            Err(NotHad::Host(host)) => {
                tracing::warn!(
                    message_id = %file.at.message, host,
                    "a file lies on a host that is not in whatsapp.media_hosts; it waits"
                );
                Tried::Again("the host is not listed")
            }
        }
    }

    async fn transfer(
        &self,
        file: &ClaimedFile,
        order: &FileOrder,
        token: &Token,
    ) -> Result<Tried, NotHad> {
        let wanted = Wanted {
            version: &self.version,
            phone_number_id: &order.phone_number_id,
            media: &file.media,
            token,
        };
        let found = self.client.look_up(&wanted).await?;
        if found.bytes.is_some_and(|bytes| bytes > self.config.file_bytes_max) {
            return Ok(Tried::Over(FileState::Refused, "it is too large"));
        }
        let Some(collected) = self.collect(&found, token).await? else {
            return Ok(Tried::Over(FileState::Refused, "it is too large"));
        };
        let (bytes, sha256) = (collected.bytes(), collected.sha256());
        // The message and the look-up each name a digest. One that fits is enough: Meta's own
        // documents disagree on what the message's is of.
        let told = [told_digest(order), found.sha256.as_deref()];
        let mut told = told.into_iter().flatten().peekable();
        let is_wrong_size = found.bytes.is_some_and(|told| told != bytes);
        if is_wrong_size || (told.peek().is_some() && told.all(|told| told != sha256)) {
            return Ok(Tried::Doubt(FileState::Refused, "it is not what WhatsApp said"));
        }
        let place = ObjectKey { workspace: file.at.workspace, message: file.at.message };
        if let Err(error) = self.media.put(place, collected).await {
            tracing::warn!(%error, "a file could not be kept; it is fetched again");
            return Ok(Tried::Again("it could not be kept"));
        }
        let media_type = found.media_type;
        let is_seen = media_type.as_deref().or(told_type(order)).is_some_and(has_preview);
        // Phones hear of both at once, and of nothing twice.
        let preview = match is_seen {
            true => self.pictures.make(self.media.as_ref(), place, bytes).await,
            false => Preview::default(),
        };
        Ok(Tried::Stored { bytes, preview, media_type, sha256 })
    }

    /// Reads a file to its end; `None` for one that is too large.
    async fn collect(&self, found: &Found, token: &Token) -> Result<Option<Scratch>, NotHad> {
        let failed = |error: std::io::Error| {
            tracing::warn!(%error, "a file could not be written; it is fetched again");
            NotHad::Failed("it could not be written")
        };
        let mut reading = self.client.open(found, token).await?;
        let mut scratch = self.media.scratch().await.map_err(failed)?;
        let began = self.clock.monotonic();
        while let Some(piece) = reading.next().await? {
            scratch = scratch.push(piece.as_ref()).await.map_err(failed)?;
            if scratch.bytes() > self.config.file_bytes_max {
                return Ok(None);
            }
            let took = self.clock.monotonic().saturating_sub(began);
            if took > PACE_AFTER && scratch.bytes() / took.as_secs().max(1) < PACE_MIN {
                return Err(NotHad::Failed("it comes too slowly"));
            }
        }
        Ok(Some(scratch))
    }

    async fn conclude(&self, file: &ClaimedFile, tried: Tried) {
        let is_too_late = self.clock.now().since(file.received_at) > GIVE_UP_MS;
        match tried {
            Tried::Stored { bytes, preview, media_type, sha256 } => {
                let Preview { picture, sound } = preview;
                let end = FileState::Stored { bytes, picture, sound };
                let sha256 = Some(sha256);
                let is_old = false;
                self.tell(FileWork { at: file.at, file: end, is_old, media_type, sha256 }).await;
            }
            Tried::Over(end, why) => self.give_up(file, end, why).await,
            Tried::Doubt(end, why) if file.doubts + 1 >= DOUBTS_MAX => {
                self.give_up(file, end, why).await;
            }
            Tried::Again(_) | Tried::Held if is_too_late => {
                self.give_up(file, FileState::Expired, "its time is over").await;
            }
            Tried::Doubt(_, why) => {
                let wait_ms = DOUBT_MS * DOUBT_FACTOR.pow(file.doubts);
                let doubts = file.doubts + 1;
                self.put_off(file, PutOff { outcome: "again", why, wait_ms, doubts }).await;
            }
            Tried::Again(why) => {
                let wait_ms = self.again_ms(file.tries);
                let doubts = file.doubts;
                self.put_off(file, PutOff { outcome: "again", why, wait_ms, doubts }).await;
            }
            Tried::Held => {
                let (why, doubts) = ("its number waits", file.doubts);
                self.put_off(file, PutOff { outcome: "held", why, wait_ms: HOLD_MS, doubts }).await;
                self.hold(file).await;
            }
        }
    }

    async fn put_off(&self, file: &ClaimedFile, put_off: PutOff) {
        let PutOff { outcome, why, wait_ms, doubts } = put_off;
        let (message_id, tries) = (file.at.message, file.tries);
        self.metrics.files.inc(outcome);
        tracing::info!(%message_id, why, tries, "a file was not fetched; it is tried again");
        let due_at = self.clock.now().plus_ms(wait_ms);
        let told = || put_off_file(self.store(), file, due_at, doubts);
        if let Err(error) = while_away(&self.clock, told).await {
            tracing::warn!(%error, %message_id, "a file waits until its claim ends");
        }
    }

    async fn hold(&self, file: &ClaimedFile) {
        let number = (file.at.workspace, file.at.channel);
        let until = self.clock.now().plus_ms(HOLD_MS);
        if let Err(error) = hold_files(self.store(), number, until).await {
            tracing::warn!(%error, channel_id = %number.1, "its files are not held back");
        }
    }

    /// Later and later, with jitter.
    fn again_ms(&self, tries: u32) -> i64 {
        let wait_ms = (AGAIN_MS << tries.saturating_sub(1).min(16)).min(AGAIN_MAX_MS);
        let spread = u64::try_from(wait_ms / 4).unwrap_or_default();
        wait_ms + i64::try_from(self.clock.below(spread + 1)).unwrap_or_default()
    }

    async fn give_up(&self, file: &ClaimedFile, end: FileState, why: &'static str) {
        tracing::info!(message_id = %file.at.message, why, end = end.name(), "a file is not had");
        let (media_type, sha256) = (None, None);
        self.tell(FileWork { at: file.at, file: end, is_old: false, media_type, sha256 }).await;
        // An earlier try may have kept it and died before it told. Ends are final: what another
        // worker told to be stored stays.
        let left = async {
            let mut tx = self.store().read().await?;
            let kept = kept_file(&mut tx, file.at.workspace, file.at.message).await?;
            tx.rollback().await?;
            Ok::<_, StoreError>(kept.is_some_and(|kept| kept.state == end))
        };
        if left.await.unwrap_or(false) {
            let place = ObjectKey { workspace: file.at.workspace, message: file.at.message };
            if let Err(error) = self.media.delete(place).await {
                tracing::warn!(%error, "a file that is not had could not be removed");
            }
        }
    }

    /// Tells an end. While the database is away it is told again; should it never be, the file is
    /// fetched anew once the claim ends.
    async fn tell(&self, work: FileWork) {
        let told = || self.engine.file_ended(work.clone());
        match again(&self.clock, told, |_| true).await {
            Ok(()) => self.metrics.files.inc(work.file.name()),
            Err(error) => {
                let message_id = work.at.message;
                tracing::warn!(%error, %message_id, "what became of a file is not told yet");
            }
        }
    }

    /// Removes what dead workers left, and files of lines that were erased.
    async fn tidy(&self) {
        let before = self.clock.now().plus_ms(-2 * CLAIM_MS);
        match self.media.sweep(before).await {
            Ok(0) => {}
            Ok(files) => tracing::info!(files, "files that were not fetched whole are removed"),
            Err(error) => tracing::warn!(%error, "the folder of files cannot be tidied"),
        }
        if self.membership.term().is_none() {
            return;
        }
        if let Err(error) = self.erase().await {
            tracing::warn!(%error, "files of erased lines stay for another hour");
        }
        if let Err(error) = self.retire().await {
            tracing::warn!(%error, "files older than media.keep_days stay for another hour");
        }
        if let Err(error) = self.weigh().await {
            tracing::warn!(%error, "how much is kept could not be counted");
        }
    }

    /// Removes files that are older than they are kept. The bytes go first: when a node ends in
    /// between, the file is found again.
    async fn retire(&self) -> Result<(), EraseError> {
        if self.config.keep_days == 0 {
            return Ok(());
        }
        let before = self.clock.now().plus_ms(-DAY_MS * i64::from(self.config.keep_days));
        for _ in 0..TIDY_ROUNDS_MAX {
            let old = old_files(self.store(), before, TIDY_AT_ONCE).await?;
            for at in &old {
                self.media
                    .delete(ObjectKey { workspace: at.workspace, message: at.message })
                    .await?;
                let (file, is_old) = (FileState::Expired, true);
                let (media_type, sha256) = (None, None);
                self.tell(FileWork { at: *at, file, is_old, media_type, sha256 }).await;
            }
            if old.len() < usize::try_from(TIDY_AT_ONCE).unwrap_or(usize::MAX) {
                break;
            }
        }
        Ok(())
    }

    /// Says which workspaces keep more than they may. What customers send is fetched all the same:
    /// WhatsApp gives it for some days only.
    async fn weigh(&self) -> Result<(), StoreError> {
        let most = self.config.workspace_bytes_max;
        if most == 0 {
            return Ok(());
        }
        let all = all_usage(self.store()).await?;
        let full = all.iter().filter(|(_, usage)| usage.bytes > most).count();
        self.metrics.workspaces_full.set(i64::try_from(full).unwrap_or(i64::MAX));
        if full > 0 {
            tracing::warn!(
                workspaces = full,
                "workspaces keep more than media.workspace_bytes_max: uploads of agents are \
                 refused, files of customers are fetched; see `baton admin media usage`"
            );
        }
        Ok(())
    }

    async fn erase(&self) -> Result<(), EraseError> {
        loop {
            let erased = erased_files(self.store(), TIDY_AT_ONCE).await?;
            if erased.is_empty() {
                return Ok(());
            }
            for (workspace, message) in &erased {
                self.media.delete(ObjectKey { workspace: *workspace, message: *message }).await?;
            }
            forget_files(self.store(), &erased).await?;
        }
    }

    fn store(&self) -> &Store {
        self.engine.store()
    }
}

/// The digest that the message named.
fn told_digest(order: &FileOrder) -> Option<&str> {
    let details = order.content.as_ref()?.details.as_deref()?;
    let Details::File { sha256, .. } = details else { return None };
    sha256.as_deref()
}

/// The type that the message named.
fn told_type(order: &FileOrder) -> Option<&str> {
    let details = order.content.as_ref()?.details.as_deref()?;
    let Details::File { media_type, .. } = details else { return None };
    media_type.as_deref()
}

#[cfg(test)]
mod tests;
