//! Files of lines, loaded into the store piece by piece when the app asks for one.
//!
//! Each piece is a request of its own and is stored before the next one. So a cut, or the death of
//! the app or the server, costs one piece. Before each piece the phone checks whether its agent may
//! still see the line. Whole files come one at a time; small pictures never wait for them.

use std::sync::Arc;
use std::time::Duration;

use baton_protocol::Timestamp;
use baton_protocol::page::FileAddress;

use super::engine::Engine;
use super::error::CoreError;
use super::handle::{Call, Core};
use super::requests::UnderWay;
use crate::link::Failure;
use crate::lists::Loading;
use crate::net::{self, Reply};
use crate::phone::Now;
use crate::store::{Account, ExpectedFile, FileId, FilePart, FileSize, Piece, Store, StoreError};

/// Bytes of the first piece, of the least and of the largest one: whole blocks of the store.
const PIECE_FIRST: u64 = 256 * 1024;
const PIECE_LEAST: u64 = 64 * 1024;
const PIECE_MOST: u64 = 1024 * 1024;
/// A piece that takes less than this makes the next one larger.
const QUICK: Duration = Duration::from_secs(2);
/// Failures without a piece in between; then the caller decides.
const FAILURES_MOST: u32 = 8;
/// The pause after the first failure, and the longest one.
const PAUSE_FIRST: Duration = Duration::from_millis(500);
const PAUSE_MOST: Duration = Duration::from_secs(8);
/// Bytes that one call reads at most.
pub const FILE_PART_MAX: u64 = 1024 * 1024;

/// The needs of an attempt, as of its beginning.
struct Attempt {
    me: Account,
    store: Arc<Store>,
    at: Timestamp,
    /// Whether the line is held; else the server says whether it still has a file.
    is_held: bool,
    /// The size of the file, if all of it is here.
    kept: Option<u64>,
    /// The bytes collected.
    collected: u64,
    _under_way: UnderWay,
}

/// Why an attempt brought nothing.
enum Failed {
    /// It may go better the next time.
    Again(CoreError, Option<Duration>),
    Over(CoreError),
}

impl From<CoreError> for Failed {
    fn from(error: CoreError) -> Self {
        if let CoreError::RateLimited { retry_ms } = error {
            return Self::Again(error, Some(Duration::from_millis(retry_ms)));
        }
        if error == CoreError::Offline { Self::Again(error, None) } else { Self::Over(error) }
    }
}

impl From<StoreError> for Failed {
    fn from(error: StoreError) -> Self {
        Self::Over(error.into())
    }
}

/// A file on its way.
struct Download {
    file: FileId,
    /// Where it is, while that is good, and whether the server said so in this call.
    address: Option<FileAddress>,
    is_confirmed: bool,
    /// Whether it was whole once, and not what the server said.
    was_wrong: bool,
    piece: u64,
}

