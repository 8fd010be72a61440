//! Registrations for push: one for each device that wants it.
//!
//! A registration is its device's own wish, and lasts as long as the device's session. The end of a
//! session deletes it in the same transaction, which the schema sees to. A target (the token or URL
//! of a push service) is one app on one handset. It belongs to the device that registered it last.
//! The one before gets no more pushes.
//!
//! Targets and the secret half of the keys that contents are sealed to are stored sealed. Like
//! sessions, registrations have short transactions of their own and are no part of the log.

mod fields;
mod preference;
pub mod receipts;

use baton_domain::group::Key;
use baton_protocol::push::{
    PushDevice, PushEnv, PushLane, PushPut, PushRegistered, PushState, PushTargetKind,
};
use baton_protocol::{DeviceId, Timestamp, WorkspaceId};

use super::{AccountError, Accounts, token};
use crate::config::Secret;
use crate::secrets::CellAddress;
use crate::speaker::Speaker;
use crate::store::registration::{self, NewRegistration, SealedTarget};
use crate::store::{StoreError, Tx, device, session};

/// A target that its app did not confirm for so long is a last resort.
const STALE_MS: i64 = 30 * 24 * 60 * 60_000;
/// Two devices that swap their targets are in each other's way: one of them tries again.
const TRIES_MAX: u32 = 4;

/// The target of a push for a device.
#[derive(Clone, Debug)]
pub struct PushTarget {
    /// The push service that carries it.
    pub lane: PushLane,
    /// The kind of the target.
    pub kind: PushTargetKind,
    /// The target itself.
    pub target: Secret,
    /// Names the target to [`Accounts::forget_push_target`].
    pub digest: String,
    /// The key that contents are sealed to.
    pub key: Option<SealTo>,
    /// The app, as the push service knows it.
    pub app_id: Option<String>,
    /// Apple's only: which service.
    pub env: Option<PushEnv>,
    /// The language of notifications, as a BCP 47 tag.
    pub locale: Option<String>,
    /// Abilities of the app with pushes.
    pub caps: Vec<String>,
}

/// The key of a device, as the sealing side holds it (RFC 8291).
#[derive(Clone, Debug)]
pub struct SealTo {
    /// The device's name for it.
    pub id: Option<String>,
    /// The public key, base64url.
    pub p256dh: String,
    /// The secret that only device and server know, base64url.
    pub auth: Secret,
}

impl Accounts {
    /// Registers the device that asks. A target that another device had is this one's from now on.
    ///
    /// # Errors
    /// When a field is wrong, the device is another one than that of the session, or that is over.
    pub async fn register_push(
        &self,
        signed: Speaker,
        device: DeviceId,
        put: &PushPut,
    ) -> Result<PushRegistered, AccountError> {
        self.own_device(signed, device).await?;
        if device != signed.device {
            let why = "a device says itself how it is reached";
            return Err(AccountError::NotAllowed { why });
        }
        let put = fields::checked(put)?;
        let mut tries = 1;
        loop {
            match self.try_register(signed, &put).await {
                Err(AccountError::Store(StoreError::Conflict { .. } | StoreError::LockTimeout))
                    if tries < TRIES_MAX =>
                {
                    tries += 1;
                }
                done => return done,
            }
        }
    }

    async fn try_register(
        &self,
        signed: Speaker,
        put: &PushPut,
    ) -> Result<PushRegistered, AccountError> {
        let now = self.0.clock.now();
        let Speaker { workspace, agent, device, .. } = signed;
        let key = (workspace, device);
        let mut tx = self.0.store.begin().await?;
        // The session may have ended since it was asked for.
        if !session::lock_live(&mut tx, key, agent, now).await? {
            return Err(AccountError::SignInAgain);
        }
        let moved = self.put_registration(&mut tx, key, put, now).await?;
        let found = registration::one(&mut tx, key).await?;
        let (registration, salt) =
            found.ok_or_else(|| StoreError::corrupt("a registration that was just put"))?;
        tx.commit().await?;
        let lane = put.lane.name();
        tracing::info!(%workspace, %agent, %device, lane, moved, "push registered");
        let receipt_key = token::receipt_key(&self.0.keys, key, &salt);
        Ok(PushRegistered {
            registration: judged(registration, now),
            receipt_key: receipt_key.expose().to_owned(),
        })
    }

