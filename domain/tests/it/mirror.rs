//! What a client holds: gaps, repeats, snapshots taken while the world goes on.

use baton_domain::fact::log::Route;
use baton_domain::see::mirror::{
    Desk, Holdings, Lists, Mirror, Mirrored, Page, Progress, Want, fingerprint,
};
use baton_protocol::command::{MarkRead, MarkUnread};
use baton_protocol::conversation::Snapshot;
use baton_protocol::frame::{ResetReason, ServerFrame, Timings};
use baton_protocol::{
    AgentSet, CommandBody, ConversationId, Cursor, Epoch, Event, Fact, Owner, Status, TeamSet,
    Timestamp,
};
use uuid::Uuid;

use crate::client::{Client, snapshot};
use crate::team::{ANA, LUCIA, MATEO, SALES, Team, accepted, claim, reply, transfer, written};

const EPOCH: Epoch = Epoch(Uuid::from_u128(7));

fn welcome(epoch: Epoch, position: u64) -> ServerFrame {
    let timings = Timings {
        lease_ttl_ms: 12_000,
        lease_keep_ms: 4_000,
        idle_ms: 30_000,
        silent_ms: 75_000,
        being_answered_max_ms: 60_000,
    };
    let cursor = Cursor { epoch, position };
    let server_time = Timestamp::default();
    let (agent_id, facts, hears_idle) = (ANA.agent, None, false);
    ServerFrame::Welcome { cursor, epoch, agent_id, timings, server_time, facts, hears_idle }
}

fn reset(team: &Team) -> ServerFrame {
    ServerFrame::Reset { reason: ResetReason::NoCursor, upto: head(team), after_ms: 40 }
}

fn head(team: &Team) -> u64 {
    team.log.last().map_or(0, |logged| logged.event.position)
}

fn page(team: &Team, of: &[ConversationId]) -> Page {
    let snapshots = of.iter().filter_map(|id| snapshot(team, ANA, *id)).collect();
    Page { upto: head(team), snapshots, is_last: true }
}

/// Ana's mirror, up to now.
fn mirror(team: &Team) -> Mirror {
    let mut mirror = Mirror::default();
    assert_eq!(mirror.apply_frame(&welcome(EPOCH, head(team))), []);
    assert_eq!(mirror.apply_frame(&reset(team)), [Want::Snapshot { after_ms: 40 }]);
    let all: Vec<_> = team.conversations.keys().copied().collect();
    assert_eq!(mirror.apply_page(page(team, &all)), []);
    assert!(!mirror.is_taking());
    mirror
}

/// The events above a position, as a frame.
fn events(team: &Team, after: u64) -> ServerFrame {
    let events: Vec<Event> = team
        .log
        .iter()
        .map(|logged| logged.event.clone())
        .filter(|event| event.position > after)
        .collect();
    ServerFrame::Events { after, upto: head(team), events }
}

fn left(team: &Team, conversation_id: ConversationId) -> ServerFrame {
    ServerFrame::Left { position: head(team), conversation_id }
}

fn last_seq(mirror: &Mirror, id: ConversationId) -> Option<u64> {
    mirror.conversations.get(&id).map(|held| held.head().last_seq)
}

fn reads(team: &mut Team, seq: u64) {
    accepted(team.does(ANA, CommandBody::MarkRead(MarkRead { seq })));
}

fn read_seq(mirror: &Mirror) -> u64 {
    let Mirrored::Full(full) = &mirror.conversations[&LUCIA] else { panic!("a head only") };
    full.view.read_seq
}

#[test]
fn every_event_reads_what_it_writes() {
    let mut team = Team::with_a_customer();
    team.passes(5);
    let seen = team.seen();
    written(team.does(ANA, reply(seen)));
    for logged in &team.log {
        let text = serde_json::to_string(&logged.event).unwrap();
        let read: Event = serde_json::from_str(&text).unwrap_or_else(|e| panic!("{text}: {e}"));
        assert_eq!(read, logged.event, "{text}");
    }
}

