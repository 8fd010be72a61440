//! The check value of a database: it shows that the key of the installation is the right one.

use crate::{Sql, Store, StoreError};

/// The check value, if there is one.
pub async fn read(store: &Store) -> Result<Option<String>, StoreError> {
    static READ: Sql = Sql::new("SELECT value FROM installation WHERE name = 'key_check'");
    let rows: Vec<(String,)> = store.rows_alone(&READ, &[]).await?;
    Ok(rows.into_iter().next().map(|(value,)| value))
}

/// Leaves a check value in a database that is new, unless there is one.
pub async fn leave(store: &Store, value: &str) -> Result<(), StoreError> {
    static LEAVE: Sql = Sql::new(
        "INSERT INTO installation (name, value)
         SELECT 'key_check', $1 WHERE NOT EXISTS (SELECT 1 FROM workspace)
         ON CONFLICT DO NOTHING",
    );
    store.run_alone(&LEAVE, &[value]).await.map(drop)
}
