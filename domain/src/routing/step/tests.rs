//! Steps: whom each looks at, from when on, and whom it waits for.

use baton_protocol::Choice;
use baton_protocol::setting::{AgentSkills, Hand, Skill};

use super::super::tests::{TEAM, agent, by_id, somebody, waits};
use super::super::{Planned, TeamMemory, levels, plan};
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
    plan((TEAM, &policy), &[waiting], &mut candidates, memory, 9).remove(0)
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
    let declined = Waiting { declined: [agent(2)].into(), ..last(0) };
    all[1].availability = Availability::Available;
    all[1].capacity = None;
    assert_eq!(planned(&steps, &all, declined.clone()).agent, Some(agent(1)), "nor who said no");
    all[1].capacity = Some(5);
    let found = planned(&steps, &all, declined);
    assert_eq!(found.agent, Some(agent(1)), "nobody waits for who said no, though they are full");
}
