//! The steps from one state of a list to the next.

use baton_mobile::lists::{self, Entry};

use super::{InboxRow, TimelineEntry};

/// One step from an inbox to the next; positions count from 0, as the steps before it left them.
#[derive(Clone, PartialEq, Eq, Debug, uniffi::Enum)]
#[expect(clippy::large_enum_variant, reason = "no box crosses the boundary")]
pub enum InboxStep {
    /// Replace all rows.
    Reset {
        /// The first items; `Append` steps follow for a longer list.
        items: Vec<InboxRow>,
    },
    /// Add items at the end.
    Append {
        /// The items, in order.
        items: Vec<InboxRow>,
    },
    /// Insert items before a position.
    Insert {
        /// The position of the first new item.
        at: u32,
        /// The items, in order.
        items: Vec<InboxRow>,
    },
    /// Replace the item at a position.
    Set {
        /// The position.
        at: u32,
        /// The new item.
        item: InboxRow,
    },
    /// Remove items.
    Remove {
        /// The position of the first one.
        at: u32,
        /// The number of items.
        count: u32,
    },
    /// Move one item: remove it, then insert it.
    Move {
        /// Its position before.
        from: u32,
        /// Its position after its removal and insertion.
        to: u32,
    },
    /// Remove all items from a position on.
    Truncate {
        /// The number of items that stay.
        len: u32,
    },
}

/// One step from a timeline to the next; positions count from 0, as the steps before it left them.
#[derive(Clone, PartialEq, Eq, Debug, uniffi::Enum)]
#[expect(clippy::large_enum_variant, reason = "no box crosses the boundary")]
pub enum TimelineStep {
    /// Replace all entries.
    Reset {
        /// The first items; `Append` steps follow for a longer list.
        items: Vec<TimelineEntry>,
    },
    /// Add items at the end.
    Append {
        /// The items, in order.
        items: Vec<TimelineEntry>,
    },
    /// Insert items before a position.
    Insert {
        /// The position of the first new item.
        at: u32,
        /// The items, in order.
        items: Vec<TimelineEntry>,
    },
    /// Replace the item at a position.
    Set {
        /// The position.
        at: u32,
        /// The new item.
        item: TimelineEntry,
    },
    /// Remove items.
    Remove {
        /// The position of the first one.
        at: u32,
        /// The number of items.
        count: u32,
    },
    /// Move one item: remove it, then insert it.
    Move {
        /// Its position before.
        from: u32,
        /// Its position after its removal and insertion.
        to: u32,
    },
    /// Remove all items from a position on.
    Truncate {
        /// The number of items that stay.
        len: u32,
    },
}

/// Windows are far below 2^32 rows.
fn at(place: usize) -> u32 {
    u32::try_from(place).unwrap_or(u32::MAX)
}

fn all<T, U: From<T>>(items: Vec<T>) -> Vec<U> {
    items.into_iter().map(U::from).collect()
}

impl From<lists::Op<lists::InboxRow>> for InboxStep {
    fn from(op: lists::Op<lists::InboxRow>) -> Self {
        match op {
            lists::Op::Reset { items } => Self::Reset { items: all(items) },
            lists::Op::Append { items } => Self::Append { items: all(items) },
            lists::Op::Insert { at: place, items } => {
                Self::Insert { at: at(place), items: all(items) }
            }
            lists::Op::Set { at: place, item } => Self::Set { at: at(place), item: item.into() },
            lists::Op::Remove { at: place, count } => {
                Self::Remove { at: at(place), count: at(count) }
            }
            lists::Op::Move { from, to } => Self::Move { from: at(from), to: at(to) },
            lists::Op::Truncate { len } => Self::Truncate { len: at(len) },
        }
    }
}

impl From<lists::Op<Entry>> for TimelineStep {
    fn from(op: lists::Op<Entry>) -> Self {
        match op {
            lists::Op::Reset { items } => Self::Reset { items: all(items) },
            lists::Op::Append { items } => Self::Append { items: all(items) },
            lists::Op::Insert { at: place, items } => {
                Self::Insert { at: at(place), items: all(items) }
            }
            lists::Op::Set { at: place, item } => Self::Set { at: at(place), item: item.into() },
            lists::Op::Remove { at: place, count } => {
                Self::Remove { at: at(place), count: at(count) }
            }
            lists::Op::Move { from, to } => Self::Move { from: at(from), to: at(to) },
            lists::Op::Truncate { len } => Self::Truncate { len: at(len) },
        }
    }
}
