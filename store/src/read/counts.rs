//! The number of conversations in each view of a viewer. One question, whatever there are: the
//! database counts them by what decides about views.

use std::collections::BTreeMap;

use baton_domain::fact::scope::{Level, Scope};
use baton_domain::see::sight::Sight;
use baton_protocol::heads::{WAIT_LATE_MS, WINDOW_LATE_MS};
use baton_protocol::{AgentId, Owner, TeamId, Timestamp, WorkspaceId};
use sqlx_macros::FromRow;

use super::list::seen_teams;
use crate::tables::{id, ids, number};
use crate::{Sql, StoreError, Tx};

macro_rules! counted {
    ($owner:literal, $and:literal) => {
        concat!(
            "SELECT c.team, ",
            $owner,
            " AS owner, c.status,
               CASE WHEN f.agent IS NULL THEN '' ELSE 'f' END AS follows,
               CASE WHEN c.status <> 'open' THEN ''
                 WHEN c.due_at <= CAST($6 AS BIGINT) THEN 'wait'
                 WHEN c.unanswered_since IS NULL THEN ''
                 WHEN c.due_at IS NULL AND c.unanswered_since <= CAST($3 AS BIGINT) THEN 'wait'
                 WHEN c.kind = 'group' THEN ''
                 WHEN c.window_until IS NULL OR c.window_until < CAST($4 AS BIGINT) THEN 'window'
                 ELSE '' END AS late,
               CAST(COUNT(*) AS BIGINT) AS count
             FROM conversation AS c LEFT JOIN follower AS f
               ON f.agent = $2 AND f.workspace = c.workspace AND f.conversation = c.id
             WHERE c.workspace = $1 AND c.status IN ('open', 'waiting', 'snoozed') AND ",
            $and,
            " GROUP BY 1, 2, 3, 4, 5"
        )
    };
}

#[derive(FromRow)]
struct Group {
    team: String,
    owner: String,
    status: String,
    follows: String,
    late: String,
    count: i64,
}

/// The number of conversations in scope in each view.
pub async fn view_counts(
    tx: &mut Tx,
    workspace: WorkspaceId,
    sight: &Sight,
    now: Timestamp,
) -> Result<BTreeMap<String, u64>, StoreError> {
    static COUNT: Sql = Sql::new(concat!(
        counted!(
            "CASE WHEN c.owner_agent IS NULL THEN 'queue' ELSE 'agent' END",
            "c.team {in $5} AND (c.owner_agent IS NULL OR c.owner_agent <> $2)"
        ),
        " UNION ALL ",
        counted!("'me'", "c.owner_agent = $2")
    ));
    let args = [
        workspace.to_string(),
        sight.viewer.agent.to_string(),
        (now.ms() - WAIT_LATE_MS).to_string(),
        (now.ms() + WINDOW_LATE_MS).to_string(),
        ids(seen_teams(sight)),
        now.ms().to_string(),
    ];
    let mut views = BTreeMap::new();
    for view in ["mine", "late", "open", "snoozed"] {
        views.insert(view.to_owned(), 0);
    }
    for group in tx.rows::<Group>(&COUNT, &args.each_ref().map(String::as_str)).await? {
        let count: u64 = number(group.count)?;
        for view in group.views(sight)? {
            *views.entry(view).or_default() += count;
        }
    }
    Ok(views)
}

impl Group {
    /// The views that show it.
    fn views(&self, sight: &Sight) -> Result<Vec<String>, StoreError> {
        let team: TeamId = id(&self.team)?;
        let owner = match self.owner.as_str() {
            "queue" => Owner::Queue(team),
            "me" => Owner::Agent(sight.viewer.agent),
            _ => Owner::Agent(AgentId(uuid::Uuid::nil())),
        };
        let level = sight.level(Scope { team, owner });
        let mut views = Vec::new();
        if level == Level::None {
            return Ok(views);
        }
        if self.status == "snoozed" {
            return Ok(vec!["snoozed".to_owned()]);
        }
        let is_full = level == Level::Full;
        let is_mine = match owner {
            Owner::Agent(agent) => agent == sight.viewer.agent,
            Owner::Queue(team) => sight.viewer.teams.contains_key(&team),
        };
        if is_mine || (is_full && self.follows == "f") {
            views.push("mine".to_owned());
        }
        if self.late == "wait" || (is_full && self.late == "window") {
            views.push("late".to_owned());
        }
        views.extend(["open".to_owned(), format!("team-{team}")]);
        Ok(views)
    }
}
