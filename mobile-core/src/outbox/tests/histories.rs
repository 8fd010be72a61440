//! Random days with a phone: taps, choices, colleagues, a network that loses, doubles, delays and
//! reorders, a store that fails, and a phone that dies at any step.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::time::Duration;

use baton_protocol::{Refusal, Refused};
use proptest::collection::vec;
use proptest::prelude::{Strategy, any, prop_oneof};
use proptest::test_runner::{Config, TestRunner};

use super::judge::Judge;
use super::phone::{Phone, Request, claim, note, read, reply, resolve};
use super::server::{Server, talk};
use crate::outbox::{
    ActStage, Change, Choice, Ended, Failure, Offer, RetryCause, ReviewReason, TimeoutReason,
};

/// What has to be met in some of the histories.
const RARE: [&str; 15] = [
    "restored",
    "stale",
    "owner_changed",
    "depends_on_refused",
    "op_expired",
    "contended for too long",
    "too old",
    "left the scope",
    "rejected",
    "withdrawn",
    "checking",
    "behind",
    "discarded",
    "read refused",
    "not stored",
];
/// Conversations of a day.
const TALKS: u128 = 3;

#[derive(Clone, Copy, Debug)]
enum Step {
    Reply(u128),
    Note(u128),
    Claim(u128),
    Resolve(u128),
    Read(u128),
    TapAgain,
    Withdraw(usize),
    Choose(usize, Offer),
    Customer(u128),
    Colleague(u128),
    Composes(u128, bool),
    Holds(u128),
    Look,
    StoreTakes,
    StoreSaysSo,
    StoreFails,
    Stores,
    Arrives(usize),
    ArrivesTwice(usize),
    IsLost(usize),
    IsNotSent(usize),
    Fails(usize, u16),
    IsHeard(usize),
    IsHeardTwice(usize),
    AnswerIsLost(usize),
    Busy(u32),
    Waits,
    WaitsLong,
    Runs,
    AMinute,
    Passes(u64),
    Dies,
    Connects,
    RetryCause,
    Network(bool),
    BacksUp,
    IsPutBack,
    Leaves(u128),
    Enters(u128),
    ClockJumps(i64),
}

fn steps() -> impl Strategy<Value = Step> {
    let talk = || 0..TALKS;
    let any_one = any::<usize>;
    let offer = prop_oneof![
        3 => proptest::strategy::Just(Offer::SendAnyway),
        1 => proptest::strategy::Just(Offer::Edit),
        1 => proptest::strategy::Just(Offer::TurnIntoNote),
        1 => proptest::strategy::Just(Offer::Discard),
    ];
    let author = prop_oneof![
        12 => talk().prop_map(Step::Reply),
        3 => talk().prop_map(Step::Note),
        2 => talk().prop_map(Step::Claim),
        2 => talk().prop_map(Step::Resolve),
        2 => talk().prop_map(Step::Read),
        1 => proptest::strategy::Just(Step::TapAgain),
        3 => any_one().prop_map(Step::Withdraw),
        6 => (any_one(), offer).prop_map(|(one, offer)| Step::Choose(one, offer)),
        8 => proptest::strategy::Just(Step::Look),
    ];
    let others = prop_oneof![
        3 => talk().prop_map(Step::Customer),
        1 => talk().prop_map(Step::Colleague),
        2 => (talk(), any::<bool>()).prop_map(|(of, composes)| Step::Composes(of, composes)),
        1 => talk().prop_map(Step::Holds),
        1 => (1..4_u32).prop_map(Step::Busy),
        1 => talk().prop_map(Step::Leaves),
        1 => proptest::strategy::Just(Step::BacksUp),
        1 => proptest::strategy::Just(Step::IsPutBack),
        1 => talk().prop_map(Step::Enters),
    ];
    let status = prop_oneof![proptest::sample::select(vec![
        400_u16, 401, 408, 413, 425, 429, 500, 503, 520, 524
    ]),];
    let network = prop_oneof![
        10 => any_one().prop_map(Step::Arrives),
        3 => any_one().prop_map(Step::ArrivesTwice),
        2 => any_one().prop_map(Step::IsLost),
        1 => any_one().prop_map(Step::IsNotSent),
        2 => (any_one(), status).prop_map(|(one, status)| Step::Fails(one, status)),
        10 => any_one().prop_map(Step::IsHeard),
        2 => any_one().prop_map(Step::IsHeardTwice),
        2 => any_one().prop_map(Step::AnswerIsLost),
        4 => proptest::strategy::Just(Step::Connects),
        2 => proptest::strategy::Just(Step::RetryCause),
        1 => any::<bool>().prop_map(Step::Network),
    ];
    let device = prop_oneof![
        40 => proptest::strategy::Just(Step::Stores),
        16 => proptest::strategy::Just(Step::StoreTakes),
        16 => proptest::strategy::Just(Step::StoreSaysSo),
        4 => proptest::strategy::Just(Step::StoreFails),
        24 => proptest::strategy::Just(Step::Waits),
        1 => proptest::strategy::Just(Step::WaitsLong),
        16 => proptest::strategy::Just(Step::Runs),
        6 => proptest::strategy::Just(Step::AMinute),
        8 => (0..90_000_u64).prop_map(Step::Passes),
        12 => proptest::strategy::Just(Step::Dies),
        2 => (-200..200_i64).prop_map(|hours| Step::ClockJumps(hours * 3_600_000)),
    ];
    prop_oneof![3 => author, 1 => others, 4 => network, 4 => device]
}