impl Core {
    /// Loads a file of a line into the store, unless it is there, and returns its size in bytes. A
    /// later call continues what an earlier one began, also after a death of the app.
    ///
    /// It goes on through cuts of the network, for about a minute without a piece.
    ///
    /// # Errors
    /// `Server` with the server's code if there is no such file. `Invalid` if the file is larger
    /// than the budget or twice not what the server said. `Closed` in the background. Also
    /// `Offline`, `Locked`, `Unauthorized` and `Storage`.
    pub fn load_file(&self, file: FileId) -> Call<'_, u64> {
        let core = self.clone();
        self.spawned(async move {
            let _turn = core.0.turns.of(file).lock().await;
            let mut download = Download {
                file,
                address: None,
                is_confirmed: false,
                was_wrong: false,
                piece: PIECE_FIRST,
            };
            let loaded = core.load(&mut download).await;
            let told = move |engine: &mut Engine, now| engine.tell_loading(file, None, now);
            core.call(told).await?;
            loaded
        })
    }

    async fn load(&self, download: &mut Download) -> Result<u64, CoreError> {
        let mut failures = 0;
        loop {
            match self.load_piece(download).await {
                Ok(Some(bytes)) => return Ok(bytes),
                Ok(None) => failures = 0,
                Err(Failed::Over(error)) => return Err(error),
                Err(Failed::Again(error, _)) if failures >= FAILURES_MOST => return Err(error),
                Err(Failed::Again(_, after)) => {
                    let pause = PAUSE_FIRST * 2_u32.pow(failures);
                    tokio::time::sleep(after.unwrap_or(pause).min(PAUSE_MOST)).await;
                    failures += 1;
                    download.piece = (download.piece / 2).max(PIECE_LEAST);
                }
            }
        }
    }

    /// Takes one step; returns the size of the file once all of it is here.
    async fn load_piece(&self, download: &mut Download) -> Result<Option<u64>, Failed> {
        let file = download.file;
        let attempt = self.try_call(move |engine, now| engine.begin_attempt(file, now)).await?;
        let is_sure = attempt.is_held || download.is_confirmed;
        if let Some(bytes) = attempt.kept.filter(|_| is_sure) {
            return Ok(Some(bytes));
        }
        let address = match &download.address {
            Some(address) => address.clone(),
            None => self.address_of(download, &attempt).await?,
        };
        match file.size {
            FileSize::Small => self.load_small(file, &attempt, &address).await,
            FileSize::Whole => self.load_part(download, attempt, address).await,
        }
    }

    async fn address_of(
        &self,
        download: &mut Download,
        attempt: &Attempt,
    ) -> Result<FileAddress, Failed> {
        let FileId { conversation, message, .. } = download.file;
        let reply = self.ask(Ok(net::file(conversation, message))).await?;
        if reply.status == 404 {
            attempt.store.drop_line_files(&attempt.me, conversation, message).ok();
        }
        let address: FileAddress = reply.read().map_err(|failure| failed(&reply, failure))?;
        let budget = attempt.store.file_budget();
        if download.file.size == FileSize::Whole && address.bytes > budget {
            let problem = format!("has {} bytes, and all files may take {budget}", address.bytes);
            return Err(Failed::Over(CoreError::Invalid { what: "the file".to_owned(), problem }));
        }
        download.is_confirmed = true;
        download.address = Some(address.clone());
        Ok(address)
    }

    async fn load_small(
        &self,
        file: FileId,
        attempt: &Attempt,
        address: &FileAddress,
    ) -> Result<Option<u64>, Failed> {
        let url = address.small_url.as_ref().ok_or_else(|| {
            let detail = "this line has no small picture".to_owned();
            Failed::Over(CoreError::Server { code: "not_found".to_owned(), detail })
        })?;
        let asked = self.0.net.server.ask(net::file_part(url, None)).await;
        let reply = asked.map_err(|error| CoreError::from(Failure::from(error)))?;
        if reply.status != 200 {
            return Err(failed(&reply, reply.refused()));
        }
        let bytes = reply.body.len() as u64;
        let Attempt { me, store, at, .. } = attempt;
        store.collect(me, file, Piece { from: 0, bytes: &reply.body }, bytes)?;
        let is_right = store.end_collecting(me, file, ExpectedFile { bytes, sha256: None }, *at)?;
        if is_right { Ok(Some(bytes)) } else { Err(Failed::Again(CoreError::Offline, None)) }
    }

    async fn load_part(
        &self,
        download: &mut Download,
        attempt: Attempt,
        address: FileAddress,
    ) -> Result<Option<u64>, Failed> {
        let (file, bytes) = (download.file, address.bytes);
        let from = attempt.collected.min(bytes);
        let count = download.piece.min(bytes - from);
        let mut piece = Vec::new();
        if count > 0 {
            let begun = self.0.clock.now().mono;
            let asked = self.0.net.server.ask(net::file_part(&address.url, Some((from, count))));
            let reply = asked.await.map_err(|error| CoreError::from(Failure::from(error)))?;
            let is_whole = reply.status == 200 && from == 0 && count == bytes;
            if !(reply.status == 206 || is_whole) || reply.body.len() as u64 != count {
                // An address is good for minutes; another one is asked for.
                download.address = None;
                return Err(failed(&reply, reply.refused()));
            }
            piece = reply.body;
            if self.0.clock.now().mono - begun < QUICK {
                download.piece = (download.piece * 2).min(PIECE_MOST);
            }
        }
        let got = from + count;
        let kept = move || {
            let Attempt { me, store, at, .. } = &attempt;
            if !piece.is_empty() {
                store.collect(me, file, Piece { from, bytes: &piece }, bytes)?;
            }
            let sha256 = address.sha256.as_deref();
            match got == bytes {
                true => {
                    store.end_collecting(me, file, ExpectedFile { bytes, sha256 }, *at).map(Some)
                }
                false => Ok(None),
            }
        };
        let kept = self.0.net.runtime.spawn_blocking(kept).await;
        let is_right = kept.map_err(|_ended| CoreError::Closed)??;
        if is_right == Some(false) {
            // Nothing is left of it. It is loaded anew, once: the way may have changed it.
            if std::mem::replace(&mut download.was_wrong, true) {
                return Err(Failed::Over(CoreError::Invalid {
                    what: "the file".to_owned(),
                    problem: "is not what the server says it is".to_owned(),
                }));
            }
            download.address = None;
            return Err(Failed::Again(CoreError::Offline, None));
        }
        let loading = Some(Loading { got, bytes });
        self.call(move |engine, now| engine.tell_loading(file, loading, now)).await?;
        Ok(is_right.map(|_| bytes))
    }

    /// Reads a part of a file that was loaded: at most [`FILE_PART_MAX`] bytes, fewer at its end.
    /// `None` when the phone does not hold it: load it again. Other files may have needed the room.
    ///
    /// # Errors
    /// `Locked`, `Unauthorized`, `Storage`, `Closed`.
    pub fn read_file(&self, file: FileId, part: FilePart) -> Call<'_, Option<Vec<u8>>> {
        let core = self.clone();
        self.spawned(async move {
            let attempt = core.try_call(move |engine, now| engine.begin_attempt(file, now)).await?;
            let Some(kept) = attempt.kept else { return Ok(None) };
            let FilePart { from, bytes } = part;
            let bytes = bytes.min(FILE_PART_MAX).min(kept.saturating_sub(from));
            let part = FilePart { from, bytes };
            let read = move || {
                let Attempt { me, store, at, .. } = &attempt;
                store.read_kept_file(me, file, part, *at)
            };
            let read = core.0.net.runtime.spawn_blocking(read).await;
            Ok(read.map_err(|_ended| CoreError::Closed)??)
        })
    }

    /// Sets what the files of lines may take on this device, bytes. Those that were not looked at
    /// for longest go first.
    ///
    /// # Errors
    /// `Storage` when a file cannot be removed, `Closed`.
    pub fn set_file_budget(&self, bytes: u64) -> Call<'_, ()> {
        self.try_call(move |engine, _| match engine.config.store.set_file_budget(bytes) {
            // Room is made when the next file comes.
            Ok(()) | Err(StoreError::Closed) => Ok(()),
            Err(error) => Err(error.into()),
        })
    }
}

