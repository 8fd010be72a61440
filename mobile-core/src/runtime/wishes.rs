//! The app's calls about pushes to this device.

use super::handle::{Call, Core};
use crate::push::{PushOffReason, PushState, PushTarget, PushWish};

impl Core {
    /// Asks for pushes at this target. When this returns, the wish is stored.
    ///
    /// The core tells the server by itself, also later and after a sign-in. Call at every start,
    /// and whenever the platform gives another target.
    ///
    /// # Errors
    /// `KeyLocked` or `KeyStore` when the wish cannot be stored. It holds for this process then.
    pub fn register_push(&self, target: PushTarget) -> Call<'_, ()> {
        self.wish_pushes(|wish| wish.register(target))
    }

    /// Ends the registration. The server is told as soon as it can be reached.
    ///
    /// # Errors
    /// See [`Core::register_push`].
    pub fn unregister_push(&self) -> Call<'_, ()> {
        self.wish_pushes(PushWish::end)
    }

    /// Reports why no push can come, for [`Core::push_state`]. `register_push` takes it back.
    ///
    /// # Errors
    /// See [`Core::register_push`].
    pub fn push_off(&self, reason: PushOffReason) -> Call<'_, ()> {
        self.wish_pushes(|wish| wish.turn_off(reason))
    }

    /// Returns whether pushes reach this device.
    ///
    /// # Errors
    /// `Closed`.
    pub fn push_state(&self) -> Call<'_, PushState> {
        self.call(|engine, _| engine.push_state())
    }

    fn wish_pushes(&self, act: impl FnOnce(&mut PushWish) + Send + 'static) -> Call<'_, ()> {
        let core = self.clone();
        self.spawned(async move {
            let wish = core.call(|engine, _| engine.config.wish.clone()).await?;
            wish.with(act);
            let kept = core.with_keys(move |keys| keys.keep_push_wish(|| wish.now())).await;
            core.call(|engine, now| engine.confirm_push(now)).await?;
            kept
        })
    }
}
