//! Numbers that spread what many do over time. They are no secret and need not be.

/// The next number of a xorshift generator. The state must not be 0: it would stay so.
pub fn next(state: &mut u64) -> u64 {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    *state
}

#[cfg(test)]
mod tests {
    use super::next;

    #[test]
    fn numbers_differ_and_the_same_beginning_gives_the_same_ones() {
        let draw = |mut state: u64| (0..1000).map(|_| next(&mut state)).collect::<Vec<_>>();
        let numbers = draw(1);
        assert_eq!(numbers, draw(1));
        assert_ne!(numbers, draw(2));
        let different: std::collections::BTreeSet<_> = numbers.iter().collect();
        assert_eq!(different.len(), 1000);
    }
}