#[test]
fn a_frame_above_the_cursor_is_a_gap_and_changes_nothing() {
    let mut team = Team::with_a_customer();
    let mut mirror = mirror(&team);
    let before = mirror.clone();
    team.customer_writes(LUCIA);
    team.customer_writes(LUCIA);
    assert_eq!(
        mirror.apply_frame(&events(&team, before.cursor.unwrap().position + 1)),
        [Want::Resume]
    );
    assert_eq!(mirror, before);
    let mut nobody = Mirror::default();
    assert_eq!(nobody.apply_frame(&events(&team, 0)), [Want::Resume]);
}

#[test]
fn an_empty_frame_moves_the_cursor_and_one_told_twice_changes_nothing() {
    let mut team = Team::with_a_customer();
    let mut mirror = mirror(&team);
    let from = head(&team);
    let idle = ServerFrame::Events { after: from, upto: from + 3, events: Vec::new() };
    let mut idler = mirror.clone();
    assert_eq!(idler.apply_frame(&idle), []);
    assert_eq!(idler.cursor.unwrap().position, from + 3);
    team.customer_writes(LUCIA);
    assert_eq!(mirror.apply_frame(&events(&team, from)), []);
    let once = mirror.clone();
    assert_eq!(mirror.apply_frame(&events(&team, from)), []);
    assert_eq!(mirror.apply_frame(&events(&team, 0)), []);
    assert_eq!(mirror, once);
    assert_eq!(last_seq(&mirror, LUCIA), Some(2));
}

#[test]
fn a_revision_gap_asks_for_the_conversation_once_until_it_is_there() {
    let mut team = Team::with_a_customer();
    let mut mirror = mirror(&team);
    team.customer_writes(LUCIA);
    let from = head(&team);
    team.customer_writes(LUCIA);
    // The second is told, the first is not.
    let ServerFrame::Events { events: told, .. } = events(&team, from) else { unreachable!() };
    let after = mirror.cursor.unwrap().position;
    let frame = ServerFrame::Events { after, upto: head(&team), events: told };
    assert_eq!(mirror.apply_frame(&frame), [Want::Conversation(LUCIA)]);
    let early = snapshot(&team, ANA, LUCIA);
    let from = head(&team);
    team.customer_writes(LUCIA);
    assert_eq!(mirror.apply_frame(&events(&team, from)), []);
    // Read before the last line came: not enough.
    assert_eq!(mirror.apply_conversation(LUCIA, early), [Want::Conversation(LUCIA)]);
    assert_eq!(mirror.wanted().collect::<Vec<_>>(), [LUCIA]);
    assert_eq!(mirror.apply_conversation(LUCIA, snapshot(&team, ANA, LUCIA)), []);
    assert_eq!((mirror.wanted().count(), last_seq(&mirror, LUCIA)), (0, Some(4)));
}

#[test]
fn an_event_of_what_is_not_held_asks_for_it_unless_it_begins_it() {
    let mut team = Team::with_a_customer();
    let mut mirror = mirror(&team);
    let from = head(&team);
    team.customer_writes(MATEO);
    let mut other = mirror.clone();
    assert_eq!(mirror.apply_frame(&events(&team, from)), []);
    assert_eq!(last_seq(&mirror, MATEO), Some(1));
    let ServerFrame::Events { events: mut told, .. } = events(&team, from) else { unreachable!() };
    told.remove(0);
    let frame = ServerFrame::Events { after: from, upto: head(&team), events: told };
    assert_eq!(other.apply_frame(&frame), [Want::Conversation(MATEO)]);
    // It is not there for Ana any more.
    assert_eq!(other.apply_conversation(MATEO, None), []);
    assert_eq!((last_seq(&other, MATEO), other.wanted().count()), (None, 0));
}

