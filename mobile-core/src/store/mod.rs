//! Everything the phone stores, sealed.
//!
//! One SQLite database for all accounts on this device; every row belongs to one of them. Contents
//! (texts, names, numbers, payloads) are sealed field by field, with a key from the platform's key
//! store. Ids, times and numbers stay plain, so the database orders and pages lists.
//!
//! [`Store::write`] is one transaction; the cursor of the log is written with the data it covers. A
//! store has one owner: a second opening fails with [`StoreError::InUse`]. A paused or closed store
//! has no file open.
//!
//! **Invariant:** outbox and drafts are deleted only by the outbox, the agent or a revocation.
//! Neither eviction nor the removal of a conversation touches them. What is readable of them
//! survives damage.
//! **Invariant:** no clock and no randomness; both come in as arguments.

mod blocks;
mod database;
pub mod drop_box;
mod error;
mod files;
mod glance;
mod holdings;
mod incoming;
mod kept;
mod lists;
mod opening;
mod outbox;
mod outgoing;
mod quota;
mod read;
mod rescue;
mod rows;
mod seal;
mod search;
mod setting;
mod sql;
#[cfg(test)]
pub(crate) mod tests;
mod write;

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use rusqlite::{Connection, TransactionBehavior, params};

pub use blocks::{ExpectedFile, FilePart, Piece};
pub use drop_box::DropBox;
pub use error::{Remedy, StoreError};
pub use glance::{NotesBetween, Stamp, Stretch};
pub use incoming::{FILES_BYTES, FileId, FileSize};
pub use kept::{PUSHES_MAX, ValueName};
pub use lists::{Mark, Page, Total, View};
pub use outbox::{Draft, OutboxRow};
pub use outgoing::{Copied, CopyError, OUTGOING_BYTES_MAX};
pub use quota::{Trimmed, are_lines_dropped};
pub use read::{Account, Read, StoredProgress};
pub use rescue::{Damage, Saved};
pub use seal::KEY_BYTES;
pub use search::{Found, Hit, Hits, Search};
pub use write::{Changes, Write};

use files::Files;
use seal::{Keys, Use};
use sql::Sql;

/// Conversations written between two checks of the size, and evicted by one check, so that no
/// writer waits long.
const TRIM_EVERY: u32 = 256;

/// How large a store may become.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    /// Above it, lines that the server has as well are dropped, bytes.
    pub cache_bytes: u64,
    /// Beyond it, nothing more is written: [`StoreError::Full`]; bytes. `None`: as the disk has.
    pub database_bytes: Option<u64>,
}

impl Default for Limits {
    fn default() -> Self {
        Self { cache_bytes: 50 * 1024 * 1024, database_bytes: None }
    }
}

/// Where a store is, and what opens it.
#[derive(Clone)]
pub struct Config {
    /// A directory of its own.
    pub directory: PathBuf,
    /// From the system's key store.
    pub key: [u8; KEY_BYTES],
    /// Fresh from the system at each opening: nonces follow from it.
    pub seed: [u8; KEY_BYTES],
    /// How large it may become.
    pub limits: Limits,
}

impl std::fmt::Debug for Config {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Config").field("directory", &self.directory).finish_non_exhaustive()
    }
}

/// What an opening found.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Opened {
    /// There was nothing.
    pub is_new: bool,
    /// The last owner ended without closing it; its pages were looked through.
    pub was_unclean: bool,
    /// What was saved and lost, when it was damaged or its key lost: the log starts anew.
    pub damage: Option<Damage>,
    /// The schema that was there, where it was an older one.
    pub migrated_from: Option<i64>,
}

/// The store. See the [module](self). Its methods may block.
#[derive(Debug)]
pub struct Store {
    files: Files,
    keys: Keys,
    limits: Limits,
    /// What files of lines may take, bytes.
    files_bytes: AtomicU64,
    /// Something was read that makes no sense.
    suspect: AtomicBool,
    /// Conversations whose lines made room since it was opened.
    evicted: AtomicU64,
    writer: Mutex<Option<Writer>>,
    reader: Mutex<Option<Connection>>,
    /// After so many more commits, so many fail.
    #[cfg(test)]
    pub(crate) faults: Mutex<(u32, u32)>,
}

#[derive(Debug)]
struct Writer {
    connection: Connection,
    /// Conversations written since room was last looked at.
    written: u64,
    /// Held for as long as anything is open.
    _lock: File,
}

