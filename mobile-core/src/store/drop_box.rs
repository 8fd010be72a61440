//! Drop files: what the notification extension leaves for the app.
//!
//! The extension never opens the database. It writes one sealed file per push, atomically. Any
//! number of extensions may write while the app reads.
//!
//! The app remembers a push in the transaction that takes in its content, and removes the file
//! afterwards. A file that is found again is recognised by its id.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use baton_protocol::{AgentId, DeviceId, WorkspaceId};
use uuid::Uuid;

use super::files::{remove, sync_directory};
use super::seal::{CellAddress, KEY_BYTES, Keys, Use};
use super::{Account, StoreError};

/// Files that may wait; an agent who never opens the app gets the rest by the log.
pub const FILES_MAX: usize = 4_096;
/// Bytes of a body.
pub const BODY_BYTES_MAX: usize = 64 * 1024;
/// The number of times that a writer begins again when its draft was taken for an abandoned one.
const TRIES: usize = 16;

/// The directory of drop files.
#[derive(Debug)]
pub struct DropBox {
    directory: PathBuf,
    keys: Keys,
}

/// The content of one file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Dropped {
    /// Whose push it was.
    pub account: Account,
    /// The push's id.
    pub id: String,
    /// Opaque: the push's.
    pub body: Vec<u8>,
    name: String,
}

/// The drops that wait to be read.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Waiting {
    /// The oldest first.
    pub drops: Vec<Dropped>,
    /// Files that did not open; they are gone.
    pub unreadable: u64,
    /// Whether there are more than were asked for.
    pub has_more: bool,
}

impl DropBox {
    /// The drop box of a store's directory, with the store's key. The seed is fresh from the
    /// system each time.
    ///
    /// # Errors
    /// When the directory cannot be made.
    pub fn open(
        directory: &Path,
        key: &[u8; KEY_BYTES],
        seed: [u8; KEY_BYTES],
    ) -> Result<Self, StoreError> {
        let directory = directory.join("push-inbox");
        fs::create_dir_all(&directory)?;
        Ok(Self { directory, keys: Keys::new(key, Use::DropBox, seed)? })
    }

    /// Leaves a push for the app. Once it returns, it survives the end of everything.
    ///
    /// # Errors
    /// `Full` when too many files wait or the disk is full. `Unfit` for a body that is too long, or
    /// an id with other characters than letters, digits, `-` and `_`, or longer than 64.
    pub fn leave(&self, of: &Account, id: &str, body: &[u8]) -> Result<(), StoreError> {
        let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        if id.is_empty() || id.len() > 64 || !id.chars().all(is_plain) {
            return Err(StoreError::Unfit("a push id of this form"));
        }
        if body.len() > BODY_BYTES_MAX {
            return Err(StoreError::Unfit("a push of this length"));
        }
        let names = self.names()?;
        // Delivered before, and still waiting.
        if names.iter().any(|name| name.split_once('-').is_some_and(|(_, waits)| waits == id)) {
            return Ok(());
        }
        if names.len() >= FILES_MAX {
            return Err(StoreError::Full);
        }
        let number = names.last().and_then(|name| number(name)).unwrap_or(0) + 1;
        let name = format!("{number:020}-{id}");
        let sealed =
            self.keys.seal(place(&name.as_bytes()), &[of.bytes().as_slice(), body].concat())?;
        for _ in 0..TRIES {
            if self.write(&name, &sealed)? {
                return Ok(());
            }
        }
        Err(StoreError::Busy)
    }

