//! What waits: calls, circles, former owners, who is idle since when, and queues that get shorter.

use baton_protocol::setting::{RoutingStep, Rule, StepWho};
use baton_protocol::{OwnerCause, Trail};
use serde_json::json;

use super::*;
use crate::hand::routing::moves::Moved;
use crate::hand::routing::rung::Call;
use crate::hand::routing::{Candidate, Planned, RouteWork, TeamRouting};

const HOUR_MS: u64 = 60 * 60 * 1000;

fn turn() -> TurnKey {
    (WORKSPACE, TEAM, conversation(3), wall(0))
}

fn in_queue(number: u128) -> InQueue {
    InQueue {
        conversation: conversation(number),
        revision: 1,
        since: wall(0),
        language: None,
        last: None,
        orphaned_at: None,
        is_for_people: false,
    }
}

/// The choices of a look for what waits.
fn route(
    look: &mut Look,
    (waits, people): (&[u128], &Staff),
    of_team: &Routing,
    now: LookTime,
) -> Vec<RouteWork> {
    let of = (WORKSPACE, people);
    let mut candidates = look.candidates(of, &[], now);
    let waits = waits.iter().map(|number| look.waiting(of, in_queue(*number), now.wall)).collect();
    let (is_open, routings) = (&BTreeMap::new(), &BTreeMap::new());
    let routing = TeamRouting { team: TEAM, policy: of_team, is_open, routings };
    let queue = Queue { workspace: WORKSPACE, routing, seed: 7, at: now };
    let mut ids = 0;
    look.route(queue, waits, &mut candidates, || {
        ids += 1;
        OfferId(Uuid::from_u128(0x9000 + ids))
    })
}

/// Ana and Ben, both at a device.
fn people(ms: u64) -> Staff {
    let mut staff = staff(is_at_device(ms)).remove(&WORKSPACE).expect("people");
    staff.signs.insert(BEN, is_at_device(ms));
    staff
}

fn of_team() -> Routing {
    policies().remove(&(WORKSPACE, TEAM)).expect("a policy")
}

#[test]
fn looks_go_on_without_a_pause_only_while_a_long_queue_gets_shorter() {
    let waits = |from: u128, count: u128| (from..from + count).map(in_queue).collect::<Vec<_>>();
    let mut look = Look::default();
    let looks = [(1, 200, true), (201, 200, true), (201, 200, false), (301, 100, false)];
    for (from, count, goes_on) in looks {
        let found = waits(from, count);
        assert_eq!(look.is_shorter((WORKSPACE, TEAM), &found), goes_on, "{count} from {from}");
    }
    assert!(look.firsts.is_empty());
}

#[test]
fn a_turn_that_waits_for_days_is_called_for_twice_in_all() {
    let (.., conversation, _) = turn();
    let planned = Planned { conversation, agent: None, is_early: false, trail: Trail::default() };
    let (mut look, mut log, mut calls) = (Look::default(), Calls::default(), Vec::new());
    for minute in 0..(60 * 72) {
        let now = wall(minute * HOUR_MS / 60);
        look.forget_turns((WORKSPACE, TEAM), &[turn()]);
        if let Some(call) = look.call((&planned, turn()), now) {
            // It is looked up in the log, where the commit puts it then.
            let due = look.due_call(turn(), called(), (log, now));
            if due.is_some_and(|due| due.trail.again == (call == Call::Again)) {
                log.note(call, now);
                calls.push((minute, call));
            }
        }
    }
    assert_eq!(calls, [(0, Call::First), (10, Call::Again)]);
    look.forget_turns((WORKSPACE, TEAM), &[]);
    assert!(look.called.is_empty(), "it waits no more");
}

fn called() -> RouteWork {
    RouteWork {
        workspace: WORKSPACE,
        conversation: conversation(3),
        revision: 1,
        team: TEAM,
        agent: None,
        offer: None,
        trail: Trail::default(),
    }
}

#[test]
fn calls_of_turns_that_are_offered_stand_and_those_of_teams_that_are_routed_no_more_do_not() {
    let mut look = Look::default();
    drop(look.due_call(turn(), called(), (Calls::default(), wall(0))));
    look.keep(&[offer(3, ANA, 0)], &policies(), at(0));
    look.forget_turns((WORKSPACE, TEAM), &[]);
    assert_eq!(look.called.len(), 1, "it comes back");
    look.forget_teams(&BTreeMap::new());
    assert!(look.called.is_empty());
}

