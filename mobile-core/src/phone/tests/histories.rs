//! Random histories of three phones, their server and everything between them. Whatever happened,
//! each act ends acknowledged, visible or discarded. Each phone holds what a fresh one would.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use baton_model::team::{ANA, BEN, Deed, LEAD, talk};
use baton_protocol::command::{Assign, Claim, MarkRead, NoteText, Reply, Seeing};
use baton_protocol::{CommandBody, ConversationId, Visibility};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::{Config, TestRunner};

use super::judge::Tapped;
use super::pushes::Pushes;
use super::world::{DEVICES, Happening, World, ms};
use crate::link::Input;
use crate::outbox::{ActStage, Offer, Tap};
use crate::push::receipts::ReceiptStage as Seen;

/// What has to be met in some of the histories.
const RARE: [&str; 21] = [
    "a file sent",
    "a request twice",
    "behind",
    "checking",
    "chosen",
    "commands over HTTP",
    "discarded",
    "gone",
    "killed before it could tell",
    "left the scope",
    "not stored",
    "owner_changed",
    "push by the extension",
    "push shown",
    "read refused",
    "rejected",
    "restored",
    "stale",
    "the store failed",
    "too old",
    "withdrawn",
];
/// Conversations of a day.
const TALKS: u8 = 4;

#[derive(Clone, Copy, Debug)]
pub(super) enum Op {
    Happens(Deed),
    Forgets,
    Busy(u32),
    Taps(usize, u8, u8),
    TapsAgain(usize),
    Withdraws(usize, usize),
    Chooses(usize, usize, Offer),
    Types(usize, u8),
    Opens(usize, Option<u8>),
    Presses(usize),
    Network(usize, bool),
    Changes(usize),
    Cut(usize, bool),
    Looks(usize, bool),
    Killed(usize),
    Dies(usize, u32),
    StoreFails(usize, u32, u32),
    Flaky(u64),
    Repeats(usize, usize),
    Expires,
    BacksUp,
    PutBack(bool),
    PushAgain(usize),
    Swipes(usize),
    Passes(u64),
    Night(u64),
}

