//! The accounts and keys that the stand-ins verify against.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use p256::SecretKey;
use p256::elliptic_curve::sec1::ToSec1Point;
use rand::{Rng, RngExt as _};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _, RsaKeyPair};
use serde::{Deserialize, Serialize};

/// A key for tests alone: it opens nothing outside of a simulator.
const SERVICE_ACCOUNT_KEY: &str = include_str!("service_account_key.pem");

/// A service account, as the JSON file that Firebase gives out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceAccount {
    /// Always `service_account`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The project.
    pub project_id: String,
    /// The name of the key.
    pub private_key_id: String,
    /// The key, PEM.
    pub private_key: String,
    /// The account.
    pub client_email: String,
    /// Where access tokens are given out.
    pub token_uri: String,
}

/// A key for Apple's service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApnsAccount {
    /// The name of the key.
    pub key_id: String,
    /// The team.
    pub team_id: String,
    /// The app.
    pub bundle_id: String,
    /// The key, PEM, as in Apple's `.p8` file.
    pub private_key: String,
}

/// The subscription that a browser gives its page: where to push, and the keys to seal to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WebSubscription {
    /// Where to push; also the target of its inbox.
    pub endpoint: String,
    /// The public key, base64url.
    pub p256dh: String,
    /// The shared secret, base64url.
    pub auth: String,
}

/// The simulated browser's part of a subscription.
pub(crate) struct Subscription {
    pub(crate) key: SecretKey,
    pub(crate) auth: [u8; 16],
    pub(crate) vapid_key: Option<String>,
}

impl std::fmt::Debug for Subscription {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Subscription").field("vapid_key", &self.vapid_key).finish_non_exhaustive()
    }
}

/// The keys of one simulator.
pub(crate) struct Keys {
    pub(crate) rsa_public: Vec<u8>,
    apns_pkcs8: Vec<u8>,
    pub(crate) apns_public: Vec<u8>,
}

pub(crate) const PROJECT: &str = "baton-simulator";
pub(crate) const CLIENT_EMAIL: &str = "push@baton-simulator.iam.gserviceaccount.com";
pub(crate) const RSA_KEY_ID: &str = "simulator-key-1";
pub(crate) const APNS_KEY_ID: &str = "SIMULATOR1";
pub(crate) const APNS_TEAM: &str = "BATONTEAM1";
pub(crate) const APNS_BUNDLE: &str = "org.example.baton";

impl Keys {
    /// Reads the service account's key and makes one for Apple's service.
    pub(crate) fn make() -> anyhow::Result<Self> {
        let text: String =
            SERVICE_ACCOUNT_KEY.lines().filter(|line| !line.starts_with("-----")).collect();
        let rsa = RsaKeyPair::from_pkcs8(&STANDARD.decode(text)?)
            .map_err(|error| anyhow::anyhow!("the service account's key: {error}"))?;
        let random = SystemRandom::new();
        let algorithm = &ECDSA_P256_SHA256_FIXED_SIGNING;
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(algorithm, &random)
            .map_err(|error| anyhow::anyhow!("a key for Apple's service: {error}"))?;
        let pair = EcdsaKeyPair::from_pkcs8(algorithm, pkcs8.as_ref(), &random)
            .map_err(|error| anyhow::anyhow!("a key for Apple's service: {error}"))?;
        Ok(Self {
            rsa_public: rsa.public_key().as_ref().to_vec(),
            apns_pkcs8: pkcs8.as_ref().to_vec(),
            apns_public: pair.public_key().as_ref().to_vec(),
        })
    }

    pub(crate) fn service_account(&self, base_url: &str) -> ServiceAccount {
        ServiceAccount {
            kind: "service_account".to_owned(),
            project_id: PROJECT.to_owned(),
            private_key_id: RSA_KEY_ID.to_owned(),
            private_key: SERVICE_ACCOUNT_KEY.to_owned(),
            client_email: CLIENT_EMAIL.to_owned(),
            token_uri: format!("{base_url}/push/oauth/token"),
        }
    }

    pub(crate) fn apns_account(&self) -> ApnsAccount {
        let body = STANDARD.encode(&self.apns_pkcs8);
        ApnsAccount {
            key_id: APNS_KEY_ID.to_owned(),
            team_id: APNS_TEAM.to_owned(),
            bundle_id: APNS_BUNDLE.to_owned(),
            private_key: format!(
                "-----BEGIN PRIVATE KEY-----\n{body}\n-----END PRIVATE KEY-----\n"
            ),
        }
    }
}

/// A browser's fresh subscription: what it gives away and what it keeps.
pub(crate) fn subscribe(
    base_url: &str,
    nth: u64,
    vapid_key: Option<&str>,
    rng: &mut impl Rng,
) -> (WebSubscription, Subscription) {
    let key = loop {
        // One in four billion is no key.
        if let Ok(key) = SecretKey::from_slice(&rng.random::<[u8; 32]>()) {
            break key;
        }
    };
    let auth: [u8; 16] = rng.random();
    let given = WebSubscription {
        endpoint: format!("{base_url}/push/web/browser-{nth}"),
        p256dh: URL_SAFE_NO_PAD.encode(key.public_key().to_sec1_point(false).as_bytes()),
        auth: URL_SAFE_NO_PAD.encode(auth),
    };
    (given, Subscription { key, auth, vapid_key: vapid_key.map(str::to_owned) })
}
