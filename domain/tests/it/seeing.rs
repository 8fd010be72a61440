//! Who sees what, and what a viewer is told of a stretch of the log.

use baton_domain::fact::scope::{Level, Scope};
use baton_domain::see::sight::{Tidings, VisibleEvent, as_head};
use baton_protocol::frame::ResetReason;
use baton_protocol::{
    Actor, AgentSet, AgentState, DeviceId, Fact, Owner, ReplyPolicy, Role, TeamSet, Visibility,
};

use crate::team::{
    ANA, BEN, CLEO, EVA, Hand, LUCIA, MATEO, ROOT, SALES, SUPPORT, Team, accepted, claim, reply,
    transfer, unassign, written,
};

fn level(team: &Team, who: Hand, owner: Owner) -> Level {
    team.sights[&who.agent].level(Scope { team: SUPPORT, owner })
}

#[test]
fn what_one_sees_follows_from_team_role_owner_and_the_teams_setting() {
    let queue = Owner::Queue(SUPPORT);
    let bens = Owner::Agent(BEN.agent);
    for (visibility, of_queue, of_bens) in [
        (Visibility::Full, Level::Full, Level::Full),
        (Visibility::Head, Level::Head, Level::Head),
        (Visibility::Own, Level::Full, Level::None),
    ] {
        let mut team = Team::new();
        team.shows(SUPPORT, visibility);
        assert_eq!((level(&team, ANA, queue), level(&team, ANA, bens)), (of_queue, of_bens));
        for who in [EVA, ROOT] {
            assert_eq!(level(&team, who, bens), Level::Full, "{visibility:?}");
        }
        assert_eq!(level(&team, BEN, bens), Level::Full, "their own");
        assert_eq!(level(&team, CLEO, queue), Level::None);
        assert_eq!(level(&team, CLEO, Owner::Agent(CLEO.agent)), Level::Full);
    }
}

#[test]
fn an_agent_who_leads_a_team_without_the_role_sees_as_members_do() {
    let mut team = Team::new();
    team.shows(SUPPORT, Visibility::Own);
    team.sights.get_mut(&EVA.agent).unwrap().viewer.role = Role::Agent;
    assert_eq!(level(&team, EVA, Owner::Agent(BEN.agent)), Level::None);
}

#[test]
fn a_head_in_place_of_an_event_tells_neither_who_nor_what() {
    let mut team = Team::with_a_customer();
    let seen = team.seen();
    written(team.does(ANA, reply(seen)));
    let (event, head) = (&team.log.last().unwrap().event, &team.lucia().head);
    assert!(event.content.is_some() && event.actor != Actor::System);
    let told = as_head(event, head);
    assert_eq!(
        (told.position, told.conversation_id, told.at),
        (event.position, Some(LUCIA), event.at)
    );
    assert_eq!(
        (told.actor, told.content, told.revision),
        (Actor::System, None, Some(head.revision))
    );
    assert_eq!(told.fact, Fact::HeadChanged { head: head.clone() });
}

/// What this viewer is told of the log above a position.
fn tidings(team: &Team, who: Hand, from: usize) -> Tidings {
    team.sights[&who.agent].tidings(&team.log[from..])
}

fn told(tidings: Tidings) -> (usize, usize, usize) {
    let Tidings::Changes { left, entered, told } = tidings else { panic!("{tidings:?}") };
    (left.len(), entered.len(), told.len())
}

#[test]
fn what_begins_and_what_goes_on_is_told_event_by_event() {
    let mut team = Team::with_a_customer();
    assert_eq!(told(tidings(&team, ANA, 0)), (0, 0, 3));
    assert_eq!(told(tidings(&team, CLEO, 0)), (0, 0, 0));
    let from = team.log.len();
    team.customer_writes(LUCIA);
    assert_eq!(told(tidings(&team, ANA, from)), (0, 0, 1));
    assert_eq!(told(tidings(&team, CLEO, from)), (0, 0, 0));
}

#[test]
fn the_level_at_the_end_decides_over_the_whole_gap() {
    let mut team = Team::with_a_customer();
    let (from, seen) = (team.log.len(), team.seen());
    accepted(team.does(ANA, transfer(Owner::Queue(SALES), 1, seen)));
    assert_eq!(told(tidings(&team, BEN, from)), (1, 0, 0));
    assert_eq!(told(tidings(&team, CLEO, from)), (0, 1, 0));
    assert_eq!(told(tidings(&team, EVA, from)), (0, 0, 1));
    // There and back: what happened meanwhile was not Ben's to see event by event.
    accepted(team.does(CLEO, transfer(Owner::Queue(SUPPORT), 2, seen)));
    assert_eq!(told(tidings(&team, BEN, from)), (0, 1, 0));
    assert_eq!(told(tidings(&team, CLEO, from)), (1, 0, 0));
}

