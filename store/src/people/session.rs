//! Sessions of devices: their beginning, and the digests of their tokens.

use baton_domain::group::Key;
use baton_protocol::{AgentId, DeviceId, Timestamp, WorkspaceId};
use sqlx_macros::FromRow;

use crate::tables::{id, number};
use crate::{Period, Sql, Store, StoreError, Tx};

/// An agent, as found by what people type to sign in.
#[derive(Clone, Debug)]
pub struct FoundAgent {
    /// The agent.
    pub agent: Key<AgentId>,
    /// The hash of their password, if they have one.
    pub password_hash: Option<String>,
    /// Whether they work here.
    pub is_active: bool,
}

/// The digests of the tokens of a generation.
#[derive(Clone, Debug)]
pub struct TokenDigests {
    /// That of the refresh token.
    pub refresh: String,
    /// That of the access token.
    pub access: String,
}

/// A session that begins.
#[derive(Clone, Copy, Debug)]
pub struct NewSession<'a> {
    /// Its device.
    pub device: Key<DeviceId>,
    /// The agent who signed in.
    pub agent: AgentId,
    /// The name of the device.
    pub name: &'a str,
    /// The family of its tokens.
    pub family: &'a str,
    /// The digests of the first ones.
    pub digests: &'a TokenDigests,
    /// The end of the access token.
    pub access_until: Timestamp,
    /// The time, and the end of the refresh token.
    pub period: Period,
}

/// A session, as the database has it.
#[derive(Clone, Debug)]
pub struct StoredSession {
    /// Its agent.
    pub agent: AgentId,
    /// Whether they work here.
    pub is_active: bool,
    /// The family of its tokens.
    pub family: String,
    /// The generation of the latest ones.
    pub generation: u64,
    /// The digest of the latest refresh token.
    pub refresh_digest: String,
    /// The digest of the one before, until a later one was used.
    pub previous_digest: Option<String>,
    /// The end of the latest refresh token.
    pub expires_at: Timestamp,
    /// Whether the device was revoked.
    pub is_revoked: bool,
}

/// A session of a device that was not revoked.
#[derive(Clone, Debug)]
pub struct SessionDigests {
    /// The device.
    pub device: Key<DeviceId>,
    /// The family of its tokens.
    pub family: String,
    /// The generation of the latest ones.
    pub generation: i64,
    /// The digest of the latest refresh token.
    pub refresh_digest: String,
    /// Whether the refresh token before is still good.
    pub has_previous: bool,
}

#[derive(FromRow)]
struct FoundAgentRow {
    workspace: String,
    agent: String,
    password_hash: Option<String>,
    state: String,
}

#[derive(FromRow)]
struct SessionRow {
    agent: String,
    family: String,
    generation: i64,
    refresh_digest: String,
    previous_digest: Option<String>,
    refresh_expires_at: i64,
    revoked_at: Option<i64>,
    state: String,
}

#[derive(FromRow)]
struct SessionDigestsRow {
    workspace: String,
    id: String,
    family: String,
    generation: i64,
    refresh_digest: String,
    previous_digest: Option<String>,
}

/// The agent with this address in the workspace with this slug.
pub async fn find(
    store: &Store,
    slug: &str,
    email: &str,
) -> Result<Option<FoundAgent>, StoreError> {
    static FIND: Sql = Sql::new(
        "SELECT w.id AS workspace, a.id AS agent, a.password_hash, a.state
         FROM workspace w JOIN agent a ON a.workspace = w.id
         WHERE w.slug = $1 AND a.email = $2",
    );
    let rows: Vec<FoundAgentRow> = store.rows_alone(&FIND, &[slug, email]).await?;
    let found = |row: FoundAgentRow| {
        Ok(FoundAgent {
            agent: (id(&row.workspace)?, id(&row.agent)?),
            password_hash: row.password_hash,
            is_active: row.state == "active",
        })
    };
    rows.into_iter().next().map(found).transpose()
}

/// Locks the agent, so that a new password or a deactivation comes before a session that begins,
/// or ends it. False if one came since they were found.
pub async fn lock_agent(tx: &mut Tx, found: &FoundAgent) -> Result<bool, StoreError> {
    static LOCK: Sql = Sql::new(
        "SELECT id FROM agent
         WHERE workspace = $1 AND id = $2 AND state = 'active' AND password_hash = $3 {lock}",
    );
    let (workspace, agent) = (found.agent.0.to_string(), found.agent.1.to_string());
    let hash = found.password_hash.as_deref().unwrap_or_default();
    Ok(tx.row::<(String,)>(&LOCK, &[&workspace, &agent, hash]).await?.is_some())
}

