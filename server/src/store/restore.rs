//! A new life of the log, after a backup was put back.

use baton_protocol::Epoch;

use super::{Sql, StoreError, Tx};

/// Gives the log another identity and ends all sessions. What was on its way is to be reviewed
/// before anything is sent; devices that were revoked stay so.
pub async fn begin(tx: &mut Tx, epoch: Epoch) -> Result<(), StoreError> {
    static EPOCH: Sql = Sql::new("UPDATE installation SET value = $1 WHERE name = 'epoch'");
    static REVIEW: Sql = Sql::new(
        "INSERT INTO installation (name, value) VALUES ('restored', $1)
         ON CONFLICT (name) DO UPDATE SET value = excluded.value",
    );
    static SESSIONS: Sql = Sql::new(
        "UPDATE device SET access_expires_at = 0, refresh_expires_at = 0, previous_digest = NULL
         WHERE revoked_at IS NULL",
    );
    let epoch = epoch.to_string();
    tx.run_all(&[(&EPOCH, &[&epoch]), (&REVIEW, &[&epoch]), (&SESSIONS, &[])]).await.map(drop)
}

/// Whether what was on its way is still to be reviewed.
pub async fn is_unreviewed(tx: &mut Tx) -> Result<bool, StoreError> {
    static READ: Sql = Sql::new("SELECT value FROM installation WHERE name = 'restored'");
    Ok(tx.row::<(String,)>(&READ, &[]).await?.is_some())
}

/// It has been.
pub async fn reviewed(tx: &mut Tx) -> Result<(), StoreError> {
    static DELETE: Sql = Sql::new("DELETE FROM installation WHERE name = 'restored'");
    tx.run(&DELETE, &[]).await.map(drop)
}
