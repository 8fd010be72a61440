//! `baton admin agent invite`: people by links, one or a table of many.

use anyhow::Context as _;
use baton_protocol::account::Membership;
use baton_protocol::invitation::{Invitation, InvitationNew, InvitationsNew};

use super::{Admin, AskMeta, find, table, team_name};
use crate::accounts::AccountError;
use crate::accounts::settings::wire_name;
use crate::cli::{AgentInvite, Person, WorkspaceRef, letters, people};

impl<M: AskMeta + Sync> Admin<'_, M> {
    pub(super) async fn invite(&self, invite: &AgentInvite) -> anyhow::Result<String> {
        let setter = self.setter(&invite.workspace).await?;
        let known = self.team_ids(setter).await?;
        let people = listed(invite)?;
        let mut invitations = Vec::new();
        for person in &people {
            let place = |(name, kind): &(String, _)| -> anyhow::Result<Membership> {
                Ok(Membership { team_id: find(&known, name)?, kind: *kind })
            };
            let teams = person.teams.iter().map(place).collect::<anyhow::Result<Vec<_>>>();
            invitations.push(InvitationNew {
                email: person.email.clone(),
                name: person.name.clone(),
                role: person.role,
                capacity: person.capacity,
                teams: teams.with_context(|| format!("line {}", person.line))?,
            });
        }
        let new = InvitationsNew { invitations, valid_days: Some(invite.days), letter: None };
        let (made, work) = match self.accounts.plan_invitations(setter, &new).await {
            Err(AccountError::Rows(wrong)) => anyhow::bail!(by_line(&people, wrong)),
            planned => planned?,
        };
        self.accounts.settle(self.engine, work).await?;
        let address = invite.address.trim_end_matches('/');
        let rows = made.into_iter().map(|one| {
            let link = format!("{address}/join#{}", one.secret);
            vec![one.invitation.email, one.invitation.expires_at.to_string(), link]
        });
        Ok(table(&["EMAIL", "GOOD_UNTIL", "LINK (shown this once)"], rows.collect()))
    }

    pub(super) async fn invitations(&self, of: &WorkspaceRef) -> anyhow::Result<String> {
        let setter = self.setter(of).await?;
        let teams = self.team_ids(setter).await?;
        let row = |one: Invitation| {
            let names = one.teams.iter().map(|place| team_name(&teams, place.team_id));
            vec![
                one.email,
                one.name,
                one.role.name().to_owned(),
                wire_name(one.state),
                one.expires_at.to_string(),
                names.collect::<Vec<_>>().join(", "),
            ]
        };
        let all = self.accounts.invitations(setter.workspace).await?;
        let rows = all.into_iter().map(row).collect();
        Ok(table(&["EMAIL", "NAME", "ROLE", "STATE", "GOOD_UNTIL", "TEAMS"], rows))
    }
}

/// The people of the command line, or of its table.
fn listed(invite: &AgentInvite) -> anyhow::Result<Vec<Person>> {
    let Some(path) = &invite.csv else {
        return Ok(vec![Person {
            line: 1,
            email: invite.email.clone().unwrap_or_default(),
            name: invite.name.clone().unwrap_or_default(),
            role: invite.role,
            teams: invite.teams.clone(),
            capacity: invite.capacity,
        }]);
    };
    let shown = path.display();
    let bytes = std::fs::read(path).with_context(|| shown.to_string())?;
    let listed = letters(&bytes).and_then(|text| people(&text));
    listed.map_err(anyhow::Error::msg).with_context(|| shown.to_string())
}

fn by_line(people: &[Person], wrong: Vec<baton_protocol::problem::RowProblem>) -> String {
    let line = |row: u32| {
        let place = usize::try_from(row).unwrap_or(0).checked_sub(1);
        place.and_then(|place| people.get(place)).map_or(0, |person| person.line)
    };
    let told = wrong
        .into_iter()
        .map(|one| format!("line {}: {}: {}", line(one.row), one.field, one.problem));
    told.collect::<Vec<_>>().join("\n")
}
