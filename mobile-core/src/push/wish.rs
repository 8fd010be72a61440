//! The wish for pushes: what the app asked for, and whether the server has confirmed it.
//!
//! The wish outlives the process and needs no network. A confirmation is for one target and one
//! device, so another token or another sign-in makes it due again.

use baton_protocol::push::{PushEnv, PushLane, PushTargetKind};
use baton_protocol::{DeviceId, Timestamp};
use serde::{Deserialize, Serialize};

/// A confirmed registration is sent again after this time, ms: the server may have lost it.
pub const CONFIRM_EVERY_MS: i64 = 7 * 24 * 60 * 60 * 1000;
/// A registration with a service that the server does not send by is sent again after this time,
/// ms. The operator may have set the service up meanwhile.
pub const SET_UP_EVERY_MS: i64 = 24 * 60 * 60 * 1000;
/// Time after which a failed attempt is repeated, ms.
pub const RETRY_AFTER_MS: i64 = 60 * 1000;

/// The address for pushes to this device.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PushTarget {
    /// The push service.
    pub lane: PushLane,
    /// The kind of the target.
    pub kind: PushTargetKind,
    /// The token, id or URL from the platform.
    pub target: String,
    /// The app's id at the push service.
    pub app_id: Option<String>,
    /// Apple's environment; `None` elsewhere.
    pub env: Option<PushEnv>,
    /// The language of notifications.
    pub locale: Option<String>,
    /// The app's capabilities.
    pub caps: Vec<String>,
}

impl std::fmt::Debug for PushTarget {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PushTarget").field("lane", &self.lane).finish_non_exhaustive()
    }
}

/// Why pushes are off. The app gives all but the first and the last two.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum PushOffReason {
    /// The app has not registered, or ended the registration.
    NotRegistered,
    /// The person does not allow notifications.
    Permission,
    /// The device has no push service and no `UnifiedPush` distributor.
    NoService,
    /// The system holds pushes back to save power.
    BatterySaver,
    /// The server is not set up for the push service. It keeps the registration.
    NotSetUp,
    /// The server refused the registration.
    Refused {
        /// The stable code of the refusal.
        code: String,
    },
}

/// Whether pushes reach this device.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum PushState {
    /// The server confirmed the registration.
    On,
    /// The registration is stored and not confirmed so far.
    Waiting,
    /// No push comes.
    Off(PushOffReason),
}

/// A task towards the server.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum PushTask {
    /// Register this target.
    Register(PushTarget),
    /// End the registration.
    End,
}

/// The end of an attempt.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum PushAttempt {
    /// The server confirmed it.
    Done,
    /// The server keeps it, and sends nothing by its service.
    NotSetUp,
    /// The server cannot be reached, or asks for patience.
    Failed,
    /// The server refused it for good.
    Refused {
        /// The stable code.
        code: String,
    },
}

#[derive(Clone, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
enum Wanted {
    #[default]
    Nothing,
    Pushes(PushTarget),
    /// The server must still be told.
    End,
    /// The app reported why none can come.
    Off(PushOffReason),
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
struct Confirmed {
    target: PushTarget,
    device: DeviceId,
    at: Timestamp,
    /// Whether the server does not send by the service.
    #[serde(default)]
    is_not_set_up: bool,
}

/// The wish, as it is kept on the device.
#[derive(Clone, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
pub struct PushWish {
    wanted: Wanted,
    confirmed: Option<Confirmed>,
    /// The server's last refusal. A new process tries again.
    #[serde(skip)]
    refused: Option<(DeviceId, String)>,
    /// The earliest time of the next attempt.
    #[serde(skip)]
    not_before: Option<Timestamp>,
}

impl PushWish {
    /// Asks for pushes at this target.
    pub fn register(&mut self, target: PushTarget) {
        self.want(Wanted::Pushes(target));
    }

    /// Ends the registration.
    pub fn end(&mut self) {
        self.want(Wanted::End);
    }

    /// Notes why no push can come. A registration ends by which nothing could be shown; power that
    /// is saved delays pushes, and ends none.
    pub fn turn_off(&mut self, reason: PushOffReason) {
        self.want(Wanted::Off(reason));
    }

    fn want(&mut self, wanted: Wanted) {
        self.wanted = wanted;
        (self.refused, self.not_before) = (None, None);
    }

