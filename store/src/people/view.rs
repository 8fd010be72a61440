//! Filters of the inbox, from before they were settings. Nodes of an earlier version may still
//! write them; the sweeper moves them.

use baton_protocol::view::ViewFilter;
use baton_protocol::{AgentId, TeamId, ViewId, WorkspaceId};
use sqlx_macros::FromRow;

use crate::tables::{from_json, id, some_id};
use crate::{Sql, Store, StoreError};

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
    workspace: String,
    id: String,
    agent: String,
    team: Option<String>,
    name: String,
    filter: String,
}

impl SavedViewRow {
    fn read(self) -> Result<(WorkspaceId, KeptView), StoreError> {
        let view = KeptView {
            id: id(&self.id)?,
            agent: id(&self.agent)?,
            team: some_id(self.team.as_deref())?,
            name: self.name,
            filter: from_json(&self.filter)?,
        };
        Ok((id(&self.workspace)?, view))
    }
}

/// Views that are still kept as they were before there were settings, at most `most`.
pub async fn views_of_before(
    store: &Store,
    most: u64,
) -> Result<Vec<(WorkspaceId, KeptView)>, StoreError> {
    static SELECT: Sql = Sql::new(
        "SELECT workspace, id, agent, team, name, filter FROM saved_view
         ORDER BY workspace, id LIMIT CAST($1 AS BIGINT)",
    );
    let rows: Vec<SavedViewRow> = store.rows_alone(&SELECT, &[&most.to_string()]).await?;
    rows.into_iter().map(SavedViewRow::read).collect()
}

/// Deletes a view of before.
pub async fn drop_view(
    store: &Store,
    workspace: WorkspaceId,
    view: ViewId,
) -> Result<(), StoreError> {
    static DELETE: Sql = Sql::new("DELETE FROM saved_view WHERE workspace = $1 AND id = $2");
    store.run_alone(&DELETE, &[&workspace.to_string(), &view.to_string()]).await.map(drop)
}
