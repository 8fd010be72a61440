//! One record of RFC 8188 with the keys of RFC 8291: header, ciphertext, padding.

use p256::{PublicKey, SecretKey};
use ring::aead::{AES_128_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use ring::error::Unspecified;
use ring::hkdf::{HKDF_SHA256, KeyType, Salt};

use super::keys::{DeviceKey, Recipient, point};
use super::{PADDING_BYTES, PLAINTEXT_BYTES_MAX, SEALED_BYTES_MAX};

/// Bytes of randomness that sealing takes: the sender's key of this one push, and the salt.
pub const SEAL_SEED_BYTES: usize = 48;
const SALT_BYTES: usize = 16;
const POINT_BYTES: usize = 65;
const TAG_BYTES: usize = 16;
const NONCE_BYTES: usize = 12;
/// The record size in the header.
const RECORD_BYTES: u32 = 4_096;
/// Ends the content of the last record; zeros follow.
const DELIMITER: u8 = 2;

/// Why something sealed could not be opened.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum OpenError {
    /// There are no keys, or they are locked.
    #[error("the device's keys are missing or locked")]
    NoKey,
    /// Sealed to a key that this device does not hold (any more).
    #[error("the push is sealed to a key that this device does not hold")]
    UnknownKey,
    /// Ends before it should.
    #[error("the sealed push is truncated")]
    Truncated,
    /// More than a push may carry.
    #[error("the sealed push is too long")]
    TooLong,
    /// More than one record, or one that can hold nothing.
    #[error("the record size of the sealed push is wrong")]
    RecordSize,
    /// The sender's key is no point of the curve.
    #[error("the sender's key is not a P-256 key")]
    SenderKey,
    /// Sealed to another key, or changed on the way.
    #[error("the push was sealed to another key, or changed on the way")]
    Refused,
    /// Opened, and not ended as it should be.
    #[error("the padding of the sealed push is wrong")]
    Padding,
    /// Opened, and not what was announced outside.
    #[error("the sealed push is not the one announced outside")]
    Content,
}

/// Why something could not be sealed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum SealError {
    /// More than [`PLAINTEXT_BYTES_MAX`].
    #[error("the push is longer than {PLAINTEXT_BYTES_MAX} bytes")]
    TooLong,
    /// The recipient's key is no point of the curve.
    #[error("the recipient's key is not a P-256 key")]
    Recipient,
    /// One seed in four billion makes no key: draw again.
    #[error("the seed makes no P-256 key: draw another one")]
    Seed,
    /// The cipher refused.
    #[error("the cipher refused to seal")]
    Cipher,
}

/// Seals for one device, padded so that the length tells next to nothing. The seed is random and
/// never used twice.
pub fn seal(
    plaintext: &[u8],
    to: &Recipient,
    seed: &[u8; SEAL_SEED_BYTES],
) -> Result<Vec<u8>, SealError> {
    if plaintext.len() > PLAINTEXT_BYTES_MAX {
        return Err(SealError::TooLong);
    }
    let mut padded = plaintext.to_vec();
    padded.push(DELIMITER);
    padded.resize(padded.len().next_multiple_of(PADDING_BYTES), 0);
    seal_padded(&padded, to, seed)
}

fn seal_padded(
    padded: &[u8],
    to: &Recipient,
    seed: &[u8; SEAL_SEED_BYTES],
) -> Result<Vec<u8>, SealError> {
    let (salt, scalar) = seed.split_first_chunk::<SALT_BYTES>().ok_or(SealError::Seed)?;
    let sender = SecretKey::from_slice(scalar)
        .map_err(|_scalar: p256::elliptic_curve::Error| SealError::Seed)?;
    let public = PublicKey::from_sec1_bytes(&to.p256dh)
        .map_err(|_point: p256::elliptic_curve::Error| SealError::Recipient)?;
    let sender_point = point(&sender.public_key()).ok_or(SealError::Seed)?;
    let parties = Parties { device: &to.p256dh, auth: &to.auth, sender: &sender_point };
    let shared = sender.diffie_hellman(&public);
    let once = Once::derived(&parties, shared.raw_secret_bytes(), salt);
    let ciphertext = once.and_then(|once| once.encrypt(padded));
    let ciphertext = ciphertext.map_err(|Unspecified| SealError::Cipher)?;

    let mut sealed = salt.to_vec();
    sealed.extend_from_slice(&RECORD_BYTES.to_be_bytes());
    sealed.push(u8::try_from(POINT_BYTES).unwrap_or_default());
    sealed.extend_from_slice(&sender_point);
    sealed.extend_from_slice(&ciphertext);
    Ok(sealed)
}

