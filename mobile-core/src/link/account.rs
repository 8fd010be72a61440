//! The session: its token, its renewal and its end.

use std::time::Duration;

use baton_domain::see::mirror::{Mirror, Progress};
use baton_protocol::DeviceId;

use super::backoff::Backoff;
use super::effect::{LinkAction, TimeoutReason};
use super::fetches::Fetches;
use super::input::{Failure, Meaning, Opened, Token};
use super::limits::{FRESH_MAX, REFRESH_MAX};
use super::{Link, Step};

/// The session of this device.
#[derive(Clone, Debug)]
pub(super) struct Account {
    pub(super) token: Token,
    /// The number of the token: a rejection of an older one says nothing of it.
    pub(super) generation: u32,
    pub(super) device_id: DeviceId,
}

/// The state of the sign-in: the answers that may be expected of the server.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum SignInState {
    SignedOut,
    Good,
    NeedsSignIn,
    /// One of the two has to be updated; looked at again then.
    Incompatible {
        until: Duration,
    },
    Wiped,
}

/// The refreshing of the token: one at a time, and once only for a token that is not accepted.
#[derive(Clone, Debug, Default)]
pub(super) struct Refresh {
    step: Refreshing,
    backoff: Backoff,
    /// The time when the token came, until the server first accepts it.
    fresh_since: Option<Duration>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
enum Refreshing {
    #[default]
    No,
    Wanted,
    Asked {
        until: Duration,
    },
}

impl Refresh {
    /// Whether nothing can be asked before there is another token.
    pub(super) fn is_needed(&self) -> bool {
        self.step != Refreshing::No
    }

    /// Whether the token came just now: if it is not accepted, another one will not be.
    pub(super) fn is_fresh(&self, now: Duration) -> bool {
        self.fresh_since.is_some_and(|since| now < since + FRESH_MAX)
    }

    pub(super) fn want(&mut self, now: Duration, random: u64) {
        if self.step == Refreshing::No {
            self.step = Refreshing::Wanted;
            self.backoff.resume(now, random);
        }
    }

    /// The time to ask for a token; `None` while a request is under way.
    pub(super) fn ready_at(&self) -> Option<Duration> {
        match self.step {
            Refreshing::Wanted => self.backoff.ready_at(),
            Refreshing::No | Refreshing::Asked { .. } => None,
        }
    }

    pub(super) fn kick(&mut self, now: Duration) {
        if self.step == Refreshing::Wanted {
            self.backoff.kick(now);
        }
    }
}

impl Link {
    pub(super) fn open(&mut self, opened: Opened, step: &mut Step) {
        let Opened { token, device_id, progress } = opened;
        self.rest(step);
        self.end_wake(step);
        self.fetches.abandon(&mut step.effects);
        self.fetches = Fetches::after(self.fetches.last_ticket());
        (self.backoff, self.refresh) = (Backoff::default(), Refresh::default());
        self.account = Some(Account { token, generation: 1, device_id });
        self.standing = SignInState::Good;
        self.faults = 0;
        self.mirror = Mirror::restored(progress.clone(), ());
        self.stored = progress;
        self.take_stock(step);
    }

    pub(super) fn sign_out(&mut self, step: &mut Step) {
        if self.account.is_some() {
            step.push(LinkAction::EndSession);
        }
        self.leave_for_good(SignInState::SignedOut, step);
    }

    /// Nothing stays, neither here nor on disk.
    fn wipe(&mut self, step: &mut Step) {
        self.leave_for_good(SignInState::Wiped, step);
        step.push(LinkAction::Wipe);
    }

    fn leave_for_good(&mut self, standing: SignInState, step: &mut Step) {
        self.end_wake(step);
        self.rest(step);
        self.fetches.abandon(&mut step.effects);
        self.fetches = Fetches::after(self.fetches.last_ticket());
        (self.account, self.standing) = (None, standing);
        self.refresh = Refresh::default();
        self.mirror = Mirror::restored(Progress::default(), ());
        (self.stored, self.storing) = (Progress::default(), None);
        (step.is_changed, step.keep) = (false, Vec::new());
    }

    /// The token was accepted.
    pub(super) fn token_works(&mut self) {
        self.refresh.fresh_since = None;
        self.refresh.backoff.settle();
    }