#[test]
fn what_left_is_gone_and_an_answer_under_way_does_not_bring_it_back() {
    let mut team = Team::with_a_customer();
    let mut mirror = mirror(&team);
    team.customer_writes(LUCIA);
    let from = head(&team);
    team.customer_writes(LUCIA);
    let ServerFrame::Events { events: told, .. } = events(&team, from) else { unreachable!() };
    let after = mirror.cursor.unwrap().position;
    let frame = ServerFrame::Events { after, upto: head(&team), events: told };
    assert_eq!(mirror.apply_frame(&frame), [Want::Conversation(LUCIA)]);
    let late = snapshot(&team, ANA, LUCIA);
    mirror.apply_frame(&left(&team, LUCIA));
    assert_eq!(mirror.apply_conversation(LUCIA, late), []);
    assert!(mirror.conversations.is_empty());
}

#[test]
fn another_life_of_the_database_leaves_nothing_and_the_same_one_everything() {
    let team = Team::with_a_customer();
    let mut mirror = mirror(&team);
    let before = mirror.clone();
    mirror.apply_frame(&welcome(EPOCH, head(&team)));
    assert_eq!(mirror, before);
    mirror.apply_frame(&welcome(Epoch(Uuid::from_u128(8)), 1));
    assert_eq!((mirror.cursor, mirror.conversations.len()), (None, 0));
}

#[test]
fn a_snapshot_drops_what_it_neither_lists_nor_was_told_of_since() {
    let mut team = Team::with_a_customer();
    team.customer_writes(MATEO);
    let mut mirror = mirror(&team);
    mirror.apply_frame(&reset(&team));
    assert_eq!(mirror.apply_page(page(&team, &[LUCIA])), []);
    assert_eq!((last_seq(&mirror, LUCIA), last_seq(&mirror, MATEO)), (Some(1), None));
    // Told of live above its position: it came into scope behind the pages.
    mirror.apply_frame(&reset(&team));
    let page = page(&team, &[LUCIA]);
    let from = head(&team);
    team.customer_writes(MATEO);
    let snapshot = Box::new(snapshot(&team, ANA, MATEO).unwrap());
    mirror.apply_frame(&ServerFrame::Entered { position: head(&team), snapshot });
    mirror.apply_frame(&events(&team, from));
    assert_eq!(mirror.apply_page(page), []);
    assert_eq!(last_seq(&mirror, MATEO), Some(2));
}

#[test]
fn a_page_read_before_something_left_does_not_bring_it_back() {
    let team = Team::with_a_customer();
    let mut mirror = mirror(&team);
    mirror.apply_frame(&reset(&team));
    let page = page(&team, &[LUCIA]);
    mirror.apply_frame(&left(&team, LUCIA));
    assert_eq!(mirror.apply_page(page), []);
    assert!(mirror.conversations.is_empty());
}

#[test]
fn what_a_snapshot_missed_is_asked_for_at_its_end() {
    let mut team = Team::with_a_customer();
    let mut mirror = Mirror::default();
    mirror.apply_frame(&welcome(EPOCH, head(&team)));
    mirror.apply_frame(&reset(&team));
    let page = page(&team, &[LUCIA]);
    let from = head(&team);
    team.customer_writes(LUCIA);
    assert_eq!(mirror.apply_frame(&events(&team, from)), []);
    assert_eq!(mirror.apply_page(page), [Want::Conversation(LUCIA)]);
    assert_eq!(mirror.apply_conversation(LUCIA, snapshot(&team, ANA, LUCIA)), []);
    assert_eq!(last_seq(&mirror, LUCIA), Some(2));
}

#[test]
fn an_old_snapshot_never_undoes_what_was_told() {
    let mut team = Team::with_a_customer();
    let mut mirror = mirror(&team);
    let old = snapshot(&team, ANA, LUCIA).unwrap();
    let from = head(&team);
    team.customer_writes(LUCIA);
    reads(&mut team, 2);
    mirror.apply_frame(&events(&team, from));
    mirror.apply_frame(&ServerFrame::Entered { position: from, snapshot: Box::new(old) });
    assert_eq!((last_seq(&mirror, LUCIA), read_seq(&mirror)), (Some(2), 2));
}

