//! Replies: the fence, the chain, the lease, the window, and the replay of outcomes.

use baton_domain::fact::outcome::Answer;
use baton_domain::fact::predicates::is_retryable;
use baton_protocol::command::{CannedUse, NoteText, Reply, Resend};
use baton_protocol::frame::LeaseHolder;
use baton_protocol::limits::{MISSED_LINES_MAX, WINDOW_MS};
use baton_protocol::{
    AgentState, Command, CommandBody, LineRef, MessageId, MessageStatus, OpId, Refusal, SettingId,
    Visibility,
};
use uuid::Uuid;

use crate::team::{
    ANA, ANA_DESK, BEN, BEN_ON_ANAS, CLEO, HOUR, LUCIA, MATEO, MINUTE, ROOT, SUPPORT, Team,
    accepted, claim, refused, replacing, reply, resend, resolve, wait, written,
};

#[test]
fn a_reply_that_knew_everything_is_accepted_and_closes_the_turn() {
    let mut team = Team::with_a_customer();
    let seen = team.seen();
    let line = written(team.does(ANA, reply(seen)));
    assert_eq!(line.seq, 2);
    assert_eq!(team.lucia().thread.turn, None);
    assert_eq!(team.lucia().head.unanswered_since, None);
}

#[test]
fn a_reply_that_missed_the_customers_last_message_is_refused_with_it() {
    let mut team = Team::with_a_customer();
    let seen = team.seen();
    let missed = team.customer_writes(LUCIA);
    let refusal = refused(team.does(ANA, reply(seen)), "stale");
    let expected = Refusal::Stale { current: Some(missed), missed: vec![missed], more: false };
    assert_eq!(refusal, expected);
}

#[test]
fn a_colleagues_answer_and_one_on_the_phone_app_trip_the_fence() {
    let mut team = Team::with_a_customer();
    let seen = team.seen();
    let bens = written(team.does(BEN, reply(seen)));
    let echo = team.somebody_answers_on_the_phone_app(LUCIA);
    let refusal = refused(team.does(ANA, reply(seen)), "stale");
    let expected = Refusal::Stale { current: Some(echo), missed: vec![bens, echo], more: false };
    assert_eq!(refusal, expected);
}

#[test]
fn more_missed_lines_than_are_listed_are_told_as_more() {
    let mut team = Team::with_a_customer();
    let seen = team.seen();
    let first = team.customer_writes(LUCIA);
    for _ in 1..MISSED_LINES_MAX {
        team.customer_writes(LUCIA);
    }
    let Refusal::Stale { missed, more, .. } = refused(team.does(ANA, reply(seen)), "stale") else {
        unreachable!()
    };
    assert_eq!((missed.len(), missed[0], more), (MISSED_LINES_MAX, first, false));
    team.customer_writes(LUCIA);
    let Refusal::Stale { missed, more, .. } = refused(team.does(ANA, reply(seen)), "stale") else {
        unreachable!()
    };
    assert_eq!((missed.len(), missed[0], more), (MISSED_LINES_MAX, first, true));
}

#[test]
fn a_line_of_another_life_of_the_database_is_no_line() {
    let mut team = Team::with_a_customer();
    let stranger = LineRef { seq: 1, id: MessageId(Uuid::from_u128(77)) };
    let refusal = refused(team.does(ANA, reply(Some(stranger))), "stale");
    let seen = team.seen();
    let expected =
        Refusal::Stale { current: seen, missed: seen.into_iter().collect(), more: false };
    assert_eq!(refusal, expected);
    let above = LineRef { seq: 9, id: stranger.id };
    refused(team.does(ANA, reply(Some(above))), "stale");
}

#[test]
fn nothing_seen_is_stale_once_something_was_said() {
    let mut team = Team::with_a_customer();
    refused(team.does(ANA, reply(None)), "stale");
}

#[test]
fn lines_that_were_not_read_are_never_taken_for_seen() {
    let mut team = Team::with_a_customer();
    let seen = team.seen();
    for _ in 0..9 {
        team.customer_writes(LUCIA);
    }
    // Of lines 2 to 10, the group read none, or left a hole.
    for (range, more) in [(1..=1, true), (1..=4, true), (1..=10, false)] {
        let lines = team.only(LUCIA, &[range]);
        let command = Command {
            op_id: team.op(),
            conversation_id: LUCIA,
            after: None,
            retry_of: None,
            body: reply(seen),
        };
        let answer = team.give_knowing(ANA, &command, &lines);
        let Refusal::Stale { more: told, .. } = refused(answer, "stale") else { unreachable!() };
        assert_eq!(told, more);
    }
}