fn ops() -> impl Strategy<Value = Op> {
    let (d, n) = (|| 0..DEVICES, || 0..TALKS);
    let offers = vec![Offer::SendAnyway, Offer::SendAnyway, Offer::Edit, Offer::TurnIntoNote];
    let offer = select([offers, vec![Offer::Discard]].concat());
    let shows = vec![Visibility::Full, Visibility::Head, Visibility::Own];
    let team = prop_oneof![
        14 => n().prop_map(Deed::Writes),
        2 => n().prop_map(Deed::Answers),
        6 => n().prop_map(Deed::Carries),
        1 => n().prop_map(Deed::Renames),
        5 => (n(), 0..3_u8, 0..2_u8).prop_map(|(n, to, team)| Deed::Moves(n, to, team)),
        2 => (select(vec![ANA, BEN]), 0..2_u8, any::<bool>())
            .prop_map(|(agent, team, joins)| Deed::Joins(agent, team, joins)),
        1 => (0..2_u8, select(shows)).prop_map(|(team, shows)| Deed::Shows(team, shows)),
        5 => (select(vec![ANA, BEN, LEAD]), any::<u64>())
            .prop_map(|(agent, seed)| Deed::Sets(agent, seed)),
    ];
    let server = prop_oneof![
        30 => team.prop_map(Op::Happens),
        1 => Just(Op::Forgets),
        1 => (1..4_u32).prop_map(Op::Busy),
    ];
    let author = prop_oneof![
        30 => (d(), n(), 0..14_u8).prop_map(|(d, n, what)| Op::Taps(d, n, what)),
        2 => d().prop_map(Op::TapsAgain),
        3 => (d(), any::<usize>()).prop_map(|(d, one)| Op::Withdraws(d, one)),
        8 => (d(), any::<usize>(), offer).prop_map(|(d, one, offer)| Op::Chooses(d, one, offer)),
        3 => (d(), n()).prop_map(|(d, n)| Op::Types(d, n)),
        4 => (d(), proptest::option::of(n())).prop_map(|(d, n)| Op::Opens(d, n)),
        1 => d().prop_map(Op::Presses),
    ];
    let fault = prop_oneof![
        5 => (d(), any::<bool>()).prop_map(|(d, is_up)| Op::Network(d, is_up)),
        1 => d().prop_map(Op::Changes),
        8 => (d(), any::<bool>()).prop_map(|(d, is_told)| Op::Cut(d, is_told)),
        8 => (d(), any::<bool>()).prop_map(|(d, looks)| Op::Looks(d, looks)),
        4 => d().prop_map(Op::Killed),
        4 => (d(), 0..8_u32).prop_map(|(d, after)| Op::Dies(d, after)),
        4 => (d(), 0..5_u32, 1..6_u32).prop_map(|(d, after, n)| Op::StoreFails(d, after, n)),
        4 => select(vec![0, 20, 60]).prop_map(Op::Flaky),
        3 => (d(), any::<usize>()).prop_map(|(d, one)| Op::Repeats(d, one)),
        1 => Just(Op::Expires),
        2 => Just(Op::BacksUp),
        1 => any::<bool>().prop_map(Op::PutBack),
        4 => any::<usize>().prop_map(Op::PushAgain),
        1 => d().prop_map(Op::Swipes),
    ];
    let times = vec![1, 15, 25, 50, 200, 200, 1_000, 1_000, 5_000, 40_000, 100_000];
    prop_oneof![
        20 => server,
        30 => author,
        22 => fault,
        28 => select(times).prop_map(Op::Passes),
        1 => select(vec![2, 25, 200]).prop_map(Op::Night),
    ]
}

