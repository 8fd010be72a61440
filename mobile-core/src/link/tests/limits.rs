//! A server that lies: everything it can make a phone do is bounded.

use std::time::Duration;

use baton_model::team::{ANA, talk};
use baton_model::{Server, TIMINGS};
use baton_protocol::frame::ServerFrame;
use baton_protocol::{Actor, ConversationId, Cursor, Event, Fact, Timestamp};
use uuid::Uuid;

use super::bench::{Bench, ms, nothing, page, refused, reset};
use crate::link::{Fetched, LinkAction, Query, State, limits};

fn marked(position: u64) -> Event {
    Event {
        position,
        conversation_id: Some(ConversationId(Uuid::from_u128(9))),
        revision: None,
        at: Timestamp::default(),
        actor: Actor::System,
        fact: Fact::ReadMarked { agent_id: ANA, seq: 1 },
        content: None,
    }
}

/// An event of a conversation that is not held, which says nothing of itself.
fn noted(position: u64, conversation: u128, revision: u64) -> Event {
    let fact = Fact::EpisodeOpened { episode: 1, from_seq: Some(1) };
    let conversation_id = Some(ConversationId(Uuid::from_u128(conversation)));
    Event { conversation_id, revision: Some(revision), fact, ..marked(position) }
}

fn events(after: u64, upto: u64, positions: &[u64]) -> ServerFrame {
    ServerFrame::Events { after, upto, events: positions.iter().map(|at| marked(*at)).collect() }
}

#[test]
fn positions_that_go_back_or_lie_outside_their_frame_end_the_connection() {
    let wrong = [
        events(5, 4, &[]),
        events(0, 5, &[2, 2]),
        events(0, 5, &[3, 2]),
        events(0, 5, &[6]),
        events(3, 5, &[3]),
        super::bench::welcome(9, TIMINGS),
    ];
    for frame in wrong {
        let mut bench = Bench::live(1);
        bench.hears(frame.clone());
        assert!(matches!(bench.link.state(), State::Backoff { .. }), "{frame:?}");
        assert_eq!(bench.position(), 0, "{frame:?}");
    }
    let mut bench = Bench::live(1);
    bench.hears(events(0, 5, &[1, 5]));
    bench.hears(events(2, 4, &[3, 4]));
    assert_eq!((bench.link.state(), bench.position()), (State::Live, 5));
}

#[test]
fn a_head_below_the_cursor_without_a_reset_is_not_believed() {
    let mut bench = Bench::live(1);
    bench.hears(nothing(0, 50));
    bench.passes(limits::ACK_GAP);
    bench.is_closed(baton_protocol::frame::close::SLOW, "slow");
    bench.joins(40);
    assert_eq!(bench.link.state(), State::Resuming);
    bench.hears(nothing(40, 41));
    assert!(matches!(bench.link.state(), State::Backoff { .. }));
    bench.comes_to_a_try();
    bench.joins(40);
    bench.hears(reset(40, 0));
    bench.takes_all();
    assert_eq!((bench.link.state(), bench.position()), (State::Live, 40));
}

#[test]
fn frames_without_end_that_move_nothing_end_the_connection_and_idle_ones_do_not() {
    let mut bench = Bench::live(1);
    for _ in 0..limits::STANDSTILL_MAX + 10 {
        bench.passes(Duration::from_secs(30));
        bench.hears(nothing(0, 0));
        assert_eq!(bench.link.state(), State::Live);
    }
    for n in 0..limits::STANDSTILL_MAX + 10 {
        bench.passes(ms(1));
        if bench.link.state() != State::Live {
            assert!(n >= limits::STANDSTILL_MAX);
            return;
        }
        bench.hears(nothing(0, 0));
    }
    panic!("{:?}", bench.link.state());
}

