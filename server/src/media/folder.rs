//! Files in a folder: `<workspace>/<two digits>/<message>`, with `.small` for a small picture;
//! `collecting/` and `arriving/` for what is not whole. Several nodes share one folder, on one file
//! system.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, ErrorKind, Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, UNIX_EPOCH};

use baton_protocol::Timestamp;
use futures_util::stream;
use sha2::{Digest, Sha256};
use tempfile::NamedTempFile;
use tokio::task::spawn_blocking;

use super::{Asked, Bytes, MediaStore, ObjectKey};

/// Bytes that are read or written at once.
const PIECE: usize = 128 * 1024;
const COLLECTING: &str = "collecting";
const ARRIVING: &str = "arriving";
const SMALL: &str = "small";
const ARRIVING_MS: i64 = 2 * 86_400_000;

/// A folder that files are kept in.
#[derive(Clone, Debug)]
pub struct Folder {
    root: PathBuf,
}

impl Folder {
    /// The folder, made if it is not there. Nobody else may read it.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn open(root: &Path) -> io::Result<Self> {
        make(root)?;
        make(&root.join(COLLECTING))?;
        make(&root.join(ARRIVING))?;
        Ok(Self { root: root.to_owned() })
    }

    fn path(&self, place: ObjectKey) -> PathBuf {
        let message = place.message.0.simple().to_string();
        let digits = message.get(..2).unwrap_or_default();
        self.root.join(place.workspace.to_string()).join(digits).join(&message)
    }

    /// Where the pieces of a file are put together.
    fn arriving(&self, place: ObjectKey) -> PathBuf {
        self.root.join(ARRIVING).join(format!("{}-{}", place.workspace, place.message))
    }
}

impl MediaStore for Folder {
    fn scratch(&self) -> Asked<'_, Scratch> {
        let folder = self.root.join(COLLECTING);
        Box::pin(blocking(move || {
            let file = tempfile::Builder::new().prefix("file-").tempfile_in(folder)?;
            Ok(Scratch { file, pending: Vec::new(), bytes: 0, digest: Sha256::new() })
        }))
    }

    fn put(&self, place: ObjectKey, collected: Scratch) -> Asked<'_, ()> {
        let path = self.path(place);
        Box::pin(blocking(move || {
            let Scratch { mut file, pending, .. } = collected;
            file.write_all(&pending)?;
            file.as_file().sync_all()?;
            let folder = path.parent().unwrap_or(&path);
            make(folder)?;
            file.persist(&path).map_err(|error| error.error)?;
            sync_above(folder)
        }))
    }

    fn append(&self, place: ObjectKey, from: u64, piece: Vec<u8>) -> Asked<'_, bool> {
        let path = self.arriving(place);
        Box::pin(blocking(move || {
            let mut options = OpenOptions::new();
            let opened = options.write(true).create(from == 0).truncate(false).open(path);
            let mut file = match opened {
                Err(error) if error.kind() == ErrorKind::NotFound => return Ok(false),
                opened => opened?,
            };
            if file.metadata()?.len() < from {
                return Ok(false);
            }
            // A piece whose arrival was not noted comes again, and its first copy may be written
            // after those that follow it: nothing is taken away.
            file.seek(SeekFrom::Start(from))?;
            file.write_all(&piece)?;
            Ok(true)
        }))
    }

    fn complete(&self, place: ObjectKey) -> Asked<'_, Option<(u64, String)>> {
        let (arriving, path) = (self.arriving(place), self.path(place));
        Box::pin(blocking(move || {
            match File::open(&arriving) {
                Ok(file) => {
                    file.sync_all()?;
                    let folder = path.parent().unwrap_or(&path);
                    make(folder)?;
                    fs::rename(&arriving, &path)?;
                    sync_above(folder)?;
                }
                // It was complete before.
                Err(error) if error.kind() == ErrorKind::NotFound && path.exists() => {}
                Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
                Err(error) => return Err(error),
            }
            digest(&path).map(Some)
        }))
    }

    fn get(&self, place: ObjectKey, from: u64, length: u64) -> Asked<'_, Option<Bytes>> {
        let path = self.path(place);
        Box::pin(async move {
            let opened = blocking(move || {
                let mut file = match File::open(&path) {
                    Ok(file) => file,
                    Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
                    Err(error) => return Err(error),
                };
                if file.metadata()?.len() < from.saturating_add(length) {
                    return Ok(None);
                }
                file.seek(SeekFrom::Start(from))?;
                Ok(Some(file))
            });
            Ok(opened.await?.map(|file| pieces(file, length)))
        })
    }

    fn put_small(&self, place: ObjectKey, jpeg: Vec<u8>) -> Asked<'_, ()> {
        let (path, collecting) = (self.path(place), self.root.join(COLLECTING));
        Box::pin(blocking(move || {
            let mut file = tempfile::Builder::new().prefix("small-").tempfile_in(collecting)?;
            file.write_all(&jpeg)?;
            file.as_file().sync_all()?;
            let folder = path.parent().unwrap_or(&path);
            make(folder)?;
            file.persist(path.with_extension(SMALL)).map_err(|error| error.error)?;
            sync_above(folder)
        }))
    }

    fn small(&self, place: ObjectKey) -> Asked<'_, Option<Vec<u8>>> {
        let path = self.path(place).with_extension(SMALL);
        Box::pin(blocking(move || match fs::read(path) {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            read => read.map(Some),
        }))
    }

    fn delete(&self, place: ObjectKey) -> Asked<'_, ()> {
        let path = self.path(place);
        let all = [path.with_extension(SMALL), path, self.arriving(place)];
        Box::pin(blocking(move || {
            all.iter().try_for_each(|path| match fs::remove_file(path) {
                Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
                Ok(()) | Err(_) => Ok(()),
            })
        }))
    }

    fn sweep(&self, before: Timestamp) -> Asked<'_, u64> {
        // Who uploads may pause, and asks about it meanwhile: that keeps it.
        let folders = [(COLLECTING, 0), (ARRIVING, ARRIVING_MS)]
            .map(|(name, more)| (self.root.join(name), before.plus_ms(-more)));
        Box::pin(blocking(move || {
            folders.iter().try_fold(0, |gone, (folder, before)| Ok(gone + sweep(folder, *before)?))
        }))
    }
}

