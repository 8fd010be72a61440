//! The ways to push services.

use std::path::PathBuf;

use baton_protocol::push::PushLane;
use serde::{Deserialize, Deserializer, Serialize};

use super::error::check_range;
use super::whatsapp::is_loopback;
use super::{ConfigError, Secret};

/// Section `push`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PushConfig {
    /// How much pushes tell.
    pub content: PushContent,
    /// Firebase, without a closing slash.
    pub fcm_url: String,
    /// The file with Firebase's service account; none leaves that service out.
    #[serde(deserialize_with = "path")]
    pub fcm_service_account_file: Option<PathBuf>,
    /// Apple's service.
    pub apns_url: String,
    /// Apple's service for apps in development.
    pub apns_sandbox_url: String,
    /// The file with the key that Apple gave; none leaves that service out.
    #[serde(deserialize_with = "path")]
    pub apns_key_file: Option<PathBuf>,
    /// Apple's name of that key.
    pub apns_key_id: String,
    /// Apple's name of the team.
    pub apns_team_id: String,
    /// The app's bundle id, for registrations that name none.
    pub apns_topic: String,
    /// Where the relay takes pushes.
    pub relay_url: String,
    /// The file with the relay's key; none leaves the relay out.
    #[serde(deserialize_with = "path")]
    pub relay_key_file: Option<PathBuf>,
    /// Whom operators of Web Push services may write to.
    pub vapid_subject: String,
    /// A file with certificates of authorities to trust besides the usual ones.
    #[serde(deserialize_with = "path")]
    pub extra_ca_file: Option<PathBuf>,
    /// The proxy to Firebase, Apple and the relay; its address may have a password.
    #[serde(deserialize_with = "secret")]
    pub https_proxy: Option<Secret>,
    /// Whether endpoints on private networks are asked.
    pub allow_private_endpoints: bool,
    /// Hosts that endpoints may be on: names, or `*.` and the name they are below. Empty: any.
    pub endpoint_hosts: Vec<String>,
    /// Requests to one kind of service at once.
    pub in_flight_max: usize,
}

/// How much pushes tell.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PushContent {
    /// That something happened.
    Wake,
    /// Words, sealed to the device, where it gave a key.
    E2e,
}

impl PushConfig {
    /// The services that this server sends by.
    pub fn lanes(&self) -> Vec<PushLane> {
        let is_set_up = |lane: &PushLane| match lane {
            PushLane::Fcm => self.fcm_service_account_file.is_some(),
            PushLane::Apns => self.apns_key_file.is_some(),
            PushLane::Webpush | PushLane::Unifiedpush | PushLane::Log => true,
            PushLane::Relay => self.relay_key_file.is_some(),
        };
        PushLane::ALL.into_iter().filter(is_set_up).collect()
    }

    pub(super) fn validate(&self) -> Result<(), ConfigError> {
        for (key, url) in [
            ("push.fcm_url", &self.fcm_url),
            ("push.apns_url", &self.apns_url),
            ("push.apns_sandbox_url", &self.apns_sandbox_url),
        ] {
            if !(url.starts_with("https://") || is_loopback(url)) || url.ends_with('/') {
                let reason =
                    "must be https without a closing slash; http only for a loopback address";
                return Err(ConfigError::value(key, url, reason));
            }
        }
        let relay = self.relay_url.as_str();
        if !(relay.is_empty() || relay.starts_with("https://") || is_loopback(relay)) {
            let reason = "must be https; http only for a loopback address";
            return Err(ConfigError::value("push.relay_url", relay, reason));
        }
        if relay.is_empty() != self.relay_key_file.is_none() {
            let reason = "push.relay_url and push.relay_key_file are needed together";
            return Err(ConfigError::value("push.relay_url", relay, reason));
        }
        if let Some(proxy) = &self.https_proxy {
            let url = reqwest::Url::parse(proxy.expose()).ok();
            if !url.is_some_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host()) {
                let reason = "must be the http or https address of a proxy";
                return Err(ConfigError::value("push.https_proxy", "***", reason));
            }
        }
        let subject = self.vapid_subject.as_str();
        if !(subject.is_empty()
            || subject.starts_with("mailto:")
            || subject.starts_with("https://"))
        {
            let reason = "must be a mailto: or https: address";
            return Err(ConfigError::value("push.vapid_subject", subject, reason));
        }
        if self.apns_key_file.is_some() {
            for (key, value) in [
                ("push.apns_key_id", &self.apns_key_id),
                ("push.apns_team_id", &self.apns_team_id),
                ("push.apns_topic", &self.apns_topic),
            ] {
                if value.is_empty() {
                    return Err(ConfigError::value(key, value, "is needed with a key of Apple"));
                }
            }
        }
        let is_part = |part: &str| {
            !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
        };
        let is_name = |host: &&String| {
            let name = host.strip_prefix("*.").unwrap_or(host);
            name.split('.').all(is_part)
        };
        if let Some(host) = self.endpoint_hosts.iter().find(|host| !is_name(host)) {
            let reason = "must be the name of a host, or `*.` before one";
            return Err(ConfigError::value("push.endpoint_hosts", host, reason));
        }
        let in_flight = u64::try_from(self.in_flight_max).unwrap_or(u64::MAX);
        check_range("push.in_flight_max", in_flight, 1..=1_000)
    }
}

/// An empty text is no secret.
fn secret<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Secret>, D::Error> {
    let text = Option::<Secret>::deserialize(from)?;
    Ok(text.filter(|text| !text.expose().is_empty()))
}

/// An empty text is no path.
fn path<'de, D: Deserializer<'de>>(from: D) -> Result<Option<PathBuf>, D::Error> {
    let text = Option::<String>::deserialize(from)?;
    Ok(text.filter(|text| !text.is_empty()).map(PathBuf::from))
}