#[test]
fn a_team_is_called_at_once_where_nobody_is_there_and_later_where_all_are_busy() {
    let called = |change: &dyn Fn(&mut Agent), ms: u64| {
        let (mut look, mut people) = (Look::default(), people(ms));
        people.agents.iter_mut().for_each(change);
        let routes = route(&mut look, (&[1], &people), &of_team(), at(ms));
        routes.iter().filter(|route| route.is_plain_call()).count()
    };
    let is_away = |agent: &mut Agent| agent.availability = Availability::Away;
    let is_full = |agent: &mut Agent| agent.load = 4;
    assert_eq!((called(&is_away, 0), called(&is_full, 0)), (1, 0));
    assert_eq!((called(&is_full, 179_999), called(&is_full, 180_000)), (0, 1));
}

#[test]
fn a_team_is_called_after_three_offers_in_vain() {
    let (mut look, people) = (Look::default(), people(0));
    // Who said no is asked no more: there is nobody but two who did.
    for number in 1..=3 {
        let of = StandingOffer { conversation: conversation(1), ..offer(number, ANA, 0) };
        look.note_end(&of, Some(OfferEnd::Declined), at(0));
        let is_busy = Agent { load: 4, ..agent(BEN) };
        let people = Staff { agents: vec![agent(ANA), is_busy], ..people.clone() };
        let routes = route(&mut look, (&[1], &people), &of_team(), at(0));
        assert_eq!(routes.len(), usize::from(number == 3), "{number}");
    }
}

#[test]
fn what_is_wished_for_is_not_wished_for_again_and_names_until_when_it_stands() {
    let (mut look, people) = (Look::default(), people(0));
    let routes = route(&mut look, (&[1], &people), &of_team(), at(0));
    let [RouteWork { agent: Some(asked), offer: Some((offer_id, until)), .. }] = routes[..] else {
        panic!("one is asked: {routes:?}");
    };
    assert_eq!(until, wall(u64::from(WINDOW_S) * 1000));
    let offer = OpenOffer { offer_id, agent_id: asked, until };
    let stands = StandingOffer { offer, ..super::offer(1, asked, 0) };
    look.keep(&[stands], &policies(), at(500));
    // It was read as waiting a moment before the offer was made.
    assert!(look.has_seen((WORKSPACE, conversation(1))));
    assert_eq!(route(&mut look, (&[1], &people), &of_team(), at(500)).len(), 0);
    let given = Routing { hand: Hand::Assign, ..of_team() };
    let routes = route(&mut look, (&[2], &people), &given, at(500));
    assert!(routes[0].agent.is_some() && routes[0].offer.is_none(), "it is theirs at once");
    assert!(look.wished.is_empty());
}

#[test]
fn an_agent_is_idle_since_their_load_changed() {
    let mut look = Look::default();
    let mut idle = |load, ms| {
        let people = Staff { agents: vec![Agent { load, ..agent(ANA) }], ..people(ms) };
        look.candidates((WORKSPACE, &people), &[], at(ms))[&ANA].idle_since
    };
    assert_eq!(idle(2, 1_000), 0, "a new leader takes all for idle for ever");
    assert_eq!([idle(2, 2_000), idle(1, 3_000), idle(1, 4_000)], [0, 3_000, 3_000]);
    assert_eq!(idle(2, 5_000), 5_000);
}

#[test]
fn offers_to_an_agent_are_counted_and_teams_whose_heads_alone_they_see_are_not_theirs() {
    let (mut look, people) = (Look::default(), people(0));
    let offers = [offer(1, ANA, 0), offer(2, ANA, 0), offer(3, BEN, 0)];
    let found = look.candidates((WORKSPACE, &people), &offers, at(0));
    let offered = |of: &Candidate| of.offers;
    assert_eq!((offered(&found[&ANA]), offered(&found[&BEN])), (2, 1));
    let admin = Agent { role: Role::Admin, ..agent(BEN) };
    let people = Staff { agents: vec![agent(ANA), admin], heads: [TEAM].into(), ..people };
    let found = look.candidates((WORKSPACE, &people), &[], at(0));
    assert!(found[&ANA].teams.is_empty() && found[&BEN].teams.contains(&TEAM));
}

