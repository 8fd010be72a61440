//! The hand of routing. It reads what waits and who is there, and plans in memory. The engine tests
//! each choice again. A plan that dies with its node was no promise: what waits
//! stays in its queue, and the next leader looks there.
//!
//! Deadlines of offers count by this node's own clock, from when it first saw the offer. So no
//! offer ends early because clocks differ or a leader died; it may end one window late.

mod absence;
mod asked;
mod calls;
mod memory;
mod moves;
mod probe;
#[cfg(test)]
mod tests;

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use baton_domain::group::{HandBackWork, Key, OfferEndWork, RouteWork};
use baton_domain::hand::board::BrakeOn;
use baton_domain::hand::reach::{Signs, Sockets};
use baton_domain::hand::routing::absence::{Absences, Given};
use baton_domain::hand::routing::brake::Brake;
use baton_domain::hand::routing::missed::{Missed, Misses};
use baton_domain::hand::routing::probe::Probes;
use baton_domain::hand::routing::rung::Calls;
use baton_domain::hand::routing::{
    Candidate, Planned, TeamMemory, TeamRouting, Waiting, levels, open_at, plan,
};
use baton_domain::hand::shift;
use baton_protocol::push::PushLane;
use baton_protocol::setting::{Hand, Routing};
use baton_protocol::{
    Agent, AgentId, AgentState, Availability, ConversationId, DeviceId, MembershipKind, OfferEnd,
    OfferId, OpenOffer, PushId, Role, TeamId, Timestamp, Visibility, WorkspaceId,
};
use futures_util::future::join_all;

use self::asked::Asked;
use crate::clock::Clock;
use crate::coordinator::Coordinator;
use crate::engine::Engine;
use crate::node::Membership;
use crate::store::assign::{AssignWish, end_wishes};
use crate::store::read::{
    self, AgentSettings, InQueue, OfferKey, StandingOffer, has_offer, routed_teams,
    standing_offers, waiting,
};
use crate::store::{StoreError, Tx};
use crate::telemetry::{Metrics, Spell};

/// Asks agents to take what waits in queues.
#[derive(Clone, Debug)]
pub struct Router {
    /// Where choices are decided.
    pub engine: Engine,
    /// Whether this node is the one that routes.
    pub membership: Membership,
    /// The time.
    pub clock: Clock,
    /// The push services that the server is set up for.
    pub lanes: Arc<[PushLane]>,
    /// The place where sockets are known.
    pub coordinator: Arc<dyn Coordinator>,
    /// The place where brakes are shown.
    pub metrics: Metrics,
}

const LOOK_EVERY: Duration = Duration::from_millis(500);
/// Conversations of one queue that are planned for at once.
const AT_ONCE: usize = 200;
/// Choices that are decided together. Others' work comes between, so a long queue holds up nobody.
const IN_A_GROUP: usize = 25;
/// Looks in a row without a pause, while a queue is longer than one look plans for.
const IN_A_ROW: u32 = 10;
/// The longest time for an answer that a team may set, ms.
const WINDOW_MAX_MS: i64 = 300_000;
/// A device that has an offer says so within this time, else somebody else is asked.
const EARLY: Duration = Duration::from_secs(8);
/// An agent who said no to a conversation, or did not answer, is not asked again for so long.
const DECLINED: Duration = Duration::from_secs(600);

/// The turn of a conversation that waits since then in a team's queue.
type TurnKey = (WorkspaceId, TeamId, ConversationId, Timestamp);

