//! Settings, as a group reads them. They are read behind the log head's lock: every change
//! holds it.

use baton_domain::auto::rules::Given;
use baton_protocol::setting::SettingVersion;
use baton_protocol::{SettingBody, SettingKind, Timestamp, WorkspaceId};
use sqlx_macros::FromRow;

use crate::read::setting_versions;
use crate::table::found::FoundRow;
use crate::tables::{SecretRow, SettingNameRow, SettingRow, id, number, setting_body};
use crate::{Sql, StoreError, Tx};

/// Settings, each `[workspace, kind, id]`.
pub async fn settings(tx: &mut Tx, keys: &str) -> Result<Vec<FoundRow<SettingRow>>, StoreError> {
    static SQL: Sql = Sql::new(
        "SELECT {columns s setting}, s.stamp_state FROM {rows $1} AS x CROSS JOIN
         {postgres LATERAL (SELECT * FROM setting WHERE workspace = x.value->>0
             AND kind = x.value->>1 AND id = x.value->>2 OFFSET 0) AS s}
         {sqlite setting AS s WHERE s.workspace = x.value->>0 AND s.kind = x.value->>1
             AND s.id = x.value->>2}",
    );
    tx.rows(&SQL, &[keys]).await
}

/// Settings at homes that did not end, each home `[workspace, kind, home kind, home id]`.
pub async fn settings_of_homes(
    tx: &mut Tx,
    keys: &str,
) -> Result<Vec<FoundRow<SettingRow>>, StoreError> {
    static SQL: Sql = Sql::new(
        "SELECT {columns s setting}, s.stamp_state FROM {rows $1} AS x CROSS JOIN
         {postgres LATERAL (SELECT * FROM setting WHERE workspace = x.value->>0
             AND kind = x.value->>1 AND home_kind = x.value->>2 AND home_id = x.value->>3
             OFFSET 0) AS s WHERE s.ended_at IS NULL}
         {sqlite setting AS s WHERE s.workspace = x.value->>0 AND s.kind = x.value->>1
             AND s.home_kind = x.value->>2 AND s.home_id = x.value->>3 AND s.ended_at IS NULL}",
    );
    tx.rows(&SQL, &[keys]).await
}

/// Bodies, each `[workspace, id]`.
pub async fn setting_bodies(tx: &mut Tx, keys: &str) -> Result<Vec<(String, String)>, StoreError> {
    static SQL: Sql = Sql::new(
        "SELECT t.id, t.body FROM {rows $1} AS x CROSS JOIN
         {postgres LATERAL (SELECT * FROM content WHERE workspace = x.value->>0
             AND id = x.value->>1 OFFSET 0) AS t}
         {sqlite content AS t WHERE t.workspace = x.value->>0 AND t.id = x.value->>1}",
    );
    tx.rows(&SQL, &[keys]).await
}

/// The settings that name these, each `[workspace, kind, id]`.
pub async fn setting_users(tx: &mut Tx, keys: &str) -> Result<Vec<SettingNameRow>, StoreError> {
    static SQL: Sql = Sql::new(
        "SELECT {columns n setting_name} FROM {rows $1} AS x CROSS JOIN
         {postgres LATERAL (SELECT * FROM setting_name WHERE workspace = x.value->>0
             AND of_kind = x.value->>1 AND of_id = x.value->>2 OFFSET 0) AS n}
         {sqlite setting_name AS n WHERE n.workspace = x.value->>0 AND n.of_kind = x.value->>1
             AND n.of_id = x.value->>2}",
    );
    tx.rows(&SQL, &[keys]).await
}

/// The settings of a kind in these workspaces that name something of `named`, as `(workspace, id)`.
pub async fn naming(
    tx: &mut Tx,
    workspaces: &str,
    (kind, named): (&str, &str),
) -> Result<Vec<(String, String)>, StoreError> {
    static SQL: Sql = Sql::new(
        "SELECT DISTINCT n.workspace, n.id FROM setting_name AS n
         WHERE n.workspace {in $1} AND n.of_kind = $3 AND n.kind = $2",
    );
    tx.rows(&SQL, &[workspaces, kind, named]).await
}

/// The members of these teams, each `[workspace, team]`, who have a setting of a kind, as
/// `(workspace, team, agent)`.
pub async fn of_members(
    tx: &mut Tx,
    teams: &str,
    kind: &str,
) -> Result<Vec<(String, String, String)>, StoreError> {
    static SQL: Sql = Sql::new(
        "SELECT m.workspace, m.team, m.agent FROM {rows $1} AS x
         CROSS JOIN
         {postgres LATERAL (SELECT * FROM team_member WHERE workspace = x.value->>0
             AND team = x.value->>1 AND kind = 'member' OFFSET 0) AS m}
         {sqlite team_member AS m ON m.workspace = x.value->>0 AND m.team = x.value->>1
             AND m.kind = 'member'}
         CROSS JOIN
         {postgres LATERAL (SELECT 1 FROM setting WHERE workspace = m.workspace
             AND kind = $2 AND id = m.agent AND ended_at IS NULL OFFSET 0) AS s}
         {sqlite setting AS s WHERE s.workspace = m.workspace AND s.kind = $2
             AND s.id = m.agent AND s.ended_at IS NULL}",
    );
    tx.rows(&SQL, &[teams, kind]).await
}

