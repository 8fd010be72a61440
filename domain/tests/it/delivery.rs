//! Messages on their way: the second fence, the lane, results, statuses, and turns that open
//! again.

use baton_domain::decide::delivery::{
    Claim, LANE_WAITS_MS, QUEUED_MS_MAX, SendClaim, SendResult, Sent, status,
};
use baton_domain::fact::inbound::ProviderStatus;
use baton_protocol::limits::WINDOW_MS;
use baton_protocol::{HeldReason, LineRef, MessageStatus, Status};

use crate::team::{
    ANA, BEN, EVA, LUCIA, MINUTE, SECOND, Team, accepted, an_error, cancel, claim, mark_sent,
    refused, replacing, reply, resend, resolve, turn_from, written,
};

/// Lucía wrote, Ana replied: the message waits in the lane.
pub(crate) fn a_queued_reply() -> (Team, LineRef) {
    let mut team = Team::with_a_customer();
    let seen = team.seen();
    let line = written(team.does(ANA, reply(seen)));
    (team, line)
}

pub(crate) fn refusal_of_meta() -> SendResult {
    SendResult::Refused(an_error())
}

fn accepted_by_meta() -> SendResult {
    SendResult::Accepted { wamid: "wamid".to_owned() }
}

#[track_caller]
fn held(team: &Team, line: LineRef) -> HeldReason {
    let facts = team.lines.find(LUCIA, line.id).unwrap();
    assert_eq!(facts.status, Some(MessageStatus::Held));
    facts.held.unwrap()
}

// The fence at sending.

#[test]
fn a_reply_leaves_while_nothing_came_between() {
    let (mut team, line) = a_queued_reply();
    team.sends(line);
    assert_eq!(team.status_of(line.id), Some(MessageStatus::Accepted));
    assert_eq!(team.claim(LUCIA, line.id), Claim::Gone);
}

#[test]
fn a_reply_that_the_customer_overtook_is_held() {
    let (mut team, line) = a_queued_reply();
    team.customer_writes(LUCIA);
    team.holds(line);
    assert_eq!(held(&team, line), HeldReason::Overtaken);
}

#[test]
fn a_colleagues_line_meanwhile_holds_nothing() {
    let (mut team, line) = a_queued_reply();
    let seen = team.seen();
    written(team.does(BEN, reply(seen)));
    team.somebody_answers_on_the_phone_app(LUCIA);
    team.sends(line);
}

#[test]
fn a_reply_whose_window_closed_meanwhile_is_held() {
    let mut team = Team::with_a_customer();
    team.passes(WINDOW_MS - 1);
    let seen = team.seen();
    let line = written(team.does(ANA, reply(seen)));
    team.passes(1);
    team.holds(line);
    assert_eq!(held(&team, line), HeldReason::WindowClosed);
}

#[test]
fn a_reply_that_waited_too_long_is_held() {
    let (mut team, line) = a_queued_reply();
    team.passes(QUEUED_MS_MAX + 1);
    team.holds(line);
    assert_eq!(held(&team, line), HeldReason::TooLate);
}

#[test]
fn attempts_that_did_not_leave_do_not_restart_the_wait() {
    let (mut team, line) = a_queued_reply();
    for _ in 0..2 {
        team.passes(QUEUED_MS_MAX / 2);
        assert!(matches!(team.claim(LUCIA, line.id), Claim::Go(_)));
        team.ends(LUCIA, line.id, &SendResult::Again);
    }
    team.passes(1);
    team.holds(line);
    assert_eq!(held(&team, line), HeldReason::TooLate);
}

#[test]
fn a_resend_begins_the_wait_anew() {
    let (mut team, line) = a_queued_reply();
    team.sends_into_the_dark(line);
    team.passes(QUEUED_MS_MAX + MINUTE);
    let seen = team.seen();
    accepted(team.does(ANA, resend(line, seen)));
    team.sends(line);
}

