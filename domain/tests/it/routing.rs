//! The commit as the judge of routing: offers, and what becomes of them.

use baton_domain::context::TeamFacts;
use baton_domain::fact::outcome::Answer;
use baton_domain::fact::planted::{Bug, plant};
use baton_domain::group::{
    Book, Done, HandBackWork, OfferEndWork, RehomeWork, RouteWork, State, Work,
};
use baton_domain::hand::routing::absence::{Absence, Deserted};
use baton_protocol::command::{Claim, CommandBody, Nothing, OfOffer, Unassign};
use baton_protocol::{
    AgentId, AgentState, Availability, Fact, LineRef, OfferEnd, OfferId, Owner, OwnerCause,
    Refusal, ReplyPolicy, TeamId, Trail,
};
use uuid::Uuid;

use crate::group::{AGENT, LUCIA, NOW, TEAM, WORKSPACE, accepted, does, run, run_at, says, state};
use crate::team::{reply, resolve};

pub(crate) const OFFER: OfferId = OfferId(Uuid::from_u128(0x71));

pub(crate) fn routes(agent: Option<AgentId>, offer: Option<OfferId>) -> Work {
    Work::Route(RouteWork {
        workspace: WORKSPACE,
        conversation: LUCIA,
        revision: 0,
        team: TEAM,
        agent,
        offer: offer.map(|id| (id, NOW.plus_ms(45_000))),
        trail: Trail::default(),
    })
}

/// The team is called, as somebody decided who read this revision.
fn calls(revision: u64) -> Work {
    let Work::Route(route) = routes(None, None) else { unreachable!("it is routed") };
    Work::Route(RouteWork { revision, ..route })
}

fn revision(state: &mut State) -> u64 {
    state.conversation(WORKSPACE, LUCIA).unwrap().head.revision
}

pub(crate) fn ends(offer_id: OfferId, end: OfferEnd) -> Work {
    Work::OfferEnd(OfferEndWork { workspace: WORKSPACE, conversation: LUCIA, offer_id, end })
}

pub(crate) fn answers(number: u128, is_yes: bool, offer_id: OfferId) -> Work {
    let of = OfOffer { offer_id };
    does(number, if is_yes { CommandBody::AcceptOffer(of) } else { CommandBody::DeclineOffer(of) })
}

/// Lucía waits in the queue; her conversation is offered to the one agent, who has this capacity.
pub(crate) fn offered(capacity: Option<u32>) -> (State, Book) {
    let (mut state, mut book) = (state(), Book::default());
    me(&mut state).capacity = capacity;
    run(&mut state, &mut book, &[says(1)]);
    next_group(&mut state, &mut book);
    run(&mut state, &mut book, &[routes(Some(AGENT), Some(OFFER))]);
    (state, book)
}

pub(crate) fn next_group(state: &mut State, book: &mut Book) {
    state.settle();
    book.settle();
}

fn me(state: &mut State) -> &mut baton_domain::context::AgentFacts {
    state.people.get_mut(&WORKSPACE).unwrap().agents.get_mut(&AGENT).unwrap()
}

/// Owner, offer, and the agent's load.
pub(crate) fn stands(state: &mut State) -> (Owner, Option<OfferId>, u32) {
    let conversation = state.conversation(WORKSPACE, LUCIA).unwrap();
    let offer = conversation.thread.offer.map(|offer| offer.offer_id);
    (conversation.head.owner, offer, me(state).load)
}

fn told(state: &State) -> Vec<String> {
    let name = |fact: &Fact| {
        if let Fact::OfferEnded { end, .. } = fact {
            format!("offer ended {end:?}")
        } else if let Fact::OwnerChanged { cause, .. } = fact {
            format!("owner {cause:?}")
        } else {
            serde_json::to_value(fact).unwrap()["type"].as_str().unwrap().to_owned()
        }
    };
    state.entries.iter().map(|entry| name(&entry.event.fact)).collect()
}

const QUEUE: Owner = Owner::Queue(TEAM);
const MINE: Owner = Owner::Agent(AGENT);

#[test]
fn an_offer_counts_towards_the_load_and_leaves_the_owner() {
    let (mut state, _) = offered(Some(1));
    assert_eq!(stands(&mut state), (QUEUE, Some(OFFER), 1));
    assert_eq!(told(&state), ["routed"]);
}

