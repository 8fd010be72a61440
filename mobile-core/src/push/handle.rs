//! A push that the app handles with its store: decide from the store, perhaps ask the server once,
//! decide again, before the platform's deadline.
//!
//! A pure machine for one push. If anything fails, the first decision stands.

use std::time::Duration;

use baton_protocol::{Cursor, Timestamp};

use crate::push::board::Board;
use crate::push::decide::{Suppression, Sweep, Verdict, badge, decide_incoming, settle, sweep};
use crate::push::known::{PushContext, Sight};
use crate::push::notification::Notification;
use crate::push::payload::{Incoming, Kind, PushId};
use crate::push::receipts::{AppState, Receipt, ReceiptStage};
use crate::push::subject::Tag;

/// The one request may take this long.
pub const FETCH_MAX: Duration = Duration::from_secs(8);
/// An offer does not wait longer to be shown: others wait for its answer.
pub const FETCH_OFFER_MAX: Duration = Duration::from_secs(2);
/// The time kept free before the deadline for deciding and drawing.
pub const SPARE: Duration = Duration::from_millis(250);
/// With less time than this there is no use in asking.
pub const FETCH_MIN: Duration = Duration::from_millis(200);

/// A push to handle.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PushRequest {
    /// The push, or why it could not be read.
    pub incoming: Incoming,
    /// The time that the platform gives.
    pub deadline: Duration,
    /// Whether another call handles the same push right now.
    pub is_under_way: bool,
}

/// Both clocks: a monotonic one for deadlines, the server's time for what expires.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PushNow {
    /// Of a clock that never goes back.
    pub mono: Duration,
    /// The time, corrected by what the server said.
    pub at: Timestamp,
}

/// The runtime's work, in this order.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum PushAction {
    /// Tell the server.
    Receipt(Receipt),
    /// `GET /sync` once, apply what comes, then call [`PushCall::synced`].
    Fetch {
        /// The cursor up to which the log is held.
        after: Cursor,
        /// Give up after this.
        within: Duration,
    },
    /// The request is not waited for any more.
    Abort,
    /// Remember this.
    Keep(Box<Board>),
    /// It is decided: the answer to the platform. Nothing follows.
    Done(Box<Outcome>),
}

/// The result for a push.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Outcome {
    /// The verdict.
    pub verdict: Verdict,
    /// Further notifications to remove.
    pub withdraw: Vec<Tag>,
    /// Further notifications to show, silently.
    pub update: Vec<Notification>,
    /// The badge to set.
    pub badge: Option<u32>,
    /// Whether the store is still behind the push: the app should sync as soon as it may.
    pub is_behind: bool,
}

/// One push that is being handled.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PushCall {
    incoming: Incoming,
    is_under_way: bool,
    /// The verdict by what was held when it came.
    first: Verdict,
    state: State,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum State {
    Fetching { until: Duration },
    Done,
}

impl PushCall {
    /// Begins. `known` is `None` where the store cannot be read.
    pub fn begin(
        call: PushRequest,
        known: Option<&PushContext>,
        now: PushNow,
    ) -> (Self, Vec<PushAction>) {
        let PushRequest { incoming, deadline, is_under_way } = call;
        let first = match known {
            _ if is_under_way => Verdict::Suppress(Suppression::Duplicate),
            Some(known) => decide_incoming(&incoming, known, now.at),
            None => blind(&incoming),
        };
        let mut handling = Self { incoming, is_under_way, first, state: State::Done };
        let mut effects = Vec::new();
        effects
            .extend(handling.receipt(ReceiptStage::Received, known, now).map(PushAction::Receipt));
        match known.and_then(|known| handling.fetch(known, deadline)) {
            Some((after, within)) => {
                handling.state = State::Fetching { until: now.mono.saturating_add(within) };
                effects.push(PushAction::Fetch { after, within });
            }
            None => effects.extend(handling.finish(known, now)),
        }
        (handling, effects)
    }

    /// The request was answered and applied; `known` is what the store holds after it.
    pub fn synced(&mut self, known: Option<&PushContext>, now: PushNow) -> Vec<PushAction> {
        match self.state {
            State::Fetching { .. } => self.finish(known, now),
            State::Done => Vec::new(),
        }
    }

    /// The request failed: no network, an error, too long an answer.
    pub fn failed(&mut self, known: Option<&PushContext>, now: PushNow) -> Vec<PushAction> {
        self.synced(known, now)
    }

    /// The time of [`Self::poll_timeout`] has come.
    pub fn timeout(&mut self, known: Option<&PushContext>, now: PushNow) -> Vec<PushAction> {
        match self.state {
            State::Fetching { until } if until <= now.mono => {
                let mut effects = vec![PushAction::Abort];
                effects.extend(self.finish(known, now));
                effects
            }
            State::Fetching { .. } | State::Done => Vec::new(),
        }
    }

