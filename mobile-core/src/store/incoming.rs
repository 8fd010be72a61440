//! Files of lines, as far as this phone loaded them: sealed block by block, beside the database.
//!
//! A file is collected under a name of its own, which tells how far it is. It gets its place once
//! it is whole and its digest is right. All files together have a budget; those that were not
//! looked at for longest go first. Files of a line that leaves the agent's sight are removed after
//! that transaction, at the next start at the latest.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::time::{Duration, UNIX_EPOCH};

use baton_protocol::{ConversationId, Line, MessageId, Timestamp};
use ring::digest::{Context, SHA256};

use super::blocks::{
    BLOCK, ExpectedFile, FilePart, Piece, SEAL, hex, opened, read_block, read_part,
};
use super::files::{remove, sync_directory};
use super::seal::CellAddress;
use super::{Account, Read, Store, StoreError, lock};

/// The default limit of the files of lines, bytes.
pub const FILES_BYTES: u64 = 256 * 1024 * 1024;

/// The choice among a line's files.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum FileSize {
    /// The small picture that the server made, a JPEG.
    Small,
    /// The file itself.
    Whole,
}

impl FileSize {
    fn name(self) -> &'static str {
        match self {
            Self::Small => "small",
            Self::Whole => "whole",
        }
    }
}

/// A file of a line.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct FileId {
    /// The conversation.
    pub conversation: ConversationId,
    /// The line.
    pub message: MessageId,
    /// The choice among its files.
    pub size: FileSize,
}

/// Data that left the agent's sight, and its files with it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Gone {
    /// The conversation left the agent's sight.
    Conversation(ConversationId),
    /// The content of the line is gone.
    Line(ConversationId, MessageId),
}

/// Whether a line still has a file.
pub(super) fn has_file(line: &Line) -> bool {
    let is_stored = line.file.is_some_and(|file| file.bytes().is_some());
    let is_revoked = line.amended.as_ref().is_some_and(|amended| amended.revoked.is_some());
    is_stored && !is_revoked && !line.content.erased
}

impl Read<'_> {
    /// `None` when the agent may not see files of this line: the conversation is not held whole, or
    /// its file is gone. Else whether the line is held.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn file_shown(
        &self,
        of: ConversationId,
        id: MessageId,
    ) -> Result<Option<bool>, StoreError> {
        if self.stretch(of)?.is_none() {
            return Ok(None);
        }
        let line = self.line(of, id)?;
        Ok(line.as_ref().is_none_or(has_file).then_some(line.is_some()))
    }
}

impl Store {
    /// Sets what files of lines may take, bytes, and makes room.
    ///
    /// # Errors
    /// `Closed`, or when a file cannot be removed.
    pub fn set_file_budget(&self, bytes: u64) -> Result<(), StoreError> {
        self.files_bytes.store(bytes, Ordering::Relaxed);
        self.must_be_open()?;
        Ok(self.make_room(0, None)?)
    }

    /// The limit of the files of lines, bytes.
    pub fn file_budget(&self) -> u64 {
        self.files_bytes.load(Ordering::Relaxed)
    }

