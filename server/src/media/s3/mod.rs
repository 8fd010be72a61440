//! Files in a bucket of an S3-compatible store, under the names that they have in a folder, and
//! `arriving/<workspace>-<message>/<from>-<bytes>` for the pieces of an upload.
//!
//! Several nodes share a bucket. A node collects files in a folder of its own until their digests
//! are known. A file goes out once, signed with its digest, and is there whole or not at all.

mod objects;
mod sign;

use std::io;
use std::path::Path;

use baton_protocol::Timestamp;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use sha2::{Digest as _, Sha256};

use super::{Asked, Bytes, Folder, MediaStore, ObjectKey, Scratch};
use crate::clock::Clock;
use objects::{Object, Objects};

#[cfg(test)]
mod tests;

pub use objects::Bucket;

/// A small picture has at most as many.
const SMALL_BYTES_MAX: u64 = 1024 * 1024;
/// Pieces of which none is newer are removed: who uploads may pause.
const ARRIVING_MS: i64 = 2 * 86_400_000;
/// Pieces that are removed at once.
const AT_ONCE: usize = 8;

/// A bucket that files are kept in.
#[derive(Clone, Debug)]
pub struct S3 {
    objects: Objects,
    /// For what is being collected.
    local: Folder,
}

/// A piece of an upload, as its name tells.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
struct Piece {
    from: u64,
    bytes: u64,
}

impl Piece {
    fn name(self, place: ObjectKey) -> String {
        format!("{}{:012}-{}", arriving(place), self.from, self.bytes)
    }

    fn named(object: &Object) -> Option<Self> {
        let (from, bytes) = object.key.rsplit('/').next()?.split_once('-')?;
        Some(Self { from: from.parse().ok()?, bytes: bytes.parse().ok()? })
    }

    fn end(self) -> u64 {
        self.from.saturating_add(self.bytes)
    }
}

impl S3 {
    /// The bucket; what is collected lies in `folder`. A crypto provider for TLS must have been
    /// installed.
    ///
    /// # Errors
    /// When the folder cannot be made, TLS not be set up, or the address is none.
    pub fn open(bucket: &Bucket, folder: &Path, clock: Clock) -> io::Result<Self> {
        Ok(Self { objects: Objects::new(bucket, clock)?, local: Folder::open(folder)? })
    }

    async fn pieces(&self, place: ObjectKey) -> io::Result<Vec<Piece>> {
        let listed = self.objects.list(&arriving(place)).await?;
        let mut pieces: Vec<Piece> = listed.iter().filter_map(Piece::named).collect();
        pieces.sort_unstable();
        Ok(pieces)
    }

    async fn remove_pieces(&self, place: ObjectKey, pieces: &[Piece]) -> io::Result<()> {
        let removals = pieces.iter().map(|piece| self.objects.delete(piece.name(place)));
        let removals: Vec<_> = removals.collect();
        stream::iter(removals).buffer_unordered(AT_ONCE).try_collect::<()>().await
    }

    /// Puts pieces together in a file of this node.
    async fn join(&self, place: ObjectKey, pieces: &[Piece]) -> io::Result<Option<Scratch>> {
        let mut scratch = self.local.scratch().await?;
        for piece in pieces {
            // The same bytes may have come twice, cut at other places.
            let from = scratch.bytes().saturating_sub(piece.from);
            if piece.from > scratch.bytes() || from >= piece.bytes {
                continue;
            }
            let read = self.objects.get(piece.name(place), from, piece.bytes - from).await?;
            let Some(mut read) = read else { return Ok(None) };
            while let Some(bytes) = read.try_next().await? {
                scratch = scratch.push(&bytes).await?;
            }
        }
        Ok(Some(scratch))
    }
}

