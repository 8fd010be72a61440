//! The one place where it is decided who speaks: by a session, a ticket, a receipt key or a key of
//! a program. What was proven before is looked up again here as well.

use std::collections::BTreeMap;

use baton_domain::see::rights::Voice;
use baton_domain::see::setting::ends_at;
use baton_protocol::{AgentId, DeviceId, Role, SettingId, Timestamp, WorkspaceId};

use super::{AccountError, Accounts, SessionState};
use crate::speaker::{SecretMark, Speaker};
use crate::store::device::{self, SessionEnds};
use crate::store::key::{KeyHolder, of_ids};
use crate::store::receipt::ReceiptHolder;
use crate::store::{StoreError, access};

impl Accounts {
    /// The owner of an access token, as far as it is good.
    pub(super) fn by_token(&self, owner: &access::AccessOwner) -> Result<Speaker, AccountError> {
        let (workspace, device) = owner.device;
        let ends = SessionEnds {
            agent: owner.agent,
            role: owner.role,
            family: owner.family.clone(),
            is_active: owner.is_active,
            is_revoked: owner.is_revoked,
            expires_at: owner.expires_at,
        };
        by_session((workspace, device), &ends, self.0.clock.now())
    }

    /// The speaker with the session of a device.
    pub(super) async fn by_device(
        &self,
        workspace: WorkspaceId,
        device: DeviceId,
    ) -> Result<Speaker, AccountError> {
        let sessions = device::sessions(&self.0.store, workspace, &[device]).await?;
        let ends = sessions.get(&device).ok_or(AccountError::SignInAgain)?;
        by_session((workspace, device), ends, self.0.clock.now())
    }

    /// The speaker with a secret of a key; `None` where its last day is over.
    pub(super) fn by_key(&self, holder: &KeyHolder) -> Option<Speaker> {
        let voice = if holder.body.read_only { Voice::Reader } else { Voice::Program };
        let speaker = Speaker {
            workspace: holder.workspace,
            agent: holder.body.agent,
            device: DeviceId(holder.key.0),
            role: holder.role,
            voice,
            secret: SecretMark::new(&holder.digest),
            until: ends_at(&holder.body, holder.zone.as_deref()),
        };
        (!speaker.is_over(self.0.clock.now())).then_some(speaker)
    }

    /// The standing of those who spoke, in their order. They are of one workspace.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn standings(
        &self,
        workspace: WorkspaceId,
        spoke: &[Speaker],
    ) -> Result<Vec<SessionState>, AccountError> {
        let of = |is_program: bool| {
            let those = spoke.iter().filter(|one| one.voice.is_program() == is_program);
            those.map(|one| one.device).collect::<Vec<_>>()
        };
        let (people, programs) = (of(false), of(true));
        let sessions = if people.is_empty() {
            BTreeMap::new()
        } else {
            device::sessions(&self.0.store, workspace, &people).await?
        };
        let keys = self.keyed_now(workspace, &programs).await?;
        let now = self.0.clock.now();
        let state = |spoke: &Speaker| {
            let speaks = if spoke.voice.is_program() {
                let mut of_key = keys.iter().filter(|key| key.device == spoke.device);
                of_key.find(|key| key.secret == spoke.secret).copied()
            } else {
                let place = (workspace, spoke.device);
                match sessions.get(&spoke.device).map(|ends| by_session(place, ends, now)) {
                    Some(Ok(speaks)) => Some(speaks),
                    Some(Err(AccountError::DeviceRevoked)) => return SessionState::DeviceRevoked,
                    Some(Err(_)) | None => None,
                }
            };
            match speaks.filter(|speaks| speaks.secret == spoke.secret) {
                Some(speaks) if speaks == *spoke => SessionState::Live,
                Some(_) => SessionState::Changed,
                None => SessionState::SignInAgain,
            }
        };
        Ok(spoke.iter().map(state).collect())
    }

    async fn keyed_now(
        &self,
        workspace: WorkspaceId,
        programs: &[DeviceId],
    ) -> Result<Vec<Speaker>, StoreError> {
        if programs.is_empty() {
            return Ok(Vec::new());
        }
        let keys: Vec<SettingId> = programs.iter().map(|device| SettingId(device.0)).collect();
        let found = of_ids(&self.0.store, workspace, &keys).await?;
        Ok(found.iter().filter_map(|holder| self.by_key(holder)).collect())
    }
}

fn by_session(
    (workspace, device): (WorkspaceId, DeviceId),
    ends: &SessionEnds,
    now: Timestamp,
) -> Result<Speaker, AccountError> {
    if ends.is_revoked {
        return Err(AccountError::DeviceRevoked);
    }
    if !ends.is_active || ends.expires_at <= now {
        return Err(AccountError::SignInAgain);
    }
    let role = ends.role.ok_or_else(|| StoreError::corrupt("role"))?;
    let secret = SecretMark::new(&ends.family);
    Ok(person((workspace, ends.agent, device), role, Voice::Person, secret))
}

/// A process of a device, by its key for receipts.
pub(super) fn by_receipts(
    (workspace, device): (WorkspaceId, DeviceId),
    holder: &ReceiptHolder,
) -> Speaker {
    // It tells of pushes and does nothing that asks for a role.
    let role = holder.role.unwrap_or(Role::Agent);
    let secret = SecretMark::new(&holder.salt);
    person((workspace, holder.agent, device), role, Voice::Device, secret)
}

fn person(
    (workspace, agent, device): (WorkspaceId, AgentId, DeviceId),
    role: Role,
    voice: Voice,
    secret: SecretMark,
) -> Speaker {
    Speaker { workspace, agent, device, role, voice, secret, until: None }
}
