//! Steps: whom each looks at, from when on, and whom it waits for.

use baton_protocol::setting::{AgentSkills, Hand, Schedule, Skill, Span};
use baton_protocol::{Choice, SettingId, Timestamp};
use uuid::Uuid;

use super::super::tests::{TEAM, agent, by_id, routing, somebody, waits};
use super::super::{Planned, TeamMemory, TeamRouting, levels, open_at, plan};
use super::*;

fn skill(name: &str, level: u32) -> Skill {
    Skill { name: name.to_owned(), level }
}

fn who_can(number: u128, skills: &[(&str, u32)], languages: &[&str]) -> Candidate {
    let skills = skills.iter().map(|(name, level)| skill(name, *level)).collect();
    let languages: Vec<String> = languages.iter().map(|tag| (*tag).to_owned()).collect();
    let of = AgentSkills { skills, languages: languages.clone() };
    let (skills, languages) = (levels(&of), languages.into_iter().collect());
    Candidate { skills, languages, ..somebody(number) }
}

fn asks(skills: &[(&str, u32)]) -> RoutingStep {
    let skills = skills.iter().map(|(name, level)| skill(name, *level)).collect();
    RoutingStep { skills, ..RoutingStep::default() }
}

fn planned(steps: &[RoutingStep], all: &[Candidate], waiting: Waiting) -> Planned {
    let (hand, choose) = (Hand::Offer, Choice::LongestIdle);
    let policy = Routing { hand, choose, steps: steps.to_vec(), ..Routing::default() };
    let mut candidates = by_id(all.iter().cloned());
    let memory = &mut TeamMemory::default();
    plan(routing(&policy), &[waiting], &mut candidates, memory, 9).remove(0)
}

fn after(waited_s: u64) -> Waiting {
    Waiting { waited_s, ..waits(7) }
}

fn why(of: &Planned, number: u128) -> Option<PassedOver> {
    of.trail.left_out.iter().find(|left| left.agent_id == agent(number)).map(|left| left.why)
}

#[test]
fn a_step_asks_those_who_have_its_skills_at_its_level() {
    let all = [
        who_can(1, &[("Facturación", 1)], &[]),
        who_can(2, &[("facturacion", 2), ("Hardware", 1)], &[]),
        who_can(3, &[], &[]),
    ];
    let found = planned(&[asks(&[("FACTURACIÓN", 2)])], &all, after(0));
    assert_eq!((found.agent, found.trail.step), (Some(agent(2)), Some(1)));
    assert_eq!(why(&found, 1), Some(PassedOver::Skill), "too low a level");
    assert_eq!(why(&found, 3), Some(PassedOver::Skill));
    let both = planned(&[asks(&[("facturación", 1), ("hardware", 2)])], &all, after(0));
    assert_eq!(both.agent, None, "nobody has both");
    assert!(!both.is_somebody_there(), "so the team is called");
}

#[test]
fn who_speaks_the_customers_language_is_asked_and_the_country_does_not_matter() {
    let all = [who_can(1, &[], &["en"]), who_can(2, &[], &["es", "pt-PT"]), who_can(3, &[], &[])];
    let step = RoutingStep { speaks: true, ..RoutingStep::default() };
    let speaks = |tag: &str| Waiting { language: Some(tag.to_owned()), ..after(0) };
    let found = planned(std::slice::from_ref(&step), &all, speaks("pt-BR"));
    assert_eq!(found.agent, Some(agent(2)));
    assert_eq!(why(&found, 3), Some(PassedOver::Language));
    let unknown = planned(&[step], &all, after(0));
    assert_eq!(unknown.agent, Some(agent(1)), "where it is not known all are asked");
}

