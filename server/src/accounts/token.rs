//! The texts of tokens. To clients they are opaque. The server derives them from its key, the
//! device's family and a number. So the same refresh always gives the same successor, and only
//! digests have to be stored.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use baton_domain::group::Key;
use baton_protocol::{AgentId, DeviceId, WorkspaceId};
use subtle::ConstantTimeEq as _;
use uuid::Uuid;

use crate::config::Secret;
use crate::secrets::Keys;

const REFRESH: &str = "br_";
const ACCESS: &str = "ba_";
const TICKET: &str = "bt_";
const RECEIPT: &str = "bp_";
const INVITATION: &str = "bi_";
const PASSWORD: &str = "bw_";

/// The data that a device's tokens of one generation derive from.
#[derive(Clone, Copy, Debug)]
pub(super) struct Family<'a> {
    pub(super) workspace: WorkspaceId,
    pub(super) device: DeviceId,
    /// Random, new with every sign-in.
    pub(super) family: &'a str,
}

/// A refresh token as it was presented; not yet proven.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Presented {
    pub(super) workspace: WorkspaceId,
    pub(super) device: DeviceId,
    pub(super) generation: u64,
    proof: [u8; 32],
}

impl Family<'_> {
    /// The refresh token of a generation.
    pub(super) fn refresh(&self, keys: &Keys, generation: u64) -> Secret {
        let mut bytes = Vec::with_capacity(72);
        bytes.extend_from_slice(self.workspace.0.as_bytes());
        bytes.extend_from_slice(self.device.0.as_bytes());
        bytes.extend_from_slice(&generation.to_be_bytes());
        bytes.extend_from_slice(&self.proof(keys, b"refresh", generation));
        Secret::new(format!("{REFRESH}{}", BASE64.encode(bytes)))
    }

    /// The access token that goes with it.
    pub(super) fn access(&self, keys: &Keys, generation: u64) -> Secret {
        let proof = self.proof(keys, b"access", generation);
        Secret::new(format!("{ACCESS}{}", BASE64.encode(proof)))
    }

    /// Whether a presented token is of this family.
    pub(super) fn is_of(&self, keys: &Keys, presented: &Presented) -> bool {
        let proof = self.proof(keys, b"refresh", presented.generation);
        bool::from(proof.ct_eq(&presented.proof))
    }

    fn proof(&self, keys: &Keys, what: &[u8], generation: u64) -> [u8; 32] {
        keys.token(&[
            what,
            self.workspace.0.as_bytes(),
            self.device.0.as_bytes(),
            self.family.as_bytes(),
            &generation.to_be_bytes(),
        ])
    }
}

/// Reads a refresh token.
pub(super) fn presented(text: &str) -> Option<Presented> {
    let bytes = BASE64.decode(text.strip_prefix(REFRESH)?).ok()?;
    let (workspace, rest) = bytes.split_first_chunk::<16>()?;
    let (device, rest) = rest.split_first_chunk::<16>()?;
    let (generation, rest) = rest.split_first_chunk::<8>()?;
    Some(Presented {
        workspace: Uuid::from_bytes(*workspace).into(),
        device: Uuid::from_bytes(*device).into(),
        generation: u64::from_be_bytes(*generation),
        proof: rest.try_into().ok()?,
    })
}

/// The digest of an access token; `None` when the text is none.
pub(super) fn access_digest(keys: &Keys, text: &str) -> Option<String> {
    let is_one = text.len() <= 64 && text.starts_with(ACCESS);
    is_one.then(|| digest(keys, text))
}

/// The digest of a token, which is stored. Without the key it cannot be made, so that a token of
/// one's own cannot be put into the database.
pub(super) fn digest(keys: &Keys, text: &str) -> String {
    hex::encode(keys.token(&[b"digest", text.as_bytes()]))
}

/// A ticket for one socket.
pub(super) fn ticket(random: [u8; 32]) -> Secret {
    Secret::new(format!("{TICKET}{}", BASE64.encode(random)))
}

/// The secret of an invitation.
pub(super) fn invitation(random: [u8; 32]) -> Secret {
    Secret::new(format!("{INVITATION}{}", BASE64.encode(random)))
}

/// Whether a text has the form of an invitation's secret.
pub(super) fn is_invitation(text: &str) -> bool {
    text.len() <= 64 && text.starts_with(INVITATION)
}

/// Where an agent stands.
pub(super) type AgentPlace = (WorkspaceId, AgentId);

/// A link to a new password: it proves the password that it replaces, so it is good for one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct PasswordLink {
    pub(super) at: AgentPlace,
    /// In milliseconds.
    pub(super) expires_at: i64,
}

impl PasswordLink {
    /// The secret of the link, for an agent whose password has this hash.
    pub(super) fn secret(&self, keys: &Keys, hash: Option<&str>) -> Secret {
        let mut bytes = Vec::with_capacity(72);
        bytes.extend_from_slice(self.at.0.0.as_bytes());
        bytes.extend_from_slice(self.at.1.0.as_bytes());
        bytes.extend_from_slice(&self.expires_at.to_be_bytes());
        bytes.extend_from_slice(&self.proof(keys, hash));
        Secret::new(format!("{PASSWORD}{}", BASE64.encode(bytes)))
    }

    /// Whether a presented proof is of this link and of the password with this hash.
    pub(super) fn is_proven(&self, keys: &Keys, hash: Option<&str>, proof: &[u8; 32]) -> bool {
        bool::from(self.proof(keys, hash).ct_eq(proof))
    }

