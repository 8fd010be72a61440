//! Odd answers to offers, and customers and times that nobody planned for.

use baton_domain::context::AgentFacts;
use baton_domain::fact::inbound::{ElementBody, InboundMessage};
use baton_domain::fact::outcome::Answer;
use baton_domain::fact::scope::Viewer;
use baton_domain::group::{Book, Done, State, Work};
use baton_domain::hand::shift;
use baton_domain::see::sight::Sight;
use baton_protocol::setting::{Schedule, Span};
use baton_protocol::{AgentId, ConversationId, Fact, OfferEnd, OfferId, Owner, Refusal, Timestamp};
use uuid::Uuid;

use crate::group::{
    AGENT, LUCIA, TEAM, WORKSPACE, accepted, does, message, number_of, run, says, tells,
};
use crate::routing::{OFFER, answers, ends, next_group, offered, routes, stands};
use crate::team::resolve;

const BEN: AgentId = AgentId(Uuid::from_u128(0xBE));

/// Ben is of the team as well, or of another one.
fn with_ben(state: &mut State, is_of_the_team: bool) {
    let people = state.people.get_mut(&WORKSPACE).unwrap();
    people.agents.insert(BEN, AgentFacts { id: BEN, ..people.agents[&AGENT].clone() });
    let of = state.sights[&(WORKSPACE, AGENT)].clone();
    let teams = if is_of_the_team { of.viewer.teams.clone() } else { [].into() };
    let sight = Sight { viewer: Viewer { agent: BEN, teams, ..of.viewer.clone() }, ..of };
    state.sights.insert((WORKSPACE, BEN), sight);
}

fn answer(number: u128, by: AgentId, is_yes: bool, offer_id: OfferId) -> Work {
    let mut work = answers(number, is_yes, offer_id);
    let Work::Command(of) = &mut work else { unreachable!("it is a command") };
    of.caller.agent = by;
    work
}

#[track_caller]
fn refused(done: &Done) -> Refusal {
    let Done::Command(Answer::Refused(refusal)) = done else { panic!("{done:?}") };
    refusal.clone()
}

#[test]
fn an_answer_to_what_is_no_offer_of_ones_own_is_too_late_or_out_of_scope() {
    let unknown = OfferId(Uuid::from_u128(0x99));
    for is_yes in [true, false] {
        let told = |by, offer, is_of_the_team| {
            let (mut state, mut book) = offered(None);
            next_group(&mut state, &mut book);
            with_ben(&mut state, is_of_the_team);
            let done = run(&mut state, &mut book, &[answer(1, by, is_yes, offer)]);
            assert_eq!(stands(&mut state), (Owner::Queue(TEAM), Some(OFFER), 1), "it stands");
            refused(&done[0])
        };
        assert_eq!(told(BEN, OFFER, true), Refusal::OfferGone, "a colleague's");
        assert_eq!(told(AGENT, unknown, true), Refusal::OfferGone, "there is none, or no more");
        assert_eq!(told(BEN, OFFER, false), Refusal::NotInScope, "of a team that is not Ben's");
        // Another customer's.
        let (mut state, mut book) = offered(None);
        next_group(&mut state, &mut book);
        let other = of_another_customer(&mut state, &mut book);
        let mut work = answers(2, is_yes, OFFER);
        let Work::Command(of) = &mut work else { unreachable!("it is a command") };
        of.command.conversation_id = other;
        assert_eq!(refused(&run(&mut state, &mut book, &[work])[0]), Refusal::OfferGone);
        next_group(&mut state, &mut book);
        // What was resolved meanwhile.
        let line = state.lines.at(LUCIA, 1).unwrap().line;
        accepted(&run(&mut state, &mut book, &[does(3, resolve(Some(line)))])[0]);
        next_group(&mut state, &mut book);
        let done = run(&mut state, &mut book, &[answers(4, is_yes, OFFER)]);
        assert_eq!(refused(&done[0]), Refusal::OfferGone);
    }
}

/// Somebody else writes; their conversation.
fn of_another_customer(state: &mut State, book: &mut Book) -> ConversationId {
    let sender = number_of("34611");
    let message = InboundMessage { sender, ..message(7) };
    run(state, book, &[tells(7, ElementBody::Message(message))]);
    let event = state.entries.iter().find_map(|entry| entry.event.conversation_id);
    next_group(state, book);
    event.unwrap()
}

