//! Messages of which nobody knows whether they arrived: that is said, until it is known.

use baton_domain::decide::delivery::{Claim, LANE_WAITS_MS, QUEUED_MS_MAX, SendResult};
use baton_domain::fact::inbound::ProviderStatus;
use baton_protocol::{LineRef, MessageStatus};

use crate::delivery::{a_queued_reply, refusal_of_meta};
use crate::team::{ANA, LUCIA, MINUTE, Team, accepted, cancel, reply, resend, written};

#[test]
fn what_may_have_arrived_is_never_said_to_be_held_or_withdrawn() {
    let overtaken = |team: &mut Team, line: LineRef| {
        team.customer_writes(LUCIA);
        assert!(matches!(team.claim(LUCIA, line.id), Claim::Hold(_)));
    };
    let cancelled = |team: &mut Team, line| {
        accepted(team.does(ANA, cancel(line)));
    };
    let refused = |team: &mut Team, line: LineRef| {
        assert!(matches!(team.claim(LUCIA, line.id), Claim::Go(_)));
        team.ends(LUCIA, line.id, &refusal_of_meta());
    };
    let late = |team: &mut Team, line: LineRef| {
        assert!(matches!(team.claim(LUCIA, line.id), Claim::Go(_)));
        team.ends(LUCIA, line.id, &SendResult::Again);
        team.passes(QUEUED_MS_MAX + 1);
        assert!(matches!(team.claim(LUCIA, line.id), Claim::Hold(_)));
    };
    let ways: [fn(&mut Team, LineRef); 4] = [overtaken, cancelled, refused, late];
    for way in ways {
        let (mut team, line) = a_queued_reply();
        team.sends_into_the_dark(line);
        team.passes(MINUTE);
        let seen = team.seen();
        accepted(team.does(ANA, resend(line, seen)));
        let before = team.lucia().thread.turn;
        way(&mut team, line);
        assert_eq!(team.status_of(line.id), Some(MessageStatus::Unconfirmed));
        let turn = team.lucia().thread.turn;
        assert!(turn.is_none_or(|turn| turn.from_seq > line.seq), "{before:?} {turn:?}");
        // It can be sent again, and a status still proves that it arrived.
        team.hears_of(LUCIA, (line.id, 1), ProviderStatus::Sent);
        assert_eq!(team.status_of(line.id), Some(MessageStatus::Sent));
    }
}

#[test]
fn a_predecessor_that_is_held_holds_nothing_that_may_have_arrived() {
    let (mut team, first) = a_queued_reply();
    let seen = team.seen();
    let second = written(team.does(ANA, reply(seen)));
    team.sends_into_the_dark(first);
    team.passes(LANE_WAITS_MS);
    team.sends_into_the_dark(second);
    team.passes(MINUTE);
    let seen = team.seen();
    accepted(team.does(ANA, resend(second, seen)));
    team.hears(LUCIA, first.id, ProviderStatus::Failed);
    assert_eq!(team.status_of(first.id), Some(MessageStatus::Failed));
    assert_eq!(team.status_of(second.id), Some(MessageStatus::Unconfirmed));
    assert_eq!(team.lucia().thread.turn, None, "the second may well be the answer");
}

#[test]
fn once_an_attempt_was_heard_of_a_message_is_not_in_doubt() {
    let (mut team, line) = a_queued_reply();
    team.sends_into_the_dark(line);
    team.hears_of(LUCIA, (line.id, 1), ProviderStatus::Failed);
    assert_eq!(team.status_of(line.id), Some(MessageStatus::Failed));
    accepted(team.does(ANA, cancel(line)));
    assert_eq!(team.status_of(line.id), Some(MessageStatus::Cancelled));
}

#[test]
fn the_failure_of_a_resend_says_nothing_of_the_attempt_before_it() {
    for is_accepted in [false, true] {
        let (mut team, line) = a_queued_reply();
        team.sends_into_the_dark(line);
        team.passes(MINUTE);
        let seen = team.seen();
        accepted(team.does(ANA, resend(line, seen)));
        assert!(matches!(team.claim(LUCIA, line.id), Claim::Go(_)));
        if is_accepted {
            team.hears_of(LUCIA, (line.id, 2), ProviderStatus::Sent);
        }
        team.hears_of(LUCIA, (line.id, 2), ProviderStatus::Failed);
        assert_eq!(team.status_of(line.id), Some(MessageStatus::Unconfirmed));
        assert_eq!(team.lucia().thread.turn, None, "the first may well be the answer");
    }
}
