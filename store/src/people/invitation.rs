//! Invitations: of the secret in a link, a digest alone is kept.
//!
//! A step that an invitation must not take writes NULL, which the table refuses: it may have ended
//! since its plan was made.

use std::collections::BTreeSet;

use baton_domain::group::Key;
use baton_protocol::account::Membership;
use baton_protocol::invitation::{Invitation, InvitationCard, InvitationState};
use baton_protocol::{AgentId, InvitationId, TeamId, Timestamp, WorkspaceId};
use sqlx_macros::FromRow;

use super::agent::limit;
use super::to_row;
use crate::tables::{from_json, id, json, named, number, some_id};
use crate::{Sql, Store, StoreError, Writing};

/// The progress of an invitation.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum InvitationProgress {
    /// It waits, and may have expired.
    Open,
    /// Somebody joined by it.
    Used,
    /// It was taken back.
    Withdrawn,
}

/// An invitation, as the holder of its link finds it.
#[derive(Clone, Debug)]
pub struct LinkedInvitation {
    /// The invitation.
    pub key: Key<InvitationId>,
    /// Its progress.
    pub progress: InvitationProgress,
    /// The teams that they come into.
    pub teams: Vec<Membership>,
    /// The largest number of conversations to own.
    pub capacity: Option<u32>,
    /// The address of the workspace's logo, if it has one.
    pub logo: Option<String>,
    /// The invitation, as it is shown. The address of a route is not known here: it has no logo.
    pub card: InvitationCard,
}

/// Data of a workspace with which new invitations are compared.
#[derive(Clone, Debug)]
pub struct InvitationContext {
    /// Its teams.
    pub teams: BTreeSet<TeamId>,
    /// The addresses of its agents.
    pub agents: BTreeSet<String>,
    /// The addresses of those who are invited.
    pub invited: BTreeSet<String>,
    /// The number of invitations that wait.
    pub open: usize,
}

#[derive(FromRow)]
struct InvitationRow {
    id: String,
    email: String,
    name: String,
    role: String,
    capacity: Option<i64>,
    teams: String,
    state: String,
    invited_by: Option<String>,
    created_at: i64,
    renewed_at: i64,
    expires_at: i64,
}

#[derive(FromRow)]
struct LinkedInvitationRow {
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
    logo: Option<String>,
}

/// Forgets invitations of a workspace that were used or withdrawn before a time.
pub fn sweep(workspace: WorkspaceId, before: Timestamp) -> Writing {
    static SWEEP: Sql =
        Sql::new("DELETE FROM invitation WHERE workspace = $1 AND ended_at < CAST($2 AS BIGINT)");
    (&SWEEP, vec![workspace.to_string(), before.ms().to_string()])
}

/// Adds an invitation with the digest of its secret.
pub fn add(workspace: WorkspaceId, new: &Invitation, digest: String) -> Writing {
    static ADD: Sql = Sql::new(
        "INSERT INTO invitation (workspace, id, email, name, role, capacity, teams, digest, state,
           open_email, invited_by, created_at, renewed_at, expires_at)
         VALUES ($1, $2, $3, $4, $5, CAST(NULLIF($6, '') AS BIGINT), $7, $8, 'open', $3,
           NULLIF($9, ''), CAST($10 AS BIGINT), CAST($10 AS BIGINT), CAST($11 AS BIGINT))",
    );
    let values = [
        new.email.clone(),
        new.name.clone(),
        new.role.name().to_owned(),
        limit(new.capacity),
        json(&new.teams),
        digest,
        new.invited_by.map(|by| by.to_string()).unwrap_or_default(),
        new.created_at.ms().to_string(),
        new.expires_at.ms().to_string(),
    ];
    to_row(&ADD, (workspace, new.id), values)
}

/// Gives an invitation another secret and another end. Refused unless it waits.
pub fn renew(workspace: WorkspaceId, renewed: &Invitation, digest: String) -> Writing {
    static RENEW: Sql = Sql::new(
        "UPDATE invitation SET digest = $3, invited_by = NULLIF($4, ''),
           renewed_at = CAST($5 AS BIGINT), expires_at = CAST($6 AS BIGINT),
           state = CASE WHEN state = 'open' THEN 'open' END
         WHERE workspace = $1 AND id = $2",
    );
    let values = [
        digest,
        renewed.invited_by.map(|by| by.to_string()).unwrap_or_default(),
        renewed.renewed_at.ms().to_string(),
        renewed.expires_at.ms().to_string(),
    ];
    to_row(&RENEW, (workspace, renewed.id), values)
}

/// Withdraws an invitation. Refused unless it waits.
pub fn withdraw(invitation: Key<InvitationId>, now: Timestamp) -> Writing {
    static WITHDRAW: Sql = Sql::new(
        "UPDATE invitation SET open_email = NULL, ended_at = CAST($3 AS BIGINT),
           state = CASE WHEN state = 'open' THEN 'withdrawn' END
         WHERE workspace = $1 AND id = $2",
    );
    to_row(&WITHDRAW, invitation, [now.ms().to_string()])
}

/// Notes that an agent joined by an invitation. Refused where it has ended or expired, or has
/// another secret by now.
pub fn accept(
    invitation: Key<InvitationId>,
    digest: String,
    agent: AgentId,
    now: Timestamp,
) -> Writing {
    static USE: Sql = Sql::new(
        "UPDATE invitation SET open_email = NULL, ended_at = CAST($5 AS BIGINT), agent = $4,
           state = CASE WHEN state = 'open' AND digest = $3 AND expires_at > CAST($5 AS BIGINT)
             THEN 'used' END
         WHERE workspace = $1 AND id = $2",
    );
    to_row(&USE, invitation, [digest, agent.to_string(), now.ms().to_string()])
}