#[test]
fn a_stale_seen_lists_only_an_unbroken_run_of_what_was_missed() {
    let mut team = Team::with_a_customer();
    let seen = team.seen();
    let mut missed: Vec<LineRef> = (0..9).map(|_| team.customer_writes(LUCIA)).collect();
    let lines = team.only(LUCIA, &[1..=4, 9..=10]);
    missed.truncate(3);
    let command = Command {
        op_id: team.op(),
        conversation_id: LUCIA,
        after: None,
        retry_of: None,
        body: reply(seen),
    };
    let refusal = refused(team.give_knowing(ANA, &command, &lines), "stale");
    assert_eq!(refusal, Refusal::Stale { current: team.seen(), missed, more: true });
}

// The chain.

#[test]
fn the_authors_own_earlier_reply_is_known_when_it_is_named() {
    let mut team = Team::with_a_customer();
    let seen = team.seen();
    written(team.does(ANA, reply(seen)));
    let first = team.last_op.unwrap();
    written(team.does_after(ANA, first, reply(seen)));
    let second = team.last_op.unwrap();
    // Two back, through a chain.
    written(team.does_after(ANA, second, reply(seen)));
}

#[test]
fn the_same_person_on_another_device_is_somebody_else_to_the_fence() {
    let mut team = Team::with_a_customer();
    let seen = team.seen();
    written(team.does(ANA, reply(seen)));
    refused(team.does(ANA_DESK, reply(seen)), "stale");
}

#[test]
fn the_same_device_without_a_chain_is_not_exempt() {
    let mut team = Team::with_a_customer();
    let seen = team.seen();
    written(team.does(ANA, reply(seen)));
    refused(team.does(ANA, reply(seen)), "stale");
    refused(team.does(BEN_ON_ANAS, reply(seen)), "stale");
}

#[test]
fn a_chain_exempts_nothing_of_the_customer() {
    let mut team = Team::with_a_customer();
    let seen = team.seen();
    written(team.does(ANA, reply(seen)));
    let first = team.last_op.unwrap();
    team.customer_writes(LUCIA);
    refused(team.does_after(ANA, first, reply(seen)), "stale");
}

#[test]
fn an_act_after_an_unknown_one_waits_and_after_a_refused_one_is_refused() {
    let mut team = Team::with_a_customer();
    let seen = team.seen();
    let unknown = team.op();
    let refusal = refused(team.does_after(ANA, unknown, reply(seen)), "depends_on_unknown");
    assert!(is_retryable(&refusal));
    refused(team.does(ANA, reply(None)), "stale");
    let stale = team.last_op.unwrap();
    refused(team.does_after(ANA, stale, reply(seen)), "depends_on_refused");
}

#[test]
fn an_act_of_somebody_else_is_no_predecessor() {
    let mut team = Team::with_a_customer();
    let seen = team.seen();
    written(team.does(BEN, reply(seen)));
    let bens = team.last_op.unwrap();
    refused(team.does_after(ANA, bens, reply(seen)), "depends_on_unknown");
}

#[test]
fn an_act_after_one_that_was_held_is_refused() {
    let mut team = Team::with_a_customer();
    let seen = team.seen();
    let line = written(team.does(ANA, reply(seen)));
    let first = team.last_op.unwrap();
    team.customer_writes(LUCIA);
    team.holds(line);
    let seen = team.seen();
    refused(team.does_after(ANA, first, reply(seen)), "depends_on_refused");
    // An author who was shown what happened replaces it instead.
    written(team.does(ANA, replacing(line, seen)));
}

#[test]
fn a_chain_cannot_be_a_circle() {
    let mut team = Team::with_a_customer();
    let op_id = team.op();
    let body = reply(team.seen());
    let command =
        Command { op_id, conversation_id: LUCIA, after: Some(op_id), retry_of: None, body };
    refused(team.give(ANA, &command), "invalid");
}

// The lease.

#[test]
fn a_colleague_who_composes_holds_back_the_others_but_not_their_own_devices() {
    let mut team = Team::with_a_customer();
    let seen = team.seen();
    let (agent_id, device_id) = (BEN.agent, BEN.device);
    team.lease = Some(LeaseHolder { agent_id, device_id, token: 1, since: team.now });
    let refusal = refused(team.does(ANA, reply(seen)), "being_answered");
    assert!(is_retryable(&refusal));
    written(team.does(BEN_ON_ANAS, reply(seen)));
}

