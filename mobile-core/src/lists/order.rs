//! The longest rising sequence of positions (items that need not move), and positions while items
//! move.

/// Marks the numbers, all different, that can stay in place when the others are moved: a longest
/// rising choice.
pub(super) fn rising(numbers: &[usize]) -> Vec<bool> {
    // Of the choices of each length, the one that ends lowest: where its last number stands.
    let mut ends: Vec<usize> = Vec::new();
    let mut before = Vec::with_capacity(numbers.len());
    for (at, number) in numbers.iter().enumerate() {
        let length = ends.partition_point(|end| numbers.get(*end) < Some(number));
        before.push(length.checked_sub(1).and_then(|last| ends.get(last)).copied());
        match ends.get_mut(length) {
            Some(end) => *end = at,
            None => ends.push(at),
        }
    }
    let mut stays = vec![false; numbers.len()];
    let mut next = ends.last().copied();
    while let Some(at) = next {
        if let Some(one) = stays.get_mut(at) {
            *one = true;
        }
        next = before.get(at).copied().flatten();
    }
    stays
}

/// Places of which some are taken, and how many of those stand before one (a Fenwick tree).
pub(super) struct Places {
    sums: Vec<usize>,
}

impl Places {
    /// So many places, none taken.
    pub(super) fn new(count: usize) -> Self {
        Self { sums: vec![0; count + 1] }
    }

    pub(super) fn take(&mut self, place: usize) {
        self.change(place, |sum| *sum += 1);
    }

    pub(super) fn leave(&mut self, place: usize) {
        self.change(place, |sum| *sum -= 1);
    }

    fn change(&mut self, place: usize, change: impl Fn(&mut usize)) {
        let mut node = place + 1;
        while let Some(sum) = self.sums.get_mut(node) {
            change(sum);
            node += node & node.wrapping_neg();
        }
    }

    /// The number of taken places before this one.
    pub(super) fn before(&self, place: usize) -> usize {
        let (mut node, mut sum) = (place, 0);
        while node > 0 {
            sum += self.sums.get(node).copied().unwrap_or(0);
            node &= node - 1;
        }
        sum
    }
}
