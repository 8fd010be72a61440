//! Apps at Meta, and the workspaces whose admins may connect their numbers. They belong to the
//! installation and stand in no log.

use baton_protocol::{Timestamp, WorkspaceId};
use sqlx_macros::FromRow;

use crate::{Sql, Store, StoreError, Tx, Writing};

/// The secrets of an app, each sealed.
#[derive(FromRow, Clone, Debug)]
pub struct SealedApp {
    /// The secrets that sign webhooks, together.
    #[sqlx(rename = "secrets_sealed")]
    pub secrets: String,
    /// The token by which Meta verifies the address.
    #[sqlx(rename = "verify_token_sealed")]
    pub verify_token: String,
}

#[derive(FromRow)]
struct GrantedAppRow {
    id: String,
    #[sqlx(flatten)]
    app: SealedApp,
}

static READ: Sql =
    Sql::new("SELECT secrets_sealed, verify_token_sealed FROM meta_app WHERE id = $1");
static GRANT: Sql = Sql::new(
    "INSERT INTO meta_app_grant (meta_app, workspace) VALUES ($1, $2) ON CONFLICT DO NOTHING",
);

/// An app.
pub async fn one(store: &Store, app: &str) -> Result<Option<SealedApp>, StoreError> {
    Ok(store.rows_alone(&READ, &[app]).await?.into_iter().next())
}

/// Locks an app, and reads it behind the lock.
pub async fn lock(tx: &mut Tx, app: &str) -> Result<Option<SealedApp>, StoreError> {
    static LOCK: Sql = Sql::new("SELECT id FROM meta_app WHERE id = $1 {lock}");
    tx.rows::<(String,)>(&LOCK, &[app]).await?;
    tx.row(&READ, &[app]).await
}

/// Adds an app, or replaces its secrets.
pub async fn put(
    tx: &mut Tx,
    app: &str,
    sealed: &SealedApp,
    now: Timestamp,
) -> Result<(), StoreError> {
    static PUT: Sql = Sql::new(
        "INSERT INTO meta_app (id, secrets_sealed, verify_token_sealed, created_at)
         VALUES ($1, $2, $3, CAST($4 AS BIGINT))
         ON CONFLICT (id) DO UPDATE SET secrets_sealed = excluded.secrets_sealed,
           verify_token_sealed = excluded.verify_token_sealed",
    );
    let args = [app, &sealed.secrets, &sealed.verify_token, &now.ms().to_string()];
    tx.run(&PUT, &args).await.map(drop)
}

/// Lets a workspace's admins connect numbers of an app.
pub fn grant(app: String, workspace: WorkspaceId) -> Writing {
    (&GRANT, vec![app, workspace.to_string()])
}

/// The same at once; false where there is no such app.
pub async fn grant_now(
    store: &Store,
    app: &str,
    workspace: WorkspaceId,
) -> Result<bool, StoreError> {
    let mut tx = store.begin().await?;
    if tx.row::<SealedApp>(&READ, &[app]).await?.is_none() {
        tx.rollback().await?;
        return Ok(false);
    }
    tx.run(&GRANT, &[app, &workspace.to_string()]).await?;
    tx.commit().await?;
    Ok(true)
}

/// Takes the right back; false where there was none.
pub async fn revoke(store: &Store, app: &str, workspace: WorkspaceId) -> Result<bool, StoreError> {
    static REVOKE: Sql =
        Sql::new("DELETE FROM meta_app_grant WHERE meta_app = $1 AND workspace = $2");
    Ok(store.run_alone(&REVOKE, &[app, &workspace.to_string()]).await? > 0)
}

/// Whether a workspace's admins may connect numbers of an app.
pub async fn is_granted(
    store: &Store,
    app: &str,
    workspace: WorkspaceId,
) -> Result<bool, StoreError> {
    static READ: Sql =
        Sql::new("SELECT meta_app FROM meta_app_grant WHERE meta_app = $1 AND workspace = $2");
    let args = [app, &workspace.to_string()];
    Ok(!store.rows_alone::<(String,)>(&READ, &args).await?.is_empty())
}

/// The apps whose numbers the admins of a workspace may connect, by id.
pub async fn granted(
    store: &Store,
    workspace: WorkspaceId,
) -> Result<Vec<(String, SealedApp)>, StoreError> {
    static READ: Sql = Sql::new(
        "SELECT a.id, a.secrets_sealed, a.verify_token_sealed
         FROM meta_app AS a JOIN meta_app_grant AS g ON g.meta_app = a.id
         WHERE g.workspace = $1 ORDER BY a.id",
    );
    let rows: Vec<GrantedAppRow> = store.rows_alone(&READ, &[&workspace.to_string()]).await?;
    Ok(rows.into_iter().map(|row| (row.id, row.app)).collect())
}