#[test]
fn who_accepts_needs_no_more_room_than_the_offer_had() {
    let (mut state, mut book) = offered(Some(1));
    next_group(&mut state, &mut book);
    let done = run(&mut state, &mut book, &[answers(1, true, OFFER)]);
    accepted(&done[0]);
    assert_eq!(stands(&mut state), (MINE, None, 1));
    assert_eq!(told(&state), ["owner Accepted", "offer ended Accepted"]);
    let done = run(&mut state, &mut book, &[answers(2, true, OFFER)]);
    accepted(&done[0]);
    assert_eq!(stands(&mut state), (MINE, None, 1), "another device says yes as well");
}

#[test]
fn to_claim_or_to_answer_what_is_offered_accepts_it() {
    for is_claim in [true, false] {
        let (mut state, mut book) = offered(Some(1));
        next_group(&mut state, &mut book);
        let line = state.lines.at(LUCIA, 1).unwrap().line;
        let claim = Claim { expect_owner_epoch: 1, exceed_capacity: false };
        let act = if is_claim { CommandBody::Claim(claim) } else { reply(Some(line)) };
        accepted(&run(&mut state, &mut book, &[does(1, act)])[0]);
        assert_eq!(stands(&mut state), (MINE, None, 1));
        assert!(told(&state).contains(&"offer ended Accepted".to_owned()), "{:?}", told(&state));
    }
}

#[test]
fn who_declines_has_the_room_back_and_an_offer_that_is_over_is_gone() {
    let (mut state, mut book) = offered(Some(1));
    next_group(&mut state, &mut book);
    accepted(&run(&mut state, &mut book, &[answers(1, false, OFFER)])[0]);
    assert_eq!(stands(&mut state), (QUEUE, None, 0));
    assert_eq!(told(&state), ["offer ended Declined"]);
    for (number, is_yes) in [(2, true), (3, false)] {
        let done = run(&mut state, &mut book, &[answers(number, is_yes, OFFER)]);
        assert!(matches!(&done[0], Done::Command(Answer::Refused(Refusal::OfferGone))), "{done:?}");
    }
    let other = OfferId(Uuid::from_u128(0x72));
    run(&mut state, &mut book, &[routes(Some(AGENT), Some(other)), answers(5, true, OFFER)]);
    assert_eq!(stands(&mut state), (QUEUE, Some(other), 1), "a yes to the one before is none");
}

#[test]
fn a_yes_in_the_commit_of_its_end_wins() {
    let (mut state, mut book) = offered(None);
    next_group(&mut state, &mut book);
    let group = [ends(OFFER, OfferEnd::Missed), answers(1, true, OFFER)];
    accepted(&run(&mut state, &mut book, &group)[1]);
    assert_eq!(stands(&mut state), (MINE, None, 1));
    assert_eq!(told(&state), ["owner Accepted", "offer ended Accepted"]);
}

#[test]
fn an_offer_ends_once_and_the_next_one_can_be_made() {
    let (mut state, mut book) = offered(None);
    next_group(&mut state, &mut book);
    let twice = [ends(OFFER, OfferEnd::NotReceived), ends(OFFER, OfferEnd::Missed)];
    run(&mut state, &mut book, &twice);
    assert_eq!(
        (stands(&mut state), told(&state)),
        ((QUEUE, None, 0), vec!["offer ended NotReceived".to_owned()],)
    );
    let next = OfferId(Uuid::from_u128(0x72));
    run(&mut state, &mut book, &[routes(Some(AGENT), Some(next)), ends(OFFER, OfferEnd::Missed)]);
    assert_eq!(stands(&mut state), (QUEUE, Some(next), 1));
}

#[test]
fn what_needs_nobody_any_more_is_withdrawn() {
    let (mut state, mut book) = offered(None);
    next_group(&mut state, &mut book);
    let line: LineRef = state.lines.at(LUCIA, 1).unwrap().line;
    accepted(&run(&mut state, &mut book, &[does(1, resolve(Some(line)))])[0]);
    assert_eq!(stands(&mut state), (QUEUE, None, 0));
    assert!(told(&state).contains(&"offer ended Withdrawn".to_owned()), "{:?}", told(&state));
    let (mut state, mut book) = offered(None);
    next_group(&mut state, &mut book);
    accepted(&run(&mut state, &mut book, &[does(1, CommandBody::Block(Nothing {}))])[0]);
    assert_eq!(stands(&mut state), (QUEUE, None, 0));
}

