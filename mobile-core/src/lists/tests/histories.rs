//! Random histories. Transactions of the real store and acts through the real outbox meet a log
//! that tells of them sooner or later than the answer. There are several listeners, of which some
//! are slow, and windows that move.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::time::Duration;

use baton_domain::see::mirror::Mirrored;
use baton_protocol::frame::{LeaseHolder, ServerFrame};
use baton_protocol::{Author, DeviceId, MessageStatus, OpId, Owner, Status, TeamId};
use proptest::collection::vec;
use proptest::prelude::{Just, Strategy, any, prop_oneof};
use proptest::test_runner::{Config, TestRunner};
use uuid::Uuid;

use super::super::{EVERY, HeaderOf, Inbox, InboxOf, ListRequest, Subscription, Timeline, Touched};
use super::phone::{BEN, ME, Phone, TEAM, conversation, notes, says, store, talk};
use crate::compose::Hold;
use crate::outbox::{ActStage, Choice, Offer};
use crate::store::{Found, Hit, View};

/// Conversations that things happen in.
const TALKS: u64 = 5;

/// What has to be met in some of the histories.
const RARE: [&str; 9] = [
    "acknowledged",
    "discarded",
    "not stored",
    "refused",
    "line before answer",
    "echo beside its line",
    "whole batches to the slow",
    "older lines",
    "a page more",
];

#[derive(Clone, Copy, Debug)]
enum Step {
    Begins(u64),
    Talks(u64, u64),
    Crowd(u64),
    Customer(u64),
    Colleague(u64),
    NoteBy(u64),
    Delivered(u64),
    Status(u64, u8),
    Owner(u64, u8),
    Reads(u64),
    HeadOnly(u64),
    Leaves(u64),
    Clears,
    Drafts(u64, bool),
    Taps(u64, u8),
    Chooses(usize, Offer),
    Arrives(usize),
    IsRefused(usize),
    AnswerIsLost(usize),
    ReadsLog(usize),
    SaysApplied,
    StoreFails,
    Passes(u64),
    Subscribes(u64, u8),
    Cancels(usize),
    More(usize),
    Newer(usize),
    Newest(usize),
    Slow(Option<usize>),
    Listens,
    Online(bool),
    Composes(u64, bool),
    Looks(u64, bool),
}

fn steps() -> impl Strategy<Value = Step> {
    let talk = || 0..TALKS;
    let one = any::<usize>;
    let others = prop_oneof![
        6 => talk().prop_map(Step::Begins),
        3 => (talk(), 20..140_u64).prop_map(|(of, count)| Step::Talks(of, count)),
        2 => (1..120_u64).prop_map(Step::Crowd),
        8 => talk().prop_map(Step::Customer),
        5 => talk().prop_map(Step::Colleague),
        3 => talk().prop_map(Step::NoteBy),
        2 => talk().prop_map(Step::Delivered),
        3 => (talk(), 0..4_u8).prop_map(|(of, what)| Step::Status(of, what)),
        3 => (talk(), 0..4_u8).prop_map(|(of, whose)| Step::Owner(of, whose)),
        2 => talk().prop_map(Step::HeadOnly),
        1 => talk().prop_map(Step::Leaves),
        2 => any::<bool>().prop_map(Step::Online),
        2 => (talk(), any::<bool>()).prop_map(|(of, is)| Step::Composes(of, is)),
        2 => (talk(), any::<bool>()).prop_map(|(of, is)| Step::Looks(of, is)),
    ];
    let offer =
        prop_oneof![Just(Offer::SendAnyway), Just(Offer::TurnIntoNote), Just(Offer::Discard)];
    let author = prop_oneof![
        12 => (talk(), 0..6_u8).prop_map(|(of, what)| Step::Taps(of, what)),
        4 => (one(), offer).prop_map(|(one, offer)| Step::Chooses(one, offer)),
        2 => talk().prop_map(Step::Reads),
        3 => (talk(), any::<bool>()).prop_map(|(of, is_one)| Step::Drafts(of, is_one)),
        1 => Just(Step::StoreFails),
    ];
    let network = prop_oneof![
        8 => one().prop_map(Step::Arrives),
        2 => one().prop_map(Step::IsRefused),
        4 => one().prop_map(Step::AnswerIsLost),
        9 => (1..5_usize).prop_map(Step::ReadsLog),
        7 => Just(Step::SaysApplied),
    ];
    let screen = prop_oneof![
        3 => (talk(), 0..8_u8).prop_map(|(of, what)| Step::Subscribes(of, what)),
        1 => one().prop_map(Step::Cancels),
        7 => one().prop_map(Step::More),
        1 => one().prop_map(Step::Newer),
        1 => one().prop_map(Step::Newest),
        2 => proptest::option::of(one()).prop_map(Step::Slow),
        2 => Just(Step::Listens),
    ];
    prop_oneof![
        30 => others,
        22 => author,
        30 => network,
        16 => screen,
        30 => (0..160_u64).prop_map(Step::Passes),
        4 => (200..40_000_u64).prop_map(Step::Passes),
        1 => Just(Step::Clears),
    ]
}

