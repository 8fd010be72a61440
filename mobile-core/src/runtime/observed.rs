//! Subscriptions: each with its listener, told one letter after the other, as fast as it hears.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;

use super::dispatch::Dispatcher;
use super::engine::Engine;
use super::{Act, Asked, Core, CoreError};
use crate::few::Few;
use crate::lists::{Letter, Observer, Observers, Subscription, Timeline, Touched, Wish};
use crate::phone::{Now, Phone};
use crate::store::StoreError;

/// Subscriptions at once.
const SUBSCRIPTIONS_MAX: usize = 256;

/// Hears of a list or value. Calls come one after the other, from one thread.
pub trait Watcher: Send + Sync {
    /// Says whether it was taken: `false` counts as thrown, and changes nothing else.
    fn hear(&self, letter: Letter) -> bool;
}

/// See the head of the file.
#[derive(Default)]
pub(super) struct Observed {
    observers: Observers,
    watchers: Few<Subscription, Watching>,
}

struct Watching {
    watcher: Arc<dyn Watcher>,
    /// A letter is on its way to it.
    is_being_told: bool,
}

impl Observed {
    /// Anything may be another than was told.
    pub(super) fn everything(&mut self) {
        self.touch(&Touched::everything());
    }

    pub(super) fn touch(&mut self, touched: &Touched) {
        self.observers.touched(touched);
    }

    /// When there is something to be asked.
    pub(super) fn due(&self) -> Option<Duration> {
        self.observers.poll_timeout()
    }

    fn subscribe(&mut self, wish: Wish, watcher: Arc<dyn Watcher>) -> Option<Subscription> {
        if self.watchers.len() >= SUBSCRIPTIONS_MAX {
            return None;
        }
        let name = self.observers.subscribe(wish);
        self.watchers.insert(name, Watching { watcher, is_being_told: false });
        Some(name)
    }

    fn cancel(&mut self, name: Subscription) -> bool {
        self.watchers.remove(&name);
        self.observers.cancel(name)
    }

    /// Nobody is signed in any more: nobody goes on showing what was theirs.
    pub(super) fn empty(&mut self, to: &Dispatcher) {
        for (name, letter) in self.observers.empty() {
            self.tell_as_empty(name, letter, to);
        }
    }

    fn tell_as_empty(&self, name: Subscription, letter: Letter, to: &Dispatcher) {
        if let Some(watching) = self.watchers.get(&name) {
            let watcher = Arc::clone(&watching.watcher);
            to.tell_always(Box::new(move || watcher.hear(letter)));
        }
    }

    #[cfg(test)]
    pub(super) fn is_telling(&self) -> bool {
        self.watchers.values().any(|watching| watching.is_being_told)
    }

    /// Asks what is due and hands on what came of it.
    pub(super) fn show(
        &mut self,
        phone: &Phone,
        (to, inbox): (&Dispatcher, &mpsc::WeakSender<Act>),
        now: Now,
    ) -> Result<(), StoreError> {
        let observers = &mut self.observers;
        let asked = match observers.poll_timeout() {
            Some(at) if at <= now.mono => {
                phone.draw(|sources| observers.advance(sources, now.mono)).map(drop)
            }
            Some(_) | None => Ok(()),
        };
        for (name, _) in self.observers.waiting() {
            self.hand_on(name, (to, inbox));
        }
        asked
    }

    fn hand_on(&mut self, name: Subscription, (to, inbox): (&Dispatcher, &mpsc::WeakSender<Act>)) {
        let Some(watching) = self.watchers.get_mut(&name).filter(|one| !one.is_being_told) else {
            return;
        };
        let Some(letter) = self.observers.take(name) else { return };
        watching.is_being_told = true;
        let watcher = Arc::clone(&watching.watcher);
        // However the listener ends, the next letter may come.
        to.tell_surely(Box::new(move || watcher.hear(letter)), inbox, move |engine, _, _| {
            if let Some(watching) = engine.observed.watchers.get_mut(&name) {
                watching.is_being_told = false;
            }
        });
    }
}

impl Core {
    /// Has a list or value told: first as it is, then what changes of it. Ends with
    /// [`Core::unsubscribe`].
    ///
    /// # Errors
    /// `Invalid` for too many subscriptions, `Closed`.
    pub async fn subscribe(&self, wish: Wish, watcher: Arc<dyn Watcher>) -> Result<u64, CoreError> {
        let subscribe = move |engine: &mut Engine, _: Now| {
            let (observed, is_locked) = (&mut engine.observed, engine.is_locked);
            let name = observed.subscribe(wish, watcher)?;
            let letter = is_locked.then(|| observed.observers.empty_one(name)).flatten();
            if let Some(letter) = letter {
                observed.tell_as_empty(name, letter, &engine.parts.dispatcher);
            }
            Some(name)
        };
        let name = self.call(subscribe).await?;
        name.map(|Subscription(name)| name).ok_or_else(|| CoreError::Invalid {
            what: "subscriptions".to_owned(),
            problem: format!("are {SUBSCRIPTIONS_MAX} at most: end those that nobody looks at"),
        })
    }

    /// Tells no more. Nothing is kept of the listener.
    ///
    /// # Errors
    /// `Closed`.
    pub fn unsubscribe(&self, name: u64) -> Asked<'_, bool> {
        self.call(move |engine, _| engine.observed.cancel(Subscription(name)))
    }

    /// Shows a page more of a list, or of older lines.
    ///
    /// # Errors
    /// `Closed`.
    pub fn more(&self, name: u64) -> Asked<'_, ()> {
        self.call(move |engine, _| engine.observed.observers.more(Subscription(name)))
    }

    /// Shows a page of newer lines, where the window had slid away from the end.
    ///
    /// # Errors
    /// `Closed`.
    pub fn newer(&self, name: u64) -> Asked<'_, ()> {
        self.move_timeline(name, Observer::<Timeline>::newer)
    }

    /// Shows the newest page.
    ///
    /// # Errors
    /// `Closed`.
    pub fn newest(&self, name: u64) -> Asked<'_, ()> {
        self.move_timeline(name, Observer::<Timeline>::newest)
    }

    fn move_timeline(
        &self,
        name: u64,
        step: impl FnOnce(&mut Observer<Timeline>) + Send + 'static,
    ) -> Asked<'_, ()> {
        self.call(move |engine, _| {
            if let Some(timeline) = engine.observed.observers.timeline(Subscription(name)) {
                step(timeline);
            }
        })
    }
}
