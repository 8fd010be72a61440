//! How devices are reached by push: a registration for each device that wants it.
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

use baton_protocol::push::{
    PushDevice, PushEnv, PushLane, PushPublicKey, PushPut, PushRegistered, PushState,
    PushTargetKind,
};
use baton_protocol::{DeviceId, Timestamp, WorkspaceId};
use sqlx_macros::FromRow;

use super::{AccountError, Accounts, Signed, token};
use crate::config::Secret;
use crate::secrets::CellAddress;
use crate::store::tables::{from_json, named};
use crate::store::{Sql, StoreError, Tx};

/// A target that its app did not confirm for so long is a last resort.
const STALE_MS: i64 = 30 * 24 * 60 * 60_000;
/// Two devices that swap their targets are in each other's way: one of them tries again.
const TRIES_MAX: u32 = 4;

/// The keys of a registration's row.
struct RegistrationKey<'a> {
    workspace: &'a str,
    device: &'a str,
    target_digest: &'a str,
}

/// A registration without its secrets.
#[derive(FromRow)]
struct PushRegistrationRow {
    lane: String,
    target_kind: String,
    key_id: Option<String>,
    p256dh: Option<String>,
    app_id: Option<String>,
    env: Option<String>,
    locale: Option<String>,
    caps: String,
    receipt_salt: String,
    registered_at: i64,
    confirmed_at: i64,
    last_receipt_at: Option<i64>,
}

#[derive(FromRow)]
struct TargetRow {
    lane: String,
    target_kind: String,
    target_sealed: String,
    target_digest: String,
    key_id: Option<String>,
    p256dh: Option<String>,
    auth_sealed: Option<String>,
    app_id: Option<String>,
    env: Option<String>,
}

/// Where a push for a device goes, for whoever sends it.
#[derive(Clone, Debug)]
pub struct PushTarget {
    /// The push service that carries it.
    pub lane: PushLane,
    /// What the target is.
    pub kind: PushTargetKind,
    /// The target itself.
    pub target: Secret,
    /// Names the target to [`Accounts::forget_push_target`].
    pub digest: String,
    /// What contents are sealed to.
    pub key: Option<SealTo>,
    /// The app, as the push service knows it.
    pub app_id: Option<String>,
    /// Apple's only: which service.
    pub env: Option<PushEnv>,
}

/// The key of a device, as the sealing side holds it (RFC 8291).
#[derive(Clone, Debug)]
pub struct SealTo {
    /// How the device names it.
    pub id: Option<String>,
    /// The public key, base64url.
    pub p256dh: String,
    /// What only device and server know, base64url.
    pub auth: Secret,
}

impl Accounts {
    /// Takes down how the device that asks wants to be reached. A target that another device had
    /// is this one's from now on.
    ///
    /// # Errors
    /// When a field is wrong, the device is another one than that of the session, or that is over.
    pub async fn register_push(
        &self,
        signed: Signed,
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
        signed: Signed,
        put: &PushPut,
    ) -> Result<PushRegistered, AccountError> {
        // The session may have ended since it was asked for: what ends one waits for this lock, or
        // is seen by it.
        static LOCK: Sql = Sql::new(
            "SELECT id FROM device WHERE workspace = $1 AND id = $2 AND agent = $3
               AND revoked_at IS NULL AND refresh_expires_at > CAST($4 AS BIGINT) {lock}",
        );
        // Devices that register one target at once take turns: each then sees whom to take it from.
        static TURN: Sql = Sql::new(
            "{postgres SELECT pg_advisory_xact_lock(hashtextextended($1, 0))}
             {sqlite SELECT $1}",
        );
        static MOVE: Sql = Sql::new(
            "DELETE FROM push_device
             WHERE target_digest = $3 AND NOT (workspace = $1 AND device = $2)",
        );
        let now = self.0.clock.now();
        let (workspace, device) = (signed.workspace.to_string(), signed.device.to_string());
        let digest = token::target_digest(&self.0.keys, &put.target);
        let mut tx = self.0.store.begin().await?;
        let args = [&workspace, &device, &signed.agent.to_string(), &*now.ms().to_string()];
        if tx.row::<(String,)>(&LOCK, &args).await?.is_none() {
            return Err(AccountError::SignInAgain);
        }
        tx.run(&TURN, &[&digest]).await?;
        let moved = tx.run(&MOVE, &[&workspace, &device, &digest]).await?;
        let of = RegistrationKey { workspace: &workspace, device: &device, target_digest: &digest };
        self.put_row(&mut tx, &of, put, now).await?;
        let row = read_row(&mut tx, &workspace, &device).await?;
        let row = row.ok_or_else(|| StoreError::corrupt("a registration that was just put"))?;
        tx.commit().await?;
        let Signed { workspace, agent, device, .. } = signed;
        let lane = put.lane.name();
        tracing::info!(%workspace, %agent, %device, lane, moved, "push registered");
        let key = token::receipt_key(&self.0.keys, (workspace, device), &row.receipt_salt);
        Ok(PushRegistered {
            registration: row.told(device, now)?,
            receipt_key: key.expose().to_owned(),
        })
    }

