//! What the app hears without having asked.

use baton_mobile::outbox::{Change, Ended};
use baton_mobile::runtime;
use baton_mobile::store::StoreError;

use super::{Notification, OutboxItem, Place};

/// Something that happened.
#[derive(Clone, PartialEq, Debug, uniffi::Enum)]
pub enum Event {
    /// The connection stands here.
    Standing {
        /// Where.
        standing: Standing,
    },
    /// Acts stand elsewhere, or are gone.
    Outbox {
        /// New, or elsewhere.
        shown: Vec<OutboxItem>,
        /// Gone, and how.
        gone: Vec<GoneItem>,
        /// How many acts need their author.
        needs_review: u32,
    },
    /// Somebody else composes where the agent did.
    LeaseLost {
        /// Where.
        conversation: String,
        /// Who.
        by: String,
    },
    /// What is shown outside of the app is over, or says something else.
    Notifications {
        /// To take away.
        withdraw: Vec<Place>,
        /// To show in the place of what is over: silent.
        update: Vec<Notification>,
    },
    /// The device could not keep something; for people.
    StoreFailed {
        /// What, and what to do.
        detail: String,
        /// Whether there is no room left.
        is_full: bool,
    },
    /// Colleagues, teams, numbers, or who is there.
    People,
    /// The device was revoked: nothing of the account is here any more.
    Wiped,
}

/// An act that is not there any more.
#[derive(Clone, PartialEq, Eq, Debug, uniffi::Record)]
pub struct GoneItem {
    /// Its name on this device.
    pub number: u64,
    /// The op id that it went by.
    pub op_id: String,
    /// Where; none for a tap that was never kept.
    pub conversation: Option<String>,
    /// How.
    pub how: GoneHow,
}

/// How an act ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug, uniffi::Enum)]
pub enum GoneHow {
    /// The server has it, and the log shows it.
    Acknowledged,
    /// Its author let go of it.
    Discarded,
    /// The server would not hear how far was read.
    ReadRefused,
    /// The device could not keep it: the tap has to be refused.
    NotStored,
}

/// Where the connection stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug, uniffi::Enum)]
pub enum Standing {
    /// Nobody is signed in.
    SignedOut,
    /// There is no network.
    Offline,
    /// The app is in the background.
    Suspended,
    /// The server was not heard for too long: nothing of what is held is shown or taken before it
    /// is. Lists are empty; what was told of the outbox is to be hidden, and is told again.
    Locked,
    /// On the way to the server.
    Connecting,
    /// What was missed is coming in. What is held can be shown.
    Resuming,
    /// What happens is told as it happens.
    Live,
    /// It did not work.
    Backoff {
        /// The next try is in so many ms.
        retry_ms: u64,
    },
    /// The session is over. What was not sent stays, for when the same agent signs in again.
    NeedsSignIn,
    /// App and server do not understand each other: one of them has to be updated.
    Incompatible,
    /// The device was revoked.
    Wiped,
}

impl From<runtime::Standing> for Standing {
    fn from(standing: runtime::Standing) -> Self {
        match standing {
            runtime::Standing::SignedOut => Self::SignedOut,
            runtime::Standing::Offline => Self::Offline,
            runtime::Standing::Suspended => Self::Suspended,
            runtime::Standing::Locked => Self::Locked,
            runtime::Standing::Connecting => Self::Connecting,
            runtime::Standing::Resuming => Self::Resuming,
            runtime::Standing::Live => Self::Live,
            runtime::Standing::Backoff { retry_ms } => Self::Backoff { retry_ms },
            runtime::Standing::NeedsSignIn => Self::NeedsSignIn,
            runtime::Standing::Incompatible => Self::Incompatible,
            runtime::Standing::Wiped => Self::Wiped,
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
                update: update.iter().map(Notification::from).collect(),
            },
            runtime::Event::StoreFailed(error) => {
                Self::StoreFailed { detail: error.to_string(), is_full: error == StoreError::Full }
            }
            runtime::Event::People => Self::People,
            runtime::Event::Wiped => Self::Wiped,
        }
    }
}

fn outbox(changes: &[Change], needs_review: usize) -> Event {
    let (mut shown, mut gone) = (Vec::new(), Vec::new());
    for change in changes {
        match change {
            Change::Shown(echo) => shown.push(OutboxItem::from(&**echo)),
            Change::Gone { number, op_id, conversation_id, how } => gone.push(GoneItem {
                number: *number,
                op_id: op_id.to_string(),
                conversation: Some(conversation_id.to_string()),
                how: match how {
                    Ended::Acknowledged => GoneHow::Acknowledged,
                    Ended::Discarded => GoneHow::Discarded,
                    Ended::ReadRefused { .. } => GoneHow::ReadRefused,
                },
            }),
            Change::NotStored { number, op_id } => gone.push(GoneItem {
                number: *number,
                op_id: op_id.to_string(),
                conversation: None,
                how: GoneHow::NotStored,
            }),
        }
    }
    Event::Outbox { shown, gone, needs_review: u32::try_from(needs_review).unwrap_or(u32::MAX) }
}
