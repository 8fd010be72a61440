//! The app's handle to the core: opens it, sends it calls, shuts it down.

use std::any::Any;
use std::marker::PhantomData;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};

use super::clock::Clock;
use super::dispatcher::Dispatcher;
use super::engine::{Engine, EngineCall, EngineConfig, Net};
use super::error::CoreError;
use super::events::Listener;
use super::keys::{KeyStore, Keys, LoggedKeys, SharedWish, random};
use super::life::FRAMES;
use super::log::{self, Log, LogLevel, LogRecord, LogSink};
use super::network::Network;
use super::requests::BoxFuture;
use crate::net::{PlatformTrust, Server};
use crate::phone::{LOCK_AFTER_MAX, LOCK_AFTER_MIN, Now};
use crate::store::{self, DropBox, FileId, FileSize, Limits, Store};

/// Messages that wait for the engine at most; then callers wait.
const INBOX: usize = 256;
/// The time that a shutdown waits for requests and calls under way.
const SHUTDOWN_MAX: Duration = Duration::from_secs(2);

/// The parts that a core needs to open.
#[derive(Clone, Debug)]
pub struct CoreConfig {
    /// The server's URL, `https://…`.
    pub server: String,
    /// An additional certificate authority, PEM.
    pub extra_ca_pem: Option<String>,
    /// A directory for the core alone, excluded from backups.
    pub directory: PathBuf,
    /// The device's name in the agent's list of devices.
    pub device_name: String,
    /// The app and its version, for the server's log.
    pub user_agent: String,
    /// The limits of the store's size.
    pub limits: Limits,
    /// The time after the server was last heard at which the phone locks: [`LOCK_AFTER_MIN`] to
    /// [`LOCK_AFTER_MAX`].
    pub lock_after: Duration,
}

/// A handle to the whole client. Clones share it.
#[derive(Clone)]
pub struct Core(pub(super) Arc<Inner>);

pub(super) struct Inner {
    inbox: mpsc::Sender<EngineCall>,
    pub(super) net: Net,
    pub(super) keys: Keys,
    pub(super) config: CoreConfig,
    pub(super) clock: Clock,
    pub(super) dispatcher: Dispatcher,
    pub(super) log: Log,
    pub(super) turns: Turns,
    running: Mutex<Option<Running>>,
}

/// The turns of loads: no file is loaded twice at once, and whole ones come one at a time.
#[derive(Default)]
pub(super) struct Turns {
    whole: tokio::sync::Mutex<()>,
    small: [tokio::sync::Mutex<()>; 4],
}

impl Turns {
    pub(super) fn of(&self, file: FileId) -> &tokio::sync::Mutex<()> {
        let [first, second, third, fourth] = &self.small;
        match (file.size, file.message.0.as_u128() % 4) {
            (FileSize::Whole, _) => &self.whole,
            (FileSize::Small, 0) => first,
            (FileSize::Small, 1) => second,
            (FileSize::Small, 2) => third,
            (FileSize::Small, _) => fourth,
        }
    }
}

/// The threads to end.
struct Running {
    network: Network,
    engine: JoinHandle<()>,
    teller: JoinHandle<()>,
}

/// A boxed value. One kind of answer for all calls keeps the library small.
pub(super) type AnyValue = Box<dyn Any + Send>;
pub(super) type AnyResult = Result<AnyValue, CoreError>;
type AnyCall = Box<dyn FnOnce(&mut Engine, Now) -> AnyResult + Send>;

