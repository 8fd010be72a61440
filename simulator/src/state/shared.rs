//! State shared by the parts of a running simulator.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::Value;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, watch};
use tokio::time::Instant;

use crate::base::clock::Clock;
use crate::base::seeds::Seeds;
use crate::base::span::Span;
use crate::state::assistant::Assistant;
use crate::state::config::{Config, Desk, Number};
use crate::state::knobs::Knobs;
use crate::state::push::keys::Keys;
use crate::state::world::{UpdateId, World};

/// Updates that may wait for their 200 at once; senders beyond wait for room.
const PENDING_MAX: usize = 200_000;

/// The array of a `messages` change that an element belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Messages,
    Statuses,
}

/// One update before it is put into an envelope.
#[derive(Clone, Debug)]
pub(crate) struct Element {
    pub(crate) number: Number,
    pub(crate) kind: Kind,
    pub(crate) contact: Option<Value>,
    pub(crate) value: Value,
}

/// The content of an update in a webhook.
#[derive(Clone, Debug)]
pub(crate) enum Content {
    /// An element of a `messages` change, which may be merged with others.
    Element(Box<Element>),
    /// A whole body, which travels alone.
    Whole(Value),
}

/// An update, and when it leaves.
pub(crate) struct Scheduled {
    pub(crate) id: UpdateId,
    pub(crate) content: Content,
    /// Updates of one lane leave in the order they are due, each after the first attempt of the
    /// one before.
    pub(crate) lane: String,
    pub(crate) due: Instant,
}

/// An update on its way to the webhook.
pub(crate) struct Update {
    pub(crate) scheduled: Scheduled,
    pub(crate) generation: u64,
    _ticket: Ticket,
}

/// A word to the dispatcher.
pub(crate) enum ToDispatcher {
    Update(Box<Update>),
    /// Drops updates of older generations.
    Clear {
        generation: u64,
    },
}

/// Counts as a pending update until it is dropped.
pub(crate) struct Ticket {
    pending: Arc<watch::Sender<usize>>,
    room: Option<OwnedSemaphorePermit>,
}

impl Drop for Ticket {
    fn drop(&mut self) {
        drop(self.room.take());
        self.pending.send_modify(|pending| *pending = pending.saturating_sub(1));
    }
}

/// State shared by the parts of a running simulator.
pub(crate) struct Shared {
    pub(crate) config: Config,
    /// Where it listens, without a slash at the end.
    pub(crate) base_url: String,
    /// Where the push services listen for HTTP/2, without a slash at the end.
    pub(crate) push_base_url: String,
    /// The keys that the push services verify against.
    pub(crate) push_keys: Keys,
    pub(crate) clock: Clock,
    pub(crate) seeds: Seeds,
    pub(crate) http: reqwest::Client,
    pub(crate) webhook_url: watch::Sender<Option<String>>,
    /// Where the team works, for the page to show.
    pub(crate) desks: watch::Sender<Vec<Desk>>,
    /// The program of the team's own.
    pub(crate) assistant: watch::Sender<Assistant>,
    /// The same of every server behind that address, if it is a balancer's, and whose turn it is.
    balanced: Mutex<(Vec<String>, usize)>,
    pub(crate) stop: watch::Sender<bool>,
    /// Rises whenever something reached a customer or was acknowledged.
    pub(crate) changes: watch::Sender<u64>,
    pub(crate) pending: Arc<watch::Sender<usize>>,
    pub(crate) dispatcher: mpsc::UnboundedSender<ToDispatcher>,
    refusals: AtomicU64,
    room: Arc<Semaphore>,
    world: Mutex<World>,
}

/// Where a simulator listens, and where its push services do, without slashes at the end.
pub(crate) struct Urls {
    pub(crate) base: String,
    pub(crate) push_base: String,
}

impl Shared {
    pub(crate) fn new(
        config: Config,
        urls: Urls,
        push_keys: Keys,
        http: reqwest::Client,
        dispatcher: mpsc::UnboundedSender<ToDispatcher>,
    ) -> Self {
        Self {
            base_url: urls.base,
            push_base_url: urls.push_base,
            push_keys,
            clock: Clock::default(),
            seeds: Seeds(config.seed),
            http,
            webhook_url: watch::Sender::new(config.webhook_url.clone()),
            desks: watch::Sender::new(Vec::new()),
            assistant: watch::Sender::new(Assistant::default()),
            balanced: Mutex::default(),
            stop: watch::Sender::new(false),
            changes: watch::Sender::new(0),
            pending: Arc::new(watch::Sender::new(0)),
            dispatcher,
            refusals: AtomicU64::new(0),
            room: Arc::new(Semaphore::new(PENDING_MAX)),
            world: Mutex::new(World::new(config.knobs.clone(), 0)),
            config,
        }
    }

