//! Who is responsible: claim, assign, unassign, transfer, capacity, and who may reply.

use baton_domain::fact::outcome::Answer;
use baton_protocol::command::{Reply, Transfer};
use baton_protocol::{
    Accepted, AgentState, Availability, CommandBody, Fact, MembershipKind, Owner, Refusal,
    ReplyPolicy, Visibility,
};

use crate::team::{
    ANA, BEN, CLEO, EVA, Hand, LUCIA, MATEO, SALES, SUPPORT, Team, accepted, assign, cancel, claim,
    claim_above, refused, reopen, reply, resolve, transfer, unassign, written,
};

/// Lucía's conversation, owned by Ana; its owner epoch is 2.
fn anas() -> Team {
    let mut team = Team::with_a_customer();
    accepted(team.does(ANA, claim(1)));
    team
}

fn owned_by(hand: Hand) -> Owner {
    Owner::Agent(hand.agent)
}

#[test]
fn of_two_claims_one_wins_and_the_other_is_told_who() {
    let mut team = Team::with_a_customer();
    accepted(team.does(ANA, claim(1)));
    let refusal = refused(team.does(BEN, claim(1)), "owner_changed");
    assert_eq!(refusal, Refusal::OwnerChanged { owner: owned_by(ANA), owner_epoch: 2 });
}

#[test]
fn a_wish_that_already_holds_is_accepted_without_events() {
    let mut team = anas();
    let events = team.log.len();
    let seen = team.seen();
    for body in [claim(1), assign(ANA, 1), transfer(owned_by(ANA), 1, seen), reopen()] {
        assert_eq!(accepted(team.does(ANA, body)), Accepted { revision: 4, ..Accepted::default() });
    }
    accepted(team.does(ANA, unassign(2)));
    accepted(team.does(ANA, unassign(2)));
    accepted(team.does(ANA, resolve(seen)));
    accepted(team.does(ANA, resolve(None)));
    assert_eq!(team.log.len(), events + 2);
}

#[test]
fn from_a_colleague_only_some_may_claim() {
    let claims = |by: Hand, change: fn(&mut Team)| {
        let mut team = anas();
        change(&mut team);
        match team.does(by, claim(2)) {
            Answer::Accepted(_) => "accepted",
            Answer::Refused(refusal) => refusal.code(),
        }
    };
    assert_eq!(claims(BEN, |_| {}), "not_owner");
    assert_eq!(claims(EVA, |_| {}), "accepted");
    assert_eq!(claims(BEN, |team| team.team(SUPPORT).claim_from_colleagues = true), "accepted");
    assert_eq!(claims(BEN, |team| team.agent(ANA).availability = Availability::Away), "accepted");
    assert_eq!(claims(BEN, |team| team.agent(ANA).availability = Availability::Busy), "not_owner");
    assert_eq!(claims(BEN, |team| team.agent(ANA).state = AgentState::Leaving), "accepted");
}

/// Fay: a supervisor of Sales who serves Support like Ana and Ben.
fn with_fay(team: &mut Team) -> Hand {
    let teams = [(SALES, MembershipKind::Supervisor), (SUPPORT, MembershipKind::Member)];
    team.sights.get_mut(&EVA.agent).unwrap().viewer.teams = teams.into();
    EVA
}

#[test]
fn in_a_team_that_they_do_not_supervise_a_supervisor_is_a_member() {
    let seen = anas().seen();
    for (body, code) in [
        (claim(2), "not_owner"),
        (assign(BEN, 2), "not_owner"),
        (unassign(2), "not_owner"),
        (transfer(owned_by(BEN), 2, seen), "not_owner"),
        (transfer(Owner::Queue(SALES), 2, seen), "not_owner"),
    ] {
        let mut team = anas();
        let fay = with_fay(&mut team);
        refused(team.does(fay, body.clone()), code);
        // Who supervises the team may.
        accepted(anas().does(EVA, body));
    }
    let mut team = Team::with_a_customer();
    let fay = with_fay(&mut team);
    team.agent(fay).capacity = Some(0);
    refused(team.does(fay, claim_above(1)), "not_allowed");
    // Once it is Sales', it is hers to steer, whosever it is.
    accepted(team.does(ANA, transfer(Owner::Queue(SALES), 1, seen)));
    accepted(team.does(CLEO, claim(2)));
    accepted(team.does(fay, claim_above(3)));
}