/// Opens what was sealed for this key.
pub fn open(sealed: &[u8], key: &DeviceKey) -> Result<Vec<u8>, OpenError> {
    if sealed.len() > SEALED_BYTES_MAX {
        return Err(OpenError::TooLong);
    }
    let record = Record::read(sealed)?;
    let public = PublicKey::from_sec1_bytes(record.sender)
        .map_err(|_point: p256::elliptic_curve::Error| OpenError::SenderKey)?;
    let Recipient { p256dh, auth } = key.recipient();
    let parties = Parties { device: &p256dh, auth: &auth, sender: record.sender };
    let shared = key.secret().diffie_hellman(&public);
    let once = Once::derived(&parties, shared.raw_secret_bytes(), record.salt);
    let plaintext = once.and_then(|once| once.decrypt(record.ciphertext));
    let mut plaintext = plaintext.map_err(|Unspecified| OpenError::Refused)?;
    while plaintext.pop_if(|byte| *byte == 0).is_some() {}
    if plaintext.pop() != Some(DELIMITER) {
        return Err(OpenError::Padding);
    }
    if plaintext.len() > PLAINTEXT_BYTES_MAX {
        return Err(OpenError::TooLong);
    }
    Ok(plaintext)
}

struct Record<'a> {
    salt: &'a [u8; SALT_BYTES],
    sender: &'a [u8; POINT_BYTES],
    ciphertext: &'a [u8],
}

impl<'a> Record<'a> {
    fn read(sealed: &'a [u8]) -> Result<Self, OpenError> {
        let (salt, rest) = sealed.split_first_chunk().ok_or(OpenError::Truncated)?;
        let (size, rest) = rest.split_first_chunk().ok_or(OpenError::Truncated)?;
        let (key_length, rest) = rest.split_first().ok_or(OpenError::Truncated)?;
        if usize::from(*key_length) != POINT_BYTES {
            return Err(OpenError::SenderKey);
        }
        let (sender, ciphertext) = rest.split_first_chunk().ok_or(OpenError::Truncated)?;
        let size = usize::try_from(u32::from_be_bytes(*size)).unwrap_or(usize::MAX);
        if size < TAG_BYTES + 2 || ciphertext.len() > size {
            return Err(OpenError::RecordSize);
        }
        if ciphertext.len() <= TAG_BYTES {
            return Err(OpenError::Truncated);
        }
        Ok(Self { salt, sender, ciphertext })
    }
}

/// The values that both sides know of each other.
struct Parties<'a> {
    device: &'a [u8; POINT_BYTES],
    auth: &'a [u8],
    sender: &'a [u8; POINT_BYTES],
}

/// Key and nonce of one record; a new sender's key and salt make others.
struct Once {
    key: LessSafeKey,
    nonce: [u8; NONCE_BYTES],
}

/// The length that is derived for a nonce.
struct OfNonce;

impl KeyType for OfNonce {
    fn len(&self) -> usize {
        NONCE_BYTES
    }
}

impl Once {
    /// RFC 8291, section 3.4.
    fn derived(parties: &Parties<'_>, shared: &[u8], salt: &[u8]) -> Result<Self, Unspecified> {
        let info = [b"WebPush: info\0".as_slice(), parties.device, parties.sender];
        let mut material = [0; 32];
        let first = Salt::new(HKDF_SHA256, parties.auth).extract(shared);
        first.expand(&info, HKDF_SHA256)?.fill(&mut material)?;
        let second = Salt::new(HKDF_SHA256, salt).extract(&material);
        let key = second.expand(&[b"Content-Encoding: aes128gcm\0"], &AES_128_GCM)?;
        let mut nonce = [0; NONCE_BYTES];
        second.expand(&[b"Content-Encoding: nonce\0"], OfNonce)?.fill(&mut nonce)?;
        Ok(Self { key: LessSafeKey::new(UnboundKey::from(key)), nonce })
    }

    fn nonce(&self) -> Nonce {
        Nonce::assume_unique_for_key(self.nonce)
    }

    fn encrypt(&self, padded: &[u8]) -> Result<Vec<u8>, Unspecified> {
        let mut sealed = padded.to_vec();
        self.key.seal_in_place_append_tag(self.nonce(), Aad::empty(), &mut sealed)?;
        Ok(sealed)
    }

    fn decrypt(&self, ciphertext: &[u8]) -> Result<Vec<u8>, Unspecified> {
        let mut opened = ciphertext.to_vec();
        let length = self.key.open_in_place(self.nonce(), Aad::empty(), &mut opened)?.len();
        opened.truncate(length);
        Ok(opened)
    }
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    use baton_protocol::Timestamp;
    use proptest::prelude::*;

    use super::*;

    const WATERMELON: &[u8] = b"When I grow up, I want to be a watermelon";

    fn bytes(base64: &str) -> Vec<u8> {
        URL_SAFE_NO_PAD.decode(base64).unwrap()
    }

    /// RFC 8291, appendix A.
    fn vector_key() -> DeviceKey {
        let mut seed = bytes("q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94");
        seed.extend(bytes("BTBZMqHH6r4Tts7J_aSIgg"));
        DeviceKey::made(&seed.try_into().unwrap(), Timestamp::default()).unwrap()
    }

    fn vector_body() -> Vec<u8> {
        let mut body = bytes(
            "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIg\
             Dll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A8",
        );
        body.extend(bytes(
            "8pfeW0KbunFT06SuDKoJH9Ql87S1QUrdirN6GcG7sFz1y1sqLgVi1VhjVkHsUoEsbI_0LpXMuGvnzQ",
        ));
        body
    }