    /// Whether pushes reach this device. Nobody signed in is `None`.
    #[must_use]
    pub fn state(&self, device: Option<DeviceId>) -> PushState {
        match &self.wanted {
            Wanted::Nothing | Wanted::End => PushState::Off(PushOffReason::NotRegistered),
            Wanted::Off(reason) => PushState::Off(reason.clone()),
            Wanted::Pushes(target) => match &self.refused {
                Some((by, code)) if Some(*by) == device => {
                    PushState::Off(PushOffReason::Refused { code: code.clone() })
                }
                _ => match self.confirmation(target, device) {
                    Some(one) if one.is_not_set_up => PushState::Off(PushOffReason::NotSetUp),
                    Some(_) => PushState::On,
                    None => PushState::Waiting,
                },
            },
        }
    }

    /// Returns what must be told to the server now.
    #[must_use]
    pub fn task(&self, device: DeviceId, now: Timestamp) -> Option<PushTask> {
        if self.not_before.is_some_and(|at| now < at) {
            return None;
        }
        match &self.wanted {
            Wanted::Nothing => None,
            Wanted::Off(_) => self.is_vain(device).then_some(PushTask::End),
            Wanted::End => Some(PushTask::End),
            Wanted::Pushes(target) => {
                let confirmed = self.confirmation(target, Some(device));
                // A clock that was set back makes it due as well.
                let is_fresh = confirmed.is_some_and(|one| {
                    let every = if one.is_not_set_up { SET_UP_EVERY_MS } else { CONFIRM_EVERY_MS };
                    (0..every).contains(&now.since(one.at))
                });
                (!is_fresh).then(|| PushTask::Register(target.clone()))
            }
        }
    }

    /// Returns the time until a failed attempt may be repeated, ms.
    #[must_use]
    pub fn retry_in(&self, now: Timestamp) -> Option<i64> {
        let is_due = match &self.wanted {
            Wanted::Pushes(_) | Wanted::End => true,
            Wanted::Off(_) => self.confirmed.as_ref().is_some_and(|one| self.is_vain(one.device)),
            Wanted::Nothing => false,
        };
        self.not_before.filter(|at| is_due && now < *at).map(|at| at.since(now))
    }

    /// Notes how an attempt ended. Returns whether the kept part changed.
    pub fn attempted(
        &mut self,
        task: PushTask,
        device: DeviceId,
        ended: PushAttempt,
        now: Timestamp,
    ) -> bool {
        let is_not_set_up = ended == PushAttempt::NotSetUp;
        match (task, ended) {
            (_, PushAttempt::Failed) => {
                self.not_before = Some(Timestamp::from_ms(now.ms() + RETRY_AFTER_MS));
                false
            }
            (PushTask::Register(target), PushAttempt::Done | PushAttempt::NotSetUp) => {
                self.refused = None;
                self.confirmed = Some(Confirmed { target, device, at: now, is_not_set_up });
                true
            }
            (PushTask::Register(target), PushAttempt::Refused { code }) => {
                // What the app asked for meanwhile was not refused.
                if self.wanted == Wanted::Pushes(target) {
                    self.refused = Some((device, code));
                    self.not_before = Some(Timestamp::from_ms(now.ms() + CONFIRM_EVERY_MS));
                }
                self.confirmed.take().is_some()
            }
            // A registration that the server does not know is over, too.
            (
                PushTask::End,
                PushAttempt::Done | PushAttempt::NotSetUp | PushAttempt::Refused { .. },
            ) => {
                self.confirmed = None;
                if self.wanted == Wanted::End {
                    self.wanted = Wanted::Nothing;
                }
                true
            }
        }
    }

    /// An agent signed in: the registration ended with the session before, also that of the same
    /// device.
    pub fn signed_in(&mut self) {
        (self.confirmed, self.refused, self.not_before) = (None, None, None);
    }

    /// Whether the server sends what this device cannot show.
    fn is_vain(&self, device: DeviceId) -> bool {
        let shows_nothing = matches!(
            self.wanted,
            Wanted::Off(PushOffReason::Permission | PushOffReason::NoService)
        );
        shows_nothing && self.confirmed.as_ref().is_some_and(|one| one.device == device)
    }

    fn confirmation(&self, target: &PushTarget, device: Option<DeviceId>) -> Option<&Confirmed> {
        self.confirmed.as_ref().filter(|one| one.target == *target && Some(one.device) == device)
    }
}