/// The memory from look to look. A new leader begins with nothing: somebody may be asked once
/// more than they should, and turns begin anew.
#[derive(Default, Debug)]
struct Memory {
    /// The time at which each offer that stands was first seen.
    seen: BTreeMap<OfferKey, SeenOffer>,
    /// Offers that were wished for and not seen so far. One that ends before the next look is
    /// looked up in the log.
    wished: BTreeMap<OfferKey, StandingOffer>,
    /// Offers that are over, and whose ends were not read yet.
    over: Vec<StandingOffer>,
    /// The agents who were asked in vain, what became of it, and the time.
    asked: BTreeMap<Key<ConversationId>, Vec<(AgentId, OfferEnd, Duration)>>,
    /// Those from whom each conversation was taken because they were not there, as the log told
    /// them when it was taken last.
    lost: BTreeMap<Key<ConversationId>, (Timestamp, BTreeMap<AgentId, Timestamp>)>,
    /// The way of what nobody opened to its owner, by the number of that change.
    given: BTreeMap<Key<ConversationId>, (u64, Option<Given>)>,
    /// Turns that went round and move no more.
    circling: BTreeSet<TurnKey>,
    /// The misses of people, once what the last leader told of it was read.
    missed: Option<Misses>,
    /// The offers of each agent that end unanswered in this look.
    ending: BTreeMap<Key<AgentId>, u32>,
    told_missed: BTreeMap<WorkspaceId, BTreeMap<AgentId, Missed>>,
    /// The calls of teams for turns that nobody could be asked to take, as the log told them.
    called: BTreeMap<TurnKey, Calls>,
    teams: BTreeMap<(WorkspaceId, TeamId), TeamMemory>,
    /// The one that waited first in each queue that was longer than one look plans for.
    firsts: BTreeMap<(WorkspaceId, TeamId), ConversationId>,
    /// Loads as they were seen last, and since when.
    loads: BTreeMap<(WorkspaceId, AgentId), (u32, u64)>,
    /// Owners who are not there while their customers wait.
    absences: Absences,
    /// The brake of each workspace, and those whose devices did not have an offer since it was
    /// looked at.
    brakes: BTreeMap<WorkspaceId, Brake>,
    bounced: BTreeSet<(WorkspaceId, AgentId)>,
    /// The workspaces that are braked, and what the other nodes were told of it.
    braked: BTreeMap<WorkspaceId, BrakeOn>,
    told: BTreeMap<WorkspaceId, BrakeOn>,
    /// The probes of each workspace, and those that are to be sent now.
    probes: BTreeMap<WorkspaceId, Probes>,
    probed: Vec<(WorkspaceId, (PushId, AgentId, DeviceId, PushLane))>,
    /// The time of the last look at them.
    absences_at: Option<Duration>,
}

#[derive(Clone, Copy, Debug)]
struct SeenOffer {
    offer: StandingOffer,
    first: Duration,
    /// The time for an answer, as the team had it then. An offer that is out keeps it.
    window: Duration,
    is_received: bool,
}

/// The people of the workspaces that a look needs: each is read once.
#[derive(Default)]
struct People {
    sockets: BTreeMap<WorkspaceId, Sockets>,
    staff: BTreeMap<WorkspaceId, Staff>,
}

/// The matters of one look.
struct Matters {
    policies: BTreeMap<Key<TeamId>, Routing>,
    offers: Vec<StandingOffer>,
    /// The first of each queue that somebody waits in.
    queues: BTreeMap<Key<TeamId>, Vec<InQueue>>,
    asked: Asked,
    /// The minutes after which owners count as absent; `None` where that is not due.
    minutes: Option<BTreeMap<Key<TeamId>, u32>>,
}

impl Matters {
    /// The workspaces whose people matter. Where nobody waits, that is so once in a while.
    fn workspaces(&self) -> BTreeSet<WorkspaceId> {
        let absent =
            self.minutes.iter().flat_map(|minutes| self.policies.keys().chain(minutes.keys()));
        let all = self.queues.keys().chain(absent).map(|(of, _)| *of);
        let all = all.chain(self.offers.iter().map(|offer| offer.workspace));
        all.chain(self.asked.of.keys().copied()).collect()
    }
}

/// The people of a workspace, as they were read.
struct Staff {
    agents: Vec<Agent>,
    signs: BTreeMap<AgentId, Signs>,
    settings: AgentSettings,
    /// Teams whose members do not see what waits: they cannot take it.
    heads: BTreeSet<TeamId>,
}