// The lane.

#[test]
fn messages_leave_in_the_order_of_acceptance() {
    let (mut team, first) = a_queued_reply();
    let seen = team.seen();
    let second = written(team.does(ANA, reply(seen)));
    assert_eq!(team.claim(LUCIA, second.id), Claim::Wait);
    assert!(matches!(team.claim(LUCIA, first.id), Claim::Go(_)));
    assert_eq!(team.claim(LUCIA, second.id), Claim::Wait);
    team.ends(LUCIA, first.id, &accepted_by_meta());
    team.sends(second);
}

#[test]
fn the_lane_waits_for_an_unconfirmed_head_but_not_for_ever() {
    let (mut team, first) = a_queued_reply();
    let seen = team.seen();
    let second = written(team.does(ANA, reply(seen)));
    team.sends_into_the_dark(first);
    team.passes(LANE_WAITS_MS - 1);
    assert_eq!(team.claim(LUCIA, second.id), Claim::Wait);
    team.passes(1);
    team.sends(second);
}

#[test]
fn a_held_message_holds_its_authors_later_ones_and_nobody_elses() {
    let (mut team, first) = a_queued_reply();
    let after = |team: &mut Team, by| {
        let seen = team.seen();
        written(team.does(by, reply(seen)))
    };
    let second = after(&mut team, ANA);
    let bens = after(&mut team, BEN);
    let third = after(&mut team, ANA);
    team.passes(QUEUED_MS_MAX + 1);
    team.holds(first);
    assert_eq!(held(&team, second), HeldReason::PredecessorHeld);
    assert_eq!(held(&team, third), HeldReason::PredecessorHeld);
    assert_eq!(team.status_of(bens.id), Some(MessageStatus::Queued));
    assert_eq!(team.lucia().thread.turn, None, "Ben's answer still stands");
}

// Turns that open again.

#[test]
fn a_held_reply_opens_the_turn_again_with_its_old_time() {
    let mut team = Team::with_a_customer();
    let (first, since, seen) = (team.seen().unwrap(), team.now, team.seen());
    team.passes(MINUTE);
    let line = written(team.does(ANA, reply(seen)));
    team.passes(MINUTE);
    team.customer_writes(LUCIA);
    team.holds(line);
    assert_eq!(team.lucia().thread.turn, turn_from(first, since));
    assert_eq!(team.lucia().head.unanswered_since, Some(since));
}

#[test]
fn a_failure_opens_the_turn_again_only_with_the_last_answer_that_stood() {
    let mut team = Team::with_a_customer();
    let (asked, since) = (team.seen().unwrap(), team.now);
    let seen = team.seen();
    let first = written(team.does(ANA, reply(seen)));
    team.sends(first);
    let seen = team.seen();
    let second = written(team.does(ANA, reply(seen)));
    team.sends(second);
    team.hears(LUCIA, first.id, ProviderStatus::Failed);
    assert_eq!(team.lucia().thread.turn, None);
    team.hears(LUCIA, second.id, ProviderStatus::Failed);
    assert_eq!(team.lucia().thread.turn, turn_from(asked, since));
}

#[test]
fn an_echo_is_an_answer_that_stands_unless_it_failed() {
    let (mut team, line) = a_queued_reply();
    let turn = turn_from(LineRef { seq: 1, ..line }, team.now);
    let echo = team.somebody_answers_on_the_phone_app(LUCIA);
    team.sends(line);
    team.hears(LUCIA, line.id, ProviderStatus::Failed);
    assert_eq!(team.lucia().thread.turn, None);
    team.hears(LUCIA, echo.id, ProviderStatus::Failed);
    assert_eq!(team.lucia().thread.turn, turn);
    let seen = team.seen();
    let last = written(team.does(ANA, reply(seen)));
    assert_eq!(team.lucia().thread.turn, None);
    team.sends(last);
    team.hears(LUCIA, last.id, ProviderStatus::Failed);
    assert_eq!(team.lucia().thread.turn, turn, "the failed echo answers nothing");
}