#[test]
fn a_read_mark_told_while_a_page_is_under_way_is_kept() {
    let mut team = Team::with_a_customer();
    let mut mirror = Mirror::default();
    mirror.apply_frame(&welcome(EPOCH, head(&team)));
    mirror.apply_frame(&reset(&team));
    let page = page(&team, &[LUCIA]);
    let from = head(&team);
    reads(&mut team, 1);
    mirror.apply_frame(&events(&team, from));
    mirror.apply_page(page);
    assert_eq!((read_seq(&mirror), mirror.conversations[&LUCIA].unread()), (1, 0));
}

#[test]
fn what_was_marked_unread_stays_so_against_older_answers_and_pages() {
    let mut team = Team::with_a_customer();
    reads(&mut team, 1);
    let (mut here, mut away) = (mirror(&team), mirror(&team));
    let (from, old) = (head(&team), snapshot(&team, ANA, LUCIA).unwrap());
    let (again, under_way) = (reset(&team), page(&team, &[LUCIA]));
    away.apply_frame(&again);
    accepted(team.does(ANA, CommandBody::MarkUnread(MarkUnread { seq: 1 })));
    for mirror in [&mut here, &mut away] {
        mirror.apply_frame(&events(&team, from));
        assert_eq!((read_seq(mirror), mirror.conversations[&LUCIA].unread()), (0, 1));
    }
    here.apply_frame(&ServerFrame::Entered { position: head(&team), snapshot: Box::new(old) });
    away.apply_page(under_way);
    assert_eq!((read_seq(&here), read_seq(&away)), (0, 0));
}

#[test]
fn the_head_that_stands_for_events_replaces_what_is_held() {
    let mut team = Team::with_a_customer();
    let mut mirror = mirror(&team);
    let from = head(&team);
    accepted(team.does(ANA, claim(1)));
    let of = team.lucia().head.clone();
    let mut event = team.log.last().unwrap().event.clone();
    event.fact = Fact::HeadChanged { head: of.clone() };
    let events = vec![event];
    mirror.apply_frame(&ServerFrame::Events { after: from, upto: head(&team), events });
    assert_eq!(mirror.conversations[&LUCIA], Mirrored::Head(of));
    // To a head, an event is no more than a reason to ask.
    let from = head(&team);
    team.customer_writes(LUCIA);
    assert_eq!(mirror.apply_frame(&self::events(&team, from)), [Want::Conversation(LUCIA)]);
}

#[test]
fn settings_are_read_again_when_they_change() {
    let mut team = Team::with_a_customer();
    let mut mirror = mirror(&team);
    let from = head(&team);
    let (agent_id, team_id) = (ANA.agent, SALES);
    let set = AgentSet { capacity: Some(Some(2)), ..AgentSet::default() };
    team.is_set(Fact::AgentChanged { agent_id, renamed: false, set });
    team.is_set(Fact::TeamChanged { team_id, renamed: true, set: TeamSet::default() });
    let wants = mirror.apply_frame(&events(&team, from));
    assert_eq!(wants, [Want::Agents, Want::Teams]);
}

#[test]
fn whoever_comes_back_ends_where_those_ended_who_stayed() {
    let mut team = Team::with_a_customer();
    let (mut stays, mut away) = (Client::new(ANA), Client::new(ANA));
    let mut each = |team: &mut Team| stays.listens(team);
    let seen = team.seen();
    written(team.does(ANA, reply(seen)));
    each(&mut team);
    let seen = team.seen();
    accepted(team.does(ANA, transfer(Owner::Queue(SALES), 2, seen)));
    each(&mut team);
    team.customer_writes(LUCIA);
    each(&mut team);
    team.customer_writes(MATEO);
    stays.settles(&team).unwrap();
    away.settles(&team).unwrap();
    assert_eq!(stays.mirror.fingerprint(), away.mirror.fingerprint());
    assert_eq!(stays.mirror.conversations.keys().collect::<Vec<_>>(), [&MATEO]);
}

