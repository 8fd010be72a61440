//! Tickets for sockets: each is good once, and for a short time.

use baton_domain::group::Key;
use baton_protocol::{DeviceId, Timestamp};
use sqlx_macros::FromRow;

use crate::tables::id;
use crate::{Sql, Store, StoreError};

/// A ticket to be kept.
#[derive(Clone, Copy, Debug)]
pub struct NewTicket<'a> {
    /// Its digest.
    pub digest: &'a str,
    /// The device that it is given to.
    pub device: Key<DeviceId>,
    /// The time; older tickets that are over go.
    pub now: Timestamp,
    /// Its end.
    pub until: Timestamp,
    /// Tickets that a device may have at once.
    pub most: i64,
}

#[derive(FromRow)]
struct TicketRow {
    workspace: String,
    device: String,
    expires_at: i64,
}

/// Keeps a ticket; false if the device has too many that it did not use.
pub async fn put(store: &Store, new: &NewTicket<'_>) -> Result<bool, StoreError> {
    static CLEAR: Sql =
        Sql::new("DELETE FROM socket_ticket WHERE expires_at <= CAST($1 AS BIGINT)");
    static COUNT: Sql = Sql::new(
        "SELECT CAST(COUNT(*) AS BIGINT) FROM socket_ticket
         WHERE workspace = $1 AND device = $2",
    );
    static INSERT: Sql = Sql::new(
        "INSERT INTO socket_ticket (digest, workspace, device, expires_at)
         VALUES ($1, $2, $3, CAST($4 AS BIGINT))",
    );
    let (now, until) = (new.now.ms().to_string(), new.until.ms().to_string());
    let (workspace, device) = (new.device.0.to_string(), new.device.1.to_string());
    let mut tx = store.begin().await?;
    tx.run(&CLEAR, &[&now]).await?;
    let unused = tx.row::<(i64,)>(&COUNT, &[&workspace, &device]).await?;
    if unused.is_some_and(|(unused,)| unused >= new.most) {
        tx.rollback().await?;
        return Ok(false);
    }
    tx.run(&INSERT, &[new.digest, &workspace, &device, &until]).await?;
    tx.commit().await?;
    Ok(true)
}

/// Takes a ticket: the device that it was given to, and when it ends. It is gone then.
pub async fn take(
    store: &Store,
    digest: &str,
) -> Result<Option<(Key<DeviceId>, Timestamp)>, StoreError> {
    static TAKE: Sql = Sql::new(
        "DELETE FROM socket_ticket WHERE digest = $1
         RETURNING workspace, device, expires_at",
    );
    let mut tx = store.begin().await?;
    let taken = tx.row::<TicketRow>(&TAKE, &[digest]).await?;
    tx.commit().await?;
    let read = |row: TicketRow| {
        let device = (id(&row.workspace)?, id(&row.device)?);
        Ok((device, Timestamp::from_ms(row.expires_at)))
    };
    taken.map(read).transpose()
}
