//! Signed tokens (RFC 7519) for push services.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD as BASE64};
use p256::ecdsa::signature::Signer as _;
use p256::pkcs8::DecodePrivateKey as _;
use ring::rand::SystemRandom;
use ring::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use serde_json::{Value, json};

/// A key that signs. It prints nothing.
pub(super) enum SigningKey {
    /// RS256, as Google wants it.
    Rsa(Box<RsaKeyPair>),
    /// ES256, as Apple and Web Push want it. The same claims give the same token (RFC 6979).
    Ec(Box<p256::ecdsa::SigningKey>),
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SigningKey(***)")
    }
}

impl SigningKey {
    /// An RSA key in PEM (PKCS #8).
    pub(super) fn rsa(pem: &str) -> Result<Self, String> {
        let key = RsaKeyPair::from_pkcs8(&der(pem)?).map_err(|why| why.to_string())?;
        Ok(Self::Rsa(Box::new(key)))
    }

    /// A P-256 key in PEM (PKCS #8).
    pub(super) fn ec(pem: &str) -> Result<Self, String> {
        let key = p256::ecdsa::SigningKey::from_pkcs8_der(&der(pem)?);
        key.map(|key| Self::Ec(Box::new(key))).map_err(|why| why.to_string())
    }

    /// A P-256 key by its secret half.
    pub(super) fn ec_of(private: &[u8]) -> Result<Self, String> {
        let key = p256::ecdsa::SigningKey::from_slice(private);
        key.map(|key| Self::Ec(Box::new(key))).map_err(|why| why.to_string())
    }

    /// A token with these claims; `kid` names the key where the service asks for it.
    pub(super) fn token(&self, kid: Option<&str>, claims: &Value) -> Result<String, String> {
        let name = match self {
            Self::Rsa(_) => "RS256",
            Self::Ec(_) => "ES256",
        };
        let header = match kid {
            Some(kid) => json!({"alg": name, "typ": "JWT", "kid": kid}),
            None => json!({"alg": name, "typ": "JWT"}),
        };
        let part = |value: &Value| BASE64.encode(value.to_string());
        let signed = format!("{}.{}", part(&header), part(claims));
        let signature = match self {
            Self::Rsa(key) => {
                let mut signature = vec![0; key.public().modulus_len()];
                let random = SystemRandom::new();
                key.sign(&RSA_PKCS1_SHA256, &random, signed.as_bytes(), &mut signature)
                    .map_err(|why| why.to_string())?;
                signature
            }
            Self::Ec(key) => {
                let signature: p256::ecdsa::Signature = key.sign(signed.as_bytes());
                signature.to_bytes().to_vec()
            }
        };
        Ok(format!("{signed}.{}", BASE64.encode(signature)))
    }
}

fn der(pem: &str) -> Result<Vec<u8>, String> {
    let lines = pem.lines().map(str::trim).filter(|line| !line.starts_with("-----"));
    let body: String = lines.collect();
    STANDARD.decode(body).map_err(|why| format!("no PEM: {why}"))
}