#[test]
fn a_step_with_nobody_is_passed_at_once_and_a_later_one_counts_from_its_time() {
    let all = [who_can(1, &[], &[]), who_can(2, &[("vip", 3)], &[])];
    let (vip, late) = (asks(&[("vip", 3)]), RoutingStep { after_s: 120, ..RoutingStep::default() });
    let steps = [vip, late];
    assert_eq!(planned(&steps, &all, after(0)).agent, Some(agent(2)));
    let mut away = all;
    away[1].availability = Availability::Away;
    let early = planned(&steps, &away, after(119));
    assert_eq!((early.agent, early.trail.step), (None, Some(1)));
    let found = planned(&steps, &away, after(120));
    assert_eq!((found.agent, found.trail.step), (Some(agent(1)), Some(2)));
    let at_once = planned(&[steps[0].clone(), RoutingStep::default()], &away, after(0));
    assert_eq!((at_once.agent, at_once.trail.step), (Some(agent(1)), Some(2)));
}

#[test]
fn nothing_is_said_of_anybody_before_the_first_step_begins() {
    let late = RoutingStep { after_s: 60, ..RoutingStep::default() };
    let found = planned(&[late], &[somebody(1)], after(59));
    assert!(found.is_early && found.is_somebody_there(), "the team is not called");
    assert_eq!((found.agent, found.trail.left_out.len()), (None, 0));
}

#[test]
fn the_last_agent_comes_first_and_is_waited_for_while_they_are_there_and_full() {
    let last = |waited_s| Waiting { last: Some(agent(2)), ..after(waited_s) };
    let steps = [
        RoutingStep { who: StepWho::Last, wait_s: 60, ..RoutingStep::default() },
        RoutingStep::default(),
    ];
    let mut all = [somebody(1), somebody(2), somebody(3)];
    all[1].load = 5;
    assert_eq!(planned(&steps, &all, last(0)).agent, Some(agent(2)), "though they have more");
    assert_eq!(planned(&steps, &all, after(0)).agent, Some(agent(1)), "there was none");
    all[1].capacity = Some(5);
    let waits = planned(&steps, &all, last(59));
    assert_eq!((waits.agent, why(&waits, 2)), (None, Some(PassedOver::Full)));
    assert!(waits.is_somebody_there());
    assert_eq!(planned(&steps, &all, last(60)).agent, Some(agent(1)));
    all[1].availability = Availability::Away;
    assert_eq!(planned(&steps, &all, last(0)).agent, Some(agent(1)), "who is away is not");
    let declined = Waiting { asked: [(agent(2), OfferEnd::Declined)].into(), ..last(0) };
    all[1].availability = Availability::Available;
    all[1].capacity = None;
    assert_eq!(planned(&steps, &all, declined.clone()).agent, Some(agent(1)), "nor who said no");
    all[1].capacity = Some(5);
    let found = planned(&steps, &all, declined);
    assert_eq!(found.agent, Some(agent(1)), "nobody waits for who said no, though they are full");
}

fn asks_for(who: StepWho, of: &[u128]) -> RoutingStep {
    let agents = of.iter().copied().map(agent).collect();
    RoutingStep { who, agents, ..RoutingStep::default() }
}

#[test]
fn a_step_asks_those_whom_it_names_and_waits_for_them_alone() {
    let mut all = [somebody(1), somebody(2), somebody(3)];
    let step = RoutingStep { wait_s: 60, ..asks_for(StepWho::Named, &[2]) };
    let steps = [step, RoutingStep::default()];
    let found = planned(&steps, &all, after(0));
    assert_eq!((found.agent, found.trail.step), (Some(agent(2)), Some(1)));
    assert_eq!(why(&found, 1), Some(PassedOver::NotNamed));
    all[1].capacity = Some(0);
    assert_eq!(planned(&steps, &all, after(59)).agent, None, "they are there and full");
    assert_eq!(planned(&steps, &all, after(60)).agent, Some(agent(1)));
    all[1].availability = Availability::Away;
    all[2].capacity = Some(0);
    let found = planned(&steps, &all, after(0));
    assert_eq!(found.agent, Some(agent(1)), "nobody waits for who is full and not named");
}