#[test]
fn the_fingerprint_tells_every_difference_that_counts() {
    let team = Team::with_a_customer();
    let head = team.lucia().head.clone();
    let base = fingerprint([(&head, 1)]);
    let mut others = vec![fingerprint([]), fingerprint([(&head, 2)])];
    let mut with = |change: fn(&mut baton_protocol::Head)| {
        let mut other = head.clone();
        change(&mut other);
        others.push(fingerprint([(&other, 1)]));
    };
    with(|head| head.id = MATEO);
    with(|head| head.revision += 1);
    with(|head| head.last_seq += 1);
    with(|head| head.owner = Owner::Queue(SALES));
    with(|head| head.owner = Owner::Agent(ANA.agent));
    with(|head| head.status = Status::Waiting);
    with(|head| head.status = Status::Snoozed { until: Timestamp::from_ms(1) });
    with(|head| head.status = Status::Snoozed { until: Timestamp::from_ms(2) });
    others.push(base);
    let count = others.len();
    others.sort_unstable();
    others.dedup();
    assert_eq!(others.len(), count);
    // The same on every platform and in every release.
    assert_eq!(base, 0xf29d_ec3c_c6d6_9b67);
}

#[test]
fn a_head_has_nothing_unread() {
    let team = Team::with_a_customer();
    let mut mirror = mirror(&team);
    assert_eq!(mirror.conversations[&LUCIA].unread(), 1);
    let head = team.lucia().head.clone();
    let snapshot = Box::new(Snapshot::Head { head });
    mirror.apply_frame(&ServerFrame::Entered { position: self::head(&team), snapshot });
    assert_eq!(mirror.conversations[&LUCIA].unread(), 0);
}

/// What a killed phone has when it starts again: its conversations, and its progress as text.
fn restarted(mirror: Mirror) -> Mirror {
    let text = serde_json::to_string(&mirror.progress()).unwrap();
    let progress: Progress = serde_json::from_str(&text).unwrap();
    assert_eq!(progress, mirror.progress());
    Mirror::restored(progress, mirror.conversations)
}

#[test]
fn who_is_killed_during_a_snapshot_takes_it_anew_from_a_place_not_before_its_cursor() {
    let mut team = Team::with_a_customer();
    let mut mirror = Mirror::default();
    mirror.apply_frame(&welcome(EPOCH, head(&team)));
    mirror.apply_frame(&reset(&team));
    let early = page(&team, &[]);
    let from = head(&team);
    team.customer_writes(LUCIA);
    mirror.apply_frame(&events(&team, from));
    let mut mirror = restarted(mirror);
    assert!(mirror.is_taking());
    assert_eq!(mirror.apply_page(early), [Want::Snapshot { after_ms: 1_000 }]);
    assert!(mirror.is_taking());
    assert_eq!(mirror.apply_page(page(&team, &[LUCIA])), []);
    assert_eq!((mirror.is_taking(), last_seq(&mirror, LUCIA)), (false, Some(2)));
}

#[test]
fn who_is_killed_still_asks_for_what_was_behind_and_keeps_its_read_mark() {
    let mut team = Team::with_a_customer();
    let mut mirror = Mirror::default();
    mirror.apply_frame(&welcome(EPOCH, head(&team)));
    mirror.apply_frame(&reset(&team));
    mirror.apply_page(page(&team, &[]));
    let from = head(&team);
    team.customer_writes(LUCIA);
    mirror.apply_frame(&events(&team, from));
    let early = snapshot(&team, ANA, LUCIA);
    let from = head(&team);
    reads(&mut team, 2);
    mirror.apply_frame(&events(&team, from));
    let mut mirror = restarted(mirror);
    assert_eq!(mirror.wanted().collect::<Vec<_>>(), [LUCIA]);
    assert_eq!(mirror.apply_conversation(LUCIA, early), []);
    assert_eq!((read_seq(&mirror), mirror.wanted().count()), (2, 0));
}

