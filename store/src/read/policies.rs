//! Policies of the workspace and of its teams, as they hold.

use std::collections::BTreeMap;

use baton_protocol::setting::{SettingBody, TeamPolicy, WorkspacePolicy};
use baton_protocol::{SettingKind, TeamId, WorkspaceId};

use crate::tables::{id, setting_body};
use crate::{Sql, StoreError, Tx};

/// The policy of a workspace. One that only a newer version can read changes nothing here.
///
/// # Errors
/// The store is away.
pub async fn workspace_policy(
    tx: &mut Tx,
    workspace: WorkspaceId,
) -> Result<WorkspacePolicy, StoreError> {
    static SELECT: Sql = Sql::new(
        "SELECT (SELECT t.body FROM content AS t
           WHERE t.workspace = s.workspace AND t.id = s.content) AS body
         FROM setting AS s WHERE s.workspace = $1 AND s.kind = 'workspace_policy'
           AND s.ended_at IS NULL",
    );
    let rows: Vec<(Option<String>,)> = tx.rows(&SELECT, &[&workspace.to_string()]).await?;
    let body =
        rows.into_iter().find_map(|(body,)| body).as_deref().map(setting_body).transpose()?;
    let read = |body| SettingBody::read(SettingKind::WorkspacePolicy, &body).ok();
    Ok(match body.flatten().and_then(read) {
        Some(SettingBody::WorkspacePolicy(policy)) => *policy,
        _ => WorkspacePolicy::default(),
    })
}

/// The policies of teams that have one. One that only a newer version can read changes nothing
/// here.
///
/// # Errors
/// The store is away.
pub async fn team_policies(
    tx: &mut Tx,
    workspace: WorkspaceId,
) -> Result<BTreeMap<TeamId, TeamPolicy>, StoreError> {
    static SELECT: Sql = Sql::new(
        "SELECT s.id, (SELECT t.body FROM content AS t
           WHERE t.workspace = s.workspace AND t.id = s.content) AS body
         FROM setting AS s WHERE s.workspace = $1 AND s.kind = 'team_policy'
           AND s.ended_at IS NULL",
    );
    let rows: Vec<(String, Option<String>)> = tx.rows(&SELECT, &[&workspace.to_string()]).await?;
    let mut policies = BTreeMap::new();
    for (team, body) in rows {
        let Some(body) = body.as_deref().map(setting_body).transpose()?.flatten() else { continue };
        let read = SettingBody::read(SettingKind::TeamPolicy, &body);
        if let Ok(SettingBody::TeamPolicy(policy)) = read {
            policies.insert(id(&team)?, *policy);
        }
    }
    Ok(policies)
}
