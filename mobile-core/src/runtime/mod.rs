//! The runtime: gives a [`Phone`](crate::phone::Phone) its clocks, threads and network, and takes
//! the calls of the app.
//!
//! ```text
//!   app ── call ──▶ engine (one thread: the phone and its store) ── request ──▶ network (tokio)
//!    ▲                 │                        ▲───────── answer, frame ──────────┘
//!    └── listener ◀── dispatcher (one thread) ◀─┘
//! ```
//!
//! A call is run to its end even if the caller stops waiting. The engine never waits for the
//! network, the key store or a listener.
//!
//! The modules are listed in reading order; each uses only those before it, which a test of the
//! repository checks. First come `clock`, `error`, `events`, `log`, `network`, `keys`, `extension`,
//! `dispatcher`, `subscriptions`, `engine`. Then come `requests`, `life`, `lock`, `effects`,
//! `registration`, `worker`. Last come `handle`, `session`, `calls`, `uploads`, `downloads`,
//! `answering`, `watch`, `wishes`, `search`, `at_server`, `next`.

mod answering;
mod at_server;
mod calls;
mod clock;
mod dispatcher;
mod downloads;
mod effects;
mod engine;
mod error;
mod events;
mod extension;
mod handle;
mod keys;
mod life;
mod lock;
mod log;
mod network;
mod next;
mod registration;
mod requests;
mod search;
mod session;
mod subscriptions;
#[cfg(test)]
mod tests;
mod uploads;
mod watch;
mod wishes;
mod worker;

pub use answering::AnswerOutcome;
pub use at_server::ServerList;
pub use calls::{Diagnostics, People};
pub use clock::wall_clock;
pub use dispatcher::ListenerCounts;
pub use downloads::FILE_PART_MAX;
pub use error::CoreError;
pub use events::{CoreState, Event, Listener};
pub use extension::{ReceiptPost, Taken, take_push};
pub use handle::{Call, Core, CoreConfig};
pub use keys::{KeyStore, KeyStoreFailed};
pub use log::{Detail, LogEntry, LogLevel, LogRecord, LogSink, LogTarget, SourceLocation};
pub use session::{Credentials, SignedIn};
pub use subscriptions::ListListener;
pub use uploads::{FileSource, FileTap, OutgoingFile};

pub use crate::push::{PushOffReason, PushState, PushTarget};

pub use crate::net::{ListPart, PlatformTrust};
pub use crate::phone::{LOCK_AFTER, LOCK_AFTER_MAX, LOCK_AFTER_MIN};