/// Begins a session. False where the device is another agent's, or was revoked.
pub async fn begin(tx: &mut Tx, new: &NewSession<'_>) -> Result<bool, StoreError> {
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
    let args = [
        &new.device.0.to_string(),
        &new.device.1.to_string(),
        &new.agent.to_string(),
        new.name,
        new.family,
        &new.digests.refresh,
        &new.digests.access,
        &new.access_until.ms().to_string(),
        &new.period.until.ms().to_string(),
        &new.period.from.ms().to_string(),
    ];
    Ok(tx.run(&PUT, &args).await? > 0)
}

/// Forgets sessions of an agent that ended by themselves before a time. Revoked ones stay: their
/// devices have to learn of it when they come back.
pub async fn sweep(
    tx: &mut Tx,
    (workspace, agent): Key<AgentId>,
    before: Timestamp,
) -> Result<(), StoreError> {
    static SWEEP: Sql = Sql::new(
        "DELETE FROM device WHERE workspace = $1 AND agent = $2 AND revoked_at IS NULL
           AND refresh_expires_at < CAST($3 AS BIGINT) AND last_seen_at < CAST($3 AS BIGINT)",
    );
    let args = [workspace.to_string(), agent.to_string(), before.ms().to_string()];
    tx.run(&SWEEP, &args.each_ref().map(String::as_str)).await.map(drop)
}

/// The other devices of an agent that are signed in, the one that was seen last first.
pub async fn others(
    tx: &mut Tx,
    (workspace, agent): Key<AgentId>,
    this: DeviceId,
    now: Timestamp,
) -> Result<Vec<DeviceId>, StoreError> {
    static READ: Sql = Sql::new(
        "SELECT id FROM device WHERE workspace = $1 AND agent = $2 AND id <> $3
           AND revoked_at IS NULL AND refresh_expires_at > CAST($4 AS BIGINT)
         ORDER BY last_seen_at DESC, id DESC",
    );
    let now = now.ms().to_string();
    let args = [workspace.to_string(), agent.to_string(), this.to_string(), now];
    let rows: Vec<(String,)> = tx.rows(&READ, &args.each_ref().map(String::as_str)).await?;
    rows.iter().map(|(device,)| id(device)).collect()
}

/// Locks a device, and reads its session behind the lock.
pub async fn lock(tx: &mut Tx, of: Key<DeviceId>) -> Result<Option<StoredSession>, StoreError> {
    static LOCK: Sql = Sql::new("SELECT id FROM device WHERE workspace = $1 AND id = $2 {lock}");
    tx.rows::<(String,)>(&LOCK, &[&of.0.to_string(), &of.1.to_string()]).await?;
    // A statement that locks and reads at once may read what was before it waited.
    one(tx, of).await
}

/// The session of a device.
pub async fn one(
    tx: &mut Tx,
    (workspace, device): Key<DeviceId>,
) -> Result<Option<StoredSession>, StoreError> {
    static READ: Sql = Sql::new(
        "SELECT d.agent, d.family, d.generation, d.refresh_digest, d.previous_digest,
           d.refresh_expires_at, d.revoked_at, a.state
         FROM device d JOIN agent a ON a.workspace = d.workspace AND a.id = d.agent
         WHERE d.workspace = $1 AND d.id = $2",
    );
    let args = [workspace.to_string(), device.to_string()];
    let row: Option<SessionRow> = tx.row(&READ, &[&args[0], &args[1]]).await?;
    let session = |row: SessionRow| {
        Ok(StoredSession {
            agent: id(&row.agent)?,
            is_active: row.state == "active",
            family: row.family,
            generation: number(row.generation)?,
            refresh_digest: row.refresh_digest,
            previous_digest: row.previous_digest,
            expires_at: Timestamp::from_ms(row.refresh_expires_at),
            is_revoked: row.revoked_at.is_some(),
        })
    };
    row.map(session).transpose()
}

