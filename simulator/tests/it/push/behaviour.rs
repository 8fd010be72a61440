//! What push services keep, lose, repeat and hold back.

use std::time::Duration;

use baton_simulator::{
    Knobs, PushCounts, PushDelivery, PushFields, PushKnobs, PushLane, PushOrder, Simulator,
};
use proptest::prelude::*;

use super::{ids, wake};
use crate::{Stage, span};

const TARGET: &str = "target-1";

async fn services(push: PushKnobs) -> Stage {
    Stage::new(Knobs { push, ..Knobs::default() }).await
}

async fn inbox(simulator: &Simulator) -> Vec<PushDelivery> {
    simulator.push_inbox(TARGET, 0, Duration::ZERO).await
}

/// A push without contents that names itself.
fn named(stage: &Stage, id: &str, lane: PushLane) -> PushOrder {
    wake(id, lane, stage.simulator.now_ms())
}

fn under(key: &str, order: PushOrder) -> PushOrder {
    PushOrder { collapse_key: Some(key.to_owned()), ..order }
}

fn late(ms: u64, order: PushOrder) -> PushOrder {
    PushOrder { delay_ms: Some(ms), ..order }
}

fn advance(stage: &Stage, ms: u64) {
    stage.simulator.advance(Duration::from_millis(ms));
}

const MINUTE: u64 = 60_000;

#[tokio::test]
async fn what_is_sent_arrives_once_and_in_order() {
    let stage = services(PushKnobs::default()).await;
    for id in ["a", "b", "c"] {
        let sent = stage.simulator.push(named(&stage, id, PushLane::Fcm)).unwrap();
        assert_eq!((sent.id.as_str(), sent.copies), (id, 1));
    }
    let all = inbox(&stage.simulator).await;
    assert_eq!(ids(&all), ["a", "b", "c"]);
    assert_eq!(all.iter().map(|one| one.n).collect::<Vec<_>>(), [0, 1, 2]);
    assert_eq!(ids(&stage.simulator.push_inbox(TARGET, 2, Duration::ZERO).await), ["c"]);
    assert_eq!(stage.simulator.push_inbox("nobody", 0, Duration::ZERO).await, []);
    let counts = PushCounts { sent: 3, delivered: 3, ..PushCounts::default() };
    assert_eq!(stage.simulator.push_counts(), counts);
    stage.simulator.reset();
    assert_eq!(inbox(&stage.simulator).await, []);
}

#[tokio::test]
async fn a_newer_push_replaces_what_was_not_delivered_under_its_key() {
    let stage = services(PushKnobs::default()).await;
    let send = |order| stage.simulator.push(order).map(drop).unwrap();
    send(under("inbox", named(&stage, "delivered", PushLane::Fcm)));
    send(under("inbox", late(MINUTE, named(&stage, "old", PushLane::Fcm))));
    send(under("offer", late(MINUTE, named(&stage, "other key", PushLane::Fcm))));
    send(late(MINUTE, named(&stage, "no key", PushLane::Fcm)));
    send(under("inbox", late(MINUTE, named(&stage, "new", PushLane::Fcm))));
    assert_eq!(ids(&inbox(&stage.simulator).await), ["delivered"]);
    advance(&stage, MINUTE);
    let all = inbox(&stage.simulator).await;
    assert_eq!(ids(&all), ["delivered", "other key", "no key", "new"]);
    assert_eq!(stage.simulator.push_counts().replaced, 1);
}

#[tokio::test]
async fn apple_keeps_the_newest_alone_for_a_device_that_is_off() {
    let stage = services(PushKnobs::default()).await;
    stage.simulator.switch_phone(TARGET, false);
    for id in ["a", "b", "c"] {
        stage.simulator.push(named(&stage, id, PushLane::Apns)).unwrap();
    }
    // Still on its way when the device comes back: that was not stored.
    stage.simulator.push(late(MINUTE, named(&stage, "late", PushLane::Apns))).unwrap();
    assert_eq!(inbox(&stage.simulator).await, []);
    stage.simulator.switch_phone(TARGET, true);
    assert_eq!(ids(&inbox(&stage.simulator).await), ["c"]);
    advance(&stage, MINUTE);
    assert_eq!(ids(&inbox(&stage.simulator).await), ["c", "late"]);
    assert_eq!(stage.simulator.push_counts().dropped, 2);
    // While it is on all of them come.
    for id in ["d", "e"] {
        stage.simulator.push(named(&stage, id, PushLane::Apns)).unwrap();
    }
    assert_eq!(ids(&inbox(&stage.simulator).await), ["c", "late", "d", "e"]);
}