#[test]
fn a_failure_after_resolved_takes_the_end_back() {
    let (mut team, line) = a_queued_reply();
    team.sends(line);
    let seen = team.seen();
    accepted(team.does(ANA, resolve(seen)));
    team.hears(LUCIA, line.id, ProviderStatus::Failed);
    let head = &team.lucia().head;
    assert_eq!((head.status, head.episode), (Status::Open, 1));
    assert!(head.owner.agent().is_none());
    assert!(head.unanswered_since.is_some());
}

#[test]
fn withdrawing_the_only_answer_after_resolved_takes_the_end_back() {
    let (mut team, line) = a_queued_reply();
    let seen = team.seen();
    accepted(team.does(ANA, resolve(seen)));
    accepted(team.does(ANA, cancel(line)));
    let head = &team.lucia().head;
    assert_eq!((head.status, head.episode), (Status::Open, 1));
    assert!(head.unanswered_since.is_some());
}

#[test]
fn tidying_away_what_was_held_long_ago_opens_nothing() {
    let (mut team, line) = a_queued_reply();
    team.customer_writes(LUCIA);
    team.holds(line);
    let seen = team.seen();
    accepted(team.does(ANA, resolve(seen)));
    accepted(team.does(ANA, cancel(line)));
    let lucia = team.lucia();
    assert_eq!((lucia.head.status, lucia.thread.turn), (Status::Resolved, None));
    assert_eq!(team.status_of(line.id), Some(MessageStatus::Cancelled));
}

#[test]
fn a_late_failure_below_answers_that_were_not_read_opens_nothing() {
    let (mut team, line) = a_queued_reply();
    team.sends(line);
    for _ in 0..5 {
        let seen = team.seen();
        let next = written(team.does(ANA, reply(seen)));
        team.sends(next);
    }
    let near = team.only(LUCIA, &[1..=2]);
    let sent = Sent { message: line.id, attempt: None, wamid: "wamid.OF" };
    let drafts = status(team.lucia(), &near, sent, ProviderStatus::Failed, None);
    team.append(LUCIA, drafts, baton_protocol::Actor::System, None);
    assert_eq!(team.status_of(line.id), Some(MessageStatus::Failed));
    assert_eq!(team.lucia().thread.turn, None);
}

#[test]
fn a_hold_far_below_a_customers_flood_keeps_the_old_time() {
    let mut team = Team::with_a_customer();
    let (asked, since, seen) = (team.seen().unwrap(), team.now, team.seen());
    let line = written(team.does(ANA, reply(seen)));
    team.passes(SECOND);
    for _ in 0..9 {
        team.customer_writes(LUCIA);
    }
    let near = team.only(LUCIA, &[1..=4]);
    let claim = baton_domain::decide::delivery::claim(team.lucia(), &near, line.id, team.now);
    let Claim::Hold(drafts) = claim else { panic!("{claim:?}") };
    team.append(LUCIA, drafts, baton_protocol::Actor::System, None);
    assert_eq!(team.lucia().thread.turn, turn_from(asked, since));
}

// Results.

#[test]
fn only_the_attempt_that_is_under_way_is_heard() {
    let (mut team, line) = a_queued_reply();
    assert!(matches!(team.claim(LUCIA, line.id), Claim::Go(_)));
    let SendClaim { attempt, epoch } = team.lines.find(LUCIA, line.id).unwrap().claim();
    for (attempt, epoch) in [(attempt + 1, epoch), (attempt, epoch + 1), (0, 0)] {
        let other = SendClaim { attempt, epoch };
        team.attempt_ends(LUCIA, line.id, other, &refusal_of_meta());
        team.attempt_ends(LUCIA, line.id, other, &accepted_by_meta());
        assert_eq!(team.status_of(line.id), Some(MessageStatus::Sending));
    }
}

