//! Where files of customers are kept: behind one small trait, beside the database.
//!
//! A file has one place, named after its message. Storing it a second time replaces it with the
//! same bytes, so a worker that died in between leaves nothing behind.

mod folder;
mod pictures;
mod s3;
mod worker;

use std::fmt;
use std::io;
use std::pin::Pin;

use baton_protocol::{MessageId, Timestamp, WorkspaceId};
use futures_util::Stream;

pub use folder::{Folder, Scratch};
pub use pictures::{NoSmall, Pictures, Preview, has_preview};
pub use s3::{Bucket, S3};
pub use worker::main as work;

/// The key of a file in its store.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct ObjectKey {
    /// The workspace.
    pub workspace: WorkspaceId,
    /// The line that it came with.
    pub message: MessageId,
}

/// The bytes of a file, in pieces.
pub type Bytes = Pin<Box<dyn Stream<Item = io::Result<Vec<u8>>> + Send>>;

/// An answer of a store, boxed: stores are chosen at run time.
pub type Asked<'a, T> = Pin<Box<dyn Future<Output = io::Result<T>> + Send + 'a>>;

/// Keeps files.
pub trait MediaStore: Send + Sync + fmt::Debug {
    /// A file that nobody else sees, to collect bytes in. It goes when it is dropped.
    fn scratch(&self) -> Asked<'_, Scratch>;

    /// Keeps what was collected, durably, in place of what may be there.
    fn put(&self, place: ObjectKey, collected: Scratch) -> Asked<'_, ()>;

    /// `length` bytes from `from` on; `None` where there is no file of at least as many.
    fn get(&self, place: ObjectKey, from: u64, length: u64) -> Asked<'_, Option<Bytes>>;

    /// Writes a piece of a file that comes in pieces, `from` on, in place of what is there. `false`
    /// where bytes before it are missing.
    fn append(&self, place: ObjectKey, from: u64, piece: Vec<u8>) -> Asked<'_, bool>;

    /// All pieces are there: keeps them durably as the file, as [`MediaStore::put`] does. Gives its
    /// size and its SHA-256 in lower-case hex; `None` where there are none. Saying it again gives
    /// the same.
    fn complete(&self, place: ObjectKey) -> Asked<'_, Option<(u64, String)>>;

    /// Keeps the small picture of a file beside it, in place of what may be there.
    fn put_small(&self, place: ObjectKey, jpeg: Vec<u8>) -> Asked<'_, ()>;

    /// The small picture of a file, if there is one.
    fn small(&self, place: ObjectKey) -> Asked<'_, Option<Vec<u8>>>;

    /// Removes a file, if there is one, its small picture, and pieces of one.
    fn delete(&self, place: ObjectKey) -> Asked<'_, ()>;

    /// Removes what workers that died before `before` had collected. Returns how many files.
    fn sweep(&self, before: Timestamp) -> Asked<'_, u64>;
}
