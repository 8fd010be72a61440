//! What routing tells: those who are asked, and those who see to what nobody takes.

use baton_protocol::{OfferId, OpenOffer, Priority, Trail};

use super::*;

/// Ana supervises the team.
fn scene() -> Scene {
    let mut scene = Scene::new();
    let teams = &mut scene.agent(ANA).sight.viewer.teams;
    teams.insert(SALES, MembershipKind::Supervisor);
    scene
}

fn routed(agent_id: Option<AgentId>, is_offer: bool, trail: Trail) -> Fact {
    let (offer_id, until) = (OfferId(Uuid::from_u128(7)), NOON.plus_ms(45_000));
    let offer = agent_id.filter(|_| is_offer);
    let offer = offer.map(|agent_id| OpenOffer { offer_id, agent_id, until });
    Fact::Routed { agent_id, offer, trail: Box::new(trail) }
}

fn on_call() -> Trail {
    Trail { on_call: true, ..Trail::default() }
}

#[test]
fn quiet_hours_hold_for_all_but_who_is_on_call() {
    for (trail, is_offer, told) in [
        (Trail::default(), true, vec![]),
        (on_call(), true, vec![(BEN, Kind::Offer)]),
        (on_call(), false, vec![(BEN, Kind::Assigned)]),
    ] {
        let mut scene = scene();
        scene.agent(BEN).is_quiet = true;
        scene.happens(LUCIA, Actor::System, routed(Some(BEN), is_offer, trail));
        assert_eq!(scene.queued(), told);
    }
}

#[test]
fn supervisors_are_told_of_what_nobody_could_be_asked_to_take() {
    let mut scene = scene();
    scene.agent(ANA).level = PushLevel::Mine;
    scene.happens(LUCIA, Actor::System, routed(None, false, Trail::default()));
    assert_eq!(scene.queued(), [(BEN, Kind::Queue), (ANA, Kind::Mention)]);
    let mut scene = self::scene();
    scene.agent(ANA).level = PushLevel::Mine;
    let again = Trail { again: true, ..Trail::default() };
    scene.happens(LUCIA, Actor::System, routed(None, false, again));
    assert_eq!(scene.queued(), [(ANA, Kind::Mention)], "the team was called before");
    let mut scene = self::scene();
    let moved = Trail { to_team: Some(OTHER), ..Trail::default() };
    scene.happens(LUCIA, Actor::System, routed(None, false, moved));
    assert_eq!(scene.queued(), [], "another team has it");
}

#[test]
fn supervisors_are_told_of_what_an_absent_owner_leaves_behind() {
    for cause in [OwnerCause::Absent, OwnerCause::Unreachable, OwnerCause::Unassigned] {
        let mut scene = scene();
        scene.agent(ANA).level = PushLevel::Mine;
        let (owner, team_id) = (Owner::Queue(SALES), SALES);
        let (owner_epoch, exceeded_capacity) = (2, false);
        let keeps_last = true;
        let fact = Fact::OwnerChanged {
            owner,
            owner_epoch,
            team_id,
            cause,
            exceeded_capacity,
            keeps_last,
        };
        scene.happens(LUCIA, Actor::System, fact);
        let told = scene.queued().contains(&(ANA, Kind::Mention));
        assert_eq!(told, cause != OwnerCause::Unassigned, "{cause:?}");
    }
}

#[test]
fn supervisors_are_told_of_what_becomes_urgent_but_not_by_themselves() {
    let is_told = |actor, priority| {
        let mut scene = scene();
        scene.happens(LUCIA, actor, Fact::PriorityChanged { priority });
        scene.queued() == [(ANA, Kind::Mention)]
    };
    assert!(is_told(Actor::Agent { id: BEN }, Priority::Urgent));
    assert!(!is_told(Actor::Agent { id: BEN }, Priority::High));
    assert!(!is_told(Actor::Agent { id: ANA }, Priority::Urgent));
}