/// Goes on to the tokens of the next generation.
pub async fn rotate(
    tx: &mut Tx,
    (workspace, device): Key<DeviceId>,
    digests: &TokenDigests,
    access_until: Timestamp,
    period: Period,
) -> Result<(), StoreError> {
    static NEXT: Sql = Sql::new(
        "UPDATE device SET generation = generation + 1, previous_digest = refresh_digest,
           refresh_digest = $3, access_digest = $4, access_expires_at = CAST($5 AS BIGINT),
           refresh_expires_at = CAST($6 AS BIGINT), last_seen_at = CAST($7 AS BIGINT)
         WHERE workspace = $1 AND id = $2",
    );
    let args = [
        &workspace.to_string(),
        &device.to_string(),
        &digests.refresh,
        &digests.access,
        &*access_until.ms().to_string(),
        &period.until.ms().to_string(),
        &period.from.ms().to_string(),
    ];
    tx.run(&NEXT, &args).await.map(drop)
}

/// Prolongs the access token of the present generation.
pub async fn prolong(
    tx: &mut Tx,
    (workspace, device): Key<DeviceId>,
    access_until: Timestamp,
    now: Timestamp,
) -> Result<(), StoreError> {
    static AGAIN: Sql = Sql::new(
        "UPDATE device SET access_expires_at = CAST($3 AS BIGINT),
           last_seen_at = CAST($4 AS BIGINT)
         WHERE workspace = $1 AND id = $2",
    );
    let (until, now) = (access_until.ms().to_string(), now.ms().to_string());
    let args = [workspace.to_string(), device.to_string(), until, now];
    tx.run(&AGAIN, &args.each_ref().map(String::as_str)).await.map(drop)
}

/// Whether the session of an agent's device goes on. Its device is locked: an end of it waits, or
/// is seen.
pub async fn lock_live(
    tx: &mut Tx,
    (workspace, device): Key<DeviceId>,
    agent: AgentId,
    now: Timestamp,
) -> Result<bool, StoreError> {
    static LOCK: Sql = Sql::new(
        "SELECT id FROM device WHERE workspace = $1 AND id = $2 AND agent = $3
           AND revoked_at IS NULL AND refresh_expires_at > CAST($4 AS BIGINT) {lock}",
    );
    let now = now.ms().to_string();
    let args = [workspace.to_string(), device.to_string(), agent.to_string(), now];
    let row = tx.row::<(String,)>(&LOCK, &args.each_ref().map(String::as_str)).await?;
    Ok(row.is_some())
}

/// The sessions of all devices that were not revoked.
pub async fn digests(tx: &mut Tx) -> Result<Vec<SessionDigests>, StoreError> {
    static READ: Sql = Sql::new(
        "SELECT workspace, id, family, generation, refresh_digest, previous_digest FROM device
         WHERE revoked_at IS NULL",
    );
    let rows: Vec<SessionDigestsRow> = tx.rows(&READ, &[]).await?;
    let session = |row: SessionDigestsRow| {
        let device: Key<DeviceId> = (id::<WorkspaceId>(&row.workspace)?, id(&row.id)?);
        Ok(SessionDigests {
            device,
            family: row.family,
            generation: row.generation,
            refresh_digest: row.refresh_digest,
            has_previous: row.previous_digest.is_some(),
        })
    };
    rows.into_iter().map(session).collect()
}

/// Replaces the digests of a session's tokens; without `previous` there is none before.
pub async fn put_digests(
    tx: &mut Tx,
    (workspace, device): Key<DeviceId>,
    digests: &TokenDigests,
    previous: Option<&str>,
) -> Result<(), StoreError> {
    static PUT: Sql = Sql::new(
        "UPDATE device SET refresh_digest = $3, access_digest = $4,
           previous_digest = NULLIF($5, '')
         WHERE workspace = $1 AND id = $2",
    );
    let (workspace, device) = (workspace.to_string(), device.to_string());
    let previous = previous.unwrap_or_default();
    let args = [&workspace, &device, &digests.refresh, &digests.access, previous];
    tx.run(&PUT, &args).await.map(drop)
}

/// Forgets what was touched: all rows get their stamps next.
pub async fn clear_touched(tx: &mut Tx) -> Result<(), StoreError> {
    static CLEAR: Sql = Sql::new("DELETE FROM touched");
    tx.run(&CLEAR, &[]).await.map(drop)
}
