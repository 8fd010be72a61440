//! The operations that turn one list into another, and how to apply them.
//!
//! Crates for diffs, such as `similar`, know no moves. They would delete a row that goes to the top
//! and insert it again, and a list would lose its place.

use std::collections::{BTreeMap, BTreeSet};

use super::order::{Places, rising};
use crate::gathered::gathered;

/// Items that one operation carries at most, so that an app draws a long list in steps.
pub const CHUNK: usize = 50;

/// More steps than these, and a list is told anew. Half of its items may be set at most.
const STEPS_MAX: usize = 100;

/// Something that stays the same thing while what is said of it changes.
pub trait Keyed {
    /// The item's key. No two of a list have the same.
    type Key: Ord + Clone + std::fmt::Debug;

    /// Returns the key of this item.
    fn key(&self) -> Self::Key;
}

/// One step from a list to the next. Positions are those of the list as the steps before it left
/// it, from 0.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Op<T> {
    /// All items go, and these are the list. A longer one goes on by `Append`.
    Reset {
        /// At most [`CHUNK`].
        items: Vec<T>,
    },
    /// These come after the last.
    Append {
        /// At most [`CHUNK`].
        items: Vec<T>,
    },
    /// These come before the one at this position, in this order.
    Insert {
        /// Where the first of them is afterwards.
        at: usize,
        /// At most [`CHUNK`].
        items: Vec<T>,
    },
    /// The one at this position is the same thing, and is to be drawn like this.
    Set {
        /// The time.
        at: usize,
        /// The new item.
        item: T,
    },
    /// Rows are removed, from this position on.
    Remove {
        /// The first of them.
        at: usize,
        /// The number of rows to remove.
        count: usize,
    },
    /// One goes elsewhere: it is taken out, and then put in.
    Move {
        /// Where it is.
        from: usize,
        /// Where it is afterwards.
        to: usize,
    },
    /// All from this position on go.
    Truncate {
        /// The number of items left.
        len: usize,
    },
}

/// The unit in which a listener is notified. Shown when all operations are applied, never between
/// two.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Batch<T, A> {
    /// Grows with every batch; where the first operation is a `Reset`, some may be missing.
    pub revision: u64,
    /// To be applied in this order; none where the rest alone changed.
    pub ops: Vec<Op<T>>,
    /// Facts about the list as a whole: all of them, each time.
    pub about: A,
}

impl<T, A> Batch<T, A> {
    /// Whether it says everything: whatever came before it means nothing any more.
    pub fn is_whole(&self) -> bool {
        matches!(self.ops.first(), Some(Op::Reset { .. }))
    }

    /// The number of items it carries.
    pub fn carries(&self) -> usize {
        self.ops.iter().map(Op::carries).sum()
    }
}

impl<T> Op<T> {
    fn carries(&self) -> usize {
        match self {
            Self::Reset { items } | Self::Append { items } | Self::Insert { items, .. } => {
                items.len()
            }
            Self::Set { .. } => 1,
            Self::Remove { .. } | Self::Move { .. } | Self::Truncate { .. } => 0,
        }
    }
}

/// An operation that does not fit the list it was applied to: they are not of one subscription, or
/// one was missed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("an operation that does not fit the list")]
pub struct MisfitOp;

/// Applies operations, one after the other. This is what they mean; every language does the same.
///
/// # Errors
/// When one of them does not fit; those before it are applied.
pub fn apply<T>(list: &mut Vec<T>, ops: impl IntoIterator<Item = Op<T>>) -> Result<(), MisfitOp> {
    ops.into_iter().try_for_each(|op| apply_one(list, op))
}

fn apply_one<T>(list: &mut Vec<T>, op: Op<T>) -> Result<(), MisfitOp> {
    let len = list.len();
    match op {
        Op::Reset { items } => *list = items,
        Op::Append { items } => list.extend(items),
        Op::Insert { at, items } if at <= len => drop(list.splice(at..at, items)),
        Op::Set { at, item } if at < len => {
            *list.get_mut(at).ok_or(MisfitOp)? = item;
        }
        Op::Remove { at, count } if at.checked_add(count).is_some_and(|end| end <= len) => {
            drop(list.drain(at..at + count));
        }
        Op::Move { from, to } if from < len && to < len => {
            let item = list.remove(from);
            list.insert(to, item);
        }
        Op::Truncate { len: left } if left <= len => list.truncate(left),
        Op::Insert { .. }
        | Op::Set { .. }
        | Op::Remove { .. }
        | Op::Move { .. }
        | Op::Truncate { .. } => return Err(MisfitOp),
    }
    Ok(())
}

/// A list told anew.
pub(super) fn reset<T: Clone>(items: &[T]) -> Vec<Op<T>> {
    let mut chunks = items.chunks(CHUNK).map(<[T]>::to_vec);
    let first = Op::Reset { items: chunks.next().unwrap_or_default() };
    std::iter::once(first).chain(chunks.map(|items| Op::Append { items })).collect()
}

/// Returns the steps from one list to another: removals, insertions, as few moves as possible, and
/// changed items. Where that would be more work than drawing the list again, it is told anew. Costs
/// n log n.
pub fn diff<T: Keyed + Clone + PartialEq>(old: &[T], new: &[T]) -> Vec<Op<T>> {
    let Some(matched) = Matched::of(old, new) else { return reset(new) };
    let mut ops = matched.removals();
    matched.place(new, &mut ops);
    if ops.len() > STEPS_MAX {
        return reset(new);
    }
    for (at, (item, from)) in new.iter().zip(&matched.from).enumerate() {
        let before = from.as_ref().and_then(|from| old.get(from.old));
        if before.is_some_and(|before| before != item) {
            ops.push(Op::Set { at, item: item.clone() });
        }
    }
    if ops.len() > STEPS_MAX.max(new.len() / 2) { reset(new) } else { ops }
}

