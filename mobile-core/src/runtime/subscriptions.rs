//! The app's subscriptions to lists, each with its listener.
//!
//! A listener gets one update at a time. The next one is handed over when it has returned.

use std::sync::Arc;
use std::time::Duration;

use super::dispatcher::{Dispatcher, OnEnd};
use crate::few::Few;
use crate::lists::{ListRequest, ListUpdate, Observer, Observers, Subscription, Timeline, Touched};
use crate::phone::{Now, Phone};
use crate::store::StoreError;

/// Subscriptions at once.
pub(super) const SUBSCRIPTIONS_MAX: usize = 256;

/// Receives updates of one list or value. Calls come one at a time, from one thread.
pub trait ListListener: Send + Sync {
    /// Handles an update. Returns whether it was handled: `false` counts as an exception, and the
    /// next update comes all the same.
    fn hear(&self, update: ListUpdate) -> bool;
}

/// All subscriptions of the app.
#[derive(Default)]
pub(super) struct Subscriptions {
    observers: Observers,
    listeners: Few<Subscription, Subscriber>,
}

struct Subscriber {
    listener: Arc<dyn ListListener>,
    /// Whether an update is on its way to the listener.
    is_busy: bool,
}

impl Subscriptions {
    /// Marks every list as changed.
    pub(super) fn touch_all(&mut self) {
        self.touch(&Touched::everything());
    }

    pub(super) fn touch(&mut self, touched: &Touched) {
        self.observers.touch(touched);
    }

    /// Returns when a list is to be queried again.
    pub(super) fn due(&self) -> Option<Duration> {
        self.observers.poll_timeout()
    }

    /// Adds a subscription; `None` when there are too many.
    pub(super) fn add(
        &mut self,
        request: ListRequest,
        listener: Arc<dyn ListListener>,
    ) -> Option<Subscription> {
        if self.listeners.len() >= SUBSCRIPTIONS_MAX {
            return None;
        }
        let id = self.observers.subscribe(request);
        self.listeners.insert(id, Subscriber { listener, is_busy: false });
        Some(id)
    }

    /// Removes a subscription. Returns whether there was one.
    pub(super) fn remove(&mut self, id: Subscription) -> bool {
        self.listeners.remove(&id);
        self.observers.cancel(id)
    }

    /// Shows more of a list.
    pub(super) fn show_more(&mut self, id: Subscription) {
        self.observers.more(id);
    }

    /// Changes the window of a timeline.
    pub(super) fn move_timeline(
        &mut self,
        id: Subscription,
        step: impl FnOnce(&mut Observer<Timeline>),
    ) {
        if let Some(timeline) = self.observers.timeline(id) {
            step(timeline);
        }
    }

    /// Tells every listener that its list is empty.
    pub(super) fn clear_all(&mut self, dispatcher: &Dispatcher) {
        for (id, update) in self.observers.empty() {
            self.deliver_empty(id, update, dispatcher);
        }
    }

    /// Tells one listener that its list is empty.
    pub(super) fn clear(&mut self, id: Subscription, dispatcher: &Dispatcher) {
        if let Some(update) = self.observers.empty_one(id) {
            self.deliver_empty(id, update, dispatcher);
        }
    }

    fn deliver_empty(&self, id: Subscription, update: ListUpdate, dispatcher: &Dispatcher) {
        if let Some(subscriber) = self.listeners.get(&id) {
            let listener = Arc::clone(&subscriber.listener);
            dispatcher.deliver_always(Box::new(move || listener.hear(update)));
        }
    }

    #[cfg(test)]
    pub(super) fn is_busy(&self) -> bool {
        self.listeners.values().any(|subscriber| subscriber.is_busy)
    }

    /// Queries what is due and delivers the updates. `on_end` makes the report of a delivery, which
    /// must call [`Subscriptions::end_delivery`].
    pub(super) fn update(
        &mut self,
        phone: &Phone,
        dispatcher: &Dispatcher,
        on_end: impl Fn(Subscription) -> OnEnd,
        now: Now,
    ) -> Result<(), StoreError> {
        let observers = &mut self.observers;
        let queried = match observers.poll_timeout() {
            Some(at) if at <= now.mono => {
                phone.draw(|sources| observers.advance(sources, now.mono)).map(drop)
            }
            Some(_) | None => Ok(()),
        };
        for (id, _) in self.observers.waiting() {
            self.deliver(id, dispatcher, &on_end);
        }
        queried
    }

    fn deliver(
        &mut self,
        id: Subscription,
        dispatcher: &Dispatcher,
        on_end: &impl Fn(Subscription) -> OnEnd,
    ) {
        let Some(subscriber) = self.listeners.get_mut(&id).filter(|one| !one.is_busy) else {
            return;
        };
        let Some(update) = self.observers.take(id) else { return };
        subscriber.is_busy = true;
        let listener = Arc::clone(&subscriber.listener);
        dispatcher.deliver_and_report(Box::new(move || listener.hear(update)), on_end(id));
    }

    /// Notes that a listener has returned, so that the next update may follow.
    pub(super) fn end_delivery(&mut self, id: Subscription) {
        if let Some(subscriber) = self.listeners.get_mut(&id) {
            subscriber.is_busy = false;
        }
    }
}
