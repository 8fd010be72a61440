//! Who is signed in, who looks, and what the server thinks of it.

use std::time::Duration;

use baton_model::Server;
use baton_model::team::{ANA, talk};
use baton_protocol::frame::{ClientFrame, ServerFrame, close};
use baton_protocol::page::SyncAnswer;
use baton_protocol::{ConversationId, Cursor};

use super::bench::{Bench, EPOCH, ms, nothing, page, refused, reset};
use crate::link::{
    Failure, Fetched, Input, Link, LinkAction, Query, SocketId, State, Ticket, Token, limits, read,
};

fn token(text: &str) -> Token {
    Token { text: text.to_owned(), good_until: Duration::MAX }
}

fn refreshes(bench: &Bench) -> usize {
    bench.count(|said| matches!(said, LinkAction::RefreshToken))
}

fn wipes(bench: &Bench) -> usize {
    bench.count(|said| matches!(said, LinkAction::Wipe))
}

fn used(said: &[LinkAction]) -> Option<String> {
    said.iter().find_map(|effect| {
        let LinkAction::Send(_, ClientFrame::Hello(hello)) = effect else { return None };
        hello.token.clone()
    })
}

#[test]
fn a_token_that_is_not_accepted_is_refreshed_once_and_then_somebody_has_to_sign_in() {
    let mut bench = Bench::new(1);
    bench.greets();
    bench.is_closed(close::SIGN_IN_AGAIN, "sign in again");
    assert_eq!((refreshes(&bench), bench.tries().len()), (1, 1));
    bench.tell(Input::Refreshed(Ok(token("second"))));
    assert_eq!(bench.link.state(), State::Connecting);
    let socket = bench.socket();
    let said = bench.tell(Input::SocketOpened(socket));
    assert_eq!(used(&said).as_deref(), Some("second"));
    bench.is_closed(close::SIGN_IN_AGAIN, "sign in again");
    assert_eq!((bench.link.state(), refreshes(&bench)), (State::NeedsSignIn, 1));
    assert_eq!((bench.link.poll_timeout(), wipes(&bench)), (None, 0));
    bench.opens(Duration::MAX);
    assert_eq!(bench.link.state(), State::Connecting);
}

#[test]
fn a_token_that_worked_may_be_refreshed_again_and_so_may_one_that_grew_old() {
    let mut bench = Bench::live(1);
    for n in 1..5 {
        bench.is_closed(close::SIGN_IN_AGAIN, "sign in again");
        assert_eq!(refreshes(&bench), n);
        bench.tell(Input::Refreshed(Ok(token("next"))));
        bench.passes(limits::STABLE);
        bench.comes_to_a_try();
        if n % 2 == 0 {
            bench.joins(0);
        } else {
            bench.greets();
        }
    }
}

#[test]
fn a_hello_that_came_too_late_is_the_networks_fault() {
    let mut bench = Bench::new(1);
    for _ in 0..5 {
        bench.greets();
        bench.is_closed(close::NO_HELLO, "no hello came");
        assert_eq!(refreshes(&bench), 0);
        assert!(matches!(bench.link.state(), State::Backoff { .. }), "not at once");
        bench.comes_to_a_try();
    }
}

#[test]
fn a_refusal_of_the_last_token_says_nothing_of_the_present_one() {
    let mut bench = Bench::new(1);
    bench.joins(0);
    let asked = bench.asked();
    assert!(asked.len() > 2);
    let failure = || Err(refused(401, Some("unauthenticated")));
    bench.answer(asked[0].0, failure());
    assert_eq!(refreshes(&bench), 1);
    bench.tell(Input::Refreshed(Ok(token("second"))));
    bench.answer(asked[1].0, failure());
    let token = token("first");
    bench.tell(Input::Rejected { token, failure: refused(401, Some("unauthenticated")) });
    assert_eq!((bench.link.state(), refreshes(&bench)), (State::Resuming, 1));
}

