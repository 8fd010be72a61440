//! Seals contents to a device's key (RFC 8291, RFC 8188). A device opens them without the server.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use p256::elliptic_curve::sec1::ToSec1Point;
use p256::{PublicKey, SecretKey};
use ring::aead::{AES_128_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use ring::hkdf::{HKDF_SHA256, KeyType, Salt};

use super::Verdict;
use super::letter::SealKey;
use crate::clock::Clock;

/// Contents are padded to a multiple of this, so that their length tells little.
const STEP: usize = 256;
const RECORD: u32 = 4_096;
/// Salt, size of the record, length of the key, an uncompressed point, the mark, the tag.
const OVERHEAD: usize = 16 + 4 + 1 + 65 + 1 + 16;

/// Why contents cannot be sealed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub(super) enum SealError {
    /// The device gave no key.
    #[error("the device gave no key")]
    NoKey,
    /// Its key is none.
    #[error("the device's key is no key")]
    BadKey,
    /// More than a push may carry.
    #[error("more than a push may carry")]
    TooLong,
}

impl SealError {
    /// No other try would fare better.
    pub(super) fn verdict(self) -> Verdict {
        Verdict::Dead(match self {
            Self::NoKey => "no_key",
            Self::BadKey => "bad_key",
            Self::TooLong => "too_large",
        })
    }
}

/// Seals contents for one device.
pub(super) fn seal(plain: &[u8], key: &SealKey, clock: &Clock) -> Result<Vec<u8>, SealError> {
    let own = loop {
        // One in four billion is no key.
        if let Ok(own) = SecretKey::from_slice(&clock.bytes::<32>()) {
            break own;
        }
    };
    seal_with(plain, key, &own, clock.bytes::<16>())
}

fn seal_with(
    plain: &[u8],
    key: &SealKey,
    own: &SecretKey,
    salt: [u8; 16],
) -> Result<Vec<u8>, SealError> {
    let device = BASE64.decode(&key.p256dh).ok().ok_or(SealError::BadKey)?;
    let auth = BASE64.decode(key.auth.expose()).ok().ok_or(SealError::BadKey)?;
    let point = PublicKey::from_sec1_bytes(&device).ok().ok_or(SealError::BadKey)?;
    let public = own.public_key().to_sec1_point(false);
    let shared = p256::ecdh::diffie_hellman(own.to_nonzero_scalar(), point.as_affine());
    let info = [b"WebPush: info\0".as_slice(), &device, public.as_bytes()].concat();
    let ikm: [u8; 32] = expand(&auth, shared.raw_secret_bytes(), &info)?;
    let content_key: [u8; 16] = expand(&salt, &ikm, b"Content-Encoding: aes128gcm\0")?;
    let nonce: [u8; 12] = expand(&salt, &ikm, b"Content-Encoding: nonce\0")?;
    let padded = (plain.len() + OVERHEAD).next_multiple_of(STEP) - OVERHEAD;
    if padded + OVERHEAD > usize::try_from(RECORD).unwrap_or_default() {
        return Err(SealError::TooLong);
    }
    let mut sealed = Vec::with_capacity(padded + OVERHEAD);
    sealed.extend_from_slice(plain);
    sealed.push(2);
    sealed.resize(padded + 1, 0);
    let unbound = UnboundKey::new(&AES_128_GCM, &content_key).ok().ok_or(SealError::BadKey)?;
    let nonce = Nonce::assume_unique_for_key(nonce);
    let done = LessSafeKey::new(unbound).seal_in_place_append_tag(nonce, Aad::empty(), &mut sealed);
    done.ok().ok_or(SealError::TooLong)?;
    let mut body = Vec::with_capacity(sealed.len() + OVERHEAD);
    body.extend_from_slice(&salt);
    body.extend_from_slice(&RECORD.to_be_bytes());
    body.push(65);
    body.extend_from_slice(public.as_bytes());
    body.extend_from_slice(&sealed);
    Ok(body)
}

/// So many bytes of key material.
struct Bytes(usize);

impl KeyType for Bytes {
    fn len(&self) -> usize {
        self.0
    }
}

fn expand<const N: usize>(salt: &[u8], secret: &[u8], info: &[u8]) -> Result<[u8; N], SealError> {
    let mut out = [0; N];
    let material = Salt::new(HKDF_SHA256, salt).extract(secret);
    let info = [info];
    let filled = material.expand(&info, Bytes(N)).and_then(|okm| okm.fill(&mut out));
    filled.ok().ok_or(SealError::BadKey)?;
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Secret;

    /// The example of RFC 8291, appendix A. It has no padding: what is before it is the same.
    #[test]
    fn the_example_of_the_standard_is_sealed_as_it_says() {
        let key = SealKey {
            id: None,
            p256dh:
                "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkN\
                     toIAiw4"
                    .to_owned(),
            auth: Secret::new("BTBZMqHH6r4Tts7J_aSIgg".to_owned()),
        };
        let own = BASE64.decode("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw").unwrap();
        let own = SecretKey::from_slice(&own).unwrap();
        let salt = BASE64.decode("DGv6ra1nlYgDCS1FRnbzlw").unwrap().try_into().unwrap();
        let plain = b"When I grow up, I want to be a watermelon";
        let sealed = seal_with(plain, &key, &own, salt).unwrap();
        let expected = BASE64
            .decode(
                "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3v\
                 CYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXP\
                 XLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN",
            )
            .unwrap();
        let before_the_tag = expected.len() - 16;
        assert_eq!(sealed[..before_the_tag], expected[..before_the_tag]);
        assert_eq!(sealed.len() % STEP, 0, "and its length tells little");
    }

    #[test]
    fn more_than_a_record_is_not_sealed() {
        let own = SecretKey::from_slice(&[7; 32]).unwrap();
        let public = own.public_key().to_sec1_point(false);
        let key = SealKey {
            id: None,
            p256dh: BASE64.encode(public.as_bytes()),
            auth: Secret::new(BASE64.encode([3; 16])),
        };
        let sealed = |bytes: usize| seal_with(&vec![b'a'; bytes], &key, &own, [1; 16]);
        assert_eq!(sealed(4_096 - OVERHEAD).unwrap().len(), 4_096);
        assert_eq!(sealed(4_096 - OVERHEAD + 1), Err(SealError::TooLong));
    }
}
