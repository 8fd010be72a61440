//! Whether the database is reachable. While it is away, requests fail at once: if they waited for
//! it, they would only pile up.
//!
//! [`Pulse`] decides and never waits; [`Gate`] is what transactions look at; [`keep_watch`] asks
//! the database over a connection of its own.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{ConnectOptions as _, Connection as _};
use tokio::sync::{Notify, watch};
use tokio::time::{Instant, timeout};

use crate::StoreError;
use crate::database::place::FileIdentity;
use crate::table::stamp::StampKey;

/// Questions in a row without an answer, after which the database is away: one may be chance.
const AWAY_AFTER: u32 = 2;
/// Answers in a row after which it is back.
const BACK_AFTER: u32 = 2;
/// The interval between questions.
const PERIOD: Duration = Duration::from_millis(500);
/// The interval while it is not certain.
const PERIOD_UNSURE: Duration = Duration::from_millis(100);

/// Up or away, with hysteresis: one answer or one silence changes nothing.
#[derive(Debug, Default)]
struct Pulse {
    is_away: bool,
    /// Answers in a row that speak against it.
    against: u32,
}

impl Pulse {
    /// Takes note of an answer, or of none; whether it is away, if that changed.
    fn heard(&mut self, answered: bool) -> Option<bool> {
        if answered != self.is_away {
            self.against = 0;
            return None;
        }
        self.against += 1;
        if self.against < if self.is_away { BACK_AFTER } else { AWAY_AFTER } {
            return None;
        }
        (self.is_away, self.against) = (!self.is_away, 0);
        Some(self.is_away)
    }

    fn next(&self) -> Duration {
        if self.against > 0 { PERIOD_UNSURE } else { PERIOD }
    }
}

/// The state that all transactions of a store look at.
#[derive(Debug)]
pub(crate) struct Gate {
    away: watch::Sender<bool>,
    /// Why it is away.
    reason: Mutex<String>,
    /// The time when it last came back: connections from before may be broken and not know it.
    back_at: Mutex<Option<Instant>>,
    /// Somebody had no answer: ask now.
    doubt: Notify,
    /// SQLite's file.
    place: OnceLock<FileIdentity>,
    /// Whether the database said that it is damaged: it stays so until the next start.
    is_damaged: AtomicBool,
    /// The key that stamps rows.
    stamps: OnceLock<StampKey>,
}

impl Default for Gate {
    fn default() -> Self {
        Self {
            away: watch::Sender::new(false),
            reason: Mutex::default(),
            back_at: Mutex::default(),
            doubt: Notify::new(),
            place: OnceLock::new(),
            is_damaged: AtomicBool::new(false),
            stamps: OnceLock::new(),
        }
    }
}

impl Gate {
    /// Sets the file that it guards.
    pub(crate) fn set_place(&self, place: FileIdentity) {
        drop(self.place.set(place));
    }

    pub(crate) fn place(&self) -> Option<&FileIdentity> {
        self.place.get()
    }

    /// Sets the key that rows are stamped with. A second one is the same: this installation's.
    pub(crate) fn set_stamps(&self, key: StampKey) {
        drop(self.stamps.set(key));
    }

    pub(crate) fn stamps(&self) -> Option<&StampKey> {
        self.stamps.get()
    }

    pub(crate) fn is_away(&self) -> bool {
        *self.away.borrow()
    }

    pub(crate) fn watch(&self) -> watch::Receiver<bool> {
        self.away.subscribe()
    }

    /// Whether a connection of this age may be used.
    pub(crate) fn can_trust(&self, age: Duration) -> bool {
        let back_at = *self.back_at.lock().unwrap_or_else(PoisonError::into_inner);
        !self.is_away() && back_at.is_none_or(|at| age < at.elapsed())
    }

    /// Does something that needs the database, for as long as it is there. It stops when the
    /// database goes away, since a single connection may be cut off and never hear of it.
    pub(crate) async fn pass<T>(
        &self,
        patience: Duration,
        work: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        let mut away = self.watch();
        let done = tokio::select! {
            biased;
            // The sender is part of this: it is never gone.
            _ = away.wait_for(|is_away| *is_away) => return Err(StoreError::away(&self.reason())),
            done = timeout(patience, work) => done.unwrap_or_else(|_| Err(StoreError::silent())),
        };
        match &done {
            Err(StoreError::Unavailable { .. }) => self.doubt.notify_one(),
            Err(error) if error.is_damage() => self.note_damage(error),
            Ok(_) | Err(_) => {}
        }
        done
    }

    fn note_damage(&self, error: &StoreError) {
        if !self.is_damaged.swap(true, Ordering::Relaxed) {
            tracing::error!(
                %error,
                "the database is damaged: run `baton verify-log`, and restore a backup; this node \
                 is not ready from here on"
            );
        }
    }

    pub(crate) fn is_damaged(&self) -> bool {
        self.is_damaged.load(Ordering::Relaxed)
    }

    fn reason(&self) -> String {
        self.reason.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// It is away: nobody asks it anything from here on.
    pub(crate) fn close(&self, reason: &str) {
        reason.clone_into(&mut self.reason.lock().unwrap_or_else(PoisonError::into_inner));
        self.away.send_if_modified(|was| !std::mem::replace(was, true));
    }

    /// It is back.
    pub(crate) fn open(&self) {
        let now = Some(Instant::now());
        *self.back_at.lock().unwrap_or_else(PoisonError::into_inner) = now;
        self.away.send_if_modified(|was| std::mem::replace(was, false));
    }
}

/// Asks the database again and again, and opens or closes the gate; no answer in `silence_max` is
/// none.
pub(crate) async fn keep_watch(gate: &Gate, options: &PgConnectOptions, silence_max: Duration) {
    let (mut pulse, mut connection) = (Pulse::default(), None);
    loop {
        let answer = timeout(silence_max, ask(&mut connection, options)).await;
        let answer = answer.unwrap_or_else(|_| Err(StoreError::silent()));
        if answer.is_err() {
            connection = None;
        }
        match (pulse.heard(answer.is_ok()), answer) {
            (Some(_), Err(error)) => gate.close(&error.to_string()),
            (Some(_), Ok(())) => gate.open(),
            (None, _) => {}
        }
        let pause = tokio::time::sleep(pulse.next());
        if pulse.is_away {
            pause.await;
            continue;
        }
        tokio::select! {
            () = pause => {}
            () = gate.doubt.notified() => {}
        }
    }
}

async fn ask(
    connection: &mut Option<PgConnection>,
    options: &PgConnectOptions,
) -> Result<(), StoreError> {
    let connection = match connection {
        Some(connection) => connection,
        None => connection.insert(options.connect().await?),
    };
    sqlx::query("SELECT 1").execute(&mut *connection).await?;
    Ok(connection.ping().await?)
}

#[cfg(test)]
mod tests;