    /// Writes one file; `false` when its draft was removed before it had its name.
    fn write(&self, name: &str, sealed: &[u8]) -> Result<bool, StoreError> {
        let draft = self.directory.join(format!("draft-{:016x}", self.keys.number()));
        let mut file = match OpenOptions::new().write(true).create_new(true).open(&draft) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Ok(false),
            Err(error) => return Err(error.into()),
        };
        // Says that somebody writes it, as long as this process lives.
        if file.try_lock().is_err() {
            return Ok(false);
        }
        let written = file.write_all(sealed).and_then(|()| file.sync_all());
        if let Err(error) = written {
            remove(&draft)?;
            return Err(error.into());
        }
        match fs::rename(&draft, self.directory.join(name)) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
            Err(error) => return Err(error.into()),
        }
        sync_directory(&self.directory)?;
        Ok(true)
    }

    /// The waiting files, the oldest first, at most `limit`. Removes what does not open, and drafts
    /// of writers that are no more. Give no more at once than the ids of pushes that the store
    /// remembers.
    ///
    /// # Errors
    /// When the files cannot be read.
    pub fn waiting(&self, limit: usize) -> Result<Waiting, StoreError> {
        self.remove_dead_drafts()?;
        let mut waiting = Waiting::default();
        for name in self.names()? {
            if waiting.drops.len() >= limit {
                waiting.has_more = true;
                break;
            }
            let path = self.directory.join(&name);
            let sealed = match read_bounded(&path) {
                Ok(sealed) => sealed,
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(error) => return Err(error.into()),
            };
            match self.read(name, &sealed) {
                Some(dropped) => waiting.drops.push(dropped),
                None => {
                    remove(&path)?;
                    waiting.unreadable += 1;
                }
            }
        }
        Ok(waiting)
    }

    fn read(&self, name: String, sealed: &[u8]) -> Option<Dropped> {
        let plain = self.keys.open(place(&name.as_bytes()), sealed)?;
        let (workspace, rest) = plain.split_first_chunk::<16>()?;
        let (agent, rest) = rest.split_first_chunk::<16>()?;
        let (device, body) = rest.split_first_chunk::<16>()?;
        let account = Account {
            workspace: WorkspaceId(Uuid::from_bytes(*workspace)),
            agent: AgentId(Uuid::from_bytes(*agent)),
            device: DeviceId(Uuid::from_bytes(*device)),
        };
        let (_, id) = name.split_once('-')?;
        Some(Dropped { account, id: id.to_owned(), body: body.to_vec(), name })
    }

    /// Removes a file that was taken in.
    ///
    /// # Errors
    /// When it cannot be removed.
    pub fn remove(&self, dropped: &Dropped) -> Result<(), StoreError> {
        Ok(remove(&self.directory.join(&dropped.name))?)
    }

    /// Removes what is left for an account that nobody takes it over for any more.
    ///
    /// # Errors
    /// When a file cannot be read or removed.
    pub fn forget(&self, account: &Account) -> Result<(), StoreError> {
        let waiting = self.waiting(usize::MAX)?.drops;
        waiting
            .iter()
            .filter(|dropped| dropped.account == *account)
            .try_for_each(|d| self.remove(d))
    }

    /// The names of files that are whole, the oldest first.
    fn names(&self) -> Result<Vec<String>, StoreError> {
        let mut names = self.all_names()?;
        names.retain(|name| number(name).is_some());
        names.sort();
        Ok(names)
    }

    fn all_names(&self) -> Result<Vec<String>, StoreError> {
        let mut names = Vec::new();
        for entry in fs::read_dir(&self.directory)? {
            names.extend(entry?.file_name().into_string());
        }
        Ok(names)
    }

    /// Removes drafts that can be locked: their writers were killed, or have yet to lock them and
    /// begin again.
    fn remove_dead_drafts(&self) -> Result<(), StoreError> {
        for name in self.all_names()?.iter().filter(|name| name.starts_with("draft-")) {
            let path = self.directory.join(name);
            let is_dead = File::open(&path).is_ok_and(|draft| draft.try_lock().is_ok());
            if is_dead {
                remove(&path)?;
            }
        }
        Ok(())
    }
}

fn place<'a>(name: &'a &'a [u8]) -> CellAddress<'a> {
    CellAddress { column: "push-inbox", row: std::slice::from_ref(name) }
}

/// The number that a file's name begins with.
fn number(name: &str) -> Option<u64> {
    let (number, _) = name.split_once('-')?;
    number.parse().ok()
}

/// Reads a file, no further than one of ours goes.
fn read_bounded(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let most = u64::try_from(BODY_BYTES_MAX * 2).unwrap_or(u64::MAX);
    File::open(path)?.take(most).read_to_end(&mut bytes)?;
    Ok(bytes)
}
