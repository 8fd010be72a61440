//! Where the core made a mistake. It installs one panic hook per process, before the one that was
//! there. The hook logs panics on a core's threads and passes all on.

use std::cell::RefCell;
use std::panic::PanicHookInfo;
use std::sync::{Arc, Once, Weak};

use super::ring::{Log, Shared};
use super::{LogEntry, LogLevel, LogTarget, SourceLocation};

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
    /// Writes the panics of this thread to this log.
    pub(in crate::runtime) fn own_this_thread(&self) {
        OURS.with_borrow_mut(|ours| *ours = Arc::downgrade(&self.0));
    }
}

/// Says where. What the panic says itself may be of anything.
fn say(info: &PanicHookInfo<'_>) {
    let ours = OURS.try_with(|ours| ours.try_borrow().ok().and_then(|ours| ours.upgrade()));
    if let Ok(Some(shared)) = ours {
        let place = info.location().map(SourceLocation::from);
        let said = LogEntry::new(LogLevel::Error, LogTarget::Life, "a thread of the core panicked");
        Log(shared).try_write(said.with_some("at", place));
    }
}