#[test]
fn what_was_missed_and_never_comes_is_not_awaited_for_ever() {
    let mut bench = Bench::live(1);
    bench.is_closed(baton_protocol::frame::close::SLOW, "slow");
    bench.joins(u64::MAX);
    for n in 1..=4 {
        assert_eq!(bench.link.state(), State::Resuming);
        bench.passes(Duration::from_secs(29));
        bench.hears(nothing(n - 1, n));
    }
    bench.passes(Duration::from_secs(30));
    bench.hears(nothing(4, 4));
    assert_eq!(bench.link.state(), State::Resuming);
    bench.passes(Duration::from_secs(30));
    assert!(matches!(bench.link.state(), State::Backoff { .. }), "{:?}", bench.link.state());
    assert_eq!(bench.position(), 4);
}

#[test]
fn resets_without_end_end_the_connection() {
    let mut bench = Bench::live(1);
    for n in 0..u64::from(limits::RESETS_MAX) + 1 {
        bench.hears(reset(n + 1, 0));
    }
    assert!(matches!(bench.link.state(), State::Backoff { .. }), "{:?}", bench.link.state());
    let pages = bench.count(|said| matches!(said, LinkAction::Fetch(_, Query::Snapshot { .. })));
    let given_up = bench.count(|said| matches!(said, LinkAction::Abandon(_)));
    assert!(pages <= given_up + 2, "{pages} {given_up}");
}

#[test]
fn a_reset_is_followed_when_it_said_and_not_before() {
    let mut bench = Bench::live(1);
    bench.hears(reset(3, 1_500));
    let asks = |bench: &Bench| {
        bench.asked().iter().any(|(_, query)| matches!(query, Query::Snapshot { .. }))
    };
    bench.tell(crate::link::Input::Acted);
    bench.passes(ms(1_499));
    assert!(!asks(&bench));
    bench.passes(ms(1));
    assert!(asks(&bench));
    assert_eq!(bench.link.state(), State::Resuming);
    bench.takes_all();
    assert_eq!(bench.link.state(), State::Live);
}

#[test]
fn pages_without_end_end_as_a_server_that_cannot_be_understood() {
    let mut bench = Bench::new(1);
    let mut pages = 0_u64;
    for _ in 0..200_000 {
        let state = bench.link.state();
        if state == State::Incompatible {
            break;
        }
        if state == State::Connecting {
            bench.joins(0);
        }
        let asked = bench.asked();
        let page_asked = asked.iter().find(|(_, q)| matches!(q, Query::Snapshot { .. }));
        if let Some((ticket, _)) = page_asked.cloned() {
            pages += 1;
            bench.said.clear();
            let next = pages.to_string();
            bench.answer(ticket, Ok(Fetched::Page(page(0, Some(&next)))));
        } else {
            bench.passes(ms(100));
        }
    }
    assert_eq!(bench.link.state(), State::Incompatible);
    let most = u64::from(limits::FAULTS_MAX * limits::PAGES_MAX);
    assert!(pages <= most, "{pages} pages");
}

#[test]
fn a_page_that_names_itself_as_the_next_is_a_fault() {
    let mut bench = Bench::new(1);
    bench.joins(0);
    for _ in 0..2 {
        let asked = bench.asked();
        let (ticket, _) =
            asked.iter().rfind(|(_, query)| matches!(query, Query::Snapshot { .. })).unwrap();
        bench.answer(*ticket, Ok(Fetched::Page(page(0, Some("again")))));
    }
    assert!(matches!(bench.link.state(), State::Backoff { .. }), "{:?}", bench.link.state());
}

#[test]
fn a_page_that_is_not_known_any_more_is_asked_from_the_first_and_not_for_ever() {
    let mut bench = Bench::new(1);
    bench.joins(0);
    for n in 0..=limits::PAGE_RESTARTS_MAX {
        assert_eq!(bench.link.state(), State::Resuming, "{n}");
        let asked = bench.asked();
        let (ticket, _) =
            asked.iter().rfind(|(_, query)| matches!(query, Query::Snapshot { .. })).unwrap();
        bench.answer(*ticket, Err(refused(400, Some("invalid"))));
    }
    assert!(matches!(bench.link.state(), State::Backoff { .. }), "{:?}", bench.link.state());
}

