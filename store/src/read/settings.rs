//! Settings of every kind, as they stand and as they stood. Who may read them is asked of `Sight`
//! by whoever calls.

use std::collections::BTreeSet;

use baton_domain::group::set::{HeldSetting, SettingKey};
use baton_domain::see::setting::{Bodies, Target};
use baton_protocol::event::EventContent;
use baton_protocol::setting::{Setting, SettingName, SettingSecret, SettingUse, SettingVersion};
use baton_protocol::{Actor, AgentId, Event, Fact, Home, SettingId, SettingKind, WorkspaceId};
use sqlx_macros::FromRow;

use crate::tables::{LoggedRow, SecretRow, SettingRow, column, id, ids, logged_columns, number};
use crate::{Sql, StoreError, Tx};

/// Versions of a setting that are told, the newest first.
const VERSIONS_MAX: &str = "200";

/// A setting, and where the log tells of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Placed {
    /// The setting.
    pub setting: Setting,
    /// The position of its newest version.
    pub position: u64,
}

#[derive(FromRow)]
struct WholeSettingRow {
    #[sqlx(flatten)]
    row: SettingRow,
    body: Option<String>,
}

impl WholeSettingRow {
    fn read(&self) -> Result<Option<Placed>, StoreError> {
        let Some((_, kind, id)) = self.row.key()? else { return Ok(None) };
        let held = self.row.read(self.body.as_deref())?;
        Ok(Some(Placed { setting: held.told(kind, id), position: held.position }))
    }
}

fn read_all(rows: &[WholeSettingRow]) -> Result<Vec<Placed>, StoreError> {
    rows.iter().filter_map(|row| row.read().transpose()).collect()
}

macro_rules! setting_columns {
    () => {
        "{columns s setting}, (SELECT t.body FROM content AS t
           WHERE t.workspace = s.workspace AND t.id = s.content) AS body"
    };
}

/// The settings of a kind that did not end, by rank.
pub async fn settings(
    tx: &mut Tx,
    workspace: WorkspaceId,
    kind: SettingKind,
) -> Result<Vec<Placed>, StoreError> {
    static SELECT: Sql = Sql::new(concat!(
        "SELECT ",
        setting_columns!(),
        " FROM setting AS s WHERE s.workspace = $1 AND s.kind = $2 AND s.ended_at IS NULL
         ORDER BY s.rank, s.id"
    ));
    read_all(&tx.rows(&SELECT, &[&workspace.to_string(), kind.name()]).await?)
}

/// The settings of these kinds that did not end, as groups hold them.
pub async fn held_settings(
    tx: &mut Tx,
    workspace: WorkspaceId,
    kinds: &[SettingKind],
) -> Result<Vec<(SettingKey, HeldSetting)>, StoreError> {
    static SELECT: Sql = Sql::new(concat!(
        "SELECT ",
        setting_columns!(),
        " FROM setting AS s WHERE s.workspace = $1 AND s.kind {in $2} AND s.ended_at IS NULL"
    ));
    let kinds = ids(kinds.iter().map(|kind| kind.name()));
    let rows: Vec<WholeSettingRow> = tx.rows(&SELECT, &[&workspace.to_string(), &kinds]).await?;
    let held = |whole: &WholeSettingRow| {
        let Some(key) = whole.row.key()? else { return Ok(None) };
        Ok(Some((key, whole.row.read(whole.body.as_deref())?)))
    };
    rows.iter().filter_map(|row| held(row).transpose()).collect()
}

/// Bodies of all settings of a workspace that did not end. Erased ones are left out.
pub async fn setting_bodies(tx: &mut Tx, workspace: WorkspaceId) -> Result<Bodies, StoreError> {
    let held = held_settings(tx, workspace, &SettingKind::ALL).await?;
    let one = |((_, kind, id), held): (SettingKey, HeldSetting)| Some(((kind, id), held.body?));
    Ok(held.into_iter().filter_map(one).collect())
}

