//! What routing tells: those who are asked, and those who see to what nobody takes.

use baton_protocol::{Clock, OfferId, OpenOffer, Priority, Promised, Trail};

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
        scene.agent(BEN).silence = Silence::Own;
        scene.happens(LUCIA, Actor::System, routed(Some(BEN), is_offer, trail));
        assert_eq!(scene.queued(), told);
    }
}

#[test]
fn in_quiet_hours_of_the_workspace_offers_calls_and_broken_promises_ring() {
    let until = NOON.plus_ms(3_600_000);
    let offer = routed(Some(BEN), true, Trail::default());
    let broken = Fact::ClockDue {
        clock: Clock::Breached { answer: Promised::First },
        start: NOON,
        due_at: NOON,
        policy_id: None,
    };
    let nobody = routed(None, false, Trail::default());
    for (fact, told) in [
        (offer, vec![(BEN, Kind::Offer)]),
        (broken, vec![(BEN, Kind::Queue), (ANA, Kind::Mention)]),
        (nobody, vec![(BEN, Kind::Queue), (ANA, Kind::Mention)]),
    ] {
        let mut scene = scene();
        scene.agent(ANA).level = PushLevel::Mine;
        for agent in [ANA, BEN] {
            scene.agent(agent).silence = Silence::Workspace { until };
        }
        scene.happens(LUCIA, Actor::System, fact);
        assert_eq!(scene.queued(), told);
        assert!(scene.board.pushes.iter().all(|push| push.due_at < until));
    }
}

#[test]
fn what_else_comes_in_quiet_hours_of_the_workspace_is_one_summary_at_their_end() {
    let until = NOON.plus_ms(3_600_000);
    let mut scene = Scene::new();
    scene.agent(ANA).silence = Silence::Workspace { until };
    scene.assigns(LUCIA, CLEO, ANA);
    scene.writes(LUCIA, true);
    scene.assigns(MATEO, CLEO, ANA);
    assert_eq!(scene.queued(), [(ANA, Kind::Digest)]);
    let push = scene.board.pushes[0].clone();
    assert_eq!((push.due_at, push.conversation), (until, ConversationId(ANA.0)));
    // Somebody answers one of them: the other one waits.
    scene.answers(LUCIA, BEN);
    assert_eq!(scene.queued(), [(ANA, Kind::Digest)]);
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
