//! Registrations for push: one for each device that wants it, as long as its session lasts.

use baton_domain::group::Key;
use baton_protocol::push::{
    PushDevice, PushEnv, PushLane, PushPublicKey, PushState, PushTargetKind,
};
use baton_protocol::{DeviceId, Timestamp};
use sqlx_macros::FromRow;

use crate::tables::{from_json, json, named};
use crate::{Sql, Store, StoreError, Tx};

/// A registration to be kept.
#[derive(Clone, Copy, Debug)]
pub struct NewRegistration<'a> {
    /// The device.
    pub device: Key<DeviceId>,
    /// The push service.
    pub lane: PushLane,
    /// The kind of the target.
    pub target_kind: PushTargetKind,
    /// The digest of the target.
    pub target_digest: &'a str,
    /// The target, sealed.
    pub target_sealed: &'a str,
    /// The key that contents are sealed to: its id and its public half.
    pub key: Option<(Option<&'a str>, &'a str)>,
    /// The secret of that key, sealed.
    pub auth_sealed: Option<&'a str>,
    /// The app, as the push service knows it.
    pub app_id: Option<&'a str>,
    /// Apple only: the service.
    pub env: Option<PushEnv>,
    /// The language of notifications.
    pub locale: Option<&'a str>,
    /// Abilities of the app with pushes.
    pub caps: &'a [String],
    /// The salt of the key for receipts, if the device had none.
    pub receipt_salt: &'a str,
    /// The time.
    pub now: Timestamp,
}

/// The target of a registration, with its secrets sealed.
#[derive(Clone, Debug)]
pub struct SealedTarget {
    /// The push service.
    pub lane: PushLane,
    /// The kind of the target.
    pub kind: PushTargetKind,
    /// The target, sealed.
    pub target_sealed: String,
    /// The digest of the target.
    pub digest: String,
    /// The key that contents are sealed to.
    pub key: Option<PushPublicKey>,
    /// The secret of that key, sealed.
    pub auth_sealed: Option<String>,
    /// The app, as the push service knows it.
    pub app_id: Option<String>,
    /// Apple only: the service.
    pub env: Option<PushEnv>,
    /// The language of notifications, as a BCP 47 tag.
    pub locale: Option<String>,
    /// Abilities of the app with pushes.
    pub caps: Vec<String>,
}

#[derive(FromRow)]
struct RegistrationRow {
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
    locale: Option<String>,
    caps: String,
}

/// Takes a target from the other devices that have it, and says how many had. Devices that register
/// one target at once come one after the other: each then sees the one that has it.
pub async fn take_target(
    tx: &mut Tx,
    (workspace, device): Key<DeviceId>,
    digest: &str,
) -> Result<u64, StoreError> {
    static QUEUE: Sql = Sql::new(
        "{postgres SELECT pg_advisory_xact_lock(hashtextextended($1, 0))}
         {sqlite SELECT $1}",
    );
    static MOVE: Sql = Sql::new(
        "DELETE FROM push_device
         WHERE target_digest = $3 AND NOT (workspace = $1 AND device = $2)",
    );
    tx.run(&QUEUE, &[digest]).await?;
    tx.run(&MOVE, &[&workspace.to_string(), &device.to_string(), digest]).await
}

/// Keeps a registration.
pub async fn put(tx: &mut Tx, new: &NewRegistration<'_>) -> Result<(), StoreError> {
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
    let args = [
        &new.device.0.to_string(),
        &new.device.1.to_string(),
        new.target_digest,
        new.lane.name(),
        new.target_kind.name(),
        new.target_sealed,
        new.key.and_then(|(key_id, _)| key_id).unwrap_or_default(),
        new.key.map(|(_, p256dh)| p256dh).unwrap_or_default(),
        new.auth_sealed.unwrap_or_default(),
        new.app_id.unwrap_or_default(),
        new.env.map(PushEnv::name).unwrap_or_default(),
        new.locale.unwrap_or_default(),
        &json(&new.caps),
        new.receipt_salt,
        &new.now.ms().to_string(),
    ];
    tx.run(&PUT, &args).await.map(drop)
}