#[test]
fn a_supervisor_withdraws_what_colleagues_of_their_team_wrote_and_no_others() {
    let queued = |steers: bool| {
        let mut team = anas();
        if !steers {
            with_fay(&mut team);
        }
        let seen = team.seen();
        let line = written(team.does(ANA, reply(seen)));
        team.does(EVA, cancel(line))
    };
    accepted(queued(true));
    refused(queued(false), "not_allowed");
}

#[test]
fn who_may_reply_to_what_a_colleague_owns_is_the_teams_affair() {
    let replies = |by: Hand, policy: ReplyPolicy| {
        let mut team = anas();
        team.team(SUPPORT).reply_policy = policy;
        let seen = team.seen();
        match team.does(by, reply(seen)) {
            Answer::Accepted(_) => "accepted",
            Answer::Refused(refusal) => refusal.code(),
        }
    };
    assert_eq!(replies(BEN, ReplyPolicy::Owner), "not_owner");
    assert_eq!(replies(BEN, ReplyPolicy::Team), "accepted");
    assert_eq!(replies(BEN, ReplyPolicy::Scope), "accepted");
    assert_eq!(replies(EVA, ReplyPolicy::Owner), "not_owner");
    assert_eq!(replies(crate::team::ROOT, ReplyPolicy::Team), "not_owner");
    assert_eq!(replies(crate::team::ROOT, ReplyPolicy::Scope), "accepted");
    assert_eq!(replies(ANA, ReplyPolicy::Owner), "accepted");
}

#[test]
fn what_a_queue_owns_is_answered_by_who_serves_it() {
    let replies = |by: Hand| {
        let mut team = Team::with_a_customer();
        let seen = team.seen();
        match team.does(by, reply(seen)) {
            Answer::Accepted(_) => "accepted",
            Answer::Refused(refusal) => refusal.code(),
        }
    };
    assert_eq!(replies(ANA), "accepted");
    assert_eq!(replies(EVA), "accepted");
    assert_eq!(replies(crate::team::ROOT), "accepted");
    assert_eq!(replies(CLEO), "not_in_scope");
    // Who owned it answered it; back in the queue it is its team's again.
    let mut team = anas();
    team.sights.get_mut(&ANA.agent).unwrap().viewer.teams.clear();
    let seen = team.seen();
    written(team.does(ANA, reply(seen)));
    accepted(team.does(EVA, unassign(2)));
    let seen = team.seen();
    refused(team.does(ANA, reply(seen)), "not_in_scope");
}

#[test]
fn a_colleagues_reply_leaves_the_owner() {
    let mut team = anas();
    let seen = team.seen();
    written(team.does(BEN, reply(seen)));
    assert_eq!(team.lucia().head.owner, owned_by(ANA));
}

#[test]
fn a_reply_from_the_queue_claims() {
    let mut team = Team::with_a_customer();
    let seen = team.seen();
    written(team.does(ANA, reply(seen)));
    assert_eq!(team.lucia().head.owner, owned_by(ANA));
    assert_eq!(team.lucia().head.owner_epoch, 2);
}

#[test]
fn who_is_full_takes_nothing_new_whatever_the_way() {
    let mut team = Team::with_a_customer();
    team.customer_writes(MATEO);
    team.agent(ANA).capacity = Some(1);
    accepted(team.does_to(MATEO, ANA, None, claim(1)));
    let seen = team.seen();
    let full = Refusal::AtCapacity { agent_id: ANA.agent, load: 1, capacity: 1 };
    assert_eq!(refused(team.does(ANA, claim(1)), "at_capacity"), full);
    assert_eq!(refused(team.does(ANA, reply(seen)), "at_capacity"), full);
    assert_eq!(refused(team.does(EVA, assign(ANA, 1)), "at_capacity"), full);
    assert_eq!(refused(team.does(EVA, transfer(owned_by(ANA), 1, seen)), "at_capacity"), full);
    accepted(team.does(BEN, resolve(seen)));
    assert_eq!(refused(team.does(ANA, reopen()), "at_capacity"), full);
    let seen = team.seen();
    assert_eq!(refused(team.does(ANA, reply(seen)), "at_capacity"), full);
}

#[test]
fn only_a_supervisor_passes_the_capacity_and_it_is_logged() {
    let mut team = Team::with_a_customer();
    for hand in [ANA, EVA] {
        team.agent(hand).capacity = Some(0);
    }
    refused(team.does(ANA, claim_above(1)), "not_allowed");
    refused(team.does(EVA, claim(1)), "at_capacity");
    accepted(team.does(EVA, claim_above(1)));
    let fact = &team.log.last().unwrap().event.fact;
    assert!(matches!(fact, Fact::OwnerChanged { exceeded_capacity: true, .. }), "{fact:?}");
}

