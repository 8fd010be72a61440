//! Receipts reach the server, once for all it can tell, whatever happens to network and process.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;
use crate::push::receipts::{
    AGE_MS_MAX, ANSWER_MS_MAX, AppState, BATCH_MAX, Receipt, ReceiptAction, ReceiptAnswer,
    ReceiptStage, Receipts, UNPROVEN_MAX, WAITING_MAX,
};

fn receipt(number: u64, stage: ReceiptStage) -> Receipt {
    Receipt { id: push_id(number), stage, at: NOW, app_state: AppState::Background }
}

fn posted(effects: &[ReceiptAction]) -> Option<(u64, Vec<Receipt>)> {
    effects.iter().find_map(|effect| match effect {
        ReceiptAction::Post { request, receipts } => Some((*request, receipts.clone())),
        ReceiptAction::Keep(_) | ReceiptAction::Forget(_) => None,
    })
}

#[test]
fn a_receipt_is_kept_before_it_is_sent_and_forgotten_when_the_server_has_it() {
    let mut receipts = Receipts::default();
    let one = receipt(1, ReceiptStage::Received);
    let post = ReceiptAction::Post { request: 1, receipts: vec![one] };
    assert_eq!(receipts.add(one, NOW), [ReceiptAction::Keep(one), post]);
    let effects = receipts.answered(1, ReceiptAnswer::Taken, NOW, 0);
    assert_eq!(effects, [ReceiptAction::Forget(vec![(one.id, one.stage)])]);
    assert_eq!((receipts.waiting(), receipts.poll_timeout()), (0, None));
}

#[test]
fn the_same_receipt_twice_is_one() {
    let mut receipts = Receipts::default();
    receipts.add(receipt(1, ReceiptStage::Received), NOW);
    assert_eq!(receipts.add(receipt(1, ReceiptStage::Received), NOW.plus_ms(5)), []);
    assert_eq!(receipts.add(receipt(1, ReceiptStage::Shown), NOW).len(), 1);
    assert_eq!(receipts.waiting(), 2);
}

#[test]
fn what_comes_meanwhile_goes_as_one_batch() {
    let mut receipts = Receipts::default();
    let first = receipts.add(receipt(0, ReceiptStage::Received), NOW);
    assert_eq!(posted(&first).unwrap().1.len(), 1);
    for number in 1..=150 {
        assert_eq!(posted(&receipts.add(receipt(number, ReceiptStage::Received), NOW)), None);
    }
    let (request, batch) = posted(&receipts.answered(1, ReceiptAnswer::Taken, NOW, 0)).unwrap();
    assert_eq!(batch.len(), BATCH_MAX);
    let (_, rest) = posted(&receipts.answered(request, ReceiptAnswer::Taken, NOW, 0)).unwrap();
    assert_eq!(rest.len(), 50);
}

#[test]
fn a_failure_waits_longer_each_time_and_as_long_as_the_server_asks() {
    let mut receipts = Receipts::default();
    receipts.add(receipt(1, ReceiptStage::Received), NOW);
    let mut now = NOW;
    for (request, longest) in [(1, 1_000), (2, 2_000), (3, 4_000)] {
        let failed = ReceiptAnswer::Failed { after_ms: None };
        assert_eq!(receipts.answered(request, failed, now, 4_000_000_000), []);
        let (at, _) = receipts.poll_timeout().unwrap();
        let wait = at.since(now);
        assert!((longest / 2..=longest).contains(&wait), "{wait} of {longest}");
        assert_eq!(receipts.timeout(at.plus_ms(-1), 0), []);
        assert_eq!(posted(&receipts.timeout(at, 0)).unwrap().0, request + 1);
        now = at;
    }
    receipts.answered(4, ReceiptAnswer::Failed { after_ms: Some(90_000) }, now, 0);
    assert_eq!(receipts.poll_timeout().unwrap().0, now.plus_ms(90_000));
    // The network came back.
    assert!(posted(&receipts.kick(now)).is_some());
}

#[test]
fn an_answer_that_never_comes_and_one_that_comes_late_do_no_harm() {
    let mut receipts = Receipts::default();
    receipts.add(receipt(1, ReceiptStage::Received), NOW);
    let late = NOW.plus_ms(ANSWER_MS_MAX);
    assert_eq!(receipts.poll_timeout().unwrap().0, late);
    assert_eq!(receipts.timeout(late, 0), []);
    let (again, _) = receipts.poll_timeout().unwrap();
    assert!(posted(&receipts.timeout(again, 0)).is_some());
    assert_eq!(receipts.answered(1, ReceiptAnswer::Taken, again, 0), []);
    assert_eq!(receipts.waiting(), 1);
}

#[test]
fn too_many_and_too_old_ones_are_given_up_and_counted() {
    let mut receipts = Receipts::default();
    for number in 0..u64::try_from(WAITING_MAX).unwrap() + 5 {
        receipts.add(receipt(number, ReceiptStage::Received), NOW);
    }
    assert_eq!((receipts.waiting(), receipts.given_up()), (WAITING_MAX, 5));
    receipts.answered(1, ReceiptAnswer::Failed { after_ms: None }, NOW, 0);
    let effects = receipts.kick(NOW.plus_ms(AGE_MS_MAX + 1));
    assert_eq!((receipts.waiting(), posted(&effects)), (0, None));
}