#[tokio::test]
async fn firebase_keeps_four_keys_and_a_hundred_others_or_says_that_it_dropped_them() {
    let stage = services(PushKnobs::default()).await;
    let many = |count: usize| {
        for n in 0..count {
            stage.simulator.push(named(&stage, &n.to_string(), PushLane::Fcm)).unwrap();
        }
    };
    stage.simulator.switch_phone(TARGET, false);
    for key in ["k1", "k2", "k3", "k4", "k5", "k1"] {
        stage.simulator.push(under(key, named(&stage, key, PushLane::Fcm))).unwrap();
    }
    many(100);
    stage.simulator.switch_phone(TARGET, true);
    let all = inbox(&stage.simulator).await;
    assert_eq!(all.len(), 104);
    assert_eq!(ids(&all)[..5], ["k3", "k4", "k5", "k1", "0"]);
    stage.simulator.reset();
    stage.simulator.switch_phone(TARGET, false);
    stage.simulator.push(under("k", named(&stage, "kept", PushLane::Fcm))).unwrap();
    many(101);
    stage.simulator.switch_phone(TARGET, true);
    let all = inbox(&stage.simulator).await;
    assert_eq!(ids(&all), ["dropped", "kept"]);
    assert_eq!(all[0].input, None);
    // Web Push keeps them all.
    stage.simulator.reset();
    stage.simulator.switch_phone(TARGET, false);
    let key = super::device_key(1);
    for n in 0..120 {
        let mut order = named(&stage, &n.to_string(), PushLane::Webpush);
        order.to = super::to(PushLane::Webpush, Some(&key));
        stage.simulator.push(order).unwrap();
    }
    stage.simulator.switch_phone(TARGET, true);
    assert_eq!(inbox(&stage.simulator).await.len(), 120);
}

#[tokio::test]
async fn what_has_expired_is_not_delivered_unless_the_service_is_known_for_it() {
    let mut knobs = PushKnobs::default();
    for (ignores_expiry, expected) in [(false, vec!["in time"]), (true, vec!["in time", "late"])] {
        knobs.ignores_expiry = ignores_expiry;
        let stage = services(knobs.clone()).await;
        let now_ms = stage.simulator.now_ms();
        let for_a_minute = |order: PushOrder| {
            let expires_at_ms = now_ms + 60_000;
            PushOrder { push: PushFields { expires_at_ms, ..order.push }, ..order }
        };
        let in_time = late(MINUTE - 10_000, named(&stage, "in time", PushLane::Fcm));
        let too_late = late(MINUTE + 10_000, named(&stage, "late", PushLane::Fcm));
        stage.simulator.push(for_a_minute(in_time)).unwrap();
        stage.simulator.push(for_a_minute(too_late)).unwrap();
        // However late one looks.
        advance(&stage, 10 * MINUTE);
        assert_eq!(ids(&inbox(&stage.simulator).await), expected);
        assert_eq!(stage.simulator.push_counts().expired, u64::from(!ignores_expiry));
        // Off for longer than it was good.
        stage.simulator.switch_phone(TARGET, false);
        let now_ms = stage.simulator.now_ms();
        let mut order = named(&stage, "slept", PushLane::Fcm);
        order.push.expires_at_ms = now_ms + 60_000;
        stage.simulator.push(order).unwrap();
        advance(&stage, 2 * MINUTE);
        stage.simulator.switch_phone(TARGET, true);
        let slept = inbox(&stage.simulator).await.len() > expected.len();
        assert_eq!(slept, ignores_expiry);
    }
}

#[tokio::test]
async fn knobs_make_pushes_late_double_shuffled_and_lost_and_the_seed_repeats_it() {
    let knobs = PushKnobs {
        delay: span(100, 2_000),
        reorder_ms: 5_000,
        duplicate_probability: 0.3,
        duplicate_delay: span(1, 1_000),
        drop_probability: 0.2,
        ignores_expiry: false,
        enforces_rates: true,
        answers_after: span(0, 0),
    };
    let mut runs = Vec::new();
    for _ in 0..2 {
        let stage = services(knobs.clone()).await;
        let sent: Vec<String> = (0..200).map(|n| format!("{n:03}")).collect();
        for id in &sent {
            stage.simulator.push(named(&stage, id, PushLane::Fcm)).unwrap();
        }
        assert_eq!(inbox(&stage.simulator).await, [], "all of them are late");
        advance(&stage, 10_000);
        let all = inbox(&stage.simulator).await;
        let got: Vec<String> = ids(&all).into_iter().map(str::to_owned).collect();
        let mut once = got.clone();
        once.sort();
        once.dedup();
        assert!(once.len() < 190 && once.len() > 120, "some are lost: {}", once.len());
        assert!(got.len() > once.len() + 20, "some come twice: {}", got.len());
        assert!(got.windows(2).any(|pair| pair[0] > pair[1]), "some overtake others");
        assert!(once.iter().all(|id| sent.contains(id)));
        runs.push(once);
    }
    assert_eq!(runs[0], runs[1]);
}

