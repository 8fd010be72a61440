//! The counts of the board: everything that is open in a workspace, by team, number and owner. One
//! statement counts it, however many there are, and each viewer is shown a part of the answer.

use std::collections::{BTreeMap, BTreeSet};

use baton_domain::hand::board::{BrakeOn, Counted};
use baton_domain::hand::routing::missed::Missed;
use baton_protocol::board::BoardFigures;
use baton_protocol::heads::WAIT_LATE_MS;
use baton_protocol::{AgentId, TeamId, Timestamp, WorkspaceId};
use sqlx_macros::FromRow;

use crate::tables::{from_json, id, ids, number, some_id};
use crate::{Sql, StoreError, Tx};

#[derive(FromRow)]
struct CountedRow {
    team: String,
    channel: String,
    owner_agent: Option<String>,
    offer_agent: Option<String>,
    waiting: i64,
    in_line: i64,
    oldest: Option<i64>,
    offered: i64,
    owned: i64,
    orphans: i64,
    late: i64,
}

impl CountedRow {
    fn counted(&self) -> Result<Counted, StoreError> {
        Ok(Counted {
            team: id(&self.team)?,
            channel: id(&self.channel)?,
            owner: some_id(self.owner_agent.as_deref())?,
            asked: some_id(self.offer_agent.as_deref())?,
            figures: BoardFigures {
                waiting: number(self.waiting)?,
                in_line: number(self.in_line)?,
                oldest: self.oldest.map(Timestamp::from_ms),
                offered: number(self.offered)?,
                owned: number(self.owned)?,
                orphans: number(self.orphans)?,
                late: number(self.late)?,
            },
        })
    }
}

/// The open conversations of these teams, counted.
pub async fn counted(
    tx: &mut Tx,
    workspace: WorkspaceId,
    teams: &BTreeSet<TeamId>,
    now: Timestamp,
) -> Result<Vec<Counted>, StoreError> {
    static COUNT: Sql = Sql::new(
        "SELECT c.team, c.channel, c.owner_agent, c.offer_agent,
           COUNT(CASE WHEN c.status = 'open' AND c.turn_seq IS NOT NULL AND c.block IS NULL
             THEN 1 END) AS waiting,
           COUNT(CASE WHEN c.status = 'open' AND c.turn_seq IS NOT NULL AND c.block IS NULL
             AND c.owner_agent IS NULL AND c.offer_id IS NULL THEN 1 END) AS in_line,
           MIN(CASE WHEN c.status = 'open' AND c.turn_seq IS NOT NULL AND c.block IS NULL
             THEN c.unanswered_since END) AS oldest,
           COUNT(c.offer_id) AS offered,
           COUNT(c.owner_agent) AS owned,
           COUNT(c.orphaned_at) AS orphans,
           COUNT(CASE WHEN c.status <> 'open' OR c.block IS NOT NULL THEN NULL
             WHEN c.due_at IS NOT NULL
               THEN CASE WHEN c.due_at <= CAST($3 AS BIGINT) THEN 1 END
             WHEN c.turn_seq IS NOT NULL AND c.unanswered_since <= CAST($4 AS BIGINT)
               THEN 1 END) AS late
         FROM conversation AS c
         WHERE c.workspace = $1 AND c.team {in $2} AND c.status IN ('open', 'waiting')
         GROUP BY c.team, c.channel, c.owner_agent, c.offer_agent",
    );
    let args = [
        workspace.to_string(),
        ids(teams),
        now.ms().to_string(),
        (now.ms() - WAIT_LATE_MS).to_string(),
    ];
    let rows: Vec<CountedRow> = tx.rows(&COUNT, &args.each_ref().map(String::as_str)).await?;
    rows.iter().map(CountedRow::counted).collect()
}

/// The brake of a workspace, as the node that leads told it.
pub async fn brake(tx: &mut Tx, workspace: WorkspaceId) -> Result<Option<BrakeOn>, StoreError> {
    static SELECT: Sql = Sql::new("SELECT brakes FROM leader WHERE one = 1");
    let row: Option<(Option<String>,)> = tx.row(&SELECT, &[]).await?;
    let Some(brakes) = row.and_then(|(brakes,)| brakes) else { return Ok(None) };
    let mut brakes: BTreeMap<WorkspaceId, BrakeOn> = from_json(&brakes)?;
    Ok(brakes.remove(&workspace))
}

/// The misses of people of all workspaces, as the node that leads told it.
pub async fn missed(
    tx: &mut Tx,
) -> Result<BTreeMap<WorkspaceId, BTreeMap<AgentId, Missed>>, StoreError> {
    static SELECT: Sql = Sql::new("SELECT missed FROM leader WHERE one = 1");
    let row: Option<(Option<String>,)> = tx.row(&SELECT, &[]).await?;
    let missed = row.and_then(|(missed,)| missed);
    Ok(missed.as_deref().map(from_json).transpose()?.unwrap_or_default())
}
