//! Whether the tables of settings hold what the log says. It finds an admin who was made with a
//! statement of SQL, as the seals find a changed log.

use baton_domain::settings::Settings;
use baton_protocol::{AgentSet, ChannelSet, Fact, TeamSet, WorkspaceId};

use crate::tables::{column, from_json, id, number};
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
    Ok(if told.is_newer { None } else { difference(&held, &told) })
}

/// What the tables hold.
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
    Ok(settings)
}

/// What the log says. Facts of settings have no conversation.
pub async fn told(tx: &mut Tx, workspace: WorkspaceId) -> Result<Settings, StoreError> {
    static FACTS: Sql = Sql::new(
        "SELECT position, fact FROM log
         WHERE workspace = $1 AND position > CAST($2 AS BIGINT) AND conversation IS NULL
         ORDER BY position LIMIT CAST($3 AS BIGINT)",
    );
    let (of, limit) = (workspace.to_string(), column(BATCH).to_string());
    let mut settings = Settings::default();
    let mut after = 0;
    loop {
        let args = [of.as_str(), &after.to_string(), &limit];
        let rows = tx.rows::<(i64, String)>(&FACTS, &args).await?;
        let Some((last, _)) = rows.last() else { return Ok(settings) };
        after = *last;
        for (_, fact) in &rows {
            settings.apply(&from_json::<Fact>(fact)?);
        }
    }
}

fn difference(held: &Settings, told: &Settings) -> Option<String> {
    fn first<K: Ord + Copy + std::fmt::Debug, V: PartialEq + std::fmt::Debug>(
        what: &str,
        held: &std::collections::BTreeMap<K, V>,
        told: &std::collections::BTreeMap<K, V>,
    ) -> Option<String> {
        let mut keys = held.keys().chain(told.keys());
        let key = keys.find(|key| held.get(key) != told.get(key))?;
        let (held, told) = (held.get(key), told.get(key));
        Some(format!("{what} {key:?} is {held:?} in its table, {told:?} by the log"))
    }
    first("agent", &held.agents, &told.agents)
        .or_else(|| first("team", &held.teams, &told.teams))
        .or_else(|| first("the membership of", &held.members, &told.members))
        .or_else(|| first("channel", &held.channels, &told.channels))
}
