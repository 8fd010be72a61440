//! Signing in, refreshing, and who a token belongs to.
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

use baton_protocol::account::{Login, Refresh, Session};
use baton_protocol::{AgentId, DeviceId, Timestamp, WorkspaceId};
use sha2::{Digest as _, Sha256};
use sqlx_macros::FromRow;
use tokio::sync::broadcast::error::RecvError;

use super::throttle::TurnedAway;
use super::token::{self, Family};
use super::{AccountError, Accounts, lock, throttle};
use crate::config::Secret;
use crate::coordinator::{Coordinator, Tried};
use crate::secrets::Keys;
use crate::store::{Period, Sql, StoreError, Tx};

/// Whether a session goes on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SessionState {
    /// It does.
    Live,
    /// It is over.
    SignInAgain,
    /// Its device was revoked.
    DeviceRevoked,
}

/// How long rows of sessions that ended by themselves are kept, ms.
const ENDED_KEPT_MS: i64 = 30 * 24 * 60 * 60_000;
/// Characters of a device's name.
const DEVICE_NAME_CHARS_MAX: usize = 100;

/// An agent who may sign in.
#[derive(FromRow)]
pub(super) struct Found {
    pub(super) workspace: String,
    pub(super) agent: String,
    password_hash: Option<String>,
    state: String,
}

#[derive(FromRow)]
struct DeviceRow {
    agent: String,
    family: String,
    generation: i64,
    refresh_digest: String,
    previous_digest: Option<String>,
    refresh_expires_at: i64,
    revoked_at: Option<i64>,
    state: String,
}

/// What a presented refresh token means.
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