impl Store {
    /// Opens a store, or makes one where there is none.
    ///
    /// # Errors
    /// `InUse`, `WrongKey` and `Incompatible` touch nothing. A damaged database is none: what it
    /// held is saved as far as it can be, and [`Opened::damage`] says so.
    pub fn open(config: &Config) -> Result<(Self, Opened), StoreError> {
        let store = Self::new(config)?;
        let opened = store.open_files(false)?;
        Ok((store, opened))
    }

    /// Opens a store whose key is lost, with a new one. What was sealed is moved aside;
    /// [`Opened::damage`] counts what is lost of outbox and drafts.
    ///
    /// # Errors
    /// As [`Self::open`], `WrongKey` excepted.
    pub fn start_over(config: &Config) -> Result<(Self, Opened), StoreError> {
        let store = Self::new(config)?;
        let opened = store.open_files(true)?;
        Ok((store, opened))
    }

    fn new(config: &Config) -> Result<Self, StoreError> {
        Ok(Self {
            files: Files::new(&config.directory),
            keys: Keys::new(&config.key, Use::Store, config.seed)?,
            limits: config.limits,
            files_bytes: AtomicU64::new(FILES_BYTES),
            suspect: AtomicBool::new(false),
            evicted: AtomicU64::new(0),
            writer: Mutex::new(None),
            reader: Mutex::new(None),
            #[cfg(test)]
            faults: Mutex::default(),
        })
    }