struct Day {
    phone: Phone,
    judge: Judge,
    backup: Option<Server>,
    taps: usize,
}

impl Day {
    fn begins() -> Self {
        Self { phone: Phone::new(TALKS), judge: Judge::default(), backup: None, taps: 0 }
    }

    fn plays(mut self, steps: &[Step]) -> Vec<&'static str> {
        for step in steps {
            self.step(*step);
            self.judge.looks(&self.phone);
        }
        self.ends();
        self.phone.told.iter().map(name_of).collect()
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "the others are elsewhere")]
    fn step(&mut self, step: Step) {
        match step {
            Step::Reply(_)
            | Step::Note(_)
            | Step::Claim(_)
            | Step::Resolve(_)
            | Step::Read(_)
            | Step::TapAgain
            | Step::Withdraw(_)
            | Step::Choose(..)
            | Step::Look => self.author(step),
            Step::Customer(n) => drop(self.phone.server.customer_writes(talk(n))),
            Step::Colleague(n) => self.phone.server.colleague_answers(talk(n)),
            Step::Composes(n, composes) => {
                self.phone.server.colleague_composes(talk(n), composes);
            }
            Step::Holds(n) => self.phone.server.holds_the_last(talk(n)),
            Step::BacksUp => self.backup = Some(self.phone.server.clone()),
            Step::IsPutBack => {
                if let Some(backup) = self.backup.take() {
                    // What the app was not told so far is compared with this life.
                    self.phone.stores();
                    self.phone.passes(Duration::from_secs(1));
                    self.phone.stores();
                    self.judge.looks(&self.phone);
                    self.phone.is_put_back(&backup);
                }
            }
            Step::Busy(count) => self.phone.server.busy = count,
            _ => self.machine(step),
        }
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "the others are elsewhere")]
    fn author(&mut self, step: Step) {
        let fresh = format!("text {}", self.taps);
        match step {
            Step::Reply(n) => {
                let body = reply(&fresh, self.phone.seen(talk(n)));
                self.taps(n, body);
            }
            Step::Note(n) => self.taps(n, note(&fresh)),
            Step::Claim(n) => {
                let epoch = self.phone.server.owner_epoch(talk(n));
                self.taps(n, claim(epoch));
            }
            Step::Resolve(n) => self.taps(n, resolve(self.phone.seen(talk(n)))),
            Step::Read(n) => {
                let seq = self.phone.seen(talk(n)).map_or(0, |seen| seen.seq);
                self.taps(n, read(seq));
            }
            Step::TapAgain => {
                if let Some(echo) = self.phone.outbox.echoes().last().cloned() {
                    let of = echo.conversation_id;
                    let again = self.phone.tries(Some(echo.op_id), of, echo.body);
                    assert!(again.is_err() || again.is_ok_and(|again| !again.is_new));
                }
            }
            Step::Withdraw(one) => {
                let echoes = self.phone.outbox.echoes();
                if let Some(echo) = echoes.get(one % echoes.len().max(1)) {
                    let now = self.phone.now();
                    drop(self.phone.outbox.withdraw(echo.number, now));
                    self.phone.collect();
                }
            }
            Step::Choose(one, offer) => self.chooses(one, offer),
            Step::Look => self.phone.look(),
            _ => {}
        }
    }

    fn taps(&mut self, n: u128, body: baton_protocol::CommandBody) {
        // Quick hands, but no double taps.
        self.phone.mono += Duration::from_millis(1_100);
        self.taps += 1;
        let given = body.clone();
        if let Ok(enqueued) = self.phone.tries(None, talk(n), body) {
            self.judge.tapped(&self.phone, enqueued.number, enqueued.is_new);
            if !enqueued.is_new {
                self.judge.merged(enqueued.number, &given);
            }
        }
    }

    fn chooses(&mut self, one: usize, offer: Offer) {
        let echoes = self.phone.outbox.echoes();
        let reviews: Vec<_> =
            echoes.iter().filter(|echo| echo.stage == ActStage::NeedsReview).collect();
        let Some(echo) = reviews.get(one % reviews.len().max(1)) else { return };
        let number = echo.number;
        let missed = match &echo.reason {
            Some(ReviewReason::Refused {
                refused: Refused { refusal: Refusal::Stale { missed, .. }, .. },
            }) if echo.to_show.is_some() => missed.clone(),
            _ => Vec::new(),
        };
        let seen = self.phone.seen(echo.conversation_id);
        let choice = match offer {
            Offer::SendAnyway => Choice::SendAnyway { seen },
            Offer::Edit => Choice::Edit { text: format!("edited {}", self.taps), seen },
            Offer::TurnIntoNote => Choice::TurnIntoNote,
            Offer::Discard => Choice::Discard,
        };
        self.taps += 1;
        let is_discarded = choice == Choice::Discard;
        if self.phone.chooses(number, choice).is_err() {
            return;
        }
        match is_discarded {
            true => self.judge.discarded(number),
            false => self.judge.chose(&self.phone, number, &missed),
        }
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "the others are elsewhere")]
    fn machine(&mut self, step: Step) {
        let now = self.phone.now();
        match step {
            Step::StoreTakes => self.phone.store_takes(),
            Step::StoreSaysSo => self.phone.store_says_so(),
            Step::StoreFails => self.phone.store_fails(),
            Step::Stores => self.phone.stores(),
            Step::Waits => self.waits_for_less_than(Duration::from_secs(3_600)),
            Step::WaitsLong => drop(self.phone.waits()),
            Step::Runs => self.phone.runs(),
            Step::AMinute => {
                let until = self.phone.mono + Duration::from_secs(70);
                for _ in 0..100 {
                    self.phone.runs();
                    self.judge.looks(&self.phone);
                    let left = until.saturating_sub(self.phone.mono);
                    self.waits_for_less_than(left);
                }
            }
            Step::Passes(ms) => self.phone.passes(Duration::from_millis(ms)),
            Step::Dies => {
                self.judge.died(&self.phone);
                self.phone.restarts();
                self.judge.begins(&self.phone);
            }
            Step::Connects => self.phone.connects(),
            Step::RetryCause => self.phone.kicked(RetryCause::Foreground),
            Step::Network(is_there) => self.phone.outbox.set_network(is_there, now),
            Step::Leaves(n) => self.phone.outbox.leave_scope(talk(n), now),
            Step::Enters(n) => self.phone.outbox.enter_scope(talk(n), now),
            Step::ClockJumps(ms) => self.phone.ahead_ms = ms,
            _ => self.network(step),
        }
        self.phone.collect();
    }

    fn waits_for_less_than(&mut self, most: Duration) {
        let next = self.phone.outbox.poll_timeout(self.phone.now());
        if next.is_some_and(|(at, _)| at < self.phone.mono + most) {
            self.phone.waits();
        }
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "the others are elsewhere")]
    fn network(&mut self, step: Step) {
        match step {
            Step::Arrives(one) => {
                if let Some(request) = self.takes(one) {
                    self.phone.arrives(&request);
                }
            }
            Step::ArrivesTwice(one) => {
                if let Some(request) = self.takes(one) {
                    self.phone.arrives(&request);
                    // The copy may come much later.
                    self.phone.requests.push(request);
                }
            }
            Step::IsLost(one) => {
                if let Some(request) = self.takes(one) {
                    self.phone.fails(&request, Failure::Lost);
                    // Who lost the connection does not know whether it arrives.
                    self.phone.requests.push(request);
                }
            }
            Step::IsNotSent(one) => {
                let unseen = |request: &Request| request.life == self.phone.life;
                let index = one % self.phone.requests.len().max(1);
                if self.phone.requests.get(index).is_some_and(unseen) {
                    self.is_not_sent(index);
                }
            }
            Step::Fails(one, status) => {
                if let Some(request) = self.takes(one) {
                    self.phone.fails(&request, Failure::Http { status, retry_after: None });
                }
            }
            Step::IsHeard(one) => {
                if let Some(index) = self.answer(one) {
                    let answer = self.phone.answers.remove(index);
                    self.phone.hears(answer);
                }
            }
            Step::IsHeardTwice(one) => {
                if let Some(index) = self.answer(one) {
                    let answer = self.phone.answers[index].clone();
                    self.phone.hears(answer);
                }
            }
            Step::AnswerIsLost(one) => {
                if let Some(index) = self.answer(one) {
                    drop(self.phone.answers.remove(index));
                }
            }
            _ => {}
        }
    }

    /// One of the answers that are on their way.
    fn answer(&self, one: usize) -> Option<usize> {
        one.checked_rem(self.phone.answers.len())
    }

    fn takes(&mut self, one: usize) -> Option<Request> {
        let index = one % self.phone.requests.len().max(1);
        (index < self.phone.requests.len()).then(|| self.phone.requests.remove(index))
    }

    /// A request that the socket never took: nothing of it is anywhere.
    fn is_not_sent(&mut self, index: usize) {
        let request = self.phone.requests.remove(index);
        let same = |other: &Request| (other.id, other.life) == (request.id, request.life);
        let was_seen = self.phone.requests.iter().any(same)
            || self.phone.left.contains(&(request.life, request.id));
        let failure = if was_seen { Failure::Lost } else { Failure::NotSent };
        self.phone.fails(&request, failure);
    }

    /// Everything is well, for as long as it takes.
    fn ends(&mut self) {
        self.phone.ahead_ms = 0;
        self.phone.server.busy = 0;
        for n in 0..TALKS {
            self.phone.server.colleague_composes(talk(n), false);
        }
        self.phone.runs();
        self.phone.connects();
        for _ in 0..400 {
            self.phone.runs();
            self.phone.look();
            self.judge.looks(&self.phone);
            let is_left = |stage| matches!(stage, ActStage::NeedsReview | ActStage::Behind { .. });
            let next = self.phone.outbox.poll_timeout(self.phone.now());
            let is_written = next.is_none_or(|(_, what)| what != TimeoutReason::Store);
            if is_written && self.phone.outbox.echoes().iter().all(|echo| is_left(echo.stage)) {
                break;
            }
            assert!(self.phone.waits(), "waits for nothing: {:?}", self.phone.outbox.echoes());
        }
        self.phone.runs();
        self.judge.closes(&self.phone);
    }
}