#[test]
fn a_reply_names_a_version_of_a_canned_reply_that_there_is() {
    let mut team = Team::with_a_customer();
    let seen = team.seen();
    let made_of = |version| {
        let CommandBody::Reply(reply) = reply(seen) else { unreachable!() };
        let canned = Some(CannedUse { id: SettingId(Uuid::from_u128(7)), version });
        CommandBody::Reply(Reply { canned, ..reply })
    };
    refused(team.does(ANA, made_of(1)), "invalid");
    team.canned_version = Some(3);
    refused(team.does(ANA, made_of(0)), "invalid");
    refused(team.does(ANA, made_of(4)), "invalid");
    written(team.does(ANA, made_of(2)));
    let told = serde_json::to_value(&team.log.last().unwrap().event).unwrap();
    assert_eq!(told["canned"]["version"], 2);
}

#[test]
fn ignoring_a_lease_is_logged_with_whose_it_was_and_ignores_no_fence() {
    let mut team = Team::with_a_customer();
    let seen = team.seen();
    let (agent_id, device_id) = (BEN.agent, BEN.device);
    team.lease = Some(LeaseHolder { agent_id, device_id, token: 1, since: team.now });
    let insist = |seen| {
        let CommandBody::Reply(reply) = reply(seen) else { unreachable!() };
        CommandBody::Reply(Reply { ignore_lease: true, ..reply })
    };
    refused(team.does(ANA, insist(None)), "stale");
    written(team.does(ANA, insist(seen)));
    let told = serde_json::to_value(&team.log.last().unwrap().event).unwrap();
    assert_eq!(told["lease_ignored_of"], serde_json::to_value(BEN.agent).unwrap());
}

#[test]
fn a_resend_is_an_answer_that_leaves_and_waits_for_who_composes_unless_it_insists() {
    let mut team = Team::with_a_customer();
    let seen = team.seen();
    let line = written(team.does(ANA, reply(seen)));
    team.sends_into_the_dark(line);
    team.passes(MINUTE);
    let seen = team.seen();
    let (agent_id, device_id) = (BEN.agent, BEN.device);
    team.lease = Some(LeaseHolder { agent_id, device_id, token: 1, since: team.now });
    let refusal = refused(team.does(ANA, resend(line, seen)), "being_answered");
    assert!(is_retryable(&refusal));
    let insist =
        |seen| CommandBody::Resend(Resend { message_id: line.id, seen, ignore_lease: true });
    refused(team.does(ANA, insist(None)), "stale");
    accepted(team.does(ANA, insist(seen)));
    assert_eq!(team.status_of(line.id), Some(MessageStatus::Queued));
    let told = serde_json::to_value(&team.log.last().unwrap().event).unwrap();
    assert_eq!(told["lease_ignored_of"], serde_json::to_value(BEN.agent).unwrap());
}

// The window.

#[test]
fn a_reply_one_moment_after_the_window_is_refused() {
    let mut team = Team::with_a_customer();
    let seen = team.seen();
    team.passes(WINDOW_MS - 1);
    written(team.does(ANA, reply(seen)));
    let first = team.last_op.unwrap();
    team.passes(1);
    let refusal = refused(team.does_after(ANA, first, reply(seen)), "window_closed");
    assert_eq!(refusal, Refusal::WindowClosed { closed_at: Some(team.now) });
}

#[test]
fn a_late_message_never_shortens_the_window_and_a_future_one_never_stretches_it() {
    let mut team = Team::with_a_customer();
    let until = team.now.plus_ms(WINDOW_MS);
    let earlier = team.now.plus_ms(-HOUR);
    team.customer_wrote_at(LUCIA, earlier);
    assert_eq!(team.lucia().thread.window_until, Some(until));
    let later = team.now.plus_ms(HOUR);
    team.customer_wrote_at(LUCIA, later);
    assert_eq!(team.lucia().thread.window_until, Some(until));
}

// Texts.

#[test]
fn a_text_says_something_within_the_limit() {
    let mut team = Team::with_a_customer();
    let seen = team.seen();
    for (text, fine) in [
        ("", false),
        (" \n\t", false),
        ("a\0b", false),
        (&"x".repeat(4097), false),
        (&"ñ".repeat(4096), true),
    ] {
        let CommandBody::Reply(given) = reply(seen) else { unreachable!() };
        let answer = team.does(ANA, CommandBody::Reply(Reply { text: text.to_owned(), ..given }));
        assert_eq!(matches!(answer, Answer::Accepted(_)), fine, "{text:.10}");
    }
}

#[test]
fn what_is_quoted_is_a_line_of_this_conversation() {
    let mut team = Team::with_a_customer();
    let seen = team.seen();
    let elsewhere = team.customer_writes(MATEO);
    let quoting = |quoted: LineRef| {
        let CommandBody::Reply(given) = reply(seen) else { unreachable!() };
        CommandBody::Reply(Reply { quoted: Some(quoted.id), ..given })
    };
    refused(team.does(ANA, quoting(elsewhere)), "invalid");
    written(team.does(ANA, quoting(seen.unwrap())));
}

