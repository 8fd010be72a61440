//! The memory of the leader of routing, from look to look. What was read goes in with the time, and
//! wishes come out. The commit judges each of them.
//!
//! What stands in the log alone, or in the receipt of a push, is asked for by name. The caller
//! reads it and says what it found. So the server and the simulated month of a team play the same
//! memory.
//!
//! A new leader begins with nothing but the misses of people. So somebody may be asked once more
//! than they should, and turns begin anew. Deadlines count from when this leader saw an offer
//! first: none ends early because clocks differ or a leader died. It may end one window late.

mod offers;
mod owners;
mod queues;
mod staff;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use baton_protocol::{AgentId, ConversationId, OfferEnd, TeamId, Timestamp, WorkspaceId};

use self::offers::SeenOffer;
pub use self::offers::{OfferKey, OffersRead, StandingOffer};
pub use self::owners::OwnTurn;
pub use self::queues::{IN_A_LOOK, InQueue, Queue, TurnKey};
pub use self::staff::{AgentSettings, Staff};
use super::board::BrakeOn;
use super::routing::TeamMemory;
use super::routing::absence::{Absences, Given};
use super::routing::brake::Brake;
use super::routing::missed::{Missed, Misses};
use super::routing::probe::Probes;
use super::routing::rung::Calls;
use crate::fact::Key;

/// The time of a look, by both clocks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LookTime {
    /// The time on the wall: the log and the signs of devices have it.
    pub wall: Timestamp,
    /// The time by a clock that never goes back, from any beginning: deadlines have it.
    pub steady: Duration,
}

impl LookTime {
    /// The steady time in ms.
    fn steady_ms(self) -> u64 {
        u64::try_from(self.steady.as_millis()).unwrap_or(u64::MAX)
    }
}

/// The memory of one leader.
#[derive(Default, Debug)]
pub struct Look {
    /// The offers that stand, as they were first seen.
    seen: BTreeMap<OfferKey, SeenOffer>,
    /// Offers that were wished for and not seen so far. One that ends before the next look is
    /// looked up in the log.
    wished: BTreeMap<OfferKey, StandingOffer>,
    /// Offers that are over, and whose ends were not read yet.
    over: Vec<StandingOffer>,
    /// The agents who were asked in vain, what became of it, and the time.
    asked: BTreeMap<Key<ConversationId>, Vec<(AgentId, OfferEnd, Duration)>>,
    /// The misses of people.
    missed: Misses,
    /// The offers of each agent that end unanswered in this look.
    ending: BTreeMap<Key<AgentId>, u32>,
    /// Those from whom each conversation was taken because they were not there, as the log told
    /// them when it was taken last.
    lost: BTreeMap<Key<ConversationId>, (Timestamp, BTreeMap<AgentId, Timestamp>)>,
    /// The way of what nobody opened to its owner, by the number of that change.
    given: BTreeMap<Key<ConversationId>, (u64, Option<Given>)>,
    /// Turns that went round and move no more.
    circling: BTreeSet<TurnKey>,
    /// The calls of teams for turns that nobody could be asked to take, as the log told them.
    called: BTreeMap<TurnKey, Calls>,
    /// The turns of each team.
    teams: BTreeMap<Key<TeamId>, TeamMemory>,
    /// The one that waited first in each queue that was longer than one look plans for.
    firsts: BTreeMap<Key<TeamId>, ConversationId>,
    /// Loads as they were seen last, and since when, ms of the steady clock.
    loads: BTreeMap<Key<AgentId>, (u32, u64)>,
    /// Owners who are not there while their customers wait.
    absences: Absences,
    /// The brake of each workspace.
    brakes: BTreeMap<WorkspaceId, Brake>,
    /// Those whose devices did not have an offer since brakes were looked at.
    bounced: BTreeSet<Key<AgentId>>,
    /// The workspaces that are braked.
    braked: BTreeMap<WorkspaceId, BrakeOn>,
    /// The probes of each workspace.
    probes: BTreeMap<WorkspaceId, Probes>,
}

impl Look {
    /// The memory of a new leader: the misses of people, as the last one told of them.
    #[must_use]
    pub fn after(missed: BTreeMap<WorkspaceId, BTreeMap<AgentId, Missed>>) -> Self {
        Self { missed: Misses::known(missed), ..Self::default() }
    }

    /// The misses of people, for the next leader.
    #[must_use]
    pub fn missed(&self) -> &BTreeMap<WorkspaceId, BTreeMap<AgentId, Missed>> {
        self.missed.all()
    }
}
