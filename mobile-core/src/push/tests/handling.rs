//! A push is handled before the deadline, whatever the network does.

use std::time::Duration;

use baton_protocol::Owner;
use proptest::prelude::*;

use super::*;
use crate::push::handle::{
    FETCH_MAX, FETCH_OFFER_MAX, Outcome, PushAction, PushCall, PushNow, PushRequest,
};
use crate::push::payload::{Unreadable, UnreadableReason};
use crate::push::receipts::{Receipt, ReceiptStage};
use crate::push::{Board, Incoming, Suppression, Verdict};

fn at(ms: u64) -> PushNow {
    let mono = Duration::from_millis(ms);
    PushNow { mono, at: NOW.plus_ms(i64::try_from(ms).unwrap()) }
}

fn call(incoming: Incoming, deadline_ms: u64) -> PushRequest {
    PushRequest { incoming, deadline: Duration::from_millis(deadline_ms), is_under_way: false }
}

#[derive(Default)]
struct Done {
    receipts: Vec<Receipt>,
    fetch: Option<Duration>,
    board: Option<Board>,
    outcome: Option<Outcome>,
}

impl Done {
    fn take(&mut self, effects: Vec<PushAction>) {
        for effect in effects {
            assert!(self.outcome.is_none(), "something after the end");
            match effect {
                PushAction::Receipt(receipt) => self.receipts.push(receipt),
                PushAction::Fetch { within, .. } => {
                    assert!(self.fetch.replace(within).is_none(), "asked twice");
                }
                PushAction::Abort => assert!(self.fetch.is_some()),
                PushAction::Keep(board) => self.board = Some(*board),
                PushAction::Done(outcome) => self.outcome = Some(*outcome),
            }
        }
    }

    fn stages(&self) -> Vec<ReceiptStage> {
        self.receipts.iter().map(|receipt| receipt.stage).collect()
    }
}

fn done(effects: Vec<PushAction>) -> Done {
    let mut done = Done::default();
    done.take(effects);
    done
}

#[test]
fn what_the_store_holds_needs_no_network() {
    let known = knowing(7, held(Owner::Agent(ME)));
    let (_, effects) =
        PushCall::begin(call(Ok(push(Kind::Message, 7)), 9_000), Some(&known), at(0));
    let done = done(effects);
    assert!(matches!(done.outcome.as_ref().unwrap().verdict, Verdict::Show(_)));
    assert_eq!(
        (done.fetch, done.stages()),
        (None, vec![ReceiptStage::Received, ReceiptStage::Shown])
    );
}

#[test]
fn what_the_sync_shows_to_be_taken_is_not_shown() {
    let incoming = Ok(push(Kind::Offer, 7));
    let (mut handling, effects) = PushCall::begin(call(incoming, 9_000), Some(&known(3)), at(0));
    let mut all = done(effects);
    assert_eq!(all.fetch, Some(FETCH_OFFER_MAX));
    assert_eq!(all.stages(), [ReceiptStage::Received], "the server hears of it before it is asked");
    let taken = PushContext { is_synced: true, ..knowing(9, held(Owner::Agent(ANA))) };
    all.take(handling.synced(Some(&taken), at(300)));
    let outcome = all.outcome.as_ref().unwrap();
    assert_eq!(outcome.verdict, Verdict::Suppress(Suppression::Handled));
    assert!(!outcome.is_behind);
    assert_eq!(all.stages(), [ReceiptStage::Received]);
}

#[test]
fn without_an_answer_the_first_verdict_stands() {
    let incoming = Ok(push(Kind::Message, 7));
    let (mut handling, effects) = PushCall::begin(call(incoming, 20_000), Some(&known(3)), at(0));
    let mut all = done(effects);
    assert_eq!(all.fetch, Some(FETCH_MAX));
    assert_eq!(handling.timeout(Some(&known(3)), at(7_999)), []);
    all.take(handling.timeout(Some(&known(3)), at(8_000)));
    let outcome = all.outcome.unwrap();
    assert!(matches!(outcome.verdict, Verdict::Show(_)) && outcome.is_behind);
    assert_eq!(handling.synced(Some(&known(9)), at(8_001)), []);
}

#[test]
fn without_a_store_something_generic_is_shown_at_once() {
    let (_, effects) = PushCall::begin(call(Ok(push(Kind::Offer, 7)), 9_000), None, at(0));
    let outcome = done(effects).outcome.unwrap();
    assert!(matches!(outcome.verdict, Verdict::Fallback(_)) && outcome.is_behind);
}

#[test]
fn two_calls_for_one_push_show_it_once() {
    let twice = PushRequest { is_under_way: true, ..call(Ok(push(Kind::Offer, 7)), 9_000) };
    let (_, effects) = PushCall::begin(twice, Some(&known(3)), at(0));
    let done = done(effects);
    assert_eq!(done.outcome.unwrap().verdict, Verdict::Suppress(Suppression::Duplicate));
    assert_eq!(done.board, None, "the first call remembers it");
}