#[test]
fn who_leaves_is_asked_nothing_any_more() {
    let (mut state, mut book) = offered(None);
    next_group(&mut state, &mut book);
    me(&mut state).state = AgentState::Leaving;
    let (workspace, conversation, agent) = (WORKSPACE, LUCIA, AGENT);
    run(
        &mut state,
        &mut book,
        &[Work::Rehome(RehomeWork {
            workspace,
            conversation,
            agent,
            heirs: Vec::new(),
            is_of_team: false,
        })],
    );
    assert_eq!(stands(&mut state), (QUEUE, None, 0));
}

#[test]
fn who_is_taken_out_of_a_team_gives_its_conversations_back() {
    let (mut state, mut book) = offered(None);
    next_group(&mut state, &mut book);
    accepted(&run(&mut state, &mut book, &[answers(1, true, OFFER)])[0]);
    next_group(&mut state, &mut book);
    let (workspace, conversation, agent) = (WORKSPACE, LUCIA, AGENT);
    let work = |is_of_team| {
        let heirs = Vec::new();
        Work::Rehome(RehomeWork { workspace, conversation, agent, heirs, is_of_team })
    };
    run(&mut state, &mut book, &[work(true)]);
    assert_eq!(stands(&mut state), (MINE, None, 1), "a member still");
    next_group(&mut state, &mut book);
    let sight = state.sights.get_mut(&(WORKSPACE, AGENT)).unwrap();
    sight.viewer.teams.clear();
    run(&mut state, &mut book, &[work(false)]);
    assert_eq!(stands(&mut state), (MINE, None, 1), "nobody took them out");
    next_group(&mut state, &mut book);
    run(&mut state, &mut book, &[work(true)]);
    assert_eq!(
        (stands(&mut state), told(&state)),
        ((QUEUE, None, 0), vec!["owner Rehomed".into()])
    );
}

#[test]
fn a_choice_is_tested_again_and_two_leaders_make_one_offer() {
    let tested = |change: &dyn Fn(&mut State), expected: &[&str]| {
        let (mut state, mut book) = (state(), Book::default());
        run(&mut state, &mut book, &[says(1)]);
        next_group(&mut state, &mut book);
        change(&mut state);
        let twice = [routes(Some(AGENT), Some(OFFER)), routes(Some(AGENT), None)];
        run(&mut state, &mut book, &twice);
        assert_eq!(told(&state), expected);
    };
    tested(&|_| {}, &["routed"]);
    tested(&|state| me(state).availability = Availability::Away, &[]);
    tested(&|state| me(state).state = AgentState::Leaving, &[]);
    tested(&|state| me(state).capacity = Some(0), &[]);
    tested(&|state| drop(state.sights.remove(&(WORKSPACE, AGENT))), &[]);
    let left = |state: &mut State| {
        state.sights.get_mut(&(WORKSPACE, AGENT)).unwrap().viewer.teams.clear();
    };
    tested(&left, &[]);
    let moved = |state: &mut State| {
        let held = state.conversations.get_mut(&(WORKSPACE, LUCIA)).unwrap();
        let other = TeamId(Uuid::from_u128(0x99));
        (held.now.head.team_id, held.now.head.owner) = (other, Owner::Queue(other));
    };
    tested(&moved, &[]);
}

#[test]
fn of_two_leaders_who_call_the_team_one_does_and_what_happened_since_is_looked_at_anew() {
    let (mut state, mut book) = (state(), Book::default());
    run(&mut state, &mut book, &[says(1)]);
    next_group(&mut state, &mut book);
    let read = revision(&mut state);
    run(&mut state, &mut book, &[calls(read), calls(read)]);
    assert_eq!(told(&state), ["routed"], "both are in one commit");
    next_group(&mut state, &mut book);
    run(&mut state, &mut book, &[calls(read)]);
    assert_eq!(told(&state), [""; 0], "the other one's comes a commit later");
    let read = revision(&mut state);
    run(&mut state, &mut book, &[says(2)]);
    next_group(&mut state, &mut book);
    run(&mut state, &mut book, &[calls(read)]);
    assert_eq!(told(&state), [""; 0], "the customer wrote again meanwhile");
    let read = revision(&mut state);
    run(&mut state, &mut book, &[calls(read)]);
    assert_eq!(told(&state), ["routed"], "decided anew it is told");
    next_group(&mut state, &mut book);
    plant(Some(Bug::CallsUncompared));
    run(&mut state, &mut book, &[calls(read)]);
    plant(None);
    assert_eq!(told(&state), ["routed"], "it is the comparison that keeps it from them");
}

