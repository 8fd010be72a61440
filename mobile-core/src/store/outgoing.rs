//! Files that wait to be sent: copies, sealed block by block, beside the database.
//!
//! A copy outlives what the app was given by the system's picker, which may vanish with the app.
//! It is written as a draft, and gets its name once it is whole. The outbox says which are needed:
//! [`Store::sweep_files`] removes all others, so a death at any moment leaves nothing behind.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, Read, Write as _};
use std::path::PathBuf;

use ring::digest::{Context, SHA256};
use uuid::Uuid;

use super::blocks::{BLOCK, FilePart, hex, read_all, read_part};
use super::files::{remove, sync_directory};
use super::seal::CellAddress;
use super::{Account, Store, StoreError};

/// The limit of the files of one account, bytes.
pub const OUTGOING_BYTES_MAX: u64 = 256 * 1024 * 1024;

/// A file that was copied.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Copied {
    /// The number of bytes.
    pub bytes: u64,
    /// SHA-256 of them in lower-case hex.
    pub sha256: String,
}

/// Why a file was not copied.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum CopyError {
    /// It cannot be read.
    #[error("cannot be read: {0}")]
    Source(io::ErrorKind),
    /// It has more bytes than may be sent.
    #[error("has more than {0} bytes")]
    TooLarge(u64),
    /// The files that wait already leave no room for it.
    #[error("files that wait may take {OUTGOING_BYTES_MAX} bytes in all")]
    NoRoom,
    /// The copy cannot be written.
    #[error(transparent)]
    Store(StoreError),
}

impl From<io::Error> for CopyError {
    fn from(error: io::Error) -> Self {
        Self::Store(error.into())
    }
}

/// A file under way into the store.
struct DraftFile {
    file: Uuid,
    path: PathBuf,
}

/// Bytes that a copy may have: by its source, and by what is left for files that wait.
#[derive(Clone, Copy)]
struct CopyLimits {
    bytes_max: u64,
    room: u64,
}

impl Store {
    /// Copies a file of at most `bytes_max`, as a draft: [`Self::keep_file`] keeps it.
    ///
    /// # Errors
    /// Nothing is left of it then.
    pub fn copy_file(
        &self,
        of: &Account,
        file: Uuid,
        source: &mut dyn Read,
        bytes_max: u64,
    ) -> Result<Copied, CopyError> {
        let directory = self.outgoing(of);
        fs::create_dir_all(&directory)?;
        let draft = DraftFile { file, path: self.draft(of, file) };
        let room = OUTGOING_BYTES_MAX.saturating_sub(used(&directory)?);
        let limits = CopyLimits { bytes_max, room };
        let copied = self.copy(of, &draft, source, limits);
        if copied.is_err() {
            remove(&draft.path)?;
        }
        copied
    }

    fn copy(
        &self,
        of: &Account,
        draft: &DraftFile,
        source: &mut dyn Read,
        limits: CopyLimits,
    ) -> Result<Copied, CopyError> {
        let mut copy = File::create(&draft.path)?;
        let (mut digest, mut bytes) = (Context::new(&SHA256), 0_u64);
        let mut block = Vec::with_capacity(BLOCK);
        for number in 0_u64.. {
            block.clear();
            let more = (&mut *source).take(BLOCK as u64);
            let read = read_all(more, &mut block).map_err(|e| CopyError::Source(e.kind()))?;
            if read == 0 {
                break;
            }
            bytes += read as u64;
            if bytes > limits.bytes_max {
                return Err(CopyError::TooLarge(limits.bytes_max));
            }
            if bytes > limits.room {
                return Err(CopyError::NoRoom);
            }
            digest.update(&block);
            copy.write_all(&self.seal_block(of, draft.file, number, &block)?)?;
        }
        copy.sync_all()?;
        Ok(Copied { bytes, sha256: hex(digest.finish()) })
    }

    fn seal_block(
        &self,
        of: &Account,
        file: Uuid,
        number: u64,
        plain: &[u8],
    ) -> Result<Vec<u8>, CopyError> {
        in_place(of, file, number, |place| self.keys.seal(place, plain)).map_err(CopyError::Store)
    }

    /// Gives a draft its name: from here on it survives everything but a sweep.
    ///
    /// # Errors
    /// When it is not there any more, or cannot be renamed.
    pub fn keep_file(&self, of: &Account, file: Uuid) -> Result<(), StoreError> {
        fs::rename(self.draft(of, file), self.outgoing(of).join(file.to_string()))?;
        Ok(sync_directory(&self.outgoing(of))?)
    }

    /// Reads a part of a file; `None` when it is not there, or not as it was.
    ///
    /// # Errors
    /// When the system does not let it.
    pub fn read_file(
        &self,
        of: &Account,
        file: Uuid,
        part: FilePart,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        let open = |number, sealed: &[u8]| {
            in_place(of, file, number, |place| self.keys.open(place, sealed))
        };
        read_part(&self.outgoing(of).join(file.to_string()), part, &open)
    }

    /// Removes a file, or its draft.
    ///
    /// # Errors
    /// When it cannot be removed.
    pub fn remove_file(&self, of: &Account, file: Uuid) -> Result<(), StoreError> {
        remove(&self.draft(of, file))?;
        Ok(remove(&self.outgoing(of).join(file.to_string()))?)
    }

    /// Removes all files of an account but these.
    ///
    /// # Errors
    /// When one cannot be removed.
    pub fn sweep_files(&self, of: &Account, kept: &BTreeSet<Uuid>) -> Result<(), StoreError> {
        let directory = self.outgoing(of);
        let entries = match fs::read_dir(&directory) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(error.into()),
        };
        for entry in entries {
            let name = entry?.file_name();
            let file = name.to_str().and_then(|name| name.parse().ok());
            if file.is_none_or(|file| !kept.contains(&file)) {
                remove(&directory.join(name))?;
            }
        }
        Ok(())
    }

    /// Removes all files of an account.
    pub(super) fn forget_files(&self, of: &Account) -> Result<(), StoreError> {
        match fs::remove_dir_all(self.outgoing(of)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error.into()),
            Ok(()) | Err(_) => Ok(()),
        }
    }

    fn outgoing(&self, of: &Account) -> PathBuf {
        let Account { workspace, agent, device } = of;
        let name = format!("{workspace}_{agent}_{device}");
        self.files.outgoing().join(name)
    }

    fn draft(&self, of: &Account, file: Uuid) -> PathBuf {
        self.outgoing(of).join(format!("draft-{file}"))
    }
}

/// Where a block stands: under another file, number or account it does not open.
fn in_place<T>(of: &Account, file: Uuid, number: u64, act: impl FnOnce(CellAddress<'_>) -> T) -> T {
    let (account, number) = (of.bytes(), number.to_le_bytes());
    act(CellAddress { column: "outgoing", row: &[&account, file.as_bytes(), &number] })
}

/// The bytes that the files in a directory take.
fn used(directory: &std::path::Path) -> io::Result<u64> {
    let sizes = fs::read_dir(directory)?.map(|entry| Ok(entry?.metadata()?.len()));
    sizes.sum()
}
