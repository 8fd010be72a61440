//! Reading signed tokens (RFC 7519), for the stand-ins that verify them.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED, RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey, VerificationAlgorithm,
};
use serde_json::Value;

/// A token whose signature is not verified yet.
pub(super) struct Jwt<'t> {
    pub(super) header: Value,
    pub(super) claims: Value,
    signed: &'t str,
    signature: Vec<u8>,
}

impl<'t> Jwt<'t> {
    /// Reads a token; none where it has another form.
    pub(super) fn read(token: &'t str) -> Option<Self> {
        let (signed, signature) = token.rsplit_once('.')?;
        let (header, claims) = signed.split_once('.')?;
        let part =
            |text: &str| serde_json::from_slice::<Value>(&URL_SAFE_NO_PAD.decode(text).ok()?).ok();
        Some(Self {
            header: part(header)?,
            claims: part(claims)?,
            signed,
            signature: URL_SAFE_NO_PAD.decode(signature).ok()?,
        })
    }

    /// Whether it says that it is signed so, and is, by an RSA key in the form of RFC 8017.
    pub(super) fn is_rs256(&self, public_key: &[u8]) -> bool {
        self.is_signed("RS256", &RSA_PKCS1_2048_8192_SHA256, public_key)
    }

    /// Whether it says that it is signed so, and is, by an uncompressed P-256 point.
    pub(super) fn is_es256(&self, public_key: &[u8]) -> bool {
        self.is_signed("ES256", &ECDSA_P256_SHA256_FIXED, public_key)
    }

    fn is_signed(
        &self,
        name: &str,
        algorithm: &'static dyn VerificationAlgorithm,
        public_key: &[u8],
    ) -> bool {
        let key = UnparsedPublicKey::new(algorithm, public_key);
        self.header.get("alg").and_then(Value::as_str) == Some(name)
            && key.verify(self.signed.as_bytes(), &self.signature).is_ok()
    }

    pub(super) fn text(&self, claim: &str) -> &str {
        self.claims.get(claim).and_then(Value::as_str).unwrap_or_default()
    }

    pub(super) fn number(&self, claim: &str) -> Option<i64> {
        self.claims.get(claim).and_then(Value::as_i64)
    }

    pub(super) fn key_id(&self) -> &str {
        self.header.get("kid").and_then(Value::as_str).unwrap_or_default()
    }
}