#[test]
fn what_is_assigned_at_once_says_why_and_who_is_called_is_nobody() {
    let (mut state, mut book) = (state(), Book::default());
    run(&mut state, &mut book, &[says(1)]);
    next_group(&mut state, &mut book);
    let group = [calls(revision(&mut state)), routes(Some(AGENT), None)];
    run(&mut state, &mut book, &group);
    assert_eq!(told(&state), ["routed", "routed", "owner Routed"]);
    assert_eq!(stands(&mut state), (MINE, None, 1));
    let last = state.entries.last().map(|entry| entry.event.fact.clone());
    let Some(Fact::OwnerChanged { cause: OwnerCause::Routed, owner_epoch: 2, .. }) = last else {
        panic!("{last:?}");
    };
}

/// The agent owns Lucía's conversation, and she waits since her second line.
fn owned() -> (State, Book) {
    let (mut state, mut book) = (state(), Book::default());
    run(&mut state, &mut book, &[says(1)]);
    next_group(&mut state, &mut book);
    run(&mut state, &mut book, &[routes(Some(AGENT), None)]);
    next_group(&mut state, &mut book);
    (state, book)
}

fn deserted(state: &mut State, absence: Absence) -> Work {
    let conversation = state.conversation(WORKSPACE, LUCIA).unwrap();
    let (head, thread) = (&conversation.head, &conversation.thread);
    Work::HandBack(HandBackWork {
        deserted: Deserted {
            workspace: WORKSPACE,
            conversation: LUCIA,
            agent: AGENT,
            owner_epoch: head.owner_epoch,
            from_seq: thread.turn.unwrap().from_seq,
            absence,
        },
    })
}

#[test]
fn what_an_owner_leaves_goes_back_to_the_queue_and_is_flagged_until_somebody_owns_it() {
    for absence in [Absence::Away, Absence::Unreachable] {
        let (mut state, mut book) = owned();
        me(&mut state).availability = Availability::Away;
        let back = deserted(&mut state, absence);
        run(&mut state, &mut book, &[back]);
        assert_eq!(stands(&mut state), (QUEUE, None, 0));
        let cause = absence.cause();
        assert_eq!(told(&state).last().unwrap(), &format!("owner {cause:?}"));
        let flag = |state: &State| {
            state.conversation(WORKSPACE, LUCIA).unwrap().head.orphaned_at.is_some()
        };
        assert!(flag(&state));
        next_group(&mut state, &mut book);
        me(&mut state).availability = Availability::Available;
        run(&mut state, &mut book, &[routes(Some(AGENT), None)]);
        assert!(!flag(&state));
    }
}

#[test]
fn an_owner_who_answered_came_back_or_is_another_one_loses_nothing() {
    let kept = |change: &dyn Fn(&mut State, &mut Book)| {
        let (mut state, mut book) = owned();
        me(&mut state).availability = Availability::Away;
        let back = deserted(&mut state, Absence::Away);
        change(&mut state, &mut book);
        run(&mut state, &mut book, &[back]);
        assert_ne!(told(&state).last().map(String::as_str), Some("owner Absent"));
    };
    kept(&|state, _| me(state).availability = Availability::Available);
    kept(&|state, book| {
        let seen = state.conversation(WORKSPACE, LUCIA).unwrap().thread.last_line;
        run(state, book, &[does(9, reply(seen))]);
        next_group(state, book);
        run(state, book, &[says(2)]);
        next_group(state, book);
    });
    kept(&|state, book| {
        let nobody = Unassign {
            expect_owner_epoch: state.conversation(WORKSPACE, LUCIA).unwrap().head.owner_epoch,
        };
        run(state, book, &[does(9, CommandBody::Unassign(nobody))]);
        next_group(state, book);
    });
}

#[test]
fn an_answer_in_the_same_commit_keeps_it() {
    let (mut state, mut book) = owned();
    me(&mut state).availability = Availability::Away;
    let back = deserted(&mut state, Absence::Away);
    let seen = state.conversation(WORKSPACE, LUCIA).unwrap().thread.last_line;
    run(&mut state, &mut book, &[back, does(9, reply(seen))]);
    assert_eq!(stands(&mut state).0, MINE);
}

/// The offer ended this way, that long ago.
fn ended(end: OfferEnd, capacity: Option<u32>) -> (State, Book) {
    let (mut state, mut book) = offered(capacity);
    next_group(&mut state, &mut book);
    run(&mut state, &mut book, &[ends(OFFER, end)]);
    next_group(&mut state, &mut book);
    (state, book)
}

fn late_yes(state: &mut State, book: &mut Book, ms: i64) -> Done {
    let work = answers(5, true, OFFER);
    let mut done = run_at(state, book, &[work], NOW.plus_ms(ms));
    done.remove(0)
}

