//! Random orders of statuses, answers, undo and kills. What stands is what a plain count from the
//! log says: turn, status, who answered last, what is due, what rang.
//!
//! The count knows nothing of the code that decides and folds. `BATON_ANSWERED_ORDERS` says how
//! many orders are played.

use std::collections::BTreeMap;

use baton_domain::chance;
use baton_domain::decide::delivery::{SendClaim, SendResult};
use baton_domain::group::{Done, RescueWork, Work};
use baton_domain::inbound::ProviderStatus;
use baton_domain::outcome::Answer;
use baton_protocol::command::{Claim, CommandBody, Nothing, Seeing, Snooze};
use baton_protocol::setting::{Sla, SlaTarget};
use baton_protocol::{
    AgentId, Author, Clock, Conversation, Event, Fact, LineRef, MessageStatus, Promised, Status,
    Timestamp,
};

use crate::automatic::{HOUR, MINUTE, Scene, given};

const FIRST: i64 = 10 * MINUTE;
const NEXT: i64 = 25 * MINUTE;
const END: i64 = 90 * MINUTE;

/// A line of an episode, as the log tells it.
#[derive(Clone, Copy, Debug)]
enum Line {
    Asked { seq: u64, since: Timestamp },
    Said { by: Option<AgentId>, is_lost: bool, seq: u64, answers_in: Option<Status> },
}

/// What a person with paper and pencil would count.
#[derive(Default, Debug)]
struct Count {
    lines: Vec<Line>,
    /// Who had answered last when the episode began.
    before: Option<AgentId>,
    /// The first message; the opening before there is one.
    first: Option<Timestamp>,
    status: Option<Status>,
    paused_at: Option<Timestamp>,
    paused: Vec<(Timestamp, Timestamp)>,
    rang: BTreeMap<(String, Timestamp), u32>,
}

impl Count {
    fn turn(&self) -> Option<(u64, Timestamp)> {
        let mut turn = None;
        for line in &self.lines {
            match *line {
                Line::Asked { seq, since } => turn = turn.or(Some((seq, since))),
                Line::Said { is_lost: false, .. } => turn = None,
                Line::Said { .. } => {}
            }
        }
        turn
    }

    fn is_answered(&self) -> bool {
        let mut asked = false;
        self.lines.iter().any(|line| match line {
            Line::Asked { .. } => {
                asked = true;
                false
            }
            Line::Said { is_lost, .. } => asked && !is_lost,
        })
    }

    fn last(&self) -> Option<AgentId> {
        let said = self.lines.iter().rev().find_map(|line| match line {
            Line::Said { by, is_lost: false, .. } => *by,
            Line::Said { .. } | Line::Asked { .. } => None,
        });
        said.or(self.before)
    }