impl MediaStore for S3 {
    fn scratch(&self) -> Asked<'_, Scratch> {
        self.local.scratch()
    }

    fn put(&self, place: ObjectKey, collected: Scratch) -> Asked<'_, ()> {
        Box::pin(async move {
            let (bytes, sha256) = (collected.bytes(), collected.sha256());
            let content = collected.read().await?;
            self.objects.put(name(place), bytes, &sha256, content).await
        })
    }

    fn append(&self, place: ObjectKey, from: u64, piece: Vec<u8>) -> Asked<'_, bool> {
        Box::pin(async move {
            if from > 0 && reach(&self.pieces(place).await?) < from {
                return Ok(false);
            }
            let bytes = piece.len() as u64;
            let piece_name = Piece { from, bytes }.name(place);
            self.objects.put_whole(piece_name, piece).await?;
            Ok(true)
        })
    }

    fn complete(&self, place: ObjectKey) -> Asked<'_, Option<(u64, String)>> {
        Box::pin(async move {
            let pieces = self.pieces(place).await?;
            if pieces.is_empty() {
                return self.digest(place).await;
            }
            let Some(scratch) = self.join(place, &pieces).await? else { return Ok(None) };
            let done = (scratch.bytes(), scratch.sha256());
            self.put(place, scratch).await?;
            self.remove_pieces(place, &pieces).await?;
            Ok(Some(done))
        })
    }

    fn get(&self, place: ObjectKey, from: u64, length: u64) -> Asked<'_, Option<Bytes>> {
        Box::pin(async move {
            if length > 0 {
                return self.objects.get(name(place), from, length).await;
            }
            let size = self.objects.size(name(place)).await?;
            let nothing: Bytes = Box::pin(stream::empty());
            Ok(size.filter(|size| *size >= from).map(|_| nothing))
        })
    }

    fn put_small(&self, place: ObjectKey, jpeg: Vec<u8>) -> Asked<'_, ()> {
        Box::pin(self.objects.put_whole(small(place), jpeg))
    }

    fn small(&self, place: ObjectKey) -> Asked<'_, Option<Vec<u8>>> {
        Box::pin(async move {
            let Some(size) = self.objects.size(small(place)).await? else { return Ok(None) };
            let read = self.objects.get(small(place), 0, size.min(SMALL_BYTES_MAX)).await?;
            let Some(read) = read else { return Ok(None) };
            Ok(Some(read.try_collect::<Vec<_>>().await?.concat()))
        })
    }

    fn delete(&self, place: ObjectKey) -> Asked<'_, ()> {
        Box::pin(async move {
            self.objects.delete(small(place)).await?;
            self.objects.delete(name(place)).await?;
            let pieces = self.pieces(place).await?;
            self.remove_pieces(place, &pieces).await
        })
    }

    fn sweep(&self, before: Timestamp) -> Asked<'_, u64> {
        Box::pin(async move {
            let mut gone = self.local.sweep(before).await?;
            let before = before.plus_ms(-ARRIVING_MS);
            for object in self.objects.list(ARRIVING).await? {
                if object.changed_at.is_some_and(|at| at < before) {
                    self.objects.delete(object.key).await?;
                    gone += 1;
                }
            }
            Ok(gone)
        })
    }
}

impl S3 {
    /// Size and digest of a file that is there.
    async fn digest(&self, place: ObjectKey) -> io::Result<Option<(u64, String)>> {
        let Some(size) = self.objects.size(name(place)).await? else { return Ok(None) };
        let Some(mut read) = self.objects.get(name(place), 0, size).await? else {
            return Ok(None);
        };
        let mut digest = Sha256::new();
        while let Some(bytes) = read.try_next().await? {
            digest.update(&bytes);
        }
        Ok(Some((size, hex::encode(digest.finalize()))))
    }
}

const ARRIVING: &str = "arriving/";

fn name(place: ObjectKey) -> String {
    let message = place.message.0.simple().to_string();
    let digits = message.get(..2).unwrap_or_default();
    format!("{}/{digits}/{message}", place.workspace)
}

fn small(place: ObjectKey) -> String {
    format!("{}.small", name(place))
}

fn arriving(place: ObjectKey) -> String {
    format!("{ARRIVING}{}-{}/", place.workspace, place.message)
}

/// How far pieces reach from the beginning without a gap, in the order of where they begin.
fn reach(pieces: &[Piece]) -> u64 {
    let farther = |reach: u64, piece: &Piece| match piece.from <= reach {
        true => reach.max(piece.end()),
        false => reach,
    };
    pieces.iter().fold(0, farther)
}
