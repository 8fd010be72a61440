//! The device's key: made in the core and rotated. The previous key opens pushes under way.

use std::str::FromStr;

use baton_protocol::Timestamp;
use p256::elliptic_curve::sec1::ToSec1Point;
use p256::{PublicKey, SecretKey};
use ring::digest::{SHA256, digest};

use super::record::{OpenError, open};

/// Bytes of randomness that a key is made of.
pub const KEY_SEED_BYTES: usize = 48;
const SCALAR_BYTES: usize = 32;
const AUTH_BYTES: usize = 16;
const PUBLIC_BYTES: usize = 65;
const STORED_BYTES: usize = KEY_SEED_BYTES + 8;
/// Days that a push may be under way: services store one for four weeks.
const UNDER_WAY_DAYS: i64 = 28;
/// A key serves for so long: longer than pushes to the one before may be under way.
const SERVES_DAYS: i64 = 30;
const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// Names a device's key: a push says which one it was sealed to.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct KeyId([u8; 8]);

/// The keys of a device, or the id of one, are malformed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("the device's keys, or the id of one, are malformed")]
pub struct BadKeys;

impl std::fmt::Display for KeyId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl FromStr for KeyId {
    type Err = BadKeys;
    fn from_str(text: &str) -> Result<Self, BadKeys> {
        let is_hex = text.bytes().all(|byte| byte.is_ascii_hexdigit());
        if text.len() != 16 || !is_hex {
            return Err(BadKeys);
        }
        let number =
            u64::from_str_radix(text, 16).map_err(|_parse: std::num::ParseIntError| BadKeys)?;
        Ok(Self(number.to_be_bytes()))
    }
}

/// The recipient of a seal: the values that the device gives the server (`p256dh` and `auth` of RFC
/// 8291).
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Recipient {
    /// The public key, an uncompressed point.
    pub p256dh: [u8; PUBLIC_BYTES],
    /// The secret of device and server.
    pub auth: [u8; AUTH_BYTES],
}

impl std::fmt::Debug for Recipient {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Recipient(***)")
    }
}

/// A device's key.
#[derive(Clone)]
pub struct DeviceKey {
    secret: SecretKey,
    auth: [u8; AUTH_BYTES],
    public: [u8; PUBLIC_BYTES],
    made_at: Timestamp,
}

impl std::fmt::Debug for DeviceKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "DeviceKey({})", self.id())
    }
}

impl DeviceKey {
    /// Makes a key of random bytes. One in four billion makes none: draw again.
    pub fn made(seed: &[u8; KEY_SEED_BYTES], made_at: Timestamp) -> Result<Self, BadKeys> {
        let (scalar, auth) = seed.split_at(SCALAR_BYTES);
        let secret = SecretKey::from_slice(scalar)
            .map_err(|_scalar: p256::elliptic_curve::Error| BadKeys)?;
        let auth = auth.try_into().map_err(|_length: std::array::TryFromSliceError| BadKeys)?;
        let public = point(&secret.public_key()).ok_or(BadKeys)?;
        Ok(Self { secret, auth, public, made_at })
    }

    /// Its name.
    pub fn id(&self) -> KeyId {
        let digest = digest(&SHA256, &self.public);
        let (id, _) = digest.as_ref().split_first_chunk().unwrap_or((&[0; 8], &[]));
        KeyId(*id)
    }

    /// The values that the server needs to seal.
    pub fn recipient(&self) -> Recipient {
        Recipient { p256dh: self.public, auth: self.auth }
    }

    pub(super) fn secret(&self) -> &SecretKey {
        &self.secret
    }

    fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(STORED_BYTES);
        bytes.extend_from_slice(&self.secret.to_bytes());
        bytes.extend_from_slice(&self.auth);
        bytes.extend_from_slice(&self.made_at.ms().to_be_bytes());
        bytes
    }

    fn from_bytes(bytes: &[u8]) -> Result<Self, BadKeys> {
        let (seed, made_at) = bytes.split_first_chunk::<KEY_SEED_BYTES>().ok_or(BadKeys)?;
        let made_at =
            made_at.try_into().map_err(|_length: std::array::TryFromSliceError| BadKeys)?;
        Self::made(seed, Timestamp::from_ms(i64::from_be_bytes(made_at)))
    }
}

/// An uncompressed point.
pub(super) fn point(key: &PublicKey) -> Option<[u8; PUBLIC_BYTES]> {
    key.to_sec1_point(false).as_bytes().try_into().ok()
}

/// The keys a device opens with.
#[derive(Clone, Debug)]
pub struct Keyring {
    current: DeviceKey,
    previous: Option<DeviceKey>,
}

/// Pushes sealed to the key before the current one may still be under way.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("pushes to the key before this one may still come: rotate later")]
pub struct TooSoon;

impl Keyring {
    /// A device's first key.
    pub fn new(current: DeviceKey) -> Self {
        Self { current, previous: None }
    }

    /// The key that the server should seal to.
    pub fn current(&self) -> &DeviceKey {
        &self.current
    }

    /// The one before, while pushes sealed to it may still come.
    pub fn previous(&self) -> Option<&DeviceKey> {
        self.previous.as_ref()
    }

