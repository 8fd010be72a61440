//! Whether Redis can be asked: one connection for all questions, made again when it fails.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ::redis::{ErrorKind, PushInfo, PushKind, RedisError, RedisResult, Value};
use baton_protocol::Timestamp;
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;

use super::super::{Away, CoordinatorState};
use super::connection::{Line, Pushes};
use super::script::Call;
use super::{RebuildReply, Shared, script};

/// A connection that lived for so long did not fail at once: the next one is tried soon.
const STEADY: Duration = Duration::from_secs(10);

/// A connection that is of use.
struct Arrived {
    line: Line,
    /// What Redis said when it was told what lives here.
    told: Vec<RebuildReply>,
    /// Tells of the connection's end.
    pushes: mpsc::Receiver<PushInfo>,
}

pub(super) struct Link {
    current: Mutex<Current>,
    /// The number of the last connection that was lost.
    lost: watch::Sender<u64>,
    /// Grows with every try, successful or not.
    pub(super) tries: watch::Sender<u64>,
}

struct Current {
    line: Option<Line>,
    /// The time at which the line came up.
    up_since: Option<Instant>,
    /// Which connection it is, so that a late failure does not end the next one.
    number: u64,
    /// `None` before anything was tried.
    away_since: Option<Timestamp>,
}

impl Link {
    pub(super) fn new(since: Timestamp) -> Self {
        let current = Current { line: None, up_since: None, number: 0, away_since: Some(since) };
        Self {
            current: Mutex::new(current),
            lost: watch::Sender::new(0),
            tries: watch::Sender::new(0),
        }
    }

    /// The connection and its number.
    pub(super) fn line(&self) -> Result<(Line, u64), Away> {
        let current = self.current();
        current.line.clone().map(|line| (line, current.number)).ok_or(Away)
    }

    pub(super) fn state(&self) -> CoordinatorState {
        let since = self.current().away_since;
        since.map_or(CoordinatorState::Up, |since| CoordinatorState::Away { since })
    }

    /// The time since which it can be asked, if it can.
    pub(super) fn up_since(&self) -> Option<Instant> {
        let current = self.current();
        current.up_since.filter(|_| current.line.is_some())
    }

    fn current(&self) -> MutexGuard<'_, Current> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Shared {
    /// Runs scripts, in one round trip.
    pub(super) async fn run(&self, calls: Vec<Call>) -> Result<Vec<Value>, Away> {
        let (mut line, number) = self.link.line()?;
        self.within(number, script::run(&mut line, &calls)).await
    }

    /// Waits for an answer; without one in time the connection counts as lost.
    pub(super) async fn within<T>(
        &self,
        number: u64,
        asked: impl Future<Output = RedisResult<T>>,
    ) -> Result<T, Away> {
        match tokio::time::timeout(self.timings.command, asked).await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(error)) => {
                self.lose(number, reason(&error));
                Err(Away)
            }
            Err(_) => {
                self.lose(number, "it does not answer");
                Err(Away)
            }
        }
    }

    /// From here on this node answers from what it knows itself.
    fn lose(&self, number: u64, why: &str) {
        let mut current = self.link.current();
        if current.number != number || current.line.take().is_none() {
            return;
        }
        current.away_since = Some(self.clock.now());
        self.local.set_quiet(false);
        drop(current);
        self.metrics.coordinator_away.set(1);
        tracing::warn!(why, "Redis is away: this node goes on alone with what it knows");
        self.link.lost.send_replace(number);
    }

    /// Connects, and connects again, for ever.
    pub(super) async fn keep_link(&self) {
        let mut backoff = Backoff::default();
        let mut was_up = false;
        loop {
            match self.connect().await {
                Ok(Arrived { line, told, mut pushes }) => {
                    let number = self.arrive(line, was_up);
                    self.rebuilt(told);
                    // What came while it was rebuilt is told too. A loss is seen below.
                    self.tell_all().await.unwrap_or_default();
                    was_up = true;
                    let began = self.clock.monotonic();
                    self.link.tries.send_modify(|tries| *tries += 1);
                    self.watch_link(number, &mut pushes).await;
                    if self.clock.monotonic().saturating_sub(began) >= STEADY {
                        backoff = Backoff::default();
                    }
                }
                Err(why) => {
                    if self.link.tries.borrow().eq(&0) {
                        self.metrics.coordinator_away.set(1);
                        tracing::warn!(why, "Redis is away: this node begins alone");
                    }
                    self.link.tries.send_modify(|tries| *tries += 1);
                }
            }
            tokio::time::sleep(backoff.next(self)).await;
        }
    }

    /// A connection to a server that can be written to, with what this node knows told to it.
    async fn connect(&self) -> Result<Arrived, &'static str> {
        let (to, pushes) = Pushes::channel();
        let made = async {
            let mut line = self.target.open(self.timings, &to).await?;
            self.check(&mut line).await?;
            Ok(line)
        };
        let mut line = match tokio::time::timeout(self.timings.connect, made).await {
            Ok(Ok(line)) => line,
            Ok(Err(error)) => return Err(reason(&error)),
            Err(_) => return Err("it does not answer"),
        };
        match tokio::time::timeout(self.timings.connect, self.rebuild(&mut line)).await {
            Ok(Ok(told)) => Ok(Arrived { line, told, pushes }),
            Ok(Err(error)) => Err(reason(&error)),
            Err(_) => Err("it does not answer"),
        }
    }

    fn arrive(&self, line: Line, was_up: bool) -> u64 {
        let mut current = self.link.current();
        current.line = Some(line);
        current.up_since = Some(self.local.now());
        current.number += 1;
        current.away_since = None;
        let number = current.number;
        self.local.set_quiet(true);
        drop(current);
        self.metrics.coordinator_away.set(0);
        if was_up {
            self.metrics.coordinator_reconnects.inc();
        }
        tracing::info!("Redis is there: leases, presence and the bus are shared");
        self.due.all_now(self.local.subscribed());
        number
    }

    async fn watch_link(&self, number: u64, pushes: &mut mpsc::Receiver<PushInfo>) {
        let mut lost = self.link.lost.subscribe();
        loop {
            tokio::select! {
                _ = lost.wait_for(|lost| *lost >= number) => return,
                push = pushes.recv() => {
                    // A cluster makes the connections to its servers again by itself.
                    let is_lost = match push {
                        Some(push) => push.kind == PushKind::Disconnection,
                        None => true,
                    };
                    if is_lost && !self.target.is_cluster() {
                        self.lose(number, "the connection broke");
                    }
                    if !is_lost {
                        continue;
                    }
                }
                () = tokio::time::sleep(self.timings.ping) => {}
            }
            let Ok((mut line, _)) = self.link.line() else { return };
            let ping = ::redis::cmd("PING");
            let is_there = self.within(number, line.one(&ping)).await.is_ok();
            if !is_there || self.confirm().await.is_err() {
                return;
            }
        }
    }

    /// Checks that the server can be written to and runs scripts. A full server, or a copy that may
    /// only be read, answers and is of no use.
    async fn check(&self, line: &mut Line) -> RedisResult<()> {
        let mut write = ::redis::cmd("SET");
        write.arg(self.names.probe()).arg(self.node.to_string()).arg("PX").arg(10_000);
        line.one(&write).await?;
        if !self.is_known.swap(true, std::sync::atomic::Ordering::Relaxed) {
            let mut info = ::redis::cmd("INFO");
            info.arg("server");
            // A user may be forbidden to ask that.
            if let Ok(info) = line.one(&info).await {
                warn_if_old(&info);
            }
        }
        Ok(())
    }
}