/// A try under way. Whoever asks may hang up in the middle of it.
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
                self.tell_tried(key, true).await;
            }
            Err(AccountError::WrongCredentials) => {
                lock(&self.0.throttle).fail(key, self.0.clock.monotonic());
                self.tell_tried(key, false).await;
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
    ) -> Result<Found, AccountError> {
        let found = self.find(slug, email).await?.filter(|found| found.state == "active");
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
        // The one writer of SQLite is not for strangers: first it is proven who asks.
        let mut tx = self.0.store.read().await?;
        let row = read_device(&mut tx, presented.workspace, presented.device).await?;
        tx.rollback().await?;
        self.proven(row, &presented)?;
        let mut tx = self.0.store.begin().await?;
        let row = lock_device(&mut tx, presented.workspace, presented.device).await?;
        let row = self.proven(row, &presented)?;
        let family = Family {
            workspace: presented.workspace,
            device: presented.device,
            family: &row.family,
        };
        let now = self.0.clock.now();
        let generation = u64::try_from(row.generation).unwrap_or(0);
        let digest = token::digest(&self.0.keys, &refresh.refresh_token);
        let next = match turn(&row, presented.generation, &digest) {
            Turn::Next => generation + 1,
            Turn::Again => generation,
            Turn::Unknown => return Err(AccountError::SignInAgain),
            Turn::Reused => {
                self.end_reused(tx, presented.workspace, presented.device).await?;
                return Err(AccountError::Reused);
            }
        };
        let session = self.session(&family, &row.agent, next, now)?;
        let period = Period::of_ms(now, self.0.config.refresh_ms());
        rotate(&mut tx, &self.0.keys, &session, next > generation, period).await?;
        tx.commit().await?;
        Ok(session)
    }

    /// The device's row, if the token is of its session and that goes on.
    fn proven(
        &self,
        row: Option<DeviceRow>,
        presented: &token::Presented,
    ) -> Result<DeviceRow, AccountError> {
        let row = row.ok_or(AccountError::SignInAgain)?;
        let token::Presented { workspace, device, .. } = *presented;
        let family = Family { workspace, device, family: &row.family };
        if !family.is_of(&self.0.keys, presented) {
            return Err(AccountError::SignInAgain);
        }
        if row.revoked_at.is_some() {
            return Err(AccountError::DeviceRevoked);
        }
        if row.state != "active" || row.refresh_expires_at <= self.0.clock.now().ms() {
            return Err(AccountError::SignInAgain);
        }
        Ok(row)
    }

    /// Counts a try of a password. It is under way as long as the answer is held.
    pub(super) fn count_try(&self, key: throttle::Key) -> Result<Attempt<'_>, AccountError> {
        match lock(&self.0.throttle).begin(key, self.0.clock.monotonic()) {
            Ok(()) => Ok(Attempt { accounts: self, key }),
            Err(TurnedAway::Crowded) => Err(AccountError::Busy),
            Err(TurnedAway::For(wait)) => {
                let retry_after_ms = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX).max(1);
                Err(AccountError::TooManyTries { retry_after_ms })
            }
        }
    }

    /// Counts tries together with the other nodes, for as long as it is polled. While they cannot
    /// be told, each node counts its own.
    pub async fn share_tries(self, coordinator: Arc<dyn Coordinator>) {
        let mut tries = coordinator.on_tried();
        drop(self.0.others.set(coordinator));
        loop {
            match tries.recv().await {
                Ok(tried) => {
                    lock(&self.0.throttle).hear(&tried, self.0.clock.monotonic());
                }
                Err(RecvError::Lagged(_)) => {}
                Err(RecvError::Closed) => return,
            }
        }
    }

    pub(super) async fn tell_tried(&self, (account, from): throttle::Key, is_let_in: bool) {
        if let Some(others) = self.0.others.get() {
            others.tried(Tried { account, from, is_let_in }).await.unwrap_or_default();
        }
    }

    pub(super) async fn find(
        &self,
        slug: &str,
        email: &str,
    ) -> Result<Option<Found>, AccountError> {
        static FIND: Sql = Sql::new(
            "SELECT w.id AS workspace, a.id AS agent, a.password_hash, a.state
             FROM workspace w JOIN agent a ON a.workspace = w.id
             WHERE w.slug = $1 AND a.email = $2",
        );
        // PostgreSQL takes no NUL in a text.
        if slug.contains('\0') || email.contains('\0') {
            return Ok(None);
        }
        let mut tx = self.0.store.read().await?;
        let found = tx.row(&FIND, &[slug, email]).await?;
        tx.rollback().await?;
        Ok(found)
    }

    pub(super) async fn begin_session(
        &self,
        found: &Found,
        login: &Login,
    ) -> Result<Session, AccountError> {
        let workspace: WorkspaceId = parse(&found.workspace)?;
        let mut tx = self.0.store.begin().await?;
        if !is_unchanged(&mut tx, found).await? {
            return Err(AccountError::WrongCredentials);
        }
        let fresh = DeviceId(self.0.clock.uuid_v7());
        let name = device_name(login.device_name.as_deref());
        // A device that is another's, or was revoked, keeps its row: this session gets a new id.
        for device in [login.device_id.unwrap_or(fresh), fresh] {
            let family = hex::encode(self.0.clock.bytes::<16>());
            let family = Family { workspace, device, family: &family };
            let now = self.0.clock.now();
            let session = self.session(&family, &found.agent, 1, now)?;
            let period = Period::of_ms(now, self.0.config.refresh_ms());
            let new = NewDevice { session: &session, family: family.family, name: &name, period };
            if put_device(&mut tx, &self.0.keys, &new).await? {
                sweep(&mut tx, found, now).await?;
                let ended = end_oldest(&mut tx, &session, self.0.config.devices_max, now).await?;
                tx.commit().await?;
                self.tell_ended(workspace, &ended, SessionState::SignInAgain);
                return Ok(session);
            }
        }
        Err(AccountError::Broken("no device id was free".to_owned()))
    }

    fn session(
        &self,
        family: &Family<'_>,
        agent: &str,
        generation: u64,
        now: Timestamp,
    ) -> Result<Session, AccountError> {
        let agent_id: AgentId = parse(agent)?;
        Ok(Session {
            access_token: family.access(&self.0.keys, generation).expose().to_owned(),
            access_expires_at: now.plus_ms(self.0.config.access_ms()),
            refresh_token: family.refresh(&self.0.keys, generation).expose().to_owned(),
            device_id: family.device,
            agent_id,
            workspace_id: family.workspace,
        })
    }

    async fn end_reused(
        &self,
        mut tx: Tx,
        workspace: WorkspaceId,
        device: DeviceId,
    ) -> Result<(), AccountError> {
        static END: Sql = Sql::new(
            "UPDATE device SET access_expires_at = 0, refresh_expires_at = 0
             WHERE workspace = $1 AND id = $2",
        );
        tx.run(&END, &[&workspace.to_string(), &device.to_string()]).await?;
        tx.commit().await?;
        tracing::warn!(%workspace, %device, "a refresh token was used twice: its session ended");
        self.tell_ended(workspace, &[device], SessionState::SignInAgain);
        Ok(())
    }
}