#[test]
fn where_pages_do_not_come_through_smaller_ones_are_asked_for() {
    let mut bench = Bench::new(1);
    bench.joins(0);
    let mut sizes = Vec::new();
    for _ in 0..5 {
        let asked = bench.asked();
        let (ticket, query) =
            asked.iter().rfind(|(_, q)| matches!(q, Query::Snapshot { .. })).unwrap();
        let Query::Snapshot { limit, .. } = query else { unreachable!() };
        sizes.push(*limit);
        bench.answer(*ticket, Err(crate::link::Failure::Unreachable));
        let socket = bench.socket();
        bench.tell(crate::link::Input::Heard(socket));
        bench.passes(limits::BACKOFF_MAX);
    }
    assert_eq!(sizes, [50, 25, 12, 10, 10]);
}

#[test]
fn too_many_conversations_behind_make_a_snapshot_and_so_does_one_that_stays_behind() {
    let mut bench = Bench::live(1);
    let count = u64::try_from(limits::WANTED_MAX).unwrap() + 1;
    let told: Vec<_> = (1..=count).map(|n| noted(n, u128::from(n), 7)).collect();
    bench.hears(ServerFrame::Events { after: 0, upto: count, events: told });
    assert!(bench.link.mirror().is_taking());
    assert_eq!(bench.link.mirror().wanted().count(), 0);
    bench.takes_all();
    assert_eq!(bench.link.state(), State::Live);

    let mut bench = Bench::live(1);
    bench.hears(ServerFrame::Events { after: 0, upto: 1, events: vec![noted(1, 5, 7)] });
    let mut answers = 0;
    while !bench.link.mirror().is_taking() {
        let asked = bench.asked();
        let last = asked.iter().rfind(|(_, query)| matches!(query, Query::Conversation(_)));
        let (ticket, _) = last.unwrap();
        let snapshot = Server::with_customers(1).snapshot(ANA, talk(0)).unwrap();
        bench.answer(*ticket, Ok(Fetched::Conversation(Box::new(snapshot))));
        let socket = bench.socket();
        bench.tell(crate::link::Input::Heard(socket));
        bench.passes(limits::BACKOFF_MAX);
        answers += 1;
        assert!(answers <= limits::BEHIND_MAX + 1);
    }
    assert_eq!(bench.position(), 1);
}

#[test]
fn four_requests_go_at_once_and_the_others_wait() {
    let mut bench = Bench::live(1);
    let told: Vec<_> = (1..=40).map(|n| noted(n, u128::from(n), 7)).collect();
    bench.hears(ServerFrame::Events { after: 0, upto: 40, events: told });
    let before = bench.said.len();
    let asks = |said: &[(Duration, LinkAction)]| {
        said.iter().filter(|(_, effect)| matches!(effect, LinkAction::Fetch(..))).count()
    };
    let open: Vec<_> = bench
        .asked()
        .into_iter()
        .filter(|(_, query)| matches!(query, Query::Conversation(_)))
        .collect();
    assert_eq!(open.len(), limits::FETCHES_AT_ONCE);
    bench.answer(open[0].0, Err(refused(404, Some("not_found"))));
    assert_eq!(asks(&bench.said[before..]), 1);
}

#[test]
fn an_answer_of_another_life_of_the_database_is_not_taken() {
    let mut bench = Bench::new(1);
    bench.joins(0);
    let asked = bench.asked();
    let (ticket, _) = asked.iter().find(|(_, q)| matches!(q, Query::Snapshot { .. })).unwrap();
    let mut other = page(9, None);
    other.cursor = Cursor { epoch: baton_protocol::Epoch(Uuid::from_u128(77)), position: 9 };
    bench.answer(*ticket, Ok(Fetched::Page(other)));
    assert!(bench.link.mirror().is_taking());
}