#[test]
fn what_provably_was_not_sent_goes_again_and_what_never_will_fails() {
    let (mut team, line) = a_queued_reply();
    assert!(matches!(team.claim(LUCIA, line.id), Claim::Go(_)));
    team.ends(LUCIA, line.id, &SendResult::Again);
    assert_eq!(team.status_of(line.id), Some(MessageStatus::Queued));
    assert_eq!(team.lucia().thread.turn, None);
    assert!(matches!(team.claim(LUCIA, line.id), Claim::Go(_)));
    team.ends(LUCIA, line.id, &refusal_of_meta());
    assert_eq!(team.status_of(line.id), Some(MessageStatus::Failed));
    assert!(team.lucia().thread.turn.is_some());
}

#[test]
fn a_claim_of_the_dead_is_unconfirmed_never_queued() {
    let (mut team, line) = a_queued_reply();
    team.rescues(LUCIA, line.id);
    assert_eq!(team.status_of(line.id), Some(MessageStatus::Queued), "nothing to rescue");
    assert!(matches!(team.claim(LUCIA, line.id), Claim::Go(_)));
    team.rescues(LUCIA, line.id);
    assert_eq!(team.status_of(line.id), Some(MessageStatus::Unconfirmed));
    assert_eq!(team.lucia().thread.turn, None, "it may well have arrived");
}

#[test]
fn a_rescue_is_of_the_claim_that_was_found_and_of_no_other() {
    let (mut team, line) = a_queued_reply();
    assert!(matches!(team.claim(LUCIA, line.id), Claim::Go(_)));
    let found = team.lines.find(LUCIA, line.id).unwrap().claim();
    // It was not dead but slow: the message went back and was claimed anew.
    team.ends(LUCIA, line.id, &SendResult::Again);
    assert!(matches!(team.claim(LUCIA, line.id), Claim::Go(_)));
    let now = team.lines.find(LUCIA, line.id).unwrap().claim();
    for other in [
        found,
        SendClaim { attempt: now.attempt, ..found },
        SendClaim { attempt: found.attempt, ..now },
    ] {
        team.rescues_claim(LUCIA, line.id, other);
        assert_eq!(team.status_of(line.id), Some(MessageStatus::Sending), "{other:?}");
    }
    team.rescues_claim(LUCIA, line.id, now);
    assert_eq!(team.status_of(line.id), Some(MessageStatus::Unconfirmed));
}

#[test]
fn a_late_yes_is_proof_and_spares_the_resend() {
    for resent in [false, true] {
        let (mut team, line) = a_queued_reply();
        assert!(matches!(team.claim(LUCIA, line.id), Claim::Go(_)));
        let attempt = team.lines.find(LUCIA, line.id).unwrap().claim();
        team.rescues(LUCIA, line.id);
        team.passes(MINUTE);
        if resent {
            let seen = team.seen();
            accepted(team.does(ANA, resend(line, seen)));
        }
        team.attempt_ends(LUCIA, line.id, attempt, &accepted_by_meta());
        assert_eq!(team.status_of(line.id), Some(MessageStatus::Accepted));
        assert_eq!(team.claim(LUCIA, line.id), Claim::Gone);
        // A late no of an attempt that nobody waits for any more says nothing.
        team.attempt_ends(LUCIA, line.id, attempt, &refusal_of_meta());
        assert_eq!(team.status_of(line.id), Some(MessageStatus::Accepted));
    }
}

// Statuses.

