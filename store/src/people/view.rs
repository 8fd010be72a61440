//! Filters of the inbox that are kept by name.

use baton_protocol::view::ViewFilter;
use baton_protocol::{AgentId, TeamId, Timestamp, ViewId, WorkspaceId};
use sqlx_macros::FromRow;

use crate::tables::{from_json, id, ids, json, some_id};
use crate::{Sql, Store, StoreError, Tx};

/// A view as it is kept.
#[derive(Clone, Debug)]
pub struct KeptView {
    /// Its id.
    pub id: ViewId,
    /// The agent who keeps it, or made it for a team.
    pub agent: AgentId,
    /// The team that has it.
    pub team: Option<TeamId>,
    /// As people read it.
    pub name: String,
    /// The filter that its conversations pass.
    pub filter: ViewFilter,
}

#[derive(FromRow)]
struct SavedViewRow {
    id: String,
    agent: String,
    team: Option<String>,
    name: String,
    filter: String,
}

impl SavedViewRow {
    fn read(self) -> Result<KeptView, StoreError> {
        Ok(KeptView {
            id: id(&self.id)?,
            agent: id(&self.agent)?,
            team: some_id(self.team.as_deref())?,
            name: self.name,
            filter: from_json(&self.filter)?,
        })
    }
}

/// An agent's own views, and those of these teams, by name.
pub async fn views_of(
    tx: &mut Tx,
    workspace: WorkspaceId,
    agent: AgentId,
    teams: &[TeamId],
) -> Result<Vec<KeptView>, StoreError> {
    static SELECT: Sql = Sql::new(
        "SELECT id, agent, team, name, filter FROM saved_view
         WHERE workspace = $1 AND ((agent = $2 AND team IS NULL) OR team {in $3})
         ORDER BY name, id",
    );
    let args = [workspace.to_string(), agent.to_string(), ids(teams)];
    let rows: Vec<SavedViewRow> = tx.rows(&SELECT, &args.each_ref().map(String::as_str)).await?;
    rows.into_iter().map(SavedViewRow::read).collect()
}

/// Keeps a view unless there are `most` of the agent, or of the team, already.
pub async fn keep_view(
    store: &Store,
    workspace: WorkspaceId,
    view: &KeptView,
    now: Timestamp,
    most: u64,
) -> Result<bool, StoreError> {
    static INSERT: Sql = Sql::new(
        "INSERT INTO saved_view (workspace, id, agent, team, name, filter, created_at)
         SELECT $1, $2, $3, CASE WHEN $4 = '' THEN NULL ELSE $4 END, $5, $6, CAST($7 AS BIGINT)
         WHERE (SELECT COUNT(*) FROM saved_view WHERE workspace = $1
           AND CASE WHEN $4 = '' THEN agent = $3 AND team IS NULL ELSE team = $4 END)
             < CAST($8 AS BIGINT)",
    );
    let team = view.team.map(|team| team.to_string()).unwrap_or_default();
    let args = [
        workspace.to_string(),
        view.id.to_string(),
        view.agent.to_string(),
        team,
        view.name.clone(),
        json(&view.filter),
        now.ms().to_string(),
        most.to_string(),
    ];
    let args = args.each_ref().map(String::as_str);
    Ok(store.run_alone(&INSERT, &args).await? > 0)
}

/// Changes a view; false if it is gone.
pub async fn change_view(
    store: &Store,
    workspace: WorkspaceId,
    view: &KeptView,
) -> Result<bool, StoreError> {
    static UPDATE: Sql =
        Sql::new("UPDATE saved_view SET name = $3, filter = $4 WHERE workspace = $1 AND id = $2");
    let args = [workspace.to_string(), view.id.to_string(), view.name.clone(), json(&view.filter)];
    Ok(store.run_alone(&UPDATE, &args.each_ref().map(String::as_str)).await? > 0)
}

/// Deletes a view.
pub async fn drop_view(
    store: &Store,
    workspace: WorkspaceId,
    view: ViewId,
) -> Result<(), StoreError> {
    static DELETE: Sql = Sql::new("DELETE FROM saved_view WHERE workspace = $1 AND id = $2");
    store.run_alone(&DELETE, &[&workspace.to_string(), &view.to_string()]).await.map(drop)
}