#[test]
fn only_an_answer_that_says_so_wipes() {
    let mut bench = Bench::live(1);
    bench.is_closed(close::DEVICE_REVOKED, "device_revoked");
    assert_eq!((wipes(&bench), refreshes(&bench)), (0, 1));
    bench.tell(Input::Refreshed(Err(refused(401, Some("unauthenticated")))));
    assert_eq!((bench.link.state(), wipes(&bench)), (State::NeedsSignIn, 0));

    let mut bench = Bench::live(1);
    bench.is_closed(close::DEVICE_REVOKED, "device_revoked");
    bench.tell(Input::Refreshed(Err(refused(403, Some("device_revoked")))));
    assert_eq!(wipes(&bench), 0);
    bench.tell(Input::Refreshed(Err(refused(401, Some("device_revoked")))));
    assert_eq!((bench.link.state(), wipes(&bench)), (State::Wiped, 1));
    assert_eq!((bench.link.poll_timeout(), bench.link.mirror().cursor), (None, None));
    for input in [Input::Foreground, Input::NetworkChanged, Input::Acted, Input::Tick] {
        assert!(bench.tell(input).is_empty());
    }
}

#[test]
fn what_a_proxy_in_the_way_says_is_not_of_the_session() {
    let mut bench = Bench::new(1);
    for status in [401, 403, 404, 407, 426, 502] {
        bench.comes_to_a_try();
        let socket = bench.socket();
        bench.tell(Input::SocketFailed(socket, refused(status, None)));
        assert!(matches!(bench.link.state(), State::Backoff { .. }), "{status}");
    }
    assert_eq!(refreshes(&bench), 0);
    bench.comes_to_a_try();
    bench.greets();
    bench.is_closed(close::SIGN_IN_AGAIN, "sign in again");
    bench.tell(Input::Refreshed(Err(refused(401, None))));
    assert!(matches!(bench.link.state(), State::Backoff { .. }));
    bench.passes(limits::BACKOFF_MAX);
    assert!(refreshes(&bench) > 1);
}

#[test]
fn a_refresh_that_nobody_answers_is_asked_again_at_a_bounded_rate() {
    let mut bench = Bench::new(1);
    bench.greets();
    bench.is_closed(close::SIGN_IN_AGAIN, "sign in again");
    bench.passes(Duration::from_secs(600));
    assert!((10..60).contains(&refreshes(&bench)), "{}", refreshes(&bench));
    assert_eq!(bench.tries().len(), 1);
}

#[test]
fn a_token_that_is_known_to_be_over_is_refreshed_before_it_is_used() {
    let mut bench = Bench::new(1);
    bench.tell(Input::SignOut);
    bench.opens(Duration::from_secs(1));
    assert_eq!((bench.tries().len(), refreshes(&bench)), (1, 1));
    bench.tell(Input::Refreshed(Ok(Token { good_until: Duration::ZERO, ..token("second") })));
    // A clock that is off does not make it ask for ever.
    assert_eq!((bench.tries().len(), refreshes(&bench)), (2, 1));
}

#[test]
fn who_signs_out_leaves_nothing_open() {
    let mut bench = Bench::live(1);
    let said = bench.tell(Input::SignOut);
    assert!(matches!(said[0], LinkAction::EndSession), "{said:?}");
    assert!(said.iter().any(|effect| matches!(effect, LinkAction::CloseSocket(..))));
    assert_eq!((bench.link.state(), bench.link.poll_timeout()), (State::SignedOut, None));
    assert_eq!(wipes(&bench), 0);
}

#[test]
fn in_the_background_there_is_no_socket_no_request_and_no_timer() {
    let mut bench = Bench::new(1);
    bench.joins(0);
    assert!(!bench.asked().is_empty());
    let deadline = bench.now + ms(5_000);
    let said = bench.tell(Input::Background { deadline });
    let is_ack = |effect: &LinkAction| {
        let LinkAction::Send(_, ClientFrame::Ack(ack)) = effect else { return false };
        !ack.foreground
    };
    let farewell = said.iter().position(is_ack).expect("a word before it goes");
    let close = said.iter().position(|effect| matches!(effect, LinkAction::CloseSocket(_, 1000)));
    assert!(farewell < close.expect("a clean close"), "{said:?}");
    assert!(matches!(said.last(), Some(LinkAction::Suspend { .. })), "{said:?}");
    assert_eq!((bench.link.state(), bench.link.poll_timeout()), (State::Suspended, None));
    assert_eq!(bench.asked(), []);
    // Nothing wakes it but somebody who looks.
    for input in [Input::NetworkChanged, Input::Acted, Input::NetworkUp, Input::Tick] {
        bench.tell(input);
    }
    assert_eq!((bench.tries().len(), bench.asked().len()), (1, 0));
    bench.now += limits::KICK_EVERY;
    bench.tell(Input::Foreground);
    assert_eq!(bench.tries().len(), 2);
}

