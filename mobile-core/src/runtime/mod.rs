//! The runtime: the shell that gives a [`Phone`](crate::phone::Phone) its clock, its threads and
//! its network, and the app its calls.
//!
//! ```text
//!   app ── call ──▶ engine (one thread: the phone and its store) ── request ──▶ network (tokio)
//!    ▲                 │                        ▲───────── answer, frame ──────────┘
//!    └── listener ◀── dispatcher (one thread) ◀─┘
//! ```
//!
//! Calls of the app are carried out by the engine, whoever waits for them: a caller that is
//! cancelled or dies leaves a call that happened, or one that did not. The engine never waits for
//! the network, the key store or a listener.
//!
//! - `keys` is what lies in the system's key store; `engine` the loop; `life` how a phone begins
//!   and ends in it; `lock` what it still does when its server was not heard for too long;
//!   `requests` what it asks of the network; `session` signing in and out; `calls` and `search`
//!   what the app calls; `dispatch` tells it; `log` is what the core says of itself.

mod calls;
mod clock;
mod dispatch;
mod engine;
mod error;
mod extension;
mod keys;
mod life;
mod lock;
mod log;
mod network;
mod observed;
mod requests;
mod search;
mod session;
#[cfg(test)]
mod tests;

use std::any::Any;
use std::marker::PhantomData;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};

pub use calls::{Diagnostics, Known as KnownPeople, PushTarget};
pub use clock::wall_clock;
pub use dispatch::Told;
pub use engine::Standing;
pub use error::CoreError;
pub use extension::{ReceiptPost, Taken, take_push};
pub use keys::{KeyStore, KeyStoreFailed};
pub use log::{Detail, Level, LogSink, Part, Place, Record, Said};
pub use observed::Watcher;
pub use session::{Credentials, SignedIn};

pub use crate::phone::{LOCK_AFTER, LOCK_AFTER_LEAST, LOCK_AFTER_MAX};

use crate::net::Server;
use crate::phone::Now;
use crate::store::{self, DropBox, Limits, Store};
use clock::Clock;
use dispatch::Dispatcher;
use engine::Engine;
use keys::{Keys, LoggedKeys, random};
use log::Log;
use network::Network;

/// Calls and answers that wait for the engine at most; who calls waits.
const INBOX: usize = 256;
/// Frames that wait for the engine at most; the socket waits.
const FRAMES: usize = 64;
/// How long a shutdown waits for what is under way.
const SHUTDOWN_MAX: Duration = Duration::from_secs(2);

/// What a core is opened with.
#[derive(Clone, Debug)]
pub struct CoreConfig {
    /// The server, as `https://…`.
    pub server: String,
    /// A certificate authority besides those that everybody trusts, PEM.
    pub extra_ca_pem: Option<String>,
    /// A directory of the core's own, which no backup takes along.
    pub directory: PathBuf,
    /// What the agent's list of devices shows.
    pub device_name: String,
    /// The app and its version, for the server's log.
    pub user_agent: String,
    /// How large the store may become.
    pub limits: Limits,
    /// How long after the server was last heard what is held is locked: [`LOCK_AFTER_LEAST`] to
    /// [`LOCK_AFTER_MAX`].
    pub lock_after: Duration,
}

/// What the app hears without having asked. Calls come one after the other, from one thread.
pub trait Listener: Send + Sync {
    /// Something happened. Says whether it was taken: `false` counts as thrown.
    fn hear(&self, event: Event) -> bool;
}

/// Something that happened.
#[derive(Clone, Debug)]
pub enum Event {
    /// The connection stands here.
    State(Standing),
    /// Acts of the agent stand elsewhere, or are gone; so many need review.
    Outbox {
        /// What changed.
        changes: Vec<crate::outbox::Change>,
        /// How many acts need their author.
        needs_review: usize,
    },
    /// Somebody else composes where the agent did.
    LeaseLost {
        /// Where.
        conversation: baton_protocol::ConversationId,
        /// Who.
        by: baton_protocol::AgentId,
    },
    /// What is shown outside of the app is over, or says something else.
    Notifications {
        /// To take away.
        withdraw: Vec<crate::push::Tag>,
        /// To show in the place of what is over: silent.
        update: Vec<crate::push::Notification>,
    },
    /// The store could not do what it was asked.
    StoreFailed(store::StoreError),
    /// Colleagues, teams, numbers, or who is there.
    People,
    /// The device was revoked: nothing of the account is here any more.
    Wiped,
}

/// The whole client. Cloning gives another handle to the same one.
#[derive(Clone)]
pub struct Core(Arc<Inner>);

struct Inner {
    inbox: mpsc::Sender<Act>,
    net: Net,
    keys: Keys,
    config: CoreConfig,
    clock: Clock,
    dispatcher: Dispatcher,
    log: Log,
    running: Mutex<Option<Running>>,
}