#[test]
fn a_late_yes_takes_what_still_waits_and_counts_as_an_acceptance() {
    for end in [OfferEnd::Missed, OfferEnd::NotReceived] {
        let (mut state, mut book) = ended(end, None);
        accepted(&late_yes(&mut state, &mut book, 120_000));
        assert_eq!(stands(&mut state), (MINE, None, 1));
        assert_eq!(told(&state).last().map(String::as_str), Some("owner Accepted"));
        let lapsed = &state.conversation(WORKSPACE, LUCIA).unwrap().thread.lapsed;
        assert!(lapsed.is_empty(), "it has an owner");
    }
}

#[test]
fn a_yes_is_too_late_after_two_minutes_after_a_withdrawal_and_for_what_is_not_the_queues() {
    let gone = |(mut state, mut book): (State, Book), ms| {
        let done = late_yes(&mut state, &mut book, ms);
        let Done::Command(Answer::Refused(refusal)) = done else { panic!("{done:?}") };
        assert_eq!(refusal, Refusal::OfferGone);
    };
    gone(ended(OfferEnd::Missed, None), 120_001);
    gone(ended(OfferEnd::Withdrawn, None), 1);
    let (mut state, mut book) = ended(OfferEnd::Missed, None);
    run(&mut state, &mut book, &[routes(Some(AGENT), Some(OfferId(Uuid::from_u128(0x72))))]);
    next_group(&mut state, &mut book);
    gone((state, book), 1);
}

#[test]
fn a_late_yes_needs_room() {
    let (mut state, mut book) = ended(OfferEnd::Missed, Some(1));
    me(&mut state).load = 1;
    let done = late_yes(&mut state, &mut book, 1);
    let Done::Command(Answer::Refused(refusal)) = done else { panic!("{done:?}") };
    assert!(matches!(refusal, Refusal::AtCapacity { .. }), "{refusal:?}");
}

/// The conversation goes to the queue of this team, as somebody decided who read it as it stands.
fn moves(state: &mut State, to: TeamId) -> Work {
    let revision = revision(state);
    let Work::Route(route) = routes(None, None) else { unreachable!("it is routed") };
    let trail = Trail { to_team: Some(to), ..Trail::default() };
    Work::Route(RouteWork { revision, trail, ..route })
}

#[test]
fn what_another_team_gets_waits_in_its_queue_and_says_why() {
    let night = TeamId(Uuid::from_u128(0x52));
    let begin = |has_team: bool| {
        let (mut state, mut book) = (state(), Book::default());
        let people = state.people.get_mut(&WORKSPACE).unwrap();
        let team =
            TeamFacts { id: night, reply_policy: ReplyPolicy::Team, claim_from_colleagues: false };
        people.teams.extend(has_team.then_some((night, team)));
        run(&mut state, &mut book, &[says(1)]);
        next_group(&mut state, &mut book);
        (state, book)
    };
    let (mut state, mut book) = begin(true);
    let to_night = moves(&mut state, night);
    run(&mut state, &mut book, &[to_night]);
    assert_eq!(told(&state), ["routed", "owner Routed"]);
    assert_eq!(stands(&mut state), (Owner::Queue(night), None, 0));
    let conversation = state.conversation(WORKSPACE, LUCIA).unwrap();
    assert!(conversation.head.team_id == night && conversation.thread.turn.is_some());
    next_group(&mut state, &mut book);
    let to_night = moves(&mut state, night);
    run(&mut state, &mut book, &[to_night]);
    assert_eq!(told(&state), [""; 0], "it is there by now");
    let (mut state, mut book) = begin(true);
    let late = moves(&mut state, night);
    run(&mut state, &mut book, &[says(2)]);
    next_group(&mut state, &mut book);
    run(&mut state, &mut book, &[late]);
    assert_eq!(told(&state), [""; 0], "something happened since: it is decided anew");
    let (mut state, mut book) = begin(false);
    let to_night = moves(&mut state, night);
    run(&mut state, &mut book, &[to_night]);
    assert_eq!(told(&state), [""; 0], "the team is gone");
    let (mut state, mut book) = begin(true);
    let claim = Claim { expect_owner_epoch: 1, exceed_capacity: false };
    let to_night = moves(&mut state, night);
    run(&mut state, &mut book, &[to_night, does(1, CommandBody::Claim(claim))]);
    assert_eq!(stands(&mut state).0, MINE, "a claim in the same commit is first");
}