/// The wishes of one look.
#[derive(Default)]
struct Wishes {
    backs: Vec<HandBackWork>,
    ends: Vec<OfferEndWork>,
    routes: Vec<RouteWork>,
    /// The wishes of rules that are over.
    over: Vec<AssignWish>,
    /// Whether a queue is longer than what was planned, and gets shorter.
    is_more: bool,
}

impl Router {
    /// Looks twice a second, for ever.
    pub async fn run(self) {
        let spell = Spell::default();
        let mut memory = Memory::default();
        let mut in_a_row = 0;
        loop {
            let mut is_more = false;
            if self.membership.term().is_some() {
                let looked = self.look(&mut memory).await;
                is_more = matches!(looked, Ok(true));
                if !self.engine.store().is_away() {
                    let what = "what waits in queues could not be read; trying again";
                    spell.note(what, looked.as_ref().err(), self.clock.monotonic());
                }
            } else {
                memory = Memory::default();
                self.metrics.routing_brakes.set(0);
            }
            in_a_row = if is_more { in_a_row + 1 } else { 0 };
            if in_a_row % IN_A_ROW == 0 {
                self.clock.sleep(LOOK_EVERY).await;
            }
        }
    }

    /// Looks once, and tells whether a queue has more that somebody could be asked to take.
    async fn look(&self, memory: &mut Memory) -> Result<bool, StoreError> {
        let matters = self.matters(memory).await?;
        let mut people = self.people(&matters).await;
        let mut tx = self.engine.store().read().await?;
        if memory.missed.is_none() {
            memory.missed = Some(Misses::known(read::missed(&mut tx).await?));
        }
        let mut wishes = self.wishes(&mut tx, memory, &mut people, &matters).await;
        if let Ok(wishes) = &mut wishes {
            wishes.backs = self.deserted(&mut tx, memory, &mut people, &matters).await?;
        }
        tx.rollback().await?;
        self.tell_brakes(memory).await?;
        self.tell_missed(memory).await?;
        self.send_probes(memory).await?;
        let Wishes { backs, ends, routes, over, is_more } = wishes?;
        if let Some(led) = self.membership.led(self.engine.store()) {
            end_wishes(&led, &over).await?;
        }
        let backs = join_all(backs.into_iter().map(|back| self.engine.hand_back(back))).await;
        let ended = join_all(ends.into_iter().map(|end| self.engine.end_offer(end))).await;
        let mut routed = Vec::with_capacity(routes.len());
        for part in routes.chunks(IN_A_GROUP) {
            let part = part.iter().map(|route| self.engine.route(route.clone()));
            routed.extend(join_all(part).await);
        }
        let failed = backs.iter().chain(&ended).chain(&routed).filter(|done| done.is_err()).count();
        if failed > 0 {
            tracing::warn!(failed, "some choices could not be decided; looking again");
        }
        Ok(is_more && failed == 0)
    }

    async fn matters(&self, memory: &mut Memory) -> Result<Matters, StoreError> {
        let mut tx = self.engine.store().read().await?;
        let policies = routed_teams(&mut tx).await?;
        let offers = standing_offers(&mut tx).await?;
        let mut queues = BTreeMap::new();
        for (workspace, team) in policies.keys() {
            let found = waiting(&mut tx, *workspace, *team, AT_ONCE as u64).await?;
            if !found.is_empty() {
                queues.insert((*workspace, *team), found);
            }
        }
        let asked = self.asked(&mut tx).await?;
        let minutes = self.minutes(&mut tx, memory).await?;
        tx.rollback().await?;
        Ok(Matters { policies, offers, queues, asked, minutes })
    }

    /// Asks who has a socket. Nothing of the database is held meanwhile.
    async fn people(&self, matters: &Matters) -> People {
        let asked = matters.workspaces().into_iter().map(async |workspace| {
            let sockets = self.coordinator.sockets(workspace).await;
            (workspace, sockets)
        });
        let sockets = join_all(asked).await.into_iter().collect();
        People { sockets, ..People::default() }
    }