#[test]
fn statuses_climb_and_never_fall_however_they_arrive() {
    use ProviderStatus::{Delivered, Failed, Played, Read, Sent};
    let check = |heard: &[ProviderStatus], shown: MessageStatus| {
        let (mut team, line) = a_queued_reply();
        team.sends(line);
        for status in heard {
            team.hears(LUCIA, line.id, *status);
        }
        assert_eq!(team.status_of(line.id), Some(shown), "{heard:?}");
    };
    check(&[Sent, Delivered, Read, Played], MessageStatus::Played);
    check(&[Played, Read, Delivered, Sent], MessageStatus::Played);
    check(&[Read, Sent], MessageStatus::Read);
    check(&[Delivered, Failed], MessageStatus::Delivered);
    check(&[Sent, Failed], MessageStatus::Failed);
    check(&[Failed, Sent], MessageStatus::Failed);
    check(&[Failed, Delivered], MessageStatus::Delivered);
}

#[test]
fn a_status_heard_twice_is_one_event() {
    let (mut team, line) = a_queued_reply();
    team.sends(line);
    for status in [ProviderStatus::Sent, ProviderStatus::Failed] {
        team.hears(LUCIA, line.id, status);
        let events = team.log.len();
        team.hears(LUCIA, line.id, status);
        assert_eq!(team.log.len(), events, "{status:?}");
    }
}

#[test]
fn a_status_of_ours_proves_acceptance_in_any_state() {
    let (mut team, line) = a_queued_reply();
    team.sends_into_the_dark(line);
    team.passes(MINUTE);
    let seen = team.seen();
    accepted(team.does(ANA, resend(line, seen)));
    team.hears(LUCIA, line.id, ProviderStatus::Sent);
    assert_eq!(team.status_of(line.id), Some(MessageStatus::Sent));
    assert_eq!(team.claim(LUCIA, line.id), Claim::Gone);
}

#[test]
fn what_arrived_after_all_closes_the_turn_it_answers() {
    for overtaken in [false, true] {
        let (mut team, line) = a_queued_reply();
        team.sends(line);
        team.hears(LUCIA, line.id, ProviderStatus::Failed);
        if overtaken {
            team.customer_writes(LUCIA);
        }
        team.hears(LUCIA, line.id, ProviderStatus::Delivered);
        assert_eq!(team.lucia().thread.turn.is_some(), overtaken);
    }
}

#[test]
fn what_arrived_late_answers_although_a_later_answer_fails() {
    let (mut team, first) = a_queued_reply();
    team.sends(first);
    team.hears(LUCIA, first.id, ProviderStatus::Failed);
    let seen = team.seen();
    let second = written(team.does(ANA, reply(seen)));
    team.sends(second);
    team.hears(LUCIA, first.id, ProviderStatus::Delivered);
    team.hears(LUCIA, second.id, ProviderStatus::Failed);
    assert_eq!(team.lucia().thread.turn, None);
}

#[test]
fn a_customers_line_has_no_status() {
    let mut team = Team::with_a_customer();
    let line = team.seen().unwrap();
    let events = team.log.len();
    team.hears(LUCIA, line.id, ProviderStatus::Read);
    assert_eq!(team.claim(LUCIA, line.id), Claim::Gone);
    assert_eq!(team.log.len(), events);
}

// What people do with messages that went astray.

#[test]
fn people_may_act_on_an_unconfirmed_message_after_a_minute() {
    let (mut team, line) = a_queued_reply();
    let seen = team.seen();
    refused(team.does(ANA, resend(line, seen)), "invalid");
    team.sends_into_the_dark(line);
    team.passes(MINUTE - 1);
    refused(team.does(ANA, resend(line, seen)), "too_soon");
    refused(team.does(ANA, mark_sent(line)), "too_soon");
    team.passes(1);
    accepted(team.does(ANA, resend(line, seen)));
    // Of two who resend, one does.
    refused(team.does(BEN, resend(line, seen)), "invalid");
    team.sends(line);
}

#[test]
fn a_resend_knows_what_was_said_since() {
    let (mut team, line) = a_queued_reply();
    team.sends_into_the_dark(line);
    team.passes(MINUTE);
    let stale = team.seen();
    team.customer_writes(LUCIA);
    refused(team.does(ANA, resend(line, stale)), "stale");
    let seen = team.seen();
    accepted(team.does(ANA, resend(line, seen)));
    team.sends(line);
}