    /// The end is counted from the first message: what was paused before it does not count.
    fn begins(&mut self, at: Timestamp) {
        if self.lines.is_empty() {
            (self.first, self.paused) = (Some(at), Vec::new());
            self.paused_at = self.paused_at.map(|from| from.max(at));
        }
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "all else answers nobody")]
    fn see(&mut self, event: &Event) {
        match &event.fact {
            Fact::EpisodeOpened { .. } => {
                let rang = std::mem::take(&mut self.rang);
                let (before, status) = (self.last(), Some(Status::Open));
                let first = Some(event.at);
                *self = Self { before, first, status, rang, ..Self::default() };
            }
            Fact::LineReceived { line, at, .. } => {
                self.begins(*at);
                self.lines.push(Line::Asked { seq: line.seq, since: *at });
            }
            Fact::LineWritten { line, author, .. } => {
                self.begins(event.at);
                let by = if let Author::Agent { id } = author { Some(*id) } else { None };
                let answers_in = self.status.filter(|_| self.turn().is_some());
                self.lines.push(Line::Said { by, is_lost: false, seq: line.seq, answers_in });
            }
            Fact::MessageChanged { line, status, .. } => {
                let lost = matches!(
                    status,
                    MessageStatus::Failed | MessageStatus::Held | MessageStatus::Cancelled
                );
                for known in &mut self.lines {
                    if let Line::Said { seq, is_lost, .. } = known
                        && *seq == line.seq
                    {
                        *is_lost = lost;
                    }
                }
            }
            Fact::StatusChanged { status, .. } => {
                let at = match self.status {
                    Some(Status::Snoozed { until }) => until.min(event.at),
                    _ => event.at,
                };
                match (self.paused_at, *status == Status::Open) {
                    (Some(from), true) => {
                        self.paused.push((from, at.max(from)));
                        self.paused_at = None;
                    }
                    (None, false) => self.paused_at = Some(at),
                    _ => {}
                }
                self.status = Some(*status);
            }
            Fact::ClockDue { clock, start, due_at, .. } => {
                assert!(event.at >= *due_at, "it rang before its time");
                *self.rang.entry((format!("{clock:?}"), *start)).or_default() += 1;
            }
            _ => {}
        }
    }

    /// Each promise that runs: when it is due, and from when it counts.
    fn due(&self) -> Vec<(Clock, Timestamp, Timestamp)> {
        let mut all = Vec::new();
        if self.status == Some(Status::Resolved) {
            return all;
        }
        if let Some((_, since)) = self.turn() {
            let (answer, ms) =
                if self.is_answered() { (Promised::Next, NEXT) } else { (Promised::First, FIRST) };
            all.push((Clock::Breached { answer }, since, since.plus_ms(ms)));
        }
        if let Some(first) = self.first.filter(|_| self.paused_at.is_none()) {
            let answer = Promised::Resolution;
            // What was paused once it was late does not count.
            let mut due = first.plus_ms(END);
            for (from, until) in &self.paused {
                due = if *from < due { due.plus_ms(until.since(*from)) } else { due };
            }
            all.push((Clock::Breached { answer }, first, due));
        }
        all
    }

    fn agrees(&self, conversation: &Conversation, now: Timestamp) -> Result<(), String> {
        let (head, thread) = (&conversation.head, &conversation.thread);
        let is_resolved = head.status == Status::Resolved;
        let turn = self.turn().filter(|_| !is_resolved);
        let stands = thread.turn.map(|turn| (turn.from_seq, turn.since));
        let due = self.due();
        let due_at = due.iter().map(|(.., at)| *at).min();
        let late = due.iter().find(|(clock, start, at)| {
            *at <= now && !self.rang.contains_key(&(format!("{clock:?}"), *start))
        });
        let same = [
            ("turn", stands == turn),
            ("unanswered_since", head.unanswered_since == turn.map(|(_, since)| since)),
            ("last_agent", thread.last_agent == self.last()),
            ("due_at", head.due_at == due_at),
            ("a clock that rang", late.is_none()),
            ("rung once", self.rang.values().all(|times| *times == 1)),
        ];
        let wrong = same.iter().find(|(_, is_same)| !is_same);
        wrong.map_or(Ok(()), |(what, _)| {
            let (last, found) = (thread.last_agent, head.due_at);
            Err(format!(
                "{what}: {stands:?} {last:?} {found:?}, and by count {turn:?} {due:?} {self:?}"
            ))
        })
    }
}

/// A play: what is on its way, and what was claimed.
struct Play {
    scene: Scene,
    dice: u64,
    seen: usize,
    count: Count,
    lines: Vec<(LineRef, Option<SendClaim>)>,
    acts: Vec<String>,
}

impl Play {
    fn new(seed: u64) -> Self {
        let target = |ms: i64| {
            let target_min = u32::try_from(ms / MINUTE).unwrap();
            Some(SlaTarget { target_min, warn_at: None, hours: None })
        };
        let (first, next, resolution) = (target(FIRST), target(NEXT), target(END));
        let sla = Sla { name: "All".into(), first, next, resolution, ..Sla::default() };
        let scene = Scene::new(vec![given(2, sla)]);
        let (lines, acts) = (Vec::new(), Vec::new());
        Self { scene, dice: seed * 2 + 1, seen: 0, count: Count::default(), lines, acts }
    }

    fn roll(&mut self, sides: u64) -> u64 {
        (chance::next(&mut self.dice) >> 20) % sides
    }

    fn line(&mut self) -> Option<usize> {
        let sides = u64::try_from(self.lines.len()).ok().filter(|n| *n > 0)?;
        usize::try_from(self.roll(sides)).ok()
    }