    async fn wishes(
        &self,
        tx: &mut Tx,
        memory: &mut Memory,
        staff: &mut People,
        matters: &Matters,
    ) -> Result<Wishes, StoreError> {
        let mut wishes = Wishes::default();
        let Matters { policies, offers, asked, .. } = matters;
        let now = self.clock.monotonic();
        memory.keep(offers, policies, (now, self.clock.now()));
        memory.note_over(tx, (now, self.clock.now())).await?;
        for workspace in matters.workspaces() {
            self.staff_of(tx, staff, workspace).await?;
            if let Some((of, missed)) = staff.staff.get_mut(&workspace).zip(memory.missed.as_mut())
            {
                missed.look(workspace, &mut of.signs);
            }
        }
        wishes.ends = self.ends(tx, memory, staff, (offers, policies)).await?;
        let mut people: BTreeMap<WorkspaceId, BTreeMap<AgentId, Candidate>> = BTreeMap::new();
        wishes.over.clone_from(&asked.over);
        for (workspace, asked) in &asked.of {
            let of = self.staff_of(tx, staff, *workspace).await?;
            let candidates = people.entry(*workspace);
            let candidates =
                candidates.or_insert_with(|| self.candidates(memory, *workspace, of, offers));
            let waits = self.with_former(tx, memory, (*workspace, of), asked.waits()).await?;
            let asked = (*workspace, asked, waits.as_slice());
            let routes = self.for_rules(memory, asked, policies, candidates);
            wishes.routes.extend(routes);
        }
        let for_rules: BTreeSet<_> =
            wishes.routes.iter().map(|route| (route.workspace, route.conversation)).collect();
        for ((workspace, team), policy) in policies {
            let mut found = matters.queues.get(&(*workspace, *team)).cloned().unwrap_or_default();
            wishes.is_more |= memory.is_shorter((*workspace, *team), &found);
            found.retain(|one| !for_rules.contains(&(*workspace, one.conversation)));
            let turn = |of: &InQueue| (*workspace, *team, of.conversation, of.since);
            let turns: Vec<TurnKey> = found.iter().map(turn).collect();
            memory.forget_turns((*workspace, *team), &turns);
            if found.is_empty() {
                continue;
            }
            let of = self.staff_of(tx, staff, *workspace).await?;
            // What one team's plan gives somebody, the next one counts.
            let candidates = match people.entry(*workspace) {
                Entry::Occupied(known) => known.into_mut(),
                Entry::Vacant(new) => new.insert(self.candidates(memory, *workspace, of, offers)),
            };
            let hours = of.settings.hours.iter().map(|(id, hours)| (*id, hours));
            let is_open = open_at(hours, self.clock.now());
            let of_workspace = policies.iter().filter(|((of, _), _)| of == workspace);
            let routings = of_workspace.map(|((_, team), policy)| (*team, policy)).collect();
            let (is_open, routings) = (&is_open, &routings);
            let routing = TeamRouting { team: *team, policy, is_open, routings };
            let queue = Queue { workspace: *workspace, routing };
            let found = self.with_former(tx, memory, (*workspace, of), found).await?;
            let routes = self.routes(memory, queue, found, candidates);
            let routes = self.without_circles(tx, memory, &turns, routes).await?;
            let routes = self.with_due_calls(tx, memory, &turns, routes).await?;
            wishes.routes.extend(routes);
        }
        memory.called.retain(|(of, team, ..), _| policies.contains_key(&(*of, *team)));
        Ok(wishes)
    }

    /// The offers that are over.
    async fn ends(
        &self,
        tx: &mut Tx,
        memory: &mut Memory,
        staff: &mut People,
        (offers, policies): (&[StandingOffer], &BTreeMap<Key<TeamId>, Routing>),
    ) -> Result<Vec<OfferEndWork>, StoreError> {
        let mut ends = Vec::new();
        memory.ending.clear();
        for offer in offers {
            let of = self.staff_of(tx, staff, offer.workspace).await?;
            let Some(seen) = memory.seen.get_mut(&offer.key()) else { continue };
            let is_routed = policies.contains_key(&(offer.workspace, offer.team));
            if let Some(end) = self.end(tx, seen, (of, is_routed)).await? {
                if end == OfferEnd::Missed {
                    let key = (offer.workspace, offer.offer.agent_id);
                    *memory.ending.entry(key).or_default() += 1;
                }
                if end == OfferEnd::NotReceived {
                    memory.bounced.insert((offer.workspace, offer.offer.agent_id));
                }
                let StandingOffer { workspace, conversation, .. } = *offer;
                let offer_id = offer.offer.offer_id;
                ends.push(OfferEndWork { workspace, conversation, offer_id, end });
            }
        }
        Ok(ends)
    }