    async fn put_row(
        &self,
        tx: &mut Tx,
        of: &RegistrationKey<'_>,
        put: &PushPut,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        static PUT: Sql = Sql::new(
            "INSERT INTO push_device (workspace, device, target_digest, lane, target_kind,
               target_sealed, key_id, p256dh, auth_sealed, app_id, env, locale, caps, receipt_salt,
               registered_at, confirmed_at)
             VALUES ($1, $2, $3, $4, $5, $6, NULLIF($7, ''), NULLIF($8, ''), NULLIF($9, ''),
               NULLIF($10, ''), NULLIF($11, ''), NULLIF($12, ''), $13, $14, CAST($15 AS BIGINT),
               CAST($15 AS BIGINT))
             ON CONFLICT (workspace, device) DO UPDATE SET target_digest = excluded.target_digest,
               lane = excluded.lane, target_kind = excluded.target_kind,
               target_sealed = excluded.target_sealed, key_id = excluded.key_id,
               p256dh = excluded.p256dh, auth_sealed = excluded.auth_sealed,
               app_id = excluded.app_id, env = excluded.env, locale = excluded.locale,
               caps = excluded.caps, confirmed_at = excluded.confirmed_at",
        );
        let RegistrationKey { workspace, device, target_digest } = *of;
        let (keys, clock, row) = (&self.0.keys, &self.0.clock, [workspace, device]);
        let key = put.key.as_ref();
        let auth = key.map(|key| keys.seal(clock, auth_place(&row), &key.auth));
        let args = [
            workspace,
            device,
            target_digest,
            put.lane.name(),
            put.target_kind.name(),
            &keys.seal(clock, target_place(&row), &put.target),
            key.and_then(|key| key.id.as_deref()).unwrap_or_default(),
            key.map(|key| key.p256dh.as_str()).unwrap_or_default(),
            auth.as_deref().unwrap_or_default(),
            put.app_id.as_deref().unwrap_or_default(),
            put.env.map(PushEnv::name).unwrap_or_default(),
            put.locale.as_deref().unwrap_or_default(),
            &serde_json::json!(put.caps).to_string(),
            &hex::encode(clock.bytes::<16>()),
            &now.ms().to_string(),
        ];
        tx.run(&PUT, &args).await.map(drop)
    }

    /// How one of one's own devices is reached.
    ///
    /// # Errors
    /// [`AccountError::NotFound`] for a device that is none of theirs, or is not reached by push.
    pub async fn push_of(
        &self,
        signed: Signed,
        device: DeviceId,
    ) -> Result<PushDevice, AccountError> {
        self.own_device(signed, device).await?;
        let mut tx = self.0.store.read().await?;
        let (workspace, id) = (signed.workspace.to_string(), device.to_string());
        let row = read_row(&mut tx, &workspace, &id).await?;
        tx.rollback().await?;
        let row = row.ok_or(AccountError::NotFound { what: "push registration" })?;
        Ok(row.told(device, self.0.clock.now())?)
    }

    /// One of one's own devices is not reached any more, if it was.
    ///
    /// # Errors
    /// [`AccountError::NotFound`] for a device that is none of theirs.
    pub async fn end_push(&self, signed: Signed, device: DeviceId) -> Result<(), AccountError> {
        static DELETE: Sql =
            Sql::new("DELETE FROM push_device WHERE workspace = $1 AND device = $2");
        self.own_device(signed, device).await?;
        let mut tx = self.0.store.begin().await?;
        tx.run(&DELETE, &[&signed.workspace.to_string(), &device.to_string()]).await?;
        Ok(tx.commit().await?)
    }

    /// Where pushes for a device go; `None` when it is not reached by push, or nobody is signed in
    /// there.
    ///
    /// # Errors
    /// When the store cannot be read, or what is sealed does not open.
    pub async fn push_target(
        &self,
        workspace: WorkspaceId,
        device: DeviceId,
    ) -> Result<Option<PushTarget>, AccountError> {
        static READ: Sql = Sql::new(
            "SELECT p.lane, p.target_kind, p.target_sealed, p.target_digest, p.key_id, p.p256dh,
               p.auth_sealed, p.app_id, p.env
             FROM push_device p
             JOIN device d ON d.workspace = p.workspace AND d.id = p.device
             JOIN agent a ON a.workspace = d.workspace AND a.id = d.agent
             WHERE p.workspace = $1 AND p.device = $2 AND a.state = 'active'
               AND d.revoked_at IS NULL AND d.refresh_expires_at > CAST($3 AS BIGINT)",
        );
        let (workspace, device) = (workspace.to_string(), device.to_string());
        let now = self.0.clock.now().ms().to_string();
        let mut tx = self.0.store.read().await?;
        let row = tx.row::<TargetRow>(&READ, &[&workspace, &device, &now]).await?;
        tx.rollback().await?;
        row.map(|row| self.open_target(row, &[&workspace, &device])).transpose()
    }

    fn open_target(&self, row: TargetRow, place: &[&str]) -> Result<PushTarget, AccountError> {
        let keys = &self.0.keys;
        let key = match (row.p256dh, row.auth_sealed) {
            (Some(p256dh), Some(auth)) => {
                let auth = keys.unseal(auth_place(place), &auth)?;
                Some(SealTo { id: row.key_id, p256dh, auth })
            }
            (Some(_), None) | (None, _) => None,
        };
        Ok(PushTarget {
            lane: named(&row.lane)?,
            kind: named(&row.target_kind)?,
            target: keys.unseal(target_place(place), &row.target_sealed)?,
            digest: row.target_digest,
            key,
            app_id: row.app_id,
            env: row.env.as_deref().map(named).transpose()?,
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
        static FORGET: Sql = Sql::new(
            "DELETE FROM push_device WHERE target_digest = $1
               AND confirmed_at < CAST($2 AS BIGINT)",
        );
        let before = gone_at.map_or(i64::MAX, Timestamp::ms).to_string();
        Ok(self.0.store.run_alone(&FORGET, &[digest, &before]).await? > 0)
    }

    async fn own_device(&self, signed: Signed, device: DeviceId) -> Result<(), AccountError> {
        static READ: Sql = Sql::new(
            "SELECT id FROM device WHERE workspace = $1 AND id = $2 AND agent = $3
               AND revoked_at IS NULL",
        );
        if device == signed.device {
            return Ok(());
        }
        let args = [signed.workspace.to_string(), device.to_string(), signed.agent.to_string()];
        let mut tx = self.0.store.read().await?;
        let row = tx.row::<(String,)>(&READ, &[&args[0], &args[1], &args[2]]).await?;
        tx.rollback().await?;
        row.map(drop).ok_or(AccountError::NotFound { what: "device" })
    }
}

async fn read_row(
    tx: &mut Tx,
    workspace: &str,
    device: &str,
) -> Result<Option<PushRegistrationRow>, StoreError> {
    static READ: Sql = Sql::new(
        "SELECT lane, target_kind, key_id, p256dh, app_id, env, locale, caps, receipt_salt,
           registered_at, confirmed_at, last_receipt_at
         FROM push_device WHERE workspace = $1 AND device = $2",
    );
    tx.row(&READ, &[workspace, device]).await
}

impl PushRegistrationRow {
    fn told(self, device_id: DeviceId, now: Timestamp) -> Result<PushDevice, StoreError> {
        let confirmed_at = Timestamp::from_ms(self.confirmed_at);
        let is_stale = now.since(confirmed_at) > STALE_MS;
        Ok(PushDevice {
            device_id,
            lane: named(&self.lane)?,
            target_kind: named(&self.target_kind)?,
            key: self.p256dh.map(|p256dh| PushPublicKey { id: self.key_id, p256dh }),
            app_id: self.app_id,
            env: self.env.as_deref().map(named).transpose()?,
            locale: self.locale,
            caps: from_json(&self.caps)?,
            state: if is_stale { PushState::Stale } else { PushState::Active },
            registered_at: Timestamp::from_ms(self.registered_at),
            confirmed_at,
            last_receipt_at: self.last_receipt_at.map(Timestamp::from_ms),
        })
    }
}

fn target_place<'a>(row: &'a [&'a str]) -> CellAddress<'a> {
    CellAddress { column: "push_device.target_sealed", row }
}

fn auth_place<'a>(row: &'a [&'a str]) -> CellAddress<'a> {
    CellAddress { column: "push_device.auth_sealed", row }
}
