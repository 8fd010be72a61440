//! One test for each rule of a session.

#![expect(clippy::wildcard_enum_match_arm, reason = "a test fails on all that it does not name")]

use baton_protocol::frame::{LeaseState, ServerFrame};
use baton_protocol::limits::{
    CONTACT_NAME_CHARS_MAX, FIELDS_JSON_BYTES_MAX, LINE_TEXT_JSON_BYTES_MAX, SERVER_FRAME_BYTES_MAX,
};
use baton_protocol::outcome::Outcome;
use baton_protocol::{
    AgentSet, Author, Content, Fact, FieldValue, Line, LineKind, MessageId, Owner, Refusal,
    Refused, Role, SettingId, TeamId, TeamSet,
};
use uuid::Uuid;

use super::*;
use crate::gateway::testing::{ANA, LUIS, talk, team};

/// A conversation of team 1 with one line, at position 2.
fn story() -> Story {
    let mut story = Story::new();
    story.open(talk(1), team(1));
    story.say(talk(1), "Hola");
    story
}

/// A conversation that comes into Ana's scope.
fn arrival() -> Story {
    let mut story = Story::new();
    story.open(talk(1), team(2));
    story.hand(talk(1), Owner::Queue(team(1)), team(1));
    story
}

#[track_caller]
fn events(frame: &ServerFrame) -> (u64, u64, usize) {
    match frame {
        ServerFrame::Events { after, upto, events } => (*after, *upto, events.len()),
        other => panic!("expected events, got {other:?}"),
    }
}

#[track_caller]
fn settings() -> Fact {
    Fact::TeamChanged { team_id: TeamId(Uuid::nil()), renamed: true, set: TeamSet::default() }
}

