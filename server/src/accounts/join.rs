//! Joining by an invitation: whoever has its secret sets a password and is signed in.
//!
//! The database lets an invitation be used once. The write that makes the agent ends the invitation
//! in the same transaction. It is refused if the invitation ended before.

use std::net::IpAddr;

use baton_protocol::account::{Login, Membership, Session};
use baton_protocol::invitation::{InvitationAccept, InvitationCard};
use baton_protocol::settings::AgentNew;
use baton_protocol::{Fact, InvitationId, InvitationStep, Role, Timestamp, WorkspaceId};
use sqlx_macros::FromRow;

use super::session::{account_digest, parse};
use super::{AccountError, Accounts, Setter, lock, throttle, token};
use crate::engine::Engine;
use crate::store::tables::from_json;
use crate::store::{Sql, StoreError};

// One that ended meanwhile, or has a new secret, has no state then, which the table refuses.
static USE: Sql = Sql::new(
    "UPDATE invitation SET open_email = NULL, ended_at = CAST($5 AS BIGINT), agent = $4,
       state = CASE WHEN state = 'open' AND digest = $3 AND expires_at > CAST($5 AS BIGINT)
         THEN 'used' END
     WHERE workspace = $1 AND id = $2",
);

/// Why a link of an invitation is no longer good.
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

#[derive(FromRow)]
struct InvitationCardRow {
    workspace: String,
    slug: String,
    workspace_name: String,
    id: String,
    email: String,
    name: String,
    role: String,
    capacity: Option<i64>,
    teams: String,
    state: String,
    expires_at: i64,
}

/// An invitation that can be used.
struct Open {
    workspace: WorkspaceId,
    id: InvitationId,
    teams: Vec<Membership>,
    capacity: Option<u32>,
    card: InvitationCard,
}

impl Accounts {
    /// What an invitation says to who has its secret.
    ///
    /// # Errors
    /// [`AccountError::Link`] when it cannot be used.
    pub async fn read_invitation(
        &self,
        secret: &str,
        from: IpAddr,
    ) -> Result<InvitationCard, AccountError> {
        let key = (account_digest("invitation", secret), Some(from));
        let _attempt = self.count_try(key)?;
        let found = self.open_invitation(secret).await;
        self.tell_link(key, found.as_ref().err()).await;
        Ok(found?.card)
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
        self.tell_link(key, joined.as_ref().err()).await;
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

    /// Counts a secret that nobody was given, as a wrong password is counted.
    pub(super) async fn tell_link(&self, key: throttle::Key, error: Option<&AccountError>) {
        if let Some(AccountError::Link(LinkFault::Unknown)) = error {
            lock(&self.0.throttle).fail(key, self.0.clock.monotonic());
            self.tell_tried(key, false).await;
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
        let setter = Setter { workspace: open.workspace, by: None };
        let (agent, mut work) = self.plan_agent(setter, &new).await?;
        let args = vec![
            open.workspace.to_string(),
            open.id.to_string(),
            token::digest(&self.0.keys, &accept.secret),
            agent.to_string(),
            self.0.clock.now().ms().to_string(),
        ];
        work.by = Some(agent);
        work.writes.push((&USE, args));
        let (invitation_id, step) = (open.id, InvitationStep::Used);
        work.facts.push(Fact::InvitationChanged { invitation_id, step });
        if let Err(error) = self.settle(engine, work).await {
            // Somebody was faster: say what became of it.
            self.open_invitation(&accept.secret).await?;
            return Err(error);
        }
        tracing::info!(workspace = %open.workspace, %agent, invitation = %open.id, "agent joined");
        Ok(open.card)
    }

    async fn open_invitation(&self, secret: &str) -> Result<Open, AccountError> {
        static READ: Sql = Sql::new(
            "SELECT i.workspace, w.slug, w.name AS workspace_name, i.id, i.email, i.name, i.role,
               i.capacity, i.teams, i.state, i.expires_at
             FROM invitation i JOIN workspace w ON w.id = i.workspace WHERE i.digest = $1",
        );
        if !token::is_invitation(secret) {
            return Err(AccountError::Link(LinkFault::Unknown));
        }
        let digest = token::digest(&self.0.keys, secret);
        let mut tx = self.0.store.read().await?;
        let row = tx.row::<InvitationCardRow>(&READ, &[&digest]).await?;
        tx.rollback().await?;
        let row = row.ok_or(AccountError::Link(LinkFault::Unknown))?;
        let fault = match row.state.as_str() {
            "used" => Some(LinkFault::Used),
            "withdrawn" => Some(LinkFault::Withdrawn),
            _ => (row.expires_at <= self.0.clock.now().ms()).then_some(LinkFault::Expired),
        };
        match fault {
            Some(fault) => Err(AccountError::Link(fault)),
            None => Ok(row.read()?),
        }
    }
}

impl InvitationCardRow {
    fn read(self) -> Result<Open, StoreError> {
        let capacity = self.capacity.map(u32::try_from).transpose();
        Ok(Open {
            workspace: parse(&self.workspace)?,
            id: parse(&self.id)?,
            teams: from_json(&self.teams)?,
            capacity: capacity.map_err(StoreError::corrupt)?,
            card: InvitationCard {
                workspace: self.slug,
                workspace_name: self.workspace_name,
                email: self.email,
                name: self.name,
                role: Role::from_name(&self.role).ok_or_else(|| StoreError::corrupt("role"))?,
                expires_at: Timestamp::from_ms(self.expires_at),
            },
        })
    }
}