fn warn_if_old(info: &Value) {
    if let Some(version) = too_old(info) {
        tracing::warn!(version, "this Redis is older than 7: it is not supported");
    }
}

/// The version, if it is one before 7. Valkey names the Redis that it is compatible with as well.
fn too_old(info: &Value) -> Option<String> {
    if let Value::Map(all) = info {
        // Of a cluster each server answers; any one will do.
        return all.iter().find_map(|(_, info)| too_old(info));
    }
    let text = script::text(info)?;
    let version = text.lines().find_map(|line| line.strip_prefix("redis_version:"))?;
    let major: u32 = version.split('.').next()?.trim().parse().ok()?;
    (major < 7).then(|| version.trim().chars().take(20).collect())
}

/// What went wrong, in words that name nothing and nobody.
pub(super) fn reason(error: &RedisError) -> &'static str {
    let kinds = [
        (ErrorKind::Io, "the connection broke"),
        (ErrorKind::AuthenticationFailed, "it does not take user or password"),
        (ErrorKind::Parse, "what it says cannot be understood"),
        (ErrorKind::UnexpectedReturnType, "what it says cannot be understood"),
        (ErrorKind::MasterNameNotFoundBySentinel, "the sentinels know no such master"),
        (ErrorKind::ClusterConnectionNotFound, "no server of the cluster is there"),
    ];
    if error.is_timeout() {
        return "it does not answer";
    }
    if error.is_connection_refusal() {
        return "it refuses connections";
    }
    if let Some((_, why)) = kinds.iter().find(|(kind, _)| *kind == error.kind()) {
        return why;
    }
    match error.code() {
        Some("READONLY") => "it may only be read",
        Some("OOM") => "its memory is full",
        Some("NOPERM" | "NOAUTH" | "WRONGPASS") => "its user may not do what is needed",
        Some("LOADING") => "it is loading its data",
        Some("CLUSTERDOWN") => "the cluster is down",
        Some(_) | None => "it answers with an error",
    }
}

/// Waits between tries: anything up to a bound that doubles.
#[derive(Default)]
pub(super) struct Backoff(u32);

impl Backoff {
    pub(super) fn next(&mut self, shared: &Shared) -> Duration {
        let (least, most) = (shared.timings.retry_min, shared.timings.retry_max);
        let bound = least.saturating_mul(1 << self.0.min(10)).min(most);
        self.0 = self.0.saturating_add(1);
        let span = u64::try_from(bound.as_millis()).unwrap_or(u64::MAX);
        // Never at once: a server that ends every connection would be asked without pause.
        Duration::from_millis(shared.clock.below(span).max(10))
    }
}