    /// The number of the token in use.
    pub(super) fn generation(&self) -> u32 {
        self.account.as_ref().map_or(0, |account| account.generation)
    }

    /// A token was not accepted: one refresh is forced, then somebody has to sign in.
    pub(super) fn token_is_rejected(&mut self, generation: u32, now: Duration) {
        if self.refresh.is_needed() || generation != self.generation() {
            return;
        }
        match self.refresh.is_fresh(now) {
            true => self.standing = SignInState::NeedsSignIn,
            false => self.renew(now),
        }
    }

    /// The socket says that the device was revoked. Only an answer to a request with the code that
    /// says so is believed: what follows cannot be undone.
    pub(super) fn revocation_is_claimed(&mut self, now: Duration) {
        self.renew(now);
    }

    /// The token has to be refreshed before anything is asked.
    pub(super) fn renew(&mut self, now: Duration) {
        let random = self.next_random();
        self.refresh.want(now, random);
    }

    /// A failure that says something of the session; says whether it did.
    pub(super) fn judge(&mut self, failure: &Failure, used: u32, step: &mut Step) -> bool {
        match failure.meaning() {
            Meaning::DeviceRevoked => self.wipe(step),
            Meaning::Unauthenticated => self.token_is_rejected(used, step.now),
            Meaning::Incompatible => self.not_understood(step),
            Meaning::Passing | Meaning::NotFound | Meaning::Invalid => return false,
        }
        true
    }

    /// Somebody else's request failed.
    pub(super) fn rejected(&mut self, token: &str, failure: &Failure, step: &mut Step) {
        let Some(account) = &self.account else { return };
        let used = if account.token.text == token { account.generation } else { 0 };
        self.judge(failure, used, step);
    }

    pub(super) fn refreshed(&mut self, answer: Result<Token, Failure>, step: &mut Step) {
        let Some(account) = &mut self.account else { return };
        let failure = match answer {
            Ok(token) => {
                account.token = token;
                account.generation = account.generation.wrapping_add(1);
                (self.refresh.step, self.refresh.fresh_since) = (Refreshing::No, Some(step.now));
                return;
            }
            Err(failure) => failure,
        };
        match failure.meaning() {
            Meaning::DeviceRevoked => self.wipe(step),
            Meaning::Unauthenticated => self.standing = SignInState::NeedsSignIn,
            Meaning::Incompatible => {
                self.refresh.step = Refreshing::No;
                self.not_understood(step);
            }
            Meaning::Passing | Meaning::NotFound | Meaning::Invalid => {
                if let Refreshing::Asked { .. } = self.refresh.step {
                    self.refresh_later(step.now, failure.retry_after_ms());
                }
            }
        }
    }

    fn refresh_later(&mut self, now: Duration, hold_ms: u64) {
        self.refresh.step = Refreshing::Wanted;
        let random = self.next_random();
        self.refresh.backoff.fail(now, random);
        self.refresh.backoff.hold(now, hold_ms);
    }

    pub(super) fn expire_refresh(&mut self, now: Duration) {
        if matches!(self.refresh.step, Refreshing::Asked { until } if until <= now) {
            self.refresh_later(now, 0);
        }
    }

    pub(super) fn ask_for_a_token(&mut self, step: &mut Step) {
        let is_time = self.refresh.ready_at().is_some_and(|at| at <= step.now);
        if is_time && self.may_refresh() {
            self.refresh.backoff.begin(step.now);
            self.refresh.step = Refreshing::Asked { until: step.now + REFRESH_MAX };
            step.push(LinkAction::RefreshToken);
        }
    }

    pub(super) fn refresh_timeout(&self) -> Option<(Duration, TimeoutReason)> {
        if let Refreshing::Asked { until } = self.refresh.step {
            return Some((until, TimeoutReason::RefreshOverdue));
        }
        let at = self.refresh.ready_at().filter(|_| self.may_refresh())?;
        Some((at, TimeoutReason::Refresh))
    }

    /// While somebody looks or a push woke this phone, and there is a network.
    fn may_refresh(&self) -> bool {
        self.is_ready() && (self.is_foreground || self.wake.is_some())
    }
}
