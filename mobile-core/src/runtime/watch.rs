//! Calls of the app that subscribe to lists.

use std::sync::Arc;

use super::engine::Engine;
use super::error::CoreError;
use super::handle::{Call, Core};
use super::subscriptions::{ListListener, SUBSCRIPTIONS_MAX};
use crate::lists::{ListRequest, Observer, Subscription, Timeline};
use crate::phone::Now;

impl Core {
    /// Subscribes to a list or value: first a snapshot, then its changes.
    ///
    /// Returns the number of the subscription, for [`Core::unsubscribe`].
    ///
    /// # Errors
    /// `Invalid` for too many subscriptions, `Closed`.
    pub async fn subscribe(
        &self,
        request: ListRequest,
        listener: Arc<dyn ListListener>,
    ) -> Result<u64, CoreError> {
        let subscribe = move |engine: &mut Engine, _: Now| {
            let id = engine.subscriptions.add(request, listener)?;
            if engine.is_locked {
                engine.subscriptions.clear(id, &engine.config.dispatcher);
            }
            Some(id)
        };
        let id = self.call(subscribe).await?;
        id.map(|Subscription(id)| id).ok_or_else(|| CoreError::Invalid {
            what: "subscriptions".to_owned(),
            problem: format!("are {SUBSCRIPTIONS_MAX} at most: end those that nobody looks at"),
        })
    }

    /// Ends a subscription and drops its listener. Returns whether there was one.
    ///
    /// # Errors
    /// `Closed`.
    pub fn unsubscribe(&self, id: u64) -> Call<'_, bool> {
        self.call(move |engine, _| engine.subscriptions.remove(Subscription(id)))
    }

    /// Shows one more page of a list, or of older lines.
    ///
    /// # Errors
    /// `Closed`.
    pub fn more(&self, id: u64) -> Call<'_, ()> {
        self.call(move |engine, _| engine.subscriptions.show_more(Subscription(id)))
    }

    /// Shows one page of newer lines, after the window has moved away from the end.
    ///
    /// # Errors
    /// `Closed`.
    pub fn newer(&self, id: u64) -> Call<'_, ()> {
        self.move_timeline(id, Observer::<Timeline>::newer)
    }

    /// Shows the newest page of lines.
    ///
    /// # Errors
    /// `Closed`.
    pub fn newest(&self, id: u64) -> Call<'_, ()> {
        self.move_timeline(id, Observer::<Timeline>::newest)
    }

    fn move_timeline(
        &self,
        id: u64,
        step: impl FnOnce(&mut Observer<Timeline>) + Send + 'static,
    ) -> Call<'_, ()> {
        self.call(move |engine, _| engine.subscriptions.move_timeline(Subscription(id), step))
    }
}
