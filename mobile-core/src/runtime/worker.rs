//! The engine's loop: takes one message, runs it to its end, and carries out what follows.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use baton_protocol::account::Session;
use tokio::sync::mpsc;

use super::engine::{Engine, EngineCall, EngineConfig, FlushGoal, LINGER, report_to_engine};
use super::life::HEAL_EVERY;
use super::log::words::{self, info};
use super::log::{LogEntry, LogLevel, LogTarget};
use crate::few::Few;
use crate::link::{Input, State};
use crate::phone::Now;
use crate::push::seal::Keyring;

/// Frames that are handled before the lists are shown again.
const FRAMES_AT_ONCE: usize = 64;

impl Engine {
    /// Handles messages until the engine is stopped or every handle to it is dropped.
    pub(super) fn live(
        mut self,
        mut inbox: mpsc::Receiver<EngineCall>,
        mut frames: mpsc::Receiver<Input>,
        session: Option<Session>,
        keyring: Option<Keyring>,
    ) {
        let built = tokio::runtime::Builder::new_current_thread().enable_time().build();
        let Ok(runtime) = built else { return };
        self.config.log.own_this_thread();
        words::of_opened(&self.config.opened).into_iter().for_each(|said| self.say(said));
        if let Some(session) = session {
            let now = self.config.clock.now();
            if let Err(error) = self.begin_session(session, keyring, now) {
                self.report_store_error(error);
            }
            self.update_lock(now);
            self.carry_out(now);
        }
        runtime.block_on(async {
            while !self.is_over {
                frames = self.next_frames.take().unwrap_or(frames);
                self.step(&mut inbox, &mut frames).await;
            }
        });
    }