    fn key(byte: u8) -> DeviceKey {
        DeviceKey::made(&[byte; 48], Timestamp::default()).unwrap()
    }

    #[test]
    fn the_vector_of_rfc_8291_is_opened() {
        let public = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZG\
                      H6SRpkNtoIAiw4";
        assert_eq!(vector_key().recipient().p256dh.to_vec(), bytes(public));
        assert_eq!(open(&vector_body(), &vector_key()).unwrap(), WATERMELON);
    }

    #[test]
    fn the_vector_of_rfc_8291_is_sealed() {
        let mut seed = bytes("DGv6ra1nlYgDCS1FRnbzlw");
        seed.extend(bytes("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"));
        // The vector carries no padding beyond the delimiter.
        let content = [WATERMELON, &[DELIMITER]].concat();
        let recipient = vector_key().recipient();
        let sealed = seal_padded(&content, &recipient, &seed.try_into().unwrap()).unwrap();
        assert_eq!(sealed, vector_body());
    }

    #[test]
    fn lengths_tell_only_the_step() {
        let sealed = |length| seal(&vec![7; length], &key(1).recipient(), &[3; 48]).unwrap().len();
        assert_eq!(sealed(0), sealed(255));
        assert_eq!(sealed(256), sealed(511));
        assert_eq!(sealed(0) + PADDING_BYTES, sealed(256));
        // In base64 it must leave room for what else a push carries.
        assert!(sealed(PLAINTEXT_BYTES_MAX).div_ceil(3) * 4 < SEALED_BYTES_MAX - 512);
    }

    #[test]
    fn too_much_is_not_sealed() {
        let long = vec![0; PLAINTEXT_BYTES_MAX + 1];
        assert_eq!(seal(&long, &key(1).recipient(), &[3; 48]), Err(SealError::TooLong));
        let mut nobody = key(1).recipient();
        nobody.p256dh = [4; 65];
        assert_eq!(seal(b"", &nobody, &[3; 48]), Err(SealError::Recipient));
        let no_key = [255; 48];
        assert_eq!(seal(b"", &key(1).recipient(), &no_key), Err(SealError::Seed));
    }

    #[test]
    fn what_is_sealed_to_another_key_is_refused() {
        let sealed = seal(b"Hola", &key(1).recipient(), &[3; 48]).unwrap();
        assert_eq!(open(&sealed, &key(2)), Err(OpenError::Refused));
    }

    #[test]
    fn each_wrong_form_has_its_name() {
        let device = key(1);
        let sealed = |content: &[u8]| seal_padded(content, &device.recipient(), &[3; 48]).unwrap();
        assert_eq!(open(&sealed(b"no end"), &device), Err(OpenError::Padding));
        assert_eq!(open(&sealed(b"more\x01"), &device), Err(OpenError::Padding));
        assert_eq!(open(&sealed(&[0; 300]), &device), Err(OpenError::Padding));
        let long = [vec![1; PLAINTEXT_BYTES_MAX + 1], vec![DELIMITER]].concat();
        assert_eq!(open(&sealed(&long), &device), Err(OpenError::TooLong));
        assert_eq!(open(&vec![0; SEALED_BYTES_MAX + 1], &device), Err(OpenError::TooLong));
        let mut several = sealed(b"Hola\x02");
        several[16..20].copy_from_slice(&18_u32.to_be_bytes());
        assert_eq!(open(&several, &device), Err(OpenError::RecordSize));
        let mut nobody = sealed(b"Hola\x02");
        nobody[21..86].fill(4);
        assert_eq!(open(&nobody, &device), Err(OpenError::SenderKey));
        nobody[20] = 33;
        assert_eq!(open(&nobody, &device), Err(OpenError::SenderKey));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        #[test]
        fn what_was_sealed_is_opened(
            plaintext in prop::collection::vec(any::<u8>(), 0..=PLAINTEXT_BYTES_MAX),
            salt in any::<[u8; 16]>(),
        ) {
            let seed: Vec<u8> = salt.iter().copied().chain([5; 32]).collect();
            let sealed = seal(&plaintext, &key(1).recipient(), &seed.try_into().unwrap()).unwrap();
            prop_assert_eq!(open(&sealed, &key(1)).unwrap(), plaintext);
        }

        #[test]
        fn what_was_changed_or_cut_is_refused(at in any::<prop::sample::Index>(), bit in 0..8_u8) {
            let whole = seal(b"Hola", &key(1).recipient(), &[3; 48]).unwrap();
            let mut changed = whole.clone();
            let place = at.index(whole.len());
            changed[place] ^= 1 << bit;
            // The size of the record says nothing that is not checked: a larger one is the same.
            if !(16..20).contains(&place) {
                prop_assert!(open(&changed, &key(1)).is_err());
            }
            prop_assert!(open(&whole[..place], &key(1)).is_err());
        }

        #[test]
        fn bytes_of_anybody_are_refused(bytes in prop::collection::vec(any::<u8>(), 0..5000)) {
            prop_assert!(open(&bytes, &key(1)).is_err());
        }
    }
}
