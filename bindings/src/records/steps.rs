//! Steps from one list to the next, as the core says them.

use baton_mobile::lists::{self, Entry};

use super::{InboxRow, TimelineEntry};

/// One step from an inbox to the next; positions count from 0, as the steps before it left them.
#[derive(Clone, PartialEq, Eq, Debug, uniffi::Enum)]
#[expect(clippy::large_enum_variant, reason = "no box crosses the boundary")]
pub enum InboxStep {
    /// All rows go, and these are the list.
    Reset {
        /// A longer list goes on by `Append`.
        items: Vec<InboxRow>,
    },
    /// These come after the last.
    Append {
        /// In order.
        items: Vec<InboxRow>,
    },
    /// These come before the one at this position.
    Insert {
        /// Where the first of them is afterwards.
        at: u32,
        /// In order.
        items: Vec<InboxRow>,
    },
    /// The one at this position is to be drawn like this.
    Set {
        /// Where.
        at: u32,
        /// How.
        item: InboxRow,
    },
    /// So many go.
    Remove {
        /// The first of them.
        at: u32,
        /// How many.
        count: u32,
    },
    /// One goes elsewhere: it is taken out, and then put in.
    Move {
        /// Where it is.
        from: u32,
        /// Where it is afterwards.
        to: u32,
    },
    /// All from this position on go.
    Truncate {
        /// How many are left.
        len: u32,
    },
}

/// One step from a timeline to the next; positions count from 0, as the steps before it left them.
#[derive(Clone, PartialEq, Eq, Debug, uniffi::Enum)]
#[expect(clippy::large_enum_variant, reason = "no box crosses the boundary")]
pub enum TimelineStep {
    /// All entries go, and these are the list.
    Reset {
        /// A longer list goes on by `Append`.
        items: Vec<TimelineEntry>,
    },
    /// These come after the last.
    Append {
        /// In order.
        items: Vec<TimelineEntry>,
    },
    /// These come before the one at this position.
    Insert {
        /// Where the first of them is afterwards.
        at: u32,
        /// In order.
        items: Vec<TimelineEntry>,
    },
    /// The one at this position is to be drawn like this.
    Set {
        /// Where.
        at: u32,
        /// How.
        item: TimelineEntry,
    },
    /// So many go.
    Remove {
        /// The first of them.
        at: u32,
        /// How many.
        count: u32,
    },
    /// One goes elsewhere: it is taken out, and then put in.
    Move {
        /// Where it is.
        from: u32,
        /// Where it is afterwards.
        to: u32,
    },
    /// All from this position on go.
    Truncate {
        /// How many are left.
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
