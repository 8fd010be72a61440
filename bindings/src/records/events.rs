//! Events that the app receives without a call.

use baton_mobile::outbox::{Change, Ended};
use baton_mobile::runtime;
use baton_mobile::store::StoreError;

use super::{OutboxItem, Place, PushNotification, PushState};

/// Something that happened.
#[derive(Clone, PartialEq, Debug, uniffi::Enum)]
pub enum Event {
    /// The state of the core changed.
    Standing {
        /// The new state.
        standing: Standing,
    },
    /// Acts of the agent changed or ended.
    Outbox {
        /// Acts that are new or changed.
        shown: Vec<OutboxItem>,
        /// Acts that ended.
        gone: Vec<GoneItem>,
        /// How many acts wait for the agent's decision.
        needs_review: u32,
    },
    /// A colleague took over the conversation that the agent was writing in.
    LeaseLost {
        /// The id of the conversation.
        conversation: String,
        /// The id of the colleague.
        by: String,
    },
    /// Shown notifications must be removed or replaced.
    Notifications {
        /// Notifications to remove.
        withdraw: Vec<Place>,
        /// Notifications to replace, without sound.
        update: Vec<PushNotification>,
    },
    /// The store failed.
    StoreFailed {
        /// The reason and the remedy, for people.
        detail: String,
        /// Whether the device has no free space.
        is_full: bool,
    },
    /// Colleagues, teams, channels or presence changed.
    People,
    /// Settings changed: canned replies, tags, outcomes, attributes, policies. Read what is shown
    /// of them again.
    Settings,
    /// Whether pushes reach this device changed.
    Push {
        /// The new state.
        state: PushState,
    },
    /// The device was revoked and everything of the account was deleted.
    Wiped,
}

/// An act that ended.
#[derive(Clone, PartialEq, Eq, Debug, uniffi::Record)]
pub struct GoneItem {
    /// Its number on this device.
    pub number: u64,
    /// Its last op id.
    pub op_id: String,
    /// The id of its conversation; nothing for an act that was never stored.
    pub conversation: Option<String>,
    /// The way it ended.
    pub how: GoneHow,
    /// The ids of agents whom its note mentions in vain: they do not see the conversation, and are
    /// told nothing. Say so to its author.
    pub unreached: Vec<String>,
}

/// How an act ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug, uniffi::Enum)]
pub enum GoneHow {
    /// The server accepted it and the timeline shows it.
    Acknowledged,
    /// The agent discarded it.
    Discarded,
    /// The server refused a read mark.
    ReadRefused,
    /// The device could not store it: tell the agent that nothing happened.
    NotStored,
}

/// The state of the core.
#[derive(Clone, Copy, PartialEq, Eq, Debug, uniffi::Enum)]
pub enum Standing {
    /// No agent is signed in.
    SignedOut,
    /// The device has no network.
    Offline,
    /// The app is in the background, without a connection.
    Suspended,
    /// The server was not heard for too long. Lists are empty until it is heard.
    ///
    /// Hide what is shown of the outbox; it is sent again after the lock.
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
    /// The app and the server have incompatible versions; one of them must be updated.
    Incompatible,
    /// The device was revoked.
    Wiped,
}

impl From<runtime::CoreState> for Standing {
    fn from(standing: runtime::CoreState) -> Self {
        match standing {
            runtime::CoreState::SignedOut => Self::SignedOut,
            runtime::CoreState::Offline => Self::Offline,
            runtime::CoreState::Suspended => Self::Suspended,
            runtime::CoreState::Locked => Self::Locked,
            runtime::CoreState::Connecting => Self::Connecting,
            runtime::CoreState::Resuming => Self::Resuming,
            runtime::CoreState::Live => Self::Live,
            runtime::CoreState::Backoff { retry_ms } => Self::Backoff { retry_ms },
            runtime::CoreState::NeedsSignIn => Self::NeedsSignIn,
            runtime::CoreState::Incompatible => Self::Incompatible,
            runtime::CoreState::Wiped => Self::Wiped,
        }
    }
}

impl From<runtime::Event> for Event {
    fn from(event: runtime::Event) -> Self {
        match event {
            runtime::Event::State(standing) => Self::Standing { standing: standing.into() },
            runtime::Event::Outbox { changes, needs_review } => outbox(&changes, needs_review),
            runtime::Event::LeaseLost { conversation, by } => {
                Self::LeaseLost { conversation: conversation.to_string(), by: by.to_string() }
            }
            runtime::Event::Notifications { withdraw, update } => Self::Notifications {
                withdraw: withdraw.into_iter().map(Place::from).collect(),
                update: update.iter().map(PushNotification::from).collect(),
            },
            runtime::Event::StoreFailed(error) => {
                Self::StoreFailed { detail: error.to_string(), is_full: error == StoreError::Full }
            }
            runtime::Event::People => Self::People,
            runtime::Event::Settings => Self::Settings,
            runtime::Event::Push(state) => Self::Push { state: state.into() },
            runtime::Event::Wiped => Self::Wiped,
        }
    }
}

fn outbox(changes: &[Change], needs_review: usize) -> Event {
    let (mut shown, mut gone) = (Vec::new(), Vec::new());
    for change in changes {
        match change {
            Change::Shown(echo) => shown.push(OutboxItem::from(&**echo)),
            Change::Gone { number, op_id, conversation_id, how, unreached } => {
                gone.push(GoneItem {
                    number: *number,
                    op_id: op_id.to_string(),
                    conversation: Some(conversation_id.to_string()),
                    how: match how {
                        Ended::Acknowledged => GoneHow::Acknowledged,
                        Ended::Discarded => GoneHow::Discarded,
                        Ended::ReadRefused { .. } => GoneHow::ReadRefused,
                    },
                    unreached: unreached.iter().map(ToString::to_string).collect(),
                });
            }
            Change::NotStored { number, op_id } => gone.push(GoneItem {
                number: *number,
                op_id: op_id.to_string(),
                conversation: None,
                how: GoneHow::NotStored,
                unreached: Vec::new(),
            }),
        }
    }
    Event::Outbox { shown, gone, needs_review: u32::try_from(needs_review).unwrap_or(u32::MAX) }
}