impl Engine {
    fn begin_attempt(&mut self, file: FileId, now: Now) -> Result<Attempt, CoreError> {
        let phone = self.unlocked_phone_with_store(now)?;
        let (me, at) = (phone.me(), phone.server_time(now));
        let FileId { conversation, message, .. } = file;
        let shown = phone.read(|read| read.file_shown(conversation, message))?;
        let store = Arc::clone(&self.config.store);
        let Some(is_held) = shown else {
            store.drop_line_files(&me, conversation, message).ok();
            let detail = "there is no such file, or you may not see it".to_owned();
            return Err(CoreError::Server { code: "not_found".to_owned(), detail });
        };
        let kept = store.kept_file(&me, file)?;
        if kept.is_none() && !self.is_foreground {
            return Err(CoreError::Closed);
        }
        let collected = store.collected(&me, file)?;
        let _under_way = self.begin_work();
        Ok(Attempt { me, store, at, is_held, kept, collected, _under_way })
    }

    fn tell_loading(&mut self, file: FileId, loading: Option<Loading>, now: Now) {
        if let Some(phone) = self.phone.as_mut().filter(|_| file.size == FileSize::Whole) {
            phone.set_loading(file.conversation, file.message, loading, now);
        }
    }
}

/// The meaning of a refusal for a file on its way.
fn failed(reply: &Reply, failure: Failure) -> Failed {
    let is_expired = reply.code() == Some("file_address_expired");
    let detail = reply.problem.as_ref().map(|problem| problem.detail.clone());
    let error = match (CoreError::from(failure), detail) {
        (CoreError::Server { code, .. }, Some(detail)) => CoreError::Server { code, detail },
        (error, _) => error,
    };
    match reply.status {
        400..=499 if !is_expired && reply.status != 429 => Failed::Over(error),
        _ => Failed::Again(error, reply.retry_after),
    }
}