#[test]
fn an_assignment_needs_an_active_agent_and_the_right_to_give() {
    let mut team = Team::with_a_customer();
    refused(team.does(ANA, assign(BEN, 1)), "not_owner");
    team.agent(BEN).state = AgentState::Leaving;
    refused(team.does(EVA, assign(BEN, 1)), "invalid");
    accepted(team.does(EVA, assign(ANA, 1)));
    refused(team.does(BEN, unassign(2)), "not_allowed");
    team.agent(BEN).state = AgentState::Active;
    refused(team.does(BEN, unassign(2)), "not_owner");
    refused(team.does(ANA, assign(BEN, 1)), "owner_changed");
    accepted(team.does(ANA, assign(BEN, 2)));
    assert_eq!(team.lucia().head.owner, owned_by(BEN));
}

#[test]
fn what_is_resolved_is_neither_assigned_nor_transferred() {
    let mut team = anas();
    let seen = team.seen();
    accepted(team.does(ANA, resolve(seen)));
    refused(team.does(EVA, assign(BEN, 3)), "not_allowed");
    refused(team.does(EVA, transfer(owned_by(BEN), 3, seen)), "not_allowed");
    accepted(team.does(BEN, claim(3)));
    assert_eq!((team.lucia().head.episode, team.lucia().head.owner), (2, owned_by(BEN)));
}

#[test]
fn a_transfer_knows_what_was_said() {
    let mut team = anas();
    let seen = team.seen();
    team.customer_writes(LUCIA);
    refused(team.does(ANA, transfer(Owner::Queue(SALES), 2, seen)), "stale");
    let seen = team.seen();
    accepted(team.does(ANA, transfer(Owner::Queue(SALES), 2, seen)));
    let head = &team.lucia().head;
    assert_eq!((head.team_id, head.owner, head.owner_epoch), (SALES, Owner::Queue(SALES), 3));
    refused(team.does(ANA, claim(3)), "not_in_scope");
    accepted(team.does(CLEO, claim(3)));
}

#[test]
fn a_hand_over_note_comes_before_the_hand_over() {
    let mut team = anas();
    let seen = team.seen();
    let CommandBody::Transfer(given) = transfer(owned_by(BEN), 2, seen) else { unreachable!() };
    let noted = CommandBody::Transfer(Transfer { note: Some("VIP".to_owned()), ..given });
    let note = accepted(team.does(ANA, noted)).note_id;
    assert!(note.is_some());
    let facts: Vec<_> = team.log.iter().rev().take(2).map(|logged| &logged.event.fact).collect();
    assert!(matches!(facts[..], [Fact::OwnerChanged { .. }, Fact::NoteAdded { .. }]), "{facts:?}");
}

#[test]
fn a_team_that_asks_for_a_note_gets_one_with_each_hand_over_of_an_agent() {
    let mut team = anas();
    team.requires_note = true;
    let seen = team.seen();
    let given = |to: Owner, note: Option<&str>| {
        let CommandBody::Transfer(given) = transfer(to, 2, seen) else { unreachable!() };
        CommandBody::Transfer(Transfer { note: note.map(str::to_owned), ..given })
    };
    for to in [owned_by(BEN), Owner::Queue(SALES)] {
        refused(team.does(ANA, given(to, None)), "note_required");
        refused(team.does(ANA, given(to, Some("  "))), "invalid");
    }
    // The other road to a colleague has no note.
    refused(team.does(ANA, assign(BEN, 2)), "note_required");
    assert_eq!(team.lucia().head.owner, owned_by(ANA), "what is refused changes nothing");
    accepted(team.does(ANA, given(owned_by(BEN), Some("VIP"))));
    assert_eq!(team.lucia().head.owner, owned_by(BEN));
    // A supervisor writes none, and the own queue needs none.
    accepted(team.does(EVA, assign(ANA, 3)));
    accepted(team.does(ANA, unassign(4)));
}

#[test]
fn where_members_may_not_pick_they_take_nothing_by_any_road_but_an_offer() {
    let mut team = Team::with_a_customer();
    team.may_pick = false;
    let head = &team.lucia().head;
    let (queue, epoch, seen) = (head.owner, head.owner_epoch, team.seen());
    refused(team.does(ANA, claim(epoch)), "not_allowed");
    refused(team.does(ANA, reply(seen)), "not_allowed");
    refused(team.does(ANA, transfer(owned_by(ANA), epoch, seen)), "not_allowed");
    assert_eq!(team.lucia().head.owner, queue, "what is refused changes nothing");
    // Another queue is no owner, and who supervises takes whichever they like.
    accepted(team.does(EVA, claim(epoch)));
}

