//! Invitations: who may join, with what role and teams. The agent's row is made when they join
//! (see `accounts/join.rs`), so nothing is ever assigned to somebody without a password.
//!
//! Of the secret only a digest is kept. A new secret takes its place, and the old one is unknown
//! from then on.

use std::collections::{BTreeMap, BTreeSet};

use baton_protocol::account::Membership;
use baton_protocol::invitation::{
    Invitation, InvitationMade, InvitationNew, InvitationState, InvitationsNew,
};
use baton_protocol::problem::RowProblem;
use baton_protocol::{Fact, InvitationId, InvitationStep, Role, TeamId, Timestamp, WorkspaceId};
use sqlx_macros::FromRow;

use super::agent::{TEAMS_MAX, capacity};
use super::{Setter, Writing, email, name, team};
use crate::accounts::session::parse;
use crate::accounts::{AccountError, Accounts, token};
use crate::engine::work::SettingWork;
use crate::store::tables::from_json;
use crate::store::{Sql, StoreError};

/// People invited at once.
pub const INVITED_MAX: usize = 200;
/// Invitations of a workspace that wait.
const OPEN_MAX: usize = 1_000;
/// For how many days a link is good, unless it is said.
const VALID_DAYS: u32 = 7;
const VALID_DAYS_MAX: u32 = 30;
const DAY_MS: i64 = 24 * 60 * 60_000;
/// How long an invitation that was used or withdrawn is kept: its link says so meanwhile.
const ENDED_KEPT_MS: i64 = 30 * DAY_MS;

static SWEEP: Sql =
    Sql::new("DELETE FROM invitation WHERE workspace = $1 AND ended_at < CAST($2 AS BIGINT)");
static ADD: Sql = Sql::new(
    "INSERT INTO invitation (workspace, id, email, name, role, capacity, teams, digest, state,
       open_email, invited_by, created_at, renewed_at, expires_at)
     VALUES ($1, $2, $3, $4, $5, CAST(NULLIF($6, '') AS BIGINT), $7, $8, 'open', $3,
       NULLIF($9, ''), CAST($10 AS BIGINT), CAST($10 AS BIGINT), CAST($11 AS BIGINT))",
);
// One that ended meanwhile has no state then, which the table refuses.
static RENEW: Sql = Sql::new(
    "UPDATE invitation SET digest = $3, invited_by = NULLIF($4, ''),
       renewed_at = CAST($5 AS BIGINT), expires_at = CAST($6 AS BIGINT),
       state = CASE WHEN state = 'open' THEN 'open' END
     WHERE workspace = $1 AND id = $2",
);
static WITHDRAW: Sql = Sql::new(
    "UPDATE invitation SET open_email = NULL, ended_at = CAST($3 AS BIGINT),
       state = CASE WHEN state = 'open' THEN 'withdrawn' END
     WHERE workspace = $1 AND id = $2",
);

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

/// What the rows of a list are compared with.
#[derive(Debug)]
struct InvitationContext {
    teams: BTreeSet<TeamId>,
    agents: BTreeSet<String>,
    invited: BTreeSet<String>,
    open: usize,
}

impl Accounts {
    /// Plans invitations for all people of a list, each with its secret.
    ///
    /// # Errors
    /// [`AccountError::Rows`] names every row that is wrong.
    pub async fn plan_invitations(
        &self,
        setter: Setter,
        new: &InvitationsNew,
    ) -> Result<(Vec<InvitationMade>, SettingWork), AccountError> {
        let days = new.valid_days.unwrap_or(VALID_DAYS);
        if !(1..=VALID_DAYS_MAX).contains(&days) {
            let problem = format!("must be 1 to {VALID_DAYS_MAX}");
            return Err(AccountError::invalid("valid_days", problem));
        }
        if !(1..=INVITED_MAX).contains(&new.invitations.len()) {
            let problem = format!("must be 1 to {INVITED_MAX} people");
            return Err(AccountError::invalid("invitations", problem));
        }
        let known = self.known(setter.workspace).await?;
        if known.open + new.invitations.len() > OPEN_MAX {
            let why = "1,000 invitations wait already: withdraw those that nobody needs";
            return Err(AccountError::NotAllowed { why });
        }
        let people = checked(&new.invitations, &known)?;
        let now = self.0.clock.now();
        let before = now.plus_ms(-ENDED_KEPT_MS).ms().to_string();
        let mut writes: Vec<Writing> = vec![(&SWEEP, vec![setter.workspace.to_string(), before])];
        let (mut made, mut facts) = (Vec::new(), Vec::new());
        for person in people {
            let one = self.made(setter, person, days, now);
            writes.push((&ADD, self.add_args(setter, &one)));
            let (invitation_id, step) = (one.invitation.id, InvitationStep::Made);
            facts.push(Fact::InvitationChanged { invitation_id, step });
            made.push(one);
        }
        Ok((made, setter.work(writes, facts)))
    }