/// One setting, ended or not.
pub async fn setting(
    tx: &mut Tx,
    workspace: WorkspaceId,
    kind: SettingKind,
    of: SettingId,
) -> Result<Option<Placed>, StoreError> {
    static SELECT: Sql = Sql::new(concat!(
        "SELECT ",
        setting_columns!(),
        " FROM setting AS s WHERE s.workspace = $1 AND s.kind = $2 AND s.id = $3"
    ));
    let args = [workspace.to_string(), of.to_string()];
    let row: Option<WholeSettingRow> = tx.row(&SELECT, &[&args[0], kind.name(), &args[1]]).await?;
    row.map_or(Ok(None), |row| row.read())
}

/// Settings of these kinds that changed above a position and did not end, in the order of their
/// changes, at most `limit`.
pub async fn settings_above(
    tx: &mut Tx,
    workspace: WorkspaceId,
    kinds: &[SettingKind],
    above: u64,
    limit: usize,
) -> Result<Vec<Placed>, StoreError> {
    static SELECT: Sql = Sql::new(concat!(
        "SELECT ",
        setting_columns!(),
        " FROM setting AS s WHERE s.workspace = $1 AND s.position > CAST($2 AS BIGINT)
           AND s.kind {in $3} AND s.ended_at IS NULL
         ORDER BY s.position LIMIT CAST($4 AS BIGINT)"
    ));
    let args = [
        workspace.to_string(),
        column(above).to_string(),
        ids(kinds.iter().map(|kind| kind.name())),
        limit.to_string(),
    ];
    read_all(&tx.rows(&SELECT, &args.each_ref().map(String::as_str)).await?)
}

/// Kinds, ids and homes of all settings of these kinds that did not end.
pub async fn setting_ids(
    tx: &mut Tx,
    workspace: WorkspaceId,
    kinds: &[SettingKind],
) -> Result<Vec<(SettingKind, SettingId, Home)>, StoreError> {
    static SELECT: Sql = Sql::new(
        "SELECT {columns s setting} FROM setting AS s
         WHERE s.workspace = $1 AND s.kind {in $2} AND s.ended_at IS NULL ORDER BY s.kind, s.id",
    );
    let kinds = ids(kinds.iter().map(|kind| kind.name()));
    let rows: Vec<SettingRow> = tx.rows(&SELECT, &[&workspace.to_string(), &kinds]).await?;
    let one = |row: &SettingRow| {
        let Some((_, kind, id)) = row.key()? else { return Ok(None) };
        Ok(Some((kind, id, row.home()?)))
    };
    rows.iter().filter_map(|row| one(row).transpose()).collect()
}

/// Settings of any kind at a home that did not end, each with its version, at most `limit`.
pub async fn settings_of_home(
    tx: &mut Tx,
    workspace: WorkspaceId,
    home: Home,
    limit: usize,
) -> Result<Vec<(SettingKind, SettingId, u32)>, StoreError> {
    static SELECT: Sql = Sql::new(
        "SELECT {columns s setting} FROM setting AS s
         WHERE s.workspace = $1 AND s.kind {in $2} AND s.home_kind = $3 AND s.home_id = $4
           AND s.ended_at IS NULL LIMIT CAST($5 AS BIGINT)",
    );
    let Some(home_kind) = home.kind() else { return Ok(Vec::new()) };
    let args = [
        workspace.to_string(),
        ids(SettingKind::ALL.iter().map(|kind| kind.name())),
        home_kind.name().to_owned(),
        home.id(workspace).to_string(),
        limit.to_string(),
    ];
    let rows: Vec<SettingRow> = tx.rows(&SELECT, &args.each_ref().map(String::as_str)).await?;
    let one = |row: &SettingRow| {
        let Some((_, kind, id)) = row.key()? else { return Ok(None) };
        Ok(Some((kind, id, number(row.version)?)))
    };
    rows.iter().filter_map(|row| one(row).transpose()).collect()
}

/// The versions of a setting, the newest first.
pub async fn setting_versions(
    tx: &mut Tx,
    workspace: WorkspaceId,
    kind: SettingKind,
    of: SettingId,
) -> Result<Vec<SettingVersion>, StoreError> {
    static SELECT: Sql = Sql::new(concat!(
        "SELECT ",
        logged_columns!(),
        " FROM setting_version AS v CROSS JOIN log AS l
         WHERE v.workspace = $1 AND v.kind = $2 AND v.id = $3
           AND l.workspace = v.workspace AND l.position = v.position
         ORDER BY v.version DESC LIMIT CAST($4 AS BIGINT)"
    ));
    let args = [workspace.to_string(), of.to_string()];
    let args = [args[0].as_str(), kind.name(), args[1].as_str(), VERSIONS_MAX];
    let rows: Vec<LoggedRow> = tx.rows(&SELECT, &args).await?;
    let version = |row: &LoggedRow| Ok(version_of(row.read()?.event));
    rows.iter().filter_map(|row| version(row).transpose()).collect()
}