/// A file that is being collected.
#[derive(Debug)]
pub struct Scratch {
    file: NamedTempFile,
    pending: Vec<u8>,
    bytes: u64,
    digest: Sha256,
}

impl Scratch {
    /// Appends bytes.
    ///
    /// # Errors
    /// When the disk does not take them.
    pub async fn push(mut self, bytes: &[u8]) -> io::Result<Self> {
        self.digest.update(bytes);
        self.bytes += bytes.len() as u64;
        self.pending.extend_from_slice(bytes);
        if self.pending.len() < PIECE {
            return Ok(self);
        }
        blocking(move || {
            self.file.write_all(&self.pending)?;
            self.pending.clear();
            Ok(self)
        })
        .await
    }

    /// What was collected, from its beginning.
    pub(super) async fn read(self) -> io::Result<Bytes> {
        let length = self.bytes;
        let file = blocking(move || {
            let Self { mut file, pending, .. } = self;
            file.write_all(&pending)?;
            file.reopen()
        });
        Ok(pieces(file.await?, length))
    }

    /// How many bytes were collected.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// SHA-256 of what was collected, lower-case hex.
    pub fn sha256(&self) -> String {
        hex::encode(self.digest.clone().finalize())
    }
}

fn pieces(file: File, length: u64) -> Bytes {
    Box::pin(stream::try_unfold((file, length), |(mut file, left)| async move {
        if left == 0 {
            return Ok(None);
        }
        blocking(move || {
            let size = usize::try_from(left).unwrap_or(PIECE).min(PIECE);
            let mut piece = vec![0; size];
            file.read_exact(&mut piece)?;
            Ok(Some((piece, (file, left - size as u64))))
        })
        .await
    }))
}

/// Removes the files of a folder that nobody changed since.
fn sweep(folder: &Path, before: Timestamp) -> io::Result<u64> {
    let before = UNIX_EPOCH + Duration::from_millis(u64::try_from(before.ms()).unwrap_or(0));
    let mut gone = 0;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.metadata()?.modified()? < before {
            fs::remove_file(entry.path())?;
            gone += 1;
        }
    }
    Ok(gone)
}

/// The name is durable with its directory; so is that of a directory just made.
fn sync_above(folder: &Path) -> io::Result<()> {
    let above = [Some(folder), folder.parent(), folder.parent().and_then(Path::parent)];
    above.into_iter().flatten().try_for_each(|folder| File::open(folder)?.sync_all())
}