    /// The size of a file that is here as a whole.
    ///
    /// # Errors
    /// When the system does not let it.
    pub fn kept_file(&self, of: &Account, file: FileId) -> Result<Option<u64>, StoreError> {
        self.must_be_open()?;
        match fs::metadata(self.place(of, file)) {
            Ok(about) => Ok(Some(plain_bytes(about.len()))),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// The bytes collected of a file: only whole blocks count, so a piece that broke off is written
    /// again.
    ///
    /// # Errors
    /// When the system does not let it.
    pub fn collected(&self, of: &Account, file: FileId) -> Result<u64, StoreError> {
        self.must_be_open()?;
        match fs::metadata(self.part(of, file)) {
            Ok(about) => Ok(about.len() / (BLOCK + SEAL) as u64 * BLOCK as u64),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(0),
            Err(error) => Err(error.into()),
        }
    }

    /// Writes a piece of a file of so many bytes behind what was collected of it.
    ///
    /// # Errors
    /// `Unfit` when the file is larger than the budget, or when the piece is not the next one.
    pub fn collect(
        &self,
        of: &Account,
        file: FileId,
        Piece { from, bytes: piece }: Piece<'_>,
        bytes: u64,
    ) -> Result<(), StoreError> {
        self.must_be_open()?;
        if bytes > self.file_budget() {
            return Err(StoreError::Unfit("a file that is larger than all files may be"));
        }
        if !from.is_multiple_of(BLOCK as u64) || from > self.collected(of, file)? {
            return Err(StoreError::Unfit("a piece of a file at this place"));
        }
        let path = self.part(of, file);
        if let Some(directory) = path.parent() {
            fs::create_dir_all(directory)?;
        }
        self.make_room(bytes.saturating_sub(from), Some(&path))?;
        let first = from / BLOCK as u64;
        let begins = first * (BLOCK + SEAL) as u64;
        let mut into = OpenOptions::new().write(true).create(true).truncate(false).open(&path)?;
        // What is behind it broke off.
        into.set_len(begins)?;
        into.seek(SeekFrom::Start(begins))?;
        for (number, block) in (first..).zip(piece.chunks(BLOCK)) {
            let sealed = in_place(of, file, number, |place| self.keys.seal(place, block))?;
            into.write_all(&sealed)?;
        }
        Ok(())
    }

    /// Gives what was collected its place, if it is what the server said. Else it is removed, and
    /// the answer is no.
    ///
    /// # Errors
    /// When the system does not let it.
    pub fn end_collecting(
        &self,
        of: &Account,
        file: FileId,
        told: ExpectedFile<'_>,
        at: Timestamp,
    ) -> Result<bool, StoreError> {
        self.must_be_open()?;
        let part = self.part(of, file);
        if !self.is_right(of, file, told)? {
            remove(&part)?;
            return Ok(false);
        }
        let whole = OpenOptions::new().write(true).open(&part)?;
        whole.sync_all()?;
        note_look(&whole, at)?;
        drop(whole);
        fs::rename(&part, self.place(of, file))?;
        part.parent().map_or(Ok(()), sync_directory)?;
        Ok(true)
    }

    fn is_right(
        &self,
        of: &Account,
        file: FileId,
        ExpectedFile { bytes, sha256 }: ExpectedFile<'_>,
    ) -> Result<bool, StoreError> {
        let Some(mut part) = opened(&self.part(of, file))? else { return Ok(false) };
        let open = self.opener(of, file);
        let (mut digest, mut read) = (Context::new(&SHA256), 0_u64);
        for number in 0_u64.. {
            if read >= bytes {
                break;
            }
            let Some(block) = read_block(&mut part, number, &open)? else { return Ok(false) };
            read += block.len() as u64;
            digest.update(&block);
        }
        let digest = hex(digest.finish());
        Ok(read == bytes && sha256.is_none_or(|told| told == digest))
    }

    /// Reads a part of a file that is here as a whole; `None` when it is not here as it was.
    /// It is the last to go from now on.
    ///
    /// # Errors
    /// When the system does not let it.
    pub fn read_kept_file(
        &self,
        of: &Account,
        file: FileId,
        part: FilePart,
        at: Timestamp,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        self.must_be_open()?;
        let path = self.place(of, file);
        let read = read_part(&path, part, &self.opener(of, file))?;
        match &read {
            Some(_) => {
                // A time that cannot be set makes it go earlier, that is all.
                let looked_at = OpenOptions::new().write(true).open(&path);
                drop(looked_at.and_then(|kept| note_look(&kept, at)));
            }
            None => remove(&path)?,
        }
        Ok(read)
    }

    /// Removes both files of a line, and what was collected of them.
    ///
    /// # Errors
    /// When one cannot be removed.
    pub fn drop_line_files(
        &self,
        of: &Account,
        conversation: ConversationId,
        message: MessageId,
    ) -> Result<(), StoreError> {
        for size in [FileSize::Small, FileSize::Whole] {
            let file = FileId { conversation, message, size };
            remove(&self.place(of, file))?;
            remove(&self.part(of, file))?;
        }
        Ok(())
    }

    /// Removes the files of data that left the agent's sight. Files that cannot be removed go at
    /// the next start.
    pub(super) fn drop_gone(&self, of: &Account, gone: Vec<Gone>) {
        for one in gone {
            match one {
                Gone::Conversation(id) => drop(remove_all(&self.of_conversation(of, id))),
                Gone::Line(id, message) => drop(self.drop_line_files(of, id, message)),
            }
        }
    }

    /// Removes the files of conversations that are not held whole.
    ///
    /// # Errors
    /// When it cannot be read, or a file not be removed.
    pub fn sweep_incoming(&self, of: &Account) -> Result<(), StoreError> {
        for directory in entries(&self.of_account(of))? {
            let id = directory.file_name().and_then(|name| name.to_str()?.parse().ok());
            let is_full =
                |id| self.read(of, |read| Ok(read.stretch(ConversationId(id))?.is_some()));
            if !id.map_or(Ok::<_, StoreError>(false), is_full)? {
                remove_all(&directory)?;
            }
        }
        Ok(())
    }

    /// Removes all files of an account's lines.
    pub(super) fn forget_incoming(&self, of: &Account) -> Result<(), StoreError> {
        Ok(remove_all(&self.of_account(of))?)
    }

    /// Removes files until so many bytes more have room, except this one.
    fn make_room(&self, more: u64, except: Option<&Path>) -> io::Result<()> {
        let mut kept = Vec::new();
        for account in entries(&self.files.incoming())? {
            for conversation in entries(&account)? {
                for path in entries(&conversation)? {
                    let about = fs::metadata(&path)?;
                    kept.push((about.modified()?, about.len(), path));
                }
            }
        }
        kept.sort();
        let mut used = kept.iter().map(|(_, bytes, _)| bytes).sum::<u64>();
        let budget = self.file_budget();
        for (_, bytes, path) in kept {
            if used.saturating_add(more) <= budget {
                break;
            }
            if except != Some(&path) {
                remove(&path)?;
                used -= bytes;
            }
        }
        Ok(())
    }

    /// An app that is about to be suspended holds no file open.
    fn must_be_open(&self) -> Result<(), StoreError> {
        lock(&self.writer).as_ref().map(drop).ok_or(StoreError::Closed)
    }

    fn opener(&self, of: &Account, file: FileId) -> impl Fn(u64, &[u8]) -> Option<Vec<u8>> {
        move |number, sealed| in_place(of, file, number, |place| self.keys.open(place, sealed))
    }

    fn of_account(&self, of: &Account) -> PathBuf {
        let Account { workspace, agent, device } = of;
        self.files.incoming().join(format!("{workspace}_{agent}_{device}"))
    }

    fn of_conversation(&self, of: &Account, id: ConversationId) -> PathBuf {
        self.of_account(of).join(id.to_string())
    }

    fn place(&self, of: &Account, file: FileId) -> PathBuf {
        let name = format!("{}.{}", file.message, file.size.name());
        self.of_conversation(of, file.conversation).join(name)
    }

    fn part(&self, of: &Account, file: FileId) -> PathBuf {
        let name = format!("{}.{}.part", file.message, file.size.name());
        self.of_conversation(of, file.conversation).join(name)
    }
}

/// Where a block stands: under another file, number or account it does not open.
fn in_place<T>(
    of: &Account,
    file: FileId,
    number: u64,
    act: impl FnOnce(CellAddress<'_>) -> T,
) -> T {
    let FileId { conversation, message, size } = file;
    let (account, number) = (of.bytes(), number.to_le_bytes());
    let (conversation, message) = (conversation.0.as_bytes(), message.0.as_bytes());
    let row: &[&[u8]] = &[&account, conversation, message, size.name().as_bytes(), &number];
    act(CellAddress { column: "incoming", row })
}

/// The plain bytes in a sealed file of so many bytes.
fn plain_bytes(sealed: u64) -> u64 {
    sealed - sealed.div_ceil((BLOCK + SEAL) as u64) * SEAL as u64
}

/// Notes when a file was looked at.
fn note_look(file: &File, at: Timestamp) -> io::Result<()> {
    file.set_modified(UNIX_EPOCH + Duration::from_millis(at.ms().max(0).unsigned_abs()))
}

/// The entries of a directory; none when it is not there.
fn entries(directory: &Path) -> io::Result<Vec<PathBuf>> {
    match fs::read_dir(directory) {
        Ok(entries) => entries.map(|entry| Ok(entry?.path())).collect(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

/// Removes a directory that may not be there.
fn remove_all(directory: &Path) -> io::Result<()> {
    match fs::remove_dir_all(directory) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        Ok(()) | Err(_) => Ok(()),
    }
}
