//! That people did something on their devices: commands, and typing. Whoever does something is
//! there.
//!
//! Kept in memory and limited: the next act says it again.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use baton_protocol::Command;
use tokio::sync::Notify;

use super::work::Caller;
/// Devices remembered at once.
const WAITING_MAX: usize = 50_000;

/// The devices on which somebody did something, until a worker takes them. Cheap to clone.
#[derive(Clone, Default, Debug)]
pub struct Acts(Arc<Shared>);

#[derive(Default, Debug)]
struct Shared {
    waiting: Mutex<BTreeSet<Caller>>,
    told: Notify,
}

impl Acts {
    /// Somebody gave commands. What a page says by itself is no act.
    pub fn heard(&self, person: Option<Caller>, commands: &[Command]) {
        if commands.iter().any(|command| command.body.is_act()) {
            self.note(person);
        }
    }

    /// Somebody did something on a device; `None` where it was no person.
    pub fn note(&self, person: Option<Caller>) {
        let Some(caller) = person else { return };
        let mut waiting = self.0.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if waiting.len() < WAITING_MAX {
            waiting.insert(caller);
            self.0.told.notify_one();
        }
    }

    /// Waits until somebody did something since it was taken last.
    pub async fn wait(&self) {
        self.0.told.notified().await;
    }

    /// Those who did something since the last call.
    #[must_use]
    pub fn take(&self) -> BTreeSet<Caller> {
        let mut waiting = self.0.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut *waiting)
    }
}