#[test]
fn of_a_hundred_yeses_to_one_offer_there_is_one_owner_and_each_has_its_answer() {
    let (mut state, mut book) = offered(None);
    next_group(&mut state, &mut book);
    with_ben(&mut state, true);
    let by = |number: u128| if number.is_multiple_of(4) { AGENT } else { BEN };
    let group: Vec<Work> = (1..=100).map(|n| answer(n, by(n), true, OFFER)).collect();
    let done = run(&mut state, &mut book, &group);
    for (number, done) in (1..).zip(&done) {
        if by(number) == AGENT {
            accepted(done);
        } else {
            assert_eq!(refused(done), Refusal::OfferGone);
        }
    }
    let is_owner = |fact: &Fact| matches!(fact, Fact::OwnerChanged { .. });
    let told = state.entries.iter().filter(|entry| is_owner(&entry.event.fact)).count();
    assert_eq!((stands(&mut state), told), ((Owner::Agent(AGENT), None, 1), 1));
    next_group(&mut state, &mut book);
    let again = run(&mut state, &mut book, &[answer(4, AGENT, true, OFFER)]);
    assert_eq!(format!("{:?}", again[0]), format!("{:?}", done[3]), "its answer got lost");
    assert!(state.entries.is_empty());
}

#[test]
fn a_customer_who_writes_a_hundred_times_is_one_conversation_and_one_offer() {
    let (mut state, mut book) = offered(None);
    next_group(&mut state, &mut book);
    let since = state.conversation(WORKSPACE, LUCIA).unwrap().thread.turn.unwrap().since;
    for flood in 1..=10 {
        let mut group: Vec<Work> = (1..=100).map(|n| says(1000 * flood + n)).collect();
        group.push(routes(Some(AGENT), Some(OfferId(Uuid::from_u128(flood)))));
        run(&mut state, &mut book, &group);
        next_group(&mut state, &mut book);
    }
    assert_eq!(state.conversations.len(), 1);
    assert_eq!(stands(&mut state), (Owner::Queue(TEAM), Some(OFFER), 1));
    let turn = state.conversation(WORKSPACE, LUCIA).unwrap().thread.turn.unwrap();
    assert_eq!(turn.since, since, "the wait began with the first of them");
}

#[test]
fn an_offer_that_ended_is_ended_by_nobody_again_and_none_of_another_life_is() {
    let (mut state, mut book) = offered(None);
    next_group(&mut state, &mut book);
    let unknown = OfferId(Uuid::from_u128(0x99));
    run(&mut state, &mut book, &[ends(unknown, OfferEnd::Withdrawn)]);
    assert!(state.entries.is_empty());
    assert_eq!(stands(&mut state), (Owner::Queue(TEAM), Some(OFFER), 1));
}

#[test]
fn shifts_that_overlap_are_one_and_midnight_and_a_change_of_clocks_end_none() {
    let spans = |all: &[(u16, u16)]| {
        let week = std::array::from_fn(|_| all.iter().map(|of| Span(of.0, of.1)).collect());
        let (name, zone) = ("Shift".to_owned(), "Europe/Madrid".to_owned());
        Schedule { name, zone, week, ..Schedule::default() }
    };
    // The night of the 29th of March 2026, in which the clocks go from two to three.
    let evening = Timestamp::from_ms(1_774_728_000_000);
    let minutes = |of: &[Schedule]| -> Vec<bool> {
        (0..13 * 60).map(|n| shift::is_off(of, evening.plus_ms(n * 60_000))).collect()
    };
    let ends = |off: &[bool]| off.windows(2).filter(|two| !two[0] && two[1]).count();
    let night = spans(&[(0, 6 * 60), (22 * 60, 24 * 60)]);
    let one = minutes(&[night]);
    assert_eq!((one.iter().filter(|off| !**off).count(), ends(&one)), (7 * 60, 1));
    let over_each_other = [spans(&[(22 * 60, 24 * 60)]), spans(&[(0, 6 * 60), (23 * 60, 24 * 60)])];
    assert_eq!(minutes(&over_each_other), one);
}