fn digest(path: &Path) -> io::Result<(u64, String)> {
    let (mut file, mut digest) = (File::open(path)?, Sha256::new());
    let (mut piece, mut bytes) = (vec![0; PIECE], 0);
    loop {
        let read = file.read(&mut piece)?;
        if read == 0 {
            return Ok((bytes, hex::encode(digest.finalize())));
        }
        bytes += read as u64;
        digest.update(piece.get(..read).unwrap_or_default());
    }
}

fn make(folder: &Path) -> io::Result<()> {
    DirBuilder::new().mode(0o700).recursive(true).create(folder)
}

/// The disk may hang: nothing else waits for it.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    spawn_blocking(work).await.map_err(io::Error::other)?
}

#[cfg(test)]
mod tests {
    use baton_protocol::{MessageId, WorkspaceId};
    use futures_util::TryStreamExt as _;
    use uuid::Uuid;

    use super::*;

    fn place(number: u128) -> ObjectKey {
        let (workspace, message) = (Uuid::from_u128(1), Uuid::from_u128(number << 100));
        ObjectKey { workspace: WorkspaceId(workspace), message: MessageId(message) }
    }

    async fn collected(store: &Folder, bytes: &[u8]) -> Scratch {
        let mut scratch = store.scratch().await.unwrap();
        for piece in bytes.chunks(50_000) {
            scratch = scratch.push(piece).await.unwrap();
        }
        scratch
    }

    async fn read(store: &Folder, number: u128, from: u64, length: u64) -> Option<Vec<u8>> {
        let bytes = store.get(place(number), from, length).await.unwrap()?;
        Some(bytes.try_collect::<Vec<_>>().await.unwrap().concat())
    }

    #[tokio::test]
    async fn a_copy_of_a_piece_that_comes_late_takes_nothing_away() {
        let directory = tempfile::tempdir().unwrap();
        let store = Folder::open(&directory.path().join("media")).unwrap();
        let append =
            async |from, piece: &[u8]| store.append(place(1), from, piece.to_vec()).await.unwrap();
        assert!(append(0, b"abc").await);
        assert!(!append(4, b"e").await, "what is before it is missing");
        assert!(append(3, b"def").await);
        assert!(append(0, b"abc").await);
        let whole = (6, hex::encode(Sha256::digest(b"abcdef")));
        assert_eq!(store.complete(place(1)).await.unwrap(), Some(whole));
        assert_eq!(read(&store, 1, 0, 6).await.as_deref(), Some(&b"abcdef"[..]));
    }

    #[tokio::test]
    async fn a_file_is_read_as_it_was_put_whole_and_in_part() {
        let directory = tempfile::tempdir().unwrap();
        let store = Folder::open(&directory.path().join("media")).unwrap();
        let bytes: Vec<u8> = (0..400_000_u32).map(|n| n.to_le_bytes()[1]).collect();
        let scratch = collected(&store, &bytes).await;
        assert_eq!(scratch.sha256(), hex::encode(Sha256::digest(&bytes)));
        store.put(place(1), scratch).await.unwrap();
        assert_eq!(read(&store, 1, 0, 400_000).await.as_deref(), Some(&bytes[..]));
        assert_eq!(read(&store, 1, 399_990, 10).await.as_deref(), Some(&bytes[399_990..]));
        assert_eq!(read(&store, 1, 399_990, 11).await, None, "it is not as long");
        assert_eq!(read(&store, 2, 0, 1).await, None, "another message has none");
        store.put(place(1), collected(&store, b"again").await).await.unwrap();
        assert_eq!(read(&store, 1, 0, 5).await.as_deref(), Some(&b"again"[..]));
        store.delete(place(1)).await.unwrap();
        store.delete(place(1)).await.unwrap();
        assert_eq!(read(&store, 1, 0, 0).await, None);
    }

    #[tokio::test]
    async fn what_a_dead_worker_had_collected_goes_and_what_is_new_stays() {
        let directory = tempfile::tempdir().unwrap();
        let store = Folder::open(directory.path()).unwrap();
        let (_, path) = collected(&store, b"half of it").await.file.keep().unwrap();
        assert_eq!(store.sweep(Timestamp::from_ms(0)).await.unwrap(), 0);
        assert!(path.exists());
        assert_eq!(store.sweep(Timestamp::from_ms(9_999_999_999_999)).await.unwrap(), 1);
        assert!(!path.exists());
    }
}