pub(super) fn account_digest(slug: &str, email: &str) -> [u8; 32] {
    let mut hasher = Sha256::new();
    hasher.update(slug);
    hasher.update([0]);
    hasher.update(email);
    hasher.finalize().into()
}

/// Locks the agent, so that a new password or a deactivation comes before this session or ends it.
async fn is_unchanged(tx: &mut Tx, found: &Found) -> Result<bool, StoreError> {
    static LOCK: Sql = Sql::new(
        "SELECT id FROM agent
         WHERE workspace = $1 AND id = $2 AND state = 'active' AND password_hash = $3 {lock}",
    );
    let hash = found.password_hash.as_deref().unwrap_or_default();
    Ok(tx.row::<(String,)>(&LOCK, &[&found.workspace, &found.agent, hash]).await?.is_some())
}

/// A device whose session begins.
struct NewDevice<'a> {
    session: &'a Session,
    family: &'a str,
    name: &'a str,
    period: Period,
}

async fn put_device(tx: &mut Tx, keys: &Keys, new: &NewDevice<'_>) -> Result<bool, StoreError> {
    static PUT: Sql = Sql::new(
        "INSERT INTO device (workspace, id, agent, name, family, generation, refresh_digest,
           access_digest, access_expires_at, refresh_expires_at, created_at, last_seen_at)
         VALUES ($1, $2, $3, $4, $5, 1, $6, $7, CAST($8 AS BIGINT), CAST($9 AS BIGINT),
           CAST($10 AS BIGINT), CAST($10 AS BIGINT))
         ON CONFLICT (workspace, id) DO UPDATE SET name = excluded.name,
           family = excluded.family, generation = 1, refresh_digest = excluded.refresh_digest,
           previous_digest = NULL, access_digest = excluded.access_digest,
           access_expires_at = excluded.access_expires_at,
           refresh_expires_at = excluded.refresh_expires_at, created_at = excluded.created_at,
           last_seen_at = excluded.last_seen_at
         WHERE device.agent = excluded.agent AND device.revoked_at IS NULL",
    );
    let NewDevice { session, family, name, period } = *new;
    let args = [
        &session.workspace_id.to_string(),
        &session.device_id.to_string(),
        &session.agent_id.to_string(),
        name,
        family,
        &token::digest(keys, &session.refresh_token),
        &token::digest(keys, &session.access_token),
        &session.access_expires_at.ms().to_string(),
        &period.until.ms().to_string(),
        &period.from.ms().to_string(),
    ];
    Ok(tx.run(&PUT, &args).await? > 0)
}

/// Forgets sessions of this agent that ended long ago by themselves; revoked ones stay, for their
/// devices have to be told whenever they come back.
async fn sweep(tx: &mut Tx, found: &Found, now: Timestamp) -> Result<(), StoreError> {
    static SWEEP: Sql = Sql::new(
        "DELETE FROM device WHERE workspace = $1 AND agent = $2 AND revoked_at IS NULL
           AND refresh_expires_at < CAST($3 AS BIGINT) AND last_seen_at < CAST($3 AS BIGINT)",
    );
    let before = now.plus_ms(-ENDED_KEPT_MS).ms().to_string();
    tx.run(&SWEEP, &[&found.workspace, &found.agent, &before]).await?;
    Ok(())
}