/// What has to be ended.
struct Running {
    network: Network,
    engine: JoinHandle<()>,
    teller: JoinHandle<()>,
}

/// Something for the engine to do.
type Act = Box<dyn FnOnce(&mut Engine, Now) + Send>;
/// What came of something, whatever it was. Each kind of answer that waited by itself would be the
/// code of the waiting once more, in a library that phones load.
type Answer = Box<dyn Any + Send>;
/// The same, where it may have failed.
type Answered = Result<Answer, CoreError>;
/// Something for the engine to do and to answer.
type AnsweredAct = Box<dyn FnOnce(&mut Engine, Now) -> Answered + Send>;
/// Something that is under way.
type Work<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// The way to the server, and where its work is done.
#[derive(Clone)]
struct Net {
    server: Server,
    runtime: tokio::runtime::Handle,
}

impl Core {
    /// Opens what is on this device: nothing is asked of the network before
    /// [`Core::foreground`].
    ///
    /// # Errors
    /// `KeyLocked` before the first unlock; `Storage` where the store cannot be opened, which
    /// touches nothing; `Invalid` for a server that is no URL, and for a time to lock after that is
    /// none.
    pub fn open(
        config: CoreConfig,
        keys: Arc<dyn KeyStore>,
        listener: Arc<dyn Listener>,
    ) -> Result<Self, CoreError> {
        let server = server_of(&config)?;
        let lock_after = lock_after_of(&config)?;
        let log = Log::default();
        log::forward_panics();
        let keys = Keys(Arc::new(LoggedKeys { keys, log: log.clone() }));
        let session = keys.session(&config.server)?;
        let keyring = keys.held_keyring()?;
        let store_config = store::Config {
            directory: config.directory.clone(),
            key: keys.store_key()?,
            seed: random(),
            limits: config.limits,
        };
        let drops = DropBox::open(&config.directory, &store_config.key, random())?;
        let (store, opened) = Store::open(&store_config)?;
        let network = Network::begin(&log).map_err(internal)?;
        let net = Net { server, runtime: network.handle().clone() };
        let (dispatcher, teller) = Dispatcher::begin(log.clone()).map_err(internal)?;
        let clock = Clock::begin();
        let (inbox, inbox_end) = mpsc::channel(INBOX);
        let (frames, frames_end) = mpsc::channel(FRAMES);
        let engine = Engine::new(engine::Parts {
            store: Arc::new(store),
            drops,
            opened,
            keys: keys.clone(),
            net: net.clone(),
            clock,
            inbox: inbox.downgrade(),
            frames,
            dispatcher: dispatcher.clone(),
            log: log.clone(),
            listener,
            server: config.server.clone(),
            lock_after,
        });
        let engine = std::thread::Builder::new()
            .name("baton-engine".to_owned())
            .stack_size(1024 * 1024)
            .spawn(move || engine.live((inbox_end, frames_end), (session, keyring)))
            .map_err(internal)?;
        let running = Mutex::new(Some(Running { network, engine, teller }));
        Ok(Self(Arc::new(Inner { inbox, net, keys, config, clock, dispatcher, log, running })))
    }

    /// Ends everything, waits for it, at most two seconds. Calls after it answer `Closed`. Calling
    /// it twice is harmless.
    pub fn shutdown(&self) {
        let running = self.0.running.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(Running { network, engine, teller }) = running else { return };
        let (done, is_done) = std::sync::mpsc::channel();
        let stop: Act = Box::new(move |engine, now| {
            engine.stop(now);
            done.send(()).ok();
        });
        let clock = self.0.clock;
        let deadline = clock.now().mono + SHUTDOWN_MAX;
        let mut stop = Some(stop);
        while let Some(act) = stop.take() {
            match self.0.inbox.try_send(act) {
                Err(mpsc::error::TrySendError::Full(act))
                    if clock.left(deadline) > Duration::ZERO =>
                {
                    stop = Some(act);
                    std::thread::yield_now();
                }
                Ok(()) | Err(_) => {}
            }
        }
        is_done.recv_timeout(clock.left(deadline)).ok();
        self.0.dispatcher.end();
        join_within(network.end(clock.left(deadline)), (clock, deadline));
        join_within(engine, (clock, deadline));
        join_within(teller, (clock, deadline));
        if let Some(logger) = self.0.log.end() {
            join_within(logger, (clock, deadline));
        }
        self.0.log.stop();
    }

    /// Hands what the core says of itself to a sink, with what it said before as far as that is
    /// kept; to none any more. What is of less than this level is not said.
    ///
    /// # Errors
    /// `Closed`, or `Internal` where there can be no thread for it.
    pub fn log_to(&self, sink: Option<Arc<dyn LogSink>>, level: Level) -> Result<(), CoreError> {
        if self.is_over() {
            return Err(CoreError::Closed);
        }
        self.0.log.tell(sink, level).map_err(internal)
    }

