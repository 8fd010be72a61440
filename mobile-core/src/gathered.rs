//! Collects iterators into ordered sets and maps with little code.

/// As `collect` does, one after the other. Collecting into a `BTreeMap` sorts a list first, with
/// code of its own for each key type. One sort for all keeps the shipped library small.
pub(crate) fn gathered<T, C: Default + Extend<T>>(given: impl IntoIterator<Item = T>) -> C {
    let mut all = C::default();
    all.extend(given);
    all
}
