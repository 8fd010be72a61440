//! The people of a workspace: which place in a team a role allows, whether somebody may go, and who
//! may write first from a number.

use baton_protocol::{Agent, AgentId, AgentState, MembershipKind, Owner, Role, TeamId};

use crate::fact::scope::{Level, Scope};
use crate::see::sight::Sight;

/// Whether somebody of this role may have this place in a team. The role agent supervises none: the
/// place would promise what is never granted.
pub fn can_be(role: Role, kind: MembershipKind) -> bool {
    match kind {
        MembershipKind::Supervisor => role >= Role::Supervisor,
        MembershipKind::Member => true,
    }
}

/// Whether a workspace would be without an active admin if this agent were none or left.
pub fn is_last_admin(role: Role, is_active: bool, other_admins: u64) -> bool {
    role == Role::Admin && is_active && other_admins == 0
}

/// Those who see to what somebody promised who leaves: the supervisors of the team, or else the
/// admins.
pub fn heirs(people: &[Agent], team: TeamId) -> Vec<AgentId> {
    let is_active = |one: &&Agent| one.state == AgentState::Active;
    let leads = |one: &&Agent| {
        let mut places = one.teams.iter();
        places.any(|at| at.team_id == team && at.kind == MembershipKind::Supervisor)
    };
    let all = || people.iter().filter(is_active);
    let lead: Vec<AgentId> = all().filter(leads).map(|one| one.id).collect();
    if !lead.is_empty() {
        return lead;
    }
    all().filter(|one| one.role == Role::Admin).map(|one| one.id).collect()
}

/// Whether somebody may write first from a number whose new conversations come to this team: they
/// would see the conversation whole.
pub fn may_begin(sight: &Sight, default_team: TeamId) -> bool {
    let scope = Scope { team: default_team, owner: Owner::Queue(default_team) };
    sight.level(scope) == Level::Full
}