#[test]
fn a_push_is_followed_by_one_request_and_the_phone_sleeps_again() {
    let done = |bench: &Bench| bench.count(|said| matches!(said, LinkAction::WakeDone));
    let mut server = Server::with_customers(3);
    let mut bench = Bench::served(&server);
    bench.tell(Input::Background { deadline: bench.now + ms(5_000) });
    server.customer_writes(0);
    server.customer_writes(2);
    bench.tell(Input::PushWoke { deadline: bench.now + ms(8_000) });
    assert!(matches!(bench.asked()[..], [(_, Query::Sync(_))]), "{:?}", bench.asked());
    bench.is_answered(&server);
    assert_eq!((done(&bench), bench.tries().len()), (1, 1));
    assert_eq!(server.difference(ANA, &bench.held), None);
    // Out of reach: not longer than it may.
    bench.tell(Input::PushWoke { deadline: bench.now + ms(8_000) });
    bench.passes(ms(7_999));
    assert_eq!(done(&bench), 1);
    bench.passes(ms(1));
    assert_eq!(done(&bench), 2);
}

#[test]
fn a_push_that_finds_a_reset_leaves_the_snapshot_to_when_somebody_looks() {
    let mut bench = Bench::live(1);
    bench.tell(Input::Background { deadline: bench.now });
    bench.tell(Input::PushWoke { deadline: bench.now + ms(8_000) });
    let [(ticket, Query::Sync(cursor))] = &bench.asked()[..] else { panic!("no sync") };
    assert_eq!(*cursor, Cursor { epoch: EPOCH, position: 0 });
    let sync =
        SyncAnswer { cursor: Cursor { position: 70, ..*cursor }, frames: vec![reset(70, 0)] };
    let said = bench.tell(Input::Answered(*ticket, Ok(Fetched::Sync(sync))));
    assert!(said.iter().any(|effect| matches!(effect, LinkAction::WakeDone)), "{said:?}");
    assert!(bench.progress.is_taking);
    assert_eq!((bench.position(), bench.link.poll_timeout()), (70, None));
    bench.now += limits::KICK_EVERY;
    bench.tell(Input::Foreground);
    bench.joins(70);
    assert!(bench.asked().iter().any(|(_, query)| matches!(query, Query::Snapshot { .. })));
}

#[test]
fn an_answer_of_a_sync_that_comes_when_somebody_looks_is_not_heard() {
    let mut bench = Bench::live(1);
    bench.tell(Input::Background { deadline: bench.now });
    bench.tell(Input::PushWoke { deadline: bench.now + ms(8_000) });
    let (ticket, _) = bench.asked()[0].clone();
    bench.tell(Input::Foreground);
    let cursor = Cursor { epoch: EPOCH, position: 5 };
    let sync = SyncAnswer { cursor, frames: vec![nothing(0, 5)] };
    bench.answer(ticket, Ok(Fetched::Sync(sync)));
    assert_eq!(bench.position(), 0);
}

#[test]
fn what_comes_of_another_socket_or_an_unknown_request_is_not_heard() {
    let mut bench = Bench::live(1);
    let other = SocketId(bench.socket().0 + 7);
    bench.tell(Input::Frame(other, Box::new(nothing(0, 9))));
    bench.tell(Input::Unreadable(other));
    bench.tell(Input::SocketClosed(other, None));
    bench.tell(Input::SocketOpened(other));
    bench.answer(Ticket(4_000), Ok(Fetched::Page(page(9, None))));
    assert_eq!((bench.link.state(), bench.position()), (State::Live, 0));
}

