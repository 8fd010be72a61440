//! Who may be what, go, and write first.

use baton_domain::see::staff::{can_be, is_last_admin, may_begin};
use baton_protocol::{MembershipKind, Role, Visibility};

use crate::team::{ANA, CLEO, ROOT, SUPPORT, Team};

#[test]
fn an_agent_supervises_no_team_and_a_supervisor_may_be_a_member() {
    assert!(!can_be(Role::Agent, MembershipKind::Supervisor));
    for role in [Role::Supervisor, Role::Admin] {
        assert!(can_be(role, MembershipKind::Supervisor));
    }
    assert!(can_be(Role::Agent, MembershipKind::Member));
    assert!(can_be(Role::Supervisor, MembershipKind::Member));
}

#[test]
fn a_workspace_keeps_one_active_admin() {
    assert!(is_last_admin(Role::Admin, true, 0));
    assert!(!is_last_admin(Role::Admin, true, 1));
    assert!(!is_last_admin(Role::Admin, false, 0), "who has left already is none");
    assert!(!is_last_admin(Role::Supervisor, true, 0));
}

#[test]
fn who_sees_the_queue_whole_may_write_first_from_its_number() {
    let mut team = Team::new();
    let may = |team: &Team, hand: crate::team::Hand| may_begin(&team.sights[&hand.agent], SUPPORT);
    assert!(may(&team, ANA) && may(&team, ROOT) && !may(&team, CLEO));
    team.shows(SUPPORT, Visibility::Own);
    assert!(may(&team, ANA));
    team.shows(SUPPORT, Visibility::Head);
    assert!(!may(&team, ANA) && may(&team, ROOT));
}
