//! Bugs planted on purpose, to prove that the tests would find them.
//!
//! Only a build with `BATON_PLANTED=1` (`cfg(planted)`) contains them, and there only the one
//! chosen at run time.

/// A bug that the tests must find.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum Bug {
    /// Replies are accepted whatever their author had seen.
    NoFenceAtAcceptance = 1,
    /// Accepted replies leave whatever the customer said meanwhile.
    NoFenceAtSending,
    /// Lines of the author's device are exempt, not only those of the chain.
    ExemptionWidenedToDevice,
    /// Scope is checked before the replay of stored outcomes.
    VisibilityBeforeReplay,
    /// Members of a group are decided on the state before the group.
    ConditionalUpdatesInGroup,
    /// Commands of a group are decided before its inbound messages.
    CommandsBeforeInbound,
    /// A webhook is answered before its group is committed.
    AcknowledgedBeforeCommit,
    /// The holder of the lease is checked neither for owner nor for the fence.
    LockTrusted,
}

impl Bug {
    /// The bugs that interleavings of decisions find, with their names.
    pub const OF_DECISIONS: [(&'static str, Self); 6] = [
        ("no_fence_at_acceptance", Self::NoFenceAtAcceptance),
        ("no_fence_at_sending", Self::NoFenceAtSending),
        ("exemption_widened_to_device", Self::ExemptionWidenedToDevice),
        ("visibility_before_replay", Self::VisibilityBeforeReplay),
        ("conditional_updates_in_group", Self::ConditionalUpdatesInGroup),
        ("commands_before_inbound", Self::CommandsBeforeInbound),
    ];

    /// The bugs that processes under faults must show.
    pub const OF_PROCESSES: [(&'static str, Self); 3] = [
        ("no_fence_at_acceptance", Self::NoFenceAtAcceptance),
        ("acknowledged_before_commit", Self::AcknowledgedBeforeCommit),
        ("lock_trusted", Self::LockTrusted),
    ];
}

/// Whether this build contains the bugs.
pub const IS_HERE: bool = cfg!(planted);

/// Plants the bug with this name, in a build that contains it. Returns whether it exists.
#[must_use]
pub fn plant_by_name(name: &str) -> bool {
    let found = Bug::OF_PROCESSES.iter().find(|(known, _)| *known == name);
    #[cfg(planted)]
    plant(found.map(|(_, bug)| *bug));
    found.is_some() && IS_HERE
}

#[cfg(planted)]
mod chosen {
    use std::sync::atomic::{AtomicU8, Ordering};

    static CHOSEN: AtomicU8 = AtomicU8::new(0);

    /// Plants a bug, or takes all out.
    pub fn plant(bug: Option<super::Bug>) {
        CHOSEN.store(bug.map_or(0, |bug| bug as u8), Ordering::SeqCst);
    }

    /// Whether this bug is planted.
    pub fn is_planted(bug: super::Bug) -> bool {
        CHOSEN.load(Ordering::Relaxed) == bug as u8
    }
}

#[cfg(planted)]
pub use chosen::{is_planted, plant};

/// Whether this bug is planted: never, in a build without them.
#[cfg(not(planted))]
pub const fn is_planted(_bug: Bug) -> bool {
    false
}

/// Items that only a build with planted bugs has. For crates that are not themselves built with
/// `cfg(planted)`.
#[cfg(planted)]
#[macro_export]
macro_rules! where_planted {
    ($($item:item)*) => { $($item)* };
}

/// Items that only a build with planted bugs has: this one has none.
#[cfg(not(planted))]
#[macro_export]
macro_rules! where_planted {
    ($($item:item)*) => {};
}