/// The secrets of these, each `[workspace, kind, id]`.
pub async fn setting_secrets(tx: &mut Tx, keys: &str) -> Result<Vec<SecretRow>, StoreError> {
    static SQL: Sql = Sql::new(
        "SELECT {columns s setting_secret} FROM {rows $1} AS x CROSS JOIN
         {postgres LATERAL (SELECT * FROM setting_secret WHERE workspace = x.value->>0
             AND kind = x.value->>1 AND id = x.value->>2 OFFSET 0) AS s}
         {sqlite setting_secret AS s WHERE s.workspace = x.value->>0 AND s.kind = x.value->>1
             AND s.id = x.value->>2}",
    );
    tx.rows(&SQL, &[keys]).await
}

/// Something that settings name and that is there.
#[derive(FromRow, Debug)]
pub struct ThereRow {
    pub workspace: String,
    pub kind: String,
    pub id: String,
}

/// The teams, active agents and numbers among these that exist, each `[workspace, kind, id]`.
pub async fn there(tx: &mut Tx, keys: &str) -> Result<Vec<ThereRow>, StoreError> {
    static SQL: Sql = Sql::new(
        "SELECT x.value->>0 AS workspace, x.value->>1 AS kind, x.value->>2 AS id
         FROM {rows $1} AS x WHERE CASE x.value->>1
           WHEN 'team' THEN EXISTS (SELECT 1 FROM team AS t
             WHERE t.workspace = x.value->>0 AND t.id = x.value->>2)
           WHEN 'agent' THEN EXISTS (SELECT 1 FROM agent AS a
             WHERE a.workspace = x.value->>0 AND a.id = x.value->>2 AND a.state = 'active')
           ELSE EXISTS (SELECT 1 FROM channel AS c
             WHERE c.workspace = x.value->>0 AND c.id = x.value->>2) END",
    );
    tx.rows(&SQL, &[keys]).await
}

#[derive(FromRow)]
struct PolicyRow {
    kind: String,
    id: String,
    version: i64,
    changed_at: i64,
    ended_at: Option<i64>,
    body: Option<String>,
}

/// The settings by which things happen by themselves, in the order of rank and id. What only a
/// newer version can read decides nothing here. Of schedules the earlier versions follow, as ended:
/// what was promised by them counts by them.
pub async fn policies(tx: &mut Tx, workspace: WorkspaceId) -> Result<Vec<Given>, StoreError> {
    static SQL: Sql = Sql::new(
        "SELECT s.kind, s.id, s.version, s.changed_at, s.ended_at,
           (SELECT t.body FROM content AS t
            WHERE t.workspace = s.workspace AND t.id = s.content) AS body
         FROM setting AS s
         WHERE s.workspace = $1 AND s.kind IN
           ('rule', 'sla', 'bot', 'survey', 'schedule', 'tag', 'team_policy', 'webhook',
            'context_source', 'workspace_policy')
         ORDER BY s.rank, s.id",
    );
    let rows: Vec<PolicyRow> = tx.rows(&SQL, &[&workspace.to_string()]).await?;
    let mut all = Vec::with_capacity(rows.len());
    for row in rows {
        let body = row.body.as_deref().map(setting_body).transpose()?.flatten();
        let kind = SettingKind::from_name(&row.kind);
        let body = kind.zip(body).and_then(|(kind, body)| SettingBody::read(kind, &body).ok());
        let Some(body) = body else { continue };
        all.push(Given {
            id: id(&row.id)?,
            version: number(row.version)?,
            since: Timestamp::from_ms(row.changed_at),
            ended_at: row.ended_at.map(Timestamp::from_ms),
            body,
        });
    }
    all.extend(earlier_schedules(tx, workspace, &all).await?);
    Ok(all)
}

async fn earlier_schedules(
    tx: &mut Tx,
    workspace: WorkspaceId,
    all: &[Given],
) -> Result<Vec<Given>, StoreError> {
    let is_changed = |of: &&Given| of.version > 1 && matches!(of.body, SettingBody::Schedule(_));
    let mut earlier = Vec::new();
    for of in all.iter().filter(is_changed) {
        let kind = SettingKind::Schedule;
        for SettingVersion { version, at, body, .. } in
            setting_versions(tx, workspace, kind, of.id).await?
        {
            let body = body.filter(|_| version < of.version);
            let body = body.and_then(|body| SettingBody::read(kind, &body).ok());
            let (id, ended_at) = (of.id, Some(at));
            earlier.extend(body.map(|body| Given { id, version, since: at, ended_at, body }));
        }
    }
    Ok(earlier)
}