/// Ends the sessions of an agent beyond so many: of the devices that were seen last longest ago.
async fn end_oldest(
    tx: &mut Tx,
    session: &Session,
    devices_max: u32,
    now: Timestamp,
) -> Result<Vec<DeviceId>, StoreError> {
    static LIVE: Sql = Sql::new(
        "SELECT id FROM device WHERE workspace = $1 AND agent = $2 AND id <> $3
           AND revoked_at IS NULL AND refresh_expires_at > CAST($4 AS BIGINT)
         ORDER BY last_seen_at DESC, id DESC",
    );
    static END: Sql = Sql::new(
        "UPDATE device SET access_expires_at = 0, refresh_expires_at = 0
         WHERE workspace = $1 AND id {in $2}",
    );
    let workspace = session.workspace_id.to_string();
    let (agent, this) = (session.agent_id.to_string(), session.device_id.to_string());
    let args = [workspace.as_str(), &agent, &this, &now.ms().to_string()];
    let live = tx.rows::<(String,)>(&LIVE, &args).await?;
    let others_max = usize::try_from(devices_max).unwrap_or(usize::MAX).saturating_sub(1);
    let over: Vec<String> = live.into_iter().skip(others_max).map(|(id,)| id).collect();
    if !over.is_empty() {
        tx.run(&END, &[&workspace, &serde_json::json!(over).to_string()]).await?;
    }
    over.iter().map(|id| parse(id)).collect()
}

async fn lock_device(
    tx: &mut Tx,
    workspace: WorkspaceId,
    device: DeviceId,
) -> Result<Option<DeviceRow>, StoreError> {
    static LOCK: Sql = Sql::new("SELECT id FROM device WHERE workspace = $1 AND id = $2 {lock}");
    let args = [&workspace.to_string(), &*device.to_string()];
    tx.rows::<(String,)>(&LOCK, &args).await?;
    // A statement that locks and reads at once may read what was before it waited.
    read_device(tx, workspace, device).await
}

async fn read_device(
    tx: &mut Tx,
    workspace: WorkspaceId,
    device: DeviceId,
) -> Result<Option<DeviceRow>, StoreError> {
    static READ: Sql = Sql::new(
        "SELECT d.agent, d.family, d.generation, d.refresh_digest, d.previous_digest,
           d.refresh_expires_at, d.revoked_at, a.state
         FROM device d JOIN agent a ON a.workspace = d.workspace AND a.id = d.agent
         WHERE d.workspace = $1 AND d.id = $2",
    );
    tx.row(&READ, &[&workspace.to_string(), &device.to_string()]).await
}

fn turn(row: &DeviceRow, presented: u64, digest: &str) -> Turn {
    let Ok(generation) = u64::try_from(row.generation) else { return Turn::Unknown };
    if presented == generation && digest == row.refresh_digest {
        Turn::Next
    } else if presented.checked_add(1) == Some(generation)
        && Some(digest) == row.previous_digest.as_deref()
    {
        Turn::Again
    } else if presented < generation {
        Turn::Reused
    } else {
        Turn::Unknown
    }
}

/// Stores the tokens of a generation; of one that was there already only the access is prolonged.
async fn rotate(
    tx: &mut Tx,
    keys: &Keys,
    session: &Session,
    is_next: bool,
    period: Period,
) -> Result<(), StoreError> {
    static NEXT: Sql = Sql::new(
        "UPDATE device SET generation = generation + 1, previous_digest = refresh_digest,
           refresh_digest = $3, access_digest = $4, access_expires_at = CAST($5 AS BIGINT),
           refresh_expires_at = CAST($6 AS BIGINT), last_seen_at = CAST($7 AS BIGINT)
         WHERE workspace = $1 AND id = $2",
    );
    static AGAIN: Sql = Sql::new(
        "UPDATE device SET access_expires_at = CAST($3 AS BIGINT),
           last_seen_at = CAST($4 AS BIGINT)
         WHERE workspace = $1 AND id = $2",
    );
    let (workspace, device) = (session.workspace_id.to_string(), session.device_id.to_string());
    let access_until = session.access_expires_at.ms().to_string();
    let now_ms = period.from.ms().to_string();
    if is_next {
        let args = [
            &workspace,
            &device,
            &token::digest(keys, &session.refresh_token),
            &token::digest(keys, &session.access_token),
            access_until.as_str(),
            &period.until.ms().to_string(),
            &now_ms,
        ];
        tx.run(&NEXT, &args).await?;
    } else {
        tx.run(&AGAIN, &[&workspace, &device, &access_until, &now_ms]).await?;
    }
    Ok(())
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

/// An id as the database has it.
pub(super) fn parse<T: std::str::FromStr<Err = uuid::Error>>(text: &str) -> Result<T, StoreError> {
    text.parse().map_err(|error| StoreError::corrupt(format!("an id: {error}")))
}