#[test]
fn receipts_that_nobody_believes_are_given_up_and_later_ones_are_sent() {
    let mut receipts = Receipts::default();
    let (mut now, mut tries) = (NOW, 0);
    let mut effects = receipts.add(receipt(1, ReceiptStage::Received), now);
    while let Some((request, _)) = posted(&effects) {
        tries += 1;
        assert!(tries <= UNPROVEN_MAX, "asked for ever");
        effects = receipts.answered(request, ReceiptAnswer::Unproven, now, 7);
        if let Some((at, _)) = receipts.poll_timeout() {
            now = at;
            effects.extend(receipts.timeout(now, 7));
        }
    }
    assert_eq!((tries, receipts.waiting(), receipts.given_up()), (UNPROVEN_MAX, 0, 1));
    assert!(now.since(NOW) > 30_000, "a token that is being renewed has time to come");
    // A proof that holds begins the count anew.
    now = now.plus_ms(61_000);
    let (request, _) = posted(&receipts.add(receipt(2, ReceiptStage::Received), now)).unwrap();
    receipts.answered(request, ReceiptAnswer::Unproven, now, 7);
    let (request, _) = posted(&receipts.kick(now)).unwrap();
    receipts.answered(request, ReceiptAnswer::Taken, now, 7);
    assert_eq!((receipts.waiting(), receipts.given_up()), (0, 1));
}

/// What may happen next.
#[derive(Clone, Debug)]
enum Step {
    Add(u64, ReceiptStage),
    /// The server gets what was last sent; the answer is lost or not.
    Reach {
        is_answered: bool,
    },
    Fail,
    Refuse,
    Wait(i64),
    Crash,
}

fn step() -> impl Strategy<Value = Step> {
    let stage = prop_oneof![
        Just(ReceiptStage::Received),
        Just(ReceiptStage::Shown),
        Just(ReceiptStage::Opened)
    ];
    prop_oneof![
        4 => (0..40_u64, stage).prop_map(|(number, stage)| Step::Add(number, stage)),
        3 => any::<bool>().prop_map(|is_answered| Step::Reach { is_answered }),
        1 => Just(Step::Fail),
        1 => Just(Step::Refuse),
        2 => (0..30_000_i64).prop_map(Step::Wait),
        1 => Just(Step::Crash),
    ]
}

/// A phone's disk, its process, and the server.
#[derive(Default)]
struct World {
    receipts: Receipts,
    disk: Vec<Receipt>,
    sent: Option<(u64, Vec<Receipt>)>,
    server: BTreeSet<(PushId, ReceiptStage)>,
}

impl World {
    fn carry_out(&mut self, effects: Vec<ReceiptAction>) {
        for effect in effects {
            match effect {
                ReceiptAction::Keep(receipt) => self.disk.push(receipt),
                ReceiptAction::Forget(keys) => {
                    self.disk.retain(|r| !keys.contains(&(r.id, r.stage)));
                }
                ReceiptAction::Post { request, receipts } => {
                    assert!(receipts.len() <= BATCH_MAX);
                    assert!(receipts.iter().all(|r| self.disk.contains(r)), "sent before kept");
                    self.sent = Some((request, receipts));
                }
            }
        }
    }

    fn step(&mut self, step: &Step, now: &mut Timestamp) {
        let effects = match step {
            Step::Add(number, stage) => {
                self.receipts.add(Receipt { at: *now, ..receipt(*number, *stage) }, *now)
            }
            Step::Reach { is_answered } => {
                let Some((request, receipts)) = self.sent.take() else { return };
                self.server.extend(receipts.iter().map(|r| (r.id, r.stage)));
                if !is_answered {
                    return;
                }
                self.receipts.answered(request, ReceiptAnswer::Taken, *now, 7)
            }
            Step::Fail => {
                let Some((request, _)) = self.sent.take() else { return };
                self.receipts.answered(request, ReceiptAnswer::Failed { after_ms: None }, *now, 7)
            }
            Step::Refuse => {
                // The server looked at them, and will not again.
                let Some((request, receipts)) = self.sent.take() else { return };
                self.server.extend(receipts.iter().map(|r| (r.id, r.stage)));
                self.receipts.answered(request, ReceiptAnswer::Refused, *now, 7)
            }
            Step::Wait(ms) => {
                *now = now.plus_ms(*ms);
                self.receipts.timeout(*now, 7)
            }
            Step::Crash => {
                self.sent = None;
                self.receipts = Receipts::restore(self.disk.iter().copied());
                self.receipts.kick(*now)
            }
        };
        self.carry_out(effects);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn every_receipt_reaches_the_server(steps in prop::collection::vec(step(), 1..80)) {
        let mut world = World::default();
        let mut now = NOW;
        let mut all = BTreeSet::new();
        for step in &steps {
            if let Step::Add(number, stage) = step {
                all.insert((push_id(*number), *stage));
            }
            world.step(step, &mut now);
        }
        // The network is there: a few rounds bring everything.
        for _ in 0..8 {
            world.step(&Step::Wait(61_000), &mut now);
            world.step(&Step::Reach { is_answered: true }, &mut now);
        }
        prop_assert_eq!(&world.server, &all);
        prop_assert_eq!((world.receipts.waiting(), world.disk.len()), (0, 0));
    }
}
