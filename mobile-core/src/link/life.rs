//! The lifecycle: networks, foreground and background, pushes, timeouts.

use std::time::Duration;

use baton_protocol::frame::{Ack, ClientFrame};

use super::account::SignInState;
use super::effect::LinkAction;
use super::fetches::Key;
use super::limits::{PROBE_MAX, STABLE};
use super::wire::Phase;
use super::{CLOSE_NORMAL, Link, Step};

impl Link {
    pub(super) fn network(&mut self, is_up: bool, step: &mut Step) {
        self.is_up = is_up;
        if is_up {
            self.kick(step);
        } else {
            self.end_wake(step);
        }
    }

    /// Another network: what is open may be dead without knowing.
    pub(super) fn move_over(&mut self, step: &mut Step) {
        self.is_up = true;
        match &mut self.phase {
            Phase::Resting | Phase::Waiting => {}
            Phase::Connecting { .. } | Phase::Greeting { .. } => {
                if self.backoff.may_kick(step.now) {
                    self.hang_up(CLOSE_NORMAL, step);
                }
            }
            Phase::Joined(joined) => {
                if joined.probe.is_none() {
                    joined.probe = Some(step.now + PROBE_MAX);
                    step.effects.push(LinkAction::Ping(joined.socket));
                }
            }
        }
        self.kick(step);
    }

    pub(super) fn come_forward(&mut self, is_watched: bool, step: &mut Step) {
        self.is_foreground = true;
        if is_watched && !self.is_watched {
            self.is_watched = true;
            // The server is told at once.
            if let Phase::Joined(joined) = &mut self.phase {
                joined.acked = None;
            }
        }
        if let SignInState::Incompatible { .. } = self.standing {
            // A person who looks may have updated something.
            self.standing = SignInState::Good;
        }
        self.end_wake(step);
        self.kick(step);
    }

    /// A clean close that says that nobody looks; the agent stays as available as they said.
    pub(super) fn go_back(&mut self, deadline: Duration, step: &mut Step) {
        if let Some(joined) = self.phase.joined() {
            let ack = Ack { upto: joined.shown(self.applied()), foreground: false, idle_s: None };
            step.push(LinkAction::Send(joined.socket, ClientFrame::Ack(ack)));
        }
        (self.is_foreground, self.is_watched) = (false, false);
        self.end_wake(step);
        self.rest(step);
        self.fetches.abandon(&mut step.effects);
        step.suspend = Some(deadline);
    }

    pub(super) fn kick(&mut self, step: &mut Step) {
        if matches!(self.phase, Phase::Waiting) && self.may_connect() {
            self.backoff.kick(step.now);
        }
        self.refresh.kick(step.now);
        self.fetches.hurry(step.now);
    }

    /// Asks what a push announced, if nobody looks: else the socket tells.
    pub(super) fn wake_up(&mut self, deadline: Duration, step: &mut Step) {
        if self.is_foreground || !self.is_ready() || self.mirror.cursor.is_none() {
            self.kick(step);
            return step.push(LinkAction::WakeDone);
        }
        self.wake = Some(self.wake.map_or(deadline, |until| until.max(deadline)));
        self.fetches.ask(Key::Sync, step.now, &mut step.effects);
    }

    pub(super) fn end_wake_if_done(&mut self, step: &mut Step) {
        if self.wake.is_some()
            && (self.standing != SignInState::Good || !self.fetches.has_work_for_a_wake())
        {
            self.end_wake(step);
        }
    }

    pub(super) fn end_wake(&mut self, step: &mut Step) {
        if self.wake.take().is_some() {
            self.fetches.abandon(&mut step.effects);
            step.push(LinkAction::WakeDone);
        }
    }

    /// Ends what has taken too long.
    pub(super) fn expire(&mut self, step: &mut Step) {
        let (now, position) = (step.now, self.position());
        match &mut self.phase {
            Phase::Resting | Phase::Waiting => {}
            Phase::Connecting { until, .. } | Phase::Greeting { until, .. } => {
                if *until <= now {
                    self.hang_up(CLOSE_NORMAL, step);
                    let random = self.next_random();
                    self.backoff.fail(now, random);
                }
            }
            Phase::Joined(joined) if joined.is_dead(now, position) => {
                let is_moved = joined.probe.is_some();
                self.hang_up(CLOSE_NORMAL, step);
                let random = self.next_random();
                self.backoff.lose(now, random);
                if is_moved {
                    self.backoff.kick(now);
                }
            }
            Phase::Joined(joined) => {
                if !joined.is_stable && joined.since + STABLE <= now {
                    joined.is_stable = true;
                    self.backoff.settle();
                }
                if joined.is_stable && !self.mirror.is_taking() {
                    self.faults = 0;
                }
            }
        }
        self.expire_refresh(now);
        for key in self.fetches.overdue(now, &mut step.effects) {
            let random = self.next_random();
            self.fetches.fail(key, now, random, 0);
        }
        if self.wake.is_some_and(|until| until <= now) {
            self.end_wake(step);
        }
    }
}
