//! Joining by an invitation: the holder of its secret sets a password and is signed in.
//!
//! The database lets an invitation be used once. The write that makes the agent ends the invitation
//! in the same transaction. It is refused if the invitation ended before.

use std::net::IpAddr;

use baton_protocol::account::{Login, Session};
use baton_protocol::invitation::{InvitationAccept, InvitationCard};
use baton_protocol::settings::AgentNew;
use baton_protocol::{Fact, InvitationStep};

use super::session::account_digest;
use super::{AccountError, Accounts, Setter, lock, throttle, token};
use crate::engine::Engine;
use crate::store::invitation::{self, InvitationProgress, LinkedInvitation};

/// The reason why a link of an invitation is no longer good.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LinkFault {
    /// There never was such a link, or there is a newer one.
    Unknown,
    /// Its time is over.
    Expired,
    /// An admin withdrew it.
    Withdrawn,
    /// Somebody joined by it.
    Used,
}

impl std::fmt::Display for LinkFault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Unknown => "this link is wrong, or there is a newer one; ask for another link",
            Self::Expired => "this invitation has expired; ask for another link",
            Self::Withdrawn => "this invitation was withdrawn; ask who invited you",
            Self::Used => "this invitation was used; sign in with your password",
        })
    }
}

impl Accounts {
    /// An invitation, as the holder of its secret reads it.
    ///
    /// # Errors
    /// [`AccountError::Link`] when it cannot be used.
    pub async fn read_invitation(
        &self,
        secret: &str,
        from: IpAddr,
    ) -> Result<LinkedInvitation, AccountError> {
        let key = (account_digest("invitation", secret), Some(from));
        let _attempt = self.count_try(key)?;
        let found = self.open_invitation(secret).await;
        self.count_link(key, found.as_ref().err()).await;
        found
    }

    /// Makes the agent of an invitation, and a session of theirs.
    ///
    /// # Errors
    /// [`AccountError::Link`] when it cannot be used, [`AccountError::Invalid`] when the password
    /// is not good enough.
    pub async fn accept_invitation(
        &self,
        engine: &Engine,
        accept: &InvitationAccept,
        from: IpAddr,
    ) -> Result<Session, AccountError> {
        let key = (account_digest("invitation", &accept.secret), Some(from));
        let _attempt = self.count_try(key)?;
        let turn = self.0.checks.take(key.0).await;
        let joined = match &turn {
            Some(_) => self.join(engine, accept).await,
            None => Err(AccountError::Busy),
        };
        drop(turn);
        self.count_link(key, joined.as_ref().err()).await;
        let card = joined?;
        let login = Login {
            workspace: card.workspace,
            email: card.email,
            password: String::new(),
            device_id: accept.device_id,
            device_name: accept.device_name.clone(),
        };
        let found = self.find(&login.workspace, &login.email).await?;
        self.begin_session(&found.ok_or(AccountError::WrongCredentials)?, &login).await
    }

    /// Counts a secret that was made up, as a wrong password is counted.
    pub(super) async fn count_link(&self, key: throttle::Key, error: Option<&AccountError>) {
        if let Some(AccountError::Link(LinkFault::Unknown)) = error {
            lock(&self.0.throttle).fail(key, self.0.clock.monotonic());
            self.notify_tried(key, false).await;
        } else {
            lock(&self.0.throttle).take_back(key);
        }
    }

    async fn join(
        &self,
        engine: &Engine,
        accept: &InvitationAccept,
    ) -> Result<InvitationCard, AccountError> {
        let open = self.open_invitation(&accept.secret).await?;
        let new = AgentNew {
            email: open.card.email.clone(),
            name: accept.name.clone().unwrap_or_else(|| open.card.name.clone()),
            role: open.card.role,
            password: accept.password.clone(),
            capacity: open.capacity,
            teams: open.teams,
        };
        let (workspace, invitation_id) = open.key;
        let setter = Setter { workspace, by: None };
        let (agent, mut work) = self.plan_agent(setter, &new).await?;
        let digest = token::digest(&self.0.keys, &accept.secret);
        work.by = Some(agent);
        work.writes.push(invitation::accept(open.key, digest, agent, self.0.clock.now()));
        let step = InvitationStep::Used;
        work.facts.push(Fact::InvitationChanged { invitation_id, step });
        if let Err(error) = self.settle(engine, work).await {
            // It was used or ended meanwhile: the reason is said.
            self.open_invitation(&accept.secret).await?;
            return Err(error);
        }
        tracing::info!(%workspace, %agent, invitation = %invitation_id, "agent joined");
        Ok(open.card)
    }

    /// The invitation with this secret, if it can be used.
    async fn open_invitation(&self, secret: &str) -> Result<LinkedInvitation, AccountError> {
        if !token::is_invitation(secret) {
            return Err(AccountError::Link(LinkFault::Unknown));
        }
        let digest = token::digest(&self.0.keys, secret);
        let found = invitation::with_digest(&self.0.store, &digest).await?;
        let found = found.ok_or(AccountError::Link(LinkFault::Unknown))?;
        let is_over = found.card.expires_at <= self.0.clock.now();
        match found.progress {
            InvitationProgress::Used => Err(AccountError::Link(LinkFault::Used)),
            InvitationProgress::Withdrawn => Err(AccountError::Link(LinkFault::Withdrawn)),
            InvitationProgress::Open if is_over => Err(AccountError::Link(LinkFault::Expired)),
            InvitationProgress::Open => Ok(found),
        }
    }
}
