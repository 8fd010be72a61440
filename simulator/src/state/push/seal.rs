//! RFC 8291 as its text has it, for the side that sends. The phone's side is written elsewhere, and
//! neither excuses the other.

use aes_gcm::aead::Aead;
use aes_gcm::{Aes128Gcm, KeyInit};
use anyhow::{Context as _, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hkdf::Hkdf;
use p256::elliptic_curve::sec1::ToSec1Point;
use p256::{PublicKey, SecretKey};
use rand::{Rng, RngExt as _};
use sha2::Sha256;

use super::payload::PushKey;

/// Bytes of contents at most.
pub(super) const PLAINTEXT_BYTES_MAX: usize = 2_048;
/// Contents are padded to multiples of this.
const STEP_BYTES: usize = 256;
const RECORD_BYTES: u32 = 4_096;
/// Ends the last record; zeros follow (RFC 8188, section 2).
const LAST_RECORD: u8 = 2;

/// Contents for one device alone, their length hidden within a step.
pub(super) fn seal(plaintext: &[u8], to: &PushKey, rng: &mut impl Rng) -> anyhow::Result<Vec<u8>> {
    ensure!(plaintext.len() <= PLAINTEXT_BYTES_MAX, "more than {PLAINTEXT_BYTES_MAX} bytes");
    let mut padded = [plaintext, &[LAST_RECORD]].concat();
    padded.resize(padded.len().next_multiple_of(STEP_BYTES), 0);
    let salt: [u8; 16] = rng.random();
    let sender = loop {
        // One in four billion is no key.
        if let Ok(key) = SecretKey::from_slice(&rng.random::<[u8; 32]>()) {
            break key;
        }
    };
    encrypt(&padded, to, &sender, &salt)
}

fn encrypt(
    padded: &[u8],
    to: &PushKey,
    sender: &SecretKey,
    salt: &[u8; 16],
) -> anyhow::Result<Vec<u8>> {
    let device = URL_SAFE_NO_PAD.decode(&to.p256dh).context("p256dh is not base64url")?;
    let auth = URL_SAFE_NO_PAD.decode(&to.auth).context("auth is not base64url")?;
    ensure!(auth.len() == 16, "auth has {} bytes, not 16", auth.len());
    ensure!(device.len() == 65, "p256dh has {} bytes, not 65", device.len());
    let public = PublicKey::from_sec1_bytes(&device).ok().context("p256dh is not a P-256 key")?;
    let sender_public = sender.public_key().to_sec1_point(false);
    let sender_public = sender_public.as_bytes();

    // Section 3.3: the two secrets become one.
    let shared = sender.diffie_hellman(&public);
    let info = [b"WebPush: info\0".as_slice(), &device, sender_public].concat();
    let mut material = [0; 32];
    expand(&auth, shared.raw_secret_bytes(), &info, &mut material)?;
    // RFC 8188, section 2.2 and 2.3: key and nonce of the record.
    let (mut key, mut nonce) = ([0; 16], [0; 12]);
    expand(salt, &material, b"Content-Encoding: aes128gcm\0", &mut key)?;
    expand(salt, &material, b"Content-Encoding: nonce\0", &mut nonce)?;
    let sealed = Aes128Gcm::new(&key.into()).encrypt(&nonce.into(), padded);
    let sealed = sealed.ok().context("could not encrypt")?;

    let length = u8::try_from(sender_public.len()).context("the sender's key")?;
    let header = [salt.as_slice(), &RECORD_BYTES.to_be_bytes(), &[length], sender_public].concat();
    Ok([header, sealed].concat())
}

fn expand(salt: &[u8], secret: &[u8], info: &[u8], into: &mut [u8]) -> anyhow::Result<()> {
    let hkdf = Hkdf::<Sha256>::new(Some(salt), secret);
    hkdf.expand(info, into).ok().context("could not derive a key")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 8291, section 5 and appendix A.
    #[test]
    fn the_example_of_the_rfc_comes_out() {
        let bytes = |text: &str| URL_SAFE_NO_PAD.decode(text).unwrap();
        let to = PushKey {
            id: None,
            p256dh: "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6S\
                     RpkNtoIAiw4"
                .to_owned(),
            auth: "BTBZMqHH6r4Tts7J_aSIgg".to_owned(),
        };
        let sender = bytes("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw");
        let sender = SecretKey::from_slice(&sender).unwrap();
        let salt = bytes("DGv6ra1nlYgDCS1FRnbzlw").try_into().unwrap();
        let padded = b"When I grow up, I want to be a watermelon\x02";
        let sealed = encrypt(padded, &to, &sender, &salt).unwrap();
        let expected = "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDl\
                        l6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2K\
                        s3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN";
        assert_eq!(URL_SAFE_NO_PAD.encode(sealed), expected);
    }
}