/// What a change tells, in a word.
fn name_of(change: &Change) -> &'static str {
    match change {
        Change::Shown(echo) => match (&echo.reason, echo.stage) {
            (Some(ReviewReason::Refused { refused }), _) => refused.refusal.code(),
            (Some(ReviewReason::BeingAnswered { .. }), _) => "contended for too long",
            (Some(ReviewReason::TooOld), _) => "too old",
            (Some(ReviewReason::WindowClosed { .. }), _) => "window closed",
            (Some(ReviewReason::NotInScope), _) => "left the scope",
            (Some(ReviewReason::Rejected { .. }), _) => "rejected",
            (Some(ReviewReason::Restored), _) => "restored",
            (Some(ReviewReason::Withdrawn), _) => "withdrawn",
            (None, ActStage::Checking) => "checking",
            (None, ActStage::Contended) => "contended",
            (None, ActStage::Behind { .. }) => "behind",
            (None, ActStage::Waiting | ActStage::Sending) => "on its way",
            (None, ActStage::Acknowledged | ActStage::NeedsReview) => "acknowledged",
        },
        Change::Gone { how: Ended::Acknowledged, .. } => "gone",
        Change::Gone { how: Ended::Discarded, .. } => "discarded",
        Change::Gone { how: Ended::ReadRefused { .. }, .. } => "read refused",
        Change::NotStored { .. } => "not stored",
    }
}

/// How many histories are played; `BATON_HISTORIES` names another number.
fn histories() -> u32 {
    let told = std::env::var_os("BATON_HISTORIES").and_then(|text| text.to_str()?.parse().ok());
    told.unwrap_or(2_000)
}

#[test]
fn whatever_is_lost_each_act_is_done_once_in_order_or_put_before_its_author() {
    let config = Config {
        cases: histories(),
        failure_persistence: None,
        max_shrink_iters: 3_000,
        ..Config::default()
    };
    let mut runner = TestRunner::new(config);
    let met: RefCell<BTreeMap<&str, usize>> = RefCell::default();
    let played = runner.run(&vec(steps(), 1..120), |day| {
        for told in Day::begins().plays(&day) {
            *met.borrow_mut().entry(told).or_default() += 1;
        }
        Ok(())
    });
    if let Err(found) = played {
        panic!("{found}");
    }
    // A hunt that never meets these would prove nothing of them.
    let met = met.into_inner();
    println!("{met:?}");
    let rare = RARE.iter().filter(|name| !met.contains_key(*name));
    assert!(
        histories() < 1_000 || rare.clone().count() == 0,
        "never met: {:?}",
        rare.collect::<Vec<_>>()
    );
}