#[test]
fn who_is_on_call_is_asked_outside_their_own_hours() {
    let off = |number| Candidate { is_off_shift: true, ..somebody(number) };
    let all = [off(1), off(2)];
    let named = planned(&[asks_for(StepWho::Named, &[2])], &all, after(0));
    assert_eq!((named.agent, why(&named, 2)), (None, Some(PassedOver::OffShift)));
    let found = planned(&[asks_for(StepWho::OnCall, &[2])], &all, after(0));
    assert_eq!((found.agent, found.trail.on_call), (Some(agent(2)), true));
    let away = [off(1), Candidate { availability: Availability::Away, ..off(2) }];
    let found = planned(&[asks_for(StepWho::OnCall, &[2])], &away, after(0));
    assert_eq!(found.agent, None, "who says that they are away is away");
}

#[test]
fn a_step_counts_while_its_schedule_is_open_or_closed_as_it_says() {
    let office = SettingId(Uuid::from_u128(0x0ff1));
    let week = std::array::from_fn(|_| vec![Span(9 * 60, 18 * 60)]);
    let hours =
        Schedule { name: "Office".to_owned(), zone: "UTC".to_owned(), week, ..Schedule::default() };
    let at = |hour: i64| open_at([(office, &hours)], Timestamp::from_ms(hour * 3_600_000));
    let by_day = RoutingStep { schedule: Some(office), ..asks_for(StepWho::Named, &[1]) };
    let by_night =
        RoutingStep { schedule: Some(office), closed: true, ..asks_for(StepWho::OnCall, &[2]) };
    let policy = Routing { hand: Hand::Offer, steps: vec![by_day, by_night], ..Routing::default() };
    let asked = |is_open: &BTreeMap<SettingId, bool>| {
        let mut all = by_id([somebody(1), somebody(2), somebody(3)]);
        let of = TeamRouting { is_open, ..routing(&policy) };
        let planned = plan(of, &[after(0)], &mut all, &mut TeamMemory::default(), 9).remove(0);
        (planned.agent, planned.trail.step, planned.is_somebody_there())
    };
    assert_eq!(asked(&at(12)), (Some(agent(1)), Some(1), true));
    assert_eq!(asked(&at(20)), (Some(agent(2)), Some(2), true));
    assert_eq!(asked(&BTreeMap::new()), (None, None, false), "the schedule ended: both are passed");
}

const NIGHT: TeamId = TeamId(Uuid::from_u128(0x52));

#[test]
fn what_nobody_could_take_goes_to_another_team_after_its_time() {
    let moves = RoutingStep { to_team: Some(NIGHT), after_s: 600, ..asks_for(StepWho::Move, &[]) };
    let steps = [RoutingStep::default(), moves];
    let away = [Candidate { availability: Availability::Away, ..somebody(1) }];
    let stays = planned(&steps, &away, after(599));
    assert_eq!((stays.trail.step, stays.trail.to_team), (Some(1), None));
    let moved = planned(&steps, &away, after(600));
    assert_eq!((moved.agent, moved.trail.to_team), (None, Some(NIGHT)));
    assert_eq!((moved.trail.step, why(&moved, 1)), (Some(2), Some(PassedOver::Away)));
    let taken = planned(&steps, &[somebody(1)], after(600));
    assert_eq!((taken.agent, taken.trail.to_team), (Some(agent(1)), None), "somebody is there");
}

#[test]
fn nothing_goes_to_a_team_from_which_it_could_come_back() {
    let third = TeamId(Uuid::from_u128(0x53));
    let to = |team| Routing {
        steps: vec![RoutingStep { to_team: Some(team), ..asks_for(StepWho::Move, &[]) }],
        ..Routing::default()
    };
    let (ours, theirs, back) = (to(NIGHT), to(third), to(TEAM));
    let moved = |routings: &[(TeamId, &Routing)]| {
        let routings = routings.iter().copied().collect();
        let of = TeamRouting { routings: &routings, ..routing(&ours) };
        let planned = plan(of, &[after(0)], &mut BTreeMap::new(), &mut TeamMemory::default(), 9);
        planned[0].trail.to_team
    };
    assert_eq!(moved(&[(TEAM, &ours), (NIGHT, &theirs)]), Some(NIGHT));
    assert_eq!(moved(&[(TEAM, &ours), (NIGHT, &theirs), (third, &back)]), None);
    assert_eq!(moved(&[(NIGHT, &theirs), (third, &to(NIGHT))]), Some(NIGHT), "another circle");
}
