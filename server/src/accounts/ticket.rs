//! Tickets: how a browser, which may not show its token to a script, opens a socket. Good once, for
//! half a minute, at any node.

use std::time::Duration;

use baton_protocol::{DeviceId, WorkspaceId};
use sqlx_macros::FromRow;

use super::session::SessionState;
use super::session::parse;
use super::{AccountError, Accounts, Signed, token};
use crate::config::Secret;
use crate::store::{Sql, StoreError};

/// How long a ticket is good.
pub const TICKET_TTL: Duration = Duration::from_secs(30);
/// Tickets of one device that are not yet used: a browser needs one per socket.
const TICKETS_OF_DEVICE_MAX: i64 = 20;

#[derive(FromRow)]
struct TakenRow {
    workspace: String,
    device: String,
    expires_at: i64,
}

impl Accounts {
    /// A ticket for one socket of this session.
    ///
    /// # Errors
    /// [`AccountError::TooManyTries`] when the device has not used those it has.
    pub async fn ticket(&self, signed: Signed) -> Result<Secret, AccountError> {
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
        let ticket = token::ticket(self.0.clock.bytes());
        let now = self.0.clock.now();
        let ttl_ms = i64::try_from(TICKET_TTL.as_millis()).unwrap_or(i64::MAX);
        let (from, until) = (now.ms().to_string(), now.plus_ms(ttl_ms).ms().to_string());
        let (workspace, device) = (signed.workspace.to_string(), signed.device.to_string());
        let mut tx = self.0.store.begin().await?;
        tx.run(&CLEAR, &[&from]).await?;
        let unused = tx.row::<(i64,)>(&COUNT, &[&workspace, &device]).await?;
        if unused.is_some_and(|(unused,)| unused >= TICKETS_OF_DEVICE_MAX) {
            tx.rollback().await?;
            let retry_after_ms = u64::try_from(ttl_ms).unwrap_or(u64::MAX);
            return Err(AccountError::TooManyTries { retry_after_ms });
        }
        let digest = token::digest(&self.0.keys, ticket.expose());
        tx.run(&INSERT, &[&digest, &workspace, &device, &until]).await?;
        tx.commit().await?;
        Ok(ticket)
    }

    /// Uses a ticket up: whose session it was given to, if that still stands.
    ///
    /// # Errors
    /// [`AccountError::SignInAgain`] for a ticket that is not (or no longer) good.
    pub async fn redeem(&self, ticket: &str) -> Result<Signed, AccountError> {
        static TAKE: Sql = Sql::new(
            "DELETE FROM socket_ticket WHERE digest = $1
             RETURNING workspace, device, expires_at",
        );
        let mut tx = self.0.store.begin().await?;
        let taken = tx.row::<TakenRow>(&TAKE, &[&token::digest(&self.0.keys, ticket)]).await?;
        tx.commit().await?;
        let taken = taken.filter(|taken| taken.expires_at > self.0.clock.now().ms());
        let taken = taken.ok_or(AccountError::SignInAgain)?;
        let (workspace, device) = (parse(&taken.workspace)?, parse(&taken.device)?);
        match self.standing(workspace, device).await? {
            SessionState::Live => self.signed(workspace, device).await,
            SessionState::SignInAgain => Err(AccountError::SignInAgain),
            SessionState::DeviceRevoked => Err(AccountError::DeviceRevoked),
        }
    }

    async fn signed(
        &self,
        workspace: WorkspaceId,
        device: DeviceId,
    ) -> Result<Signed, AccountError> {
        static READ: Sql = Sql::new(
            "SELECT d.agent, a.role FROM device d
             JOIN agent a ON a.workspace = d.workspace AND a.id = d.agent
             WHERE d.workspace = $1 AND d.id = $2",
        );
        let args = [workspace.to_string(), device.to_string()];
        let mut tx = self.0.store.read().await?;
        let row = tx.row::<(String, String)>(&READ, &[&args[0], &args[1]]).await?;
        tx.rollback().await?;
        let (agent, role) = row.ok_or(AccountError::SignInAgain)?;
        let role = baton_protocol::Role::from_name(&role);
        let role = role.ok_or_else(|| StoreError::corrupt("role"))?;
        Ok(Signed { workspace, agent: parse(&agent)?, device, role })
    }
}