    /// The people of a workspace, read unless they were.
    async fn staff_of<'a>(
        &self,
        tx: &mut Tx,
        known: &'a mut People,
        workspace: WorkspaceId,
    ) -> Result<&'a Staff, StoreError> {
        let sockets = known.sockets.get(&workspace).unwrap_or(&Sockets::Unknown);
        Ok(match known.staff.entry(workspace) {
            Entry::Occupied(staff) => staff.into_mut(),
            Entry::Vacant(place) => place.insert(self.staff(tx, workspace, sockets).await?),
        })
    }

    async fn staff(
        &self,
        tx: &mut Tx,
        workspace: WorkspaceId,
        sockets: &Sockets,
    ) -> Result<Staff, StoreError> {
        let agents = read::agents(tx, workspace).await?;
        let known = (&*self.lanes, sockets);
        let signs = read::signs(tx, workspace, known, self.clock.now()).await?;
        let settings = read::agent_settings(tx, workspace).await?;
        let teams = read::teams(tx, workspace).await?;
        let heads = teams.into_iter().filter(|team| team.visibility == Visibility::Head);
        let heads = heads.map(|team| team.id).collect();
        Ok(Staff { agents, signs, settings, heads })
    }

    /// The end of an offer that is over.
    async fn end(
        &self,
        tx: &mut Tx,
        seen: &mut SeenOffer,
        (staff, is_routed): (&Staff, bool),
    ) -> Result<Option<OfferEnd>, StoreError> {
        let SeenOffer { offer, window, .. } = *seen;
        let agent = staff.agents.iter().find(|agent| agent.id == offer.offer.agent_id);
        let is_there = agent.is_some_and(|agent| {
            agent.state == AgentState::Active
                && agent.availability == Availability::Available
                && agent.teams.iter().any(|place| place.team_id == offer.team)
        });
        // Nobody is asked any more in a team that is routed no more.
        if !is_there || !is_routed {
            return Ok(Some(OfferEnd::Withdrawn));
        }
        let lasted = self.clock.monotonic().saturating_sub(seen.first);
        if lasted < EARLY && lasted < window {
            return Ok(None);
        }
        let signs = staff.signs.get(&offer.offer.agent_id).copied().unwrap_or_default();
        let is_here = signs.of_offers().is_connected(self.clock.now());
        if !seen.is_received && !is_here {
            let made = offer.offer.until.plus_ms(-i64::try_from(window.as_millis()).unwrap_or(0));
            seen.is_received = has_offer(tx, &offer, made.plus_ms(-60_000)).await?;
        }
        // Whoever is at a device has it for as long as they are there, and no longer.
        Ok(match seen.is_received || is_here {
            false => Some(OfferEnd::NotReceived),
            true if lasted >= window => Some(OfferEnd::Missed),
            true => None,
        })
    }

    fn candidates(
        &self,
        memory: &mut Memory,
        workspace: WorkspaceId,
        staff: &Staff,
        offers: &[StandingOffer],
    ) -> BTreeMap<AgentId, Candidate> {
        let (now, at) = (self.clock.now(), self.at());
        let one = |agent: &Agent| {
            let known = memory.loads.entry((workspace, agent.id)).or_insert((agent.load, 0));
            if known.0 != agent.load {
                *known = (agent.load, at);
            }
            let sees = |team| agent.role == Role::Admin || !staff.heads.contains(team);
            let serves = agent.teams.iter().filter(|at| at.kind == MembershipKind::Member);
            let serves = serves.filter(|at| sees(&at.team_id));
            let signs = staff.signs.get(&agent.id).copied().unwrap_or_default();
            let brake = memory.brakes.get(&workspace);
            let missed = memory.missed.as_ref();
            let key = (workspace, agent.id);
            let ending = memory.ending.get(&key).copied().unwrap_or_default();
            let asked = offers.iter().filter(|offer| offer.offer.agent_id == agent.id).count();
            let settings = &staff.settings;
            let skills = settings.skills.get(&agent.id);
            let candidate = Candidate {
                agent: agent.id,
                state: agent.state,
                availability: agent.availability,
                teams: serves.map(|place| place.team_id).collect(),
                is_off_shift: shift::is_off(settings.schedules_of(agent.id), now),
                is_bot: settings.bots.contains(&agent.id),
                is_out: missed.is_some_and(|missed| missed.is_out_after(key, ending)),
                is_braked: brake.is_some_and(|brake| brake.holds(&signs, now)),
                skills: skills.map(levels).unwrap_or_default(),
                languages: skills
                    .map_or_else(BTreeSet::new, |of| of.languages.iter().cloned().collect()),
                verdict: signs.verdict(now),
                offer_verdict: signs.offer_verdict(now),
                load: agent.load,
                capacity: agent.capacity,
                offers: u32::try_from(asked).unwrap_or(u32::MAX),
                idle_since: known.1,
            };
            (agent.id, candidate)
        };
        staff.agents.iter().map(one).collect()
    }

    fn routes(
        &self,
        memory: &mut Memory,
        queue: Queue<'_>,
        found: Vec<Waiting>,
        candidates: &mut BTreeMap<AgentId, Candidate>,
    ) -> Vec<RouteWork> {
        let Queue { workspace, routing } = queue;
        let TeamRouting { team, policy, .. } = routing;
        let now = self.clock.now();
        // An offer that ended since it was read is noted at the next look.
        let is_settled = |of: &Waiting| !memory.has_seen(workspace, of.conversation);
        let found: Vec<Waiting> = found
            .into_iter()
            .filter(is_settled)
            .map(|of| {
                let turn = (workspace, team, of.conversation, of.since);
                Waiting { is_circling: memory.circling.contains(&turn), ..of }
            })
            .collect();
        let at = self.at();
        let of = memory.teams.entry((workspace, team)).or_default();
        of.seed ^= u64::from_le_bytes(self.clock.bytes());
        let planned = plan(routing, &found, candidates, of, at);
        let mut routes = Vec::new();
        let mut wishes = BTreeMap::new();
        for (one, of) in planned.into_iter().zip(&found) {
            // In another queue at once, nobody has to be called here.
            let turn = (workspace, team, one.conversation, of.since);
            let is_kept = one.agent.is_none() && one.trail.to_team.is_none();
            if is_kept && memory.call((&one, turn), now).is_none() {
                continue;
            }
            let Planned { conversation, agent, trail, is_early: _ } = one;
            let offer = agent.filter(|_| policy.hand == Hand::Offer).map(|_| self.offer(policy));
            if let Some((agent_id, (offer_id, until))) = agent.zip(offer) {
                let offer = OpenOffer { offer_id, agent_id, until };
                let revision = of.revision;
                let wished = StandingOffer { workspace, team, conversation, offer, revision };
                wishes.insert(wished.key(), wished);
            }
            let revision = of.revision;
            let route = RouteWork { workspace, conversation, revision, team, agent, offer, trail };
            routes.push(route);
        }
        memory.wished.extend(wishes);
        routes
    }

    /// A new offer: its id, and until when it stands.
    fn offer(&self, policy: &Routing) -> (OfferId, Timestamp) {
        let window_ms = i64::from(policy.window_s) * 1000;
        (OfferId(self.clock.uuid_v4()), self.clock.now().plus_ms(window_ms))
    }

    fn at(&self) -> u64 {
        u64::try_from(self.clock.monotonic().as_millis()).unwrap_or(u64::MAX)
    }
}

/// A queue that is routed.
#[derive(Clone, Copy)]
struct Queue<'a> {
    workspace: WorkspaceId,
    routing: TeamRouting<'a>,
}
