//! Whether the tables of settings hold what the log says. It finds an admin who was made with a
//! statement of SQL, as the seals find a changed log.

use std::collections::{BTreeMap, BTreeSet};

use baton_domain::see::setting;
use baton_domain::see::settings::{Settings, ToldSetting};
use baton_protocol::setting::SettingBody;
use baton_protocol::{AgentSet, ChannelSet, Fact, SettingKind, TeamSet, WorkspaceId};

use crate::tables::{
    SettingNameRow, SettingRow, SettingVersionRow, column, from_json, id, number, setting_body,
};
use crate::{Sql, Store, StoreError, Tx, read};

/// Events read at once.
const BATCH: u64 = 1_000;

/// The first thing that the tables hold and the log does not say, or the other way round.
pub async fn fault(store: &Store, workspace: WorkspaceId) -> Result<Option<String>, StoreError> {
    let mut tx = store.read().await?;
    let found = fault_in(&mut tx, workspace).await?;
    tx.rollback().await?;
    Ok(found)
}

/// The same in this transaction.
pub async fn fault_in(tx: &mut Tx, workspace: WorkspaceId) -> Result<Option<String>, StoreError> {
    let (held, told) = (held(tx, workspace).await?, told(tx, workspace).await?);
    if let Some(what) = difference(&held, &told).filter(|_| !told.is_newer) {
        return Ok(Some(what));
    }
    if let Some(what) = set_difference(&held, &told) {
        return Ok(Some(what));
    }
    if let Some(what) = hidden_fault(tx, workspace).await? {
        return Ok(Some(what));
    }
    names_fault(tx, workspace).await
}

/// The settings as the tables hold them.
pub async fn held(tx: &mut Tx, workspace: WorkspaceId) -> Result<Settings, StoreError> {
    static CHANNELS: Sql =
        Sql::new("SELECT id, default_team, pace_per_s, policy FROM channel WHERE workspace = $1");
    let mut settings = Settings::default();
    for agent in read::agents(tx, workspace).await? {
        let set = AgentSet {
            role: Some(agent.role),
            state: Some(agent.state),
            availability: Some(agent.availability),
            capacity: Some(agent.capacity),
        };
        settings.agents.insert(agent.id, set);
        let places = agent.teams.iter().map(|place| ((place.team_id, agent.id), place.kind));
        settings.members.extend(places);
    }
    for team in read::teams(tx, workspace).await? {
        let set = TeamSet {
            reply_policy: Some(team.reply_policy),
            visibility: Some(team.visibility),
            claim_from_colleagues: Some(team.claim_from_colleagues),
        };
        settings.teams.insert(team.id, set);
    }
    let of = workspace.to_string();
    type SettledChannelRow = (String, String, i64, Option<String>);
    for (channel, team, pace, policy) in tx.rows::<SettledChannelRow>(&CHANNELS, &[&of]).await? {
        let (default_team, pace_per_s) = (Some(id(&team)?), Some(number(pace)?));
        let policy = policy.as_deref().map(from_json).transpose()?;
        settings.channels.insert(id(&channel)?, ChannelSet { default_team, pace_per_s, policy });
    }
    held_settings(tx, workspace, &mut settings).await?;
    Ok(settings)
}

/// Adds the settings of a team as the tables hold them.
async fn held_settings(
    tx: &mut Tx,
    workspace: WorkspaceId,
    settings: &mut Settings,
) -> Result<(), StoreError> {
    static ROWS: Sql =
        Sql::new("SELECT {columns s setting} FROM setting AS s WHERE s.workspace = $1");
    static VERSIONS: Sql = Sql::new(
        "SELECT {columns v setting_version} FROM setting_version AS v WHERE v.workspace = $1",
    );
    let of = workspace.to_string();
    for row in tx.rows::<SettingRow>(&ROWS, &[&of]).await? {
        let told = ToldSetting {
            version: number(row.version)?,
            home: row.home()?,
            rank: number(row.rank)?,
            content: Some(row.content),
            position: number(row.position)?,
            is_ended: row.ended_at.is_some(),
        };
        settings.set.insert((row.kind, id(&row.id)?), told);
    }
    for row in tx.rows::<SettingVersionRow>(&VERSIONS, &[&of]).await? {
        let key = (row.kind, id(&row.id)?, number(row.version)?);
        settings.versions.insert(key, number(row.position)?);
    }
    Ok(())
}

/// The first number that is hidden and is none for practice: Baton hides no other.
async fn hidden_fault(tx: &mut Tx, workspace: WorkspaceId) -> Result<Option<String>, StoreError> {
    static HIDDEN: Sql = Sql::new(
        "SELECT id FROM channel WHERE workspace = $1 AND removed_at IS NOT NULL
           AND meta_app <> 'practice' ORDER BY id LIMIT 1",
    );
    let found: Option<(String,)> = tx.row(&HIDDEN, &[&workspace.to_string()]).await?;
    Ok(found.map(|(id,)| format!("channel {id} is hidden, and only numbers for practice are")))
}