fn request(n: u64, what: u8) -> ListRequest {
    let view = |view| ListRequest::Inbox(Inbox::new(InboxOf::View(view)));
    match what {
        0 => view(View::All),
        1 => view(View::Mine),
        2 => view(View::Unassigned),
        3 => view(View::Team(TEAM)),
        4 => {
            let hit = |n| Hit {
                conversation: talk(n),
                found: Found::Contact,
                at: baton_protocol::Timestamp::from_ms(0),
                text: "Eva".into(),
            };
            ListRequest::Inbox(Inbox::new(InboxOf::Found([n, n + 1, 99, n].map(hit).to_vec())))
        }
        5 => ListRequest::Header(HeaderOf(talk(n))),
        6 => ListRequest::Badge,
        _ => ListRequest::Timeline(Timeline::new(talk(n))),
    }
}

struct Day<'s> {
    phone: Phone<'s>,
    made: u128,
}

impl Day<'_> {
    fn step(&mut self, step: Step) {
        match step {
            Step::Begins(_)
            | Step::Talks(..)
            | Step::Crowd(_)
            | Step::Customer(_)
            | Step::Colleague(_)
            | Step::NoteBy(_)
            | Step::Delivered(_)
            | Step::Status(..)
            | Step::Owner(..)
            | Step::Reads(_)
            | Step::HeadOnly(_) => self.happens(step),
            Step::Leaves(n) => self.phone.leaves(talk(n)),
            Step::Clears => self.phone.clears(),
            Step::Drafts(n, is_one) => self.phone.drafts(talk(n), is_one),
            Step::Taps(n, what) => self.phone.taps(talk(n), what),
            Step::Chooses(one, offer) => self.chooses(one, offer),
            Step::Arrives(one) => self.phone.arrives(one, false, true),
            Step::IsRefused(one) => self.phone.arrives(one, true, true),
            Step::AnswerIsLost(one) => self.phone.arrives(one, false, false),
            Step::ReadsLog(count) => self.reads_log(count),
            Step::SaysApplied => self.phone.says_applied(),
            Step::StoreFails => self.phone.store_fails = 1,
            Step::Passes(ms) => self.phone.passes(Duration::from_millis(ms)),
            Step::Subscribes(..)
            | Step::Cancels(_)
            | Step::More(_)
            | Step::Newer(_)
            | Step::Newest(_)
            | Step::Slow(_)
            | Step::Listens => self.looks(step),
            Step::Online(_) | Step::Composes(..) | Step::Looks(..) => self.colleagues(step),
        }
        self.phone.tells();
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "the others are elsewhere")]
    fn happens(&mut self, step: Step) {
        // Not in order: what was said earlier may come later.
        let at = self.phone.wall().plus_ms(-700 * (self.made % 5) as i64);
        self.made += 1;
        let op_id = OpId(Uuid::from_u128(0xBE << 64 | self.made));
        match step {
            Step::Begins(n) if self.phone.held(talk(n)).is_none() => {
                self.phone.puts([Mirrored::Full(Box::new(conversation(talk(n), at)))]);
            }
            Step::Talks(n, count) => self.phone.changes(talk(n), |full| {
                (0..count).for_each(|_| says(full, Author::Agent { id: BEN }, at, None));
            }),
            Step::Crowd(count) => {
                let head = |n| conversation(talk(100 + n), at).view.conversation.head;
                self.phone.puts((0..count).map(|n| Mirrored::Head(head(n))));
            }
            Step::Customer(n) => {
                self.phone.changes(talk(n), |full| says(full, Author::Customer, at, None));
            }
            Step::Colleague(n) => self.phone.changes(talk(n), |full| {
                says(full, Author::Agent { id: BEN }, at, Some(op_id));
            }),
            Step::NoteBy(n) => self.phone.changes(talk(n), |full| notes(full, BEN, at, op_id)),
            Step::Delivered(n) => self.phone.changes(talk(n), |full| {
                if let Some(line) = full.lines.values_mut().next_back() {
                    line.status = Some(MessageStatus::Delivered);
                    full.view.conversation.head.revision += 1;
                }
            }),
            Step::Status(n, what) => self.phone.changes(talk(n), |full| {
                let head = &mut full.view.conversation.head;
                head.revision += 1;
                head.status = match what {
                    0 => Status::Waiting,
                    1 => Status::Resolved,
                    2 => Status::Snoozed { until: at },
                    _ => Status::Open,
                };
            }),
            Step::Owner(n, whose) => self.phone.changes(talk(n), |full| {
                let head = &mut full.view.conversation.head;
                (head.revision, head.owner_epoch) = (head.revision + 1, head.owner_epoch + 1);
                (head.team_id, head.owner) = match whose {
                    0 => (TEAM, Owner::Agent(ME)),
                    1 => (TEAM, Owner::Agent(BEN)),
                    2 => (TEAM, Owner::Queue(TEAM)),
                    _ => (TeamId(Uuid::from_u128(8)), Owner::Agent(ME)),
                };
            }),
            Step::Reads(n) => self.phone.changes(talk(n), |full| {
                full.view.read_seq = full.view.conversation.thread.customer_seq;
            }),
            Step::HeadOnly(n) => match self.phone.held(talk(n)) {
                Some(Mirrored::Full(full)) => {
                    self.phone.puts([Mirrored::Head(full.view.conversation.head)]);
                }
                Some(Mirrored::Head(head)) => {
                    let mut full = conversation(talk(n), at);
                    full.from_seq = head.last_seq + 1;
                    full.view.conversation.head = head;
                    self.phone.puts([Mirrored::Full(Box::new(full))]);
                }
                None => {}
            },
            _ => {}
        }
    }

    fn chooses(&mut self, one: usize, offer: Offer) {
        let review = self.phone.echoes.all().filter(|echo| echo.stage == ActStage::NeedsReview);
        let numbers: Vec<_> = review.map(|echo| echo.number).collect();
        let Some(at) = one.checked_rem(numbers.len()) else { return };
        let choice = match offer {
            Offer::SendAnyway => Choice::SendAnyway { seen: None },
            Offer::TurnIntoNote => Choice::TurnIntoNote,
            Offer::Edit | Offer::Discard => Choice::Discard,
        };
        let now = self.phone.now();
        // Not everything may be chosen of everything.
        drop(self.phone.outbox.choose(numbers[at], choice, now));
        self.phone.pump();
    }

    fn reads_log(&mut self, count: usize) {
        self.phone.reads_log(count);
        let echoes: Vec<_> = self.phone.echoes.all().cloned().collect();
        for echo in echoes {
            let (of, op_id) = (echo.conversation_id, echo.op_id);
            if self.phone.looks(|sources| sources.read.is_told(of, op_id)) {
                self.phone.meets("echo beside its line");
                if echo.stage == ActStage::Sending {
                    self.phone.meets("line before answer");
                }
            }
        }
    }

    fn name(&self, one: usize) -> Option<Subscription> {
        let names: Vec<_> = self.phone.listeners.keys().copied().collect();
        Some(names[one.checked_rem(names.len())?])
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "the others are elsewhere")]
    fn looks(&mut self, step: Step) {
        match step {
            Step::Subscribes(n, what) if self.phone.listeners.len() < 6 => {
                self.phone.subscribes(request(n, what));
            }
            Step::Cancels(one) => {
                if let Some(name) = self.name(one) {
                    self.phone.cancels(name);
                }
            }
            Step::More(one) => {
                if let Some(name) = self.name(one) {
                    let before = self.phone.observers.request(name);
                    self.phone.observers.more(name);
                    match self.phone.observers.request(name) {
                        Some(ListRequest::Timeline(_))
                            if self.phone.observers.request(name) != before =>
                        {
                            self.phone.meets("older lines");
                        }
                        now if now != before => self.phone.meets("a page more"),
                        _ => {}
                    }
                }
            }
            Step::Newer(one) => self.moves(one, super::super::Observer::newer),
            Step::Newest(one) => self.moves(one, super::super::Observer::newest),
            Step::Slow(one) => self.phone.slow = one.and_then(|one| self.name(one)),
            Step::Listens => {
                let waiting = self.phone.observers.waiting();
                for (name, count) in waiting {
                    if count > 1 {
                        self.phone.meets("whole batches to the slow");
                    }
                    self.phone.listens(name);
                }
            }
            _ => {}
        }
    }

    fn moves(&mut self, one: usize, moves: fn(&mut super::super::Observer<Timeline>)) {
        let name = self.name(one);
        if let Some(timeline) = name.and_then(|name| self.phone.observers.timeline(name)) {
            moves(timeline);
        }
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "the others are elsewhere")]
    fn colleagues(&mut self, step: Step) {
        let since = self.phone.wall();
        let around = &mut self.phone.around;
        let touched = match step {
            Step::Online(true) => around.connect(),
            Step::Online(false) => around.disconnect(),
            Step::Composes(n, is) => {
                let device_id = DeviceId(Uuid::from_u128(5));
                let holder = LeaseHolder { agent_id: BEN, device_id, token: 1, since };
                around.set_hold(talk(n), if is { Hold::Theirs(holder) } else { Hold::Nobody })
            }
            Step::Looks(n, is) => {
                let agents = if is { vec![BEN] } else { Vec::new() };
                let conversation_id = talk(n);
                around.handle_frame(&ServerFrame::Viewing { conversation_id, agents })
            }
            _ => Touched::nothing(),
        };
        self.phone.observers.touch(&touched);
    }

    /// Everything comes to its end, and everybody sees the same.
    fn ends(mut self) -> BTreeMap<&'static str, usize> {
        self.phone.settles();
        for times in self.phone.told_at.values() {
            for pair in times.windows(2) {
                assert!(pair[1] >= pair[0] + EVERY, "told too often: {pair:?}");
            }
        }
        self.phone.ends()
    }
}