fn compose(n: u128, action: &str) -> String {
    format!(r#"{{"type":"compose","conversation_id":"{}","action":"{action}"}}"#, talk(n))
}

#[test]
fn without_hello_within_ten_seconds_the_connection_is_closed() {
    let mut bench = Bench::new();
    assert!(bench.pass(Duration::from_millis(9_999)).is_empty());
    assert_eq!(closed(&bench.pass(Duration::from_millis(1))), Some(close::NO_HELLO));
    assert!(bench.text("{}").is_empty(), "nothing follows a close");
}

#[test]
fn a_first_frame_that_is_not_hello_closes_the_connection() {
    let mut bench = Bench::new();
    let effects = bench.text(r#"{"type":"view","conversation_id":null}"#);
    assert_eq!(closed(&effects), Some(close::SIGN_IN_AGAIN));
}

#[test]
fn a_token_that_is_not_good_closes_with_its_own_code() {
    for (refusal, code) in [
        (NotLetIn::SignInAgain, close::SIGN_IN_AGAIN),
        (NotLetIn::DeviceRevoked, close::DEVICE_REVOKED),
        (NotLetIn::Unavailable, close::DRAIN),
    ] {
        let mut bench = Bench::new();
        let device = ana().device;
        bench.text(&format!(r#"{{"type":"hello","token":"t","device_id":"{device}"}}"#));
        assert!(!bench.session.can_take_frames());
        assert_eq!(closed(&bench.tell(Input::LetIn(Err(refusal)))), Some(code));
    }
}

#[test]
fn hello_is_answered_by_welcome_and_then_by_what_was_missed() {
    let mut bench = Bench::new();
    let story = story();
    let effects = bench.say_hello(Some(1), 2, sight_of_ana());
    assert!(matches!(effects[0], SessionEffect::Join(speaker) if speaker == ana()));
    assert_eq!(asked_for(&effects[2..]), Some((1, 1)), "{effects:?}");
    assert!(matches!(sent(&effects)[..], [ServerFrame::Welcome { .. }]));
    let effects = bench.tell(Input::Gap(1, Ok(story.gap(&story.sight, 1))));
    assert_eq!(events(&sent(&effects)[0]), (1, 2, 1));
}

#[test]
fn a_hello_without_cursor_or_with_one_of_elsewhere_is_reset() {
    let mut bench = Bench::new();
    let frames = sent(&bench.say_hello(None, 7, sight_of_ana()));
    let [_, ServerFrame::Reset { reason, upto, .. }] = &frames[..] else { panic!("{frames:?}") };
    assert_eq!((*reason, *upto), (ResetReason::NoCursor, 7));
    let mut bench = Bench::new();
    let frames = sent(&bench.say_hello(Some(9), 7, sight_of_ana()));
    let [_, ServerFrame::Reset { reason, upto, .. }] = &frames[..] else { panic!("{frames:?}") };
    assert_eq!((*reason, *upto), (ResetReason::AboveHead, 7));
}

#[test]
fn live_events_follow_each_other_without_gap() {
    let mut bench = Bench::live_at(0);
    let mut story = arrival();
    let entered = bench.batch(&story, 0);
    let [SessionEffect::FetchSnapshot(ticket, _, _)] = entered[..] else { panic!("{entered:?}") };
    let snapshot = story.snapshot(&story.sight, talk(1)).map(Box::new);
    let frames = sent(&bench.tell(Input::Snapshot(ticket, Ok(snapshot))));
    assert!(matches!(frames[0], ServerFrame::Entered { position: 2, .. }));
    assert_eq!(events(&frames[1]), (0, 2, 0), "the cursor moves after what entered");
    story.say(talk(1), "¿Hay alguien?");
    assert_eq!(events(&sent(&bench.batch(&story, 2))[0]), (2, 3, 1));
}

#[test]
fn a_conversation_that_begins_is_told_by_its_events() {
    let mut bench = Bench::live_at(0);
    assert_eq!(events(&sent(&bench.batch(&story(), 0))[0]), (0, 2, 2));
}

#[test]
fn a_batch_that_does_not_follow_makes_the_session_read_the_log() {
    let mut bench = Bench::live_at(2);
    let mut story = story();
    story.say(talk(1), "uno");
    story.say(talk(1), "dos");
    let effects = bench.batch(&story, 3);
    let Some((ticket, 2)) = asked_for(&effects) else { panic!("{effects:?}") };
    let frames = sent(&bench.tell(Input::Gap(ticket, Ok(story.gap(&story.sight, 2)))));
    assert_eq!(events(&frames[0]), (2, 4, 2));
    assert!(bench.batch(&story, 3).is_empty(), "what was told is not told again");
}

#[test]
fn the_polled_head_makes_the_session_read_what_the_bus_lost() {
    let mut bench = Bench::live_at(2);
    let head = |position| Input::Head(Cursor { epoch: EPOCH, position });
    assert!(bench.tell(head(2)).is_empty());
    assert!(matches!(asked_for(&bench.tell(head(3))), Some((_, 2))));
    assert!(bench.tell(head(4)).is_empty(), "it is being read already");
}

#[test]
fn batches_that_come_during_a_resume_are_told_after_it() {
    let mut bench = Bench::new();
    let mut story = story();
    bench.say_hello(Some(1), 2, sight_of_ana());
    let gap = story.gap(&story.sight, 1);
    story.say(talk(1), "uno");
    assert!(bench.batch(&story, 2).is_empty());
    let frames = sent(&bench.tell(Input::Gap(1, Ok(gap))));
    let told: Vec<_> = frames.iter().map(events).collect();
    assert_eq!(told, [(1, 2, 1), (2, 3, 1)]);
}

#[test]
fn more_batches_than_are_kept_are_read_from_the_log() {
    let mut bench = Bench::new();
    let mut story = story();
    bench.say_hello(Some(2), 2, sight_of_ana());
    let gap = story.gap(&story.sight, 2);
    for _ in 0..=Rules::default().batches {
        let after = story.head();
        story.say(talk(1), "otra vez");
        assert!(bench.batch(&story, after).is_empty());
    }
    let effects = bench.tell(Input::Gap(1, Ok(gap)));
    let Some((ticket, 2)) = asked_for(&effects) else { panic!("{effects:?}") };
    let frames = sent(&bench.tell(Input::Gap(ticket, Ok(story.gap(&story.sight, 2)))));
    assert_eq!(events(&frames[0]), (2, story.head(), story.log.len() - 2));
}

#[test]
fn a_store_that_is_away_is_asked_again_after_a_pause() {
    let mut bench = Bench::new();
    bench.say_hello(Some(2), 2, sight_of_ana());
    assert!(bench.tell(Input::Gap(1, Err(Unavailable))).is_empty());
    assert!(bench.pass(Duration::from_millis(999)).is_empty());
    assert!(matches!(asked_for(&bench.pass(Duration::from_millis(1))), Some((_, 2))));
}

#[test]
fn what_leaves_the_scope_is_told_before_the_cursor_moves() {
    let mut bench = Bench::live_at(2);
    let mut story = story();
    story.hand(talk(1), Owner::Queue(team(9)), team(9));
    story.say(talk(1), "secreto");
    let effects = bench.batch(&story, 2);
    let frames = sent(&effects);
    assert!(matches!(frames[0], ServerFrame::Left { position: 4, conversation_id }
        if conversation_id == talk(1)));
    assert_eq!(events(&frames[1]), (2, 4, 0));
    assert!(!format!("{effects:?}").contains("secreto"));
}

#[test]
fn at_level_head_only_the_head_is_told() {
    let mut bench = Bench::new();
    let mut story = story();
    story.sight.viewer.teams = [(team(2), baton_protocol::MembershipKind::Member)].into();
    story.hand(talk(1), Owner::Agent(LUIS), team(2));
    bench.say_hello(Some(3), 3, story.sight.clone());
    bench.tell(Input::Gap(1, Ok(story.gap(&story.sight, 3))));
    story.say(talk(1), "secreto");
    story.say(talk(1), "secreto");
    let effects = bench.batch(&story, 3);
    let frames = sent(&effects);
    let ServerFrame::Events { after: 3, upto: 5, events } = &frames[0] else { panic!() };
    let [event] = &events[..] else { panic!("{events:?}") };
    let Fact::HeadChanged { head } = &event.fact else { panic!("{event:?}") };
    assert_eq!((head.revision, event.revision), (5, Some(5)));
    assert!(!format!("{effects:?}").contains("secreto"));
}

#[test]
fn a_head_that_is_not_at_hand_is_fetched() {
    let mut bench = Bench::new();
    let mut story = story();
    story.sight.viewer.teams = [(team(2), baton_protocol::MembershipKind::Member)].into();
    story.hand(talk(1), Owner::Agent(LUIS), team(2));
    bench.say_hello(Some(3), 3, story.sight.clone());
    story.say(talk(1), "secreto");
    let Gap::Changes { upto, events, .. } = story.gap(&story.sight, 3) else { panic!() };
    let gap = Gap::Changes { upto, events, heads: Default::default() };
    let effects = bench.tell(Input::Gap(1, Ok(gap)));
    assert!(matches!(effects[..], [SessionEffect::FetchSnapshot(..)]), "{effects:?}");
}

#[test]
fn a_change_of_scope_stops_content_at_once_and_resets() {
    let mut bench = Bench::live_at(2);
    let mut story = story();
    story.toggle_member(team(1));
    story.say(talk(1), "secreto");
    let effects = bench.batch(&story, 2);
    let frames = sent(&effects);
    let [ServerFrame::Reset { reason, upto: 4, after_ms }] = frames[..] else {
        panic!("{frames:?}")
    };
    assert_eq!(reason, ResetReason::ScopeChanged);
    assert!(after_ms < 2_000);
    let Some(SessionEffect::FetchSight(ticket)) = effects.last() else { panic!("{effects:?}") };
    story.say(talk(1), "secreto");
    assert!(bench.batch(&story, 4).is_empty(), "nothing is told while the sight is unknown");
    let sight = Some(Box::new(story.sight.clone()));
    assert!(bench.tell(Input::Sight(*ticket, Ok(sight))).is_empty(), "it is not theirs any more");
    story.everyone(settings());
    assert_eq!(events(&sent(&bench.batch(&story, 5))[0]), (4, 6, 1), "live goes on from upto");
}

#[test]
fn a_change_of_scope_while_something_is_read_voids_what_was_read() {
    let mut bench = Bench::new();
    let mut story = arrival();
    bench.say_hello(Some(0), 2, sight_of_ana());
    let gap = story.gap(&story.sight, 0);
    let effects = bench.tell(Input::Gap(1, Ok(gap)));
    let Some(SessionEffect::FetchSnapshot(ticket, ..)) = effects.last() else {
        panic!("{effects:?}")
    };
    let snapshot = story.snapshot(&story.sight, talk(1)).map(Box::new);
    story.toggle_member(team(1));
    let frames = sent(&bench.batch(&story, 2));
    assert!(matches!(frames[..], [ServerFrame::Reset { upto: 3, .. }]));
    assert!(bench.tell(Input::Snapshot(*ticket, Ok(snapshot))).is_empty());
}

#[test]
fn whoever_may_see_nothing_any_more_has_to_sign_in_again() {
    let mut bench = Bench::live_at(2);
    let mut story = story();
    let set = AgentSet { role: Some(Role::Agent), ..AgentSet::default() };
    story.everyone(Fact::AgentChanged { agent_id: ANA, renamed: false, set });
    let effects = bench.batch(&story, 2);
    let Some(SessionEffect::FetchSight(ticket)) = effects.last() else { panic!("{effects:?}") };
    let effects = bench.tell(Input::Sight(*ticket, Ok(None)));
    assert_eq!(closed(&effects), Some(close::SIGN_IN_AGAIN));
}

#[test]
fn what_is_nobodys_business_moves_the_cursor_a_little_later() {
    let mut bench = Bench::live_at(2);
    let mut story = story();
    story.open(talk(2), team(9));
    story.say(talk(2), "de otros");
    assert!(bench.batch(&story, 2).is_empty());
    assert!(bench.pass(Duration::from_millis(4_999)).is_empty());
    let frames = sent(&bench.pass(Duration::from_millis(1)));
    assert_eq!(frames.iter().map(events).collect::<Vec<_>>(), [(2, 4, 0)]);
}

#[test]
fn an_idle_connection_hears_an_empty_frame_and_a_ping_every_thirty_seconds() {
    let mut bench = Bench::live_at(2);
    assert!(bench.pass(Duration::from_millis(29_999)).is_empty());
    let effects = bench.pass(Duration::from_millis(1));
    assert!(matches!(effects[0], SessionEffect::Ping));
    assert_eq!(events(&sent(&effects)[0]), (2, 2, 0));
    bench.tell(Input::Heard);
    assert!(bench.pass(Duration::from_millis(29_999)).is_empty());
    assert_eq!(sent(&bench.pass(Duration::from_millis(1))).len(), 1);
}

#[test]
fn a_client_that_is_silent_is_given_up() {
    let mut bench = Bench::live_at(2);
    assert_eq!(closed(&bench.pass(Duration::from_secs(74))), None);
    assert_eq!(closed(&bench.pass(Duration::from_secs(1))), Some(close::SLOW));
}

#[test]
fn nothing_is_composed_where_nothing_may_be_seen() {
    let mut bench = Bench::live_at(2);
    let effects = bench.text(&compose(2, "start"));
    let [SessionEffect::LookUpScope(wanted)] = &effects[..] else { panic!("{effects:?}") };
    let wanted = wanted.clone();
    let foreign = Scope { team: team(9), owner: Owner::Queue(team(9)) };
    for scope in [Some(foreign), None] {
        let effects = bench.tell(Input::Scoped(wanted.clone(), Ok(scope)));
        assert_eq!(error(&effects), ("not_in_scope".into(), Some("compose".into())));
    }
    let mine = Scope { team: team(1), owner: Owner::Queue(team(1)) };
    let effects = bench.tell(Input::Scoped(wanted, Ok(Some(mine))));
    assert!(matches!(effects[..], [SessionEffect::Carry(..)]));
    assert!(matches!(bench.text(&compose(2, "stop"))[..], [SessionEffect::Carry(..)]));
}

#[test]
fn ephemeral_frames_go_only_to_those_who_see_the_conversation_in_full() {
    let mut bench = Bench::live_at(2);
    let queue = |n| Scope { team: team(n), owner: Owner::Queue(team(n)) };
    let mut told = |to| {
        let state = LeaseState { conversation_id: talk(1), holder: None };
        let frame = frames::write(&ServerFrame::Lease(state));
        let effects = bench.tell(Input::Relay(Arc::new(Relay { frame, to })));
        assert!(effects.iter().all(|e| matches!(e, SessionEffect::Send { durable: false, .. })));
        !effects.is_empty()
    };
    assert!(told(Audience::Everyone));
    assert!(told(Audience::Scope(queue(1))));
    assert!(!told(Audience::Scope(queue(2))), "level head is not enough");
    assert!(!told(Audience::Scope(queue(9))));
    assert!(told(Audience::ScopeBut(queue(1), LUIS)));
    assert!(!told(Audience::ScopeBut(queue(1), ANA)), "one's own draft");
}

#[test]
fn ephemeral_frames_stop_while_the_sight_is_unknown() {
    let mut bench = Bench::live_at(2);
    let mut story = story();
    story.toggle_member(team(3));
    bench.batch(&story, 2);
    let to = Audience::Scope(Scope { team: team(1), owner: Owner::Queue(team(1)) });
    let relay = Arc::new(Relay { frame: "{}".to_owned().into(), to });
    assert!(bench.tell(Input::Relay(relay)).is_empty());
}

#[test]
fn no_frame_is_larger_than_the_wire_allows() {
    let mut bench = Bench::live_at(2);
    let mut story = story();
    for _ in 0..40 {
        story.say(talk(1), &"á".repeat(8_000));
    }
    let effects = bench.batch(&story, 2);
    let sizes = effects.iter().map(|effect| match effect {
        SessionEffect::Send { frame, .. } => frame.len(),
        other => panic!("{other:?}"),
    });
    assert!(sizes.clone().count() > 2 && sizes.max() <= Some(SERVER_FRAME_BYTES_MAX));
    let (mut at, mut count) = (2, 0);
    for (after, upto, events) in sent(&effects).iter().map(events) {
        assert_eq!(after, at);
        (at, count) = (upto, count + events);
    }
    assert_eq!((at, count), (42, 40));
}

/// A customer's line of 8,192 bytes.
fn long_line(seq: u64) -> Line {
    Line {
        seq,
        id: MessageId(Uuid::from_u128(u128::from(seq))),
        author: Author::Customer,
        kind: LineKind::Text,
        at: Timestamp::from_ms(0),
        content: Content { text: Some("ب".repeat(4_096)), ..Content::default() },
        file: None,
        quoted: None,
        status: None,
        held: None,
        error: None,
        op_id: None,
        device_id: None,
        leaves_at: None,
        amended: None,
    }
}

#[test]
fn a_refusal_too_large_for_a_frame_keeps_its_newest_lines_and_says_that_there_are_more() {
    let mut bench = Bench::live_at(2);
    let refusal = Refusal::Stale { current: None, missed: Vec::new(), more: false };
    let lines = (1..=50).map(long_line).collect();
    let outcome = Outcome::Refused(Refused { lines, ..refusal.into() });
    let result = Box::new(CommandResult { op_id: None, outcome });
    let effects = bench.tell(Input::Done(talk(1), result));
    let Some(SessionEffect::Send { frame, durable: true, .. }) = effects.last() else { panic!() };
    assert!(frame.len() <= SERVER_FRAME_BYTES_MAX, "{} bytes", frame.len());
    let ServerFrame::CommandResult(told) = &sent(&effects)[0] else { panic!() };
    let Outcome::Refused(refused) = &told.outcome else { panic!() };
    assert!(matches!(refused.refusal, Refusal::Stale { more: true, .. }));
    assert!(refused.lines.len() > 20, "{}", refused.lines.len());
    assert_eq!(refused.lines.last().unwrap().seq, 50);
}

#[test]
fn a_snapshot_too_large_for_a_frame_keeps_its_newest_lines() {
    let story = story();
    let mut snapshot = story.snapshot(&story.sight, talk(1)).unwrap();
    let Snapshot::Full { lines, .. } = &mut snapshot else { panic!() };
    lines.extend((1..=100).map(long_line));
    let frame = frames::write_entered(102, snapshot);
    assert!(frame.len() <= SERVER_FRAME_BYTES_MAX);
    let ServerFrame::Entered { snapshot, .. } = serde_json::from_str(frame.as_str()).unwrap()
    else {
        panic!()
    };
    let Snapshot::Full { from_seq, lines, .. } = *snapshot else { panic!() };
    assert_eq!((lines[0].seq, lines.last().unwrap().seq), (from_seq, 100));
}

/// A customer's line of as much as is kept.
fn longest_line() -> Line {
    let text = Some("\u{1}".repeat(LINE_TEXT_JSON_BYTES_MAX / 6));
    Line { content: Content { text, ..Content::default() }, ..long_line(1) }
}

#[test]
fn the_longest_line_of_a_customer_fits_an_event_and_a_snapshot() {
    let mut bench = Bench::live_at(2);
    let mut story = story();
    story.hear(talk(1), longest_line());
    for effect in bench.batch(&story, 2) {
        let SessionEffect::Send { frame, .. } = effect else { panic!("{effect:?}") };
        assert!(frame.len() <= SERVER_FRAME_BYTES_MAX, "{} bytes", frame.len());
        assert!(frame.len() > LINE_TEXT_JSON_BYTES_MAX, "{} bytes", frame.len());
    }
    let mut snapshot = story.snapshot(&story.sight, talk(1)).unwrap();
    let Snapshot::Full { lines, view, .. } = &mut snapshot else { panic!() };
    view.preview = Some(longest_line());
    view.contact.name = Some("\u{1}".repeat(CONTACT_NAME_CHARS_MAX));
    let field = FieldValue::Text("a".repeat(FIELDS_JSON_BYTES_MAX));
    view.contact.fields.insert(SettingId(Uuid::nil()), field);
    lines.extend([longest_line(), longest_line()]);
    let frame = frames::write_entered(3, snapshot);
    assert!(frame.len() <= SERVER_FRAME_BYTES_MAX, "{} bytes", frame.len());
}

#[test]
fn an_event_is_serialised_once_for_all_sessions_of_one_class() {
    let mut story = story();
    story.say(talk(1), "uno");
    story.say(talk(1), "dos");
    let counter = Counts::default();
    let batch = Arc::new(Published::new(story.batch(2), counter.clone()));
    let mut frames = Vec::new();
    for _ in 0..100 {
        let mut bench = Bench::live_at(2);
        frames.extend(bench.tell(Input::Batch(Arc::clone(&batch))));
    }
    assert_eq!((frames.len(), counter.serialised()), (100, 2));
}

#[test]
fn another_life_of_the_log_sends_the_client_away_to_come_back() {
    let mut bench = Bench::live_at(2);
    let epoch = baton_protocol::Epoch(Uuid::from_u128(77));
    let effects = bench.tell(Input::Head(Cursor { epoch, position: 9 }));
    assert_eq!(closed(&effects), Some(close::DRAIN));
}

#[test]
fn a_drain_says_when_to_come_back_spread_over_ten_seconds() {
    let mut waits = std::collections::BTreeSet::new();
    for seed in 1..50 {
        let mut bench = Bench::live_at(2);
        bench.session.random = seed * 7_919;
        let effects = bench.tell(Input::Drain);
        let Some(SessionEffect::Close { code: close::DRAIN, reason }) = effects.last() else {
            panic!()
        };
        let reason: serde_json::Value = serde_json::from_str(reason).unwrap();
        waits.insert(reason["retry_after_ms"].as_u64().unwrap());
    }
    assert!(waits.iter().all(|ms| *ms < 10_000) && waits.len() > 25, "{waits:?}");
}
