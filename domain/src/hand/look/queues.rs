//! The queues of a look: what waits, who is asked, and who is called where nobody can be.

use std::collections::{BTreeMap, BTreeSet};

use baton_protocol::setting::{Hand, Routing, Rule};
use baton_protocol::{
    AgentId, ConversationId, OfferId, OpenOffer, SettingId, TeamId, Timestamp, WorkspaceId,
};

use super::{Look, LookTime, Staff, StandingOffer};
use crate::fact::Key;
use crate::hand::routing::moves::Moved;
use crate::hand::routing::rung::{Call, Calls};
use crate::hand::routing::{Candidate, Planned, RouteWork, TeamRouting, Waiting, asked, plan};
use crate::hand::shift;

/// Conversations of one queue that a look plans for.
pub const IN_A_LOOK: usize = 200;
/// Offers of one conversation that nobody took, from which on the team is called.
const ROUNDS: usize = 3;
/// Where everybody is busy, the team is called after so long.
const PATIENCE_MS: i64 = 180_000;

/// The turn of a conversation that waits since then in a team's queue.
pub type TurnKey = (WorkspaceId, TeamId, ConversationId, Timestamp);

/// A conversation that waits in a team's queue, as routing looks at it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct InQueue {
    /// The conversation.
    pub conversation: ConversationId,
    /// Its revision.
    pub revision: u64,
    /// The start of its open turn.
    pub since: Timestamp,
    /// The language that the customer writes, where it is known.
    pub language: Option<String>,
    /// The agent who answered or owned it last.
    pub last: Option<AgentId>,
    /// The time at which it was taken from an owner who was not there, where nobody had it since.
    pub orphaned_at: Option<Timestamp>,
    /// True where the customer asked a bot for a person.
    pub is_for_people: bool,
}

/// A queue that is routed, at the time of a look.
#[derive(Clone, Copy, Debug)]
pub struct Queue<'a> {
    /// The workspace.
    pub workspace: WorkspaceId,
    /// The routing of its team.
    pub routing: TeamRouting<'a>,
    /// Some chance, for teams that choose by it.
    pub seed: u64,
    /// The time.
    pub at: LookTime,
}

impl Look {
    /// Tells if a queue is longer than one look plans for and gets shorter. Then another one waits
    /// first than before: the last look gave something out of it.
    pub fn is_shorter(&mut self, queue: Key<TeamId>, found: &[InQueue]) -> bool {
        let first = found.first().filter(|_| found.len() >= IN_A_LOOK).map(|one| one.conversation);
        let before = match first {
            Some(first) => self.firsts.insert(queue, first),
            None => self.firsts.remove(&queue),
        };
        first.is_some() && first != before
    }

    /// Forgets the turns of a queue that wait there no more. What has an offer comes back.
    pub fn forget_turns(&mut self, queue: Key<TeamId>, turns: &[TurnKey]) {
        let offered: BTreeSet<_> =
            self.seen.keys().map(|(of, conversation, _)| (*of, *conversation)).collect();
        let stands = |turn: &TurnKey| {
            let (workspace, team, conversation, _) = *turn;
            (workspace, team) != queue
                || turns.contains(turn)
                || offered.contains(&(workspace, conversation))
        };
        self.called.retain(|turn, _| stands(turn));
        self.circling.retain(|turn| stands(turn));
    }

    /// Forgets the calls of teams that are routed no more.
    pub fn forget_teams(&mut self, policies: &BTreeMap<Key<TeamId>, Routing>) {
        self.called.retain(|(of, team, ..), _| policies.contains_key(&(*of, *team)));
    }

    /// The time at which it was taken from its owner, where the log was not read since. Its former
    /// owners are told by [`Self::note_lost`].
    #[must_use]
    pub fn unread_loss(&self, workspace: WorkspaceId, of: &InQueue) -> Option<Timestamp> {
        let known = self.lost.get(&(workspace, of.conversation));
        of.orphaned_at.filter(|at| known.is_none_or(|(known, _)| known != at))
    }

    /// Notes those from whom it was taken because they were not there, each with the last time.
    pub fn note_lost(
        &mut self,
        of: Key<ConversationId>,
        at: Timestamp,
        lost: BTreeMap<AgentId, Timestamp>,
    ) {
        self.lost.insert(of, (at, lost));
    }

    /// A conversation that waits, as a plan looks at it. Those who lost it are left out until they
    /// did something, or began another shift.
    #[must_use]
    pub fn waiting(
        &mut self,
        (workspace, staff): (WorkspaceId, &Staff),
        of: InQueue,
        now: Timestamp,
    ) -> Waiting {
        let InQueue { conversation, revision, since, language, last, orphaned_at, is_for_people } =
            of;
        let key = (workspace, conversation);
        let mut former = BTreeSet::new();
        if orphaned_at.is_some() {
            let is_away = |(agent, lost_at): &(&AgentId, &Timestamp)| {
                let own = staff.settings.schedules_of(**agent);
                let has_acted = staff.signs_of(**agent).acted_since(**lost_at);
                !has_acted && !shift::began_since(own, **lost_at, now)
            };
            let lost = self.lost.get(&key).into_iter().flat_map(|(_, lost)| lost);
            former.extend(lost.filter(is_away).map(|(agent, _)| *agent));
        } else {
            self.lost.remove(&key);
        }
        let asked = self.asked_in_vain(key).collect();
        let waited_s = u64::try_from(now.since(since) / 1000).unwrap_or(0);
        Waiting {
            conversation,
            revision,
            since,
            waited_s,
            language,
            last,
            asked,
            former,
            is_for_people,
            is_circling: false,
        }
    }