impl Core {
    /// Opens the store. The network is not used before [`Core::foreground`].
    ///
    /// # Errors
    /// `KeyLocked` before the first unlock, `Storage` when the store cannot be opened. `Invalid`
    /// for a wrong server URL or a time to lock out of range.
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
        let wish = SharedWish::new(keys.push_wish()?);
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
        let engine = Engine::new(EngineConfig {
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
            wish,
        });
        let engine = std::thread::Builder::new()
            .name("baton-engine".to_owned())
            .stack_size(1024 * 1024)
            .spawn(move || engine.live(inbox_end, frames_end, session, keyring))
            .map_err(internal)?;
        let running = Mutex::new(Some(Running { network, engine, teller }));
        Ok(Self(Arc::new(Inner {
            inbox,
            net,
            keys,
            config,
            clock,
            dispatcher,
            log,
            turns: Turns::default(),
            running,
        })))
    }

    /// Shuts the core down and waits for it, two seconds at most.
    ///
    /// Later calls fail with `Closed`. Calling it twice is harmless.
    pub fn shutdown(&self) {
        let running = self.0.running.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(Running { network, engine, teller }) = running else { return };
        let (done, is_done) = std::sync::mpsc::channel();
        let stop: EngineCall = Box::new(move |engine, now| {
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
        join_within(network.end(clock.left(deadline)), clock, deadline);
        join_within(engine, clock, deadline);
        join_within(teller, clock, deadline);
        if let Some(logger) = self.0.log.end() {
            join_within(logger, clock, deadline);
        }
        self.0.log.stop();
    }

    /// Asks the platform whether to trust certificates that no known authority vouches for.
    pub fn trust_platform(&self, trust: Arc<dyn PlatformTrust>) {
        self.0.net.server.trust_platform(trust);
    }

    /// Connects through this proxy of the platform from here on; `None` connects without one.
    ///
    /// # Errors
    /// `Closed`; `Invalid` for anything but `http://`, a host and a port.
    pub fn go_through(&self, proxy: Option<&str>) -> Result<(), CoreError> {
        if self.is_over() {
            return Err(CoreError::Closed);
        }
        self.0.net.server.go_through(proxy).map_err(|error| CoreError::Invalid {
            what: "proxy".to_owned(),
            problem: error.to_string(),
        })
    }

    /// Sets the log sink and replays buffered records to it. `None` removes it.
    ///
    /// Records below `level` are not kept from here on.
    ///
    /// # Errors
    /// `Closed`, or `Internal` when no thread can be started.
    pub fn log_to(&self, sink: Option<Arc<dyn LogSink>>, level: LogLevel) -> Result<(), CoreError> {
        if self.is_over() {
            return Err(CoreError::Closed);
        }
        self.0.log.set_sink(sink, level).map_err(internal)
    }

    /// Returns the last 1,000 log records, oldest first; also after `shutdown`.
    pub fn recent_logs(&self) -> Vec<LogRecord> {
        self.0.log.recent()
    }

    /// Runs a closure on the engine's thread and returns its result.
    pub(super) fn call<T: Send + 'static>(
        &self,
        act: impl FnOnce(&mut Engine, Now) -> T + Send + 'static,
    ) -> Call<'_, T> {
        self.try_call(move |engine, now| Ok(act(engine, now)))
    }

    /// Runs a closure that may fail on the engine's thread.
    pub(super) fn try_call<T: Send + 'static>(
        &self,
        act: impl FnOnce(&mut Engine, Now) -> Result<T, CoreError> + Send + 'static,
    ) -> Call<'_, T> {
        let act =
            move |engine: &mut Engine, now: Now| Ok::<AnyValue, _>(Box::new(act(engine, now)?));
        Call::new(self.called(Box::new(act)))
    }

    fn called(&self, act: AnyCall) -> BoxFuture<'_, AnyResult> {
        let (answer, answered) = oneshot::channel();
        let act: EngineCall = Box::new(move |engine, now| drop(answer.send(act(engine, now))));
        Box::pin(async move {
            self.0.inbox.send(act).await.map_err(|_gone| CoreError::Closed)?;
            answered.await.map_err(|_gone| CoreError::Closed)?
        })
    }

    /// Runs a future on the core's own thread, even if the caller stops waiting.
    pub(super) fn spawned<T: Send + 'static>(
        &self,
        work: impl Future<Output = Result<T, CoreError>> + Send + 'static,
    ) -> Call<'_, T> {
        let work = async move { Ok::<AnyValue, _>(Box::new(work.await?)) };
        Call::new(self.done_elsewhere(Box::pin(work)))
    }

    fn done_elsewhere(&self, work: BoxFuture<'static, AnyResult>) -> BoxFuture<'_, AnyResult> {
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

/// A call of the core. It starts when it is first polled.
#[must_use]
pub struct Call<'a, T> {
    work: BoxFuture<'a, AnyResult>,
    of: PhantomData<fn() -> T>,
}

impl<'a, T> Call<'a, T> {
    pub(super) fn new(work: BoxFuture<'a, AnyResult>) -> Self {
        Self { work, of: PhantomData }
    }
}

impl<T: 'static> Future for Call<'_, T> {
    type Output = Result<T, CoreError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.work.as_mut().poll(cx).map(|answer| opened(answer?))
    }
}

/// Returns the value in an answer.
fn opened<T: 'static>(answer: AnyValue) -> Result<T, CoreError> {
    let answer = answer.downcast::<T>();
    answer
        .map(|answer| *answer)
        .map_err(|_never| CoreError::Internal("an answer to another question".to_owned()))
}

impl Drop for Inner {
    fn drop(&mut self) {
        let running = self.running.get_mut().unwrap_or_else(PoisonError::into_inner).take();
        if running.is_some() {
            // The engine ends with its inbox, the network with its handle.
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
    match (LOCK_AFTER_MIN..=LOCK_AFTER_MAX).contains(&config.lock_after) {
        true => Ok(config.lock_after),
        false => Err(CoreError::Invalid {
            what: "lock_after".to_owned(),
            problem: "must be between 1 second and 30 days".to_owned(),
        }),
    }
}

#[expect(clippy::needless_pass_by_value, reason = "for `map_err`")]
fn internal(error: std::io::Error) -> CoreError {
    CoreError::Internal(error.to_string())
}

/// Joins a thread, unless it takes too long or is this one.
fn join_within(thread: JoinHandle<()>, clock: Clock, deadline: Duration) {
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
