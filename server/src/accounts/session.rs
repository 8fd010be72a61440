//! Signing in, refreshing, and the owners of tokens.
//!
//! A sign-in begins a family at generation 1. Each refresh goes one generation on. The tokens of a
//! generation derive from the server's key. So a refresh gives the same successor again if its
//! answer was lost, or if twenty threads ask for it at once.
//!
//! The predecessor may be presented until a token of the successor was used, be it for access or
//! for a refresh. After that it means that a copy is about, and ends the session. So does any older
//! token. A browser writes its cookies late: of its uses only those count that come minutes later.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use baton_domain::group::Key;
use baton_protocol::account::{Login, Refresh, Session};
use baton_protocol::{AgentId, DeviceId, Timestamp};
use sha2::{Digest as _, Sha256};
use tokio::sync::broadcast::error::RecvError;

use super::throttle::TurnedAway;
use super::token::{self, Family};
use super::{AccountError, Accounts, lock, throttle};
use crate::config::Secret;
use crate::coordinator::{Coordinator, Tried};
use crate::secrets::Keys;
use crate::store::session::{self, FoundAgent, NewSession, StoredSession, TokenDigests};
use crate::store::{Period, StoreError, Tx, device};

/// Whether a session goes on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SessionState {
    /// It does.
    Live,
    /// It does, with other rights: who spoke comes back and is let in anew.
    Changed,
    /// It is over.
    SignInAgain,
    /// Its device was revoked.
    DeviceRevoked,
}

/// The time for which rows of sessions that ended by themselves are kept, ms.
const ENDED_KEPT_MS: i64 = 30 * 24 * 60 * 60_000;
/// Characters of a device's name.
const DEVICE_NAME_CHARS_MAX: usize = 100;

/// The meaning of a refresh token that is presented.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Turn {
    /// The latest: the next generation begins.
    Next,
    /// The one before, whose successor was not used yet: the same answer again.
    Again,
    /// An older one: a copy is about.
    Reused,
    /// Of no generation there ever was.
    Unknown,
}

/// A try under way. Its client may hang up in the middle of it.
#[derive(Debug)]
pub(super) struct Attempt<'a> {
    accounts: &'a Accounts,
    key: throttle::Key,
}

impl Drop for Attempt<'_> {
    fn drop(&mut self) {
        lock(&self.accounts.0.throttle).end(self.key);
    }
}

impl Accounts {
    /// Signs in; `from` is where the request comes from.
    ///
    /// # Errors
    /// [`AccountError::WrongCredentials`] whatever is wrong with them, after the same time.
    pub async fn sign_in(&self, login: &Login, from: IpAddr) -> Result<Session, AccountError> {
        let (slug, email) = (login.workspace.to_lowercase(), login.email.to_lowercase());
        if login.password.len() > super::password::PASSWORD_BYTES_MAX {
            return Err(AccountError::WrongCredentials);
        }
        let key = (account_digest(&slug, &email), Some(from));
        let _attempt = self.count_try(key)?;
        let turn = self.0.checks.take(key.0).await;
        let found = match &turn {
            Some(_) => self.check_password(&slug, &email, login).await,
            None => Err(AccountError::Busy),
        };
        drop(turn);
        match &found {
            Ok(_) => {
                lock(&self.0.throttle).let_in(key, self.0.clock.monotonic());
                self.notify_tried(key, true).await;
            }
            Err(AccountError::WrongCredentials) => {
                lock(&self.0.throttle).fail(key, self.0.clock.monotonic());
                self.notify_tried(key, false).await;
            }
            // Nothing was tried: the database is away, or there are too many at once.
            Err(_) => lock(&self.0.throttle).take_back(key),
        }
        self.begin_session(&found?, login).await
    }

    async fn check_password(
        &self,
        slug: &str,
        email: &str,
        login: &Login,
    ) -> Result<FoundAgent, AccountError> {
        let found = self.find(slug, email).await?.filter(|found| found.is_active);
        let hash = found.as_ref().and_then(|found| found.password_hash.as_deref());
        let password = Secret::new(login.password.as_str());
        let fits = self.0.passwords.verify(&password, hash).await?;
        found.filter(|_| fits).ok_or(AccountError::WrongCredentials)
    }