#[tokio::test]
async fn one_push_fares_as_its_order_says() {
    let knobs = PushKnobs { drop_probability: 1.0, delay: span(9, 9), ..PushKnobs::default() };
    let stage = services(knobs).await;
    let order = |id: &str, copies| PushOrder {
        copies: Some(copies),
        delay_ms: Some(0),
        ..named(&stage, id, PushLane::Fcm)
    };
    stage.simulator.push(order("twice", 2)).unwrap();
    stage.simulator.push(order("never", 0)).unwrap();
    stage.simulator.push(named(&stage, "as the knobs say", PushLane::Fcm)).unwrap();
    let all = inbox(&stage.simulator).await;
    assert_eq!(ids(&all), ["twice", "twice"]);
    assert_eq!(all[0].input, all[1].input, "to the last byte");
    assert_eq!(stage.simulator.push_counts().dropped, 2);
    assert!(stage.simulator.push(order("flood", 101)).is_err());
}

/// What is done to a device.
#[derive(Clone, Debug)]
enum Step {
    Push { key: Option<u8>, delay_s: u16, copies: u8 },
    Advance { s: u16 },
    Switch { is_on: bool },
    Look,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        4 => (prop::option::of(0_u8..6), 0_u16..90, 0_u8..3)
            .prop_map(|(key, delay_s, copies)| Step::Push { key, delay_s, copies }),
        2 => (0_u16..60).prop_map(|s| Step::Advance { s }),
        1 => any::<bool>().prop_map(|is_on| Step::Switch { is_on }),
        1 => Just(Step::Look),
    ];
    prop::collection::vec(step, 1..60)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_copy_ends_in_exactly_one_way_and_nothing_comes_early(
        steps in steps(),
        lane in prop::sample::select(vec![PushLane::Fcm, PushLane::Apns]),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        runtime.unwrap().block_on(async {
            let stage = services(PushKnobs::default()).await;
            let (mut copies, mut due, mut is_on) = (0, Vec::new(), true);
            for (n, step) in steps.into_iter().enumerate() {
                let looked = stage.simulator.now_ms();
                match step {
                    Step::Push { key, delay_s, copies: so_many } => {
                        let mut order = named(&stage, &n.to_string(), lane);
                        order.push.expires_at_ms = looked + 60_000;
                        order.collapse_key = key.map(|key| key.to_string());
                        order.delay_ms = Some(u64::from(delay_s) * 1_000);
                        order.copies = Some(so_many.into());
                        stage.simulator.push(order).unwrap();
                        // One that is never delivered counts as one that was dropped.
                        copies += u64::from(so_many.max(1));
                        due.push((n.to_string(), looked + i64::from(delay_s) * 1_000));
                    }
                    Step::Advance { s } => advance(&stage, u64::from(s) * 1_000),
                    Step::Switch { is_on: on } => {
                        is_on = on;
                        stage.simulator.switch_phone(TARGET, on);
                    }
                    Step::Look => drop(inbox(&stage.simulator).await),
                }
            }
            if !is_on {
                stage.simulator.switch_phone(TARGET, true);
            }
            advance(&stage, 200_000);
            let all = inbox(&stage.simulator).await;
            let counts = stage.simulator.push_counts();
            let ended = counts.delivered + counts.replaced + counts.expired + counts.dropped;
            assert_eq!((ended, counts.waiting), (copies, 0), "{counts:?}");
            let handed = all.iter().filter(|one| one.input.is_some()).count() as u64;
            assert_eq!(handed, counts.delivered);
            assert!(all.windows(2).all(|pair| pair[0].at_ms <= pair[1].at_ms), "in order of time");
            for one in all.iter().filter_map(|one| Some((one.id.as_ref()?, one.at_ms))) {
                let due = due.iter().find(|(id, _)| id == one.0).unwrap();
                assert!(due.1 <= one.1, "{one:?} before {due:?}");
            }
        });
    }
}