#[test]
fn whoever_lost_it_is_not_asked_for_it_until_they_did_something() {
    let mut look = Look::default();
    let lost = |at| InQueue { orphaned_at: Some(wall(at)), ..in_queue(1) };
    assert_eq!(look.unread_loss(WORKSPACE, &in_queue(1)), None);
    assert_eq!(look.unread_loss(WORKSPACE, &lost(5_000)), Some(wall(5_000)));
    look.note_lost((WORKSPACE, conversation(1)), wall(5_000), [(ANA, wall(5_000))].into());
    assert_eq!(look.unread_loss(WORKSPACE, &lost(5_000)), None, "it is read once");
    let mut former = |acted: Option<u64>, of: InQueue| {
        let signs = Signs { acted_at: acted.map(wall), ..Signs::default() };
        let people = staff(signs);
        look.waiting((WORKSPACE, &people[&WORKSPACE]), of, wall(9_000)).former
    };
    assert_eq!(former(Some(4_000), lost(5_000)), [ANA].into());
    assert_eq!(former(Some(5_001), lost(5_000)), BTreeSet::new());
    assert_eq!(former(None, in_queue(1)), BTreeSet::new(), "somebody had it since");
    assert_eq!(look.unread_loss(WORKSPACE, &lost(5_000)), Some(wall(5_000)), "all is forgotten");
}

#[test]
fn what_goes_round_is_told_once_and_moves_no_more() {
    let other = TeamId(Uuid::from_u128(0x13));
    let mut look = Look::default();
    let mut moves = called();
    moves.trail.to_team = Some(other);
    let fresh = Moved::default();
    let kept = look.without_circle(Some(turn()), moves.clone(), &fresh).expect("it moves");
    assert!(kept.is_move() && look.circling.is_empty());
    let round = Moved { count: 1, teams: [other].into(), is_told: false };
    let told = look.without_circle(Some(turn()), moves.clone(), &round).expect("it is told");
    assert!(told.trail.circle && told.is_call() && !told.is_plain_call());
    assert!(look.circling.contains(&turn()));
    let again = Moved { is_told: true, ..round };
    assert!(look.without_circle(Some(turn()), moves, &again).is_none());
    look.forget_turns((WORKSPACE, TEAM), &[]);
    assert!(look.circling.is_empty());
}

#[test]
fn a_circling_turn_is_planned_without_its_moves() {
    let other = TeamId(Uuid::from_u128(0x13));
    let moving = RoutingStep { who: StepWho::Move, to_team: Some(other), ..RoutingStep::default() };
    let of_team = Routing { steps: vec![moving], ..of_team() };
    let mut look = Look::default();
    let is_moved = |look: &mut Look| {
        let routes = route(look, (&[3], &people(0)), &of_team, at(0));
        routes.iter().any(RouteWork::is_move)
    };
    assert!(is_moved(&mut look));
    look.circling.insert(turn());
    assert!(!is_moved(&mut look));
}

#[test]
fn a_rule_gets_an_agent_who_is_on_call_and_nobody_while_an_offer_stands() {
    let on_call = json!([{"agent": BEN, "hours": Uuid::from_u128(0x61)}]);
    let then = json!([{"do": "assign", "by": "on_call", "on_call": on_call}]);
    let rule = json!({"name": "At night", "enabled": true, "when": "message", "then": then});
    let rule: Rule = serde_json::from_value(rule).expect("a rule");
    let (people, of_team) = (people(0), of_team());
    let asked = |look: &mut Look, is_open: bool| {
        let mut candidates = look.candidates((WORKSPACE, &people), &[], at(0));
        let waiting = look.waiting((WORKSPACE, &people), in_queue(1), wall(0));
        let team = (TEAM, &of_team, |_| is_open);
        look.route_for_rule((WORKSPACE, &rule), team, (&waiting, at(0)), &mut candidates)
    };
    let mut look = Look::default();
    assert!(asked(&mut look, false).is_none(), "outside the hours the wish stands");
    let route = asked(&mut look, true).expect("Ben");
    assert!(route.agent == Some(BEN) && route.offer.is_none() && route.trail.on_call);
    look.keep(&[offer(1, ANA, 0)], &policies(), at(0));
    assert!(asked(&mut look, true).is_none());
}

