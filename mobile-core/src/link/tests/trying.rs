//! When it tries, and how often.

use std::time::Duration;

use baton_model::TIMINGS;
use baton_protocol::frame::{Timings, close};

use super::bench::{Bench, ms, nothing, refused, reset, welcome};
use crate::link::{Failure, Input, LinkAction, State, TimeoutReason, limits};

/// Each try fails at once, for so long.
fn fails_for(bench: &mut Bench, time: Duration) {
    let end = bench.now + time;
    while bench.now < end {
        if matches!(bench.link.state(), State::Connecting) {
            let socket = bench.socket();
            bench.tell(Input::SocketFailed(socket, Failure::Unreachable));
        }
        let Some((at, _)) = bench.link.poll_timeout() else { break };
        bench.now = at.max(bench.now);
        bench.tell(Input::Tick);
    }
}

#[test]
fn a_server_that_is_away_is_tried_ever_more_seldom_up_to_a_limit() {
    for seed in 1..50 {
        let mut bench = Bench::new(seed * 7_919);
        fails_for(&mut bench, Duration::from_secs(600));
        let tries = bench.tries();
        assert!((20..90).contains(&tries.len()), "{} tries in ten minutes", tries.len());
        for (n, pair) in tries.windows(2).enumerate() {
            let window = ms(1_000 << n.min(16)).min(limits::BACKOFF_MAX);
            assert!(pair[1] - pair[0] <= window, "try {n} came after {:?}", pair[1] - pair[0]);
        }
    }
}

#[test]
fn whatever_people_do_one_try_in_two_seconds_is_made_at_once() {
    let mut bench = Bench::new(5);
    for n in 0..1_000_u64 {
        let socket = bench.socket();
        bench.tell(Input::SocketFailed(socket, Failure::Unreachable));
        match n % 5 {
            0 => bench.tell(Input::NetworkChanged),
            1 => bench.tell(Input::Foreground),
            2 => bench.tell(Input::Acted),
            3 => bench.tell(Input::NetworkDown),
            _ => bench.tell(Input::NetworkUp),
        };
        bench.passes(ms(20));
    }
    let tries = bench.tries().len();
    // Twenty seconds: ten, and what the backoff had tried by itself.
    assert!((8..=18).contains(&tries), "{tries} tries in twenty seconds");
}

#[test]
fn somebody_who_looks_again_does_not_wait_for_the_backoff() {
    let mut bench = Bench::new(5);
    let mut wait = Duration::ZERO;
    while wait <= limits::KICK_EVERY {
        bench.comes_to_a_try();
        let socket = bench.socket();
        bench.tell(Input::SocketFailed(socket, Failure::Unreachable));
        let Some((at, TimeoutReason::Retry)) = bench.link.poll_timeout() else {
            panic!("no backoff")
        };
        wait = at - bench.now;
    }
    let tries = bench.tries().len();
    bench.now += limits::KICK_EVERY;
    bench.tell(Input::Foreground);
    assert_eq!((bench.link.state(), bench.tries().len()), (State::Connecting, tries + 1));
}