#[test]
fn lists_that_changed_are_due_until_they_are_read_and_all_are_after_a_reset() {
    let mut team = Team::with_a_customer();
    let mut mirror = mirror(&team);
    assert_eq!(mirror.lists(), Lists::ALL);
    for list in baton_domain::see::mirror::List::EACH {
        mirror.has_read(list);
    }
    let from = head(&team);
    team.is_set(Fact::TeamChanged { team_id: SALES, renamed: true, set: TeamSet::default() });
    mirror.apply_frame(&events(&team, from));
    let mirror = restarted(mirror);
    assert_eq!(mirror.lists(), Lists { teams: true, ..Lists::default() });
}

#[test]
fn what_a_later_frame_overtook_is_passed_over() {
    let mut team = Team::with_a_customer();
    let mut mirror = mirror(&team);
    let before = head(&team);
    team.customer_writes(LUCIA);
    let after = head(&team);
    let entered = |position| ServerFrame::Entered {
        position,
        snapshot: Box::new(snapshot(&team, ANA, LUCIA).unwrap()),
    };
    let left = |position| ServerFrame::Left { position, conversation_id: LUCIA };
    mirror.apply_frame(&left(after));
    mirror.apply_frame(&entered(before));
    assert!(mirror.conversations.is_empty());
    mirror.apply_frame(&entered(after));
    mirror.apply_frame(&left(before));
    assert_eq!(last_seq(&mirror, LUCIA), Some(2));
}

#[test]
fn a_place_that_is_behind_the_last_one_is_heard_all_the_same() {
    let mut team = Team::with_a_customer();
    team.customer_writes(MATEO);
    let mut mirror = mirror(&team);
    let (behind, ahead) = (head(&team) + 1, head(&team) + 2);
    // Cut after what was told of one conversation, and before what was told of the other.
    mirror.apply_frame(&left(&team, LUCIA));
    mirror.apply_frame(&ServerFrame::Left { position: ahead, conversation_id: LUCIA });
    mirror.apply_frame(&welcome(EPOCH, behind));
    mirror.apply_frame(&ServerFrame::Left { position: behind, conversation_id: MATEO });
    assert!(mirror.conversations.is_empty());
}

#[test]
fn another_conversation_than_was_asked_for_is_no_answer() {
    let mut team = Team::with_a_customer();
    let mut mirror = mirror(&team);
    team.customer_writes(MATEO);
    let from = head(&team);
    team.customer_writes(MATEO);
    let ServerFrame::Events { events: told, .. } = events(&team, from) else { unreachable!() };
    let after = mirror.cursor.unwrap().position;
    mirror.apply_frame(&ServerFrame::Events { after, upto: head(&team), events: told });
    let other = snapshot(&team, ANA, LUCIA);
    assert_eq!(mirror.apply_conversation(MATEO, other), [Want::Conversation(MATEO)]);
    assert_eq!(mirror.wanted().collect::<Vec<_>>(), [MATEO]);
}

#[test]
fn a_desk_shows_what_lies_on_it_and_writes_it_once() {
    let mut team = Team::with_a_customer();
    let mut mirror = mirror(&team);
    let from = head(&team);
    team.customer_writes(LUCIA);
    team.customer_writes(MATEO);
    let frame = events(&team, from);
    let mut other = mirror.clone();
    other.apply_frame(&frame);
    let (on_desk, mut held) = mirror.held_in(());
    let (mut on_desk, ()) = on_desk.held_in(Desk::of(&mut held));
    let Ok(wants) = on_desk.try_frame(&frame);
    assert_eq!(wants, []);
    let Ok(hash) = on_desk.try_fingerprint();
    let Ok(ids) = on_desk.conversations.ids();
    assert_eq!((hash, ids), (other.fingerprint(), vec![LUCIA, MATEO]));
    let (on_desk, desk) = on_desk.held_in(());
    let Ok(()) = desk.clear_up();
    mirror = on_desk.held_in(held).0;
    assert_eq!(mirror, other);
}