    fn made(
        &self,
        setter: Setter,
        person: InvitationNew,
        days: u32,
        now: Timestamp,
    ) -> InvitationMade {
        let invitation = Invitation {
            id: InvitationId(self.0.clock.uuid_v7()),
            email: person.email,
            name: person.name,
            role: person.role,
            capacity: person.capacity,
            teams: person.teams,
            state: InvitationState::Open,
            invited_by: setter.by,
            created_at: now,
            renewed_at: now,
            expires_at: now.plus_ms(i64::from(days) * DAY_MS),
        };
        let secret = token::invitation(self.0.clock.bytes()).expose().to_owned();
        InvitationMade { invitation, secret, is_sent: None }
    }

    fn add_args(&self, setter: Setter, made: &InvitationMade) -> Vec<String> {
        let one = &made.invitation;
        vec![
            setter.workspace.to_string(),
            one.id.to_string(),
            one.email.clone(),
            one.name.clone(),
            one.role.name().to_owned(),
            one.capacity.map(|n| n.to_string()).unwrap_or_default(),
            serde_json::json!(one.teams).to_string(),
            token::digest(&self.0.keys, &made.secret),
            setter.by.map(|by| by.to_string()).unwrap_or_default(),
            one.created_at.ms().to_string(),
            one.expires_at.ms().to_string(),
        ]
    }

    /// Plans a new secret and a new end for an invitation: the old link is void.
    ///
    /// # Errors
    /// When there is none, or it was used or withdrawn.
    pub async fn plan_renewal(
        &self,
        setter: Setter,
        invitation_id: InvitationId,
    ) -> Result<(InvitationMade, SettingWork), AccountError> {
        let row = self.invitation_row(setter, invitation_id).await?;
        if row.state != "open" {
            return Err(AccountError::NotAllowed { why: "the invitation was used or withdrawn" });
        }
        let now = self.0.clock.now();
        let mut invitation = row.read(now)?;
        invitation.state = InvitationState::Open;
        invitation.invited_by = setter.by;
        invitation.renewed_at = now;
        invitation.expires_at = now.plus_ms(i64::from(VALID_DAYS) * DAY_MS);
        let secret = token::invitation(self.0.clock.bytes()).expose().to_owned();
        let args = vec![
            setter.workspace.to_string(),
            invitation_id.to_string(),
            token::digest(&self.0.keys, &secret),
            setter.by.map(|by| by.to_string()).unwrap_or_default(),
            now.ms().to_string(),
            invitation.expires_at.ms().to_string(),
        ];
        let fact = Fact::InvitationChanged { invitation_id, step: InvitationStep::Renewed };
        let work = setter.work(vec![(&RENEW, args)], vec![fact]);
        Ok((InvitationMade { invitation, secret, is_sent: None }, work))
    }

    /// Plans that nobody can use an invitation any more.
    ///
    /// # Errors
    /// When there is none, or it was used.
    pub async fn plan_withdrawal(
        &self,
        setter: Setter,
        invitation_id: InvitationId,
    ) -> Result<SettingWork, AccountError> {
        let row = self.invitation_row(setter, invitation_id).await?;
        match row.state.as_str() {
            "withdrawn" => return Ok(setter.work(Vec::new(), Vec::new())),
            "open" => {}
            _ => {
                let why = "the invited has joined: let the agent leave instead";
                return Err(AccountError::NotAllowed { why });
            }
        }
        let now = self.0.clock.now().ms().to_string();
        let args = vec![setter.workspace.to_string(), invitation_id.to_string(), now];
        let fact = Fact::InvitationChanged { invitation_id, step: InvitationStep::Withdrawn };
        Ok(setter.work(vec![(&WITHDRAW, args)], vec![fact]))
    }

