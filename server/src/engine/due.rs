//! Numbers from which something was queued to be sent, told to whoever sends.

use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use baton_protocol::ChannelId;
use tokio::sync::Notify;

/// The numbers with messages to send. Each is told once, however much is queued. There are never
/// more of them than the installation has.
#[derive(Debug, Default)]
pub(super) struct Due {
    numbers: Mutex<BTreeSet<ChannelId>>,
    told: Notify,
}

impl Due {
    /// Something was queued.
    pub(super) fn tell(&self, numbers: BTreeSet<ChannelId>) {
        if !numbers.is_empty() {
            self.numbers().extend(numbers);
            self.told.notify_one();
        }
    }

    /// Waits until something was queued since this returned last: where.
    pub(super) async fn next(&self) -> BTreeSet<ChannelId> {
        loop {
            self.told.notified().await;
            let numbers = std::mem::take(&mut *self.numbers());
            if !numbers.is_empty() {
                return numbers;
            }
        }
    }

    fn numbers(&self) -> MutexGuard<'_, BTreeSet<ChannelId>> {
        self.numbers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
