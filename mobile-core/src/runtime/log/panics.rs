//! Where the core made a mistake. The hook is the process's: it is put before the one that was
//! there, once, says what happened on threads of a core alone, and hands everything on.

use std::cell::RefCell;
use std::panic::PanicHookInfo;
use std::sync::{Arc, Once, Weak};

use super::ring::{Log, Shared};
use super::{Level, Part, Place, Said};

thread_local! {
    /// The log of the core whose thread this is.
    static OURS: RefCell<Weak<Shared>> = const { RefCell::new(Weak::new()) };
}

static INSTALLED: Once = Once::new();

/// From now on panics of a core's threads are said in its log.
pub(in crate::runtime) fn forward() {
    INSTALLED.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            say(info);
            before(info);
        }));
    });
}

impl Log {
    /// What panics on this thread is said here.
    pub(in crate::runtime) fn is_of_this_thread(&self) {
        OURS.with_borrow_mut(|ours| *ours = Arc::downgrade(&self.0));
    }
}

/// Says where. What the panic says itself may be of anything.
fn say(info: &PanicHookInfo<'_>) {
    let ours = OURS.try_with(|ours| ours.try_borrow().ok().and_then(|ours| ours.upgrade()));
    if let Ok(Some(shared)) = ours {
        let place = info.location().map(Place::from);
        let said = Said::new(Level::Error, Part::Life, "a thread of the core panicked");
        Log(shared).try_say(said.with_some("at", place));
    }
}
