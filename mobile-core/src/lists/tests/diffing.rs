//! A difference leads from one list to the other, in few steps that fit.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::super::{CHUNK, Keyed, MisfitOp, Op, apply, diff};

/// A thing and what is said of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Thing(u32, u8);

impl Keyed for Thing {
    type Key = u32;

    fn key(&self) -> u32 {
        self.0
    }
}

fn things(keys: impl IntoIterator<Item = u32>) -> Vec<Thing> {
    keys.into_iter().map(|key| Thing(key, 0)).collect()
}

/// Applies the difference; gives it.
#[track_caller]
fn leads(old: &[Thing], new: &[Thing]) -> Vec<Op<Thing>> {
    let ops = diff(old, new);
    let mut list = old.to_vec();
    assert_eq!(apply(&mut list, ops.clone()), Ok(()), "{old:?} {new:?} {ops:?}");
    assert_eq!(list, new, "{old:?} {ops:?}");
    for op in &ops {
        if let Op::Reset { items } | Op::Append { items } | Op::Insert { items, .. } = op {
            assert!(items.len() <= CHUNK);
        }
    }
    ops
}

fn is_reset(ops: &[Op<Thing>]) -> bool {
    matches!(ops.first(), Some(Op::Reset { .. }))
}

/// The longest rising choice, by the plainest means.
fn longest_rising(numbers: &[usize]) -> usize {
    let mut best = vec![1; numbers.len()];
    for at in 0..numbers.len() {
        for before in 0..at {
            if numbers[before] < numbers[at] {
                best[at] = best[at].max(best[before] + 1);
            }
        }
    }
    best.into_iter().max().unwrap_or(0)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3_000))]

    #[test]
    fn a_difference_leads_from_any_list_to_any_other(
        old in proptest::collection::vec((0..40_u32, 0..3_u8), 0..60),
        new in proptest::collection::vec((0..40_u32, 0..3_u8), 0..60),
    ) {
        let unique = |list: Vec<(u32, u8)>| {
            let mut seen = BTreeSet::new();
            let things = list.into_iter().map(|(key, what)| Thing(key, what));
            things.filter(|thing| seen.insert(thing.0)).collect::<Vec<_>>()
        };
        let (old, new) = (unique(old), unique(new));
        let ops = leads(&old, &new);
        // No more moves than there have to be, no item carried that is there already.
        let kept: Vec<_> = new
            .iter()
            .filter_map(|thing| old.iter().position(|other| other.0 == thing.0))
            .collect();
        let moves = ops.iter().filter(|op| matches!(op, Op::Move { .. })).count();
        prop_assert_eq!(moves, kept.len() - longest_rising(&kept));
        let sets = ops.iter().filter(|op| matches!(op, Op::Set { .. })).count();
        let differ = new.iter().filter(|thing| {
            old.iter().any(|other| other.0 == thing.0 && other.1 != thing.1)
        });
        prop_assert_eq!(sets, differ.count());
        prop_assert_eq!(ops.is_empty(), old == new);
    }

    #[test]
    fn it_does_so_where_a_key_is_there_twice(
        old in proptest::collection::vec((0..6_u32, 0..3_u8), 0..12),
        new in proptest::collection::vec((0..6_u32, 0..3_u8), 0..12),
    ) {
        let things = |list: Vec<(u32, u8)>| -> Vec<_> {
            list.into_iter().map(|(key, what)| Thing(key, what)).collect()
        };
        leads(&things(old), &things(new));
    }
}

#[test]
fn each_change_is_told_as_what_it_is() {
    let old = things(0..6);
    let told = |new: &[u32]| leads(&old, &things(new.iter().copied()));
    assert_eq!(told(&[0, 1, 2, 3, 4, 5]), []);
    assert_eq!(told(&[0, 1, 2, 3]), [Op::Truncate { len: 4 }]);
    assert_eq!(told(&[2, 3, 4, 5]), [Op::Remove { at: 0, count: 2 }]);
    assert_eq!(told(&[5, 0, 1, 2, 3, 4]), [Op::Move { from: 5, to: 0 }]);
    assert_eq!(told(&[1, 2, 3, 4, 5, 0]), [Op::Move { from: 0, to: 5 }]);
    let (seven, eight) = (Thing(7, 0), Thing(8, 0));
    assert_eq!(told(&[0, 1, 2, 3, 4, 5, 7, 8]), [Op::Append { items: vec![seven, eight] }]);
    assert_eq!(told(&[7, 8, 0, 1, 2, 3, 4, 5]), [Op::Insert { at: 0, items: vec![seven, eight] }]);
    let mut set = old.clone();
    set[3].1 = 9;
    assert_eq!(leads(&old, &set), [Op::Set { at: 3, item: Thing(3, 9) }]);
}

#[test]
fn a_long_list_is_told_in_chunks_and_a_wholly_other_one_anew() {
    let new = things(0..5_000);
    let ops = leads(&[], &new);
    assert_eq!(ops.len(), 5_000 / CHUNK);
    let other = things(10_000..15_000);
    assert!(is_reset(&leads(&new, &other)));
    let reversed = things((0..5_000).rev());
    assert!(is_reset(&leads(&new, &reversed)));
    assert_eq!(leads(&new, &[]), [Op::Truncate { len: 0 }]);
    // A page more, or a few that move: never.
    assert!(!is_reset(&leads(&things(0..50), &things(0..100))));
    assert!(!is_reset(&leads(&things(0..100), &things((50..150).rev().take(50).chain(0..50)))));
}

#[test]
fn what_does_not_fit_is_refused() {
    let unfit = |op: Op<Thing>| {
        let mut list = things(0..3);
        assert_eq!(apply(&mut list, [op]), Err(MisfitOp));
        assert_eq!(list, things(0..3));
    };
    let item = Thing(9, 0);
    unfit(Op::Insert { at: 4, items: vec![item] });
    unfit(Op::Set { at: 3, item });
    unfit(Op::Remove { at: 2, count: 2 });
    unfit(Op::Remove { at: usize::MAX, count: 2 });
    unfit(Op::Move { from: 0, to: 3 });
    unfit(Op::Move { from: 3, to: 0 });
    unfit(Op::Truncate { len: 4 });
}
