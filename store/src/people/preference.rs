//! The wishes of agents for pushes.

use baton_domain::group::Key;
use baton_protocol::AgentId;
use baton_protocol::push::{PushLevel, PushPreference, QuietHours, TeamPushLevel};
use serde_json::{Value, json};
use sqlx_macros::FromRow;

use crate::tables::{id, named};
use crate::{Sql, Store, StoreError};

#[derive(FromRow)]
struct PreferenceRow {
    level: String,
    quiet_from: Option<i64>,
    quiet_until: Option<i64>,
    zone: Option<String>,
    each_device: i64,
}

#[derive(FromRow)]
struct TeamLevelRow {
    team: String,
    level: String,
}

/// The wishes of an agent.
pub async fn of_agent(
    store: &Store,
    (workspace, agent): Key<AgentId>,
) -> Result<PushPreference, StoreError> {
    static READ: Sql = Sql::new(
        "SELECT level, quiet_from, quiet_until, zone, each_device FROM push_preference
         WHERE workspace = $1 AND agent = $2",
    );
    static TEAMS: Sql = Sql::new(
        "SELECT team, level FROM push_team_level WHERE workspace = $1 AND agent = $2
         ORDER BY team",
    );
    let args = [workspace.to_string(), agent.to_string()];
    let args = [args[0].as_str(), args[1].as_str()];
    let rows = store.rows_alone::<PreferenceRow>(&READ, &args).await?;
    let wanted = rows.into_iter().next().map(PreferenceRow::preference).transpose()?;
    let teams = store.rows_alone::<TeamLevelRow>(&TEAMS, &args).await?;
    let teams = teams.into_iter().map(TeamLevelRow::level).collect::<Result<_, _>>()?;
    Ok(PushPreference { teams, ..wanted.unwrap_or_default() })
}

/// Keeps what an agent wants; `quiet` has its hours as minutes of the day. False if it names a team
/// that is not there.
pub async fn put(
    store: &Store,
    (workspace, agent): Key<AgentId>,
    wanted: &PushPreference,
    quiet: Option<(u16, u16)>,
) -> Result<bool, StoreError> {
    static PUT: Sql = Sql::new(
        "INSERT INTO push_preference (workspace, agent, level, quiet_from, quiet_until, zone,
           each_device)
         VALUES ($1, $2, $3, CAST(NULLIF($4, '') AS BIGINT), CAST(NULLIF($5, '') AS BIGINT),
           NULLIF($6, ''), CAST($7 AS BIGINT))
         ON CONFLICT (workspace, agent) DO UPDATE SET level = excluded.level,
           quiet_from = excluded.quiet_from, quiet_until = excluded.quiet_until,
           zone = excluded.zone, each_device = excluded.each_device",
    );
    static FORGET: Sql =
        Sql::new("DELETE FROM push_team_level WHERE workspace = $1 AND agent = $2");
    static PUT_TEAMS: Sql = Sql::new(
        "INSERT INTO push_team_level (workspace, agent, team, level)
         SELECT t.workspace, $2, t.id, x.value->>1
         FROM {rows $3} AS x JOIN team AS t ON t.workspace = $1 AND t.id = x.value->>0",
    );
    let minute = |minute: Option<u16>| minute.map(|of| of.to_string()).unwrap_or_default();
    let (from, until) = (minute(quiet.map(|of| of.0)), minute(quiet.map(|of| of.1)));
    let zone = wanted.quiet.as_ref().map_or("", |quiet| quiet.zone.as_str());
    let rows = wanted.teams.iter().map(|one| json!([one.team_id, one.level.name()]));
    let teams = rows.collect::<Value>().to_string();
    let (workspace, agent) = (workspace.to_string(), agent.to_string());
    let each = if wanted.each_device { "1" } else { "0" };
    let mut tx = store.begin().await?;
    let args = [&workspace, &agent, wanted.level.name(), &from, &until, zone, each];
    tx.run(&PUT, &args).await?;
    tx.run(&FORGET, &[&workspace, &agent]).await?;
    let known = tx.run(&PUT_TEAMS, &[&workspace, &agent, &teams]).await?;
    if known != wanted.teams.len() as u64 {
        tx.rollback().await?;
        return Ok(false);
    }
    tx.commit().await?;
    Ok(true)
}

impl PreferenceRow {
    fn preference(self) -> Result<PushPreference, StoreError> {
        let level: PushLevel = named(&self.level)?;
        let time = |minute: i64| format!("{:02}:{:02}", minute / 60, minute % 60);
        let quiet = match (self.quiet_from, self.quiet_until, self.zone) {
            (Some(from), Some(until), Some(zone)) => {
                Some(QuietHours { from: time(from), until: time(until), zone })
            }
            _ => None,
        };
        Ok(PushPreference { level, quiet, teams: Vec::new(), each_device: self.each_device != 0 })
    }
}

impl TeamLevelRow {
    fn level(self) -> Result<TeamPushLevel, StoreError> {
        Ok(TeamPushLevel { team_id: id(&self.team)?, level: named(&self.level)? })
    }
}
