//! The devices of people: listing them, ending their sessions, revoking them.
//!
//! Ending a session lets the device keep what it holds and sign in again; revoking makes it wipe.
//! Signing out ends the session of the device in hand. Another device, lost perhaps, is revoked. A
//! device that an admin takes from somebody is revoked too.
//!
//! A password that was set and a device that was revoked stand in the log, with who did it.

use baton_domain::group::Key;
use baton_protocol::account::Device;
use baton_protocol::{AgentId, DeviceId, Fact, Role, WorkspaceId};

use super::password::check_new;
use super::session::account_digest;
use super::{AccountError, Accounts, SessionState, Setter, lock};
use crate::config::Secret;
use crate::engine::Engine;
use crate::engine::work::SettingWork;
use crate::speaker::Speaker;
use crate::store::agent;
use crate::store::device;

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
    pub async fn devices(&self, signed: Speaker) -> Result<Vec<Device>, AccountError> {
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
        let now = self.0.clock.now();
        let found = device::signed_in(&self.0.store, (workspace, agent), current, now).await?;
        found.ok_or(AccountError::NotFound { what: "agent" })
    }

    /// Revokes a device: one's own, or as admin anybody's.
    ///
    /// # Errors
    /// [`AccountError::NotFound`] for a device that is none of theirs.
    pub async fn revoke(
        &self,
        engine: &Engine,
        by: Speaker,
        device: DeviceId,
    ) -> Result<(), AccountError> {
        let work = self.plan_revocation(by, device).await?;
        self.settle(engine, work).await?;
        tracing::info!(workspace = %by.workspace, by = %by.agent, %device, "device revoked");
        self.notify_ended(by.workspace, &[device], SessionState::DeviceRevoked);
        Ok(())
    }

    /// Ends one's own session. The device keeps what it holds: drafts and what was not sent yet
    /// are there when the same agent signs in again.
    ///
    /// # Errors
    /// When the store is away.
    pub async fn sign_out(&self, signed: Speaker) -> Result<(), AccountError> {
        let Speaker { workspace, agent, device, .. } = signed;
        let mut tx = self.0.store.begin().await?;
        device::end(&mut tx, workspace, &[device]).await?;
        tx.commit().await?;
        tracing::info!(%workspace, %agent, %device, "signed out");
        self.notify_ended(workspace, &[device], SessionState::SignInAgain);
        Ok(())
    }

    async fn plan_revocation(
        &self,
        by: Speaker,
        device_id: DeviceId,
    ) -> Result<SettingWork, AccountError> {
        let key = (by.workspace, device_id);
        let owner = device::owner(&self.0.store, key).await?;
        let may = |agent: AgentId| by.role == Role::Admin || agent == by.agent;
        let owner = owner.filter(|owner| may(owner.agent));
        let owner = owner.ok_or(AccountError::NotFound { what: "device" })?;
        let setter = Setter { workspace: by.workspace, by: Some(by.agent) };
        if owner.is_revoked {
            return Ok(setter.work(Vec::new(), Vec::new()));
        }
        let fact = Fact::DeviceRevoked { agent_id: owner.agent, device_id };
        Ok(setter.work(vec![device::revoke(key, self.0.clock.now())], vec![fact]))
    }

    /// Changes one's own password; the other sessions end.
    ///
    /// # Errors
    /// [`AccountError::WrongCredentials`] when `current` is not the present one.
    pub async fn change_password(
        &self,
        engine: &Engine,
        signed: Speaker,
        current: &Secret,
        next: &Secret,
    ) -> Result<(), AccountError> {
        check_new(next, "")?;
        let (workspace, id) = (signed.workspace.to_string(), signed.agent.to_string());
        // The finder of a phone that was left open must not be able to guess.
        let key = (account_digest(&workspace, &id), None);
        let _attempt = self.count_try(key)?;
        let fits = async {
            let of = (signed.workspace, signed.agent);
            let found = agent::password(&self.0.store, of).await?;
            let (hash, email) = found.map(|found| (found.hash, found.email)).unwrap_or_default();
            let fits = self.0.passwords.verify(current, hash.as_deref()).await?;
            Ok::<_, AccountError>((fits, email))
        };
        // A try that could not be looked at was none.
        let (fits, email) = fits.await.inspect_err(|_| lock(&self.0.throttle).take_back(key))?;
        self.notify_tried(key, fits).await;
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
        agent_id: AgentId,
        next: &Secret,
    ) -> Result<(), AccountError> {
        let found = agent::password(&self.0.store, (setter.workspace, agent_id)).await?;
        let found = found.ok_or(AccountError::NotFound { what: "agent" })?;
        check_new(next, &found.email)?;
        let new = NewPassword { agent: agent_id, keep: None, password: next };
        self.put_password(engine, setter, new).await
    }

    /// Writes the password of an agent that is there and ends their sessions, all but one.
    async fn put_password(
        &self,
        engine: &Engine,
        setter: Setter,
        new: NewPassword<'_>,
    ) -> Result<(), AccountError> {
        let NewPassword { agent: agent_id, keep, password } = new;
        let hash = self.0.passwords.hash(password).await?;
        let key = (setter.workspace, agent_id);
        let end = device::end_all(key, keep, self.0.clock.now());
        let writes = vec![agent::set_password(key, hash), end];
        let work = setter.work(writes, vec![Fact::PasswordSet { agent_id }]);
        self.settle(engine, work).await?;
        self.notify_signed_out(key).await
    }

    /// Notifies of the devices whose sessions were ended with the password.
    async fn notify_signed_out(&self, of: Key<AgentId>) -> Result<(), AccountError> {
        let ended = device::signed_out(&self.0.store, of).await?;
        let (workspace, agent) = of;
        tracing::info!(%workspace, %agent, sessions = ended.len(), "password set, sessions ended");
        self.notify_ended(workspace, &ended, SessionState::SignInAgain);
        Ok(())
    }

    /// Notifies of all devices of an agent whose revocation was committed with the agent's leaving.
    ///
    /// # Errors
    /// The store cannot be read.
    pub(super) async fn notify_revoked(&self, of: Key<AgentId>) -> Result<(), AccountError> {
        let devices = device::revoked(&self.0.store, of).await?;
        self.notify_ended(of.0, &devices, SessionState::DeviceRevoked);
        Ok(())
    }
}