#[test]
fn a_person_may_say_that_it_arrived() {
    let (mut team, line) = a_queued_reply();
    team.sends_into_the_dark(line);
    team.passes(MINUTE);
    accepted(team.does(BEN, mark_sent(line)));
    assert_eq!(team.status_of(line.id), Some(MessageStatus::Sent));
}

#[test]
fn a_message_that_has_not_left_may_be_withdrawn_by_those_concerned() {
    let (mut team, line) = a_queued_reply();
    refused(team.does(BEN, cancel(line)), "not_allowed");
    accepted(team.does(EVA, cancel(line)));
    accepted(team.does(EVA, cancel(line)));
    assert_eq!(team.status_of(line.id), Some(MessageStatus::Cancelled));
    assert!(team.lucia().thread.turn.is_some());
    let (mut team, line) = a_queued_reply();
    team.sends(line);
    refused(team.does(ANA, cancel(line)), "not_allowed");
}

#[test]
fn a_replaced_message_is_cancelled_and_its_replacement_answers() {
    let (mut team, line) = a_queued_reply();
    let seen = team.seen();
    refused(team.does(ANA, replacing(line, seen)), "invalid");
    team.customer_writes(LUCIA);
    team.holds(line);
    let seen = team.seen();
    let next = written(team.does(ANA, replacing(line, seen)));
    assert_eq!(team.status_of(line.id), Some(MessageStatus::Cancelled));
    assert_eq!(team.lucia().thread.turn, None);
    team.sends(next);
    team.hears(LUCIA, next.id, ProviderStatus::Failed);
    assert_eq!(team.lucia().thread.turn.map(|turn| turn.from_seq), Some(1));
}

#[test]
fn a_claim_takes_capacity_for_what_a_failure_opened() {
    let (mut team, line) = a_queued_reply();
    team.sends(line);
    let seen = team.seen();
    accepted(team.does(ANA, resolve(seen)));
    team.hears(LUCIA, line.id, ProviderStatus::Failed);
    team.agent(BEN).capacity = Some(0);
    let epoch = team.lucia().head.owner_epoch;
    refused(team.does(BEN, claim(epoch)), "at_capacity");
}

#[test]
fn the_failure_of_an_earlier_attempt_says_nothing_of_the_one_that_followed() {
    let (mut team, line) = a_queued_reply();
    team.sends_into_the_dark(line);
    team.passes(MINUTE);
    let seen = team.seen();
    accepted(team.does(ANA, resend(line, seen)));
    team.sends(line);
    team.hears_of(LUCIA, (line.id, 1), ProviderStatus::Failed);
    assert_eq!(team.status_of(line.id), Some(MessageStatus::Accepted));
    team.hears_of(LUCIA, (line.id, 2), ProviderStatus::Failed);
    // That the first failed as well is kept nowhere: too much doubt rather than too little.
    assert_eq!(team.status_of(line.id), Some(MessageStatus::Unconfirmed));
}

#[test]
fn what_failed_and_was_replaced_stays_cancelled_unless_it_arrives_after_all() {
    let (mut team, line) = a_queued_reply();
    team.sends(line);
    team.hears(LUCIA, line.id, ProviderStatus::Failed);
    let seen = team.seen();
    written(team.does(ANA, replacing(line, seen)));
    assert_eq!(team.status_of(line.id), Some(MessageStatus::Cancelled));
    // It was sent before it failed, and that is told late.
    team.hears(LUCIA, line.id, ProviderStatus::Sent);
    assert_eq!(team.status_of(line.id), Some(MessageStatus::Cancelled));
    team.hears(LUCIA, line.id, ProviderStatus::Delivered);
    assert_eq!(team.status_of(line.id), Some(MessageStatus::Delivered));
}
