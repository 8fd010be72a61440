//! Tickets: how a browser, which may not show its token to a script, opens a socket. Good once, for
//! half a minute, at any node.

use std::time::Duration;

use super::{AccountError, Accounts, token};
use crate::config::Secret;
use crate::speaker::Speaker;
use crate::store::ticket::{self as tickets, NewTicket};

/// The time for which a ticket is good.
pub const TICKET_TTL: Duration = Duration::from_secs(30);
/// Tickets of one device that are not yet used: a browser needs one per socket.
const TICKETS_OF_DEVICE_MAX: i64 = 20;

impl Accounts {
    /// A ticket for one socket of this session.
    ///
    /// # Errors
    /// [`AccountError::TooManyTries`] when the device has not used those it has.
    pub async fn ticket(&self, signed: Speaker) -> Result<Secret, AccountError> {
        let ticket = token::ticket(self.0.clock.bytes());
        let now = self.0.clock.now();
        let ttl_ms = i64::try_from(TICKET_TTL.as_millis()).unwrap_or(i64::MAX);
        let new = NewTicket {
            digest: &token::digest(&self.0.keys, ticket.expose()),
            device: (signed.workspace, signed.device),
            now,
            until: now.plus_ms(ttl_ms),
            most: TICKETS_OF_DEVICE_MAX,
        };
        if !tickets::put(&self.0.store, &new).await? {
            let retry_after_ms = u64::try_from(ttl_ms).unwrap_or(u64::MAX);
            return Err(AccountError::TooManyTries { retry_after_ms });
        }
        Ok(ticket)
    }

    /// Uses a ticket up: whose session it was given to, if that still stands.
    ///
    /// # Errors
    /// [`AccountError::SignInAgain`] for a ticket that is not (or no longer) good.
    pub async fn redeem(&self, ticket: &str) -> Result<Speaker, AccountError> {
        let digest = token::digest(&self.0.keys, ticket);
        let taken = tickets::take(&self.0.store, &digest).await?;
        let taken = taken.filter(|(_, until)| *until > self.0.clock.now());
        let ((workspace, device), _) = taken.ok_or(AccountError::SignInAgain)?;
        self.by_device(workspace, device).await
    }
}