#[test]
fn a_portal_in_the_way_takes_no_conversation_away() {
    let mut server = Server::with_customers(1);
    let mut bench = Bench::served(&server);
    // It misses an event and asks for the conversation.
    let before = server.head();
    server.customer_writes(0);
    server.customer_writes(0);
    for frame in server.frames(ANA, before) {
        let ServerFrame::Events { after, upto, mut events } = frame else { panic!("{frame:?}") };
        events.remove(0);
        bench.hears(ServerFrame::Events { after, upto, events });
    }
    for _ in 0..3 {
        let [(ticket, Query::Conversation(_))] = bench.asked()[..] else { panic!("no question") };
        bench.answer(ticket, Err(refused(404, None)));
        assert_eq!(bench.link.mirror().wanted().count(), 1);
        assert!(bench.held.contains_key(&talk(0)));
        while bench.asked().is_empty() {
            let socket = bench.socket();
            bench.tell(Input::Heard(socket));
            bench.passes(ms(10_000));
        }
    }
    bench.is_answered(&server);
    assert_eq!(server.difference(ANA, &bench.held), None);
}

#[test]
fn a_frame_of_an_unknown_type_is_a_sign_of_life_and_anything_else_is_none() {
    let socket = SocketId(1);
    assert!(matches!(read(socket, r#"{"type":"confetti","n":1}"#), Input::Heard(_)));
    assert!(matches!(read(socket, r#"{"type":"left","position":1}"#), Input::Unreadable(_)));
    assert!(matches!(read(socket, "[]"), Input::Unreadable(_)));
    assert!(matches!(read(socket, &" ".repeat(300_000)), Input::Unreadable(_)));
    let text = serde_json::to_string(&nothing(1, 2)).unwrap();
    assert!(matches!(read(socket, &text), Input::Frame(..)));
}

/// A frame that tells this fact of a conversation that is held.
fn told(after: u64, conversation: ConversationId, fact: &str) -> String {
    format!(
        r#"{{"type":"events","after":{after},"upto":{0},"events":[{{"position":{0},
        "conversation_id":"{conversation}","revision":99,"at":"2026-01-02T03:04:05.678Z",
        "actor":{{"kind":"oracle","id":7}},"content":{{"promise":{{}}}},{fact}}}]}}"#,
        after + 1
    )
}

#[test]
fn a_fact_of_the_future_is_no_fault_and_its_conversation_is_read_anew() {
    let mut bench = Bench::live(7);
    for (n, fact) in [
        r#""type":"of_the_future","x":{"y":[1]}"#,
        r#""type":"owner_changed","owner":{"kind":"team_of_teams"}"#,
        r#""type":"line_received""#,
    ]
    .into_iter()
    .cycle()
    .take(30)
    .enumerate()
    {
        let conversation = ConversationId(uuid::Uuid::from_u128(n as u128 + 1));
        let text = told(bench.position(), conversation, fact);
        let Input::Frame(_, frame) = read(bench.socket(), &text) else { panic!("{text}") };
        bench.hears(*frame);
        assert_eq!(bench.link.state(), State::Live, "{fact}");
        assert_eq!(bench.position(), n as u64 + 1, "the cursor moves past it");
        bench.takes_all();
    }
    let asked = bench.asked();
    let conversations = asked.iter().filter(|(_, of)| matches!(of, Query::Conversation(_)));
    assert!(conversations.count() > 0, "{asked:?}");
}

#[test]
fn a_token_is_in_no_text_for_people() {
    let secret = "bt_very_secret";
    let opened = Input::Refreshed(Ok(token(secret)));
    assert!(!format!("{opened:?}").contains(secret));
    let mut bench = Bench::live(1);
    bench.tell(opened);
    bench.is_closed(close::SLOW, "slow");
    bench.greets();
    assert!(!format!("{:?} {:?}", bench.link, bench.said).contains(secret));
}

#[test]
fn a_link_can_be_handed_to_another_thread() {
    fn is_send<T: Send>(_: &T) {}
    is_send(&Link::new(1));
    is_send(&Failure::Unreachable);
}