/// The settings of a kind as they stood at a position, those that had ended left out; of one alone,
/// if it is named.
pub async fn settings_at(
    tx: &mut Tx,
    workspace: WorkspaceId,
    kind: SettingKind,
    of: Option<SettingId>,
    position: u64,
) -> Result<Vec<Setting>, StoreError> {
    static SELECT: Sql = Sql::new(concat!(
        "SELECT ",
        logged_columns!(),
        " FROM (SELECT v.id, MAX(v.position) AS position FROM setting_version AS v
             WHERE v.workspace = $1 AND v.kind = $2 AND ($3 = '' OR v.id = $3)
               AND v.position <= CAST($4 AS BIGINT) GROUP BY v.id) AS n
         CROSS JOIN log AS l WHERE l.workspace = $1 AND l.position = n.position"
    ));
    let of = of.map(|of| of.to_string()).unwrap_or_default();
    let args = [workspace.to_string(), of, column(position).to_string()];
    let args = [args[0].as_str(), kind.name(), args[1].as_str(), args[2].as_str()];
    let rows: Vec<LoggedRow> = tx.rows(&SELECT, &args).await?;
    let mut settings = Vec::new();
    for row in &rows {
        settings.extend(setting_of(row.read()?.event));
    }
    settings.sort_by_key(|setting| (setting.rank, setting.id));
    Ok(settings)
}

fn body_of(content: Option<EventContent>) -> Option<serde_json::Value> {
    match content {
        Some(EventContent::Setting(body)) => Some(body),
        _ => None,
    }
}

fn agent_of(actor: Actor) -> Option<AgentId> {
    match actor {
        Actor::Agent { id } => Some(id),
        Actor::Customer | Actor::System | Actor::Rule { .. } | Actor::Unknown => None,
    }
}

fn version_of(event: Event) -> Option<SettingVersion> {
    let Fact::SettingChanged { version, home, changed, secret, .. } = event.fact else {
        return None;
    };
    let (position, at, by) = (event.position, event.at, agent_of(event.actor));
    let body = body_of(event.content);
    Some(SettingVersion { version, position, at, by, home, changed, secret, body })
}

/// The setting as an event left it; `None` where it ended.
fn setting_of(event: Event) -> Option<Setting> {
    let Fact::SettingChanged { setting_id, kind, version, home: Some(home), rank, .. } = event.fact
    else {
        return None;
    };
    Some(Setting {
        kind,
        id: setting_id,
        version,
        home,
        rank,
        body: body_of(event.content),
        changed_at: Some(event.at),
        changed_by: agent_of(event.actor),
        ended: false,
        broken: Vec::new(),
        not_kept: Vec::new(),
    })
}

#[derive(FromRow)]
struct NamedRow {
    kind: String,
    id: String,
    field: String,
    of_kind: String,
    of_id: String,
}

/// Settings that name what is no more: of one kind, or of all.
pub async fn broken_settings(
    tx: &mut Tx,
    workspace: WorkspaceId,
    kind: Option<SettingKind>,
) -> Result<Vec<(SettingUse, SettingName)>, StoreError> {
    static SELECT: Sql = Sql::new(
        "SELECT n.kind, n.id, n.field, n.of_kind, n.of_id FROM setting_name AS n
         WHERE n.workspace = $1 AND ($2 = '' OR n.kind = $2) AND NOT CASE n.of_kind
           WHEN 'team' THEN EXISTS (SELECT 1 FROM team AS t
             WHERE t.workspace = n.workspace AND t.id = n.of_id)
           WHEN 'agent' THEN EXISTS (SELECT 1 FROM agent AS a
             WHERE a.workspace = n.workspace AND a.id = n.of_id AND a.state = 'active')
           WHEN 'channel' THEN EXISTS (SELECT 1 FROM channel AS c
             WHERE c.workspace = n.workspace AND c.id = n.of_id)
           ELSE EXISTS (SELECT 1 FROM setting AS s WHERE s.workspace = n.workspace
             AND s.kind = n.of_kind AND s.id = n.of_id AND s.ended_at IS NULL) END
         ORDER BY n.kind, n.id, n.field, n.of_id",
    );
    let kind = kind.map(SettingKind::name).unwrap_or_default();
    let rows: Vec<NamedRow> = tx.rows(&SELECT, &[&workspace.to_string(), kind]).await?;
    let one = |row: NamedRow| {
        let user = SettingUse { kind: row.kind, id: id(&row.id)?, field: row.field.clone() };
        let name = SettingName { field: row.field, of_kind: row.of_kind, of_id: id(&row.of_id)? };
        Ok((user, name))
    };
    rows.into_iter().map(one).collect()
}