    /// The invitations that nobody used yet, the newest first.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn invitations(
        &self,
        workspace: WorkspaceId,
    ) -> Result<Vec<Invitation>, AccountError> {
        static LIST: Sql = Sql::new(
            "SELECT id, email, name, role, capacity, teams, state, invited_by, created_at,
               renewed_at, expires_at
             FROM invitation WHERE workspace = $1 AND open_email IS NOT NULL
             ORDER BY created_at DESC, id DESC",
        );
        let now = self.0.clock.now();
        let mut tx = self.0.store.read().await?;
        let rows = tx.rows::<InvitationRow>(&LIST, &[&workspace.to_string()]).await?;
        tx.rollback().await?;
        Ok(rows.into_iter().map(|row| row.read(now)).collect::<Result<_, _>>()?)
    }

    async fn invitation_row(
        &self,
        setter: Setter,
        id: InvitationId,
    ) -> Result<InvitationRow, AccountError> {
        static READ: Sql = Sql::new(
            "SELECT id, email, name, role, capacity, teams, state, invited_by, created_at,
               renewed_at, expires_at
             FROM invitation WHERE workspace = $1 AND id = $2",
        );
        let mut tx = self.0.store.read().await?;
        let args = [&setter.workspace.to_string(), &*id.to_string()];
        let row = tx.row(&READ, &args).await?;
        tx.rollback().await?;
        row.ok_or(AccountError::NotFound { what: "invitation" })
    }

    async fn known(&self, workspace: WorkspaceId) -> Result<InvitationContext, AccountError> {
        static TEAMS: Sql = Sql::new("SELECT id FROM team WHERE workspace = $1");
        static AGENTS: Sql = Sql::new("SELECT email FROM agent WHERE workspace = $1");
        static INVITED: Sql = Sql::new(
            "SELECT open_email FROM invitation WHERE workspace = $1 AND open_email IS NOT NULL",
        );
        let workspace = workspace.to_string();
        let mut tx = self.0.store.read().await?;
        let teams = tx.rows::<(String,)>(&TEAMS, &[&workspace]).await?;
        let agents = tx.rows::<(String,)>(&AGENTS, &[&workspace]).await?;
        let invited = tx.rows::<(String,)>(&INVITED, &[&workspace]).await?;
        tx.rollback().await?;
        let open = invited.len();
        let teams = teams.iter().map(|(id,)| parse(id)).collect::<Result<_, _>>()?;
        let texts = |rows: Vec<(String,)>| rows.into_iter().map(|(text,)| text).collect();
        Ok(InvitationContext { teams, agents: texts(agents), invited: texts(invited), open })
    }
}

impl InvitationRow {
    fn read(self, now: Timestamp) -> Result<Invitation, StoreError> {
        let capacity = self.capacity.map(u32::try_from).transpose();
        Ok(Invitation {
            id: parse(&self.id)?,
            email: self.email,
            name: self.name,
            role: Role::from_name(&self.role).ok_or_else(|| StoreError::corrupt("role"))?,
            capacity: capacity.map_err(StoreError::corrupt)?,
            teams: from_json(&self.teams)?,
            state: match self.expires_at > now.ms() {
                true => InvitationState::Open,
                false => InvitationState::Expired,
            },
            invited_by: self.invited_by.as_deref().map(parse).transpose()?,
            created_at: Timestamp::from_ms(self.created_at),
            renewed_at: Timestamp::from_ms(self.renewed_at),
            expires_at: Timestamp::from_ms(self.expires_at),
        })
    }
}

/// The people of a list as they are stored, or every row that is wrong.
fn checked(
    people: &[InvitationNew],
    known: &InvitationContext,
) -> Result<Vec<InvitationNew>, AccountError> {
    let (mut good, mut wrong) = (Vec::new(), Vec::new());
    let mut met: BTreeMap<String, u32> = BTreeMap::new();
    for (person, row) in people.iter().zip(1..) {
        let mut note = |field: &str, problem: String| {
            wrong.push(RowProblem { row, field: field.to_owned(), problem });
        };
        let checks = [
            email(&person.email),
            name("name", &person.name),
            capacity(person.capacity),
            check_teams(person, known).map(|()| String::new()),
        ];
        let mut texts = Vec::new();
        for check in checks {
            match check {
                Ok(text) => texts.push(text),
                Err(AccountError::Invalid { field, problem }) => note(field, problem),
                Err(other) => note("", other.to_string()),
            }
        }
        let address = person.email.trim().to_lowercase();
        if known.agents.contains(&address) {
            note("email", "is an agent already".to_owned());
        } else if known.invited.contains(&address) {
            note("email", "is invited already: renew that invitation".to_owned());
        } else if let Some(first) = met.insert(address, row) {
            note("email", format!("is in row {first} as well"));
        }
        if let [email, name, ..] = texts.as_slice() {
            good.push(InvitationNew { email: email.clone(), name: name.clone(), ..person.clone() });
        }
    }
    if wrong.is_empty() { Ok(good) } else { Err(AccountError::Rows(wrong)) }
}

fn check_teams(person: &InvitationNew, known: &InvitationContext) -> Result<(), AccountError> {
    if person.teams.len() > TEAMS_MAX {
        return Err(AccountError::invalid("teams", "too many"));
    }
    let mut met = BTreeSet::new();
    for Membership { team_id, kind } in &person.teams {
        team::check_kind("teams", person.role.name(), *kind)?;
        if !known.teams.contains(team_id) {
            return Err(AccountError::invalid("teams", "there is no such team"));
        }
        if !met.insert(team_id) {
            return Err(AccountError::invalid("teams", "names a team twice"));
        }
    }
    Ok(())
}
