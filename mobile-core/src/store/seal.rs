//! Sealing of contents on the device's disk.
//!
//! Each value is sealed with its table, column and row as associated data: moved to another row it
//! does not open. A subkey per use is derived from the key in the platform's key store. Nonces are
//! random and have 96 bits: after 2^32 values, two are equal with a chance of one in 2^33.

use std::sync::{Mutex, PoisonError};

use rand::{Rng, SeedableRng, rngs::StdRng};
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::error::Unspecified;
use ring::hkdf::{HKDF_SHA256, Salt};

use super::StoreError;

/// Bytes of a key, and of a seed.
pub const KEY_BYTES: usize = 32;
/// The form of a sealed value; another cipher gets another one.
const VERSION: u8 = 2;

/// The use of a key.
#[derive(Clone, Copy, Debug)]
pub(super) enum Use {
    Store,
    DropBox,
}

/// Where a sealed value stands.
#[derive(Clone, Copy, Debug)]
pub(super) struct CellAddress<'a> {
    /// Table and column.
    pub(super) column: &'static str,
    /// The row's whole key.
    pub(super) row: &'a [&'a [u8]],
}

impl CellAddress<'_> {
    fn bytes(&self) -> Vec<u8> {
        let mut bytes = self.column.as_bytes().to_vec();
        for part in self.row {
            // The length before each part: no two keys give the same bytes.
            bytes.extend(u64::try_from(part.len()).unwrap_or(u64::MAX).to_le_bytes());
            bytes.extend_from_slice(part);
        }
        bytes
    }
}

/// Seals and opens.
pub(super) struct Keys {
    key: LessSafeKey,
    nonces: Mutex<StdRng>,
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Keys(***)")
    }
}

impl Keys {
    /// Keys for one use. The seed is fresh from the system each time: nonces follow from it.
    pub(super) fn new(
        key: &[u8; KEY_BYTES],
        used: Use,
        seed: [u8; KEY_BYTES],
    ) -> Result<Self, StoreError> {
        let info: &[u8] = match used {
            Use::Store => b"baton phone store v1",
            Use::DropBox => b"baton phone drop box v1",
        };
        let secret = Salt::new(HKDF_SHA256, &[]).extract(key);
        let info = [info];
        let subkey = secret.expand(&info, &CHACHA20_POLY1305);
        let subkey = subkey.map_err(|Unspecified| StoreError::Unfit("the key"))?;
        let nonces = Mutex::new(StdRng::from_seed(seed));
        Ok(Self { key: LessSafeKey::new(UnboundKey::from(subkey)), nonces })
    }

    /// A random number, for names.
    pub(super) fn number(&self) -> u64 {
        self.nonces.lock().unwrap_or_else(PoisonError::into_inner).next_u64()
    }

    /// Seals a value for its place.
    pub(super) fn seal(&self, place: CellAddress<'_>, plain: &[u8]) -> Result<Vec<u8>, StoreError> {
        let mut nonce = [0; NONCE_LEN];
        self.nonces.lock().unwrap_or_else(PoisonError::into_inner).fill_bytes(&mut nonce);
        let mut sealed = Vec::with_capacity(1 + NONCE_LEN + plain.len() + self.tag_bytes());
        sealed.push(VERSION);
        sealed.extend(nonce);
        sealed.extend_from_slice(plain);
        let (_, content) = sealed.split_at_mut(1 + NONCE_LEN);
        let nonce = Nonce::assume_unique_for_key(nonce);
        let tag = self.key.seal_in_place_separate_tag(nonce, Aad::from(place.bytes()), content);
        let tag = tag.map_err(|Unspecified| StoreError::Unfit("a value of this length"))?;
        sealed.extend_from_slice(tag.as_ref());
        Ok(sealed)
    }

    /// Opens what was sealed for this place with this key; `None` for anything else.
    pub(super) fn open(&self, place: CellAddress<'_>, sealed: &[u8]) -> Option<Vec<u8>> {
        let (version, rest) = sealed.split_first()?;
        let (nonce, content) = rest.split_first_chunk::<NONCE_LEN>()?;
        if *version != VERSION {
            return None;
        }
        let mut opened = content.to_vec();
        let nonce = Nonce::assume_unique_for_key(*nonce);
        let plain = self.key.open_in_place(nonce, Aad::from(place.bytes()), &mut opened).ok()?;
        let length = plain.len();
        opened.truncate(length);
        Some(opened)
    }

    fn tag_bytes(&self) -> usize {
        self.key.algorithm().tag_len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(key: u8, used: Use) -> Keys {
        Keys::new(&[key; KEY_BYTES], used, [key; KEY_BYTES]).expect("keys")
    }

    #[test]
    fn what_is_sealed_opens_at_its_place_alone() {
        let mine = keys(1, Use::Store);
        let place = CellAddress { column: "line.sealed", row: &[b"ab", b"c"] };
        let sealed = mine.seal(place, b"Hola").expect("sealed");
        assert_eq!(mine.open(place, &sealed).as_deref(), Some(b"Hola".as_slice()));
        assert!(!sealed.windows(4).any(|part| part == b"Hola"));
        for row in [&[b"a".as_slice(), b"bc"][..], &[b"abc"], &[b"ab", b"d"]] {
            assert_eq!(mine.open(CellAddress { row, ..place }, &sealed), None);
        }
        assert_eq!(mine.open(CellAddress { column: "note.sealed", ..place }, &sealed), None);
        assert_eq!(keys(2, Use::Store).open(place, &sealed), None);
        assert_eq!(keys(1, Use::DropBox).open(place, &sealed), None);
    }

    #[test]
    fn a_changed_byte_or_a_cut_end_does_not_open() {
        let keys = keys(1, Use::Store);
        let place = CellAddress { column: "draft.sealed", row: &[] };
        let sealed = keys.seal(place, b"Hola").expect("sealed");
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert_eq!(keys.open(place, &changed), None);
            assert_eq!(keys.open(place, &sealed[..at]), None);
        }
    }

    #[test]
    fn no_nonce_comes_twice() {
        let keys = keys(1, Use::Store);
        let place = CellAddress { column: "draft.sealed", row: &[] };
        let nonces: std::collections::BTreeSet<_> = (0..1_000)
            .map(|_| keys.seal(place, b"Hola").expect("sealed")[1..=NONCE_LEN].to_vec())
            .collect();
        assert_eq!(nonces.len(), 1_000);
    }
}
