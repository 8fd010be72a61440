//! RFC 8291 and RFC 8188 for the side that receives, as a browser does it.

use aes_gcm::aead::Aead;
use aes_gcm::{Aes128Gcm, KeyInit};
use anyhow::{Context as _, ensure};
use hkdf::Hkdf;
use p256::elliptic_curve::sec1::ToSec1Point;
use p256::{PublicKey, SecretKey};
use sha2::Sha256;

/// Salt, size of the records, length of the key, an uncompressed point.
const HEADER_BYTES: usize = 16 + 4 + 1 + 65;
const TAG_BYTES: usize = 16;

/// Opens a body that was sealed for this key.
pub(super) fn open(body: &[u8], device: &SecretKey, auth: &[u8]) -> anyhow::Result<Vec<u8>> {
    let (salt, rest) =
        body.split_at_checked(16).context("the body is too short for a salt of 16 bytes")?;
    let (size, rest) =
        rest.split_first_chunk::<4>().context("the body ends before the record size")?;
    let (length, rest) =
        rest.split_first().context("the body ends before the length of the key")?;
    ensure!(*length == 65, "the sender's key has {length} bytes, not 65");
    let (sender, sealed) =
        rest.split_at_checked(65).context("the body ends before the sender's key")?;
    let record = usize::try_from(u32::from_be_bytes(*size)).unwrap_or(usize::MAX);
    ensure!(record > TAG_BYTES + 1, "records of {record} bytes hold nothing");
    ensure!(sealed.len() <= record, "more than one record");
    let public =
        PublicKey::from_sec1_bytes(sender).ok().context("the sender's key is not a P-256 key")?;
    let own = device.public_key().to_sec1_point(false);
    let shared = p256::ecdh::diffie_hellman(device.to_nonzero_scalar(), public.as_affine());
    let info = [b"WebPush: info\0".as_slice(), own.as_bytes(), sender].concat();
    let mut material = [0; 32];
    expand(auth, shared.raw_secret_bytes(), &info, &mut material)?;
    let (mut key, mut nonce) = ([0; 16], [0; 12]);
    expand(salt, &material, b"Content-Encoding: aes128gcm\0", &mut key)?;
    expand(salt, &material, b"Content-Encoding: nonce\0", &mut nonce)?;
    let opened = Aes128Gcm::new(&key.into()).decrypt(&nonce.into(), sealed);
    let mut padded = opened.ok().context("it was sealed for another key")?;
    while padded.last() == Some(&0) {
        padded.pop();
    }
    ensure!(padded.pop() == Some(2), "the last record does not end with its mark");
    Ok(padded)
}

/// Whether a body can be one: a header and a record.
pub(super) fn has_form(body: &[u8]) -> bool {
    body.len() > HEADER_BYTES + TAG_BYTES && body.get(20) == Some(&65) && body.get(21) == Some(&4)
}

fn expand(salt: &[u8], secret: &[u8], info: &[u8], into: &mut [u8]) -> anyhow::Result<()> {
    let hkdf = Hkdf::<Sha256>::new(Some(salt), secret);
    hkdf.expand(info, into).ok().context("could not derive a key")
}