impl World {
    pub(super) fn plays(&mut self, op: Op) {
        match op {
            Op::Happens(_) | Op::Forgets | Op::Busy(_) | Op::BacksUp | Op::PutBack(_) => {
                self.happens(op);
                self.judge.looks(&self.server);
                self.goes_on();
            }
            Op::Taps(..)
            | Op::TapsAgain(_)
            | Op::Withdraws(..)
            | Op::Chooses(..)
            | Op::Types(..)
            | Op::Opens(..)
            | Op::Presses(_)
            | Op::Swipes(_) => self.acts(op),
            Op::Network(d, is_up) => self.network(d, is_up),
            Op::Changes(d) if self.devices[d].is_up => self.tell(d, Input::NetworkChanged),
            Op::Changes(_) => {}
            Op::Cut(d, is_told) => self.is_cut(d, is_told),
            Op::Looks(d, true) => self.comes_forward(d),
            Op::Looks(d, false) => self.goes_back(d),
            Op::Killed(d) => self.is_killed(d),
            Op::Dies(d, after) => self.devices[d].dies_after = Some(after),
            Op::StoreFails(d, after, count) => {
                *self.devices[d].store.faults.lock().unwrap() = (after, count);
            }
            Op::Flaky(percent) => self.flaky = percent,
            Op::Repeats(d, one) => self.repeats(d, one),
            Op::Expires => self.valid += 1,
            Op::PushAgain(one) => {
                if let Some(at) = one.checked_rem(self.past.len()) {
                    let (d, push) = self.past[at].clone();
                    self.push_comes(d, push);
                }
            }
            Op::Passes(time) => self.runs(ms(time)),
            Op::Night(hours) => self.night(hours),
        }
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "the others are elsewhere")]
    fn happens(&mut self, op: Op) {
        let server = &mut self.server;
        match op {
            Op::Happens(deed) => server.happens(deed),
            Op::Forgets => server.floor = server.head(),
            Op::Busy(count) => server.busy = count,
            Op::BacksUp => self.backup = Some(server.clone()),
            Op::PutBack(is_void) => self.is_put_back(is_void),
            _ => {}
        }
    }

    /// The server is put back to an earlier state; nothing that is on its way to it arrives.
    fn is_put_back(&mut self, is_void: bool) {
        let Some(backup) = self.backup.take() else { return };
        self.judge.looks(&self.server);
        self.server = self.server.put_back(&backup);
        self.pushes = Pushes::after(&self.server);
        self.judge.is_put_back(&self.server);
        self.queue.retain(|_, happening| {
            !matches!(happening, Happening::Says(..) | Happening::Posts(..) | Happening::Greets(..))
        });
        for wire in self.sessions.keys().copied().collect::<Vec<_>>() {
            self.closes_socket(wire, Some((1012, r#"{"retry_after_ms":100}"#)));
        }
        if is_void {
            self.valid += 1;
            self.void_below = self.valid;
        }
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "the others are elsewhere")]
    fn acts(&mut self, op: Op) {
        let now = self.clock();
        match op {
            Op::Taps(d, n, what) => {
                // Quick hands, but no double taps.
                self.runs(ms(1_100));
                let may = self.devices[d].is_open && self.devices[d].is_foreground;
                if may && what >= 12 {
                    self.taps_file(d, talk(n));
                } else if may {
                    let body = self.body(d, talk(n), what);
                    self.taps(d, talk(n), body);
                }
            }
            Op::TapsAgain(d) => {
                let Some(echo) = self.devices[d].phone.outbox().echoes().pop() else { return };
                let (op_id, conversation_id) = (Some(echo.op_id), echo.conversation_id);
                let tap = Tap { op_id, conversation_id, body: echo.body, follows: false };
                let again = self.devices[d].phone.act(tap, now);
                assert!(again.is_err() || again.is_ok_and(|again| !again.is_new));
                self.pump(d);
            }
            Op::Withdraws(d, one) => {
                let echoes = self.devices[d].phone.outbox().echoes();
                if let Some(at) = one.checked_rem(echoes.len()) {
                    drop(self.devices[d].phone.withdraw(echoes[at].number, now));
                    self.pump(d);
                }
            }
            Op::Chooses(d, one, offer) if self.devices[d].is_open => {
                let echoes = self.devices[d].phone.outbox().echoes();
                let reviews: Vec<_> =
                    echoes.iter().filter(|echo| echo.stage == ActStage::NeedsReview).collect();
                if let Some(at) = one.checked_rem(reviews.len()) {
                    self.chooses(d, reviews[at].number, offer);
                }
            }
            Op::Types(d, n) if self.devices[d].is_foreground => {
                self.tapped += 1;
                let text = format!("draft {}", self.tapped);
                self.devices[d].phone.set_draft(talk(n), crate::compose::Typed::reply(text), now);
                self.pump(d);
            }
            Op::Opens(d, n) if self.devices[d].is_foreground => {
                self.devices[d].phone.view(n.map(talk), now);
                self.pump(d);
            }
            Op::Presses(d) if self.devices[d].is_foreground => {
                self.devices[d].phone.retry(now);
                self.pump(d);
            }
            Op::Swipes(d) if self.devices[d].is_open => {
                let shown = self.devices[d].screen.values().flatten().next().copied();
                if let Some(push) = shown {
                    self.devices[d].screen.retain(|_, shown| *shown != Some(push));
                    let device = &mut self.devices[d];
                    let ended =
                        device.phone.notification_ended(push, Seen::Dismissed, &device.drops, now);
                    // What it could not take over comes onto the board after the swipe.
                    device.is_screen_sure &= ended.is_ok();
                    self.pump(d);
                }
            }
            _ => {}
        }
    }

    /// What an agent does who sees what this device shows.
    fn body(&mut self, d: usize, of: ConversationId, what: u8) -> CommandBody {
        self.tapped += 1;
        let text = format!("text {}", self.tapped);
        let seen = self.devices[d].seen(of);
        let held = self.devices[d].conversation(of);
        let expect_owner_epoch = held.map_or(1, |held| held.head().owner_epoch);
        let exceed_capacity = false;
        match what {
            0..5 => CommandBody::Reply(Reply {
                text,
                seen,
                quoted: None,
                replaces: None,
                ignore_lease: false,
                canned: None,
            }),
            5 => CommandBody::Note(NoteText::from(text)),
            6 => CommandBody::Claim(Claim { expect_owner_epoch, exceed_capacity }),
            7 => CommandBody::Resolve(seen.into()),
            8 => CommandBody::MarkWaiting(Seeing { seen }),
            9 => {
                let agent_id = [ANA, BEN][usize::from(self.dice(2) == 0)];
                CommandBody::Assign(Assign { agent_id, expect_owner_epoch, exceed_capacity })
            }
            _ => CommandBody::MarkRead(MarkRead { seq: seen.map_or(0, |seen| seen.seq) }),
        }
    }

    pub(super) fn taps(&mut self, d: usize, conversation_id: ConversationId, body: CommandBody) {
        let (now, given) = (self.clock(), body.clone());
        let life = self.devices[d].life;
        let phone = &mut self.devices[d].phone;
        let Ok(tapped) = phone.act(Tap { op_id: None, conversation_id, body, follows: false }, now)
        else {
            return self.pump(d);
        };
        let number = tapped.number;
        if tapped.is_new {
            let by = Tapped { body: given, is_kept: phone.is_kept(number) };
            self.judge.tapped(d, (number, tapped.op_id), conversation_id, by);
        } else {
            self.judge.merged(d, number, &given);
        }
        self.pump(d);
        if self.devices[d].life == life {
            self.judge.returned(d, number);
        }
    }

    /// Everybody sleeps.
    fn night(&mut self, hours: u64) {
        let foreground: Vec<_> = (0..DEVICES).filter(|d| self.devices[*d].is_foreground).collect();
        (0..DEVICES).for_each(|d| self.goes_back(d));
        self.runs(Duration::from_secs(hours * 3_600));
        foreground.into_iter().for_each(|d| self.comes_forward(d));
    }
}

/// How many: `BATON_HISTORIES`, or a few.
fn histories() -> u32 {
    let told = std::env::var_os("BATON_HISTORIES").and_then(|text| text.to_str()?.parse().ok());
    told.unwrap_or(30)
}

fn plays(seed: u64, ops: &[Op]) -> BTreeMap<&'static str, usize> {
    let mut world = World::new(seed, TALKS);
    for op in ops {
        world.plays(*op);
    }
    world.heals();
    world.judge.met
}

#[test]
fn whatever_happened_every_act_ends_and_every_phone_is_as_a_fresh_one() {
    let cases = histories();
    let config =
        Config { cases, failure_persistence: None, max_shrink_iters: 2_000, ..Config::default() };
    let met: RefCell<BTreeMap<&str, usize>> = RefCell::default();
    #[expect(clippy::disallowed_methods, reason = "measures the test itself")]
    let began = Instant::now();
    let played = TestRunner::new(config).run(&(any::<u64>(), vec(ops(), 1..80)), |(seed, ops)| {
        let played = catch_unwind(AssertUnwindSafe(|| plays(seed, &ops)));
        let played = played.map_err(|_panic| TestCaseError::fail("see above"))?;
        for (what, count) in played {
            *met.borrow_mut().entry(what).or_default() += count;
        }
        Ok(())
    });
    if let Err(found) = played {
        panic!("{found}");
    }
    // A hunt that never meets these would prove nothing of them.
    let met = met.into_inner();
    println!("{cases} histories in {:?}: {met:?}", began.elapsed());
    let rare: Vec<_> = RARE.iter().filter(|name| !met.contains_key(*name)).collect();
    assert!(histories() < 1_000 || rare.is_empty(), "never met: {rare:?}");
}
