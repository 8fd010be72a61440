//! Keys of programs, and the agents as whom they work.

use std::collections::{BTreeMap, BTreeSet};

use baton_domain::group::Key;
use baton_protocol::setting::ApiKey;
use baton_protocol::{AgentId, Role, SettingBody, SettingId, SettingKind, WorkspaceId};
use sqlx_macros::FromRow;

use crate::tables::{id, ids, named, setting_body};
use crate::{Sql, Store, StoreError};

/// A key with a secret that counts, and its agent.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct KeyHolder {
    /// The digest of the secret.
    pub digest: String,
    /// The workspace.
    pub workspace: WorkspaceId,
    /// The key.
    pub key: SettingId,
    /// The setting's body.
    pub body: ApiKey,
    /// The agent's role.
    pub role: Role,
    /// The time zone of the workspace, where the key has a last day.
    pub zone: Option<String>,
}

#[derive(FromRow)]
struct KeyRow {
    digest: String,
    workspace: String,
    id: String,
    body: Option<String>,
}

#[derive(FromRow)]
struct AgentRow {
    workspace: String,
    id: String,
    role: String,
}

macro_rules! keys {
    ($and:literal) => {
        concat!(
            "SELECT k.digest, k.workspace, k.id,
               (SELECT t.body FROM content AS t
                WHERE t.workspace = s.workspace AND t.id = s.content) AS body
             FROM setting_secret AS k JOIN setting AS s
               ON s.workspace = k.workspace AND s.kind = k.kind AND s.id = k.id
             WHERE k.kind = 'api_key' AND k.ended_at IS NULL AND s.ended_at IS NULL
               AND k.digest IS NOT NULL AND ",
            $and
        )
    };
}

/// The keys with these secrets, as far as they count and their agents are active.
///
/// # Errors
/// The store is away.
pub async fn of_digests(store: &Store, digests: &[String]) -> Result<Vec<KeyHolder>, StoreError> {
    static SELECT: Sql = Sql::new(keys!("k.digest {in $1}"));
    holders(store, store.rows_alone(&SELECT, &[&ids(digests)]).await?).await
}

/// Those of these keys of a workspace that have a secret which counts.
///
/// # Errors
/// The store is away.
pub async fn of_ids(
    store: &Store,
    workspace: WorkspaceId,
    keys: &[SettingId],
) -> Result<Vec<KeyHolder>, StoreError> {
    static SELECT: Sql = Sql::new(keys!("k.workspace = $1 AND k.id {in $2}"));
    let args = [workspace.to_string(), ids(keys)];
    holders(store, store.rows_alone(&SELECT, &[&args[0], &args[1]]).await?).await
}

async fn holders(store: &Store, rows: Vec<KeyRow>) -> Result<Vec<KeyHolder>, StoreError> {
    static AGENTS: Sql = Sql::new(
        "SELECT a.workspace, a.id, a.role FROM agent AS a
         WHERE a.workspace {in $1} AND a.id {in $2} AND a.state = 'active'",
    );
    let mut keys = Vec::new();
    for KeyRow { digest, workspace, id: key, body } in rows {
        let body = body.as_deref().map(setting_body).transpose()?.flatten();
        let body = body.and_then(|body| SettingBody::read(SettingKind::ApiKey, &body).ok());
        let Some(SettingBody::ApiKey(body)) = body else { continue };
        keys.push((digest, id(&workspace)?, id(&key)?, *body));
    }
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    let workspaces = ids(keys.iter().map(|(_, workspace, ..)| *workspace));
    let agents = ids(keys.iter().map(|(.., body)| body.agent));
    let rows: Vec<AgentRow> = store.rows_alone(&AGENTS, &[&workspaces, &agents]).await?;
    let mut roles = BTreeMap::<Key<AgentId>, Role>::new();
    for row in rows {
        roles.insert((id(&row.workspace)?, id(&row.id)?), named(&row.role)?);
    }
    let dated = keys.iter().filter(|(.., body)| body.until.is_some());
    let zones = zones(store, dated.map(|(_, workspace, ..)| *workspace).collect()).await?;
    let holder = |(digest, workspace, key, body): (String, WorkspaceId, SettingId, ApiKey)| {
        let role = *roles.get(&(workspace, body.agent))?;
        let zone = zones.get(&workspace).cloned();
        Some(KeyHolder { digest, workspace, key, body, role, zone })
    };
    Ok(keys.into_iter().filter_map(holder).collect())
}

/// The time zones of workspaces, where they have set one.
pub(crate) async fn zones(
    store: &Store,
    of: BTreeSet<WorkspaceId>,
) -> Result<BTreeMap<WorkspaceId, String>, StoreError> {
    static POLICIES: Sql = Sql::new(
        "SELECT s.workspace, (SELECT t.body FROM content AS t
           WHERE t.workspace = s.workspace AND t.id = s.content) AS body
         FROM setting AS s
         WHERE s.workspace {in $1} AND s.kind = 'workspace_policy' AND s.ended_at IS NULL",
    );
    if of.is_empty() {
        return Ok(BTreeMap::new());
    }
    let rows: Vec<(String, Option<String>)> = store.rows_alone(&POLICIES, &[&ids(of)]).await?;
    let mut zones = BTreeMap::new();
    for (workspace, body) in rows {
        let body = body.as_deref().map(setting_body).transpose()?.flatten();
        let read = |body| SettingBody::read(SettingKind::WorkspacePolicy, &body).ok();
        let Some(SettingBody::WorkspacePolicy(policy)) = body.and_then(read) else { continue };
        if let Some(zone) = policy.time_zone {
            zones.insert(id(&workspace)?, zone);
        }
    }
    Ok(zones)
}