    async fn step(
        &mut self,
        inbox: &mut mpsc::Receiver<EngineCall>,
        frames: &mut mpsc::Receiver<Input>,
    ) {
        let due = self.due();
        let sleep = async {
            match due {
                Some(at) => tokio::time::sleep_until(self.config.clock.instant(at).into()).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            call = inbox.recv() => match call {
                Some(call) => self.work(|engine, now| call(engine, now)),
                None => self.is_over = true,
            },
            input = frames.recv() => {
                // Frames that came together are shown together. The clock is read once all of them
                // are there: it shows no time before that of the server which one of them tells.
                let mut together = VecDeque::from([input]);
                while together.len() < FRAMES_AT_ONCE && let Ok(input) = frames.try_recv() {
                    together.push_back(Some(input));
                }
                // What a panic left is worked on next.
                while !together.is_empty() && !self.is_over {
                    self.work(|engine, now| {
                        while let Some(input) = together.pop_front() {
                            engine.hear(input, now);
                        }
                    });
                }
            }
            () = sleep => self.work(Self::tick),
        }
    }

    /// Runs one message and catches a panic in it.
    ///
    /// After a panic the phone begins again from the store. A second panic soon after closes the
    /// core, and the app keeps running.
    fn work(&mut self, act: impl FnOnce(&mut Self, Now)) {
        let now = self.config.clock.now();
        let whole = AssertUnwindSafe(|| self.run(act, now));
        if catch_unwind(whole).is_ok() {
            return;
        }
        self.panics += 1;
        let said = LogEntry::new(LogLevel::Error, LogTarget::Life, "a panic was caught");
        self.say(said.with("so_far", self.panics));
        let is_again = self.healed_at.is_some_and(|at| now.mono < at + HEAL_EVERY);
        let healing = AssertUnwindSafe(|| self.heal_and_tell(now));
        if is_again || catch_unwind(healing).is_err() {
            self.drop_phone();
            self.is_over = true;
            self.say(LogEntry::new(LogLevel::Error, LogTarget::Life, "the core is closed"));
        }
    }

    /// Opens a damaged store again and tells what follows from it.
    fn heal_and_tell(&mut self, now: Now) {
        self.heal(now);
        self.update_lock(now);
        self.carry_out(now);
    }

    /// Runs one message, then carries out, tells and closes what follows from it.
    pub(super) fn run(&mut self, act: impl FnOnce(&mut Self, Now), now: Now) {
        self.update_lock(now);
        act(self, now);
        self.update_lock(now);
        self.carry_out(now);
        if std::mem::take(&mut self.must_heal) {
            self.heal_and_tell(now);
        }
        self.end_flushes(now);
        self.carry_out(now);
        self.follow_push_wish(now);
        self.show(now);
        self.close_if_idle(now);
        let evicted = self.config.store.evicted();
        let before = std::mem::replace(&mut self.evicted, evicted);
        if evicted > before {
            let said = info(LogTarget::Store, "the store evicted lines that the server has");
            self.say(said.with("conversations", evicted - before));
        }
    }

    /// Returns when the next timeout is due, on the monotonic clock.
    pub(super) fn due(&self) -> Option<Duration> {
        let now = self.config.clock.now();
        let phone = self.phone.as_ref().and_then(|phone| phone.poll_timeout(now));
        let phone = phone.map(|(at, _)| at);
        let flush = self.flushes.iter().map(|flush| flush.until).min();
        let is_shown = self.is_foreground && self.phone.is_some() && !self.is_locked;
        let observed = self.subscriptions.due().filter(|_| is_shown);
        let begin = self.begin_at.filter(|_| self.is_foreground);
        let push = self.push_due(now);
        [phone, flush, self.close_at, observed, begin, push].into_iter().flatten().min()
    }

    fn tick(&mut self, now: Now) {
        if self.is_foreground && self.begin_at.is_some_and(|at| at <= now.mono) {
            self.enter_foreground(now);
        }
        if let Some(phone) = &mut self.phone {
            phone.tick(now);
        }
    }

    /// Delivers changes of the subscribed lists.
    fn show(&mut self, now: Now) {
        let is_shown = self.is_foreground && !self.is_locked;
        let Some(phone) = self.phone.as_ref().filter(|_| is_shown) else { return };
        let EngineConfig { dispatcher, inbox, .. } = &self.config;
        let on_end =
            |id| report_to_engine(inbox, move |engine, _, _| engine.subscriptions.end_delivery(id));
        if let Err(error) = self.subscriptions.update(phone, dispatcher, on_end, now) {
            self.report_store_error(error);
        }
    }

    fn close_if_idle(&mut self, now: Now) {
        let Some(at) = self.close_at else { return };
        let is_busy = self.under_way > 0 || !self.pushes.is_empty() || !self.flushes.is_empty();
        if is_busy && now.mono < at {
            return;
        }
        if !self.closers.is_empty() {
            self.pushes = Few::new();
        }
        if !self.flushes.is_empty() || !self.pushes.is_empty() {
            self.close_at = Some(now.mono + LINGER);
            return;
        }
        self.close_at = None;
        self.close_files();
    }

    /// Answers callers of `flush` when everything is sent or their deadline has passed.
    pub(super) fn end_flushes(&mut self, now: Now) {
        if self.flushes.is_empty() {
            return;
        }
        let phone = self.phone.as_ref();
        let is_sent = phone.map_or(self.session.is_none(), |phone| phone.outbox().is_settled());
        let is_live = phone.is_none_or(|phone| phone.state() == State::Live);
        let mut left = Vec::new();
        for flush in std::mem::take(&mut self.flushes) {
            let is_done = is_sent && (flush.goal == FlushGoal::Sent || is_live);
            if is_done || flush.until <= now.mono {
                flush.done.send(is_done).ok();
            } else {
                left.push(flush);
            }
        }
        self.flushes = left;
        if self.flushes.is_empty() && !self.is_foreground {
            if let Some(phone) = &mut self.phone {
                phone.enter_background(now.mono, now);
            }
            self.close_soon(now);
        }
    }

    /// Stops the engine and closes the store.
    pub(super) fn stop(&mut self, now: Now) {
        if let Some(phone) = &mut self.phone {
            phone.enter_background(now.mono, now);
        }
        self.carry_out(now);
        self.drop_phone();
        self.close_files();
        self.say(info(LogTarget::Life, "the core is shut down"));
        self.is_over = true;
    }
}