    /// Says where webhooks go: to each of several addresses in turn.
    pub(crate) fn set_webhook_urls(&self, urls: Vec<String>) {
        let first = urls.first().cloned();
        *self.balanced.lock().unwrap_or_else(PoisonError::into_inner) = (urls, 0);
        self.webhook_url.send_replace(first);
    }

    /// Where the next webhook goes.
    pub(crate) fn next_webhook_url(&self) -> Option<String> {
        let mut balanced = self.balanced.lock().unwrap_or_else(PoisonError::into_inner);
        let (urls, turn) = &mut *balanced;
        *turn = turn.wrapping_add(1);
        let next = urls.get(*turn % urls.len().max(1)).cloned();
        drop(balanced);
        next.or_else(|| self.webhook_url.borrow().clone())
    }

    pub(crate) fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn knobs(&self) -> Arc<Knobs> {
        Arc::clone(&self.world().knobs)
    }

    pub(crate) fn number(&self, phone_number_id: &str) -> Option<&Number> {
        self.config.numbers.iter().find(|number| number.phone_number_id == phone_number_id)
    }

    /// Counts an error answer; returns how many there were before it.
    pub(crate) fn count_refusal(&self) -> u64 {
        self.refusals.fetch_add(1, Ordering::Relaxed)
    }

    pub(crate) fn changed(&self) {
        self.changes.send_modify(|changes| *changes = changes.wrapping_add(1));
    }

    /// Counts as a pending update until it is dropped.
    pub(crate) fn ticket(&self) -> Ticket {
        self.pending.send_modify(|pending| *pending += 1);
        Ticket { pending: Arc::clone(&self.pending), room: None }
    }

    /// Puts an update on its way, and a second one if the knobs and the seed say so.
    pub(crate) async fn enqueue(&self, id: UpdateId, content: Content, lane: &str, due: Instant) {
        let (knobs, generation) = {
            let world = self.world();
            if let Content::Element(element) = &content
                && !world.accounts.is_subscribed(&element.number.waba_id)
            {
                return;
            }
            (Arc::clone(&world.knobs), world.generation)
        };
        let nth = id.status.map_or(0, |status| status as u64 + 1);
        let jitter = Span::new(0, knobs.reorder_ms);
        let due = due + self.seeds.delay(jitter, "reorder", &id.id, nth);
        let twice = self.seeds.chance(knobs.duplicate_probability, "duplicate", &id.id, nth);
        if twice {
            let later = Span::new(1, 50.max(knobs.webhook_delay.max_ms));
            let again = Scheduled {
                id: id.clone(),
                content: content.clone(),
                lane: lane.to_owned(),
                due: due + self.seeds.delay(later, "again", &id.id, nth),
            };
            self.hand_over(again, generation).await;
        }
        let scheduled = Scheduled { id, content, lane: lane.to_owned(), due };
        self.hand_over(scheduled, generation).await;
    }

    async fn hand_over(&self, scheduled: Scheduled, generation: u64) {
        let mut ticket = self.ticket();
        ticket.room = Arc::clone(&self.room).acquire_owned().await.ok();
        let update = Update { scheduled, generation, _ticket: ticket };
        if self.dispatcher.send(ToDispatcher::Update(Box::new(update))).is_err() {
            tracing::debug!("an update was dropped: the simulator has stopped");
        }
    }

    /// Forgets everything but the configuration and goes back to its knobs.
    pub(crate) fn reset(&self) {
        let generation = {
            let mut world = self.world();
            *world = World::new(self.config.knobs.clone(), world.generation + 1);
            world.generation
        };
        self.clock.reset();
        if self.dispatcher.send(ToDispatcher::Clear { generation }).is_err() {
            tracing::debug!("reset after the simulator has stopped");
        }
        self.changed();
    }

    /// Waits until `look` finds something, looking again whenever something changed.
    pub(crate) async fn wait<T>(
        &self,
        deadline: Duration,
        mut look: impl FnMut(&World) -> Option<T> + Send,
    ) -> Option<T> {
        let until = Instant::now() + deadline;
        let mut changes = self.changes.subscribe();
        loop {
            changes.mark_unchanged();
            if let Some(found) = look(&self.world()) {
                return Some(found);
            }
            match tokio::time::timeout_at(until, changes.changed()).await {
                Ok(Ok(())) => {}
                Ok(Err(_)) | Err(_) => return None,
            }
        }
    }

    /// Resolves once the simulator stops.
    pub(crate) async fn stopped(&self) {
        let mut stop = self.stop.subscribe();
        if stop.wait_for(|stop| *stop).await.is_err() {
            tracing::debug!("the simulator is gone");
        }
    }
}
