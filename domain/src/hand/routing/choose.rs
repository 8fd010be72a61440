//! The choice among those who could take it. Who is there comes first, and a console that was left
//! open comes before a phone that may be dead. Ties go by id, so that a plan can be made again.

use baton_protocol::setting::Routing;
use baton_protocol::{AgentId, Choice};

use super::{Candidate, TeamMemory};
use crate::fact::chance::next;
use crate::fact::planted::{Bug, is_planted};
use crate::hand::reach::rank;

pub(super) fn choose(
    policy: &Routing,
    eligible: &[&Candidate],
    memory: &mut TeamMemory,
) -> Option<AgentId> {
    let rank_of = |of: &Candidate| rank(of.hears(policy.hand));
    let first = eligible.iter().map(|of| rank_of(of)).min()?;
    let of: Vec<&Candidate> = eligible.iter().copied().filter(|of| rank_of(of) == first).collect();
    let chosen = match policy.choose {
        Choice::LongestIdle | Choice::Unknown => of.iter().min_by_key(|of| idle(of)),
        Choice::RoundRobin => {
            let after = |of: &Candidate| memory.last.is_none_or(|last| of.agent > last);
            of.iter().min_by_key(|of| (!after(of), of.agent))
        }
        Choice::LeastLoaded => of.iter().min_by_key(|of| (share(of), idle(of))),
        Choice::Priority => {
            let place = |of: &Candidate| policy.first.iter().position(|one| *one == of.agent);
            of.iter().min_by_key(|of| (place(of).unwrap_or(usize::MAX), idle(of)))
        }
        Choice::Random => {
            // The generator stays at 0 for ever.
            memory.seed = memory.seed.max(1);
            let number = next(&mut memory.seed);
            let count = u64::try_from(of.len()).unwrap_or(1).max(1);
            of.get(usize::try_from(number % count).unwrap_or(0))
        }
    };
    chosen.map(|of| of.agent)
}

/// The one who was given or gave back something longest ago, whatever they have: else who is fast
/// gets everything. All who are chosen in one plan are so at one time: of these the least loaded
/// comes first.
fn idle(of: &Candidate) -> (u64, u32, AgentId) {
    if is_planted(Bug::TheFirstIsAlwaysAsked) {
        return (0, 0, of.agent);
    }
    (of.idle_since, of.load, of.agent)
}

/// Load for what they can have, in thousandths. Who has no limit counts as one who can have 100.
fn share(of: &Candidate) -> u64 {
    let capacity = u64::from(of.capacity.unwrap_or(100)).max(1);
    u64::from(of.load) * 1000 / capacity
}