    /// The choices for what waits in a queue, in its order. `fresh` makes the id of an offer.
    pub fn route(
        &mut self,
        queue: Queue<'_>,
        found: Vec<Waiting>,
        candidates: &mut BTreeMap<AgentId, Candidate>,
        mut fresh: impl FnMut() -> OfferId,
    ) -> Vec<RouteWork> {
        let Queue { workspace, routing, seed, at } = queue;
        let TeamRouting { team, policy, .. } = routing;
        let turn = |of: &Waiting| (workspace, team, of.conversation, of.since);
        let with_circle = |of: Waiting| {
            let is_circling = self.circling.contains(&turn(&of));
            Waiting { is_circling, ..of }
        };
        // An offer that ended since it was read is noted at the next look.
        let is_settled = |of: &Waiting| !self.has_seen((workspace, of.conversation));
        let found: Vec<Waiting> = found.into_iter().filter(is_settled).map(with_circle).collect();
        let memory = self.teams.entry((workspace, team)).or_default();
        memory.seed ^= seed;
        let planned = plan(routing, &found, candidates, memory, at.steady_ms());
        let mut routes = Vec::new();
        for (one, of) in planned.into_iter().zip(&found) {
            // In another queue at once, nobody has to be called here.
            let is_kept = one.agent.is_none() && one.trail.to_team.is_none();
            if is_kept && self.call((&one, turn(of)), at.wall).is_none() {
                continue;
            }
            let Planned { conversation, agent, trail, is_early: _ } = one;
            let revision = of.revision;
            let until = at.wall.plus_ms(i64::from(policy.window_s) * 1000);
            let offer = agent.filter(|_| policy.hand == Hand::Offer).map(|_| (fresh(), until));
            if let Some((agent_id, (offer_id, until))) = agent.zip(offer) {
                let offer = OpenOffer { offer_id, agent_id, until };
                self.note_wished(StandingOffer { workspace, team, conversation, offer, revision });
            }
            let route = RouteWork { workspace, conversation, revision, team, agent, offer, trail };
            routes.push(route);
        }
        routes
    }

    /// The choice that a rule asks for, beside the team's own policy. `None` where nobody can be
    /// asked now: then the wish stands. `is_open` tells if a schedule is open.
    pub fn route_for_rule(
        &mut self,
        (workspace, rule): (WorkspaceId, &Rule),
        (team, policy, is_open): (TeamId, &Routing, impl Fn(SettingId) -> bool),
        (waiting, at): (&Waiting, LookTime),
        candidates: &mut BTreeMap<AgentId, Candidate>,
    ) -> Option<RouteWork> {
        // An offer that ended since it was read is noted at the next look.
        if self.has_seen((workspace, waiting.conversation)) {
            return None;
        }
        let turns = self.teams.entry((workspace, team)).or_default();
        let step = (asked::step(rule)?, is_open);
        let turns = (turns, at.steady_ms());
        let found = asked::planned((team, policy), step, waiting, candidates, turns)?;
        let Planned { conversation, agent, trail, is_early: _ } = found;
        let (revision, offer) = (waiting.revision, None);
        Some(RouteWork { workspace, conversation, revision, team, agent, offer, trail })
    }

    /// The call that seems due for what nobody is asked to take. The log may know better.
    pub(super) fn call(
        &self,
        (planned, turn): (&Planned, TurnKey),
        now: Timestamp,
    ) -> Option<Call> {
        let (workspace, _, conversation, since) = turn;
        let rounds = self.asked_in_vain((workspace, conversation)).count();
        let is_wanted =
            !planned.is_somebody_there() || rounds >= ROUNDS || now.since(since) >= PATIENCE_MS;
        self.called.get(&turn).copied().unwrap_or_default().due(is_wanted, now)
    }

    /// A move, unless it goes round, as the log tells. The first time that is told instead. After
    /// that it is nothing.
    #[must_use]
    pub fn without_circle(
        &mut self,
        turn: Option<TurnKey>,
        mut route: RouteWork,
        moved: &Moved,
    ) -> Option<RouteWork> {
        if route.trail.to_team.is_some_and(|to| moved.is_circle(to)) {
            self.circling.extend(turn);
            if moved.is_told {
                return None;
            }
            (route.trail.to_team, route.trail.circle) = (None, true);
        }
        Some(route)
    }

    /// A call, unless the log tells that it was made before. Only that is remembered: the commit
    /// compares the revision, so what is called meanwhile is not called twice.
    #[must_use]
    pub fn due_call(
        &mut self,
        turn: TurnKey,
        mut route: RouteWork,
        (calls, now): (Calls, Timestamp),
    ) -> Option<RouteWork> {
        self.called.insert(turn, calls);
        route.trail.again = calls.due(true, now)? == Call::Again;
        Some(route)
    }
}
