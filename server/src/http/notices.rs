//! Log lines about requests that many may send. There is one for each state, or one a minute with a
//! count, so that nobody fills the log.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::telemetry::Spell;
use crate::whatsapp::SignatureRefused;

/// What was said, and what was counted since. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Notices(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    forwarded: AtomicBool,
    /// By app; only apps that there are.
    signatures: Mutex<BTreeMap<String, Spell>>,
    wrong_passwords: Spell,
    throttled: Spell,
    unavailable: Spell,
}

impl Notices {
    /// A request names an address that it was forwarded for, and its proxy is not trusted.
    pub(super) fn forwarded(&self, proxy: IpAddr) {
        if !self.0.forwarded.swap(true, Ordering::Relaxed) {
            tracing::warn!(
                %proxy,
                "X-Forwarded-For of {proxy} is not believed: all who come through it count as one \
                 client. If it is your proxy, name it in http.trusted_proxies"
            );
        }
    }

    /// A webhook of an app was signed with no secret of it.
    pub(super) fn bad_signature(&self, meta_app: &str, refused: SignatureRefused, now: Duration) {
        let mut all = self.0.signatures.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = all.entry(meta_app.to_owned()).or_default().failed(now) {
            tracing::warn!(meta_app, count, %refused, "a webhook was refused");
        }
    }

    /// A password was wrong.
    pub(super) fn wrong_password(&self, from: IpAddr, now: Duration) {
        if let Some(count) = self.0.wrong_passwords.failed(now) {
            tracing::warn!(%from, count, "failed sign-ins: {count}, the last from {from}");
        }
    }

    /// Somebody has tried too many passwords.
    pub(super) fn throttled(&self, from: IpAddr, now: Duration) {
        if let Some(count) = self.0.throttled.failed(now) {
            tracing::warn!(%from, count, "throttled sign-ins: {count}, the last from {from}");
        }
    }

    /// A request was answered that the server cannot answer.
    pub(super) fn unavailable(&self, path: &str, now: Duration) {
        if let Some(count) = self.0.unavailable.failed(now) {
            tracing::warn!(path, count, "requests are answered unavailable, one of them at {path}");
        }
    }

    /// A request was answered.
    pub(super) fn answered(&self, now: Duration) {
        if let Some(count) = self.0.unavailable.worked(now) {
            tracing::info!(count, "requests are answered again; {count} were not");
        }
    }
}
