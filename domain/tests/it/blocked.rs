//! Blocked customers: left out of everything, heard all the same, and let in again.

use baton_domain::announce::consequences;
use baton_domain::decide::block;
use baton_domain::decide::delivery::Claim;
use baton_protocol::command::Nothing;
use baton_protocol::{
    Actor, BlockState, CommandBody, Fact, HeldReason, MessageStatus, Owner, ReplyPolicy, Status,
};

use crate::team::{
    ANA, BEN, CLEO, EVA, LUCIA, SUPPORT, Team, accepted, claim, refused, reopen, reply, written,
};

const BLOCK: CommandBody = CommandBody::Block(Nothing {});
const UNBLOCK: CommandBody = CommandBody::Unblock(Nothing {});

#[test]
fn who_is_blocked_waits_for_nobody_and_is_nobodys_load() {
    let mut team = Team::with_a_customer();
    team.team(SUPPORT).reply_policy = ReplyPolicy::Owner;
    accepted(team.does(ANA, claim(1)));
    refused(team.does(BEN, BLOCK), "not_owner");
    refused(team.does(CLEO, BLOCK), "not_in_scope");
    accepted(team.does(ANA, BLOCK));
    let head = team.lucia().head.clone();
    assert_eq!((head.status, head.owner), (Status::Resolved, Owner::Queue(SUPPORT)));
    assert_eq!(head.unanswered_since, None);
    assert_eq!(team.people.agents[&ANA.agent].load, 0);
    let seen = team.seen();
    refused(team.does(ANA, reply(seen)), "blocked");
    refused(team.does(ANA, reopen()), "blocked");
    refused(team.does(ANA, claim(head.owner_epoch)), "blocked");
    let revision = team.lucia().head.revision;
    accepted(team.does(EVA, BLOCK));
    assert_eq!(team.lucia().head.revision, revision, "nothing had to change");
}

#[test]
fn what_a_blocked_customer_says_is_kept_opens_nothing_and_is_told_to_nobody() {
    let mut team = Team::with_a_customer();
    accepted(team.does(ANA, BLOCK));
    let before = team.lucia().clone();
    let line = team.customer_writes(LUCIA);
    let after = team.lucia().clone();
    assert_eq!(after.head.last_seq, line.seq);
    assert_eq!((after.head.status, after.head.unanswered_since), (Status::Resolved, None));
    assert_eq!(after.thread.customer_seq, before.thread.customer_seq, "nothing to be read");
    let logged = team.log.last().unwrap();
    assert_eq!(consequences(logged, None), []);
}

#[test]
fn what_waited_when_a_customer_was_blocked_waits_again_afterwards() {
    let mut team = Team::with_a_customer();
    let (turn, episode) = (team.lucia().thread.turn, team.lucia().head.episode);
    accepted(team.does(ANA, BLOCK));
    team.customer_writes(LUCIA);
    accepted(team.does(BEN, UNBLOCK));
    let lucia = team.lucia();
    assert_eq!((lucia.thread.turn, lucia.thread.block), (turn, None));
    assert_eq!((lucia.head.status, lucia.head.episode), (Status::Open, episode + 1));
    accepted(team.does(BEN, UNBLOCK));
    let seen = team.seen();
    accepted(team.does(BEN, reply(seen)));
}

#[test]
fn what_was_on_its_way_to_a_blocked_customer_is_held_and_opens_no_turn() {
    let mut team = Team::with_a_customer();
    let seen = team.seen();
    let line = written(team.does(ANA, reply(seen)));
    accepted(team.does(ANA, BLOCK));
    assert!(matches!(team.claim(LUCIA, line.id), Claim::Hold(_)));
    assert_eq!(team.status_of(line.id), Some(MessageStatus::Held));
    let held = team.log.iter().rev().find_map(|logged| {
        let Fact::MessageChanged { held, .. } = &logged.event.fact else { return None };
        *held
    });
    assert_eq!(held, Some(HeldReason::Blocked));
    assert_eq!(team.lucia().head.unanswered_since, None);
    assert_eq!(team.lucia().head.status, Status::Resolved);
}

#[test]
fn whatsapp_is_asked_again_when_a_customer_writes_who_had_been_silent_for_too_long() {
    let mut team = Team::with_a_customer();
    accepted(team.does(ANA, BLOCK));
    let since = team.lucia().thread.block.unwrap().since;
    let drafts = block::told(team.lucia(), since, BlockState::NotRecent);
    team.append(LUCIA, drafts, Actor::System, None);
    let state = |team: &Team| team.lucia().thread.block.unwrap().whatsapp;
    assert_eq!(state(&team), BlockState::NotRecent);
    team.customer_writes(LUCIA);
    assert_eq!(state(&team), BlockState::Waiting);
    assert_eq!(block::told(team.lucia(), since.plus_ms(-1), BlockState::Done), []);
}

#[test]
fn whatsapp_is_told_of_each_block_and_its_end_and_not_of_its_own_answer() {
    let mut team = Team::with_a_customer();
    let before = team.lucia().clone();
    assert!(!block::is_for_whatsapp(Some(&before), team.lucia()), "nothing changed");
    accepted(team.does(ANA, BLOCK));
    let blocked = team.lucia().clone();
    assert!(block::is_for_whatsapp(Some(&before), &blocked));
    let drafts = block::told(&blocked, blocked.thread.block.unwrap().since, BlockState::Done);
    team.append(LUCIA, drafts, Actor::System, None);
    let done = team.lucia().clone();
    assert!(!block::is_for_whatsapp(Some(&blocked), &done), "WhatsApp knows what it answered");
    accepted(team.does(ANA, UNBLOCK));
    assert!(block::is_for_whatsapp(Some(&done), team.lucia()));
}