    /// Gives the next tokens for a refresh token.
    ///
    /// # Errors
    /// [`AccountError::SignInAgain`], [`AccountError::Reused`] or [`AccountError::DeviceRevoked`].
    pub async fn refresh(&self, refresh: &Refresh) -> Result<Session, AccountError> {
        let presented =
            token::presented(&refresh.refresh_token).ok_or(AccountError::SignInAgain)?;
        if presented.device != refresh.device_id {
            return Err(AccountError::SignInAgain);
        }
        let key = (presented.workspace, presented.device);
        // The one writer of SQLite is not for strangers: first the token is proven.
        let mut tx = self.0.store.read().await?;
        let stored = session::one(&mut tx, key).await?;
        tx.rollback().await?;
        self.proven(stored, &presented)?;
        let mut tx = self.0.store.begin().await?;
        let stored = session::lock(&mut tx, key).await?;
        let stored = self.proven(stored, &presented)?;
        let family = Family {
            workspace: presented.workspace,
            device: presented.device,
            family: &stored.family,
        };
        let now = self.0.clock.now();
        let digest = token::digest(&self.0.keys, &refresh.refresh_token);
        let next = match turn(&stored, presented.generation, &digest) {
            Turn::Next => stored.generation + 1,
            Turn::Again => stored.generation,
            Turn::Unknown => return Err(AccountError::SignInAgain),
            Turn::Reused => {
                self.end_reused(tx, key).await?;
                return Err(AccountError::Reused);
            }
        };
        let session = self.session(&family, stored.agent, next, now);
        let period = Period::of_ms(now, self.0.config.refresh_ms());
        let access_until = session.access_expires_at;
        if next > stored.generation {
            let digests = digests(&self.0.keys, &session);
            session::rotate(&mut tx, key, &digests, access_until, period).await?;
        } else {
            session::prolong(&mut tx, key, access_until, now).await?;
        }
        tx.commit().await?;
        Ok(session)
    }

    /// The session of the device, if the token is of it and it goes on.
    fn proven(
        &self,
        stored: Option<StoredSession>,
        presented: &token::Presented,
    ) -> Result<StoredSession, AccountError> {
        let stored = stored.ok_or(AccountError::SignInAgain)?;
        let token::Presented { workspace, device, .. } = *presented;
        let family = Family { workspace, device, family: &stored.family };
        if !family.is_of(&self.0.keys, presented) {
            return Err(AccountError::SignInAgain);
        }
        if stored.is_revoked {
            return Err(AccountError::DeviceRevoked);
        }
        if !stored.is_active || stored.expires_at <= self.0.clock.now() {
            return Err(AccountError::SignInAgain);
        }
        Ok(stored)
    }

