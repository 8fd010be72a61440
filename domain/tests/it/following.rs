//! Followers: told of a conversation without owning it.

use baton_domain::decide::owner::rehome;
use baton_protocol::command::Following;
use baton_protocol::limits::FOLLOWERS_MAX;
use baton_protocol::{AgentId, AgentState, CommandBody, Fact, Refusal};
use uuid::Uuid;

use crate::team::{ANA, BEN, CLEO, EVA, Hand, LUCIA, Team, accepted, claim, refused};

fn follow(hand: Option<Hand>) -> CommandBody {
    CommandBody::Follow(Following { agent_id: hand.map(|hand| hand.agent) })
}

fn unfollow(hand: Option<Hand>) -> CommandBody {
    CommandBody::Unfollow(Following { agent_id: hand.map(|hand| hand.agent) })
}

#[test]
fn agents_follow_and_leave_as_they_like_and_supervisors_say_it_for_others() {
    let mut team = Team::with_a_customer();
    accepted(team.does(ANA, claim(1)));
    let owner = team.lucia().head.owner;
    accepted(team.does(BEN, follow(None)));
    refused(team.does(BEN, follow(Some(ANA))), "not_allowed");
    refused(team.does(ANA, unfollow(Some(BEN))), "not_allowed");
    accepted(team.does(EVA, follow(Some(ANA))));
    assert_eq!(team.lucia().thread.followers, [ANA.agent, BEN.agent]);
    assert_eq!(team.lucia().head.owner, owner);
    assert_eq!(team.people.agents[&BEN.agent].load, 0);
    let revision = team.lucia().head.revision;
    accepted(team.does(BEN, follow(None)));
    assert_eq!(team.lucia().head.revision, revision, "nothing had to change");
    accepted(team.does(EVA, unfollow(Some(BEN))));
    accepted(team.does(ANA, unfollow(None)));
    assert!(team.lucia().thread.followers.is_empty());
}

#[test]
fn following_shows_nobody_more() {
    let mut team = Team::with_a_customer();
    refused(team.does(CLEO, follow(None)), "not_in_scope");
    accepted(team.does(EVA, follow(Some(CLEO))));
    refused(team.does(CLEO, claim(1)), "not_in_scope");
}

#[test]
fn only_so_many_follow_and_only_who_works_here() {
    let mut team = Team::with_a_customer();
    team.people.agents.get_mut(&CLEO.agent).unwrap().state = AgentState::Inactive;
    let gone = refused(team.does(EVA, follow(Some(CLEO))), "invalid");
    assert!(matches!(&gone, Refusal::Invalid { field, .. } if field == "agent_id"), "{gone:?}");
    let others = (0..FOLLOWERS_MAX).map(|n| AgentId(Uuid::from_u128(0xF000 + n as u128)));
    let thread = &mut team.conversations.get_mut(&LUCIA).unwrap().thread;
    thread.followers = others.collect();
    let full = refused(team.does(BEN, follow(None)), "invalid");
    assert!(matches!(&full, Refusal::Invalid { field, .. } if field == "agent_id"), "{full:?}");
}

#[test]
fn who_leaves_follows_nothing() {
    let mut team = Team::with_a_customer();
    accepted(team.does(BEN, follow(None)));
    let ben = team.people.agents.get_mut(&BEN.agent).unwrap();
    ben.state = AgentState::Leaving;
    let ben = ben.clone();
    let drafts = rehome(team.lucia(), &ben, (&[], false));
    let facts: Vec<Fact> = drafts.into_iter().map(|draft| draft.fact).collect();
    assert_eq!(facts, [Fact::Unfollowed { agent_id: BEN.agent }]);
}
