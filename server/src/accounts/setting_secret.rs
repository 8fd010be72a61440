//! Secrets of settings: how they are made, kept and opened.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use baton_domain::group::set::{KeptSecret, SettingKey};
use baton_protocol::setting::SecretKept;

use super::token::digest;
use crate::clock::Clock;
use crate::config::Secret;
use crate::secrets::{CellAddress, Keys, SecretsError};

/// The beginning of a secret that signs requests: that of Standard Webhooks.
const SIGNING: &str = "whsec_";
/// The beginning of a key that others show.
pub(super) const KEY: &str = "bk_";

/// A new secret of this number: as it is shown once, and as it is kept.
pub fn new_secret(
    keys: &Keys,
    clock: &Clock,
    of: SettingKey,
    n: u32,
    kept: SecretKept,
) -> (Secret, KeptSecret) {
    let random = clock.bytes::<32>();
    match kept {
        SecretKept::Sealed => {
            let text = format!("{SIGNING}{}", STANDARD.encode(random));
            let sealed = at(of, n, |place| keys.seal(clock, place, &text));
            (Secret::new(text), KeptSecret::Sealed(sealed))
        }
        SecretKept::Digest => {
            let text = format!("{KEY}{}_{}", of.2.0.simple(), URL_SAFE_NO_PAD.encode(random));
            let digest = digest(keys, &text);
            (Secret::new(text), KeptSecret::Digest(digest))
        }
    }
}

/// Opens a secret that is kept sealed.
///
/// # Errors
/// If it was sealed for another row, or with another key.
pub fn open_secret(
    keys: &Keys,
    of: SettingKey,
    n: u32,
    sealed: &str,
) -> Result<Secret, SecretsError> {
    at(of, n, |place| keys.unseal(place, sealed))
}

/// The bytes with which requests are signed.
pub fn signing_key(secret: &Secret) -> Option<Vec<u8>> {
    STANDARD.decode(secret.expose().strip_prefix(SIGNING)?).ok()
}

fn at<T>((workspace, kind, id): SettingKey, n: u32, then: impl FnOnce(CellAddress<'_>) -> T) -> T {
    let (workspace, id, n) = (workspace.to_string(), id.to_string(), n.to_string());
    then(CellAddress { column: "setting_secret.sealed", row: &[&workspace, kind.name(), &id, &n] })
}