    /// Counts a try of a password. It is under way as long as the answer is held.
    pub(super) fn count_try(&self, key: throttle::Key) -> Result<Attempt<'_>, AccountError> {
        match lock(&self.0.throttle).begin(key, self.0.clock.monotonic()) {
            Ok(()) => Ok(Attempt { accounts: self, key }),
            Err(TurnedAway::Crowded) => Err(AccountError::Busy),
            Err(TurnedAway::For(wait)) => Err(too_many(wait)),
        }
    }

    /// Counts tries together with the other nodes, for as long as it is polled. While these cannot
    /// be reached, each node counts its own.
    pub async fn share_tries(self, coordinator: Arc<dyn Coordinator>) {
        let mut tries = coordinator.on_tried();
        drop(self.0.others.set(coordinator));
        loop {
            match tries.recv().await {
                Ok(tried) => {
                    lock(&self.0.throttle).receive(&tried, self.0.clock.monotonic());
                }
                Err(RecvError::Lagged(_)) => {}
                Err(RecvError::Closed) => return,
            }
        }
    }

    pub(super) async fn notify_tried(&self, (account, from): throttle::Key, is_let_in: bool) {
        if let Some(others) = self.0.others.get() {
            others.tried(Tried { account, from, is_let_in }).await.unwrap_or_default();
        }
    }

    pub(super) async fn find(
        &self,
        slug: &str,
        email: &str,
    ) -> Result<Option<FoundAgent>, AccountError> {
        // PostgreSQL takes no NUL in a text.
        if slug.contains('\0') || email.contains('\0') {
            return Ok(None);
        }
        Ok(session::find(&self.0.store, slug, email).await?)
    }

    pub(super) async fn begin_session(
        &self,
        found: &FoundAgent,
        login: &Login,
    ) -> Result<Session, AccountError> {
        let (workspace, agent) = found.agent;
        let mut tx = self.0.store.begin().await?;
        if !session::lock_agent(&mut tx, found).await? {
            return Err(AccountError::WrongCredentials);
        }
        let fresh = DeviceId(self.0.clock.uuid_v7());
        let name = device_name(login.device_name.as_deref());
        // A device that is another's, or was revoked, keeps its row: this session gets a new id.
        for device in [login.device_id.unwrap_or(fresh), fresh] {
            let family = hex::encode(self.0.clock.bytes::<16>());
            let family = Family { workspace, device, family: &family };
            let now = self.0.clock.now();
            let session = self.session(&family, agent, 1, now);
            let new = NewSession {
                device: (workspace, device),
                agent,
                name: &name,
                family: family.family,
                digests: &digests(&self.0.keys, &session),
                access_until: session.access_expires_at,
                period: Period::of_ms(now, self.0.config.refresh_ms()),
            };
            if session::begin(&mut tx, &new).await? {
                session::sweep(&mut tx, found.agent, now.plus_ms(-ENDED_KEPT_MS)).await?;
                let ended = end_oldest(&mut tx, &session, self.0.config.devices_max, now).await?;
                tx.commit().await?;
                self.notify_ended(workspace, &ended, SessionState::SignInAgain);
                return Ok(session);
            }
        }
        Err(AccountError::Broken("no device id was free".to_owned()))
    }

    fn session(
        &self,
        family: &Family<'_>,
        agent_id: AgentId,
        generation: u64,
        now: Timestamp,
    ) -> Session {
        Session {
            access_token: family.access(&self.0.keys, generation).expose().to_owned(),
            access_expires_at: now.plus_ms(self.0.config.access_ms()),
            refresh_token: family.refresh(&self.0.keys, generation).expose().to_owned(),
            device_id: family.device,
            agent_id,
            workspace_id: family.workspace,
        }
    }

    async fn end_reused(
        &self,
        mut tx: Tx,
        (workspace, device): Key<DeviceId>,
    ) -> Result<(), AccountError> {
        device::end(&mut tx, workspace, &[device]).await?;
        tx.commit().await?;
        tracing::warn!(%workspace, %device, "a refresh token was used twice: its session ended");
        self.notify_ended(workspace, &[device], SessionState::SignInAgain);
        Ok(())
    }
}

pub(super) fn too_many(wait: Duration) -> AccountError {
    let retry_after_ms = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX).max(1);
    AccountError::TooManyTries { retry_after_ms }
}

pub(super) fn account_digest(slug: &str, email: &str) -> [u8; 32] {
    let mut hasher = Sha256::new();
    hasher.update(slug);
    hasher.update([0]);
    hasher.update(email);
    hasher.finalize().into()
}

/// The digests of a session's tokens, under which they are stored.
fn digests(keys: &Keys, session: &Session) -> TokenDigests {
    TokenDigests {
        refresh: token::digest(keys, &session.refresh_token),
        access: token::digest(keys, &session.access_token),
    }
}

/// Ends the sessions of an agent beyond so many: of the devices that were seen last longest ago.
async fn end_oldest(
    tx: &mut Tx,
    session: &Session,
    devices_max: u32,
    now: Timestamp,
) -> Result<Vec<DeviceId>, StoreError> {
    let workspace = session.workspace_id;
    let agent = (workspace, session.agent_id);
    let mut live = session::others(tx, agent, session.device_id, now).await?;
    let others_max = usize::try_from(devices_max).unwrap_or(usize::MAX).saturating_sub(1);
    let over = live.split_off(others_max.min(live.len()));
    if !over.is_empty() {
        device::end(tx, workspace, &over).await?;
    }
    Ok(over)
}

fn turn(stored: &StoredSession, presented: u64, digest: &str) -> Turn {
    let generation = stored.generation;
    if presented == generation && digest == stored.refresh_digest {
        Turn::Next
    } else if presented.checked_add(1) == Some(generation)
        && Some(digest) == stored.previous_digest.as_deref()
    {
        Turn::Again
    } else if presented < generation {
        Turn::Reused
    } else {
        Turn::Unknown
    }
}

fn device_name(given: Option<&str>) -> String {
    let name: String = given
        .unwrap_or_default()
        .chars()
        .filter(|c| !c.is_control())
        .take(DEVICE_NAME_CHARS_MAX)
        .collect();
    if name.trim().is_empty() { "unnamed".to_owned() } else { name.trim().to_owned() }
}