    /// What the core said last of itself, oldest first; also after its end.
    pub fn recent_logs(&self) -> Vec<Record> {
        self.0.log.recent()
    }

    /// Has the engine do something and waits for what it says.
    fn call<T: Send + 'static>(
        &self,
        act: impl FnOnce(&mut Engine, Now) -> T + Send + 'static,
    ) -> Asked<'_, T> {
        self.try_call(move |engine, now| Ok(act(engine, now)))
    }

    /// The same, where that may fail.
    fn try_call<T: Send + 'static>(
        &self,
        act: impl FnOnce(&mut Engine, Now) -> Result<T, CoreError> + Send + 'static,
    ) -> Asked<'_, T> {
        let act = move |engine: &mut Engine, now: Now| Ok::<Answer, _>(Box::new(act(engine, now)?));
        Asked::new(self.called(Box::new(act)))
    }

    fn called(&self, act: AnsweredAct) -> Work<'_, Answered> {
        let (answer, answered) = oneshot::channel();
        let act: Act = Box::new(move |engine, now| drop(answer.send(act(engine, now))));
        Box::pin(async move {
            self.0.inbox.send(act).await.map_err(|_gone| CoreError::Closed)?;
            answered.await.map_err(|_gone| CoreError::Closed)?
        })
    }

    /// Has something done on the core's own threads: it goes on when the caller does not wait.
    fn spawned<T: Send + 'static>(
        &self,
        work: impl Future<Output = Result<T, CoreError>> + Send + 'static,
    ) -> Asked<'_, T> {
        let work = async move { Ok::<Answer, _>(Box::new(work.await?)) };
        Asked::new(self.done_elsewhere(Box::pin(work)))
    }

    fn done_elsewhere(&self, work: Work<'static, Answered>) -> Work<'_, Answered> {
        Box::pin(async move {
            if self.is_over() {
                return Err(CoreError::Closed);
            }
            let task = self.0.net.runtime.spawn(work);
            task.await.unwrap_or_else(|ended| match ended.is_cancelled() {
                true => Err(CoreError::Closed),
                false => Err(CoreError::Internal("a task panicked".to_owned())),
            })
        })
    }

    fn is_over(&self) -> bool {
        self.0.running.lock().unwrap_or_else(PoisonError::into_inner).is_none()
    }
}

/// An answer that is waited for. Nothing is asked before somebody does.
#[must_use]
pub struct Asked<'a, T> {
    work: Work<'a, Answered>,
    of: PhantomData<fn() -> T>,
}

impl<'a, T> Asked<'a, T> {
    fn new(work: Work<'a, Answered>) -> Self {
        Self { work, of: PhantomData }
    }
}

impl<T: 'static> Future for Asked<'_, T> {
    type Output = Result<T, CoreError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.work.as_mut().poll(cx).map(|answer| opened(answer?))
    }
}

/// What an answer holds.
fn opened<T: 'static>(answer: Answer) -> Result<T, CoreError> {
    let answer = answer.downcast::<T>();
    answer
        .map(|answer| *answer)
        .map_err(|_never| CoreError::Internal("an answer to another question".to_owned()))
}

impl Drop for Inner {
    fn drop(&mut self) {
        let running = self.running.get_mut().unwrap_or_else(PoisonError::into_inner).take();
        if running.is_some() {
            // Nobody waits any more: the engine ends when its inbox does, the network with this.
            self.dispatcher.end();
            self.log.stop();
        }
    }
}

fn server_of(config: &CoreConfig) -> Result<Server, CoreError> {
    let made = Server::new(&config.server, config.extra_ca_pem.as_deref(), &config.user_agent);
    made.map_err(|error| CoreError::Invalid {
        what: "server".to_owned(),
        problem: error.to_string(),
    })
}

fn lock_after_of(config: &CoreConfig) -> Result<Duration, CoreError> {
    match (LOCK_AFTER_LEAST..=LOCK_AFTER_MAX).contains(&config.lock_after) {
        true => Ok(config.lock_after),
        false => Err(CoreError::Invalid {
            what: "lock_after".to_owned(),
            problem: "has to be from a second to 30 days".to_owned(),
        }),
    }
}

#[expect(clippy::needless_pass_by_value, reason = "for `map_err`")]
fn internal(error: std::io::Error) -> CoreError {
    CoreError::Internal(error.to_string())
}

/// Joins a thread, unless it takes too long or is this one.
fn join_within(thread: JoinHandle<()>, (clock, deadline): (Clock, Duration)) {
    if thread.thread().id() == std::thread::current().id() {
        return;
    }
    while !thread.is_finished() && clock.left(deadline) > Duration::ZERO {
        std::thread::park_timeout(Duration::from_millis(1));
    }
    if thread.is_finished() {
        drop(thread.join());
    }
}