/// The settings that name something.
pub async fn setting_uses(
    tx: &mut Tx,
    workspace: WorkspaceId,
    of: Target,
) -> Result<Vec<SettingUse>, StoreError> {
    static SELECT: Sql = Sql::new(
        "SELECT kind, id, field FROM setting_name
         WHERE workspace = $1 AND of_kind = $2 AND of_id = $3 ORDER BY kind, id, field",
    );
    let (of_kind, of_id) = of.parts();
    let args = [workspace.to_string(), of_id.to_string()];
    let rows: Vec<(String, String, String)> =
        tx.rows(&SELECT, &[&args[0], of_kind, &args[1]]).await?;
    let one =
        |(kind, of, field): (String, String, String)| Ok(SettingUse { kind, id: id(&of)?, field });
    rows.into_iter().map(one).collect()
}

/// A secret that counts, sealed for its row: its number and what is kept.
pub async fn sealed_secrets(
    tx: &mut Tx,
    workspace: WorkspaceId,
    kind: SettingKind,
    of: SettingId,
) -> Result<Vec<(String, String)>, StoreError> {
    static SELECT: Sql = Sql::new(
        "SELECT n, sealed FROM setting_secret
         WHERE workspace = $1 AND kind = $2 AND id = $3 AND ended_at IS NULL AND sealed IS NOT NULL
         ORDER BY created_at DESC, n DESC",
    );
    let args = [workspace.to_string(), of.to_string()];
    tx.rows(&SELECT, &[&args[0], kind.name(), &args[1]]).await
}

/// The secrets of a setting, by their numbers; what they are is not told.
pub async fn setting_secrets(
    tx: &mut Tx,
    workspace: WorkspaceId,
    kind: SettingKind,
    of: SettingId,
) -> Result<Vec<SettingSecret>, StoreError> {
    static SELECT: Sql = Sql::new(
        "SELECT {columns s setting_secret} FROM setting_secret AS s
         WHERE s.workspace = $1 AND s.kind = $2 AND s.id = $3",
    );
    let args = [workspace.to_string(), of.to_string()];
    let rows: Vec<SecretRow> = tx.rows(&SELECT, &[&args[0], kind.name(), &args[1]]).await?;
    let one = |row: &SecretRow| {
        let (n, held) = row.held()?;
        Ok(SettingSecret { n, created_at: held.created_at, ended_at: held.ended_at })
    };
    let mut all: Vec<SettingSecret> = rows.iter().map(one).collect::<Result<_, StoreError>>()?;
    all.sort_by_key(|secret| secret.n);
    Ok(all)
}

/// Merges of tags that are followed.
const MERGES_MAX: usize = 8;

/// A tag and those that were merged into it.
pub async fn tags_merged_into(
    tx: &mut Tx,
    workspace: WorkspaceId,
    tag: SettingId,
) -> Result<BTreeSet<SettingId>, StoreError> {
    let mut all = BTreeSet::from([tag]);
    let mut new = vec![tag];
    for _ in 0..MERGES_MAX {
        let mut next = Vec::new();
        for of in new {
            let target = Target::Setting(SettingKind::Tag, of);
            let uses = setting_uses(tx, workspace, target).await?;
            let merged = uses.into_iter().filter(|of| of.field == "merged_into");
            next.extend(merged.map(|of| of.id).filter(|id| all.insert(*id)));
        }
        new = next;
    }
    Ok(all)
}