// Replay.

#[test]
fn the_same_command_gets_the_same_answer_and_happens_once() {
    let mut team = Team::with_a_customer();
    let op_id = team.op();
    let body = reply(team.seen());
    let command = Command { op_id, conversation_id: LUCIA, after: None, retry_of: None, body };
    let first = team.give(ANA, &command);
    let (lines, events) = (team.lucia().head.last_seq, team.log.len());
    team.customer_writes(LUCIA);
    assert_eq!(team.give(ANA, &command), first);
    assert_eq!((team.lucia().head.last_seq, team.log.len()), (lines + 1, events + 1));
}

#[test]
fn a_refusal_is_remembered_too() {
    let mut team = Team::with_a_customer();
    let op_id = team.op();
    let command =
        Command { op_id, conversation_id: LUCIA, after: None, retry_of: None, body: claim(99) };
    let first = team.give(ANA, &command);
    refused(first.clone(), "owner_changed");
    assert_eq!(team.give(ANA, &command), first);
}

#[test]
fn a_replay_comes_before_scope() {
    let mut team = Team::with_a_customer();
    let op_id = team.op();
    let body = reply(team.seen());
    let command = Command { op_id, conversation_id: LUCIA, after: None, retry_of: None, body };
    let first = team.give(ANA, &command);
    team.sights.get_mut(&ANA.agent).unwrap().viewer.teams.clear();
    accepted(team.does(ROOT, crate::team::unassign(2)));
    assert_eq!(team.give(ANA, &command), first);
}

#[test]
fn an_op_id_stands_for_one_command() {
    let mut team = Team::with_a_customer();
    let seen = team.seen();
    written(team.does(ANA, reply(seen)));
    let op_id = team.last_op.unwrap();
    let body = resolve(team.seen());
    let other = Command { op_id, conversation_id: LUCIA, after: None, retry_of: None, body };
    refused(team.give(ANA, &other), "op_id_reused");
}

#[test]
fn an_op_id_of_another_week_or_of_tomorrows_tomorrow_is_expired() {
    const DAY: i64 = 24 * HOUR;
    for (age, code) in [
        (7 * DAY, None),
        (7 * DAY + 1, Some("op_expired")),
        (-DAY, None),
        (-DAY - 1, Some("op_expired")),
    ] {
        let mut team = Team::with_a_customer();
        let now = team.now;
        team.now = now.plus_ms(-age);
        let op_id = team.op();
        team.now = now;
        let body = CommandBody::Note(NoteText::from("n".to_owned()));
        let command = Command { op_id, conversation_id: LUCIA, after: None, retry_of: None, body };
        let answer = team.give(ANA, &command);
        match code {
            Some(code) => drop(refused(answer, code)),
            None => drop(accepted(answer)),
        }
    }
}

#[test]
fn an_op_id_is_a_uuid_of_version_7() {
    let mut team = Team::with_a_customer();
    let op_id = OpId(Uuid::from_u128(5));
    let body = claim(1);
    let command = Command { op_id, conversation_id: LUCIA, after: None, retry_of: None, body };
    refused(team.give(ANA, &command), "invalid");
}

// Scope.

#[test]
fn what_is_out_of_scope_is_not_there() {
    let mut team = Team::with_a_customer();
    let seen = team.seen();
    refused(team.does(CLEO, reply(seen)), "not_in_scope");
    refused(team.does(CLEO, claim(1)), "not_in_scope");
    let nowhere = MATEO;
    refused(team.does_to(nowhere, ROOT, None, claim(1)), "not_in_scope");
}

#[test]
fn who_sees_heads_only_may_claim_and_nothing_else() {
    let mut team = Team::with_a_customer();
    team.shows(SUPPORT, Visibility::Head);
    let seen = team.seen();
    refused(team.does(ANA, reply(seen)), "not_in_scope");
    refused(team.does(ANA, wait(seen)), "not_in_scope");
    accepted(team.does(ANA, claim(1)));
    written(team.does(ANA, reply(seen)));
}

#[test]
fn who_does_not_work_here_any_more_changes_nothing() {
    for state in [AgentState::Leaving, AgentState::Inactive] {
        let mut team = Team::with_a_customer();
        accepted(team.does(ANA, claim(1)));
        team.agent(ANA).state = state;
        let seen = team.seen();
        refused(team.does(ANA, reply(seen)), "not_allowed");
    }
}
