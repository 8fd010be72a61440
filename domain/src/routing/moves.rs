//! Moves of conversations from team to team, as routing settings make them. None may lead back.

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, VecDeque};

use baton_protocol::TeamId;
use baton_protocol::setting::{Hand, Routing};

/// The teams from one to the other by moves, both named, the shortest way. `None` where no moves
/// lead there.
pub(super) fn way<'a>(
    from: TeamId,
    to: TeamId,
    routing_of: impl Fn(TeamId) -> Option<&'a Routing>,
) -> Option<Vec<TeamId>> {
    // Where each team was reached from.
    let mut reached = BTreeMap::from([(from, from)]);
    let mut next = VecDeque::from([from]);
    while let Some(at) = next.pop_front() {
        if at == to {
            let mut back = vec![at];
            let mut at = at;
            while at != from {
                at = *reached.get(&at)?;
                back.push(at);
            }
            back.reverse();
            return Some(back);
        }
        for to in routing_of(at).into_iter().flat_map(targets) {
            reached.entry(to).or_insert_with(|| {
                next.push_back(to);
                at
            });
        }
    }
    None
}

/// The teams of a circle that a routing would close, in the order of the moves. The routing's team
/// is the first and the last one. A team whose routing is off moves nothing.
pub fn circle<'a>(
    team: TeamId,
    routing: &'a Routing,
    routing_of: impl Fn(TeamId) -> Option<&'a Routing>,
) -> Option<Vec<TeamId>> {
    if routing.hand == Hand::Off {
        return None;
    }
    let moving = |of| routing_of(of).filter(|routing| routing.hand != Hand::Off);
    let back = |to| way(to, team, moving);
    let ways = targets(routing).filter_map(back);
    let shortest = ways.min_by_key(Vec::len)?;
    Some([vec![team], shortest].concat())
}

fn targets(routing: &Routing) -> impl Iterator<Item = TeamId> {
    routing.steps.iter().filter_map(|step| step.to_team)
}
