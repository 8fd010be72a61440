//! Random orders of statuses, answers, undo and kills. What stands is what a plain count from the
//! log says: turn, status, who answered last, what is due, what rang.
//!
//! `BATON_ANSWERED_ORDERS` says how many orders are played.

use baton_domain::decide::delivery::{SendClaim, SendResult};
use baton_domain::fact::chance;
use baton_domain::fact::inbound::ProviderStatus;
use baton_domain::fact::outcome::Answer;
use baton_domain::group::{Done, RescueWork, Work};
use baton_model::answered::{Count, Terms};
use baton_protocol::command::{Claim, CommandBody, Nothing, Seeing, Snooze};
use baton_protocol::setting::{Sla, SlaTarget};
use baton_protocol::{Conversation, LineRef, Status};

use crate::automatic::{HOUR, MINUTE, Scene, given};

const TERMS: Terms = Terms { first: 10 * MINUTE, next: 25 * MINUTE, end: 90 * MINUTE };

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
        let (first, next, resolution) =
            (target(TERMS.first), target(TERMS.next), target(TERMS.end));
        let sla = Sla { name: "All".into(), first, next, resolution, ..Sla::default() };
        let scene = Scene::new(vec![given(2, sla)]);
        let (lines, acts) = (Vec::new(), Vec::new());
        Self { scene, dice: seed * 2 + 1, seen: 0, count: Count::new(TERMS), lines, acts }
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
        let answer = self.count.answers_in(turn.from_seq);
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
