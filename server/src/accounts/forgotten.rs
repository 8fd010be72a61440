//! A forgotten password: a link that a letter brings sets a new one.
//!
//! Nothing is stored for it. The link proves an agent, a time, and the password that is to be
//! replaced: with the new one it is void.

use std::net::IpAddr;

use baton_protocol::invitation::{PasswordForgotten, PasswordNew};
use baton_protocol::{AgentId, WorkspaceId};
use uuid::Uuid;

use super::session::{account_digest, too_many};
use super::token::{self, PasswordLink};
use super::{AccountError, Accounts, LinkFault, Setter, lock};
use crate::config::Secret;
use crate::engine::Engine;
use crate::store::agent;

/// A link is good for so long.
const VALID_MS: i64 = 60 * 60_000;

/// A link to a new password, for its agent alone.
#[derive(Debug)]
pub struct Remedy {
    /// The agent's address.
    pub email: String,
    /// The workspace's name for people.
    pub workspace_name: String,
    /// The secret of the link.
    pub secret: Secret,
}

impl Accounts {
    /// A link for an agent who forgot the password. Without such an agent there is none, and so
    /// there is none where a letter left some minutes ago. A stranger learns neither, and does not
    /// keep the agent's letters away: the last one is good for an hour.
    ///
    /// # Errors
    /// If many were asked for from this address, or the store is away.
    pub async fn password_link(
        &self,
        asked: &PasswordForgotten,
        from: IpAddr,
    ) -> Result<Option<Remedy>, AccountError> {
        let slug = asked.workspace.trim().to_lowercase();
        let email = asked.email.trim().to_lowercase();
        let account = account_digest("forgotten", &format!("{slug}/{email}"));
        let now = self.0.clock.monotonic();
        lock(&self.0.throttle).ask(from, now).map_err(too_many)?;
        self.notify_tried((account, Some(from)), false).await;
        let found = self.find(&slug, &email).await?;
        // Looked up for nobody, too: it takes as long.
        let nobody = (WorkspaceId(Uuid::nil()), AgentId(Uuid::nil()));
        let at = found.map_or(nobody, |found| found.agent);
        let Some(found) = agent::password(&self.0.store, at).await? else { return Ok(None) };
        if !found.is_active || !lock(&self.0.throttle).write(account, now) {
            return Ok(None);
        }
        let expires_at = self.0.clock.now().plus_ms(VALID_MS).ms();
        let link = PasswordLink { at, expires_at };
        Ok(Some(Remedy {
            secret: link.secret(&self.0.keys, found.hash.as_deref()),
            email: found.email,
            workspace_name: found.workspace_name,
        }))
    }

    /// Sets a password by a link; all sessions of the agent end.
    ///
    /// # Errors
    /// [`AccountError::Link`] when it cannot be used, [`AccountError::Invalid`] when the password
    /// is not good enough.
    pub async fn replace_password(
        &self,
        engine: &Engine,
        new: &PasswordNew,
        from: IpAddr,
    ) -> Result<(), AccountError> {
        let key = (account_digest("password link", &new.secret), Some(from));
        let _attempt = self.count_try(key)?;
        let proven = self.prove(&new.secret).await;
        self.count_link(key, proven.as_ref().err()).await;
        let (workspace, agent) = proven?;
        let setter = Setter { workspace, by: Some(agent) };
        self.set_password(engine, setter, agent, &Secret::new(&*new.password)).await
    }

    async fn prove(&self, secret: &str) -> Result<token::AgentPlace, AccountError> {
        let unknown = AccountError::Link(LinkFault::Unknown);
        let Some((link, proof)) = token::presented_password_link(secret) else {
            return Err(unknown);
        };
        let Some(found) = agent::password(&self.0.store, link.at).await? else {
            return Err(unknown);
        };
        // Of a password that was set since, it is as wrong as any other.
        if !link.is_proven(&self.0.keys, found.hash.as_deref(), &proof) {
            return Err(unknown);
        }
        if link.expires_at <= self.0.clock.now().ms() {
            return Err(AccountError::Link(LinkFault::Expired));
        }
        if !found.is_active {
            return Err(unknown);
        }
        Ok(link.at)
    }
}