/// Where an item of the new list was in the old one.
struct OldPosition {
    /// Its position.
    old: usize,
    /// Its position once what is gone is removed.
    kept: usize,
    /// Whether it is moved.
    moves: bool,
}

/// The items of one list, matched to those of the other.
struct Matched {
    /// Of each item of the new list.
    from: Vec<Option<OldPosition>>,
    /// Of each item of the old list.
    is_kept: Vec<bool>,
}

impl Matched {
    /// `None` when a key is there twice.
    fn of<T: Keyed>(old: &[T], new: &[T]) -> Option<Self> {
        let places = old.iter().enumerate().map(|(at, item)| (item.key(), at));
        let places: BTreeMap<_, _> = gathered(places);
        let keys: Vec<_> = new.iter().map(Keyed::key).collect();
        let distinct: BTreeSet<_> = gathered(&keys);
        if places.len() < old.len() || distinct.len() < keys.len() {
            return None;
        }
        let found: Vec<_> = keys.iter().map(|key| places.get(key).copied()).collect();
        let mut is_kept = vec![false; old.len()];
        for at in found.iter().flatten() {
            *is_kept.get_mut(*at)? = true;
        }
        let mut count = 0;
        let kept: Vec<_> = is_kept
            .iter()
            .map(|is_kept| {
                let at = count;
                count += usize::from(*is_kept);
                at
            })
            .collect();
        let order: Vec<_> = found.iter().flatten().copied().collect();
        let mut stays = rising(&order).into_iter();
        let from = found.into_iter().map(|old| {
            let old = old?;
            let moves = !stays.next()?;
            Some(OldPosition { old, kept: *kept.get(old)?, moves })
        });
        Some(Self { from: from.collect(), is_kept })
    }

    /// From the end, so that positions before stay what they are.
    fn removals<T>(&self) -> Vec<Op<T>> {
        let (mut ops, mut len, mut end) = (Vec::new(), self.is_kept.len(), self.is_kept.len());
        let mut remove = |at: usize, end: usize| {
            if end > at {
                let count = end - at;
                let is_tail = end == len;
                ops.push(if is_tail { Op::Truncate { len: at } } else { Op::Remove { at, count } });
                len -= count;
            }
        };
        for (at, is_kept) in self.is_kept.iter().enumerate().rev() {
            if *is_kept {
                remove(at + 1, end);
                end = at;
            }
        }
        remove(0, end);
        ops
    }

    /// Brings the others into order, and new ones between them.
    fn place<T: Clone>(&self, new: &[T], ops: &mut Vec<Op<T>>) {
        let Slots { of_new, of_kept, mut places } = self.slots();
        let mut len = of_kept.len();
        for ((item, from), slot) in new.iter().zip(&self.from).zip(of_new) {
            match from {
                Some(from) if !from.moves => {}
                Some(from) => {
                    let Some(old_slot) = of_kept.get(from.kept) else { continue };
                    let from = places.before(*old_slot);
                    places.leave(*old_slot);
                    let to = places.before(slot);
                    places.take(slot);
                    if from != to {
                        ops.push(Op::Move { from, to });
                    }
                }
                None => {
                    let at = places.before(slot);
                    places.take(slot);
                    insert(ops, at, len, item.clone());
                    len += 1;
                }
            }
        }
    }

    /// Returns a slot for each item before and after, in one order. Between two items that stay,
    /// new slots come before old ones.
    fn slots(&self) -> Slots {
        let kept = self.is_kept.iter().filter(|is_kept| **is_kept).count();
        let mut of_new = Vec::with_capacity(self.from.len());
        let mut of_kept = Vec::with_capacity(kept);
        let mut count = 0;
        let mut next = || {
            count += 1;
            count - 1
        };
        for from in &self.from {
            match from {
                Some(from) if !from.moves => {
                    while of_kept.len() < from.kept {
                        of_kept.push(next());
                    }
                    let slot = next();
                    of_kept.push(slot);
                    of_new.push(slot);
                }
                Some(_) | None => of_new.push(next()),
            }
        }
        while of_kept.len() < kept {
            of_kept.push(next());
        }
        let mut places = Places::new(count);
        of_kept.iter().for_each(|slot| places.take(*slot));
        Slots { of_new, of_kept, places }
    }
}

struct Slots {
    /// Where each item of the new list will be.
    of_new: Vec<usize>,
    /// Where each that is kept was.
    of_kept: Vec<usize>,
    /// Those that are there so far.
    places: Places,
}

/// Inserts one into a list of this length, with the one before it where that can be.
fn insert<T>(ops: &mut Vec<Op<T>>, at: usize, len: usize, item: T) {
    match ops.last_mut() {
        Some(Op::Insert { at: first, items })
            if *first + items.len() == at && items.len() < CHUNK =>
        {
            items.push(item);
        }
        Some(Op::Append { items }) if at == len && items.len() < CHUNK => items.push(item),
        Some(_) | None if at == len => ops.push(Op::Append { items: vec![item] }),
        Some(_) | None => ops.push(Op::Insert { at, items: vec![item] }),
    }
}
