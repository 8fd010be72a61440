//! Workspaces: their names for people, and the slugs with which agents sign in.

use baton_protocol::{Timestamp, WorkspaceId};

use super::ids_of;
use crate::{Sql, Store, StoreError, Writing};

/// Makes a workspace with the head of its log.
pub fn add(workspace: WorkspaceId, slug: String, name: String, now: Timestamp) -> [Writing; 2] {
    static ADD: Sql = Sql::new(
        "INSERT INTO workspace (id, slug, name, created_at)
         VALUES ($1, $2, $3, CAST($4 AS BIGINT))",
    );
    static ADD_HEAD: Sql = Sql::new("INSERT INTO log_head (workspace) VALUES ($1)");
    let id = workspace.to_string();
    [(&ADD, vec![id.clone(), slug, name, now.ms().to_string()]), (&ADD_HEAD, vec![id])]
}

/// The workspace with this slug.
pub async fn with_slug(store: &Store, slug: &str) -> Result<Option<WorkspaceId>, StoreError> {
    static READ: Sql = Sql::new("SELECT id FROM workspace WHERE slug = $1");
    Ok(ids_of(store, &READ, &[slug]).await?.into_iter().next())
}

/// Workspaces of the installation, at most `most` of them.
pub async fn some(store: &Store, most: u32) -> Result<Vec<WorkspaceId>, StoreError> {
    static READ: Sql = Sql::new("SELECT id FROM workspace LIMIT CAST($1 AS BIGINT)");
    ids_of(store, &READ, &[&most.to_string()]).await
}

/// Gives a workspace another name for people.
pub async fn rename(store: &Store, workspace: WorkspaceId, name: &str) -> Result<(), StoreError> {
    static SET: Sql = Sql::new("UPDATE workspace SET name = $2 WHERE id = $1");
    store.run_alone(&SET, &[&*workspace.to_string(), name]).await.map(drop)
}

/// The name of a workspace for people.
pub async fn name(store: &Store, workspace: WorkspaceId) -> Result<Option<String>, StoreError> {
    static READ: Sql = Sql::new("SELECT name FROM workspace WHERE id = $1");
    text(store, &READ, workspace).await
}

/// The slug of a workspace.
pub async fn slug(store: &Store, workspace: WorkspaceId) -> Result<Option<String>, StoreError> {
    static READ: Sql = Sql::new("SELECT slug FROM workspace WHERE id = $1");
    text(store, &READ, workspace).await
}

async fn text(
    store: &Store,
    sql: &Sql,
    workspace: WorkspaceId,
) -> Result<Option<String>, StoreError> {
    let rows: Vec<(String,)> = store.rows_alone(sql, &[&workspace.to_string()]).await?;
    Ok(rows.into_iter().next().map(|(text,)| text))
}
