//! Files that are sealed block by block, so that a part can be read without the rest.

use std::fs::File;
use std::io::{self, Read, Seek as _, SeekFrom};
use std::path::Path;

use ring::digest::Digest;

use super::StoreError;

/// Bytes of a block before it is sealed.
pub(super) const BLOCK: usize = 64 * 1024;
/// And what sealing adds to it.
pub(super) const SEAL: usize = 29;

/// The wanted bytes of a file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FilePart {
    /// The offset of the first.
    pub from: u64,
    /// The number of bytes.
    pub bytes: u64,
}

/// The size and digest that a file has to have, as the server says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ExpectedFile<'a> {
    /// Bytes.
    pub bytes: u64,
    /// Its SHA-256 in hex, if the server says it.
    pub sha256: Option<&'a str>,
}

/// Some bytes of a file and their place in it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Piece<'a> {
    /// The offset of the first.
    pub from: u64,
    /// The bytes.
    pub bytes: &'a [u8],
}

/// Opens a block by its number; `None` when it is not what was sealed.
pub(super) type OpenBlock<'a> = &'a dyn Fn(u64, &[u8]) -> Option<Vec<u8>>;

/// Reads a part of a sealed file; `None` when it is not there, or not as it was.
pub(super) fn read_part(
    path: &Path,
    FilePart { from, bytes }: FilePart,
    open: OpenBlock<'_>,
) -> Result<Option<Vec<u8>>, StoreError> {
    let Some(mut kept) = opened(path)? else { return Ok(None) };
    let (first, skip) = (from / BLOCK as u64, from % BLOCK as u64);
    let (Ok(wanted), Ok(skip)) = (usize::try_from(bytes), usize::try_from(skip)) else {
        return Ok(None);
    };
    kept.seek(SeekFrom::Start(first * (BLOCK + SEAL) as u64))?;
    let mut plain = Vec::with_capacity(wanted + 2 * BLOCK);
    for number in first.. {
        if plain.len() >= skip + wanted {
            break;
        }
        let Some(opened) = read_block(&mut kept, number, open)? else { return Ok(None) };
        plain.extend(opened);
    }
    Ok(plain.get(skip..skip + wanted).map(<[u8]>::to_vec))
}

/// Opens a file; `None` when it is not there.
pub(super) fn opened(path: &Path) -> io::Result<Option<File>> {
    match File::open(path) {
        Ok(file) => Ok(Some(file)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Reads the next block; `None` when it is not what was sealed, or there is none.
pub(super) fn read_block(
    from: &mut File,
    number: u64,
    open: OpenBlock<'_>,
) -> io::Result<Option<Vec<u8>>> {
    let mut sealed = Vec::with_capacity(BLOCK + SEAL);
    read_all(from.take((BLOCK + SEAL) as u64), &mut sealed)?;
    Ok(open(number, &sealed))
}

pub(super) fn read_all(mut source: impl Read, into: &mut Vec<u8>) -> io::Result<usize> {
    source.read_to_end(into)
}

/// A digest in lower-case hex.
pub(super) fn hex(digest: Digest) -> String {
    digest.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}