/// The first setting whose names in their table are not those of its body. Else whether
/// `log_head` is wrong about where the log last tells of settings.
async fn names_fault(tx: &mut Tx, workspace: WorkspaceId) -> Result<Option<String>, StoreError> {
    static NAMES: Sql =
        Sql::new("SELECT {columns n setting_name} FROM setting_name AS n WHERE n.workspace = $1");
    static BODIES: Sql = Sql::new(
        "SELECT s.kind, s.id, (SELECT t.body FROM content AS t WHERE t.workspace = s.workspace
           AND t.id = s.content) AS body
         FROM setting AS s WHERE s.workspace = $1 AND s.ended_at IS NULL",
    );
    static HEAD: Sql = Sql::new(
        "SELECT COALESCE(h.settings_at, 0), COALESCE((SELECT MAX(s.position) FROM setting AS s
           WHERE s.workspace = h.workspace), 0) FROM log_head AS h WHERE h.workspace = $1",
    );
    let of = workspace.to_string();
    /// Field, kind and id.
    type Named = BTreeSet<(String, String, String)>;
    let mut held: BTreeMap<(String, String), Named> = BTreeMap::new();
    for row in tx.rows::<SettingNameRow>(&NAMES, &[&of]).await? {
        let names = held.entry((row.kind, row.id)).or_default();
        names.insert((row.field, row.of_kind, row.of_id));
    }
    for (kind, id, body) in tx.rows::<(String, String, Option<String>)>(&BODIES, &[&of]).await? {
        let names = held.remove(&(kind.clone(), id.clone())).unwrap_or_default();
        let body = body.as_deref().map(setting_body).transpose()?.flatten();
        let known = SettingKind::from_name(&kind);
        // What a newer version set, only that one can read.
        let read = known.zip(body).and_then(|(kind, body)| SettingBody::read(kind, &body).ok());
        let Some(read) = read else { continue };
        let told = setting::names(&read).into_iter().map(|name| {
            let (of_kind, of_id) = name.target.parts();
            (name.field.to_owned(), of_kind.to_owned(), of_id.to_string())
        });
        if told.collect::<Named>() != names {
            return Ok(Some(format!("setting_name {kind} {id} is not what the setting names")));
        }
    }
    if let Some(((kind, id), _)) = held.first_key_value() {
        return Ok(Some(format!("setting_name {kind} {id} is there, and no such setting is")));
    }
    let head: Option<(i64, i64)> = tx.row(&HEAD, &[&of]).await?;
    Ok(head.filter(|(held, told)| held != told).map(|(held, told)| {
        format!("log_head {of} has settings_at {held}, and the settings changed last at {told}")
    }))
}

/// The settings as the log gives them. Facts of settings have no conversation.
pub async fn told(tx: &mut Tx, workspace: WorkspaceId) -> Result<Settings, StoreError> {
    static FACTS: Sql = Sql::new(
        "SELECT position, fact, content FROM log
         WHERE workspace = $1 AND position > CAST($2 AS BIGINT) AND conversation IS NULL
         ORDER BY position LIMIT CAST($3 AS BIGINT)",
    );
    let (of, limit) = (workspace.to_string(), column(BATCH).to_string());
    let mut settings = Settings::default();
    let mut after = 0;
    loop {
        let args = [of.as_str(), &after.to_string(), &limit];
        let rows = tx.rows::<(i64, String, Option<String>)>(&FACTS, &args).await?;
        let Some((last, ..)) = rows.last() else { return Ok(settings) };
        after = *last;
        for (position, fact, content) in &rows {
            let fact = from_json::<Fact>(fact)?;
            settings.apply(&fact);
            settings.set(&fact, number(*position)?, content.as_deref());
        }
    }
}

/// The same of what the team set up alone, for tests whose people no log tells of.
#[cfg(any(test, feature = "testing"))]
pub async fn set_fault(tx: &mut Tx, workspace: WorkspaceId) -> Result<Option<String>, StoreError> {
    let (held, told) = (held(tx, workspace).await?, told(tx, workspace).await?);
    let names = names_fault(tx, workspace).await?;
    Ok(set_difference(&held, &told).or(names))
}

/// The first key at which two tables differ.
fn first<K: Ord + std::fmt::Debug, V: PartialEq + std::fmt::Debug>(
    what: &str,
    held: &BTreeMap<K, V>,
    told: &BTreeMap<K, V>,
) -> Option<String> {
    let mut keys = held.keys().chain(told.keys());
    let key = keys.find(|key| held.get(key) != told.get(key))?;
    let (held, told) = (held.get(key), told.get(key));
    Some(format!("{what} {key:?} is {held:?} in its table, {told:?} by the log"))
}

fn difference(held: &Settings, told: &Settings) -> Option<String> {
    first("agent", &held.agents, &told.agents)
        .or_else(|| first("team", &held.teams, &told.teams))
        .or_else(|| first("the membership of", &held.members, &told.members))
        .or_else(|| first("channel", &held.channels, &told.channels))
}

fn set_difference(held: &Settings, told: &Settings) -> Option<String> {
    first("setting", &held.set, &told.set)
        .or_else(|| first("setting_version", &held.versions, &told.versions))
}
