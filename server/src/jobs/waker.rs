//! Ends snoozes when their time has come.

use std::time::Duration;

use futures_util::future::join_all;

use crate::clock::Clock;
use crate::engine::Engine;
use crate::node::Membership;
use crate::store::read::due_snoozes;

/// Ends snoozes that are due.
#[derive(Clone, Debug)]
pub struct Waker {
    /// Where wakes are decided.
    pub engine: Engine,
    /// Whether this node is the one that wakes.
    pub membership: Membership,
    /// The time.
    pub clock: Clock,
}

const LOOK_EVERY: Duration = Duration::from_secs(1);
const AT_ONCE: u64 = 100;

impl Waker {
    /// Looks every second, for ever.
    pub async fn run(self) {
        loop {
            while self.membership.term().is_some() && self.wake_due().await {}
            self.clock.sleep(LOOK_EVERY).await;
        }
    }

    /// Wakes some; tells whether there may be more.
    async fn wake_due(&self) -> bool {
        let due = match self.engine.store().read().await {
            Ok(mut tx) => due_snoozes(&mut tx, self.clock.now(), AT_ONCE).await,
            Err(error) => Err(error),
        };
        let Ok(due) = due else { return false };
        let is_full = due.len() as u64 == AT_ONCE;
        let woken = due.into_iter().map(|(workspace, conversation, until)| {
            self.engine.wake(workspace, conversation, until)
        });
        let failed = join_all(woken).await.iter().filter(|woken| woken.is_err()).count();
        if failed > 0 {
            tracing::warn!(failed, "some snoozes could not be ended; trying again");
        }
        is_full && failed == 0
    }
}
