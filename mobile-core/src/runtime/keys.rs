//! The entries of the system's key store: the store's key, the session, the device's keys for
//! sealed pushes. Nothing of it is on disk elsewhere.

use std::sync::{Arc, Mutex, PoisonError};

use baton_protocol::account::Session;
use baton_protocol::{DeviceId, Timestamp};
use serde::{Deserialize, Serialize};

use super::error::CoreError;
use super::log::words::warn;
use super::log::{Log, LogTarget};
use crate::push::PushWish;
use crate::push::seal::{DeviceKey, Keyring};
use crate::store::KEY_BYTES;

/// The platform's key store, as the app offers it. Calls may take their time; the core makes them
/// where that harms nobody.
pub trait KeyStore: Send + Sync {
    /// The value under a name.
    ///
    /// # Errors
    /// Where it cannot be read.
    fn get(&self, name: &str) -> Result<Option<Vec<u8>>, KeyStoreFailed>;

    /// Keeps something under a name.
    ///
    /// # Errors
    /// Where it cannot be kept; then what was there is still there.
    fn put(&self, name: &str, value: &[u8]) -> Result<(), KeyStoreFailed>;

    /// Forgets what is kept under a name.
    ///
    /// # Errors
    /// Where it cannot be forgotten.
    fn delete(&self, name: &str) -> Result<(), KeyStoreFailed>;
}

/// Why a key store did not answer.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum KeyStoreFailed {
    /// The device was not unlocked since it was switched on.
    #[error("the device is locked")]
    Locked,
    /// Anything else.
    #[error("{0}")]
    Other(String),
}

impl From<KeyStoreFailed> for CoreError {
    fn from(failed: KeyStoreFailed) -> Self {
        match failed {
            KeyStoreFailed::Locked => Self::KeyLocked,
            KeyStoreFailed::Other(why) => Self::KeyStore(why),
        }
    }
}

/// A key store whose failures are said.
pub(super) struct LoggedKeys {
    pub(super) keys: Arc<dyn KeyStore>,
    pub(super) log: Log,
}

impl LoggedKeys {
    /// Logs a failure of the key store, without its words: they may be of anything.
    fn looked<T>(
        &self,
        call: &'static str,
        answer: Result<T, KeyStoreFailed>,
    ) -> Result<T, KeyStoreFailed> {
        if let Err(failed) = &answer {
            let why = match failed {
                KeyStoreFailed::Locked => "locked",
                KeyStoreFailed::Other(_) => "failed",
            };
            let said = warn(LogTarget::App, "the key store did not answer");
            self.log.write(said.with("call", call).with("why", why));
        }
        answer
    }
}

impl KeyStore for LoggedKeys {
    fn get(&self, name: &str) -> Result<Option<Vec<u8>>, KeyStoreFailed> {
        self.looked("get", self.keys.get(name))
    }

    fn put(&self, name: &str, value: &[u8]) -> Result<(), KeyStoreFailed> {
        self.looked("put", self.keys.put(name, value))
    }

    fn delete(&self, name: &str) -> Result<(), KeyStoreFailed> {
        self.looked("delete", self.keys.delete(name))
    }
}

const STORE_KEY: &str = "baton.store";
const SESSION: &str = "baton.session";
const DEVICE: &str = "baton.device";
const KEYRING: &str = "baton.push";
const RECEIPT_KEY: &str = "baton.receipts";
const PUSH_WISH: &str = "baton.wish";

/// Held while a session is read and then written, as one step.
static CHANGING: Mutex<()> = Mutex::new(());

/// Wishes are kept one after the other.
static WISHING: Mutex<()> = Mutex::new(());

/// The wish, shared with the threads that keep it.
#[derive(Clone, Default)]
pub(super) struct SharedWish(Arc<Mutex<PushWish>>);

impl SharedWish {
    pub(super) fn new(wish: PushWish) -> Self {
        Self(Arc::new(Mutex::new(wish)))
    }

    pub(super) fn with<T>(&self, act: impl FnOnce(&mut PushWish) -> T) -> T {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) fn now(&self) -> PushWish {
        self.with(|wish| wish.clone())
    }
}

/// The key store, by what is in it.
#[derive(Clone)]
pub(crate) struct Keys(pub(crate) Arc<dyn KeyStore>);

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Keys(***)")
    }
}

/// The session, and whose server it is of.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct StoredSession {
    pub(crate) server: String,
    pub(crate) session: Session,
}

impl Keys {
    /// The key of the store; a fresh one where there is none so far.
    pub(crate) fn store_key(&self) -> Result<[u8; KEY_BYTES], CoreError> {
        if let Some(bytes) = self.0.get(STORE_KEY)? {
            return bytes.try_into().map_err(|_long: Vec<u8>| {
                CoreError::KeyStore("the key of the store has another length".to_owned())
            });
        }
        let key: [u8; KEY_BYTES] = random();
        self.0.put(STORE_KEY, &key)?;
        Ok(key)
    }

    /// The session, if somebody is signed in at this server.
    pub(crate) fn session(&self, server: &str) -> Result<Option<Session>, CoreError> {
        let Some(bytes) = self.0.get(SESSION)? else { return Ok(None) };
        let kept: Option<StoredSession> = serde_json::from_slice(&bytes).ok();
        Ok(kept.filter(|kept| kept.server == server).map(|kept| kept.session))
    }

    pub(crate) fn keep_session(&self, server: &str, session: &Session) -> Result<(), CoreError> {
        let kept = StoredSession { server: server.to_owned(), session: session.clone() };
        Ok(self.0.put(SESSION, &json(&kept)?)?)
    }

