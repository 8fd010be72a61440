//! The devices of people: listing them, ending their sessions, revoking them.
//!
//! Ending a session lets the device keep what it holds and sign in again; revoking makes it wipe.
//! Signing out ends the session of the device in hand. Another device, lost perhaps, is revoked. A
//! device that an admin takes from somebody is revoked too.
//!
//! A password that was set and a device that was revoked stand in the log, with who did it.

use baton_protocol::account::Device;
use baton_protocol::{AgentId, DeviceId, Fact, Role, Timestamp, WorkspaceId};
use sqlx_macros::FromRow;

use super::password::check_new;
use super::session::{account_digest, parse};
use super::{AccountError, Accounts, SessionState, Setter, Signed, lock};
use crate::config::Secret;
use crate::engine::Engine;
use crate::engine::work::SettingWork;
use crate::store::Sql;

#[derive(FromRow)]
struct DeviceListRow {
    id: String,
    name: String,
    created_at: i64,
    last_seen_at: i64,
}

#[derive(FromRow)]
struct SessionStateRow {
    id: String,
    state: String,
    refresh_expires_at: i64,
    revoked_at: Option<i64>,
}

/// Ends all sessions of an agent but one ('' for none) that are not over.
static END_ALL: Sql = Sql::new(
    "UPDATE device SET access_expires_at = 0, refresh_expires_at = 0
     WHERE workspace = $1 AND agent = $2 AND id <> $3 AND revoked_at IS NULL
       AND (refresh_expires_at > CAST($4 AS BIGINT) OR access_expires_at > CAST($4 AS BIGINT))",
);

/// A new password of an agent, and the device whose session goes on.
#[derive(Clone, Copy)]
struct NewPassword<'a> {
    agent: AgentId,
    keep: Option<DeviceId>,
    password: &'a Secret,
}