    /// Writes for an account: all of what `act` does, or, when it or the commit fails, nothing.
    ///
    /// # Errors
    /// What `act` gives, or why it could not be written.
    pub fn write<T, E: From<StoreError>>(
        &self,
        of: &Account,
        act: impl FnOnce(&mut Write<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut guard = lock(&self.writer);
        let writer = guard.as_mut().ok_or(StoreError::Closed)?;
        let answer = self.try_write(writer, of, act);
        if writer.written >= TRIM_EVERY.into() {
            writer.written = 0;
            // What was written stands, whether there is room for more or not.
            let limit = self.limits.cache_bytes;
            let trimmed = quota::trim(&mut writer.connection, limit, TRIM_EVERY as usize);
            match trimmed {
                Ok(trimmed) => self.note_evicted(trimmed),
                Err(StoreError::Damaged) => self.suspect.store(true, Ordering::Relaxed),
                Err(_) => {}
            }
        }
        self.remember_damage();
        answer
    }

    fn try_write<T, E: From<StoreError>>(
        &self,
        writer: &mut Writer,
        of: &Account,
        act: impl FnOnce(&mut Write<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let begun = writer.connection.transaction_with_behavior(TransactionBehavior::Immediate);
        let tx = begun.map_err(|error| self.note(error))?;
        let mut write = Write::new(Sql::new(&tx, &self.suspect), &self.keys, of)?;
        let answer = act(&mut write)?;
        write.flush()?;
        if let Some(error) = write.read.sql.failed() {
            return Err(error.into());
        }
        let (written, gone) = (write.written, std::mem::take(&mut write.gone));
        drop(write);
        #[cfg(test)]
        tests::commits(&self.faults)?;
        tx.commit().map_err(|error| self.note(error))?;
        writer.written += written;
        self.drop_gone(of, gone);
        Ok(answer)
    }

    /// Reads of an account, all as of one moment, while others may write.
    ///
    /// # Errors
    /// What `act` gives, or why it could not be read.
    pub fn read<T, E: From<StoreError>>(
        &self,
        of: &Account,
        act: impl FnOnce(&Read<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut guard = lock(&self.reader);
        let connection = guard.as_mut().ok_or(StoreError::Closed)?;
        let answer = self.try_read(connection, of, act);
        self.remember_damage();
        answer
    }

    fn try_read<T, E: From<StoreError>>(
        &self,
        connection: &mut Connection,
        of: &Account,
        act: impl FnOnce(&Read<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let tx = connection.transaction().map_err(|error| self.note(error))?;
        let read = Read::new(Sql::new(&tx, &self.suspect), &self.keys, of)?;
        act(&read)
    }

    fn note(&self, error: rusqlite::Error) -> StoreError {
        let error = StoreError::from(error);
        if error == StoreError::Damaged {
            self.suspect.store(true, Ordering::Relaxed);
        }
        error
    }

    /// What makes no sense is looked at when the store is opened next, be it by another process.
    fn remember_damage(&self) {
        if self.suspect.load(Ordering::Relaxed) && !self.files.is_suspect() {
            // Where that cannot be written, this process still knows.
            drop(self.files.suspect_it());
        }
    }

    /// Drops what the server has as well, if the store takes more than it may.
    ///
    /// # Errors
    /// When the database does not let it.
    pub fn trim(&self) -> Result<Trimmed, StoreError> {
        let mut guard = lock(&self.writer);
        let writer = guard.as_mut().ok_or(StoreError::Closed)?;
        let trimmed = quota::trim(&mut writer.connection, self.limits.cache_bytes, usize::MAX)?;
        self.note_evicted(trimmed);
        Ok(trimmed)
    }

    fn note_evicted(&self, trimmed: Trimmed) {
        self.evicted.fetch_add(trimmed.conversations, Ordering::Relaxed);
    }

    /// Conversations whose lines made room since this store was opened.
    pub fn evicted(&self) -> u64 {
        self.evicted.load(Ordering::Relaxed)
    }

    /// Forgets an account and all that belongs to it: its device was revoked.
    ///
    /// # Errors
    /// When the database does not let it; then nothing is forgotten.
    pub fn forget(&self, account: &Account) -> Result<(), StoreError> {
        let mut guard = lock(&self.writer);
        let writer = guard.as_mut().ok_or(StoreError::Closed)?;
        let ids = [account.workspace.0, account.agent.0, account.device.0];
        let [workspace, agent, device] = ids.map(uuid::Uuid::into_bytes);
        let forgotten = erase(&writer.connection, params![workspace, agent, device]);
        forgotten.map_err(|error| self.note(error))?;
        self.forget_files(account)?;
        self.forget_incoming(account)?;
        // What could be saved of a damaged database was.
        Ok(self.files.drop_damaged()?)
    }

    /// Waits for what is under way, then closes every file, the lock too: an app that is about to
    /// be suspended must hold none. Until [`Self::resume`], everything answers `Closed`.
    ///
    /// # Errors
    /// When the last writes could not be moved into the database; they are in its log, and all
    /// files are closed in any case.
    pub fn pause(&self) -> Result<(), StoreError> {
        let mut writer = lock(&self.writer);
        let mut reader = lock(&self.reader);
        if let Some(Err((connection, _))) = reader.take().map(Connection::close) {
            drop(connection);
        }
        // The lock goes last: until then nobody else may open what is being closed.
        let Some(Writer { connection, _lock, .. }) = writer.take() else { return Ok(()) };
        let moved = checkpoint(&connection);
        let closed = connection.close().map_err(|(_, error)| error);
        moved?;
        closed.map_err(|error| self.note(error))
    }

    /// Opens the files again. Does nothing when they are open.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn resume(&self) -> Result<Opened, StoreError> {
        if lock(&self.writer).is_some() {
            return Ok(Opened::default());
        }
        self.open_files(false)
    }

    /// Closes the store, as a sign-out does: all stays on disk, sealed.
    ///
    /// # Errors
    /// As [`Self::pause`].
    pub fn close(self) -> Result<(), StoreError> {
        self.pause()
    }

    /// Closes the store and removes all of it.
    ///
    /// # Errors
    /// When a file cannot be removed.
    pub fn wipe(self) -> Result<(), StoreError> {
        *lock(&self.reader) = None;
        let writer = lock(&self.writer).take();
        // With the lock held: nobody opens what is being removed.
        let Some(Writer { connection, _lock, .. }) = writer else {
            let _lock = self.files.lock()?;
            return Ok(self.files.wipe()?);
        };
        drop(connection);
        Ok(self.files.wipe()?)
    }
}

/// Removes a store that nobody can or wants to open.
///
/// # Errors
/// `InUse`, or when a file cannot be removed.
pub fn wipe(directory: &Path) -> Result<(), StoreError> {
    let files = Files::new(directory);
    let _lock = files.lock()?;
    Ok(files.wipe()?)
}

/// Deletes an account with all that belongs to it, and gives the room back: what was deleted is
/// not in the file's free pages either.
fn erase(connection: &Connection, account: &[&dyn rusqlite::ToSql]) -> rusqlite::Result<()> {
    connection.pragma_update(None, "secure_delete", true)?;
    let deleted = connection.execute(
        "DELETE FROM account WHERE workspace = ?1 AND agent = ?2 AND device = ?3",
        account,
    );
    connection.pragma_update(None, "secure_delete", false)?;
    deleted?;
    let mut vacuum = connection.prepare("PRAGMA incremental_vacuum")?;
    let mut steps = vacuum.query([])?;
    while steps.next()?.is_some() {}
    Ok(())
}

/// Moves SQLite's log into the database.
fn checkpoint(connection: &Connection) -> Result<(), StoreError> {
    let busy: i64 =
        connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
    if busy == 0 { Ok(()) } else { Err(StoreError::Busy) }
}

/// What a thread that panicked left is whole: transactions are.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
