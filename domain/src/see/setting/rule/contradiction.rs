//! Tests of a rule that can never hold together.

use baton_protocol::setting::{OwnerKind, Test};

/// Two tests of these that can never hold together, by their places.
pub fn contradiction(tests: &[Test]) -> Option<(usize, usize)> {
    let pairs = tests.iter().enumerate().flat_map(|(place, one)| {
        tests
            .iter()
            .enumerate()
            .skip(place + 1)
            .map(move |(other_place, other)| ((place, other_place), one, other))
    });
    pairs.into_iter().find(|(_, one, other)| contradict(one, other)).map(|(places, ..)| places)
}

fn contradict(one: &Test, other: &Test) -> bool {
    match (one, other) {
        (Test::Owner { is: one }, Test::Owner { is: other }) => !is_owner_of_both(*one, *other),
        (Test::Known { not: one }, Test::Known { not: other })
        | (Test::FromAd { not: one }, Test::FromAd { not: other }) => one != other,
        (Test::Kind { any_of: a, not: x }, Test::Kind { any_of: b, not: y }) => {
            disjoint((a, *x), (b, *y))
        }
        (Test::Channel { any_of: a, not: x }, Test::Channel { any_of: b, not: y }) => {
            disjoint((a, *x), (b, *y))
        }
        (Test::Team { any_of: a, not: x }, Test::Team { any_of: b, not: y }) => {
            disjoint((a, *x), (b, *y))
        }
        (Test::Status { any_of: a, not: x }, Test::Status { any_of: b, not: y }) => {
            disjoint((a, *x), (b, *y))
        }
        // Several tags may be on: only what one asks for and the other forbids cannot be.
        (Test::Tag { any_of: a, not: x }, Test::Tag { any_of: b, not: y }) if x != y => {
            disjoint((a, *x), (b, *y))
        }
        (Test::Hours { schedule: one, not: x }, Test::Hours { schedule: other, not: y }) => {
            one == other && x != y
        }
        _ => false,
    }
}

/// Whether one owner can be of both kinds: a bot is an agent, and so is a person.
fn is_owner_of_both(one: OwnerKind, other: OwnerKind) -> bool {
    let is_agent = |kind| kind != OwnerKind::Queue;
    one == other
        || (one == OwnerKind::Agent && is_agent(other))
        || (other == OwnerKind::Agent && is_agent(one))
}

/// Whether nothing is in both sets; `true` beside one stands for all that is not in it.
fn disjoint<T: PartialEq>(
    (one, is_not): (&[T], bool),
    (other, other_is_not): (&[T], bool),
) -> bool {
    match (is_not, other_is_not) {
        (false, false) => !one.iter().any(|of| other.contains(of)),
        (false, true) => one.iter().all(|of| other.contains(of)),
        (true, false) => other.iter().all(|of| one.contains(of)),
        (true, true) => false,
    }
}
