//! Moves of conversations from team to team, as routing settings make them. None may lead back.
//! Rules move as well: so the router moves nothing back, and nothing more than three times without
//! an act of a person.

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use baton_protocol::setting::{Hand, Routing};
use baton_protocol::{Actor, Fact, TeamId};

/// Moves in a row without an act of a person, from which on the router moves nothing more.
const MOVES_MAX: usize = 3;

/// The moves of a conversation since a person did something: an agent, or the customer.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Moved {
    /// The number of them.
    pub count: usize,
    /// The teams that had it, as far as they are told; the one that has it now is among them.
    pub teams: BTreeSet<TeamId>,
    /// Whether it was told that it goes in a circle.
    pub is_told: bool,
}

impl Moved {
    /// Reads them from the log, the newest fact first.
    #[must_use]
    pub fn from_log<'a>(facts: impl IntoIterator<Item = (Actor, &'a Fact)>) -> Self {
        let mut moved = Self::default();
        // The team after the change that was looked at last, which is older than those before.
        let mut after = None;
        for (actor, fact) in facts {
            if let Fact::OwnerChanged { team_id, .. } = fact {
                moved.count += usize::from(after.is_some_and(|after| after != *team_id));
                moved.teams.insert(*team_id);
                after = Some(*team_id);
            } else if let Fact::ConversationOpened { team_id, .. } = fact {
                moved.count += usize::from(after.is_some_and(|after| after != *team_id));
                moved.teams.insert(*team_id);
            } else if let Fact::Routed { trail, .. } = fact {
                moved.is_told |= trail.circle;
            }
            if matches!(actor, Actor::Agent { .. } | Actor::Customer) {
                break;
            }
        }
        moved
    }

    /// Whether a move to that team goes on what goes round.
    #[must_use]
    pub fn is_circle(&self, to: TeamId) -> bool {
        self.count >= MOVES_MAX || self.teams.contains(&to)
    }
}

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
