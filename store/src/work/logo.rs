//! The picture that stands for a workspace. It is small, so it lies in the database.

use baton_protocol::WorkspaceId;

use crate::{Sql, Store, StoreError, Tx};

/// Keeps a logo in place of the one that was. `picture` is a JPEG in base64.
///
/// # Errors
/// The store is away.
pub async fn set_logo(
    store: &Store,
    workspace: WorkspaceId,
    address: &str,
    picture: &str,
) -> Result<(), StoreError> {
    static SET: Sql = Sql::new(
        "INSERT INTO logo (workspace, address, picture) VALUES ($1, $2, $3)
         ON CONFLICT (workspace)
         DO UPDATE SET address = excluded.address, picture = excluded.picture",
    );
    let args = vec![workspace.to_string(), address.to_owned(), picture.to_owned()];
    store.run_alone(&SET, &args).await.map(drop)
}

/// Ends the logo of a workspace, if it has one.
///
/// # Errors
/// The store is away.
pub async fn end_logo(store: &Store, workspace: WorkspaceId) -> Result<(), StoreError> {
    static END: Sql = Sql::new("DELETE FROM logo WHERE workspace = $1");
    store.run_alone(&END, &[workspace.to_string()]).await.map(drop)
}

/// The address of a workspace's logo, if it has one.
///
/// # Errors
/// The store is away.
pub async fn logo_address(
    tx: &mut Tx,
    workspace: WorkspaceId,
) -> Result<Option<String>, StoreError> {
    static READ: Sql = Sql::new("SELECT address FROM logo WHERE workspace = $1");
    let row: Option<(String,)> = tx.row(&READ, &[&workspace.to_string()]).await?;
    Ok(row.map(|(address,)| address))
}

/// The logo at an address: a JPEG in base64.
///
/// # Errors
/// The store is away.
pub async fn logo(tx: &mut Tx, address: &str) -> Result<Option<String>, StoreError> {
    static READ: Sql = Sql::new("SELECT picture FROM logo WHERE address = $1");
    let row: Option<(String,)> = tx.row(&READ, &[address]).await?;
    Ok(row.map(|(picture,)| picture))
}