#[test]
fn a_wait_that_the_server_asks_for_is_kept_whatever_people_do_but_not_for_ever() {
    let mut bench = Bench::live(5);
    bench.is_closed(close::DRAIN, r#"{"retry_after_ms":7000}"#);
    let (tries, from) = (bench.tries().len(), bench.now);
    bench.tell(Input::Foreground);
    bench.tell(Input::NetworkChanged);
    assert_eq!(bench.link.state(), State::Backoff { until: from + ms(7_000) });
    bench.passes(ms(6_999));
    assert_eq!(bench.tries().len(), tries);
    bench.passes(ms(1));
    assert_eq!(bench.tries().len(), tries + 1);
    let socket = bench.socket();
    let (status, code, retry_after_ms) = (503, None, Some(u64::MAX));
    let failure = Failure::Refused { status, code, retry_after_ms };
    bench.tell(Input::SocketFailed(socket, failure));
    bench.passes(limits::RETRY_AFTER_MAX);
    assert_eq!(bench.tries().len(), tries + 2);
}

#[test]
fn failures_are_forgotten_after_a_minute_on_line_and_not_before() {
    let mut longest = [Duration::ZERO; 2];
    for seed in 1..40_u64 {
        for (place, time) in [(0, 59), (1, 61)] {
            let mut bench = Bench::new(seed << 20);
            for _ in 0..8 {
                let socket = bench.socket();
                bench.tell(Input::SocketFailed(socket, Failure::Unreachable));
                bench.passes(limits::BACKOFF_MAX);
            }
            bench.comes_to_a_try();
            bench.joins(0);
            bench.takes_all();
            bench.passes(Duration::from_secs(time));
            let socket = bench.socket();
            bench.tell(Input::SocketClosed(socket, None));
            if let State::Backoff { until } = bench.link.state() {
                longest[place] = longest[place].max(until - bench.now);
            }
        }
    }
    assert!(longest[0] > limits::LOST_WINDOW, "{longest:?}");
    assert!(longest[1] <= limits::LOST_WINDOW, "{longest:?}");
}

#[test]
fn a_slow_reader_and_a_gap_come_back_at_once_but_not_for_ever() {
    let mut bench = Bench::live(5);
    for n in 0..200 {
        let tries = bench.tries().len();
        match n % 2 {
            0 => drop(bench.is_closed(close::SLOW, "slow: resume from the cursor")),
            _ => drop(bench.hears(nothing(9, 10))),
        }
        if n < 3 {
            assert_eq!(bench.tries().len(), tries + 1, "not at once");
        }
        bench.comes_to_a_try();
        bench.joins(0);
    }
    let tries = bench.tries();
    let time = *tries.last().unwrap() - tries[0];
    assert!(time > Duration::from_secs(600), "two hundred tries in {time:?}");
}

#[test]
fn a_server_that_says_nothing_for_as_long_as_it_said_is_given_up() {
    for (silent_ms, most) in [(75_000, 75), (0, 10), (u64::MAX, 300)] {
        let mut bench = Bench::new(3);
        let socket = bench.greets();
        let timings = Timings { silent_ms, ..TIMINGS };
        bench.tell(Input::Frame(socket, Box::new(welcome(0, timings))));
        bench.hears(reset(0, 0));
        bench.takes_all();
        let most = Duration::from_secs(most);
        bench.passes(most - ms(1));
        assert_eq!(bench.link.state(), State::Live, "{silent_ms}");
        bench.tell(Input::Heard(socket));
        bench.passes(most - ms(1));
        assert_eq!(bench.link.state(), State::Live, "{silent_ms}");
        bench.passes(ms(1));
        assert!(
            bench
                .said
                .iter()
                .any(|(_, said)| matches!(said, LinkAction::CloseSocket(of, _) if *of == socket))
        );
    }
}

#[test]
fn another_network_is_probed_and_a_dead_connection_left_at_once() {
    let mut bench = Bench::live(3);
    let socket = bench.socket();
    let pings = |bench: &Bench| bench.count(|said| matches!(said, LinkAction::Ping(_)));
    bench.tell(Input::NetworkChanged);
    bench.tell(Input::NetworkChanged);
    assert_eq!(pings(&bench), 1);
    bench.tell(Input::Heard(socket));
    bench.passes(Duration::from_secs(20));
    assert_eq!((bench.link.state(), bench.socket()), (State::Live, socket));
    bench.tell(Input::NetworkChanged);
    bench.passes(limits::PROBE_MAX);
    assert_eq!(bench.link.state(), State::Connecting);
    assert_ne!(bench.socket(), socket);
}

#[test]
fn a_server_that_cannot_be_understood_is_left_and_looked_at_again_seldom() {
    let mut bench = Bench::live(3);
    for n in 1..=limits::FAULTS_MAX {
        let socket = bench.socket();
        bench.tell(Input::Unreadable(socket));
        if n < limits::FAULTS_MAX {
            assert!(matches!(bench.link.state(), State::Backoff { .. }), "{n}");
            bench.passes(limits::BACKOFF_MAX);
            // What takes too long otherwise fails by itself.
            bench.comes_to_a_try();
            bench.joins(0);
        }
    }
    assert_eq!(bench.link.state(), State::Incompatible);
    let tries = bench.tries().len();
    let (at, reason) = bench.link.poll_timeout().unwrap();
    assert_eq!(
        (at - bench.now, reason),
        (limits::INCOMPATIBLE_WAIT, TimeoutReason::RetryIncompatible)
    );
    bench.passes(limits::INCOMPATIBLE_WAIT);
    assert_eq!(bench.tries().len(), tries + 1);
    let socket = bench.socket();
    let failure = refused(400, Some("no_subprotocol"));
    bench.tell(Input::SocketFailed(socket, failure));
    assert_eq!(bench.link.state(), State::Incompatible);
    bench.now += limits::KICK_EVERY;
    bench.tell(Input::Foreground);
    assert_eq!(bench.link.state(), State::Connecting);
}

#[test]
fn faults_that_lie_far_apart_do_not_add_up_although_no_connection_lasts() {
    let mut bench = Bench::live(3);
    for _ in 0..3 * limits::FAULTS_MAX {
        let socket = bench.socket();
        bench.tell(Input::Unreadable(socket));
        assert!(matches!(bench.link.state(), State::Backoff { .. }));
        let end = bench.now + limits::FAULT_FORGOTTEN;
        while bench.now < end {
            bench.comes_to_a_try();
            bench.joins(0);
            // A tunnel.
            bench.passes(Duration::from_secs(20));
            bench.tell(Input::NetworkDown);
            bench.tell(Input::NetworkUp);
        }
        bench.comes_to_a_try();
        bench.joins(0);
    }
}

/// Five hundred phones lose their server, which is back three seconds later: the most that come
/// within one second.
fn crowd(close: impl Fn(u64) -> Option<(u16, String)>, salt: u64) -> usize {
    let mut tries = Vec::new();
    for n in 0..500_u64 {
        let seed = (n + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ salt;
        let mut bench = Bench::live(seed);
        bench.passes(Duration::from_secs(50));
        let socket = bench.socket();
        bench.tell(Input::Heard(socket));
        bench.passes(Duration::from_secs(30));
        let (lost, before) = (bench.now, bench.tries().len());
        bench.tell(Input::SocketClosed(socket, close(seed)));
        loop {
            bench.comes_to_a_try();
            if bench.now - lost > Duration::from_secs(3) {
                break;
            }
            let socket = bench.socket();
            bench.tell(Input::SocketFailed(socket, Failure::Unreachable));
        }
        tries.extend(bench.tries().drain(before..).map(|at| at - lost));
    }
    tries.sort_unstable();
    let within = |at: &Duration| {
        let end = *at + Duration::from_secs(1);
        tries.iter().filter(|other| *other >= at && **other < end).count()
    };
    tries.iter().map(within).max().unwrap_or(0)
}

#[test]
fn a_crowd_that_lost_its_server_does_not_come_back_all_at_once() {
    let drain =
        |seed: u64| Some((1012, format!(r#"{{"retry_after_ms":{}}}"#, (seed >> 7) % 10_000)));
    for salt in [0, 99] {
        let (drained, crashed) = (crowd(drain, salt), crowd(|_| None, salt));
        println!("of 500, in one second: {drained} after a drain, {crashed} after a crash");
        assert!(drained <= 75 && crashed <= 75, "{drained} {crashed}");
    }
}
