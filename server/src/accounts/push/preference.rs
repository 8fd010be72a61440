//! How much an agent wants to be told, and when: a wish of their own, and no part of the log.

use std::collections::BTreeSet;

use baton_domain::announce::Quiet;
use baton_protocol::push::{PushLevel, PushPreference, QuietHours, TeamPushLevel};
use serde_json::{Value, json};
use sqlx_macros::FromRow;

use crate::accounts::{AccountError, Accounts, Signed};
use crate::store::tables::{id, named};
use crate::store::{Sql, StoreError};

#[derive(FromRow)]
struct PreferenceRow {
    level: String,
    quiet_from: Option<i64>,
    quiet_until: Option<i64>,
    zone: Option<String>,
    each_device: i64,
}

#[derive(FromRow)]
struct TeamRow {
    team: String,
    level: String,
}

/// Teams of which one agent may want to be told otherwise.
const TEAMS_MAX: usize = 200;

impl Accounts {
    /// How much the agent wants to be told.
    ///
    /// # Errors
    /// When the store is away.
    pub async fn push_preference(&self, signed: Signed) -> Result<PushPreference, AccountError> {
        static READ: Sql = Sql::new(
            "SELECT level, quiet_from, quiet_until, zone, each_device FROM push_preference
             WHERE workspace = $1 AND agent = $2",
        );
        static TEAMS: Sql = Sql::new(
            "SELECT team, level FROM push_team_level WHERE workspace = $1 AND agent = $2
             ORDER BY team",
        );
        let args = [signed.workspace.to_string(), signed.agent.to_string()];
        let rows = self.0.store.rows_alone::<PreferenceRow>(&READ, &[&args[0], &args[1]]).await?;
        let told =
            rows.into_iter().next().map(PreferenceRow::told).transpose()?.unwrap_or_default();
        let teams = self.0.store.rows_alone::<TeamRow>(&TEAMS, &[&args[0], &args[1]]).await?;
        let teams = teams.into_iter().map(TeamRow::told).collect::<Result<_, _>>()?;
        Ok(PushPreference { teams, ..told })
    }

    /// Takes down how much the agent wants to be told from now on.
    ///
    /// # Errors
    /// When a time, the zone or a team does not exist, or a team is named twice.
    pub async fn set_push_preference(
        &self,
        signed: Signed,
        wanted: &PushPreference,
    ) -> Result<(), AccountError> {
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
        let teams = teams_of(wanted)?;
        let (from, until, zone) = match &wanted.quiet {
            Some(quiet) => {
                let (from, until) = checked(quiet)?;
                (from.to_string(), until.to_string(), quiet.zone.as_str())
            }
            None => (String::new(), String::new(), ""),
        };
        let (workspace, agent) = (signed.workspace.to_string(), signed.agent.to_string());
        let mut tx = self.0.store.begin().await?;
        let level = wanted.level.name();
        let each = if wanted.each_device { "1" } else { "0" };
        tx.run(&PUT, &[&workspace, &agent, level, &from, &until, zone, each]).await?;
        tx.run(&FORGET, &[&workspace, &agent]).await?;
        let known = tx.run(&PUT_TEAMS, &[&workspace, &agent, &teams]).await?;
        if known != wanted.teams.len() as u64 {
            tx.rollback().await?;
            return Err(wrong_teams("names a team that this workspace has not"));
        }
        Ok(tx.commit().await?)
    }
}

/// Each team with its level, as JSON.
fn teams_of(wanted: &PushPreference) -> Result<String, AccountError> {
    let named: BTreeSet<_> = wanted.teams.iter().map(|one| one.team_id).collect();
    if named.len() != wanted.teams.len() {
        return Err(wrong_teams("names a team twice"));
    }
    if named.len() > TEAMS_MAX {
        return Err(wrong_teams("names more than 200 teams"));
    }
    let rows = wanted.teams.iter().map(|one| json!([one.team_id, one.level.name()]));
    Ok(rows.collect::<Value>().to_string())
}

fn wrong_teams(problem: &str) -> AccountError {
    AccountError::Invalid { field: "teams", problem: problem.to_owned() }
}

fn checked(quiet: &QuietHours) -> Result<(u16, u16), AccountError> {
    let minute = |field, text: &str| {
        minute(text).ok_or_else(|| AccountError::Invalid {
            field,
            problem: "must be a time of the day such as 22:00".to_owned(),
        })
    };
    let (from, until) = (minute("quiet.from", &quiet.from)?, minute("quiet.until", &quiet.until)?);
    if from == until {
        let problem = "must differ from quiet.from".to_owned();
        return Err(AccountError::Invalid { field: "quiet.until", problem });
    }
    if Quiet::new(from, until, &quiet.zone).is_none() {
        let problem = "must be an IANA time zone such as Europe/Madrid".to_owned();
        return Err(AccountError::Invalid { field: "quiet.zone", problem });
    }
    Ok((from, until))
}

/// The minute of the day.
fn minute(text: &str) -> Option<u16> {
    let (hours, minutes) = text.split_once(':')?;
    let two = |part: &str, most: u16| -> Option<u16> {
        let is_two = part.len() == 2 && part.bytes().all(|b| b.is_ascii_digit());
        part.parse().ok().filter(|n| is_two && *n <= most)
    };
    Some(two(hours, 23)? * 60 + two(minutes, 59)?)
}

impl PreferenceRow {
    fn told(self) -> Result<PushPreference, StoreError> {
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

impl TeamRow {
    fn told(self) -> Result<TeamPushLevel, StoreError> {
        Ok(TeamPushLevel { team_id: id(&self.team)?, level: named(&self.level)? })
    }
}