#[test]
fn what_was_given_and_not_opened_counts_as_missed_unless_they_took_it_themselves() {
    let missed = |cause| {
        let mut look = Look::default();
        let key = (WORKSPACE, conversation(1));
        assert!(!look.knows_given(key, 4));
        look.note_given(key, 4, Some(Given { at: wall(0), cause }));
        assert!(look.knows_given(key, 4) && !look.knows_given(key, 5));
        let turn = OwnTurn {
            conversation: conversation(1),
            team: TEAM,
            owner_epoch: 4,
            from_seq: 1,
            since: wall(0),
            is_opened: false,
            worked_at: None,
        };
        let people = staff(is_at_device(300_000));
        let owner = look.owner((WORKSPACE, &people[&WORKSPACE]), &agent(ANA));
        let of = look.absent((WORKSPACE, ANA, owner), &turn, wall(300_000)).expect("unopened");
        let over = look.deserted(&[(of, Duration::from_mins(5))], at(300_000));
        assert_eq!(over, [of], "time has passed already");
        look.missed().len()
    };
    assert_eq!((missed(OwnerCause::Routed), missed(OwnerCause::Claimed)), (1, 0));
}

#[test]
fn a_brake_is_told_from_its_beginning_to_its_end() {
    let agents: Vec<AgentId> = (0..4).map(|n| AgentId(Uuid::from_u128(0x30 + n))).collect();
    let of = |agents: &[AgentId]| agents.iter().map(|id| agent(*id)).collect::<Vec<_>>();
    let pushed = |ms| Signs { push_at: Some(wall(ms)), ..Signs::default() };
    let people = |ms| Staff {
        agents: of(&agents),
        signs: agents.iter().map(|id| (*id, pushed(ms))).collect(),
        ..Staff::default()
    };
    let mut look = Look::default();
    assert_eq!(look.brake(WORKSPACE, &people(0), at(0)), None);
    look.bounced.extend(agents.iter().take(3).map(|id| (WORKSPACE, *id)));
    let change = look.brake(WORKSPACE, &people(0), at(1_000)).expect("it turns on");
    look.forget_bounced();
    assert!(change.is_on && (change.fallen, change.of) == (3, 4));
    let told = BrakeOn { since: wall(1_000), fallen: 3, of: 4 };
    assert_eq!(look.braked(), &[(WORKSPACE, told)].into());
    let held = look.candidates((WORKSPACE, &people(0)), &[], at(1_500));
    assert!(held.values().all(|of| of.is_braked));
    assert!(look.owner((WORKSPACE, &people(0)), &agent(agents[0])).is_braked);
    let change = look.brake(WORKSPACE, &people(2_000), at(2_500)).expect("it turns off");
    assert!(!change.is_on && look.braked().is_empty());
    look.keep_workspaces(&BTreeSet::new());
    assert!(look.brakes.is_empty());
}

#[test]
fn the_phones_of_who_is_unsure_for_a_minute_are_probed_unless_they_are_off_or_of_no_routed_team() {
    let unsure = Signs { push_at: Some(wall(0)), unheard: 1, ..Signs::default() };
    let mut look = Look::default();
    let mut people = people(0);
    people.signs = [(ANA, unsure), (BEN, unsure)].into();
    people.settings.bots.insert(BEN);
    let of = (WORKSPACE, &people);
    assert!(look.unsure(of, &policies(), at(0)).is_empty());
    assert_eq!(look.unsure(of, &policies(), at(60_000)), [ANA].into());
    assert!(look.unsure(of, &BTreeMap::new(), at(61_000)).is_empty());
    let device = baton_protocol::DeviceId(Uuid::from_u128(0x77));
    assert_eq!(look.probe(WORKSPACE, &[device].into(), at(61_000)), [device].into());
    assert!(look.probe(WORKSPACE, &[device].into(), at(62_000)).is_empty(), "not twice in a row");
}