    /// The time to call [`Self::timeout`].
    pub fn poll_timeout(&self) -> Option<Duration> {
        match self.state {
            State::Fetching { until } => Some(until),
            State::Done => None,
        }
    }

    /// The id of the push.
    pub fn push(&self) -> Option<PushId> {
        match &self.incoming {
            Ok(push) => Some(push.id),
            Err(unreadable) => unreadable.id,
        }
    }

    /// The kind of the push, where it can be read.
    pub fn kind(&self) -> Option<Kind> {
        self.incoming.as_ref().ok().map(|push| push.kind)
    }

    /// The conversation of the push.
    pub fn conversation(&self) -> Option<baton_protocol::ConversationId> {
        self.incoming.as_ref().ok().and_then(|push| push.conversation)
    }

    /// The request to make, if the answer can change the notification and comes in time: the cursor
    /// and the longest wait.
    fn fetch(&self, known: &PushContext, deadline: Duration) -> Option<(Cursor, Duration)> {
        let after = known.cursor?;
        self.first.notification()?;
        let most = match &self.incoming {
            Ok(push) if known.sight(push.cursor) == Sight::Held => return None,
            Ok(push) if push.kind == Kind::Offer => FETCH_OFFER_MAX,
            Ok(_) | Err(_) => FETCH_MAX,
        };
        let within = deadline.saturating_sub(SPARE).min(most);
        (within >= FETCH_MIN).then_some((after, within))
    }

    /// Decides by what is held at the end, which other pushes may have changed meanwhile; without
    /// a store the first verdict stands.
    fn finish(&mut self, known: Option<&PushContext>, now: PushNow) -> Vec<PushAction> {
        self.state = State::Done;
        let mut effects = Vec::new();
        let outcome = match known {
            Some(known) => {
                let verdict = match self.is_under_way {
                    true => self.first.clone(),
                    false => decide_incoming(&self.incoming, known, now.at),
                };
                let swept = match self.is_under_way {
                    true => sweep(known, now.at),
                    false => settle(&self.incoming, &verdict, known, now.at),
                };
                let Sweep { board, withdraw, update } = swept;
                if board != known.board {
                    effects.push(PushAction::Keep(Box::new(board)));
                }
                Outcome { withdraw, update, ..self.outcome(verdict, Some(known)) }
            }
            None => self.outcome(self.first.clone(), None),
        };
        if outcome.verdict.notification().is_some() {
            effects.extend(self.receipt(ReceiptStage::Shown, known, now).map(PushAction::Receipt));
        }
        effects.push(PushAction::Done(Box::new(outcome)));
        effects
    }

    fn outcome(&self, verdict: Verdict, known: Option<&PushContext>) -> Outcome {
        let push = self.incoming.as_ref().ok();
        let (badge, is_behind) = match (push, known) {
            (Some(push), Some(known)) => {
                (badge(push, known), known.sight(push.cursor) == Sight::Ahead)
            }
            (Some(push), None) => (push.badge, true),
            (None, _) => (None, true),
        };
        let is_foreign = is_foreign(&verdict);
        Outcome {
            verdict,
            withdraw: Vec::new(),
            update: Vec::new(),
            badge: badge.filter(|_| !is_foreign),
            is_behind: is_behind && !is_foreign,
        }
    }

    /// The receipt: none for somebody else's push; also for a repeated one, as the server may not
    /// have heard the first.
    fn receipt(
        &self,
        stage: ReceiptStage,
        known: Option<&PushContext>,
        now: PushNow,
    ) -> Option<Receipt> {
        let push = self.incoming.as_ref().ok().filter(|_| !is_foreign(&self.first))?;
        let is_open = known.is_some_and(|known| known.foreground.is_some());
        let app_state = if is_open { AppState::Foreground } else { AppState::Background };
        Some(Receipt { id: push.id, stage, at: now.at, app_state })
    }
}

/// Without a store nobody knows whose device this is: nothing is told but that something is.
fn blind(incoming: &Incoming) -> Verdict {
    let (kind, push) = match incoming {
        Ok(push) => (Some(push.kind), Some(push.id)),
        Err(unreadable) => (None, unreadable.id),
    };
    let alerts = incoming.as_ref().ok().is_none_or(|push| !push.is_quiet);
    if kind == Some(Kind::Retract) {
        return Verdict::Suppress(Suppression::NotShown);
    }
    Verdict::Fallback(Notification { push, alerts, ..Notification::fallback() })
}

fn is_foreign(verdict: &Verdict) -> bool {
    matches!(verdict, Verdict::Suppress(Suppression::OtherWorkspace | Suppression::OtherAgent))
}
