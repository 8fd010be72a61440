//! Invitations: the people who may join, with their role and teams. The agent's row is made when
//! they join (see `accounts/join.rs`), so nothing is ever assigned to somebody without a password.
//!
//! Of the secret only a digest is kept. A new secret takes its place, and the old one is unknown
//! from then on.

use std::collections::{BTreeMap, BTreeSet};

use baton_protocol::account::Membership;
use baton_protocol::invitation::{
    Invitation, InvitationMade, InvitationNew, InvitationState, InvitationsNew,
};
use baton_protocol::problem::RowProblem;
use baton_protocol::{Fact, InvitationId, InvitationStep, Timestamp, WorkspaceId};

use super::agent::{TEAMS_MAX, capacity};
use super::team::check_kind;
use super::{Setter, email, name};
use crate::accounts::{AccountError, Accounts, token};
use crate::engine::work::SettingWork;
use crate::store::Writing;
use crate::store::invitation::{self, InvitationContext, InvitationProgress};

/// People invited at once.
pub const INVITED_MAX: usize = 200;
/// Invitations of a workspace that wait.
const OPEN_MAX: usize = 1_000;
/// The days for which a link is good, unless it is said.
const VALID_DAYS: u32 = 7;
const VALID_DAYS_MAX: u32 = 30;
const DAY_MS: i64 = 24 * 60 * 60_000;
/// The time for which an invitation that was used or withdrawn is kept: its link says so
/// meanwhile.
const ENDED_KEPT_MS: i64 = 30 * DAY_MS;

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
        let known = invitation::context(&self.0.store, setter.workspace).await?;
        if known.open + new.invitations.len() > OPEN_MAX {
            let why = "1,000 invitations wait already: withdraw those that nobody needs";
            return Err(AccountError::NotAllowed { why });
        }
        let people = checked(&new.invitations, &known)?;
        let now = self.0.clock.now();
        let before = now.plus_ms(-ENDED_KEPT_MS);
        let mut writes: Vec<Writing> = vec![invitation::sweep(setter.workspace, before)];
        let (mut made, mut facts) = (Vec::new(), Vec::new());
        for person in people {
            let one = self.made(setter, person, days, now);
            let digest = token::digest(&self.0.keys, &one.secret);
            writes.push(invitation::add(setter.workspace, &one.invitation, digest));
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

    /// Plans a new secret and a new end for an invitation: the old link is void.
    ///
    /// # Errors
    /// When there is none, or it was used or withdrawn.
    pub async fn plan_renewal(
        &self,
        setter: Setter,
        invitation_id: InvitationId,
    ) -> Result<(InvitationMade, SettingWork), AccountError> {
        let now = self.0.clock.now();
        let (progress, mut invitation) = self.invitation(setter, invitation_id, now).await?;
        if progress != InvitationProgress::Open {
            return Err(AccountError::NotAllowed { why: "the invitation was used or withdrawn" });
        }
        invitation.state = InvitationState::Open;
        invitation.invited_by = setter.by;
        invitation.renewed_at = now;
        invitation.expires_at = now.plus_ms(i64::from(VALID_DAYS) * DAY_MS);
        let secret = token::invitation(self.0.clock.bytes()).expose().to_owned();
        let digest = token::digest(&self.0.keys, &secret);
        let renewed = invitation::renew(setter.workspace, &invitation, digest);
        let fact = Fact::InvitationChanged { invitation_id, step: InvitationStep::Renewed };
        let work = setter.work(vec![renewed], vec![fact]);
        Ok((InvitationMade { invitation, secret, is_sent: None }, work))
    }

    /// Plans to withdraw an invitation.
    ///
    /// # Errors
    /// When there is none, or it was used.
    pub async fn plan_withdrawal(
        &self,
        setter: Setter,
        invitation_id: InvitationId,
    ) -> Result<SettingWork, AccountError> {
        let now = self.0.clock.now();
        let (progress, _) = self.invitation(setter, invitation_id, now).await?;
        match progress {
            InvitationProgress::Withdrawn => return Ok(setter.work(Vec::new(), Vec::new())),
            InvitationProgress::Open => {}
            InvitationProgress::Used => {
                let why = "the invited has joined: let the agent leave instead";
                return Err(AccountError::NotAllowed { why });
            }
        }
        let withdrawn = invitation::withdraw((setter.workspace, invitation_id), now);
        let fact = Fact::InvitationChanged { invitation_id, step: InvitationStep::Withdrawn };
        Ok(setter.work(vec![withdrawn], vec![fact]))
    }

    /// The invitations that wait, the newest first.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn invitations(
        &self,
        workspace: WorkspaceId,
    ) -> Result<Vec<Invitation>, AccountError> {
        Ok(invitation::open(&self.0.store, workspace, self.0.clock.now()).await?)
    }

    async fn invitation(
        &self,
        setter: Setter,
        id: InvitationId,
        now: Timestamp,
    ) -> Result<(InvitationProgress, Invitation), AccountError> {
        let found = invitation::one(&self.0.store, (setter.workspace, id), now).await?;
        found.ok_or(AccountError::NotFound { what: "invitation" })
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
            capacity(person.capacity).map(|_| String::new()),
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
        check_kind("teams", person.role, *kind)?;
        if !known.teams.contains(team_id) {
            return Err(AccountError::invalid("teams", "there is no such team"));
        }
        if !met.insert(team_id) {
            return Err(AccountError::invalid("teams", "names a team twice"));
        }
    }
    Ok(())
}