    /// Whether the current key has served for long enough.
    pub fn is_old(&self, now: Timestamp) -> bool {
        now.since(self.current.made_at) > SERVES_DAYS * DAY_MS
    }

    /// Replaces the current key and keeps it as the one before; not while there still is one.
    pub fn rotate(&mut self, next: DeviceKey) -> Result<(), TooSoon> {
        self.forget_old(next.made_at);
        if self.previous.is_some() {
            return Err(TooSoon);
        }
        self.previous = Some(std::mem::replace(&mut self.current, next));
        Ok(())
    }

    /// Forgets the key before once nothing sealed to it can be under way any more.
    pub fn forget_old(&mut self, now: Timestamp) {
        if now.since(self.current.made_at) > UNDER_WAY_DAYS * DAY_MS {
            self.previous = None;
        }
    }

    /// Opens with the key that is named, else with those there are.
    pub fn open(&self, sealed: &[u8], id: Option<KeyId>) -> Result<Vec<u8>, OpenError> {
        let keys = std::iter::once(&self.current).chain(&self.previous);
        let mut last = OpenError::UnknownKey;
        for key in keys.filter(|key| id.is_none_or(|id| key.id() == id)) {
            match open(sealed, key) {
                Err(OpenError::Refused) => last = OpenError::Refused,
                opened => return opened,
            }
        }
        Err(last)
    }

    /// For the platform's key store.
    pub fn to_bytes(&self) -> Vec<u8> {
        let previous = self.previous.iter().flat_map(DeviceKey::to_bytes);
        self.current.to_bytes().into_iter().chain(previous).collect()
    }

    /// From the platform's key store.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, BadKeys> {
        let (current, previous) = bytes.split_at_checked(STORED_BYTES).ok_or(BadKeys)?;
        let current = DeviceKey::from_bytes(current)?;
        let previous =
            (!previous.is_empty()).then(|| DeviceKey::from_bytes(previous)).transpose()?;
        Ok(Self { current, previous })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::push::seal::seal;

    fn key(byte: u8, day: i64) -> DeviceKey {
        DeviceKey::made(&[byte; KEY_SEED_BYTES], Timestamp::from_ms(day * DAY_MS)).unwrap()
    }

    fn sealed_to(key: &DeviceKey) -> Vec<u8> {
        seal(b"Hola", &key.recipient(), &[9; 48]).unwrap()
    }

    #[test]
    fn a_push_sealed_to_the_key_before_is_opened_for_four_weeks() {
        let mut ring = Keyring::new(key(1, 0));
        ring.rotate(key(2, 40)).unwrap();
        assert_eq!(ring.open(&sealed_to(&key(1, 0)), Some(key(1, 0).id())).unwrap(), b"Hola");
        assert_eq!(ring.open(&sealed_to(&key(1, 0)), None).unwrap(), b"Hola");
        assert_eq!(ring.open(&sealed_to(&key(2, 0)), None).unwrap(), b"Hola");
        ring.forget_old(Timestamp::from_ms(68 * DAY_MS));
        assert!(ring.previous().is_some());
        ring.forget_old(Timestamp::from_ms(68 * DAY_MS + 1));
        assert!(ring.previous().is_none());
        let refused = ring.open(&sealed_to(&key(1, 0)), Some(key(1, 0).id()));
        assert_eq!(refused, Err(OpenError::UnknownKey));
    }

    #[test]
    fn a_key_is_not_rotated_away_while_pushes_may_be_sealed_to_the_one_before() {
        let mut ring = Keyring::new(key(1, 0));
        ring.rotate(key(2, 40)).unwrap();
        assert_eq!(ring.rotate(key(3, 41)), Err(TooSoon));
        assert_eq!(ring.current().id(), key(2, 40).id());
        ring.rotate(key(3, 80)).unwrap();
        assert_eq!(ring.previous().unwrap().id(), key(2, 40).id());
    }

    #[test]
    fn a_keyring_is_read_as_it_was_written() {
        let mut ring = Keyring::new(key(1, 3));
        for round in 0..2 {
            let read = Keyring::from_bytes(&ring.to_bytes()).unwrap();
            assert_eq!(read.current().id(), ring.current().id());
            assert_eq!(read.to_bytes(), ring.to_bytes(), "round {round}");
            ring.rotate(key(2, 40)).ok();
        }
        let bytes = ring.to_bytes();
        for length in (0..bytes.len()).filter(|length| *length != STORED_BYTES) {
            assert!(Keyring::from_bytes(&bytes[..length]).is_err(), "{length}");
        }
    }

    #[test]
    fn an_id_is_read_as_it_was_written_and_a_key_is_not_printed() {
        let key = key(1, 0);
        assert_eq!(key.id().to_string().parse(), Ok(key.id()));
        assert!("+123456789abcdef".parse::<KeyId>().is_err());
        assert_eq!(format!("{key:?}"), format!("DeviceKey({})", key.id()));
        assert_eq!(DeviceKey::made(&[0; 48], Timestamp::default()).unwrap_err(), BadKeys);
        assert_eq!(DeviceKey::made(&[255; 48], Timestamp::default()).unwrap_err(), BadKeys);
    }
}
