//! What the server is told of how far a phone is, and whether somebody looks.

use std::time::Duration;

use baton_model::Server;
use baton_model::team::ANA;
use baton_protocol::frame::ClientFrame;

use super::bench::{Bench, ms, nothing, page, reset};
use crate::link::{Fetched, Input, LinkAction, Query, State, limits};

impl Bench {
    /// What was said so far: when, how far, whether somebody looks.
    fn acks(&self) -> Vec<(Duration, u64, bool)> {
        let acks = self.said.iter().filter_map(|(at, effect)| {
            let LinkAction::Send(_, ClientFrame::Ack(ack)) = effect else { return None };
            Some((*at, ack.upto, ack.foreground))
        });
        acks.collect()
    }

    fn last_ack(&self) -> (u64, bool) {
        let (_, upto, foreground) = self.acks().pop().expect("a word");
        (upto, foreground)
    }
}

#[test]
fn who_looks_says_how_far_they_are_as_soon_as_it_is_stored() {
    let mut server = Server::with_customers(2);
    let mut bench = Bench::served(&server);
    bench.passes(limits::ACK_GAP);
    assert_eq!(bench.last_ack(), (server.head(), true));
    bench.passes(limits::ACK_GAP);
    let before = server.head();
    server.customer_writes(0);
    let mut said = Vec::new();
    for frame in server.frames(ANA, before) {
        said.extend(bench.hears(frame));
    }
    let stored = said.iter().position(|effect| matches!(effect, LinkAction::Commit(_)));
    let told = said
        .iter()
        .position(|effect| matches!(effect, LinkAction::Send(_, ClientFrame::Ack(_))))
        .expect("a word at once");
    assert!(stored.expect("a commit") < told, "{said:?}");
    assert_eq!(bench.last_ack(), (server.head(), true));
}

#[test]
fn a_flood_is_acknowledged_once_a_second_and_what_came_last_is() {
    let mut bench = Bench::live(1);
    let before = bench.acks().len();
    for n in 0..100 {
        bench.passes(ms(50));
        bench.hears(nothing(n, n + 1));
    }
    bench.passes(limits::ACK_GAP);
    let acks = bench.acks().split_off(before);
    assert!((4..=6).contains(&acks.len()), "{acks:?}");
    assert!(acks.windows(2).all(|two| two[0].0 + limits::ACK_GAP <= two[1].0), "{acks:?}");
    assert_eq!(bench.last_ack(), (100, true));
}

#[test]
fn who_looks_while_nothing_happens_says_so_once_a_minute() {
    let mut bench = Bench::live(1);
    bench.passes(limits::ACK_GAP);
    let before = bench.acks().len();
    for _ in 0..60 {
        bench.passes(Duration::from_secs(10));
        bench.hears(nothing(0, 0));
    }
    assert_eq!(bench.link.state(), State::Live);
    assert_eq!(bench.acks().len() - before, 10, "{:?}", bench.acks());
}

#[test]
fn that_somebody_looks_is_said_with_the_first_word_and_that_nobody_does_with_the_last() {
    let mut bench = Bench::live(1);
    bench.hears(nothing(0, 7));
    bench.tell(Input::Background { deadline: bench.now + ms(5_000) });
    assert_eq!(bench.last_ack(), (7, false));
    let before = bench.acks().len();
    bench.passes(Duration::from_secs(600));
    assert_eq!(bench.acks().len(), before, "in the background nothing is said");
    bench.tell(Input::Foreground);
    bench.comes_to_a_try();
    // It missed something, and says at once that somebody looks at what it has.
    bench.joins(9);
    assert_eq!((bench.link.state(), bench.last_ack()), (State::Resuming, (7, true)));
    bench.hears(nothing(7, 9));
    bench.passes(limits::ACK_GAP);
    assert_eq!(bench.last_ack(), (9, true));
}

#[test]
fn nothing_of_a_snapshot_counts_before_all_of_it_is_here() {
    let mut bench = Bench::new(1);
    bench.joins(40);
    bench.passes(limits::ACK_GAP * 2);
    assert_eq!((bench.position(), bench.last_ack()), (40, (0, true)));
    bench.takes_all();
    bench.passes(limits::ACK_GAP);
    assert_eq!(bench.last_ack(), (40, true));
    // Another log than the one that it holds, until the server says reset.
    bench.is_closed(baton_protocol::frame::close::SLOW, "slow");
    bench.joins(12);
    assert_eq!(bench.last_ack(), (0, true));
    bench.hears(reset(12, 0));
    let asked = bench.asked();
    let snapshot = asked.iter().find(|(_, query)| matches!(query, Query::Snapshot { .. }));
    let (ticket, _) = snapshot.expect("a snapshot");
    bench.answer(*ticket, Ok(Fetched::Page(page(12, None))));
    bench.passes(limits::ACK_GAP);
    assert_eq!(bench.last_ack(), (12, true));
}

#[test]
fn what_is_sent_in_the_background_says_that_nobody_looks() {
    let mut bench = Bench::live(1);
    bench.tell(Input::Background { deadline: bench.now + ms(5_000) });
    bench.tell(Input::Flush);
    bench.comes_to_a_try();
    bench.joins(3);
    bench.hears(nothing(0, 3));
    bench.passes(limits::ACK_GAP);
    assert_eq!(bench.last_ack(), (3, false));
    // Somebody takes the phone out while it is connected.
    bench.tell(Input::Foreground);
    assert_eq!(bench.last_ack(), (3, true));
}