    fn proof(&self, keys: &Keys, hash: Option<&str>) -> [u8; 32] {
        keys.token(&[
            b"password",
            self.at.0.0.as_bytes(),
            self.at.1.0.as_bytes(),
            &self.expires_at.to_be_bytes(),
            hash.unwrap_or_default().as_bytes(),
        ])
    }
}

/// Reads a link to a new password and its proof.
pub(super) fn presented_password_link(text: &str) -> Option<(PasswordLink, [u8; 32])> {
    let bytes = BASE64.decode(text.strip_prefix(PASSWORD)?).ok()?;
    let (workspace, rest) = bytes.split_first_chunk::<16>()?;
    let (agent, rest) = rest.split_first_chunk::<16>()?;
    let (expires_at, rest) = rest.split_first_chunk::<8>()?;
    let at = (Uuid::from_bytes(*workspace).into(), Uuid::from_bytes(*agent).into());
    let link = PasswordLink { at, expires_at: i64::from_be_bytes(*expires_at) };
    Some((link, rest.try_into().ok()?))
}

/// A receipt key as it was presented; not yet proven.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct PresentedReceiptKey {
    pub(super) workspace: WorkspaceId,
    pub(super) device: DeviceId,
    proof: [u8; 32],
}

/// The key with which a device authenticates receipts of pushes, in any of its processes.
/// It derives from the salt of the registration: the same for as long as that lasts.
pub(super) fn receipt_key(keys: &Keys, at: Key<DeviceId>, salt: &str) -> Secret {
    let mut bytes = Vec::with_capacity(64);
    bytes.extend_from_slice(at.0.0.as_bytes());
    bytes.extend_from_slice(at.1.0.as_bytes());
    bytes.extend_from_slice(&receipt_proof(keys, at, salt));
    Secret::new(format!("{RECEIPT}{}", BASE64.encode(bytes)))
}

/// Whether a text says that it is a receipt key.
pub(super) fn is_receipt_key(text: &str) -> bool {
    text.starts_with(RECEIPT)
}

/// Reads a receipt key.
pub(super) fn presented_receipt_key(text: &str) -> Option<PresentedReceiptKey> {
    let bytes = BASE64.decode(text.strip_prefix(RECEIPT)?).ok()?;
    let (workspace, rest) = bytes.split_first_chunk::<16>()?;
    let (device, rest) = rest.split_first_chunk::<16>()?;
    Some(PresentedReceiptKey {
        workspace: Uuid::from_bytes(*workspace).into(),
        device: Uuid::from_bytes(*device).into(),
        proof: rest.try_into().ok()?,
    })
}

impl PresentedReceiptKey {
    /// Whether it is the key of the registration with this salt.
    pub(super) fn is_of(&self, keys: &Keys, salt: &str) -> bool {
        let proof = receipt_proof(keys, (self.workspace, self.device), salt);
        bool::from(proof.ct_eq(&self.proof))
    }
}

fn receipt_proof(keys: &Keys, at: Key<DeviceId>, salt: &str) -> [u8; 32] {
    keys.token(&[b"receipt", at.0.0.as_bytes(), at.1.0.as_bytes(), salt.as_bytes()])
}

/// The digest of a push service's target, stored beside its sealed self. It is equal for equal
/// targets, and of no use for guessing one.
pub(super) fn target_digest(keys: &Keys, target: &str) -> String {
    hex::encode(keys.token(&[b"push target", target.as_bytes()]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn family(family: &str) -> Family<'_> {
        Family { workspace: Uuid::from_u128(1).into(), device: Uuid::from_u128(2).into(), family }
    }

    #[test]
    fn a_refresh_token_proves_its_family_generation_and_key() {
        let keys = Keys::new([1; 32]);
        let token = family("f").refresh(&keys, 7);
        let read = presented(token.expose()).unwrap();
        assert_eq!((read.device, read.generation), (Uuid::from_u128(2).into(), 7));
        assert!(family("f").is_of(&keys, &read));
        assert!(!family("g").is_of(&keys, &read));
        assert!(!family("f").is_of(&Keys::new([2; 32]), &read));
        assert!(!family("f").is_of(&keys, &Presented { generation: 8, ..read }));
        assert_eq!(token, family("f").refresh(&keys, 7));
    }

    #[test]
    fn a_receipt_key_proves_its_device_registration_and_key() {
        let keys = Keys::new([1; 32]);
        let at = (Uuid::from_u128(1).into(), Uuid::from_u128(2).into());
        let key = receipt_key(&keys, at, "s");
        let read = presented_receipt_key(key.expose()).unwrap();
        assert_eq!((read.workspace, read.device), at);
        assert!(read.is_of(&keys, "s"));
        assert!(!read.is_of(&keys, "t"));
        assert!(!read.is_of(&Keys::new([2; 32]), "s"));
        let other = PresentedReceiptKey { device: Uuid::from_u128(3).into(), ..read };
        assert!(!other.is_of(&keys, "s"));
        assert_eq!((access_digest(&keys, key.expose()), presented(key.expose())), (None, None));
        for text in ["", "bp_", "bp_AAAA", &format!("{}A", key.expose())] {
            assert_eq!(presented_receipt_key(text), None, "{text}");
        }
    }

    #[test]
    fn other_texts_are_no_tokens() {
        let keys = Keys::new([1; 32]);
        let (refresh, access) = (family("f").refresh(&keys, 1), family("f").access(&keys, 1));
        assert!(access_digest(&keys, access.expose()).is_some());
        assert_eq!(access_digest(&keys, refresh.expose()), None);
        assert_eq!(presented(access.expose()), None);
        for text in ["", "br_", "br_!!!!", "br_AAAA", &format!("{}A", refresh.expose())] {
            assert_eq!(presented(text), None, "{text}");
        }
    }
}
