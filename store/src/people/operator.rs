//! The lists of `baton admin`.

use baton_protocol::{AgentId, WorkspaceId};

use crate::tables::id;
use crate::{Sql, Store, StoreError};

/// Workspaces: id, slug and name, in the order of their slugs.
pub async fn workspaces(store: &Store) -> Result<Vec<(String, String, String)>, StoreError> {
    static LIST: Sql = Sql::new("SELECT id, slug, name FROM workspace ORDER BY slug");
    store.rows_alone(&LIST, &[]).await
}

/// Meta apps, each with the slugs of the workspaces that it was granted to.
pub async fn meta_apps(store: &Store) -> Result<Vec<(String, Vec<String>)>, StoreError> {
    static LIST: Sql = Sql::new("SELECT id FROM meta_app ORDER BY id");
    static GRANTS: Sql = Sql::new(
        "SELECT g.meta_app, w.slug FROM meta_app_grant g JOIN workspace w ON w.id = g.workspace
         ORDER BY w.slug",
    );
    let mut tx = store.read().await?;
    let ids = tx.rows::<(String,)>(&LIST, &[]).await?;
    let grants = tx.rows::<(String, String)>(&GRANTS, &[]).await?;
    tx.rollback().await?;
    let granted = |of: &str| {
        let slugs = grants.iter().filter(|(app, _)| app == of);
        slugs.map(|(_, slug)| slug.clone()).collect()
    };
    Ok(ids.into_iter().map(|(id,)| (id.clone(), granted(&id))).collect())
}

/// The mail addresses of a workspace's agents.
pub async fn emails(
    store: &Store,
    workspace: WorkspaceId,
) -> Result<Vec<(AgentId, String)>, StoreError> {
    static LIST: Sql = Sql::new("SELECT id, email FROM agent WHERE workspace = $1");
    let rows: Vec<(String, String)> = store.rows_alone(&LIST, &[&workspace.to_string()]).await?;
    rows.into_iter().map(|(agent, email)| Ok((id(&agent)?, email))).collect()
}
