//! The tries of requests to webhooks of the team's own, and the pauses of these.

use baton_domain::decide::delivery::SendResult;
use baton_domain::fact::inbound::ProviderStatus;
use baton_domain::outward::{MadeRequest, PauseReason, kind_of, status_of};
use baton_protocol::setting::WebhookKind;
use baton_protocol::{LineRef, MessageStatus, SettingId, Timestamp};
use proptest::option;
use proptest::prelude::*;
use uuid::Uuid;

use crate::delivery::{a_queued_reply, refusal_of_meta};
use crate::team::{ANA, LUCIA, MINUTE, Team, cancel, resend};

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

/// Something that becomes of a message.
type Act = fn(&mut Team, LineRef);

const ACTS: [(&str, Act); 11] = [
    ("leaves", |team, line| drop(team.claim(LUCIA, line.id))),
    ("accepted", |team, line| {
        team.ends(LUCIA, line.id, &SendResult::Accepted { wamid: "wamid".to_owned() });
    }),
    ("lost", |team, line| team.ends(LUCIA, line.id, &SendResult::Unknown)),
    ("refused", |team, line| team.ends(LUCIA, line.id, &refusal_of_meta())),
    ("sent", |team, line| team.hears(LUCIA, line.id, ProviderStatus::Sent)),
    ("delivered", |team, line| team.hears(LUCIA, line.id, ProviderStatus::Delivered)),
    ("read", |team, line| team.hears(LUCIA, line.id, ProviderStatus::Read)),
    ("played", |team, line| team.hears(LUCIA, line.id, ProviderStatus::Played)),
    ("failed", |team, line| team.hears(LUCIA, line.id, ProviderStatus::Failed)),
    ("again", |team, line| {
        team.passes(MINUTE);
        let seen = team.seen();
        drop(team.does(ANA, resend(line, seen)));
    }),
    ("undone", |team, line| drop(team.does(ANA, cancel(line)))),
];

/// The kinds of event that a webhook is told of a message, in order.
fn kinds_of(team: &Team, of: LineRef) -> Vec<WebhookKind> {
    let mut before = None;
    let mut told = Vec::new();
    for logged in &team.log {
        let Some((line, status)) = status_of(&logged.event.fact) else { continue };
        if line == of {
            told.extend(kind_of(&logged.event.fact, SettingId(Uuid::nil()), before));
            before = Some(status);
        }
    }
    told
}

/// The same by a plain count over the states that the message had.
#[expect(clippy::wildcard_enum_match_arm, reason = "the others are told to nobody")]
fn counted(team: &Team, of: LineRef) -> Vec<WebhookKind> {
    use MessageStatus::{Accepted, Delivered, Failed, Played, Read, Sent};
    let states = team.log.iter().filter_map(|logged| status_of(&logged.event.fact));
    let mut kinds: Vec<Option<WebhookKind>> = states
        .filter(|(line, _)| *line == of)
        .map(|(_, status)| match status {
            Accepted | Sent | Delivered | Read | Played => Some(WebhookKind::MessageSent),
            Failed => Some(WebhookKind::MessageFailed),
            _ => None,
        })
        .collect();
    kinds.dedup();
    kinds.into_iter().flatten().collect()
}

#[test]
fn in_every_order_of_statuses_a_webhook_is_told_of_the_first_that_says_it() {
    let count = ACTS.len();
    let mut told_of = [0_u32; 3];
    for n in 0..count.pow(4) {
        let (mut team, line) = a_queued_reply();
        team.claim(LUCIA, line.id);
        let walk: Vec<_> = (0..4).map(|place| ACTS[n / count.pow(place) % count]).collect();
        for (_, act) in &walk {
            act(&mut team, line);
        }
        let names: Vec<_> = walk.iter().map(|(name, _)| *name).collect();
        let told = kinds_of(&team, line);
        assert_eq!(told, counted(&team, line), "{names:?}");
        told_of[told.len().min(2)] += 1;
    }
    assert!(told_of.iter().all(|walks| *walks > 100), "{told_of:?}");
}

#[test]
fn what_the_team_wrote_on_its_phone_is_told_at_once_and_once() {
    let mut team = Team::with_a_customer();
    let line = team.somebody_answers_on_the_phone_app(LUCIA);
    team.hears(LUCIA, line.id, ProviderStatus::Delivered);
    team.hears(LUCIA, line.id, ProviderStatus::Read);
    assert_eq!(kinds_of(&team, line), [WebhookKind::MessageSent]);
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