impl Accounts {
    /// One's own devices that are signed in.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn devices(&self, signed: Signed) -> Result<Vec<Device>, AccountError> {
        self.devices_of(signed.workspace, signed.agent, Some(signed.device)).await
    }

    /// The devices of an agent that are signed in; `current` is the one that asks.
    ///
    /// # Errors
    /// When the store cannot be read, or there is no such agent.
    pub async fn devices_of(
        &self,
        workspace: WorkspaceId,
        agent: AgentId,
        current: Option<DeviceId>,
    ) -> Result<Vec<Device>, AccountError> {
        static AGENT: Sql = Sql::new("SELECT id FROM agent WHERE workspace = $1 AND id = $2");
        static LIST: Sql = Sql::new(
            "SELECT id, name, created_at, last_seen_at FROM device
             WHERE workspace = $1 AND agent = $2 AND revoked_at IS NULL
               AND refresh_expires_at > CAST($3 AS BIGINT)
             ORDER BY created_at, id",
        );
        let now = self.0.clock.now().ms().to_string();
        let mut tx = self.0.store.read().await?;
        let (workspace, agent) = (workspace.to_string(), agent.to_string());
        let known = tx.row::<(String,)>(&AGENT, &[&workspace, &agent]).await?;
        let rows = tx.rows::<DeviceListRow>(&LIST, &[&workspace, &agent, &now]).await?;
        tx.rollback().await?;
        known.ok_or(AccountError::NotFound { what: "agent" })?;
        let device = |row: DeviceListRow| {
            let id = parse(&row.id)?;
            Ok(Device {
                id,
                name: row.name,
                created_at: Timestamp::from_ms(row.created_at),
                last_seen_at: Timestamp::from_ms(row.last_seen_at),
                current: Some(id) == current,
            })
        };
        rows.into_iter().map(device).collect()
    }

    /// Revokes a device: one's own, or as admin anybody's.
    ///
    /// # Errors
    /// [`AccountError::NotFound`] for a device that is none of theirs.
    pub async fn revoke(
        &self,
        engine: &Engine,
        by: Signed,
        device: DeviceId,
    ) -> Result<(), AccountError> {
        let work = self.plan_revocation(by, device).await?;
        self.settle(engine, work).await?;
        tracing::info!(workspace = %by.workspace, by = %by.agent, %device, "device revoked");
        self.tell_ended(by.workspace, &[device], SessionState::DeviceRevoked);
        Ok(())
    }

    /// Ends one's own session. The device keeps what it holds: drafts and what was not sent yet
    /// are there when the same agent signs in again.
    ///
    /// # Errors
    /// When the store is away.
    pub async fn sign_out(&self, signed: Signed) -> Result<(), AccountError> {
        static END: Sql = Sql::new(
            "UPDATE device SET access_expires_at = 0, refresh_expires_at = 0
             WHERE workspace = $1 AND id = $2",
        );
        let Signed { workspace, agent, device, .. } = signed;
        let mut tx = self.0.store.begin().await?;
        tx.run(&END, &[&workspace.to_string(), &device.to_string()]).await?;
        tx.commit().await?;
        tracing::info!(%workspace, %agent, %device, "signed out");
        self.tell_ended(workspace, &[device], SessionState::SignInAgain);
        Ok(())
    }

    async fn plan_revocation(
        &self,
        by: Signed,
        device_id: DeviceId,
    ) -> Result<SettingWork, AccountError> {
        static READ: Sql = Sql::new(
            "SELECT agent, revoked_at FROM device
             WHERE workspace = $1 AND id = $2 AND ($3 = '' OR agent = $3)",
        );
        static REVOKE: Sql = Sql::new(
            "UPDATE device SET revoked_at = COALESCE(revoked_at, CAST($3 AS BIGINT))
             WHERE workspace = $1 AND id = $2",
        );
        let of = if by.role == Role::Admin { String::new() } else { by.agent.to_string() };
        let (workspace, id) = (by.workspace.to_string(), device_id.to_string());
        let mut tx = self.0.store.read().await?;
        let row = tx.row::<(String, Option<i64>)>(&READ, &[&workspace, &id, &of]).await?;
        tx.rollback().await?;
        let (agent, revoked_at) = row.ok_or(AccountError::NotFound { what: "device" })?;
        let setter = Setter { workspace: by.workspace, by: Some(by.agent) };
        if revoked_at.is_some() {
            return Ok(setter.work(Vec::new(), Vec::new()));
        }
        let args = vec![workspace, id, self.0.clock.now().ms().to_string()];
        let fact = Fact::DeviceRevoked { agent_id: parse(&agent)?, device_id };
        Ok(setter.work(vec![(&REVOKE, args)], vec![fact]))
    }

    /// Whether a device's session goes on.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn standing(
        &self,
        workspace: WorkspaceId,
        device: DeviceId,
    ) -> Result<SessionState, AccountError> {
        let standings = self.standings(workspace, &[device]).await?;
        Ok(standings.first().copied().unwrap_or(SessionState::SignInAgain))
    }

    /// Whether these devices' sessions go on, in the same order.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn standings(
        &self,
        workspace: WorkspaceId,
        devices: &[DeviceId],
    ) -> Result<Vec<SessionState>, AccountError> {
        static READ: Sql = Sql::new(
            "SELECT d.id, a.state, d.refresh_expires_at, d.revoked_at
             FROM device d JOIN agent a ON a.workspace = d.workspace AND a.id = d.agent
             WHERE d.workspace = $1 AND d.id {in $2}",
        );
        let ids: Vec<String> = devices.iter().map(ToString::to_string).collect();
        let list = serde_json::Value::from(ids.clone()).to_string();
        let mut tx = self.0.store.read().await?;
        let rows = tx.rows::<SessionStateRow>(&READ, &[&workspace.to_string(), &list]).await?;
        tx.rollback().await?;
        let now = self.0.clock.now().ms();
        let known: std::collections::BTreeMap<&str, SessionState> =
            rows.iter().map(|row| (row.id.as_str(), row.standing(now))).collect();
        let is_other = |device: &&DeviceId| !known.contains_key(device.to_string().as_str());
        let others: Vec<DeviceId> = devices.iter().filter(is_other).copied().collect();
        let keys = self.good_keys(workspace, &others).await?;
        let standing = |device: &DeviceId| {
            let known = known.get(device.to_string().as_str()).copied();
            let key = || keys.contains(device).then_some(SessionState::Live);
            known.or_else(key).unwrap_or(SessionState::SignInAgain)
        };
        Ok(devices.iter().map(standing).collect())
    }

    /// Changes one's own password; the other sessions end.
    ///
    /// # Errors
    /// [`AccountError::WrongCredentials`] when `current` is not the present one.
    pub async fn change_password(
        &self,
        engine: &Engine,
        signed: Signed,
        current: &Secret,
        next: &Secret,
    ) -> Result<(), AccountError> {
        static READ: Sql =
            Sql::new("SELECT password_hash, email FROM agent WHERE workspace = $1 AND id = $2");
        check_new(next, "")?;
        let (workspace, agent) = (signed.workspace.to_string(), signed.agent.to_string());
        // Whoever holds a phone that was left open must not be able to guess.
        let key = (account_digest(&workspace, &agent), None);
        let _attempt = self.count_try(key)?;
        let fits = async {
            let mut tx = self.0.store.read().await?;
            let args = [workspace.as_str(), &agent];
            let row = tx.row::<(Option<String>, String)>(&READ, &args).await?;
            tx.rollback().await?;
            let (hash, email) = row.unwrap_or_default();
            let fits = self.0.passwords.verify(current, hash.as_deref()).await?;
            Ok::<_, AccountError>((fits, email))
        };
        // What nobody could look at was no try.
        let (fits, email) = fits.await.inspect_err(|_| lock(&self.0.throttle).take_back(key))?;
        self.tell_tried(key, fits).await;
        if !fits {
            return Err(AccountError::WrongCredentials);
        }
        lock(&self.0.throttle).forgive(key);
        check_new(next, &email)?;
        let setter = Setter { workspace: signed.workspace, by: Some(signed.agent) };
        let new = NewPassword { agent: signed.agent, keep: Some(signed.device), password: next };
        self.put_password(engine, setter, new).await
    }

    /// Sets an agent's password; all their sessions end.
    ///
    /// # Errors
    /// When the password is too short or the store is away.
    pub async fn set_password(
        &self,
        engine: &Engine,
        setter: Setter,
        agent: AgentId,
        next: &Secret,
    ) -> Result<(), AccountError> {
        static READ: Sql = Sql::new("SELECT email FROM agent WHERE workspace = $1 AND id = $2");
        let args = [setter.workspace.to_string(), agent.to_string()];
        let mut tx = self.0.store.read().await?;
        let row = tx.row::<(String,)>(&READ, &[&args[0], &args[1]]).await?;
        tx.rollback().await?;
        let (email,) = row.ok_or(AccountError::NotFound { what: "agent" })?;
        check_new(next, &email)?;
        let new = NewPassword { agent, keep: None, password: next };
        self.put_password(engine, setter, new).await
    }

    /// Writes the password of an agent that is there and ends their sessions, all but one.
    async fn put_password(
        &self,
        engine: &Engine,
        setter: Setter,
        new: NewPassword<'_>,
    ) -> Result<(), AccountError> {
        static PUT: Sql =
            Sql::new("UPDATE agent SET password_hash = $3 WHERE workspace = $1 AND id = $2");
        let NewPassword { agent: agent_id, keep, password } = new;
        let hash = self.0.passwords.hash(password).await?;
        let of = [setter.workspace.to_string(), agent_id.to_string()];
        let keep = keep.map(|device| device.to_string()).unwrap_or_default();
        let with = |last: String| of.iter().cloned().chain([last]).collect::<Vec<_>>();
        let mut end = with(keep);
        end.push(self.0.clock.now().ms().to_string());
        let writes = vec![(&PUT, with(hash)), (&END_ALL, end)];
        let work = setter.work(writes, vec![Fact::PasswordSet { agent_id }]);
        self.settle(engine, work).await?;
        self.tell_signed_out(setter.workspace, agent_id).await
    }

    /// Tells of the devices whose sessions were ended with the password.
    async fn tell_signed_out(
        &self,
        workspace: WorkspaceId,
        agent: AgentId,
    ) -> Result<(), AccountError> {
        static READ: Sql = Sql::new(
            "SELECT id FROM device WHERE workspace = $1 AND agent = $2 AND revoked_at IS NULL
               AND refresh_expires_at = 0",
        );
        let ended = self.device_ids(&READ, workspace, agent).await?;
        tracing::info!(%workspace, %agent, sessions = ended.len(), "password set, sessions ended");
        self.tell_ended(workspace, &ended, SessionState::SignInAgain);
        Ok(())
    }

    /// Tells of all devices of an agent whose revocation was committed with the agent's leaving.
    ///
    /// # Errors
    /// The store cannot be read.
    pub(super) async fn tell_revoked(
        &self,
        workspace: WorkspaceId,
        agent: AgentId,
    ) -> Result<(), AccountError> {
        static READ: Sql = Sql::new(
            "SELECT id FROM device WHERE workspace = $1 AND agent = $2 AND revoked_at IS NOT NULL",
        );
        let devices = self.device_ids(&READ, workspace, agent).await?;
        self.tell_ended(workspace, &devices, SessionState::DeviceRevoked);
        Ok(())
    }

    async fn device_ids(
        &self,
        sql: &'static Sql,
        workspace: WorkspaceId,
        agent: AgentId,
    ) -> Result<Vec<DeviceId>, AccountError> {
        let mut tx = self.0.store.read().await?;
        let args = [&workspace.to_string(), &*agent.to_string()];
        let rows = tx.rows::<(String,)>(sql, &args).await?;
        tx.rollback().await?;
        Ok(rows.iter().map(|(id,)| parse(id)).collect::<Result<_, _>>()?)
    }
}

impl SessionStateRow {
    fn standing(&self, now_ms: i64) -> SessionState {
        if self.revoked_at.is_some() {
            SessionState::DeviceRevoked
        } else if self.state != "active" || self.refresh_expires_at <= now_ms {
            SessionState::SignInAgain
        } else {
            SessionState::Live
        }
    }
}