#[test]
fn two_pushes_that_wait_together_show_the_newer() {
    let begin = |position| {
        let incoming = Ok(push(Kind::Message, position));
        PushCall::begin(call(incoming, 9_000), Some(&known(3)), at(0)).0
    };
    let (mut older, mut newer) = (begin(7), begin(8));
    let newer = done(newer.failed(Some(&known(3)), at(100)));
    assert!(matches!(newer.outcome.unwrap().verdict, Verdict::Show(_)));
    let known = PushContext { board: newer.board.unwrap(), ..known(3) };
    let older = done(older.failed(Some(&known), at(200))).outcome.unwrap();
    assert_eq!(older.verdict, Verdict::Suppress(Suppression::Overtaken));
}

#[test]
fn nobody_elses_push_is_not_confirmed() {
    let workspace = WorkspaceId(Uuid::from_u128(0xA2));
    let foreign = Push { workspace, badge: Some(9), ..push(Kind::Offer, 7) };
    let (_, effects) = PushCall::begin(call(Ok(foreign), 9_000), Some(&known(3)), at(0));
    let done = done(effects);
    let outcome = done.outcome.unwrap();
    assert_eq!((done.receipts.len(), outcome.badge, outcome.is_behind), (0, None, false));
    assert_eq!(done.fetch, None);
}

/// What the network does.
#[derive(Clone, Debug)]
enum Network {
    Answers(u64),
    Fails(u64),
    Silent,
}

fn network() -> impl Strategy<Value = Network> {
    prop_oneof![
        (0..20_000_u64).prop_map(Network::Answers),
        (0..20_000_u64).prop_map(Network::Fails),
        Just(Network::Silent),
    ]
}

fn incoming() -> impl Strategy<Value = Incoming> {
    let unreadable =
        Err(Unreadable { why: UnreadableReason::NotJson, id: Some(push_id(1)), workspace: None });
    let kind = prop::sample::select(Kind::ALL.to_vec());
    prop_oneof![
        6 => (kind, 1..12_u64).prop_map(|(kind, position)| Ok(push(kind, position))),
        1 => Just(unreadable),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn it_is_done_once_and_never_after_the_deadline(
        incoming in incoming(),
        deadline in prop_oneof![0..1_000_u64, 0..30_000_u64],
        network in network(),
        (before, after) in (0..12_u64, 0..12_u64),
        (has_store, keeps_store) in any::<(bool, bool)>(),
        began in 0..1_000_000_u64,
    ) {
        let first_known = has_store.then(|| knowing(before, held(queue())));
        let then_known = (has_store && keeps_store).then(|| PushContext {
            is_synced: true,
            ..knowing(before.max(after), held(queue()))
        });
        let call = call(incoming.clone(), deadline);
        let (mut handling, effects) = PushCall::begin(call, first_known.as_ref(), at(began));
        let mut all = done(effects);
        let mut ended = began;
        if let Some(within) = all.fetch {
            prop_assert!(within <= FETCH_MAX && within <= Duration::from_millis(deadline));
            let alarm = handling.poll_timeout().unwrap();
            let alarm = u64::try_from(alarm.as_millis()).unwrap();
            // Whatever comes first, and then the other one too late.
            let answer = match network {
                Network::Answers(ms) | Network::Fails(ms) => began + ms,
                Network::Silent => u64::MAX,
            };
            ended = alarm.min(answer);
            let effects = match network {
                Network::Answers(_) if answer < alarm => {
                    handling.synced(then_known.as_ref(), at(ended))
                }
                Network::Fails(_) if answer < alarm => {
                    handling.failed(first_known.as_ref(), at(ended))
                }
                Network::Answers(_) | Network::Fails(_) | Network::Silent => {
                    handling.timeout(first_known.as_ref(), at(ended))
                }
            };
            all.take(effects);
            prop_assert_eq!(handling.synced(then_known.as_ref(), at(ended + 1)), vec![]);
            prop_assert_eq!(handling.timeout(None, at(ended + 9_000)), vec![]);
        }
        prop_assert!(ended <= began + deadline, "{ended} after {began} + {deadline}");
        prop_assert_eq!(handling.poll_timeout(), None);
        let outcome = all.outcome.expect("an end");
        if first_known.is_none() && !matches!(&incoming, Ok(p) if p.kind == Kind::Retract) {
            prop_assert!(matches!(outcome.verdict, Verdict::Fallback(_)));
        }
        let is_shown = outcome.verdict.notification().is_some() && incoming.is_ok();
        prop_assert_eq!(is_shown, all.receipts.iter().any(|r| r.stage == ReceiptStage::Shown));
    }
}
