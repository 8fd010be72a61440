//! What the log is told of requests that many may send: once for each state, or once a minute
//! with a count, so that nobody fills it.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::whatsapp::SignatureRefused;

/// One line of a kind within this time.
const PAUSE: Duration = Duration::from_secs(60);
/// Requests are answered again when none was refused for so long.
const QUIET: Duration = Duration::from_secs(10);

/// What was said, and what was counted since. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Notices(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    forwarded: AtomicBool,
    /// By app; only apps that there are.
    signatures: Mutex<BTreeMap<String, Counted>>,
    wrong_passwords: Mutex<Counted>,
    throttled: Mutex<Counted>,
    refusing: Mutex<Option<Refusing>>,
    is_refusing: AtomicBool,
}

#[derive(Debug, Default)]
struct Counted {
    said: Option<Duration>,
    count: u64,
}

#[derive(Debug)]
struct Refusing {
    last: Duration,
    count: u64,
}

impl Counted {
    /// Counts one; the count since the last line when it is time for another.
    fn count(&mut self, now: Duration) -> Option<u64> {
        self.count += 1;
        let is_due = self.said.is_none_or(|said| now.saturating_sub(said) >= PAUSE);
        is_due.then(|| {
            self.said = Some(now);
            std::mem::take(&mut self.count)
        })
    }
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
        let mut all = lock(&self.0.signatures);
        if let Some(count) = all.entry(meta_app.to_owned()).or_default().count(now) {
            tracing::warn!(meta_app, count, %refused, "a webhook was refused");
        }
    }

    /// A password was wrong.
    pub(super) fn wrong_password(&self, from: IpAddr, now: Duration) {
        if let Some(count) = lock(&self.0.wrong_passwords).count(now) {
            tracing::warn!(%from, count, "a sign-in failed: the last one of {count} from {from}");
        }
    }

    /// Somebody has tried too many passwords.
    pub(super) fn throttled(&self, from: IpAddr, now: Duration) {
        if let Some(count) = lock(&self.0.throttled).count(now) {
            tracing::warn!(%from, count, "sign-ins are throttled: the last of {count} from {from}");
        }
    }

    /// A request was answered that the server cannot answer.
    pub(super) fn unavailable(&self, path: &str, now: Duration) {
        let mut refusing = lock(&self.0.refusing);
        let state = refusing.get_or_insert_with(|| {
            tracing::warn!(path, "requests are answered unavailable, the first at {path}");
            Refusing { last: now, count: 0 }
        });
        (state.last, state.count) = (now, state.count + 1);
        self.0.is_refusing.store(true, Ordering::Relaxed);
    }

    /// A request was answered.
    pub(super) fn answered(&self, now: Duration) {
        if !self.0.is_refusing.load(Ordering::Relaxed) {
            return;
        }
        let mut refusing = lock(&self.0.refusing);
        if let Some(state) = refusing.take_if(|state| now.saturating_sub(state.last) >= QUIET) {
            self.0.is_refusing.store(false, Ordering::Relaxed);
            let count = state.count;
            tracing::info!(count, "requests are answered again; {count} were not");
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_a_minute_says_how_many_there_were() {
        let mut counted = Counted::default();
        let at = |s| Duration::from_secs(s);
        assert_eq!(counted.count(at(5)), Some(1));
        for _ in 0..100 {
            assert_eq!(counted.count(at(64)), None);
        }
        assert_eq!(counted.count(at(65)), Some(101));
        assert_eq!(counted.count(at(66)), None);
    }

    #[test]
    fn a_state_is_said_when_it_begins_and_when_it_is_over() {
        let notices = Notices::default();
        let is_refusing = || notices.0.is_refusing.load(Ordering::Relaxed);
        notices.unavailable("/a", Duration::from_secs(1));
        notices.unavailable("/a", Duration::from_secs(5));
        notices.answered(Duration::from_secs(14));
        assert!(is_refusing(), "one may be answered in between");
        notices.answered(Duration::from_secs(15));
        assert!(!is_refusing());
    }
}
