//! Reads of a group for pushes: who is to be told, and what they were told before.

use baton_domain::announce::Quiet;
use sqlx_macros::FromRow;

use crate::tables::LivePushRow;
use crate::{Sql, StoreError, Tx};

/// A device of an agent who may have to be told, with what the agent wants.
#[derive(FromRow, Clone, Debug)]
#[expect(missing_docs, reason = "fields are named as the columns are")]
pub struct AddresseeRow {
    pub workspace: String,
    pub agent: String,
    pub role: String,
    pub device: String,
    pub lane: String,
    /// The time when somebody last looked at this device, and at any of the agent's.
    pub watched_at: Option<i64>,
    pub agent_watched_at: Option<i64>,
    /// Whether each device is told, whatever the agent looks at; 0 or 1.
    pub each_device: i64,
    pub level: Option<String>,
    pub quiet_from: Option<i64>,
    pub quiet_until: Option<i64>,
    pub zone: Option<String>,
    /// Whether there are teams of which the agent wants to be told otherwise; 0 or 1.
    pub has_teams: i64,
}

impl AddresseeRow {
    /// The agent's own quiet hours.
    #[must_use]
    pub fn quiet(&self) -> Option<Quiet> {
        let minute = |of: Option<i64>| of.and_then(|minute| u16::try_from(minute).ok());
        let (from, until) = minute(self.quiet_from).zip(minute(self.quiet_until))?;
        Quiet::new(from, until, self.zone.as_deref()?)
    }
}

/// The level of pushes that an agent wants from one team.
#[derive(FromRow, Clone, Debug)]
pub struct TeamLevelRow {
    pub workspace: String,
    pub agent: String,
    pub team: String,
    pub level: String,
}

/// The registered devices of these agents, each `[workspace, agent]`, and of the members of these
/// teams, each `[workspace, team]`; the most recently confirmed first.
pub async fn addressees(
    tx: &mut Tx,
    agents: &str,
    teams: &str,
) -> Result<Vec<AddresseeRow>, StoreError> {
    static SQL: Sql = Sql::new(
        "WITH whom (workspace, agent) AS (
           SELECT value->>0, value->>1 FROM {rows $1}
           UNION
           SELECT t.workspace, t.agent FROM {rows $2} AS x
           JOIN team_member AS t ON t.workspace = x.value->>0 AND t.team = x.value->>1
         )
         SELECT w.workspace, w.agent, a.role, p.device, p.lane, d.watched_at, s.level,
           (SELECT MAX(o.watched_at) FROM device AS o WHERE o.workspace = w.workspace
             AND o.agent = w.agent AND o.revoked_at IS NULL) AS agent_watched_at,
           COALESCE(s.each_device, 0) AS each_device, s.quiet_from, s.quiet_until, s.zone,
           CASE WHEN EXISTS (SELECT 1 FROM push_team_level AS l WHERE l.workspace = w.workspace
             AND l.agent = w.agent) THEN CAST(1 AS BIGINT) ELSE CAST(0 AS BIGINT) END AS has_teams
         FROM whom AS w
         JOIN agent AS a ON a.workspace = w.workspace AND a.id = w.agent AND a.state = 'active'
         JOIN device AS d ON d.workspace = w.workspace AND d.agent = w.agent
           AND d.revoked_at IS NULL
         JOIN push_device AS p ON p.workspace = d.workspace AND p.device = d.id
         LEFT JOIN push_preference AS s ON s.workspace = w.workspace AND s.agent = w.agent
         ORDER BY p.confirmed_at DESC, p.device",
    );
    tx.rows(&SQL, &[agents, teams]).await
}

/// The levels that these agents, each `[workspace, agent]`, want from single teams.
pub async fn team_levels(tx: &mut Tx, agents: &str) -> Result<Vec<TeamLevelRow>, StoreError> {
    static SQL: Sql = Sql::new(
        "SELECT l.workspace, l.agent, l.team, l.level FROM {rows $1} AS x
         JOIN push_team_level AS l ON l.workspace = x.value->>0 AND l.agent = x.value->>1",
    );
    tx.rows(&SQL, &[agents]).await
}

/// Pushes about these conversations that are not over, locked: their sender waits, or was first.
/// Conversations are found by their ids alone; the caller looks at the workspace.
pub async fn live_pushes(tx: &mut Tx, conversations: &str) -> Result<Vec<LivePushRow>, StoreError> {
    static SQL: Sql = Sql::new(
        "SELECT workspace, id, agent, device, lane, conversation, kind, position, state, due_at,
           expires_at
         FROM push
         WHERE conversation {in $1} AND state IN ('queued', 'claimed', 'accepted')
           AND kind <> 'retract'
         ORDER BY workspace, id {lock}",
    );
    tx.rows(&SQL, &[conversations]).await
}
