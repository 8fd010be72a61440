//! A coordinator for the tests of other modules.

use std::sync::Mutex;

use super::*;

/// The work that it does before it answers who has a socket.
type OnSockets = Box<dyn Fn() -> BoxFuture<'static, ()> + Send + Sync>;

/// Answers with the lease that a test gives it. It is away for all other questions, and for that
/// one while it has no lease.
#[derive(Default)]
pub(crate) struct Liar {
    pub(crate) lease: Mutex<Option<Lease>>,
    on_sockets: Option<OnSockets>,
}

impl Liar {
    /// One that does this work before it answers that it does not know who has a socket.
    pub(crate) fn on_sockets(
        does: impl Fn() -> BoxFuture<'static, ()> + Send + Sync + 'static,
    ) -> Self {
        Self { on_sockets: Some(Box::new(does)), ..Self::default() }
    }
}

fn away<'a, T: Send + 'a>() -> CoordinatorFuture<'a, T> {
    Box::pin(std::future::ready(Err(Away)))
}

impl Coordinator for Liar {
    fn lease_of(&self, _: WorkspaceId, _: ConversationId) -> CoordinatorFuture<'_, Option<Lease>> {
        let lease = *self.lease.lock().unwrap();
        Box::pin(std::future::ready(lease.map(Some).ok_or(Away)))
    }

    fn publish(&self, _: Arc<Batch>) -> CoordinatorFuture<'_, ()> {
        away()
    }

    fn sessions_changed(&self, _: WorkspaceId, _: AgentId) -> CoordinatorFuture<'_, ()> {
        away()
    }

    fn subscribe(&self, _: WorkspaceId) -> CoordinatorFuture<'_, Subscription> {
        away()
    }

    fn compose(&self, _: Wish) -> CoordinatorFuture<'_, LeaseAnswer> {
        away()
    }

    fn connected(&self, _: Vec<Connection>) -> CoordinatorFuture<'_, ()> {
        away()
    }

    fn disconnected(&self, _: Connection) -> CoordinatorFuture<'_, ()> {
        away()
    }

    fn online(&self, _: WorkspaceId) -> CoordinatorFuture<'_, Vec<AgentId>> {
        away()
    }

    fn sockets(&self, _: WorkspaceId) -> BoxFuture<'_, Sockets> {
        Box::pin(async {
            if let Some(does) = &self.on_sockets {
                does().await;
            }
            Sockets::Unknown
        })
    }

    fn view(&self, _: Connection, _: Option<ConversationId>) -> CoordinatorFuture<'_, ()> {
        away()
    }

    fn viewers(&self, _: WorkspaceId, _: ConversationId) -> CoordinatorFuture<'_, Vec<AgentId>> {
        away()
    }

    fn draft(&self, _: Connection, _: ConversationId, _: Arc<str>) -> CoordinatorFuture<'_, ()> {
        away()
    }

    fn sends_due(&self) -> CoordinatorFuture<'_, ()> {
        away()
    }

    fn on_sends_due(&self) -> watch::Receiver<u64> {
        watch::channel(0).1
    }

    fn tried(&self, _: Tried) -> CoordinatorFuture<'_, ()> {
        away()
    }

    fn on_tried(&self) -> broadcast::Receiver<Tried> {
        broadcast::channel(1).1
    }

    fn state(&self) -> CoordinatorState {
        CoordinatorState::Away { since: Timestamp::from_ms(0) }
    }
}
