//! The tries of requests to webhooks of the team's own, and the pauses of these.

use baton_domain::outward::{MadeRequest, PauseReason};
use baton_protocol::Timestamp;
use proptest::option;
use proptest::prelude::*;

const NOW: Timestamp = Timestamp::from_ms(1_790_000_000_000);
const DAY_MS: i64 = 24 * 60 * 60 * 1_000;

fn refused(tries: u32, status: u16) -> MadeRequest {
    MadeRequest { is_test: false, tries, status: Some(status), at: NOW }
}

#[test]
fn a_request_is_tried_eight_times_at_growing_distances() {
    let wait = |tries| Some(refused(tries, 503).next_try()?.since(NOW));
    let waits: Vec<i64> = (1..).map_while(wait).collect();
    let minute = 60_000;
    let minutes = [5, 30, 120, 300, 600, 600].map(|of| of * minute);
    assert_eq!(waits, [&[5_000], &minutes[..]].concat());
    let unanswered = MadeRequest { status: None, ..refused(1, 0) };
    assert_eq!(unanswered.next_try(), Some(NOW.plus_ms(5_000)));
}

#[test]
fn a_webhook_that_says_gone_is_paused_at_once_and_the_request_waits_for_it() {
    let gone = refused(1, 410);
    assert_eq!(gone.pauses(NOW), Some(PauseReason::Gone));
    assert_eq!((gone.is_gone(), gone.next_try()), (true, None));
    let test = MadeRequest { is_test: true, ..gone };
    assert_eq!((test.is_gone(), test.pauses(NOW), test.next_try()), (false, None, None));
}

#[test]
fn a_webhook_that_takes_nothing_for_five_days_is_paused() {
    let one = refused(3, 500);
    assert_eq!(one.pauses(NOW.plus_ms(1 - 5 * DAY_MS)), None);
    assert_eq!(one.pauses(NOW.plus_ms(-5 * DAY_MS)), Some(PauseReason::Failing));
    let taken = MadeRequest { status: Some(204), ..one };
    assert_eq!(taken.pauses(NOW.plus_ms(-9 * DAY_MS)), None);
}

fn requests() -> impl Strategy<Value = MadeRequest> {
    let status = option::of(prop_oneof![Just(410), Just(200), 100_u16..600]);
    (any::<bool>(), 0_u32..20, status).prop_map(|(is_test, tries, status)| MadeRequest {
        is_test,
        tries,
        status,
        at: NOW,
    })
}

proptest! {
    #[test]
    fn a_request_is_tried_again_unless_it_is_over(one in requests()) {
        let is_over = one.is_test || one.is_taken() || one.is_gone();
        let next = one.next_try();
        prop_assert!(next.is_none_or(|at| at > NOW));
        prop_assert_eq!(next.is_some(), !is_over && (1..8).contains(&one.tries));
    }

    #[test]
    fn a_longer_silence_never_resumes_a_webhook(one in requests(), days in 0_i64..20) {
        let since = |days: i64| NOW.plus_ms(-days * DAY_MS);
        let reason = one.pauses(since(days));
        if let Some(reason) = reason {
            prop_assert_eq!(one.pauses(since(days + 1)), Some(reason));
            prop_assert!(!one.is_test && !one.is_taken());
        }
        prop_assert_eq!(reason == Some(PauseReason::Gone), one.is_gone());
    }
}