#[test]
fn a_note_to_who_owns_it_already_is_told_by_who_knows_the_owner() {
    let mut team = anas();
    let seen = team.seen();
    let noted = |epoch| {
        let CommandBody::Transfer(given) = transfer(owned_by(BEN), epoch, seen) else {
            unreachable!()
        };
        CommandBody::Transfer(Transfer { note: Some("VIP".to_owned()), ..given })
    };
    accepted(team.does(ANA, noted(2)));
    let refusal = refused(team.does(EVA, noted(2)), "owner_changed");
    assert_eq!(refusal, Refusal::OwnerChanged { owner: owned_by(BEN), owner_epoch: 3 });
    assert_eq!(team.notes[&LUCIA].len(), 1, "what is refused leaves no note");
    assert!(accepted(team.does(EVA, noted(3))).note_id.is_some());
    assert_eq!((team.notes[&LUCIA].len(), team.lucia().head.owner_epoch), (2, 3));
    team.customer_writes(LUCIA);
    refused(team.does(EVA, noted(3)), "stale");
}

#[test]
fn a_transfer_goes_to_a_team_or_agent_there_is() {
    let mut team = anas();
    let seen = team.seen();
    let nowhere = Owner::Queue(baton_protocol::TeamId(uuid::Uuid::nil()));
    refused(team.does(ANA, transfer(nowhere, 2, seen)), "invalid");
    let nobody = Owner::Agent(baton_protocol::AgentId(uuid::Uuid::nil()));
    let refusal = refused(team.does(ANA, transfer(nobody, 2, seen)), "invalid");
    assert!(matches!(&refusal, Refusal::Invalid { field, .. } if field == "to"), "{refusal:?}");
}

#[test]
fn who_leaves_gives_back_what_they_own_and_who_came_back_keeps_it() {
    let mut team = anas();
    let rehome = |team: &mut Team, state| {
        team.agent(ANA).state = state;
        let agent = team.agent(ANA).clone();
        let drafts = baton_domain::decide::owner::rehome(team.lucia(), &agent, (&[], false));
        team.append(LUCIA, drafts, baton_protocol::Actor::System, None);
    };
    rehome(&mut team, AgentState::Active);
    assert_eq!(team.lucia().head.owner, owned_by(ANA));
    rehome(&mut team, AgentState::Leaving);
    assert_eq!(team.lucia().head.owner, Owner::Queue(SUPPORT));
}

#[test]
fn what_a_colleague_wrote_is_not_replaced_behind_their_back() {
    let mut team = anas();
    let seen = team.seen();
    let line = written(team.does(ANA, reply(seen)));
    team.customer_writes(LUCIA);
    team.holds(line);
    let replace = |seen| {
        CommandBody::Reply(Reply {
            text: "Mejor".to_owned(),
            seen,
            quoted: None,
            replaces: Some(line.id),
            ignore_lease: false,
            canned: None,
        })
    };
    let seen = team.seen();
    // Ben may answer in this team, but Ana owns it and reviews what she wrote.
    refused(team.does(BEN, replace(seen)), "not_allowed");
    accepted(team.does(ANA, unassign(2)));
    written(team.does(BEN, replace(seen)));
}

#[test]
fn own_only_hides_what_colleagues_own_and_shows_the_queue() {
    let mut team = anas();
    team.shows(SUPPORT, Visibility::Own);
    refused(team.does(BEN, claim(2)), "not_in_scope");
    accepted(team.does(ANA, unassign(2)));
    accepted(team.does(BEN, claim(3)));
}

#[test]
fn a_resend_from_the_queue_claims_and_takes_capacity() {
    let mut team = Team::with_a_customer();
    let seen = team.seen();
    let line = written(team.does(ANA, reply(seen)));
    team.sends_into_the_dark(line);
    team.passes(crate::team::MINUTE);
    let seen = team.seen();
    accepted(team.does(ANA, resolve(seen)));
    team.agent(BEN).capacity = Some(0);
    refused(team.does(BEN, crate::team::resend(line, seen)), "at_capacity");
    team.agent(BEN).capacity = Some(1);
    accepted(team.does(BEN, crate::team::resend(line, seen)));
    let head = &team.lucia().head;
    assert_eq!((head.owner.agent(), head.status), (Some(BEN.agent), baton_protocol::Status::Open));
    assert_eq!(head.episode, 2);
    team.sends(line);
}