/// The events above a position as an older client reads them: those at these places are of facts
/// that it does not know.
fn with_the_future(team: &Team, after: u64, unknown: impl Fn(&Event) -> bool) -> ServerFrame {
    let mut told = serde_json::to_value(events(team, after)).unwrap();
    for event in told["events"].as_array_mut().unwrap() {
        if unknown(&serde_json::from_value(event.clone()).unwrap()) {
            event["type"] = "of_the_future".into();
        }
    }
    serde_json::from_value(told).unwrap()
}

#[test]
fn a_fact_of_the_future_makes_the_mirror_read_the_conversation_anew() {
    let mut team = Team::with_a_customer();
    let mut mirror = mirror(&team);
    let from = head(&team);
    let seen = team.seen();
    written(team.does(ANA, reply(seen)));
    team.customer_writes(LUCIA);
    let frame = with_the_future(&team, from, |event| {
        matches!(event.fact, Fact::LineWritten { .. } | Fact::OwnerChanged { .. })
    });
    let wants = mirror.apply_frame(&frame);
    assert_eq!(wants, [Want::Conversation(LUCIA)], "once, whatever follows");
    assert_eq!(mirror.cursor.unwrap().position, head(&team), "the cursor moves on");
    assert_eq!(mirror.apply_conversation(LUCIA, snapshot(&team, ANA, LUCIA)), []);
    assert_eq!(mirror.fingerprint(), super::mirror::mirror(&team).fingerprint());
    // What follows is told as ever.
    let from = head(&team);
    team.customer_writes(LUCIA);
    assert_eq!(mirror.apply_frame(&events(&team, from)), []);
    assert_eq!(mirror.fingerprint(), super::mirror::mirror(&team).fingerprint());
}

#[test]
fn a_fact_of_the_future_without_a_revision_is_passed_over() {
    let mut team = Team::with_a_customer();
    let mut mirror = mirror(&team);
    let from = head(&team);
    reads(&mut team, 1);
    let before = mirror.clone();
    assert_eq!(mirror.apply_frame(&with_the_future(&team, from, |_| true)), []);
    assert_eq!(mirror.cursor.unwrap().position, head(&team));
    assert_eq!(mirror.conversations, before.conversations);
}

#[test]
fn settings_that_say_more_than_is_known_are_read_anew() {
    let team = Team::with_a_customer();
    let mut mirror = mirror(&team);
    let wants = [
        ("agent_changed", vec![Want::Agents]),
        ("membership_changed", vec![Want::Agents]),
        ("team_changed", vec![Want::Teams]),
        ("channel_changed", vec![Want::Channels]),
        ("rule_changed", vec![]),
    ];
    for (kind, wanted) in wants {
        let position = mirror.cursor.unwrap().position + 1;
        let event = serde_json::json!({ "position": position, "at": "2026-01-02T03:04:05.678Z",
            "actor": { "kind": "system" }, "type": kind, "set": "more than is known" });
        let frame = serde_json::json!({ "type": "events", "after": position - 1,
            "upto": position, "events": [event] });
        assert_eq!(mirror.apply_frame(&serde_json::from_value(frame).unwrap()), wanted, "{kind}");
    }
}

#[test]
fn what_only_a_newer_version_may_tell_goes_to_nobody_and_rights_are_read_anew() {
    let told = |kind: &str| -> Fact {
        serde_json::from_value(serde_json::json!({ "type": kind, "of": "the future" })).unwrap()
    };
    assert_eq!(Route::of(&told("key_made"), None, None), Route::Nobody);
    let sight = &Team::with_a_customer().sights[&ANA.agent];
    for (kind, changes) in [
        ("agent_changed", true),
        ("membership_changed", true),
        ("team_changed", true),
        ("x", false),
    ] {
        assert_eq!(sight.is_changed_by(&told(kind)), changes, "{kind}");
    }
}