/// The invitations that wait, the newest first.
pub async fn open(
    store: &Store,
    workspace: WorkspaceId,
    now: Timestamp,
) -> Result<Vec<Invitation>, StoreError> {
    static LIST: Sql = Sql::new(
        "SELECT id, email, name, role, capacity, teams, state, invited_by, created_at,
           renewed_at, expires_at
         FROM invitation WHERE workspace = $1 AND open_email IS NOT NULL
         ORDER BY created_at DESC, id DESC",
    );
    let rows: Vec<InvitationRow> = store.rows_alone(&LIST, &[&workspace.to_string()]).await?;
    rows.into_iter().map(|row| row.invitation(now)).collect()
}

/// An invitation, and its progress.
pub async fn one(
    store: &Store,
    (workspace, invitation): Key<InvitationId>,
    now: Timestamp,
) -> Result<Option<(InvitationProgress, Invitation)>, StoreError> {
    static READ: Sql = Sql::new(
        "SELECT id, email, name, role, capacity, teams, state, invited_by, created_at,
           renewed_at, expires_at
         FROM invitation WHERE workspace = $1 AND id = $2",
    );
    let args = [workspace.to_string(), invitation.to_string()];
    let rows: Vec<InvitationRow> = store.rows_alone(&READ, &[&args[0], &args[1]]).await?;
    let one = |row: InvitationRow| Ok((progress(&row.state)?, row.invitation(now)?));
    rows.into_iter().next().map(one).transpose()
}

/// The invitation whose secret has this digest.
pub async fn with_digest(
    store: &Store,
    digest: &str,
) -> Result<Option<LinkedInvitation>, StoreError> {
    static READ: Sql = Sql::new(
        "SELECT i.workspace, w.slug, w.name AS workspace_name, i.id, i.email, i.name, i.role,
           i.capacity, i.teams, i.state, i.expires_at, l.address AS logo
         FROM invitation i JOIN workspace w ON w.id = i.workspace
         LEFT JOIN logo l ON l.workspace = i.workspace WHERE i.digest = $1",
    );
    let rows: Vec<LinkedInvitationRow> = store.rows_alone(&READ, &[digest]).await?;
    rows.into_iter().next().map(LinkedInvitationRow::linked).transpose()
}

/// The teams, agents and invited people of a workspace.
pub async fn context(
    store: &Store,
    workspace: WorkspaceId,
) -> Result<InvitationContext, StoreError> {
    static TEAMS: Sql = Sql::new("SELECT id FROM team WHERE workspace = $1");
    static AGENTS: Sql = Sql::new("SELECT email FROM agent WHERE workspace = $1");
    static INVITED: Sql = Sql::new(
        "SELECT open_email FROM invitation WHERE workspace = $1 AND open_email IS NOT NULL",
    );
    let workspace = workspace.to_string();
    let mut tx = store.read().await?;
    let teams = tx.rows::<(String,)>(&TEAMS, &[&workspace]).await?;
    let agents = tx.rows::<(String,)>(&AGENTS, &[&workspace]).await?;
    let invited = tx.rows::<(String,)>(&INVITED, &[&workspace]).await?;
    tx.rollback().await?;
    let open = invited.len();
    let teams = teams.iter().map(|(team,)| id(team)).collect::<Result<_, _>>()?;
    let texts = |rows: Vec<(String,)>| rows.into_iter().map(|(text,)| text).collect();
    Ok(InvitationContext { teams, agents: texts(agents), invited: texts(invited), open })
}

fn progress(state: &str) -> Result<InvitationProgress, StoreError> {
    Ok(match state {
        "open" => InvitationProgress::Open,
        "used" => InvitationProgress::Used,
        "withdrawn" => InvitationProgress::Withdrawn,
        other => return Err(StoreError::corrupt(format!("state {other:?} of an invitation"))),
    })
}

impl InvitationRow {
    fn invitation(self, now: Timestamp) -> Result<Invitation, StoreError> {
        let is_over = self.expires_at <= now.ms();
        Ok(Invitation {
            id: id(&self.id)?,
            email: self.email,
            name: self.name,
            role: named(&self.role)?,
            capacity: self.capacity.map(number).transpose()?,
            teams: from_json(&self.teams)?,
            state: if is_over { InvitationState::Expired } else { InvitationState::Open },
            invited_by: some_id(self.invited_by.as_deref())?,
            created_at: Timestamp::from_ms(self.created_at),
            renewed_at: Timestamp::from_ms(self.renewed_at),
            expires_at: Timestamp::from_ms(self.expires_at),
        })
    }
}

impl LinkedInvitationRow {
    fn linked(self) -> Result<LinkedInvitation, StoreError> {
        Ok(LinkedInvitation {
            key: (id(&self.workspace)?, id(&self.id)?),
            progress: progress(&self.state)?,
            teams: from_json(&self.teams)?,
            capacity: self.capacity.map(number).transpose()?,
            logo: self.logo,
            card: InvitationCard {
                workspace: self.slug,
                workspace_name: self.workspace_name,
                workspace_logo: None,
                email: self.email,
                name: self.name,
                role: named(&self.role)?,
                expires_at: Timestamp::from_ms(self.expires_at),
            },
        })
    }
}
