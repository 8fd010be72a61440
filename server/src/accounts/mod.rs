//! People and their devices: passwords, sessions, revocation, and the changes of settings.
//!
//! A device's session is a family of refresh tokens (see [`session`]). Sessions have short
//! transactions of their own: they are no part of the log. Settings, passwords and revocations
//! are: each change is planned here as work of the committer (see [`settings`]), so that it
//! becomes an event.

mod access;
mod common;
pub mod device;
pub(crate) mod earlier;
mod forgotten;
pub mod join;
mod key;
pub mod password;
pub mod push;
mod quota;
pub mod session;
mod setting_secret;
pub mod settings;
mod slots;
mod speaker;
mod throttle;
mod ticket;
mod token;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use baton_protocol::problem::RowProblem;
use baton_protocol::{DeviceId, WorkspaceId};

use self::settings::meta_app::MetaApp;
use crate::clock::Clock;
use crate::config::{Secret, SessionsConfig};
use crate::coordinator::Coordinator;
use crate::secrets::{Keys, SecretsError};
use crate::store::{Store, StoreError};

pub use crate::speaker::Speaker as Signed;
pub use forgotten::Remedy;
pub use join::LinkFault;
pub use quota::{Left, Quota, Rate};
pub use session::SessionState;
pub use setting_secret::{new_secret, open_secret, signing_key};
pub use settings::Setter;
pub use slots::Slots;
pub use throttle::{ADDRESS_TRIES_MAX, LETTERS_APART, TRIES_MAX, WINDOW};
pub use ticket::TICKET_TTL;

/// The reason why something about accounts was not done.
#[derive(Debug, thiserror::Error)]
pub enum AccountError {
    /// Workspace, e-mail or password is wrong; it is not said which.
    #[error("workspace, e-mail or password is wrong")]
    WrongCredentials,
    /// The token is none, or no longer good.
    #[error("the session is over: sign in again")]
    SignInAgain,
    /// The refresh token was used before: a copy is about, and the session is over.
    #[error("the session is over: sign in again")]
    Reused,
    /// The device was revoked: what it holds is to be wiped.
    #[error("this device was revoked")]
    DeviceRevoked,
    /// Too many tries.
    #[error("too many tries: wait {retry_after_ms} ms")]
    TooManyTries {
        /// The time to wait.
        retry_after_ms: u64,
    },
    /// All places for hashing passwords are taken.
    #[error("too many passwords are being checked at once; try again")]
    Busy,
    /// A change was not answered for: it may have been made all the same.
    #[error("the database did not answer in time; look whether it was done")]
    Unanswered,
    /// There is no such thing in this workspace.
    #[error("there is no such {what}")]
    NotFound {
        /// The thing that was looked for.
        what: &'static str,
    },
    /// The role, or the state of the thing, does not allow it.
    #[error("{why}")]
    NotAllowed {
        /// The obstacle.
        why: &'static str,
    },
    /// A field is wrong.
    #[error("{field}: {problem}")]
    Invalid {
        /// The field.
        field: &'static str,
        /// The problem with it.
        problem: String,
    },
    /// Another row has this value already.
    #[error("{field} is taken")]
    Taken {
        /// The field whose value is taken.
        field: &'static str,
    },
    /// A link of an invitation cannot be used.
    #[error("{0}")]
    Link(LinkFault),
    /// Rows of a list are wrong.
    #[error("{}", rows_text(.0))]
    Rows(Vec<RowProblem>),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A secret does not open.
    #[error(transparent)]
    Secrets(#[from] SecretsError),
    /// A fault of this program or its machine.
    #[error("{0}")]
    Broken(String),
}

/// The first rows that are wrong, as a sentence.
fn rows_text(rows: &[RowProblem]) -> String {
    let first: Vec<_> = rows
        .iter()
        .take(5)
        .map(|RowProblem { row, field, problem }| format!("row {row}: {field}: {problem}"))
        .collect();
    let more = rows.len().saturating_sub(first.len());
    let more = if more > 0 { format!("; and {more} more") } else { String::new() };
    format!("{}{more}", first.join("; "))
}

impl AccountError {
    pub(crate) fn invalid(field: &'static str, problem: impl Into<String>) -> Self {
        Self::Invalid { field, problem: problem.into() }
    }

    /// Whether the same may work in a moment.
    pub fn is_unavailable(&self) -> bool {
        matches!(self, Self::Busy | Self::Unanswered)
            || matches!(self, Self::Store(error) if error.is_unavailable())
    }
}

/// A listener for ended sessions, so that their sockets are closed at once and not at the next
/// poll.
pub trait OnEnded: Send + Sync + 'static {
    /// The session of this device is over: `SignInAgain` or `DeviceRevoked`.
    fn on_ended(&self, workspace: WorkspaceId, device: DeviceId, standing: SessionState);
}

/// Everything about accounts. Cheap to clone.
#[derive(Clone)]
pub struct Accounts(Arc<Inner>);

struct Inner {
    store: Store,
    keys: Keys,
    clock: Clock,
    config: SessionsConfig,
    /// Messages a second of a new number of which nothing else is said.
    pace_per_s: u32,
    passwords: password::Passwords,
    /// One password of an account is checked at a time: many tries wait for one another.
    checks: Slots<[u8; 32]>,
    throttle: Mutex<throttle::Throttle>,
    on_ended: OnceLock<Arc<dyn OnEnded>>,
    /// The other nodes, which count tries of passwords as well.
    others: OnceLock<Arc<dyn Coordinator>>,
    /// Apps at Meta and when they were read, by the monotonic clock.
    meta_apps: Mutex<BTreeMap<String, (Duration, Arc<MetaApp>)>>,
}

impl std::fmt::Debug for Accounts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Accounts").finish_non_exhaustive()
    }
}

impl Accounts {
    /// Accounts in this store.
    pub fn new(
        store: Store,
        keys: Keys,
        clock: Clock,
        config: SessionsConfig,
        pace_per_s: u32,
    ) -> Self {
        Self(Arc::new(Inner {
            store,
            keys,
            passwords: password::Passwords::new(clock.clone()),
            checks: Slots::new(1, password::WAIT_MAX),
            clock,
            config,
            pace_per_s,
            throttle: Mutex::new(throttle::Throttle::new(config.sign_ins_max)),
            on_ended: OnceLock::new(),
            others: OnceLock::new(),
            meta_apps: Mutex::default(),
        }))
    }

    /// The same accounts, seen at another time.
    pub fn at(&self, clock: Clock) -> Self {
        let Inner { store, keys, config, pace_per_s, .. } = &*self.0;
        Self::new(store.clone(), keys.clone(), clock, *config, *pace_per_s)
    }

    /// Names the listener for ended sessions; the first one named stays.
    pub fn set_on_ended(&self, listener: Arc<dyn OnEnded>) {
        drop(self.0.on_ended.set(listener));
    }

    /// A password for somebody who was given none.
    pub fn made_up_password(&self) -> Secret {
        password::made_up(&self.0.clock)
    }

    fn notify_ended(&self, workspace: WorkspaceId, devices: &[DeviceId], standing: SessionState) {
        if let Some(listener) = self.0.on_ended.get() {
            for device in devices {
                listener.on_ended(workspace, *device, standing);
            }
        }
    }
}

/// The data behind these locks are whole at all times: a panic elsewhere spoils nothing.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