/// How many histories are played; `BATON_HISTORIES` names another number, and `make proof` ten
/// thousand.
fn histories() -> u32 {
    let told = std::env::var_os("BATON_HISTORIES").and_then(|text| text.to_str()?.parse().ok());
    told.unwrap_or(300)
}

#[test]
fn a_snapshot_and_what_changed_are_what_a_fresh_query_says_and_each_act_is_there_once() {
    let config = Config {
        cases: histories(),
        failure_persistence: None,
        max_shrink_iters: 2_000,
        ..Config::default()
    };
    let (_directory, store) = store();
    let (met, number) = (RefCell::new(BTreeMap::<&str, usize>::new()), RefCell::new(1_000));
    let played = TestRunner::new(config).run(&vec(steps(), 1..90), |steps| {
        *number.borrow_mut() += 1;
        let mut day = Day { phone: Phone::new(&store, *number.borrow()), made: 0 };
        for (n, what) in [(0, 7), (1, 7), (0, 0), (2, 5)] {
            day.phone.subscribes(request(n, what));
        }
        (0..3).for_each(|n| day.step(Step::Begins(n)));
        steps.into_iter().for_each(|step| day.step(step));
        for (what, count) in day.ends() {
            *met.borrow_mut().entry(what).or_default() += count;
        }
        Ok(())
    });
    if let Err(found) = played {
        panic!("{found}");
    }
    // A hunt that never meets these would prove nothing of them.
    let met = met.into_inner();
    println!("{met:?}");
    let rare: Vec<_> = RARE.iter().filter(|what| !met.contains_key(*what)).collect();
    assert!(histories() < 300 || rare.is_empty(), "never met: {rare:?}");
}