    /// Writes a registration, and says from how many devices its target was taken.
    async fn put_registration(
        &self,
        tx: &mut Tx,
        of: Key<DeviceId>,
        put: &PushPut,
        now: Timestamp,
    ) -> Result<u64, StoreError> {
        let (keys, clock) = (&self.0.keys, &self.0.clock);
        let digest = token::target_digest(keys, &put.target);
        let moved = registration::take_target(tx, of, &digest).await?;
        let (workspace, device) = (of.0.to_string(), of.1.to_string());
        let row = [workspace.as_str(), &device];
        let key = put.key.as_ref();
        let auth = key.map(|key| keys.seal(clock, auth_place(&row), &key.auth));
        let new = NewRegistration {
            device: of,
            lane: put.lane,
            target_kind: put.target_kind,
            target_digest: &digest,
            target_sealed: &keys.seal(clock, target_place(&row), &put.target),
            key: key.map(|key| (key.id.as_deref(), key.p256dh.as_str())),
            auth_sealed: auth.as_deref(),
            app_id: put.app_id.as_deref(),
            env: put.env,
            locale: put.locale.as_deref(),
            caps: &put.caps,
            receipt_salt: &hex::encode(clock.bytes::<16>()),
            now,
        };
        registration::put(tx, &new).await?;
        Ok(moved)
    }

    /// The registration of one of one's own devices.
    ///
    /// # Errors
    /// [`AccountError::NotFound`] for a device that is none of theirs, or is not reached by push.
    pub async fn push_of(
        &self,
        signed: Speaker,
        device: DeviceId,
    ) -> Result<PushDevice, AccountError> {
        self.own_device(signed, device).await?;
        let mut tx = self.0.store.read().await?;
        let found = registration::one(&mut tx, (signed.workspace, device)).await?;
        tx.rollback().await?;
        let (found, _) = found.ok_or(AccountError::NotFound { what: "push registration" })?;
        Ok(judged(found, self.0.clock.now()))
    }

    /// One of one's own devices is not reached any more, if it was.
    ///
    /// # Errors
    /// [`AccountError::NotFound`] for a device that is none of theirs.
    pub async fn end_push(&self, signed: Speaker, device: DeviceId) -> Result<(), AccountError> {
        self.own_device(signed, device).await?;
        Ok(registration::end(&self.0.store, (signed.workspace, device)).await?)
    }

    /// The target of pushes for a device; `None` without a registration, or while no agent is
    /// signed in there.
    ///
    /// # Errors
    /// When the store cannot be read, or what is sealed does not open.
    pub async fn push_target(
        &self,
        workspace: WorkspaceId,
        device: DeviceId,
    ) -> Result<Option<PushTarget>, AccountError> {
        let now = self.0.clock.now();
        let found = registration::target(&self.0.store, (workspace, device), now).await?;
        let (workspace, device) = (workspace.to_string(), device.to_string());
        found.map(|sealed| self.open_target(sealed, &[&workspace, &device])).transpose()
    }

    fn open_target(&self, sealed: SealedTarget, row: &[&str]) -> Result<PushTarget, AccountError> {
        let keys = &self.0.keys;
        let key = match (sealed.key, sealed.auth_sealed) {
            (Some(key), Some(auth)) => {
                let auth = keys.unseal(auth_place(row), &auth)?;
                Some(SealTo { id: key.id, p256dh: key.p256dh, auth })
            }
            (Some(_), None) | (None, _) => None,
        };
        Ok(PushTarget {
            lane: sealed.lane,
            kind: sealed.kind,
            target: keys.unseal(target_place(row), &sealed.target_sealed)?,
            digest: sealed.digest,
            key,
            app_id: sealed.app_id,
            env: sealed.env,
            locale: sealed.locale,
            caps: sealed.caps,
        })
    }

    /// A push service says that a target is gone, as of `gone_at` where it says so. The
    /// registration goes, unless the app named another target since, or confirmed this one.
    ///
    /// # Errors
    /// When the store is away.
    pub async fn forget_push_target(
        &self,
        digest: &str,
        gone_at: Option<Timestamp>,
    ) -> Result<bool, AccountError> {
        let before = gone_at.unwrap_or(Timestamp::from_ms(i64::MAX));
        Ok(registration::forget_target(&self.0.store, digest, before).await?)
    }

    async fn own_device(&self, signed: Speaker, device: DeviceId) -> Result<(), AccountError> {
        if device == signed.device {
            return Ok(());
        }
        let owner = device::owner(&self.0.store, (signed.workspace, device)).await?;
        let own = owner.filter(|owner| owner.agent == signed.agent && !owner.is_revoked);
        own.map(drop).ok_or(AccountError::NotFound { what: "device" })
    }
}

/// A registration as it stands: stale when its app did not confirm it for long.
fn judged(registration: PushDevice, now: Timestamp) -> PushDevice {
    let is_stale = now.since(registration.confirmed_at) > STALE_MS;
    let state = if is_stale { PushState::Stale } else { PushState::Active };
    PushDevice { state, ..registration }
}

fn target_place<'a>(row: &'a [&'a str]) -> CellAddress<'a> {
    CellAddress { column: "push_device.target_sealed", row }
}

fn auth_place<'a>(row: &'a [&'a str]) -> CellAddress<'a> {
    CellAddress { column: "push_device.auth_sealed", row }
}