    /// Keeps what came of a refresh token, unless who gave it has signed out meanwhile.
    pub(crate) fn keep_renewed(
        &self,
        server: &str,
        before: &str,
        session: &Session,
    ) -> Result<(), CoreError> {
        let _one = CHANGING.lock().unwrap_or_else(PoisonError::into_inner);
        match self.session(server)? {
            Some(held) if held.refresh_token == before => self.keep_session(server, session),
            Some(_) | None => Ok(()),
        }
    }

    pub(crate) fn forget_session(&self) -> Result<(), CoreError> {
        let _one = CHANGING.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(self.0.delete(SESSION)?)
    }

    /// The device, as this server knows it: who signs in again goes on with what was not sent.
    pub(crate) fn device(&self, server: &str) -> Result<Option<DeviceId>, CoreError> {
        let Some(bytes) = self.0.get(DEVICE)? else { return Ok(None) };
        let kept: Option<(String, DeviceId)> = serde_json::from_slice(&bytes).ok();
        Ok(kept.filter(|(of, _)| of == server).map(|(_, device)| device))
    }

    pub(crate) fn keep_device(&self, server: &str, device: DeviceId) -> Result<(), CoreError> {
        Ok(self.0.put(DEVICE, &json(&(server, device))?)?)
    }

    pub(crate) fn forget_device(&self) -> Result<(), CoreError> {
        self.0.delete(KEYRING)?;
        self.0.delete(RECEIPT_KEY)?;
        Ok(self.0.delete(DEVICE)?)
    }

    /// The device's keys for what is sealed to it; fresh ones where there are none, or where they
    /// have served for a month. The one before still opens what is under way.
    pub(crate) fn keyring(&self, now: Timestamp) -> Result<Keyring, CoreError> {
        let made = || {
            let made = DeviceKey::made(&random(), now);
            made.map_err(|bad| CoreError::Internal(bad.to_string()))
        };
        let keyring = match self.held_keyring()? {
            Some(mut held) => {
                if !held.is_old(now) || held.rotate(made()?).is_err() {
                    return Ok(held);
                }
                held
            }
            None => Keyring::new(made()?),
        };
        self.0.put(KEYRING, &keyring.to_bytes())?;
        Ok(keyring)
    }

    /// The device's keys, if there are any.
    pub(crate) fn held_keyring(&self) -> Result<Option<Keyring>, CoreError> {
        Ok(self.0.get(KEYRING)?.and_then(|bytes| Keyring::from_bytes(&bytes).ok()))
    }

    /// The wish for pushes. One that cannot be read is none: the app registers at its next start.
    pub(crate) fn push_wish(&self) -> Result<PushWish, CoreError> {
        let kept = self.0.get(PUSH_WISH)?;
        Ok(kept.and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default())
    }

    /// Keeps the wish as it is once it is its turn, so that the newest is kept last.
    pub(crate) fn keep_push_wish(&self, wish: impl FnOnce() -> PushWish) -> Result<(), CoreError> {
        let _one = WISHING.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(self.0.put(PUSH_WISH, &json(&wish())?)?)
    }

    /// The key that proves receipts.
    pub(crate) fn receipt_key(&self) -> Result<Option<String>, CoreError> {
        Ok(self.0.get(RECEIPT_KEY)?.and_then(|bytes| String::from_utf8(bytes).ok()))
    }

    pub(crate) fn keep_receipt_key(&self, key: &str) -> Result<(), CoreError> {
        Ok(self.0.put(RECEIPT_KEY, key.as_bytes())?)
    }
}

fn json<T: Serialize>(value: &T) -> Result<Vec<u8>, CoreError> {
    serde_json::to_vec(value).map_err(|error| CoreError::Internal(error.to_string()))
}

/// Fresh bytes from the system.
pub(crate) fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    rand::fill(&mut bytes);
    bytes
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::runtime::tests::Memory;

    fn session(refresh_token: &str) -> Session {
        Session {
            access_token: "access".to_owned(),
            access_expires_at: Timestamp::from_ms(0),
            refresh_token: refresh_token.to_owned(),
            device_id: DeviceId(Uuid::nil()),
            agent_id: baton_protocol::AgentId(Uuid::nil()),
            workspace_id: baton_protocol::WorkspaceId(Uuid::nil()),
        }
    }

    #[test]
    fn a_key_serves_for_a_month_and_then_opens_what_is_under_way() {
        let keys = Keys(Arc::new(Memory::default()));
        let at = |day: i64| Timestamp::from_ms(1_700_000_000_000 + day * 86_400_000);
        let id = |day| keys.keyring(at(day)).unwrap().current().id().to_string();
        let first = id(0);
        assert_eq!(id(30), first);
        let rotated = keys.keyring(at(31)).unwrap();
        assert_ne!(rotated.current().id().to_string(), first);
        assert_eq!(rotated.previous().unwrap().id().to_string(), first);
        assert_eq!(id(32), rotated.current().id().to_string(), "and it is kept");
    }

    #[test]
    fn a_renewal_that_comes_after_the_sign_out_signs_nobody_in() {
        let keys = Keys(Arc::new(Memory::default()));
        keys.keep_session("here", &session("first")).unwrap();
        keys.keep_renewed("here", "first", &session("second")).unwrap();
        let held = keys.session("here").unwrap().unwrap();
        assert_eq!(held.refresh_token, "second");
        keys.forget_session().unwrap();
        keys.keep_renewed("here", "second", &session("third")).unwrap();
        assert!(keys.session("here").unwrap().is_none());
        // Nor does it take the place of who signed in since.
        keys.keep_session("here", &session("another's")).unwrap();
        keys.keep_renewed("here", "second", &session("third")).unwrap();
        assert_eq!(keys.session("here").unwrap().unwrap().refresh_token, "another's");
    }
}
