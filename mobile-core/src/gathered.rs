//! Ordered sets and maps of what an iterator gives.

/// As `collect` does, one after the other. Ordered sets and maps collect by sorting a list first,
/// which is a sort of its own for each kind of key: in a library that phones load that is more
/// than all the rest of them.
pub(crate) fn gathered<T, C: Default + Extend<T>>(given: impl IntoIterator<Item = T>) -> C {
    let mut all = C::default();
    all.extend(given);
    all
}