#[test]
fn to_a_viewer_of_heads_only_the_last_head_is_worth_telling() {
    let mut team = Team::with_a_customer();
    team.shows(SUPPORT, Visibility::Head);
    let from = team.log.len();
    team.customer_writes(LUCIA);
    accepted(team.does(BEN, claim(1)));
    let Tidings::Changes { told, .. } = tidings(&team, ANA, from) else { panic!() };
    assert_eq!(told, [VisibleEvent::Head(1, LUCIA)]);
    // Ben's own came into full view, and goes out of it again.
    assert_eq!(super::seeing::told(tidings(&team, BEN, from)), (0, 1, 0));
    let from = team.log.len();
    accepted(team.does(BEN, unassign(2)));
    let Tidings::Changes { entered, .. } = tidings(&team, BEN, from) else { panic!() };
    assert_eq!(entered, [(LUCIA, Level::Head)]);
}

#[test]
fn a_read_mark_is_its_readers_own() {
    let mut team = Team::with_a_customer();
    let from = team.log.len();
    let mark = baton_protocol::command::MarkRead { seq: 1 };
    accepted(team.does(ANA, baton_protocol::CommandBody::MarkRead(mark.clone())));
    accepted(team.does(ANA, baton_protocol::CommandBody::MarkRead(mark)));
    assert_eq!(team.log.len(), from + 1);
    assert_eq!(team.log[from].event.revision, None);
    assert_eq!(told(tidings(&team, ANA, from)), (0, 0, 1));
    assert_eq!(told(tidings(&team, EVA, from)), (0, 0, 0));
}

#[test]
fn a_change_of_what_one_may_see_resets() {
    let mut team = Team::with_a_customer();
    let from = team.log.len();
    let seen = team.seen();
    written(team.does(ANA, reply(seen)));
    let ana = |set| Fact::AgentChanged { agent_id: ANA.agent, renamed: true, set };
    let team_set = |team_id, set| Fact::TeamChanged { team_id, renamed: true, set };
    let shows = TeamSet { visibility: Some(Visibility::Own), ..TeamSet::default() };
    let lets_reply = TeamSet { reply_policy: Some(ReplyPolicy::Team), ..TeamSet::default() };
    let changes = [
        (
            Fact::MembershipChanged { team_id: SUPPORT, agent_id: ANA.agent, kind: None },
            true,
            false,
        ),
        (ana(AgentSet { role: Some(Role::Admin), ..AgentSet::default() }), true, false),
        (ana(AgentSet { state: Some(AgentState::Leaving), ..AgentSet::default() }), true, false),
        (ana(AgentSet { capacity: Some(None), ..AgentSet::default() }), false, false),
        (team_set(SUPPORT, shows), true, true),
        (team_set(SUPPORT, lets_reply), false, false),
        (team_set(SALES, shows), false, false),
    ];
    for (fact, resets_ana, resets_ben) in changes {
        let mut log = team.log[from..].to_vec();
        log[0].event.fact = fact;
        log[0].route = baton_domain::fact::log::Route::Everyone;
        for (who, resets) in [(ANA, resets_ana), (BEN, resets_ben)] {
            let tidings = team.sights[&who.agent].tidings(&log);
            assert_eq!(tidings == Tidings::Reset(ResetReason::ScopeChanged), resets, "{who:?}");
        }
    }
}

#[test]
fn an_agents_password_and_devices_are_their_own_affair() {
    let mut team = Team::with_a_customer();
    let device_id = DeviceId(uuid::Uuid::from_u128(7));
    for fact in [
        Fact::PasswordSet { agent_id: ANA.agent },
        Fact::DeviceRevoked { agent_id: ANA.agent, device_id },
    ] {
        let from = team.log.len();
        team.is_set(fact);
        assert_eq!(told(tidings(&team, ANA, from)), (0, 0, 1));
        assert_eq!(told(tidings(&team, BEN, from)), (0, 0, 0));
    }
}

#[test]
fn a_gap_of_too_many_conversations_resets() {
    let mut team = Team::with_a_customer();
    team.customer_writes(MATEO);
    let one = team.log.last().unwrap().clone();
    let log: Vec<_> = (0..=500_u128)
        .map(|n| {
            let mut logged = one.clone();
            let id = baton_protocol::ConversationId(uuid::Uuid::from_u128(n));
            logged.event.conversation_id = Some(id);
            logged
        })
        .collect();
    let sight = &team.sights[&ANA.agent];
    assert_eq!(sight.tidings(&log), Tidings::Reset(ResetReason::TooMuch));
    assert!(matches!(sight.tidings(&log[1..]), Tidings::Changes { .. }));
}