/// The registration of a device, and the salt of its key for receipts.
pub async fn one(
    tx: &mut Tx,
    (workspace, device): Key<DeviceId>,
) -> Result<Option<(PushDevice, String)>, StoreError> {
    static READ: Sql = Sql::new(
        "SELECT lane, target_kind, key_id, p256dh, app_id, env, locale, caps, receipt_salt,
           registered_at, confirmed_at, last_receipt_at
         FROM push_device WHERE workspace = $1 AND device = $2",
    );
    let args = [workspace.to_string(), device.to_string()];
    let row: Option<RegistrationRow> = tx.row(&READ, &[&args[0], &args[1]]).await?;
    row.map(|row| row.registration(device)).transpose()
}

/// Deletes the registration of a device, if there is one.
pub async fn end(store: &Store, (workspace, device): Key<DeviceId>) -> Result<(), StoreError> {
    static DELETE: Sql = Sql::new("DELETE FROM push_device WHERE workspace = $1 AND device = $2");
    store.run_alone(&DELETE, &[workspace.to_string(), device.to_string()]).await.map(drop)
}

/// The target of a device on which somebody is signed in.
pub async fn target(
    store: &Store,
    (workspace, device): Key<DeviceId>,
    now: Timestamp,
) -> Result<Option<SealedTarget>, StoreError> {
    static READ: Sql = Sql::new(
        "SELECT p.lane, p.target_kind, p.target_sealed, p.target_digest, p.key_id, p.p256dh,
           p.auth_sealed, p.app_id, p.env, p.locale, p.caps
         FROM push_device p
         JOIN device d ON d.workspace = p.workspace AND d.id = p.device
         JOIN agent a ON a.workspace = d.workspace AND a.id = d.agent
         WHERE p.workspace = $1 AND p.device = $2 AND a.state = 'active'
           AND d.revoked_at IS NULL AND d.refresh_expires_at > CAST($3 AS BIGINT)",
    );
    let args = [workspace.to_string(), device.to_string(), now.ms().to_string()];
    let args = args.each_ref().map(String::as_str);
    let rows: Vec<TargetRow> = store.rows_alone(&READ, &args).await?;
    rows.into_iter().next().map(TargetRow::target).transpose()
}

/// Deletes the registration of a target, unless its app confirmed it since `before`.
pub async fn forget_target(
    store: &Store,
    digest: &str,
    before: Timestamp,
) -> Result<bool, StoreError> {
    static FORGET: Sql = Sql::new(
        "DELETE FROM push_device WHERE target_digest = $1
           AND confirmed_at < CAST($2 AS BIGINT)",
    );
    Ok(store.run_alone(&FORGET, &[digest, &before.ms().to_string()]).await? > 0)
}

impl RegistrationRow {
    fn registration(self, device_id: DeviceId) -> Result<(PushDevice, String), StoreError> {
        let registration = PushDevice {
            device_id,
            lane: named(&self.lane)?,
            target_kind: named(&self.target_kind)?,
            key: public_key(self.key_id, self.p256dh),
            app_id: self.app_id,
            env: self.env.as_deref().map(named).transpose()?,
            locale: self.locale,
            caps: from_json(&self.caps)?,
            state: PushState::Active,
            registered_at: Timestamp::from_ms(self.registered_at),
            confirmed_at: Timestamp::from_ms(self.confirmed_at),
            last_receipt_at: self.last_receipt_at.map(Timestamp::from_ms),
        };
        Ok((registration, self.receipt_salt))
    }
}

impl TargetRow {
    fn target(self) -> Result<SealedTarget, StoreError> {
        Ok(SealedTarget {
            lane: named(&self.lane)?,
            kind: named(&self.target_kind)?,
            target_sealed: self.target_sealed,
            digest: self.target_digest,
            key: public_key(self.key_id, self.p256dh),
            auth_sealed: self.auth_sealed,
            app_id: self.app_id,
            env: self.env.as_deref().map(named).transpose()?,
            locale: self.locale,
            caps: from_json(&self.caps)?,
        })
    }
}

fn public_key(id: Option<String>, p256dh: Option<String>) -> Option<PushPublicKey> {
    p256dh.map(|p256dh| PushPublicKey { id, p256dh })
}
