//! What the app is told without having asked.

use std::time::Duration;

use baton_protocol::{AgentId, ConversationId};

use crate::link;
use crate::outbox::Change;
use crate::push::{Notification, PushState, Tag};
use crate::store::StoreError;

/// Receives events. Calls come one at a time, from one thread.
pub trait Listener: Send + Sync {
    /// Handles an event. Returns whether it was handled: `false` counts as an exception.
    fn hear(&self, event: Event) -> bool;
}

/// Something that happened.
#[derive(Clone, Debug)]
pub enum Event {
    /// The state of the core changed.
    State(CoreState),
    /// Acts of the agent changed or ended.
    Outbox {
        /// The acts that changed or ended.
        changes: Vec<Change>,
        /// How many acts wait for the agent's decision.
        needs_review: usize,
    },
    /// A colleague took over the conversation that the agent was writing in.
    LeaseLost {
        /// The conversation.
        conversation: ConversationId,
        /// The colleague who writes there.
        by: AgentId,
    },
    /// Notifications that are shown must be withdrawn or replaced.
    Notifications {
        /// Notifications to remove.
        withdraw: Vec<Tag>,
        /// Notifications to replace, without sound.
        update: Vec<Notification>,
    },
    /// The store failed.
    StoreFailed(StoreError),
    /// Colleagues, teams, channels or presence changed.
    People,
    /// Settings changed: canned replies, tags, outcomes, attributes, policies.
    Settings,
    /// Whether pushes reach this device changed.
    Push(PushState),
    /// The device was revoked and everything of the account was deleted.
    Wiped,
}

/// The state of the core.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CoreState {
    /// No agent is signed in.
    SignedOut,
    /// The device has no network.
    Offline,
    /// The app is in the background, without a connection.
    Suspended,
    /// The server was not heard for too long. Nothing stored is shown until it is heard.
    Locked,
    /// The core is connecting.
    Connecting,
    /// The core is connected and receives what it missed. Lists can be shown.
    Resuming,
    /// The core is connected and up to date.
    Live,
    /// Connecting failed; the core tries again.
    Backoff {
        /// Time until the next attempt, in milliseconds.
        retry_ms: u64,
    },
    /// The session ended. Unsent acts stay until the same agent signs in again.
    NeedsSignIn,
    /// The app and the server speak different versions; one of them must be updated.
    Incompatible,
    /// The device was revoked.
    Wiped,
}

impl CoreState {
    /// The state of a phone that is not locked, by the state of its connection.
    pub(super) fn of_link(state: link::State, mono: Duration) -> Self {
        use link::State;
        match state {
            State::SignedOut => Self::SignedOut,
            State::Offline => Self::Offline,
            State::Suspended => Self::Suspended,
            State::Connecting | State::Greeting => Self::Connecting,
            State::Resuming => Self::Resuming,
            State::Live => Self::Live,
            State::Backoff { until } => {
                let left = until.saturating_sub(mono).as_millis();
                Self::Backoff { retry_ms: u64::try_from(left).unwrap_or(u64::MAX) }
            }
            State::NeedsSignIn => Self::NeedsSignIn,
            State::Incompatible => Self::Incompatible,
            State::Wiped => Self::Wiped,
        }
    }
}