    fn act(&mut self) {
        let seen = self.scene.conversation().thread.last_line;
        let roll = self.roll(20);
        self.acts.push(roll.to_string());
        match roll {
            0..3 => self.scene.says("hola"),
            3..7 => {
                let done = self.scene.does(crate::team::reply(seen));
                if let Done::Command(Answer::Accepted(accepted)) = done {
                    self.lines.extend(accepted.line.map(|line| (line, None)));
                }
            }
            7 => drop(self.scene.does(CommandBody::MarkWaiting(Seeing { seen }))),
            8 => {
                let minutes = i64::try_from(self.roll(300)).unwrap() + 1;
                let until = self.scene.now.plus_ms(minutes * MINUTE);
                self.scene.does(CommandBody::Snooze(Snooze { until, seen }));
            }
            9 => self.scene.ends_episode(),
            10 => drop(self.scene.does(CommandBody::Reopen(Nothing {}))),
            11 => {
                let expect_owner_epoch = self.scene.conversation().head.owner_epoch;
                let claim = Claim { expect_owner_epoch, exceed_capacity: false };
                self.scene.does(CommandBody::Claim(claim));
            }
            12 => self.scene.looks(),
            _ => self.of_a_line(),
        }
    }

    /// Something becomes of a message; the worker that has it may be killed.
    fn of_a_line(&mut self) {
        let Some(place) = self.line() else { return };
        let (line, claim) = self.lines[place];
        let roll = self.roll(9);
        self.acts.push(format!("line {}: {roll}", line.seq));
        match (roll, claim) {
            (0..3, None) => self.lines[place].1 = self.scene.claims(line),
            (0, Some(claim)) => {
                let wamid = format!("out.{}", line.seq);
                self.scene.ends(line, claim, SendResult::Accepted { wamid });
            }
            (1, Some(claim)) => self.scene.ends(line, claim, SendResult::Unknown),
            (2, Some(claim)) => {
                let at = self.scene.place(line);
                self.scene.happens(&[Work::Rescue(RescueWork { at, claim })]);
            }
            (3, _) => self.scene.cancels(line),
            (4, Some(_)) => self.scene.hears(line, ProviderStatus::Sent),
            (5, Some(_)) => self.scene.hears(line, ProviderStatus::Delivered),
            (6..9, Some(_)) => self.scene.hears(line, ProviderStatus::Failed),
            _ => {}
        }
    }

    fn agrees(&mut self) -> Result<(), String> {
        for event in &self.scene.log[self.seen..] {
            self.count.see(event);
        }
        self.seen = self.scene.log.len();
        self.count.agrees(&self.scene.conversation(), self.scene.now)
    }

    /// What was put aside because of a lost answer is where it was when that was written.
    fn is_where_it_was(&self, before: &Conversation) -> Result<(), String> {
        let after = self.scene.conversation();
        let (Some(turn), None) = (after.thread.turn, before.thread.turn) else { return Ok(()) };
        let is_news = after.thread.customer_seq != before.thread.customer_seq
            || after.head.episode != before.head.episode;
        if is_news || before.head.status == Status::Open {
            return Ok(());
        }
        let answer = self.count.lines.iter().rev().find_map(|line| match line {
            Line::Said { seq, answers_in, .. } if *seq > turn.from_seq => *answers_in,
            Line::Said { .. } | Line::Asked { .. } => None,
        });
        let is_it = answer.is_none_or(|status| status == after.head.status)
            || matches!(answer, Some(Status::Snoozed { until }) if until <= self.scene.now);
        let (status, was) = (after.head.status, before.head.status);
        if is_it { Ok(()) } else { Err(format!("{answer:?}, {was:?} and now {status:?}")) }
    }
}

fn play(seed: u64) -> Result<(), String> {
    let mut play = Play::new(seed);
    play.scene.says("hola");
    for _ in 0..40 {
        let passes = play.roll(if seed.is_multiple_of(3) { 40 } else { 8 });
        play.scene.passes(passes.cast_signed() * MINUTE + 17);
        play.scene.looks();
        let before = play.scene.conversation();
        play.act();
        play.scene.looks();
        play.agrees()?;
        play.is_where_it_was(&before)?;
    }
    play.scene.passes(HOUR * 24);
    play.scene.looks();
    play.agrees()?;
    play.scene.is_its_log();
    Ok(())
}

#[test]
fn whatever_the_order_clocks_and_turns_are_what_a_plain_count_says() {
    let orders = std::env::var_os("BATON_ANSWERED_ORDERS");
    let orders = orders.and_then(|n| n.to_str()?.parse().ok());
    for seed in 0..orders.unwrap_or(300_u64) {
        if let Err(why) = play(seed) {
            panic!("order {seed}: {why}");
        }
    }
}
